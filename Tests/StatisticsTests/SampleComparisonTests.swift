// Effective samples and tests of differences against worked values and series of known correlation.

import TestSupport
import Testing

@testable import Statistics

/// A comparison that cries wolf, or sees nothing, is worse than none.
@Suite struct SampleComparisonTests {
  /// Values with the correlation of an AR(1) process and variance 1.
  private func series(_ count: Int, correlation: Double, _ numbers: inout TestGenerator) -> [Double]
  {
    var value = 0.0
    return (0..<count).map { _ in
      // The sum of twelve uniforms less six: normal enough, mean 0, variance 1.
      let noise = (0..<12).reduce(-6.0) { sum, _ in sum + numbers.number(in: 0...1) }
      value = correlation * value + (1 - correlation * correlation).squareRoot() * noise
      return value
    }
  }

  @Test func neighboursThatAreAlikeCountOnce() {
    let pairs = (0..<64).map { Double($0 / 2 % 2) }
    #expect(abs(EffectiveSamples.autocorrelationTime(pairs) - 2) < 0.1)
    #expect(EffectiveSamples.autocorrelationTime([5, 5, 5, 5, 5, 5, 5, 5]) == 1)
    #expect(EffectiveSamples.autocorrelationTime([]) == 1)
  }

  /// The autocorrelation time of AR(1) is (1 + r) / (1 - r).
  @Test(arguments: [(0.0, 1.0), (0.5, 3.0), (0.8, 9.0)])
  func autocorrelationTimeIsThatOfTheProcess(correlation: Double, expected: Double) {
    var numbers = Seed(11).generator
    let times = (0..<40).map { _ in
      EffectiveSamples.autocorrelationTime(
        series(4_096, correlation: correlation, &numbers))
    }
    let mean = times.reduce(0, +) / 40
    #expect(mean > 0.85 * expected && mean < 1.35 * expected + 0.1, "\(mean)")
  }

  @Test func effectiveCountIsCappedAndNeedsParts() {
    #expect(EffectiveSamples.count(of: 50, deviation: 1, partMeans: [1, 2]) == 50)
    #expect(EffectiveSamples.count(of: 50, deviation: 0, partMeans: [1, 2, 3, 4]) == 50)
    // Eight alternating means of variance 8/7: error² = 1/7, worth 4 / (1/7) = 28 values.
    let means = [1.0, -1, 1, -1, 1, -1, 1, -1]
    #expect(EffectiveSamples.count(of: 1_000, deviation: 2, partMeans: means) == 28)
    #expect(EffectiveSamples.count(of: 20, deviation: 2, partMeans: means) == 20)
  }

  /// Student's sleep data (Biometrika 6, 1908): extra sleep under two drugs, ten patients.
  /// Paired: t = 4.0621, 9 degrees, p = 0.002833; Welch: t = 1.8608, 17.776 degrees, p = 0.07939.
  @Test func publishedTestsComeOut() throws {
    // The published tests hold the patients independent; in this order ours finds them so.
    let a = [-0.2, 0.7, -0.1, 2.0, 3.7, 0.8, -1.6, 3.4, -1.2, 0.0]
    let b = [1.1, 1.9, -0.1, 3.4, 5.5, 1.6, 0.8, 4.4, 0.1, 4.6]
    let paired = try #require(SampleComparison.paired(a, b))
    #expect(abs(paired.difference - 1.58) < 1e-9 && abs(paired.p - 0.002_833) < 1e-6)
    #expect(paired.degreesOfFreedom == 9)
    #expect(abs(paired.halfWidth(confidence: 0.95) - 0.879_9) < 1e-3)
    let welch = try #require(SampleComparison.unpaired(a, b))
    #expect(abs(welch.p - 0.079_39) < 1e-4 && abs(welch.degreesOfFreedom - 17.776) < 1e-2)
    #expect(SampleComparison.paired([1, 2, 3], [1, 2, 4]) == nil)
  }

  @Test func constantsDifferOrDoNot() throws {
    let same = try #require(SampleComparison.paired([2, 2, 2, 2], [2, 2, 2, 2]))
    #expect(same.p == 1 && same.difference == 0)
    let other = try #require(SampleComparison.unpaired([2, 2, 2, 2], [3, 3, 3, 3]))
    #expect(other.p == 0 && other.relative == 0.5)
  }

  @Test func holmPaysForTheNumberOfRows() {
    let adjusted = SampleComparison.holm([0.01, 0.04, 0.03, 0.005])
    for (value, expected) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) {
      #expect(abs(value - expected) < 1e-12)
    }
    #expect(SampleComparison.holm([]) == [])
    #expect(SampleComparison.holm([0.9, 0.8]) == [1, 1])
  }

  /// Of 400 tests of equal correlated series at 5 %, about 20 may fail; 32 are three deviations.
  @Test(arguments: [0.0, 0.6]) func falseAlarmsAreAsRareAsPromised(correlation: Double) {
    var numbers = Seed(5).generator
    var alarms = 0
    for _ in 0..<400 {
      let a = series(120, correlation: correlation, &numbers)
      let b = series(120, correlation: correlation, &numbers)
      if let found = SampleComparison.unpaired(a, b), found.p < 0.05 { alarms += 1 }
    }
    #expect(alarms <= 32, "\(alarms) of 400")
  }

  @Test func detectableDifferencesAreDetected() throws {
    var numbers = Seed(3).generator
    var found = 0
    for _ in 0..<200 {
      let a = series(100, correlation: 0, &numbers)
      let noise = series(100, correlation: 0, &numbers)
      let same = try #require(SampleComparison.paired(a, noise))
      let shift = same.detectable(alpha: 0.05)
      let shifted = try #require(SampleComparison.paired(a, noise.map { $0 + shift }))
      if shifted.p < 0.05 { found += 1 }
    }
    // Four in five, 160 ± 17 at three deviations.
    #expect(found > 140 && found < 180, "\(found) of 200")
  }

  @Test(arguments: Seed.some(20)) func differencesOfHistogramsAreExact(seed: Seed) {
    var numbers = seed.generator
    var (all, late) = (Histogram(), Histogram())
    for _ in 0..<numbers.integer(in: 0...200) { all.record(numbers.magnitude(upTo: 1 << 40)) }
    let early = all
    for _ in 0..<numbers.integer(in: 0...200) {
      let value = numbers.magnitude(upTo: 1 << 40)
      all.record(value)
      late.record(value)
    }
    let recent = all.since(early)
    #expect(recent.count == late.count && recent.total == late.total)
    #expect(recent.buckets == late.buckets)
    #expect(Histogram.areEquivalent(recent.max, late.max))
    #expect(late.count == 0 || Histogram.areEquivalent(recent.min, late.min))
  }
}
