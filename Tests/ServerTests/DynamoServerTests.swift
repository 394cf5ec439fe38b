// The server over real HTTP: headers, checksums, compression, refusals, restart on disk.
//
// Why: what SDKs check before they look at a body is decided here and nowhere else. The client is
// curl, which shares nothing with the server.

import Cryptography
import Server
import TestSupport
import Testing

@Suite struct DynamoServerTests {
  /// A response as curl saw it: headers in lower case, the body behind them.
  struct Response {
    var status = ""
    var headers: [String: String] = [:]
    var body = ""
  }

  private func options(_ folder: TemporaryFolder? = nil) -> ServerOptions {
    var options = ServerOptions()
    options.port = 0
    options.threads = 1
    if let folder { options.storage = .directory(folder.path + "/data") }
    return options
  }

  private func send(
    _ server: DynamoServer, _ operation: String, _ body: String, _ more: [String] = []
  ) throws -> Response {
    let finished = try run(
      "curl",
      [
        "-s", "-i", "-H", "X-Amz-Target: DynamoDB_20120810.\(operation)", "-H",
        "Content-Type: application/x-amz-json-1.0", "--data-binary", body,
      ] + more + [server.url])
    return parse(finished.output)
  }

  private func parse(_ text: String) -> Response {
    var response = Response()
    var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
    while lines.first?.contains(" 100 ") == true { lines = lines.dropFirst(2) }
    response.status = lines.popFirst().map { String($0.split(separator: " ")[1]) } ?? ""
    while let line = lines.popFirst(), !line.isEmpty {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      response.headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
    }
    response.body = lines.joined(separator: "\r\n")
    return response
  }

  private static let create =
    #"{"TableName":"Music","BillingMode":"PAY_PER_REQUEST","KeySchema":["#
    + #"{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":["#
    + #"{"AttributeName":"pk","AttributeType":"S"}]}"#
  private static let put = #"{"TableName":"Music","Item":{"pk":{"S":"a"},"n":{"N":"1"}}}"#
  private static let get = #"{"TableName":"Music","Key":{"pk":{"S":"a"}}}"#
  private static let item = #"{"Item":{"n":{"N":"1"},"pk":{"S":"a"}}}"#

  @Test func everyAnswerHasIdAndChecksum() throws {
    let server = try DynamoServer(options())
    defer { try? server.stop() }
    var identifiers: Set<String> = []
    for (operation, body, status) in [
      ("CreateTable", Self.create, "200"), ("PutItem", Self.put, "200"),
      ("GetItem", Self.get, "200"), ("GetItem", "{", "400"), ("Nonsense", "{}", "400"),
    ] {
      let response = try send(server, operation, body)
      #expect(response.status == status, "\(operation)")
      #expect(response.headers["content-type"] == "application/x-amz-json-1.0")
      let checksum = CRC32.checksum(Array(response.body.utf8))
      #expect(response.headers["x-amz-crc32"] == String(checksum))
      let identifier = try #require(response.headers["x-amzn-requestid"])
      #expect(identifier.count == 52)
      identifiers.insert(identifier)
    }
    #expect(identifiers.count == 5)
    #expect(try send(server, "GetItem", Self.get).body == Self.item)
  }

  @Test func compressedBodiesAreRead() throws {
    let server = try DynamoServer(options())
    defer { try? server.stop() }
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.create, to: "body")
    #expect(try run("gzip", [path]).code == 0)
    let response = try send(server, "CreateTable", "@\(path).gz", ["-H", "Content-Encoding: gzip"])
    #expect(response.status == "200")
  }

  @Test func whatIsNotTheProtocolIsRefused() throws {
    let server = try DynamoServer(options())
    defer { try? server.stop() }
    let xml = try run(
      "curl", ["-s", "-i", "-H", "Content-Type: text/xml", "-d", "<a/>", server.url])
    #expect(parse(xml.output).status == "404")
    let health = try run("curl", ["-s", "-i", server.url])
    #expect(parse(health.output).body.hasPrefix("healthy"))
    let plain = try run(
      "curl", ["-s", "-i", "-H", "Content-Type: application/json", "-d", "{}", server.url])
    #expect(
      parse(plain.output).body
        == #"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#)
  }

  @Test func capacityCanBeLookedAt() throws {
    let server = try DynamoServer(options())
    defer { try? server.stop() }
    _ = try send(server, "CreateTable", Self.create)
    _ = try send(server, "PutItem", Self.put)
    let metrics = try run("curl", ["-s", server.url + "/_plimsoll/metrics"]).output
    #expect(metrics.contains("ConsumedWriteCapacityUnits{TableName=\"Music\"} 1.0\n"))
    #expect(metrics.contains("\nWriteKeyRangeThroughputThrottleEvents{TableName=\"Music\"} 0\n"))
    let report = try run("curl", ["-s", server.url + "/_plimsoll/capacity"]).output
    // A new on-demand table serves 4,000 write units/s from four partitions.
    #expect(report.contains(#""LimitUnitsPerSecond":4000"#))
    #expect(report.contains(#""Partition":3"#))
    #expect(!report.contains(#""Partition":4"#))
  }

  @Test func aRestartOnDiskKeepsWhatWasAcknowledged() throws {
    let folder = try TemporaryFolder()
    let first = try DynamoServer(options(folder))
    _ = try send(first, "CreateTable", Self.create)
    _ = try send(first, "PutItem", Self.put)
    #expect(throws: DynamoServerError.self) { try DynamoServer(options(folder)) }
    try first.stop()
    let second = try DynamoServer(options(folder))
    defer { try? second.stop() }
    #expect(try send(second, "GetItem", Self.get).body == Self.item)
  }
}
