// Count, mean and variance of a stream of numbers in one pass.
//
// Welford's recurrence (Technometrics 4(3), 1962), merged by Chan, Golub and LeVeque's formula. It
// does not cancel as the difference of sums of squares does.

/// Running count, mean, variance and extremes.
public struct Moments: Hashable, Sendable {
  public private(set) var count = 0
  /// 0 when empty.
  public private(set) var mean = 0.0
  private var squares = 0.0
  /// +infinity when empty.
  public private(set) var min = Double.infinity
  /// -infinity when empty.
  public private(set) var max = -Double.infinity

  public init() {}

  public mutating func add(_ value: Double) {
    count += 1
    let distance = value - mean
    mean += distance / Double(count)
    squares += distance * (value - mean)
    if value < min { min = value }
    if value > max { max = value }
  }

  /// Adds all values of `other`.
  public mutating func merge(_ other: Moments) {
    guard other.count > 0 else { return }
    let all = Double(count + other.count)
    let distance = other.mean - mean
    squares += other.squares + distance * distance * Double(count) * Double(other.count) / all
    mean += distance * Double(other.count) / all
    count += other.count
    min = Swift.min(min, other.min)
    max = Swift.max(max, other.max)
  }

  /// The unbiased sample variance; 0 with fewer than two values.
  public var variance: Double { count < 2 ? 0 : Swift.max(0, squares / Double(count - 1)) }
  public var standardDeviation: Double { variance.squareRoot() }

  /// The mean with its Student t interval (see `Estimate.init(samples:confidence:)`).
  public func estimate(confidence: Double = 0.95) -> Estimate {
    guard count >= 2 else { return Estimate(value: mean, halfWidth: nil, samples: count) }
    let t = StudentDistribution.quantile(
      (1 + confidence) / 2, degreesOfFreedom: Double(count - 1))
    let error = standardDeviation / Double(count).squareRoot()
    return Estimate(value: mean, halfWidth: t * error, samples: count)
  }
}
