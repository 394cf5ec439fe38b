// Why: scripts start the server, wait for its address, stop it by signal and look at its exit
// code; and whoever keeps data in it must be told plainly when it cannot be kept.

import Foundation
import TestSupport
import Testing

@Suite struct ServeCommandTests {
  static let create =
    #"{"TableName":"Music","BillingMode":"PAY_PER_REQUEST","KeySchema":["#
    + #"{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":["#
    + #"{"AttributeName":"pk","AttributeType":"S"}]}"#

  static func put(_ key: String, bytes: Int = 1) -> String {
    let text = String(repeating: "v", count: bytes)
    return #"{"TableName":"Music","Item":{"pk":{"S":"\#(key)"},"v":{"S":"\#(text)"}}}"#
  }

  static func get(_ key: String) -> String {
    #"{"TableName":"Music","Key":{"pk":{"S":"\#(key)"}},"ConsistentRead":true}"#
  }

  @Test func `it says where it listens before it is asked`() throws {
    let served = try ServedProgram(["--memory"])
    #expect(served.greeting == "serving tables in memory on http://127.0.0.1:\(served.port)\n")
    #expect(served.port != 0)
    let answer = ServeClient(served.port).call("ListTables", "{}")
    #expect(answer?.status == 200)
    #expect(answer?.body == #"{"TableNames":[]}"#)
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `a signal stops it with code 0 and keeps the data`(signal: Int32) throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    let served = try ServedProgram(["--data", data, "--durability", "none"])
    #expect(served.greeting.hasPrefix("serving tables in \(data) on http://127.0.0.1:"))
    let client = ServeClient(served.port)
    #expect(client.call("CreateTable", Self.create)?.status == 200)
    #expect(client.call("PutItem", Self.put("a"))?.status == 200)
    #expect(served.end(signal) == 0)
    #expect(served.errors == "")
    let again = try ServedProgram(["--data", data])
    let answer = ServeClient(again.port).call("GetItem", Self.get("a"))
    #expect(answer?.body == #"{"Item":{"pk":{"S":"a"},"v":{"S":"v"}}}"#)
    #expect(again.end(SIGTERM) == 0)
  }

  @Test(arguments: [
    ["--port", "70000"], ["--port", "many"], ["--memory", "--data", "x"], ["--clock", "60"],
    ["--clock", "x0"], ["--durability", "often"], ["--enforce", "maybe"], ["--threads", "0"],
    ["--table-delay", "-1"], ["--bogus"], ["extra"],
  ])
  func `what cannot be meant ends with code 2`(arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let done = try run(programPath, ["serve"] + arguments, in: folder.path)
    #expect(done.code == 2)
    #expect(done.output == "")
    #expect(done.errors.hasPrefix("plimsoll: "), "\(done.errors)")
    #expect(folder.files == [])
  }

  @Test func `HTTPS is served with a certificate of its own`() throws {
    let served = try ServedProgram(["--memory", "--tls"])
    let url = "https://127.0.0.1:\(served.port)"
    #expect(served.greeting == "serving tables in memory on \(url)\n")
    func call(_ operation: String, _ body: String, _ more: [String]) throws -> Finished {
      try run(
        "curl",
        ["-sS", "-H", "X-Amz-Target: DynamoDB_20120810.\(operation)", "-d", body] + more + [
          "-H", "Content-Type: application/x-amz-json-1.0", url,
        ])
    }
    #expect(try call("CreateTable", Self.create, ["-k"]).code == 0)
    #expect(try call("PutItem", Self.put("a"), ["-k"]).output == "{}")
    #expect(try call("GetItem", Self.get("a"), ["-k"]).output.contains(#""pk":{"S":"a"}"#))
    // 60: nobody vouches for the certificate.
    #expect(try call("ListTables", "{}", []).code == 60)
    #expect(served.end(SIGTERM) == 0)
  }

  // MARK: What can be wrong with a directory or a port

  @Test func `a second server on the directory is refused and harms nothing`() throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    let served = try ServedProgram(["--data", data])
    let client = ServeClient(served.port)
    #expect(client.call("CreateTable", Self.create)?.status == 200)
    let second = try run(programPath, ["serve", "--data", data, "--port", "0"])
    #expect(second.code == 1)
    #expect(second.output == "")
    #expect(
      second.errors.contains("the store at \(data) is in use: process "), "\(second.errors)")
    #expect(client.call("PutItem", Self.put("a"))?.status == 200)
    #expect(served.end(SIGTERM) == 0)
  }

  @Test func `a port in use is refused`() throws {
    let served = try ServedProgram(["--memory"])
    let second = try run(programPath, ["serve", "--memory", "--port", String(served.port)])
    #expect(second.code == 1)
    #expect(second.output == "")
    #expect(second.errors.contains(String(served.port)), "\(second.errors)")
  }

  @Test func `a damaged store is refused and left as it is`() throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    let served = try ServedProgram(["--data", data, "--durability", "sync"])
    let client = ServeClient(served.port)
    #expect(client.call("CreateTable", Self.create)?.status == 200)
    for number in 0..<40 {
      #expect(client.call("PutItem", Self.put("\(number)", bytes: 500))?.status == 200)
    }
    #expect(served.end(SIGKILL) == 128 + 9)
    let logs = folder.files.filter { $0.hasSuffix(".log") }
    let log = try #require(logs.last)
    let url = URL(fileURLWithPath: folder.path + "/" + log)
    var bytes = try Data(contentsOf: url)
    try #require(bytes.count > 10_000)
    bytes[bytes.startIndex + 6_000] ^= 0xff
    try bytes.write(to: url)
    let done = try run(programPath, ["serve", "--data", data, "--port", "0"])
    #expect(done.code == 1)
    #expect(done.output == "")
    #expect(done.errors.hasPrefix("plimsoll: "))
    #expect(done.errors.contains(data), "\(done.errors)")
    #expect(try Data(contentsOf: url) == bytes)
  }

  @Test func `a directory that cannot be used is named`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("no directory", to: "file")
    let done = try run(programPath, ["serve", "--data", path, "--port", "0"])
    #expect(done.code == 1)
    #expect(done.errors.contains(path), "\(done.errors)")
    #expect(folder.read("file") == "no directory")
  }

  /// A limit on the size of files stands in for a full device: writes fail in the same way.
  @Test(arguments: ["sync", "batch", "none"])
  func `a full device refuses writes, serves reads and loses nothing`(mode: String) throws {
    let folder = try TemporaryFolder()
    let data = folder.path + "/data"
    let full = try ServedProgram(["--data", data, "--durability", mode], fileLimit: 3_000)
    let client = ServeClient(full.port)
    #expect(client.call("CreateTable", Self.create)?.status == 200)
    var acknowledged = 0
    var refusal: (status: Int, body: String)?
    while refusal == nil, acknowledged < 10_000 {
      let answer = try #require(client.call("PutItem", Self.put("\(acknowledged)", bytes: 20_000)))
      if answer.status == 200 { acknowledged += 1 } else { refusal = answer }
    }
    #expect(refusal?.status == 500)
    #expect(refusal?.body.contains("InternalServerError") == true, "\(String(describing: refusal))")
    #expect(refusal?.body.contains("the device of the store at \(data) is full") == true)
    #expect((100..<300).contains(acknowledged), "\(acknowledged)")
    let last = String(acknowledged - 1)
    #expect(client.call("GetItem", Self.get(last))?.status == 200)
    #expect(client.call("Scan", #"{"TableName":"Music"}"#)?.status == 200)
    #expect(client.call("PutItem", Self.put("small"))?.status == 500)
    #expect(full.end(SIGTERM) == 1)
    #expect(full.errors.hasPrefix("plimsoll: the device of the store at \(data) is full"))
    let again = try ServedProgram(["--data", data])
    let reader = ServeClient(again.port)
    for number in 0..<acknowledged {
      let answer = reader.call("GetItem", Self.get("\(number)"))
      #expect(answer?.body.contains("Item") == true, "\(number) was acknowledged and is gone")
    }
    #expect(reader.call("PutItem", Self.put("more"))?.status == 200)
    #expect(again.end(SIGTERM) == 0)
  }
}
