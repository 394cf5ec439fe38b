// How much was short decides what a reader buys next.
//
// The worst minute must be the one with the largest excess of demand over the limit among those
// that throttled, and nothing must be claimed when demand stayed below the limit.

import Results
import Testing
import Units

@testable import Reports

@Suite struct ThrottlingSectionTests {
  /// Minutes of 60 s; demand and limit in units/s.
  func series(demand: [Int64], limit: [Int64], throttles: [Int64]) -> AxisSeries {
    var out = AxisSeries()
    out.demanded = demand.map { $0 * 120 }
    out.consumed = zip(demand, limit).map { min($0, $1) * 120 }
    out.limit = limit
    out.throttles = [throttles, demand.map { _ in 0 }, [], []]
    return out
  }

  @Test func worstMinuteIsTheLargestExcess() {
    let run = RunRecord(seed: 1, duration: .minutes(4), warmUp: .zero)
    let series = series(
      demand: [100, 450, 700, 900], limit: [400, 400, 600, 600], throttles: [0, 9, 3, 0])
    let expected = ThrottlingSection.Shortage(minute: 2, demand: 700, limit: 600)
    #expect(ThrottlingSection.shortage(series, run) == expected)
  }

  @Test func nothingIsShortBelowTheLimit() {
    let run = RunRecord(seed: 1, duration: .minutes(2), warmUp: .zero)
    let series = series(demand: [100, 350], limit: [400, 400], throttles: [5, 5])
    #expect(ThrottlingSection.shortage(series, run) == nil)
  }

  @Test func partialLastMinuteIsARateToo() {
    let run = RunRecord(seed: 1, duration: .seconds(75), warmUp: .zero)
    #expect(run.unitsPerSecond([120, 120]) == [1, 4])
  }

  @Test func refusedRateNeedsThrottledSeconds() {
    var series = AxisSeries()
    #expect(ThrottlingSection.refusedRate(series) == nil)
    series.refused = 240
    series.throttledSeconds = 8
    #expect(ThrottlingSection.refusedRate(series) == 15)
  }
}
