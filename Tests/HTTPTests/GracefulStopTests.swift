// Stopping must lose no answer: what has begun is finished, what has not is refused.

import HTTP
import Platform
import Testing
import Units

@Suite struct GracefulStopTests {
  @Test func `a request that has begun is answered, new connections are refused`() throws {
    let gate = Monitor((entered: false, open: false))
    let server = try HTTPServer(fewThreads()) { _, response in
      gate.change { $0.entered = true }
      _ = gate.wait(within: .seconds(20)) { $0.open ? true : nil }
      response.body += Array("late".utf8)
    }
    let port = server.port
    let busy = try #require(RawClient(port))
    busy.post([1])
    let idle = try #require(RawClient(port))
    _ = gate.wait(within: .seconds(20)) { $0.entered ? true : nil }
    let opener = try Worker("opener") {
      var refused = false
      for _ in 0..<1_000 where !refused {
        pause(for: .milliseconds(2))
        refused = RawClient(port) == nil
      }
      if !refused { Issue.record("a stopping server accepted connections") }
      gate.change { $0.open = true }
    }
    #expect(server.requestsInFlight == 1)
    server.stop()
    opener.join()
    let answer = busy.response()
    #expect(answer?.text == "late")
    #expect(answer?.header("connection")?.lowercased() == "close")
    #expect(idle.isEnded())
    #expect(server.requestsInFlight == 0)
    server.stop()
  }

  @Test func `a held-back response is sent when stopping, not lost`() throws {
    let server = try HTTPServer(fewThreads()) { _, response in
      response.delay = .seconds(300)
      response.body += Array("held".utf8)
    }
    let client = try #require(RawClient(server.port))
    client.post([1])
    while server.requestsInFlight == 0 { pause(for: .milliseconds(1)) }
    pause(for: .milliseconds(20))
    let clock = MonotonicClock()
    server.stop(grace: .milliseconds(200))
    #expect(clock.now() - .start < .seconds(5))
    #expect(client.response()?.text == "held")
  }

  @Test func `grace ends, even when a request never arrives whole`() throws {
    let server = try echo()
    let client = try #require(RawClient(server.port))
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
    while server.requestsInFlight == 0 { pause(for: .milliseconds(1)) }
    let clock = MonotonicClock()
    server.stop(grace: .milliseconds(100))
    #expect(clock.now() - .start < .seconds(5))
    #expect(client.isEnded())
  }

  @Test func `the port is free again at once`() throws {
    let first = try echo()
    let client = try #require(RawClient(first.port))
    client.post([1])
    #expect(client.response()?.status == 200)
    let port = first.port
    first.stop()
    let second = try echo(fewThreads { $0.port = port })
    #expect(second.port == port)
    second.stop()
  }

  @Test func `malformed requests that arrive while stopping do no harm`() throws {
    for _ in 0..<40 {
      let server = try echo()
      let clients = try (0..<8).map { _ in try #require(RawClient(server.port)) }
      let port = server.port
      let rude = try Worker("rude") {
        for client in clients { client.send("GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n") }
        _ = RawClient(port)?.send("\r\n \r\n")
      }
      server.stop(grace: .zero)
      rude.join()
      #expect(server.openConnections == 0)
    }
  }
}
