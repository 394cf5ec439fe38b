// The standard normal distribution function and its quantiles, the same bits on every machine.
//
// Samplers that are described by percentiles ("median 700 B, p99 6 KB") need a quantile when they
// are built; the sizes they draw must not differ between machines, so the C library is not asked.
// Only for set-up work: each call sums a series.

/// The standard normal distribution.
public enum NormalDistribution {
  /// The probability of a value up to `x`, absolute error below 1e-15.
  ///
  /// Half plus density times x + x^3/3 + x^5/15 + … (Abramowitz and Stegun 26.2.11).
  /// Worked value: `cumulative(1.96)` is 0.9750021048517795.
  public static func cumulative(_ x: Double) -> Double {
    guard abs(x) < 8.5 else { return x.isNaN ? x : (x < 0 ? 0 : 1) }
    var term = x
    var sum = x
    var n = 3.0
    while abs(term) > abs(sum) * 1e-17 {
      term *= x * x / n
      sum += term
      n += 2
    }
    let density = Portable.exp(-0.5 * x * x) * 0.398_942_280_401_432_7
    return min(1, max(0, 0.5 + density * sum))
  }

  /// The value below which a share of `probability` lies; the inverse of `cumulative`.
  ///
  /// By bisection to the last bit. Worked value: `quantile(0.99)` is 2.3263478740408408 (±1e-14).
  /// - Precondition: 1e-12 ... 1 - 1e-12; outside the result is not-a-number.
  public static func quantile(_ probability: Double) -> Double {
    guard probability >= 1e-12, probability <= 1 - 1e-12 else { return .nan }
    var low = -8.0
    var high = 8.0
    while true {
      let middle = 0.5 * (low + high)
      if middle <= low || middle >= high { return middle }
      if cumulative(middle) < probability { low = middle } else { high = middle }
    }
  }
}
