// Order-statistic bounds and the met/missed/undecided rule against published figures.

import Statistics
import Testing

/// "p99 is met" may only be said when the samples can carry it.
@Suite struct PercentileBoundsTests {
  struct Least: CustomTestStringConvertible {
    var p: Double
    var confidence: Double
    /// Least samples for 0, 1, 5 and 10 violations.
    var samples: [Int64]
    var testDescription: String { "p\(p) at \(confidence)" }
  }

  /// load-generators.md section 4.7.
  @Test(arguments: [
    Least(p: 0.95, confidence: 0.99, samples: [90, 130, 259, 398]),
    Least(p: 0.99, confidence: 0.99, samples: [459, 662, 1_307, 2_010]),
    Least(p: 0.999, confidence: 0.99, samples: [4_603, 6_636, 13_105, 20_140]),
    Least(p: 0.9999, confidence: 0.99, samples: [46_050, 66_381, 131_081, 201_442]),
    Least(p: 0.99, confidence: 0.95, samples: [299, 473, 1_049, 1_693]),
    Least(p: 0.999, confidence: 0.95, samples: [2_995, 4_742, 10_511, 16_959]),
  ])
  func leastSamplesArePublished(least: Least) {
    for (violations, samples) in zip([0, 1, 5, 10] as [Int64], least.samples) {
      func verdict(_ n: Int64) -> ThresholdVerdict {
        PercentileBounds.verdict(
          samples: n, violations: violations, p: least.p, confidence: least.confidence)
      }
      #expect(verdict(samples) == .met, "\(violations) violations")
      #expect(verdict(samples - 1) == .undecided, "\(violations) violations")
    }
  }

  @Test func missesAreSaidToo() {
    func verdict(_ violations: Int64) -> ThresholdVerdict {
      PercentileBounds.verdict(samples: 1_000, violations: violations, p: 0.99, confidence: 0.99)
    }
    #expect(verdict(0) == .met && verdict(10) == .undecided && verdict(30) == .missed)
    #expect(
      PercentileBounds.verdict(samples: 0, violations: 0, p: 0.99, confidence: 0.99) == .undecided)
  }

  /// Ranks of the 95 % interval of the median as printed in tables (Conover, Practical
  /// Nonparametric Statistics): n = 20: 6 and 15, n = 10: 2 and 9.
  @Test func ranksOfTheMedianArePublished() throws {
    let twenty = try #require(PercentileBounds.ranks(samples: 20, p: 0.5, confidence: 0.95))
    #expect(twenty.low == 6 && twenty.high == 15 && abs(twenty.coverage - 0.958_6) < 1e-4)
    let ten = try #require(PercentileBounds.ranks(samples: 10, p: 0.5, confidence: 0.95))
    #expect(ten.low == 2 && ten.high == 9 && abs(ten.coverage - 0.978_5) < 1e-4)
    #expect(PercentileBounds.ranks(samples: 5, p: 0.5, confidence: 0.95) == nil)
    #expect(PercentileBounds.ranks(samples: 300, p: 0.99, confidence: 0.95) == nil)
  }

  /// Binomial sums term by term.
  @Test func binomialMatchesItsTerms() {
    for trials in [1, 7, 40] as [Int64] {
      for probability in [0.01, 0.3, 0.9] {
        var term = 1.0
        for _ in 0..<trials { term *= 1 - probability }
        var sum = 0.0
        for k in 0...trials {
          sum += term
          let seen = BinomialDistribution.cumulative(k, trials: trials, probability: probability)
          #expect(abs(seen - sum) < 1e-12, "\(k) of \(trials) at \(probability)")
          term *= Double(trials - k) / Double(k + 1) * probability / (1 - probability)
        }
      }
    }
    #expect(BinomialDistribution.cumulative(-1, trials: 5, probability: 0.5) == 0)
    #expect(BinomialDistribution.cumulative(2, trials: 5, probability: 0) == 1)
    #expect(BinomialDistribution.cumulative(2, trials: 5, probability: 1) == 0)
  }

  /// The true p90 of uniform values lies in the interval at least as often as promised.
  @Test func histogramIntervalsCover() throws {
    var numbers = SeededNumbers(state: 12)
    var covered = 0
    for _ in 0..<400 {
      var histogram = Histogram()
      for _ in 0..<200 { histogram.record(Int64.random(in: 1...1_000, using: &numbers)) }
      let interval = try #require(histogram.interval(atPercentile: 90, confidence: 0.95))
      if interval.contains(900) { covered += 1 }
    }
    // At least 380 expected, standard deviation 4.4.
    #expect(covered >= 358)
    var few = Histogram()
    few.record(1)
    #expect(few.interval(atPercentile: 99) == nil)
    var many = Histogram()
    for value in 1...1_000 as ClosedRange<Int64> { many.record(value) }
    let wide = try #require(many.interval(atPercentile: 50, effectiveCount: 100))
    let narrow = try #require(many.interval(atPercentile: 50))
    #expect(wide.lowerBound < narrow.lowerBound && wide.upperBound > narrow.upperBound)
    // 100 values: ranks 40 and 61, ten times as far out.
    #expect(wide == 400...610)
  }
}
