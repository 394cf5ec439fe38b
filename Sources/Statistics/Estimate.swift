// A number with its uncertainty.
//
// The interval of a mean over independent replications is Student's t (simulation-kernels.md
// section 7: with early values cut, a nominal 95 % interval of an M/M/1 covers 93.5 %).

import Units

/// A point estimate with the half-width of its confidence interval.
public struct Estimate: Hashable, Sendable {
  public var value: Double
  /// Half-width of the interval; nil with fewer than two samples.
  public var halfWidth: Double?
  /// Samples it was made of.
  public var samples: Int

  public init(value: Double, halfWidth: Double?, samples: Int) {
    self.value = value
    self.halfWidth = halfWidth
    self.samples = samples
  }

  /// The mean of independent samples with its Student t interval; 0 without samples.
  ///
  /// Half-width = t((1 + confidence) / 2, n - 1) x s / sqrt(n).
  /// Worked value: [9, 10, 11] at 0.95: 10 ± 4.303 x 1 / 1.732 = 10 ± 2.484.
  /// - Precondition: `confidence` between 0 and 1, ends excluded.
  public init(samples: [Double], confidence: Double = 0.95) {
    var moments = Moments()
    for sample in samples { moments.add(sample) }
    self = moments.estimate(confidence: confidence)
  }

  public var low: Double { value - (halfWidth ?? 0) }
  public var high: Double { value + (halfWidth ?? 0) }

  /// Half-width as a share of the value; nil without one or at 0.
  public var relativeHalfWidth: Double? {
    guard let halfWidth, value != 0 else { return nil }
    return halfWidth / abs(value)
  }
}

extension Estimate: CustomStringConvertible {
  /// "12.3 ± 0.4": the half-width to one significant digit (two when it begins with 1), the value
  /// to the same decimals; the value alone when there is no interval or it has no width.
  public var description: String {
    guard let halfWidth, halfWidth > 0, halfWidth.isFinite else { return significant(value) }
    var digits = 0
    var scaled = halfWidth
    // A half-width that begins with 1 rounds too coarsely to one digit.
    while scaled < 2, digits < 12 {
      scaled *= 10
      digits += 1
    }
    return fixed(value, digits) + " ± " + fixed(halfWidth, digits)
  }
}
