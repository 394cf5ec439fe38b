// Random use of a token bucket against exact fractions and against its own books.

import Capacity
import Testing
import Units

@Suite struct AdmissionTokenBucketPropertyTests {
  @Test("agrees with fractions and conserves tokens to the grain", arguments: 1...60)
  func agreesWithDefinition(seed: UInt64) {
    var random = AdmissionRandom(seed: seed)
    let rate = Int.random(in: 1...5_000, using: &random)
    let depth = Int.random(in: 1...300, using: &random)
    let isFull = Bool.random(using: &random)
    var slow = SlowBucket(unitsPerSecond: rate, depthSeconds: depth, isFull: isFull)
    var ledger = TokenLedger(
      TokenBucket(
        unitsPerSecond: rate, depth: .seconds(Int64(depth)), filled: isFull ? 1 : 0))
    var now = Instant.start
    for step in 0..<400 {
      now += Nanoseconds(gap(&random))
      slow.advance(to: now.nanoseconds)
      #expect(
        ledger.bucket.shortfall(at: now).halves == slow.shortfallHalves ?? 0,
        "seed \(seed), step \(step)")
      let isAdmitted = ledger.admits(at: now)
      #expect(isAdmitted == (slow.shortfallHalves == nil), "seed \(seed), step \(step)")
      if isAdmitted || Int.random(in: 0..<20, using: &random) == 0 {
        let halves = Int64.random(in: 0...Int64(rate * 4), using: &random)
        slow.level = slow.level - Fraction(Int128(halves), over: 2)
        ledger.spend(CapacityUnits(halves: halves), at: now)
      }
      if Int.random(in: 0..<25, using: &random) == 0 {
        let units = Int.random(in: 0...8_000, using: &random)
        slow.setRate(units, depthSeconds: depth)
        ledger.setRate(units, depth: .seconds(Int64(depth)), at: now)
      }
      #expect(ledger.violation == nil, "seed \(seed), step \(step)")
      let halves = Fraction(2 * slow.level.top, over: slow.level.bottom).floor
      #expect(Int128(ledger.bucket.available(at: now).halves) == halves, "seed \(seed) \(step)")
    }
  }

  /// From nothing to minutes, mostly milliseconds.
  private func gap(_ random: inout AdmissionRandom) -> Int64 {
    switch Int.random(in: 0..<10, using: &random) {
    case 0: 0
    case 1: Int64.random(in: 1...20, using: &random)
    case 2: Int64.random(in: 0...200_000_000_000, using: &random)
    default: Int64.random(in: 0...300_000_000, using: &random)
    }
  }
}
