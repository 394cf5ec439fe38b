// The limiter of adaptive mode against the algorithm of features.md 1.2 written down a second time,
// with a bucket that really waits: the curve has many small rules, and each changes the send rate.

import Glibc
import Randomness
import Testing
import Units

@testable import Clients

/// The published algorithm for one sender that blocks, in floating-point seconds.
private struct ReferenceLimiter {
  var enabled = false
  var measured = 0.0
  var count = 0.0
  var windowStart = 0.0
  var wMax = 0.0
  var k = 0.0
  var tLast = 0.0
  var rate = 1.0
  var full = 1.0
  var held = 0.0
  var filledAt = 0.0

  mutating func fill(_ t: Double) {
    held = min(full, held + (t - filledAt) * rate)
    filledAt = t
  }

  /// Blocks until a token is there; returns when that is.
  mutating func take(_ t: Double) -> Double {
    if !enabled { return t }
    fill(t)
    var clock = t
    while held < 1 - 1e-9 {
      clock += (1 - held) / rate
      fill(clock)
    }
    held -= 1
    return clock
  }

  mutating func answer(throttled: Bool, _ t: Double) {
    count += 1
    let start = floor(t / 0.5) * 0.5
    if start > windowStart {
      measured = 0.8 * (count / (start - windowStart)) + 0.2 * measured
      count = 0
      windowStart = start
    }
    let new: Double
    if throttled {
      wMax = enabled ? min(measured, rate) : measured
      k = cbrt(wMax * (1 - 0.7) / 0.4)
      tLast = t
      new = 0.7 * wMax
      enabled = true
    } else {
      new = 0.4 * pow(t - tLast - k, 3) + wMax
    }
    let chosen = min(new, 2 * measured)
    fill(t)
    rate = max(0.5, chosen)
    full = max(1, chosen)
    held = min(held, full)
  }
}

@Suite struct ClientRateLimiterPropertyTests {
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func followsTheReference(seed: UInt64) {
    var generator = Generator(seed: seed, stream: 4, index: 0)
    var limiter = ClientRateLimiter()
    var reference = ReferenceLimiter()
    let throttleShare = [0, 0.01, 0.1, 0.5][Int(seed % 4)]
    let think = [0.001, 0.02, 0.3][Int(seed % 3)]
    var clock = 0.0
    var waits = 0
    for step in 0..<3_000 {
      clock += think * generator.exponential()
      let now = Instant(nanoseconds: Int64(clock * 1e9))
      let wait = limiter.acquire(at: now)
      let sent = reference.take(now.inSeconds)
      let difference = abs(wait.inSeconds - (sent - now.inSeconds))
      #expect(difference < 1e-6 * max(1, sent), "seed \(seed), step \(step)")
      if wait > .zero { waits += 1 }
      let answered = Instant(nanoseconds: (now + wait).nanoseconds + 2_000_000)
      // Throttle for sure now and then, so that every seed switches the limiter on.
      let throttled = step % 500 == 100 || generator.nextUnit() < throttleShare
      limiter.received(isThrottled: throttled, at: answered)
      reference.answer(throttled: throttled, answered.inSeconds)
      #expect(abs(limiter.fillRate - reference.rate) < 1e-6 * reference.rate, "seed \(seed)")
      clock = answered.inSeconds
      if difference > 1e-3 { return }
    }
    #expect(waits > 0, "seed \(seed): the limiter never made a send wait")
  }

  @Test func isOffUntilTheFirstThrottle() {
    var limiter = ClientRateLimiter()
    for step in 0..<1_000 {
      let now = Instant(nanoseconds: Int64(step) * 1_000)
      let wait = limiter.acquire(at: now)
      #expect(wait == .zero)
      limiter.received(isThrottled: false, at: now)
    }
    limiter.received(isThrottled: true, at: .start + .seconds(2))
    #expect(limiter.isEnabled)
    // 1,001 answers in 2 s: measured 0.8 · 500.5 = 400.4/s, cut to 0.7 of it.
    #expect(abs(limiter.fillRate - 280.28) < 1e-9)
  }

  /// Senders that ask at the same moment stand in line: the n-th waits n tokens' time.
  @Test func sendersStandInLine() {
    var limiter = ClientRateLimiter()
    limiter.received(isThrottled: true, at: .start)
    #expect(limiter.fillRate == 0.5)
    let moments = [Instant.start, .start, .start + .seconds(1)]
    let waits = moments.map { limiter.acquire(at: $0) }
    #expect(waits == [.seconds(2), .seconds(4), .seconds(5)])
  }

  @Test func cubeRootsAgreeWithTheLibrary() {
    var generator = Generator(seed: 2, stream: 5, index: 0)
    for _ in 0..<2_000 {
      let value = pow(10, generator.nextUnit() * 30 - 15)
      #expect(abs(cubeRoot(value) / cbrt(value) - 1) < 1e-15)
    }
    #expect(cubeRoot(0) == 0)
    #expect(abs(cubeRoot(27) - 3) < 1e-15)
  }
}
