// Why: every request must end exactly once, with the truth about how, whatever the server does.

import Platform
import Synchronization
import TestSupport
import Testing
import Units

@testable import HTTPClient

/// A pool of one thread with the few calls a test needs.
struct PoolUser: ~Copyable {
  let clock = MonotonicClock()
  var pool: ConnectionPool

  init(_ ports: [UInt16], connections: Int = 4) throws {
    let endpoint = try Endpoint("http://127.0.0.1:\(ports[0])")
    var addresses: [SocketAddress] = []
    for port in ports { addresses += try SocketAddress.resolve("127.0.0.1", port: port) }
    pool = try ConnectionPool(
      endpoint, addresses: addresses, settings: PoolSettings(connections: connections),
      clock: clock)
  }

  mutating func send(_ token: UInt64, _ text: String = "x", within: Nanoseconds = .seconds(20)) {
    guard let connection = pool.take() else {
      Issue.record("no connection for \(token)")
      return
    }
    let bytes = Array(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8)
    let now = clock.now().nanoseconds
    bytes.withUnsafeBytes {
      pool.send(connection, token: token, $0, at: now, deadline: now + within.count)
    }
  }

  /// Outcome and body of every request that is under way, by token.
  mutating func finish() -> [UInt64: String] {
    var found: [UInt64: String] = [:]
    let limit = clock.now() + .seconds(30)
    while pool.busy > 0 || !pool.completions.isEmpty, clock.now() < limit {
      pool.turn(.milliseconds(100))
      for completion in pool.completions {
        var text: String
        switch completion.outcome {
        case .response:
          let response = pool.response(completion.connection)
          let body = pool.bytes(completion.connection, response.body)
          text = "\(response.status) \(String(decoding: body, as: UTF8.self))"
        case .failed(let failure): text = "\(failure)"
        }
        if found[completion.token] != nil { text = "ended twice" }
        found[completion.token] = text
        pool.release(completion.connection)
      }
      pool.clearCompletions()
    }
    return found
  }
}

@Suite struct ConnectionPoolTests {
  @Test func `the connection used last is used again`() throws {
    let server = ScriptedServer { .json(200, "\($0.connection)") }
    defer { server.stop() }
    var user = try PoolUser([server.port])
    var used: Set<String> = []
    for token in 0..<20 as Range<UInt64> {
      user.send(token)
      used.insert(user.finish()[token] ?? "none")
    }
    #expect(used == ["200 0"] && user.pool.opened == 1)
  }

  @Test func `connections are kept`() throws {
    let server = ScriptedServer { .json(200, String(decoding: $0.body, as: UTF8.self)) }
    defer { server.stop() }
    var user = try PoolUser([server.port])
    for round in 0..<20 as Range<UInt64> {
      for place in 0..<4 as Range<UInt64> { user.send(round * 4 + place, "b\(place)") }
      let answers = user.finish()
      for place in 0..<4 as Range<UInt64> { #expect(answers[round * 4 + place] == "200 b\(place)") }
    }
    #expect(user.pool.opened == 4)
    #expect(server.connections == 4)
  }

  @Test func `connections can be opened before there is anything to send`() throws {
    let server = ScriptedServer { .json(200, String(decoding: $0.body, as: UTF8.self)) }
    defer { server.stop() }
    var user = try PoolUser([server.port], connections: 100)
    user.pool.openAll(until: user.clock.now().nanoseconds + Nanoseconds.seconds(20).count)
    #expect(user.pool.opened == 100)
    for token in 0..<100 as Range<UInt64> { user.send(token, "b\(token)") }
    let answers = user.finish()
    for token in 0..<100 as Range<UInt64> { #expect(answers[token] == "200 b\(token)") }
    #expect(user.pool.opened == 100)
  }

  @Test func `what cannot be opened is tried again by its request`() throws {
    let server = ScriptedServer { _ in .json(200, "") }
    server.stop()
    var user = try PoolUser([server.port])
    user.pool.openAll(until: user.clock.now().nanoseconds + Nanoseconds.seconds(20).count)
    #expect(user.pool.completions.isEmpty && user.pool.busy == 0)
    user.send(1)
    #expect(user.finish()[1]?.hasPrefix("cannotConnect") == true)
  }

  @Test func `addresses are balanced`() throws {
    let counts = [SharedCount(), SharedCount()]
    let servers = counts.map { count in
      ScriptedServer { _ in
        count.add()
        return .json(200, "")
      }
    }
    defer { for server in servers { server.stop() } }
    var user = try PoolUser(servers.map(\.port))
    for token in 0..<200 as Range<UInt64> {
      user.send(token)
      if token % 4 == 3 { _ = user.finish() }
    }
    #expect(counts.map(\.value) == [100, 100])
  }

  @Test func `a large response in small pieces arrives whole`() throws {
    let body = String(repeating: "0123456789", count: 9_000)
    let server = ScriptedServer { _ in
      var answer = ScriptedServer.Answer.json(200, body)
      answer.pieces = 7_001
      return answer
    }
    defer { server.stop() }
    var user = try PoolUser([server.port])
    user.send(1)
    #expect(user.finish()[1] == "200 " + body)
  }

  @Test func `a closed connection is reported once and replaced`() throws {
    let server = ScriptedServer { request in
      switch String(decoding: request.body, as: UTF8.self) {
      case "vanish": .init([], closes: true)
      case "half":
        .init(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal".utf8), closes: true)
      case "last":
        .init(
          Array("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".utf8),
          closes: true)
      case "noise": .init(Array("SSH-2.0\r\n".utf8))
      default: .json(200, "ok")
      }
    }
    defer { server.stop() }
    var user = try PoolUser([server.port], connections: 1)
    user.send(1, "vanish")
    #expect(user.finish()[1] == "closed")
    user.send(2, "half")
    #expect(user.finish()[2] == "malformed(HTTPClient.ResponseFault.closedEarly)")
    user.send(3, "last")
    #expect(user.finish()[3] == "200 ")
    user.send(4, "noise")
    #expect(user.finish()[4] == "malformed(HTTPClient.ResponseFault.statusLine)")
    user.send(5)
    #expect(user.finish()[5] == "200 ok")
    #expect(server.connections == 5)
  }

  @Test func `a deadline ends a request, and its late answer is not another's`() throws {
    let gate = SharedFlag()
    let server = ScriptedServer { request in
      if request.body.elementsEqual("slow".utf8) {
        while !gate.isSet { pause(for: .milliseconds(1)) }
        return .json(200, "late")
      }
      return .json(200, "quick")
    }
    defer { server.stop() }
    var user = try PoolUser([server.port], connections: 1)
    user.send(1, "slow", within: .milliseconds(30))
    #expect(user.finish()[1] == "timedOut")
    gate.set()
    user.send(2)
    #expect(user.finish()[2] == "200 quick")
  }

  @Test func `nobody there`() throws {
    let server = ScriptedServer { _ in .json(200, "") }
    server.stop()
    var user = try PoolUser([server.port])
    user.send(1)
    #expect(user.finish()[1]?.hasPrefix("cannotConnect") == true)
  }
}

/// A counter that closures share.
final class SharedCount: Sendable {
  private let count = Atomic<Int>(0)
  var value: Int { count.load(ordering: .relaxed) }
  func add() { count.wrappingAdd(1, ordering: .relaxed) }
}

/// A flag that closures share.
final class SharedFlag: Sendable {
  private let flag = Atomic<Bool>(false)
  var isSet: Bool { flag.load(ordering: .relaxed) }
  func set() { flag.store(true, ordering: .relaxed) }
}

@Suite struct TimerWheelPropertyTests {
  /// Against a list that is searched.
  @Test(arguments: Seed.some(10))
  func `deadlines are met in time and cleared for good`(_ seed: Seed) {
    var generator = seed.generator
    var wheel = TimerWheel(slots: 40)
    var deadlines: [Int: Int64] = [:]
    var now: Int64 = 0
    for _ in 0..<3_000 {
      let slot = generator.integer(in: 0...39)
      switch generator.integer(in: 0...3) {
      case 0:
        wheel.clear(slot)
        deadlines[slot] = nil
      case 1, 2:
        let wait = Int64(generator.integer(in: 0...3_000)) * 1_000_000
        wheel.set(slot, now + wait)
        deadlines[slot] = now + wait
      default: now += Int64(generator.integer(in: 0...40)) * 250_000
      }
      while let expired = wheel.popExpired(at: now) {
        #expect(deadlines[expired].map { $0 <= now } == true)
        deadlines[expired] = nil
      }
      // Not later than two ticks.
      #expect(deadlines.values.allSatisfy { $0 > now - 2 * TimerWheel.tick })
      #expect(wheel.count == deadlines.count)
    }
  }

  @Test func `endpoints`() throws {
    let plain = try Endpoint("http://127.0.0.1:8000")
    #expect(plain.authority == "127.0.0.1:8000")
    #expect(plain.path == "/")
    let secure = try Endpoint("https://dynamodb.eu-west-1.amazonaws.com/x")
    #expect(secure.authority == "dynamodb.eu-west-1.amazonaws.com")
    #expect(secure.port == 443)
    #expect(secure.path == "/x")
    #expect(try Endpoint("http://[::1]:80/").authority == "[::1]")
    for wrong in ["", "127.0.0.1", "ftp://x", "http://", "http://x:0", "http://x:y", "http://a@b"] {
      #expect(throws: Endpoint.Fault.self) { try Endpoint(wrong) }
    }
  }
}
