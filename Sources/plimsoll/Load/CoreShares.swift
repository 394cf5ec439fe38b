// The cores of a client and of the engine that it starts, apart from each other.
//
// A client that looks for its next due instant never sleeps. Where the engine's threads wake up on
// its core, the two take it from each other for milliseconds at a time, and requests are sent late
// for no reason of the engine's or the machine's.

import Platform

/// Who may run where; only of the calling thread, and of what it starts.
struct CoreShares {
  private let all: UInt64
  private let client: UInt64

  /// The client's threads get a core each, the highest ones; nil: none would be left.
  init?(clientThreads: Int) {
    self.init(clientThreads: clientThreads, of: threadCores())
  }

  init?(clientThreads: Int, of cores: UInt64) {
    guard clientThreads < cores.nonzeroBitCount else { return nil }
    var (client, rest) = (UInt64(0), cores)
    for _ in 0..<clientThreads {
      let highest = UInt64(1) << UInt64(63 - rest.leadingZeroBitCount)
      client |= highest
      rest &= ~highest
    }
    (all, self.client) = (cores, client)
  }

  /// What is started from now on has the engine's cores.
  func takeEngine() { _ = pinThread(toCores: all & ~client) }

  /// What is started from now on has the client's cores.
  func takeClient() { _ = pinThread(toCores: client) }

  /// As it was.
  func release() { _ = pinThread(toCores: all) }
}
