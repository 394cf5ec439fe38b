// The tests of fit on themselves: known statistics, and both answers.

import Statistics
import Testing

/// A test that always passes would let every sampler through.
@Suite struct GoodnessOfFitTests {
  /// Observed 18, 22, 39, 21 of 100 against a quarter each: (49 + 9 + 196 + 16) / 25 = 10.8,
  /// three degrees of freedom, p = 0.01286.
  @Test func chiSquareByHand() {
    let fit = GoodnessOfFit.chiSquare(
      observed: [18, 22, 39, 21], probabilities: [0.25, 0.25, 0.25, 0.25])
    #expect(abs(fit.statistic - 10.8) < 1e-12 && abs(fit.probability - 0.012_858) < 1e-5)
  }

  @Test func smallClassesAreJoined() {
    // 10 and (4 + 4 + 2) expected of 20; the last joins the class before it.
    let fit = GoodnessOfFit.chiSquare(
      observed: [12, 4, 2, 2], probabilities: [0.5, 0.2, 0.2, 0.1])
    #expect(abs(fit.statistic - 0.8) < 1e-12)
  }

  /// Critical points of the Kolmogorov distribution: 1.358 at 5 %, 1.628 at 1 %.
  @Test func kolmogorovSmirnovByHand() {
    // 1,000 evenly spaced values moved by 0.05: the distance is 0.05 exactly.
    let samples = (0..<1_000).map { (Double($0) + 0.5) / 1_000 * 0.95 + 0.05 }
    let fit = GoodnessOfFit.kolmogorovSmirnov(samples) { min(max($0, 0), 1) }
    #expect(abs(fit.statistic - 0.05) < 1e-3)
    // (sqrt(1,000) + 0.12 + 0.0035) x 0.0499… = 1.58: between 5 % and 1 %.
    #expect(fit.probability < 0.05 && fit.probability > 0.01)
    let even = (0..<1_000).map { (Double($0) + 0.5) / 1_000 }
    #expect(GoodnessOfFit.kolmogorovSmirnov(even) { $0 }.probability > 0.999)
  }

  @Test func pValuesOfTrueSamplesAreUniform() {
    var numbers = SeededNumbers(state: 21)
    var small = 0
    for _ in 0..<300 {
      let samples = (0..<50).map { _ in Double.random(in: 0..<1, using: &numbers) }
      if GoodnessOfFit.kolmogorovSmirnov(samples, cumulative: { $0 }).probability < 0.1 {
        small += 1
      }
    }
    // 30 expected, standard deviation 5.2.
    #expect(abs(small - 30) < 24)
  }
}
