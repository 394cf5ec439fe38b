// Intervals against published tables and worked examples.

import Statistics
import Testing

/// Every reported number carries an interval; a wrong quantile would make all of them dishonest.
@Suite struct EstimateTests {
  /// Student's t as printed in tables: one-sided probability, degrees of freedom, quantile.
  @Test(arguments: [
    (0.975, 1.0, 12.706), (0.975, 2, 4.303), (0.975, 4, 2.776), (0.975, 9, 2.262),
    (0.975, 19, 2.093), (0.975, 30, 2.042), (0.95, 9, 1.833), (0.995, 9, 3.250), (0.995, 4, 4.604),
    (0.975, 120, 1.980),
  ])
  func studentQuantilesArePublished(probability: Double, freedom: Double, quantile: Double) {
    let seen = StudentDistribution.quantile(probability, degreesOfFreedom: freedom)
    #expect(abs(seen - quantile) < 0.000_6)
    #expect(
      abs(StudentDistribution.cumulative(seen, degreesOfFreedom: freedom) - probability) < 1e-9)
  }

  /// Upper 5 % and 1 % points of chi-square as printed in tables.
  @Test(arguments: [
    (1.0, 3.841, 0.05), (2, 5.991, 0.05), (10, 18.307, 0.05), (10, 23.209, 0.01),
    (100, 124.342, 0.05),
  ])
  func chiSquareTailsArePublished(freedom: Double, value: Double, tail: Double) {
    let seen = ChiSquareDistribution.upperTail(value, degreesOfFreedom: freedom)
    #expect(abs(seen - tail) < 1e-4 * tail * 3)
  }

  @Test func ofSamples() throws {
    let estimate = Estimate(samples: [9, 10, 11], confidence: 0.95)
    // 4.302653 x 1 / sqrt(3).
    let half = try #require(estimate.halfWidth)
    #expect(estimate.value == 10 && abs(half - 2.484_138) < 1e-5 && estimate.samples == 3)
    #expect(estimate.low == 10 - half && estimate.high == 10 + half)
    #expect(Estimate(samples: [5]).halfWidth == nil && Estimate(samples: [5]).value == 5)
    #expect(Estimate(samples: []).samples == 0 && Estimate(samples: []).value == 0)
    #expect(Estimate(samples: [4, 4, 4]).halfWidth == 0)
  }

  @Test(arguments: [
    (12.345, 0.42, "12.3 ± 0.4"), (12.345, 0.15, "12.35 ± 0.15"), (1_234.5, 37, "1,235 ± 37"),
    (12.34, 1.5, "12.3 ± 1.5"), (0.001_23, 0.000_4, "0.0012 ± 0.0004"), (7.25, 0, "7.25"),
  ])
  func isWrittenWithFittingDigits(value: Double, half: Double, text: String) {
    #expect(Estimate(value: value, halfWidth: half, samples: 5).description == text)
  }

  /// Means of normal samples lie in their 90 % interval nine times in ten.
  @Test func coversAsOftenAsPromised() {
    var numbers = SeededNumbers(state: 4)
    var covered = 0
    for _ in 0..<2_000 {
      let samples = (0..<6).map { _ in
        GaussianDistribution.quantile(Double.random(in: 1e-12..<1, using: &numbers))
      }
      let estimate = Estimate(samples: samples, confidence: 0.9)
      if estimate.low <= 0 && estimate.high >= 0 { covered += 1 }
    }
    // 1,800 expected, standard deviation 13.4.
    #expect(abs(covered - 1_800) < 70)
  }

  @Test func momentsMatchTwoPasses() {
    var numbers = SeededNumbers(state: 8)
    // A large offset: differences of squares would lose all digits.
    let values = (0..<1_000).map { _ in 1e9 + Double.random(in: 0..<1, using: &numbers) }
    let mean = values.map { $0 - 1e9 }.reduce(0, +) / 1_000
    let variance =
      values.map { ($0 - 1e9 - mean) * ($0 - 1e9 - mean) }.reduce(0, +) / 999
    var all = Moments()
    for value in values { all.add(value) }
    var first = Moments()
    for value in values.prefix(300) { first.add(value) }
    var rest = Moments()
    for value in values.dropFirst(300) { rest.add(value) }
    first.merge(rest)
    first.merge(Moments())
    for moments in [all, first] {
      #expect(moments.count == 1_000)
      #expect(abs(moments.mean - 1e9 - mean) < 1e-6)
      #expect(abs(moments.variance - variance) < 1e-6)
      #expect(moments.min == values.min() && moments.max == values.max())
    }
  }
}
