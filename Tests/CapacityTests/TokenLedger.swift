// Proof of a bucket's conservation: a ledger that repeats every call in 128-bit integers.
//
// Tests drive a bucket through the ledger. It knows the definition only (grant = rate x time, cut
// at the capacity), not the bucket's shortcuts.

import Units

@testable import Capacity

/// A bucket with the books kept beside it.
struct TokenLedger {
  private(set) var bucket: TokenBucket
  /// All in grains (10^9 per half-unit): level at the start, granted, spent, discarded at the cap.
  private(set) var initial: Int128
  private(set) var granted: Int128 = 0
  private(set) var spent: Int128 = 0
  private(set) var discarded: Int128 = 0

  init(_ bucket: TokenBucket) {
    self.bucket = bucket
    initial = Int128(bucket.level.grains)
  }

  /// What the books say the bucket holds, in grains.
  var balance: Int128 { initial + granted - spent - discarded }

  /// nil while in = spent + held + discarded and the level is within its capacity.
  var violation: String? {
    let held = Int128(bucket.level.grains)
    if held != balance { return "bucket holds \(held) grains, its books say \(balance)" }
    if bucket.level.grains > bucket.rate.capacity { return "level \(held) is above the capacity" }
    return nil
  }

  mutating func admits(at now: Instant) -> Bool {
    grant(until: now)
    return bucket.admits(at: now)
  }

  mutating func spend(_ units: CapacityUnits, at now: Instant) {
    grant(until: now)
    spent += Int128(units.halves) * Int128(BucketRate.grainsPerHalf)
    bucket.spend(units, at: now)
  }

  mutating func setRate(_ unitsPerSecond: Int, depth: Nanoseconds, at now: Instant) {
    grant(until: now)
    bucket.setRate(unitsPerSecond, depth: depth, at: now)
    discarded += max(0, balance - Int128(bucket.rate.capacity))
  }

  private mutating func grant(until now: Instant) {
    let elapsed = Int128(max(0, now.nanoseconds - bucket.level.refilledAt.nanoseconds))
    granted += elapsed * Int128(bucket.rate.grainsPerNanosecond)
    discarded += max(0, balance - Int128(bucket.rate.capacity))
  }
}
