// Global admission control as it is built: request routers with tokens of their own that expire.
//
// The table's bucket is central. A router admits on the tokens it holds; when it has none left, or
// they have expired, it asks for new ones, which are good for a few seconds (ATC22 4.2). The paper
// says that a router gets its share of the consumption for the next time unit, not how it is
// estimated; here it gets what it spent since its last grant, scaled to the time of a lease, and at
// least one unit (inferred). What a request costs beyond its router's tokens is taken from the
// centre at once. So tokens are neither made nor lost but by expiry:
// level at start + granted by time = spent + held + expired + central level + discarded when full.
// With one router whose tokens never expire, and with so many that none keeps any, every decision
// is that of the central bucket alone.
//
// Which router a request meets is a hash of its instant: all that one request asks meets the same.

import Units

/// The routers in front of one table-level bucket.
struct RouterTokens: Sendable {
  private struct Router {
    var grains: Int64 = 0
    /// Since the last grant.
    var spent: Int64 = 0
    var grantedAt = Instant.start
    var expiresAt = Instant.start
  }

  private var routers: [Router]
  private let lease: Nanoseconds
  /// Grains that nobody spent in time.
  private(set) var expired: Int64 = 0

  init(count: Int, lease: Nanoseconds) {
    routers = Array(repeating: Router(), count: max(1, count))
    self.lease = max(Nanoseconds(1), lease)
  }

  /// Grains that routers hold.
  var held: Int64 { routers.reduce(0) { $0 + $1.grains } }

  private func router(at now: Instant) -> Int {
    var z = UInt64(bitPattern: now.nanoseconds) &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(routers.count))
  }

  /// Whether the request's router has tokens, if need be from `centre`, which is refilled.
  mutating func admits(
    at now: Instant, from centre: inout BucketLevel, _ rate: BucketRate, above floor: Int64
  ) -> Bool {
    let number = router(at: now)
    if now >= routers[number].expiresAt {
      expired += routers[number].grains
      routers[number].grains = 0
    }
    if routers[number].grains > 0 { return true }
    guard centre.grains > floor else { return false }
    let granted = min(centre.grains - floor, share(routers[number], at: now, rate))
    centre.grains -= granted
    routers[number] = Router(grains: granted, grantedAt: now, expiresAt: now + lease)
    return true
  }

  /// Grains for the next lease: the router's own rate since its last grant, at most the table's.
  private func share(_ router: Router, at now: Instant, _ rate: BucketRate) -> Int64 {
    let least = min(2 * BucketRate.grainsPerHalf, max(1, rate.grainsPerNanosecond))
    let elapsed = max(1, (now - router.grantedAt).count)
    let scaled = Int128(router.spent) * Int128(lease.count) / Int128(elapsed)
    let most = Int128(rate.grainsPerNanosecond) * Int128(lease.count)
    return Int64(clamping: max(Int128(least), min(scaled, most)))
  }

  /// Takes `grains` from the request's router; returns what it does not have.
  mutating func spend(_ grains: Int64, at now: Instant) -> Int64 {
    let number = router(at: now)
    let own = min(grains, routers[number].grains)
    routers[number].grains -= own
    routers[number].spent += grains
    return grains - own
  }
}
