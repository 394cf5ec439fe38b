// Whatever bytes arrive, in whatever pieces, the server goes on serving others; and a correct
// request is answered the same however it is cut into pieces.

import HTTP
import Platform
import Testing
import Units

@Suite struct RequestPropertyTests {
  private struct SeededNumbers {
    var state: UInt64

    /// SplitMix64.
    mutating func below(_ bound: Int) -> Int {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return Int((z ^ (z >> 31)) % UInt64(bound))
    }
  }

  private static let samples = [
    "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-Amz-Target: A.B\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "GET /?a=%41&b HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
  ].map { Array($0.utf8) }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `broken requests do not disturb others`(seed: UInt64) throws {
    let server = try echo(
      fewThreads {
        $0.bodyLimit = .kilobytes(64)
        $0.requestTimeout = .seconds(2)
      })
    var numbers = SeededNumbers(state: seed)
    for round in 0..<60 {
      var bytes = Self.samples[numbers.below(4)] + Self.samples[numbers.below(4)]
      for _ in 0...numbers.below(4) {
        let at = numbers.below(bytes.count)
        switch numbers.below(4) {
        case 0: bytes[at] = UInt8(numbers.below(256))
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(contentsOf: bytes[at..<min(at + 20, bytes.count)], at: at)
        default: bytes.insert([0, 9, 10, 13, 32, 58][numbers.below(6)], at: at)
        }
      }
      let rude = try #require(RawClient(server.port))
      rude.send(bytes)
      if round % 10 == 0 {
        let other = try #require(RawClient(server.port))
        other.post([1])
        #expect(other.response()?.text == "POST / 1 1", "seed \(seed), round \(round)")
      }
    }
    server.stop(grace: .milliseconds(50))
    #expect(server.openConnections == 0)
  }

  @Test(arguments: [11, 12] as [UInt64])
  func `pieces do not matter`(seed: UInt64) throws {
    let server = try echo()
    var numbers = SeededNumbers(state: seed)
    for round in 0..<10 {
      let client = try #require(RawClient(server.port))
      let stream = Self.samples[0] + Self.samples[1] + Self.samples[2] + Self.samples[0]
      var rest = stream[...]
      while !rest.isEmpty {
        let piece = rest.prefix(1 + numbers.below(40))
        client.send(Array(piece))
        rest = rest.dropFirst(piece.count)
        if numbers.below(3) == 0 { pause(for: .microseconds(300)) }
      }
      let expected = ["POST /a 5 532", "POST / 3 294", "GET / 0 0", "POST /a 5 532"]
      for text in expected {
        #expect(client.response()?.text == text, "seed \(seed), round \(round)")
      }
    }
    server.stop()
  }
}
