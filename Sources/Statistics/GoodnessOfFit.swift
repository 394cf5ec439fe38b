// Whether samples come from a distribution: chi-square for counts, Kolmogorov-Smirnov for values.
//
// Used by validation (does the measured system behave as the simulated one?) and by the tests of
// every sampler. A small p-value speaks against the distribution.

import Glibc

/// The outcome of a test of fit.
public struct Fit: Hashable, Sendable {
  public var statistic: Double
  /// Probability of a statistic at least this large if the distribution is right.
  public var probability: Double
}

/// Tests of samples against a distribution.
public enum GoodnessOfFit {
  /// Pearson's chi-square of observed counts against expected probabilities.
  ///
  /// Neighbouring classes are joined until each expects at least 5; one degree of freedom less
  /// than classes.
  /// - Precondition: as many probabilities as counts; at least two joined classes remain.
  public static func chiSquare(observed: [Int64], probabilities: [Double]) -> Fit {
    precondition(observed.count == probabilities.count, "every class needs a probability")
    let total = Double(observed.reduce(0, +))
    var classes: [(seen: Double, expected: Double)] = []
    var seen = 0.0
    var expected = 0.0
    for (count, probability) in zip(observed, probabilities) {
      seen += Double(count)
      expected += probability * total
      if expected >= 5 {
        classes.append((seen, expected))
        seen = 0
        expected = 0
      }
    }
    if let last = classes.indices.last {
      classes[last].seen += seen
      classes[last].expected += expected
    }
    precondition(classes.count >= 2, "chi-square needs two classes that expect five each")
    let statistic = classes.reduce(0) { sum, part in
      let distance = part.seen - part.expected
      return sum + distance * distance / part.expected
    }
    return Fit(
      statistic: statistic,
      probability: ChiSquareDistribution.upperTail(
        statistic, degreesOfFreedom: Double(classes.count - 1)))
  }

  /// The Kolmogorov-Smirnov distance of samples from a continuous distribution function.
  ///
  /// The probability is the asymptotic one with Stephens' correction (JASA 69, 1974), good from
  /// about 10 samples on.
  /// - Precondition: not empty.
  public static func kolmogorovSmirnov(
    _ samples: [Double], cumulative: (Double) -> Double
  ) -> Fit {
    precondition(!samples.isEmpty, "a distance needs samples")
    let sorted = samples.sorted()
    let count = Double(sorted.count)
    var distance = 0.0
    for (index, value) in sorted.enumerated() {
      let share = cumulative(value)
      distance = max(distance, share - Double(index) / count, Double(index + 1) / count - share)
    }
    let root = count.squareRoot()
    return Fit(
      statistic: distance, probability: kolmogorovTail((root + 0.12 + 0.11 / root) * distance))
  }

  /// 2 x the sum over j of (-1)^(j-1) e^(-2 j² x²). Worked values: 1.3581 gives 0.05, 1.6276 0.01.
  static func kolmogorovTail(_ x: Double) -> Double {
    if x < 0.2 { return 1 }
    var sum = 0.0
    for j in 1...100 {
      let term = exp(-2 * Double(j * j) * x * x)
      sum += j % 2 == 1 ? term : -term
      if term < 1e-16 { break }
    }
    return min(1, max(0, 2 * sum))
  }
}
