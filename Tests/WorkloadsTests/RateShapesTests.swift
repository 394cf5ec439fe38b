// The named shapes and their closed forms.

import Testing
import Units
import Workloads

/// A day's mean decides the bill and its peak the throttles; both have closed forms.
@Suite struct RateShapesTests {
  private func near(_ a: Double, _ b: Double, _ share: Double = 1e-9) -> Bool {
    abs(a - b) <= share * max(1, abs(b))
  }

  @Test func rampAndHold() {
    let profile = RateProfile(
      RateSegment.ramp(from: 0, to: 100, for: .seconds(10))
        + RateSegment.hold(100, for: .seconds(5)) + RateSegment.steps([50, 25], each: .seconds(2)))
    #expect(profile.duration == .seconds(19))
    // 500 + 500 + 100 + 50.
    #expect(profile.total == 1_150)
    #expect(profile.peak == 100)
    #expect(profile.rate(at: Instant(nanoseconds: 5_000_000_000)) == 50)
    #expect(profile.rate(at: Instant(nanoseconds: 15_000_000_000)) == 50)
    #expect(profile.rate(at: Instant(nanoseconds: 19_000_000_000)) == 0)
    #expect(profile.rate(at: Instant(nanoseconds: -1)) == 0)
    // 5 t² = 125 at 5 s.
    #expect(profile.inverse(125) == Instant(nanoseconds: 5_000_000_000))
    #expect(profile.inverse(-1) == nil)
  }

  @Test func nothingAtAll() {
    let empty = RateProfile([])
    #expect(empty.total == 0 && empty.mean == 0 && empty.inverse(0) == nil)
    let silent = RateProfile(RateSegment.hold(0, for: .seconds(10)))
    #expect(silent.inverse(0) == nil && silent.duration == .seconds(10))
  }

  @Test func sineKeepsItsMeanAndNearlyItsPeak() {
    let sine = SineRate(mean: 100, amplitude: 50, period: .seconds(600))
    let segments = sine.segments(for: .seconds(1_800))
    #expect(segments.count >= 3 * 64)
    let profile = RateProfile(segments)
    #expect(profile.duration == .seconds(1_800))
    #expect(near(profile.mean, 100))
    #expect(near(profile.rate(at: Instant(nanoseconds: 150_000_000_000)), 150))
    #expect(near(profile.rate(at: Instant(nanoseconds: 450_000_000_000)), 50))
    // A quarter period holds mean x quarter + amplitude x period / (2 pi), chords 0.02 % short.
    let quarter = profile.integral(to: Instant(nanoseconds: 150_000_000_000))
    #expect(abs(quarter - (15_000 + 50 * 600 / (2 * Double.pi))) < 0.001 * 4_775)
    let shifted = SineRate(mean: 10, amplitude: 20, period: .seconds(64), phase: 0.75)
    let clipped = RateProfile(shifted.segments(for: .seconds(64)))
    #expect(clipped.rate(at: .start) == 0 && near(clipped.peak, 30))
  }

  @Test func sineCutsItsLastSegment() {
    let sine = SineRate(mean: 1, amplitude: 1, period: Nanoseconds(1_000_003))
    let segments = sine.segments(for: Nanoseconds(2_500_001))
    #expect(segments.reduce(Nanoseconds.zero) { $0 + $1.duration } == Nanoseconds(2_500_001))
  }

  @Test func diurnalWeekHasItsMeanAndPeak() {
    let day = DiurnalRate(low: 1_500, high: 6_000, peakAt: .hours(20), weekendShare: 0.4)
    let profile = RateProfile(day.segments(for: .days(7)))
    // (1,500 + 6,000) / 2 x (5 + 2 x 0.4) / 7.
    #expect(near(profile.mean, 3_750 * 5.8 / 7))
    #expect(near(profile.peak, 6_000))
    func rate(_ days: Int64, _ hours: Int64) -> Double {
      profile.rate(at: .start + .days(days) + .hours(hours))
    }
    #expect(near(rate(0, 20), 6_000))
    #expect(near(rate(0, 8), 1_500))
    #expect(near(rate(0, 14), 3_750))
    #expect(near(rate(4, 20), 6_000))
    #expect(near(rate(5, 20), 2_400))
    #expect(near(rate(6, 8), 600))
  }

  /// A start in the middle of the week, off the quarter-hour grid, sees the same clock.
  @Test func diurnalStartsWhereItIsTold() {
    let day = DiurnalRate(low: 10, high: 20, peakAt: .hours(12), weekendShare: 0.5)
    let whole = RateProfile(day.segments(for: .days(14)))
    var late = day
    late.startOffset = .days(4) + .hours(7) + .minutes(7)
    let part = RateProfile(late.segments(for: .days(3)))
    #expect(part.duration == .days(3))
    for hour in 0..<71 as Range<Int64> {
      let here = part.rate(at: .start + .hours(hour) + .minutes(1))
      let there = whole.rate(at: .start + late.startOffset + .hours(hour) + .minutes(1))
      // The first chord starts on the curve, not on the other's chord.
      #expect(near(here, there, hour == 0 ? 1e-4 : 1e-9), "hour \(hour)")
    }
    var earlier = day
    earlier.startOffset = .days(-3)
    #expect(near(RateProfile(earlier.segments(for: .days(7))).mean, 15 * 6 / 7))
  }

  @Test func spikeRisesHoldsAndFalls() {
    let spike = SpikeRate(
      base: 100, peak: 1_000, lead: .seconds(60), rise: .seconds(10), hold: .seconds(30),
      fall: .seconds(20))
    let profile = RateProfile(spike.segments(for: .seconds(300)))
    // 300 s of base, 30 s of 900 above it, half of that over rise and fall.
    #expect(profile.total == 30_000 + 27_000 + 13_500)
    #expect(profile.duration == .seconds(300))
    #expect(profile.rate(at: Instant(nanoseconds: 65_000_000_000)) == 550)
    let cut = RateProfile(spike.segments(for: .seconds(65)))
    #expect(cut.duration == .seconds(65) && cut.peak == 550)
    #expect(RateProfile(spike.segments(for: .seconds(30))).total == 3_000)
  }
}
