// What a rude or broken client must not achieve: wrong answers for others, unlimited memory, a
// connection held for ever, a request smuggled behind another.

import HTTP
import Platform
import Testing
import Units

@Suite struct HostileClientTests {
  struct RudeCase: CustomTestStringConvertible {
    let name: String
    let request: String
    /// Statuses that are fine; the connection may also end without one if 0 is among them.
    let statuses: Set<Int>
    var testDescription: String { name }
  }

  static let rude = [
    RudeCase(name: "no HTTP", request: "GARBAGE\r\n\r\n", statuses: [400, 0]),
    RudeCase(name: "no host", request: "GET / HTTP/1.1\r\n\r\n", statuses: [400]),
    RudeCase(
      name: "length is a word", request: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ab\r\n\r\n",
      statuses: [400]),
    RudeCase(
      name: "negative length", request: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
      statuses: [400]),
    RudeCase(
      name: "length beyond 64 bits",
      request: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
      statuses: [400, 413]),
    RudeCase(
      name: "bad chunk size",
      request: "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      statuses: [400, 0]),
    RudeCase(
      name: "long header",
      request: "GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 100_000)
        + "\r\n\r\n", statuses: [431, 0]),
    RudeCase(
      name: "many headers",
      request: "GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "A: b\r\n", count: 20_000)
        + "\r\n", statuses: [431, 0]),
    RudeCase(
      name: "long target",
      request: "GET /" + String(repeating: "a", count: 100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
      statuses: [414, 431, 0]),
    RudeCase(
      name: "HTTP/3.0", request: "GET / HTTP/3.0\r\nHost: x\r\n\r\n", statuses: [400, 505, 0, 200]),
  ]

  @Test(arguments: rude)
  func `is refused, and others are served`(one: RudeCase) throws {
    let server = try echo()
    let client = try #require(RawClient(server.port))
    client.send(one.request)
    #expect(one.statuses.contains(client.response()?.status ?? 0))
    let other = try #require(RawClient(server.port))
    other.post([1])
    #expect(other.response()?.status == 200)
    server.stop()
  }

  @Test(arguments: ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "post"])
  func `methods that are not served are told which are`(method: String) throws {
    let server = try echo()
    let client = try #require(RawClient(server.port))
    for _ in 0..<2 {
      client.send("\(method) / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
      let response = client.response()
      #expect(response?.status == 405)
      #expect(response?.header("allow") == "GET, POST")
    }
    server.stop()
  }

  @Test func `HEAD is refused without a body`() throws {
    let server = try echo()
    let client = try #require(RawClient(server.port))
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(client.response(hasBody: false)?.status == 405)
    #expect(client.response()?.text == "GET /next 0 0")
    server.stop()
  }

  // A proxy in front may see two requests where we see one, or the other way round. Such requests
  // are refused, and what follows on the connection is not read.
  static let ambiguous = [
    RudeCase(
      name: "both framings",
      request: "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", statuses: [400]),
    RudeCase(
      name: "two lengths", request: "Content-Length: 0\r\nContent-Length: 35\r\n\r\n",
      statuses: [400]),
    RudeCase(name: "list of lengths", request: "Content-Length: 0, 35\r\n\r\n", statuses: [400]),
    RudeCase(name: "length with sign", request: "Content-Length: +5\r\n\r\nabcde", statuses: [400]),
    RudeCase(name: "blank before colon", request: "Content-Length : 5\r\n\r\n", statuses: [400]),
    RudeCase(
      name: "blank before colon of chunks",
      request: "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", statuses: [400]),
    RudeCase(
      name: "unknown encoding",
      request: "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", statuses: [400]),
    RudeCase(
      name: "two encodings",
      request: "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      statuses: [400]),
    RudeCase(
      name: "chunk size with blank", request: "Transfer-Encoding: chunked\r\n\r\n 0\r\n\r\n",
      statuses: [400, 0]),
    RudeCase(
      name: "negative chunk size", request: "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
      statuses: [400, 0]),
    RudeCase(
      name: "chunk size beyond 64 bits",
      request: "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n",
      statuses: [400, 413, 0]),
  ]

  @Test(arguments: ambiguous)
  func `smuggles nothing`(one: RudeCase) throws {
    let reached = Monitor(0)
    let server = try HTTPServer(fewThreads()) { _, _ in reached.change { $0 += 1 } }
    let client = try #require(RawClient(server.port))
    client.send(
      "POST / HTTP/1.1\r\nHost: x\r\n\(one.request)GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(one.statuses.contains(client.response()?.status ?? 0))
    #expect(client.isEnded())
    server.stop()
    #expect(reached.withLock { $0 } == 0, "the handler was called")
  }

  // MARK: Sizes

  @Test(arguments: ["", "Expect: 100-continue\r\n"])
  func `a body that is too long is refused`(more: String) throws {
    let server = try echo(fewThreads { $0.bodyLimit = .kilobytes(10) })
    let client = try #require(RawClient(server.port))
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10241\r\n\(more)\r\n")
    // A client that waits for permission sends nothing and must hear the refusal all the same.
    if more.isEmpty { client.send([UInt8](repeating: 1, count: 10_241)) }
    let refusal = client.response()
    #expect(refusal?.status == 413)
    #expect(refusal?.text == "the body exceeds 10240 bytes\n")
    let next = try #require(RawClient(server.port))
    next.post([UInt8](repeating: 1, count: 10_240))
    #expect(next.response()?.text == "POST / 10240 10240")
    server.stop()
  }

  @Test func `a chunked body that grows too long is refused`() throws {
    let server = try echo(fewThreads { $0.bodyLimit = .kilobytes(10) })
    let client = try #require(RawClient(server.port))
    client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in 0..<11 { client.send("400\r\n" + String(repeating: "a", count: 1_024) + "\r\n") }
    client.send("0\r\n\r\n")
    #expect(client.response()?.status == 413)
    server.stop()
  }

  @Test func `a chunked body without end is cut off`() throws {
    let server = try echo(fewThreads { $0.bodyLimit = .kilobytes(10) })
    let client = try #require(RawClient(server.port))
    client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    let chunk = "2800\r\n" + String(repeating: "a", count: 10_240) + "\r\n"
    var sent = 0
    while sent < 5_000, client.send(chunk) { sent += 1 }
    #expect(sent < 5_000, "51 MB were taken from a client that may send 10 KB")
    server.stop()
  }

  // MARK: Time

  enum Trickle: String, CaseIterable, CustomTestStringConvertible {
    case headers, bodyBytes, secondRequest
    var testDescription: String { rawValue }
    var opening: String {
      switch self {
      case .headers: "GET / HTTP/1.1\r\nX: "
      case .bodyBytes: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
      case .secondRequest: "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX: "
      }
    }
  }

  @Test(arguments: Trickle.allCases)
  func `a request that trickles in is cut off`(trickle: Trickle) throws {
    let server = try echo(fewThreads { $0.requestTimeout = .milliseconds(500) })
    let clock = MonotonicClock()
    let client = try #require(RawClient(server.port))
    client.send(trickle.opening)
    while clock.now() - .start < .seconds(8), client.send("a") { pause(for: .milliseconds(30)) }
    #expect(clock.now() - .start < .seconds(8), "still open")
    #expect(clock.now() - .start >= .milliseconds(500))
    server.stop()
  }

  @Test func `a silent connection is closed after the idle time and not by the request's`() throws {
    let settings = fewThreads {
      $0.idleTimeout = .seconds(1)
      $0.requestTimeout = .milliseconds(100)
    }
    let server = try echo(settings)
    let client = try #require(RawClient(server.port))
    client.post([1])
    #expect(client.response()?.status == 200)
    let clock = MonotonicClock()
    pause(for: .milliseconds(500))
    client.post([2])
    #expect(client.response()?.text == "POST / 1 2", "idle for less than the limit")
    #expect(client.isEnded())
    #expect(clock.now() - .start >= .milliseconds(900))
    server.stop()
  }
}
