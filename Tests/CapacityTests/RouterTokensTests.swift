// Routers with tokens that expire: in their two limits they decide as the central bucket does, and
// in between no token is made or lost but by expiry.

import TestSupport
import Testing
import Units

@testable import Capacity

@Suite struct RouterTokensTests {
  private func resource(_ routers: Int?, lease: Nanoseconds, units: Int) -> ResourceAdmission {
    var settings = CapacitySettings()
    settings.admissionRouters = routers
    settings.tokenLease = lease
    settings.initialBurst = 0.01
    return ResourceAdmission(
      ResourceThroughput(isIndex: false, mode: provisioned(read: units, write: units)),
      settings: settings)
  }

  /// One router whose tokens never expire; 200,000 whose tokens last no time.
  @Test("the limits are the central bucket", arguments: Seed.some(8))
  func limits(_ seed: Seed) {
    var generator = seed.generator
    let units = Int.random(in: 1...500, using: &generator)
    var centre = resource(nil, lease: .zero, units: units)
    var single = resource(1, lease: .days(3_650), units: units)
    var many = resource(200_000, lease: Nanoseconds(1), units: units)
    var now = Instant.start
    var refusals = 0
    for _ in 0..<4_000 {
      now += .microseconds(Int64.random(in: 1...20_000, using: &generator))
      let axis: CapacityAxis = Bool.random(using: &generator) ? .read : .write
      let cost = CapacityUnits(halves: Int64.random(in: 1...12, using: &generator))
      let position = UInt64.random(in: 0...(.max), using: &generator)
      let decision = centre.admit(axis, units: cost, position: position, at: now)
      if !decision.isAdmitted { refusals += 1 }
      let ofSingle = single.admit(axis, units: cost, position: position, at: now)
      let ofMany = many.admit(axis, units: cost, position: position, at: now)
      #expect(ofSingle.isAdmitted == decision.isAdmitted, "\(seed) at \(now)")
      #expect(ofMany.isAdmitted == decision.isAdmitted, "\(seed) at \(now)")
    }
    #expect(refusals > 0 || units > 100, "\(seed)")
  }

  @Test("granted = spent + held + expired + central", arguments: Seed.some(20))
  func conservation(_ seed: Seed) {
    var generator = seed.generator
    let rate = BucketRate(
      unitsPerSecond: Int.random(in: 1...1_000, using: &generator), depth: .days(1))
    let start = Int64.random(in: 0...1_000, using: &generator) * BucketRate.grainsPerHalf
    var centre = BucketLevel(grains: start, refilledAt: .start)
    var routers = RouterTokens(
      count: Int.random(in: 1...50, using: &generator),
      lease: .milliseconds(Int64.random(in: 1...5_000, using: &generator)))
    var now = Instant.start
    var spent: Int64 = 0
    for _ in 0..<5_000 {
      now += .microseconds(Int64.random(in: 0...30_000, using: &generator))
      centre.refill(at: now, rate)
      guard routers.admits(at: now, from: &centre, rate, above: 0) else { continue }
      let cost = Int64.random(in: 1...40, using: &generator) * BucketRate.grainsPerHalf
      centre.grains -= routers.spend(cost, at: now)
      spent += cost
    }
    let granted = start + now.nanoseconds * rate.grainsPerNanosecond
    #expect(granted == spent + routers.held + routers.expired + centre.grains, "\(seed)")
    #expect(routers.held >= 0 && routers.expired >= 0)
  }

  /// 2,000 requests/s of one unit on 1,000 units/s: what passes is what was granted, less what
  /// expires at the routers.
  @Test("lasting overload passes the rate but for a few tokens", arguments: [4, 40])
  func overload(_ count: Int) {
    var routed = resource(count, lease: .seconds(2), units: 1_000)
    var passed = 0
    for step in 0..<120_000 {
      let now = Instant(nanoseconds: Int64(step) * 500_000)
      let position = UInt64(step) &* 0x9E37_79B9_7F4A_7C15
      if routed.admit(.read, units: CapacityUnits(halves: 2), position: position, at: now)
        .isAdmitted
      {
        passed += 1
      }
    }
    // 1 % of 300 s of burst, and 60 s of the rate.
    #expect(passed <= 3_000 + 60_000 + 1 && Double(passed) > 0.95 * 63_000, "\(passed)")
  }
}
