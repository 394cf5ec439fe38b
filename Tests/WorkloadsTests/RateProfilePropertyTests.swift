// Random profiles: the inverse undoes the integral, the cursor agrees, a plain sum agrees.

import Randomness
import Testing
import Units
import Workloads

/// Arrival times come from the inverse of the cumulative count; an error there shifts whole bursts
/// without changing any total.
@Suite struct RateProfilePropertyTests {
  static let seeds = (0..<20).map(UInt64.init)

  private func segments(_ generator: inout Generator) -> [RateSegment] {
    (0..<Int(1 + generator.below(8))).map { _ in
      var rate: Double { generator.chance(0.2) ? 0 : generator.nextUnit() * 1_000 }
      let from = rate
      let to = generator.chance(0.3) ? from : rate
      let length = Nanoseconds(1 + Int64(generator.below(20_000_000_000)))
      return RateSegment(duration: length, from: from, to: to)
    }
  }

  @Test(arguments: seeds) func inverseUndoesIntegral(seed: UInt64) {
    var generator = Generator(seed: seed, stream: 0, index: 0)
    let profile = RateProfile(segments(&generator))
    for _ in 0..<200 {
      let instant = Instant(
        nanoseconds: Int64(generator.below(UInt64(profile.duration.count))))
      let rate = profile.rate(at: instant)
      let count = profile.integral(to: instant)
      guard rate > 0.1, let back = profile.inverse(count) else { continue }
      // The count carries a relative error of some 1e-16, divided by the rate, and the instant is
      // rounded to a nanosecond.
      let tolerance = 2 + 4e-16 * (1 + profile.total) / rate * 1e9
      #expect(
        abs(Double((back - instant).count)) <= tolerance, "seed \(seed) at \(instant.nanoseconds)")
    }
  }

  @Test(arguments: seeds) func integralUndoesInverse(seed: UInt64) {
    var generator = Generator(seed: seed, stream: 1, index: 0)
    let profile = RateProfile(segments(&generator))
    guard profile.total > 0 else { return }
    var cursor = RateCursor(profile)
    var last = Instant.start
    let counts = (0..<200).map { _ in generator.nextUnit() * profile.total }.sorted()
    for count in counts {
      guard let instant = profile.inverse(count) else {
        Issue.record("seed \(seed): no instant for \(count) of \(profile.total)")
        continue
      }
      #expect(cursor.inverse(count) == instant, "seed \(seed)")
      #expect(instant >= last, "seed \(seed)")
      last = instant
      // Half a nanosecond at the highest rate.
      #expect(
        abs(profile.integral(to: instant) - count) <= profile.peak * 1e-9 + 1e-9, "seed \(seed)")
    }
    #expect(profile.inverse(profile.total) == nil)
    #expect(cursor.inverse(profile.total) == nil)
  }

  @Test(arguments: seeds) func integralIsTheSumOfTheRate(seed: UInt64) {
    var generator = Generator(seed: seed, stream: 2, index: 0)
    let profile = RateProfile(segments(&generator))
    let steps: Int64 = 4_000
    let width = Double(profile.duration.count) / Double(steps)
    var sum = 0.0
    for step in 0..<steps {
      let middle = Instant(nanoseconds: Int64((Double(step) + 0.5) * width))
      sum += profile.rate(at: middle) * width / 1e9
    }
    // Each jump between segments may fall anywhere in its step.
    #expect(abs(sum - profile.total) <= 10 * profile.peak * width / 1e9 + 1e-9, "seed \(seed)")
    #expect(
      profile.integral(to: .start + profile.duration) == profile.total, "seed \(seed)")
  }
}
