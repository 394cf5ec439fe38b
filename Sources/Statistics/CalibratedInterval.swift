// A number that somebody knows only within bounds, as a distribution that keeps the stated promise.
//
// A person says: it is about `mid`, and with this confidence between `low` and `high`. The
// distribution is the shifted log-normal through these three quantiles, which exist in closed form:
// the median is `mid`, and as much lies below `low` as above `high`. It is the normal distribution
// when `mid` is in the middle and the log-normal one when low x high = mid². A skew to the left is
// the mirror image of one to the right.
//
// With z = the normal quantile of (1 + confidence) / 2:
//   shift = (low high - mid²) / (low + high - 2 mid)
//   sigma = ln((high - shift) / (mid - shift)) / z
// Worked values: (100, 200, 400) at 90 %: shift 0, sigma = ln 2 / 1.6449 = 0.4214.

import Glibc

/// An interval with a middle and a confidence.
public struct CalibratedInterval: Hashable, Sendable {
  public let low: Double
  public let mid: Double
  public let high: Double
  /// Probability of the interval, between 0 and 1.
  public let confidence: Double

  /// - Precondition: low < mid < high, and a confidence between 0 and 1, ends excluded.
  public init(low: Double, mid: Double, high: Double, confidence: Double) {
    precondition(low < mid && mid < high, "an interval needs low < mid < high")
    precondition(confidence > 0 && confidence < 1, "a confidence lies between 0 and 1")
    self.low = low
    self.mid = mid
    self.high = high
    self.confidence = confidence
  }

  /// The value below which a share `probability` of the mass lies.
  /// - Precondition: `probability` between 0 and 1, ends excluded.
  public func quantile(_ probability: Double) -> Double {
    let z = GaussianDistribution.quantile((1 + confidence) / 2)
    let skew = low + high - 2 * mid
    // The three numbers are as good as symmetric: the shift would be far away and lose the digits.
    if abs(skew) <= 1e-9 * (high - low) {
      return mid + (high - low) / 2 / z * GaussianDistribution.quantile(probability)
    }
    if skew < 0 {
      let mirror = CalibratedInterval(low: -high, mid: -mid, high: -low, confidence: confidence)
      return -mirror.quantile(1 - probability)
    }
    let shift = (low * high - mid * mid) / skew
    let sigma = log((high - shift) / (mid - shift)) / z
    return shift + (mid - shift) * exp(sigma * GaussianDistribution.quantile(probability))
  }
}
