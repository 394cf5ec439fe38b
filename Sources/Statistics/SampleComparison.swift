// Whether one series differs from another: Student's t in Welch's form, on effective samples.
//
// Pairs of the same instant of two runs with the same seed met the same requests; their differences
// vary less than the values do, so the paired test sees smaller changes (load-generators.md section
// 4.6 a). Several rows are tested at once, which Holm's procedure pays for.

/// The difference of two means, B less A.
public struct MeanDifference: Hashable, Sendable {
  public var a: Double
  public var b: Double
  /// Standard error of b - a, and its degrees of freedom.
  public var error: Double
  public var degreesOfFreedom: Double
  /// Probability of a difference at least as large when there is none, two-sided.
  public var p: Double
  /// Effective samples of A and B, or of their pairs (twice the same).
  public var samplesA: Double
  public var samplesB: Double
  public var isPaired: Bool

  public var difference: Double { b - a }

  /// As a share of A; nil when A is 0.
  public var relative: Double? { a == 0 ? nil : (b - a) / abs(a) }

  /// Half-width of the difference's interval at `confidence`.
  public func halfWidth(confidence: Double) -> Double {
    degreesOfFreedom > 0
      ? error
        * StudentDistribution.quantile((1 + confidence) / 2, degreesOfFreedom: degreesOfFreedom)
      : .infinity
  }

  /// The smallest true difference that a test at level `alpha` finds four times in five:
  /// (t(1 - alpha / 2) + t(0.8)) x error.
  public func detectable(alpha: Double) -> Double {
    guard degreesOfFreedom > 0 else { return .infinity }
    let found = StudentDistribution.quantile(1 - alpha / 2, degreesOfFreedom: degreesOfFreedom)
    let power = StudentDistribution.quantile(0.8, degreesOfFreedom: degreesOfFreedom)
    return (found + power) * error
  }
}

public enum SampleComparison {
  /// The values of two runs at the same instants; nil with fewer than four.
  ///
  /// - Precondition: both have the same length.
  public static func paired(_ a: [Double], _ b: [Double]) -> MeanDifference? {
    precondition(a.count == b.count, "pairs need two series of one length")
    let differences = zip(a, b).map { $1 - $0 }
    guard differences.count >= 4 else { return nil }
    let mean = EffectiveSamples.mean(differences)
    let degrees = mean.degreesOfFreedom
    let first = EffectiveSamples.mean(a).value
    return MeanDifference(
      a: first, b: first + mean.value, error: mean.error, degreesOfFreedom: degrees,
      p: probability(mean.value, mean.error, degrees), samplesA: mean.count, samplesB: mean.count,
      isPaired: true)
  }

  /// Two series that share nothing; nil with fewer than four values in either.
  ///
  /// Degrees of freedom after Welch and Satterthwaite.
  public static func unpaired(_ a: [Double], _ b: [Double]) -> MeanDifference? {
    guard a.count >= 4, b.count >= 4 else { return nil }
    let first = EffectiveSamples.mean(a)
    let second = EffectiveSamples.mean(b)
    let (left, right) = (first.error * first.error, second.error * second.error)
    let bound =
      left * left / max(1, first.degreesOfFreedom) + right * right / max(1, second.degreesOfFreedom)
    let degrees = bound > 0 ? (left + right) * (left + right) / bound : 1
    let error = (left + right).squareRoot()
    return MeanDifference(
      a: first.value, b: second.value, error: error, degreesOfFreedom: degrees,
      p: probability(second.value - first.value, error, degrees), samplesA: first.count,
      samplesB: second.count, isPaired: false)
  }

  private static func probability(_ difference: Double, _ error: Double, _ degrees: Double)
    -> Double
  {
    if difference == 0 { return 1 }
    // Two constants that differ, differ.
    guard error > 0 else { return 0 }
    guard degrees > 0 else { return 1 }
    return 2
      * StudentDistribution.cumulative(-abs(difference / error), degreesOfFreedom: degrees)
  }

  /// Holm's step-down adjustment: the p-values that may be held against one `alpha` together.
  ///
  /// Worked value: 0.01, 0.04, 0.03 become 0.03, 0.06, 0.06.
  public static func holm(_ values: [Double]) -> [Double] {
    var adjusted = values
    var least = 0.0
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    for (rank, index) in order.enumerated() {
      least = max(least, min(1, values[index] * Double(values.count - rank)))
      adjusted[index] = least
    }
    return adjusted
  }
}
