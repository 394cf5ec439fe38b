// Draws against the percentiles they were asked for.
//
// Why: lags and latencies are given by median and 99th percentile; a distribution that missed them
// would make every statement about staleness wrong by the same amount.

import Randomness
import Testing
import Units

@testable import Engine

@Suite struct DelayDistributionTests {
  @Test func drawsHaveTheirMedianAndPercentile() {
    let delay = DelayDistribution(median: .milliseconds(20), p99: .milliseconds(200))
    var generator = Generator(seed: 7, stream: 1, index: 0)
    let draws = (0..<100_000).map { _ in delay.draw(&generator) }
    // Standard deviations of the counts: 158 and 31; five of them allowed.
    #expect(abs(draws.count { $0 > .milliseconds(20) } - 50_000) < 800)
    #expect(abs(draws.count { $0 > .milliseconds(200) } - 1_000) < 160)
  }

  @Test func `a 90th percentile bends the law`() {
    let delay = DelayDistribution(
      median: .milliseconds(20), p90: .milliseconds(30), p99: .milliseconds(200))
    var generator = Generator(seed: 7, stream: 1, index: 0)
    let draws = (0..<100_000).map { _ in delay.draw(&generator) }
    // Standard deviations of the counts: 158, 95 and 31; five of them allowed.
    #expect(abs(draws.count { $0 > .milliseconds(20) } - 50_000) < 800)
    #expect(abs(draws.count { $0 > .milliseconds(30) } - 10_000) < 480)
    #expect(abs(draws.count { $0 > .milliseconds(200) } - 1_000) < 160)
  }

  @Test func edges() {
    var generator = Generator(seed: 7, stream: 1, index: 0)
    #expect(DelayDistribution.none.draw(&generator) == .zero)
    #expect(DelayDistribution(median: .seconds(1)).draw(&generator) == .seconds(1))
    #expect(DelayDistribution(median: .hours(9)).draw(&generator) == .hours(1))
    #expect(
      DelayDistribution(median: .seconds(2), p99: .seconds(1)).draw(&generator) == .seconds(2))
    #expect(DelayDistribution.none.isNone && !DelayDistribution(median: Nanoseconds(1)).isNone)
  }
}
