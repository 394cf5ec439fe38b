// How many independent values a correlated series is worth.
//
// Latencies of neighbouring intervals are alike, so the error of their mean is larger than that of
// independent ones. Batch means show by how much: the variance of means of b neighbours falls as
// 1/b when they are independent and slower when not (load-generators.md section 4.6, after latte).

/// The autocorrelation time of a series, and what follows from it.
public enum EffectiveSamples {
  /// Neighbours that together say as much as one independent value; at least 1.
  ///
  /// The largest of b x var(means of b) / var(values) over b = 1, 2, 4 ... with at least four
  /// batches, ended where the batches are longer than five times that: beyond, it is noise.
  /// Worked value: 0 0 1 1 0 0 1 1 ... gives 2 (its means of two are 0 and 1 again).
  public static func autocorrelationTime(_ series: [Double]) -> Double { time(series).value }

  /// The autocorrelation time, and the number of batches that it was estimated from.
  private static func time(_ series: [Double]) -> (value: Double, batches: Int) {
    let whole = variance(series)
    var longest = (value: 1.0, batches: series.count)
    guard whole > 0 else { return longest }
    var means = series
    var size = 1.0
    while means.count >= 8 {
      means = stride(from: 0, to: means.count - 1, by: 2).map { (means[$0] + means[$0 + 1]) / 2 }
      size *= 2
      let time = size * variance(means) / whole
      if time > longest.value { longest = (time, means.count) }
      if time < 0.2 * size { break }
    }
    return longest
  }

  /// The number of independent values that `series` is worth; at most its own length.
  public static func count(_ series: [Double]) -> Double {
    Double(series.count) / autocorrelationTime(series)
  }

  /// A mean with the standard error that the series' correlation leaves.
  public struct CorrelatedMean: Hashable, Sendable {
    public var value: Double
    public var error: Double
    /// Independent values that the series is worth.
    public var count: Double
    /// Of Student's t for this error: one less than those, or than the batches it comes from.
    public var degreesOfFreedom: Double
  }

  /// The mean of a series; 0 without values.
  public static func mean(_ series: [Double]) -> CorrelatedMean {
    let time = time(series)
    let count = Double(series.count) / time.value
    guard count > 0 else {
      return CorrelatedMean(value: 0, error: 0, count: 0, degreesOfFreedom: 0)
    }
    return CorrelatedMean(
      value: series.reduce(0, +) / Double(series.count),
      error: (variance(series) / count).squareRoot(), count: count,
      degreesOfFreedom: max(0, min(count, Double(time.batches)) - 1))
  }

  /// Independent values among `count`, given how the means of consecutive equal parts vary.
  ///
  /// Values of standard deviation s whose parts' mean has standard error e are worth s² / e²; never
  /// more than there are, all of them with fewer than four parts.
  public static func count(of count: Int64, deviation: Double, partMeans: [Double]) -> Int64 {
    guard partMeans.count >= 4, deviation > 0 else { return count }
    let error = mean(partMeans).error
    guard error > 0 else { return count }
    let worth = deviation * deviation / (error * error)
    return min(count, max(1, Int64(min(worth, 9e18))))
  }

  private static func variance(_ values: [Double]) -> Double {
    var moments = Moments()
    for value in values { moments.add(value) }
    return moments.variance
  }
}
