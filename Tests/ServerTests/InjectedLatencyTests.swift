// Which delay an answer gets, and that waiting answers do not hold the thread.
//
// Why: a client that is tuned against these times trusts that each operation has its own. Expected
// values are sums of the fixed delays given here.

import Engine
import ServiceAPI
import TestSupport
import Testing
import Units

@testable import Server

@Suite struct InjectedLatencyTests {
  /// An answer and how long it should be held back.
  struct Case: CustomTestStringConvertible, Sendable {
    var operation: String
    var body = "{}"
    var replyBytes = 0
    var error: ServiceError?
    var milliseconds: Int64
    var testDescription: String { "\(operation) \(body) \(error?.code ?? "")" }
  }

  private static let cases = [
    Case(operation: "GetItem", milliseconds: 101),
    Case(operation: "GetItem", body: #"{"ConsistentRead":true}"#, milliseconds: 102),
    Case(operation: "GetItem", body: #"{"A":"\"ConsistentRead\":true"}"#, milliseconds: 101),
    Case(operation: "BatchGetItem", milliseconds: 101),
    Case(
      operation: "BatchGetItem", body: #"{"RequestItems":{"T":{"ConsistentRead":true}}}"#,
      milliseconds: 102),
    Case(operation: "PutItem", milliseconds: 104),
    Case(operation: "BatchWriteItem", milliseconds: 104),
    Case(operation: "Query", milliseconds: 108),
    // Two phases.
    Case(operation: "TransactWriteItems", milliseconds: 132),
    Case(operation: "PutItem", error: .noResource, milliseconds: 132),
    // 100 ms per KB of 10 KB less the request's two bytes.
    Case(operation: "Scan", replyBytes: 10_238, milliseconds: 1_108),
    Case(operation: "DescribeTable", milliseconds: 0),
    // Laws of their own.
    Case(operation: "PutItem", body: #"{"TableName":"own"}"#, milliseconds: 164),
    Case(operation: "PutItem", body: #"{"TableName":"other"}"#, milliseconds: 104),
    Case(
      operation: "PutItem", body: #"{"TableName":"own"}"#, error: .noResource, milliseconds: 132),
    Case(
      operation: "TransactGetItems", body: #"{"TransactItems":[{"Get":{"TableName":"own"}}]}"#,
      milliseconds: 164),
  ]

  private static func fixed(_ milliseconds: Int64) -> DelayDistribution {
    DelayDistribution(median: .milliseconds(milliseconds))
  }

  @Test(arguments: cases) func everyOperationHasItsDelay(_ example: Case) {
    var latency = InjectedLatency()
    latency.network = Self.fixed(100)
    latency.eventualRead = Self.fixed(1)
    latency.strongRead = Self.fixed(2)
    latency.write = Self.fixed(4)
    latency.query = Self.fixed(8)
    latency.transactionPhase = Self.fixed(16)
    latency.throttled = Self.fixed(32)
    for operation in ["PutItem", "TransactGetItems"] {
      latency.operations.add(
        Self.fixed(64), for: RequestShape(operation: operation, tables: ["own"]), weight: 1)
    }
    if example.replyBytes > 0 { latency.perKilobyte = .milliseconds(100) }
    let body = Array(repeating: UInt8(ascii: " "), count: example.replyBytes)
    let reply = Reply(
      status: example.error?.status ?? 200, body: body, error: example.error)
    let delay = LatencyInjector(latency, seed: 1)
      .delay(example.operation, Array(example.body.utf8), reply)
    #expect(delay == .milliseconds(example.milliseconds))
  }

  @Test func waitingAnswersShareOneThread() throws {
    var options = ServerOptions()
    options.port = 0
    options.threads = 1
    var latency = InjectedLatency()
    latency.throttled = Self.fixed(1_000)
    options.latency = latency
    let server = try DynamoServer(options)
    defer { try? server.stop() }
    let clock = ContinuousClock()
    let start = clock.now
    let finished = try run(
      "curl",
      [
        "-s", "-Z", "--parallel-immediate", "-H", "X-Amz-Target: DynamoDB_20120810.GetItem", "-H",
        "Content-Type: application/x-amz-json-1.0", "--data-binary", "{}",
      ] + Array(repeating: server.url, count: 6))
    let elapsed = clock.now - start
    #expect(finished.output.contains("ValidationException"))
    // One after the other they would take six seconds.
    #expect(elapsed >= .seconds(1) && elapsed < .seconds(4))
  }
}
