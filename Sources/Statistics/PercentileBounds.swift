// What samples say about a percentile of the population they come from.
//
// The number of samples below the true p-th percentile is binomial whatever the distribution, so
// order statistics bound it without any assumption but independence (load-generators.md sections
// 4.6 d and 4.7). For correlated samples pass the effective number instead of the counted one.

/// Ranks (from 1) of the order statistics that enclose a percentile.
public struct RankInterval: Hashable, Sendable {
  public var low: Int64
  public var high: Int64
  /// The probability that they do enclose it, at least what was asked for.
  public var coverage: Double
}

/// Whether a percentile stays under a threshold.
public enum ThresholdVerdict: Hashable, Sendable {
  case met, missed, undecided
}

/// Distribution-free statements on percentiles.
public enum PercentileBounds {
  /// The narrowest equal-tailed ranks around percentile `p` (0...1) of `samples` values; nil when
  /// there are too few for this confidence.
  ///
  /// Worked value: the median of 20 at 0.95 lies between the 6th and the 15th, coverage 95.86 %.
  public static func ranks(samples: Int64, p: Double, confidence: Double) -> RankInterval? {
    guard samples > 0, p > 0, p < 1, confidence > 0, confidence < 1 else { return nil }
    let tail = (1 - confidence) / 2
    func below(_ k: Int64) -> Double {
      BinomialDistribution.cumulative(k, trials: samples, probability: p)
    }
    // The largest low with P(B < low) <= tail, the smallest high with P(B >= high) <= tail.
    let low = firstTrue(in: 0...samples) { below($0) > tail }
    let high = firstTrue(in: 0...samples) { below($0) >= 1 - tail } + 1
    guard low >= 1, high <= samples else { return nil }
    return RankInterval(low: low, high: high, coverage: below(high - 1) - below(low - 1))
  }

  /// Whether at least a share `p` of the population meets a threshold that `violations` of
  /// `samples` values broke: MLPerf LoadGen's early-stopping rule, in both directions.
  ///
  /// Worked values: at p 0.99 and confidence 0.99 no violation in 459 values is enough, one in 662.
  public static func verdict(
    samples: Int64, violations: Int64, p: Double, confidence: Double
  ) -> ThresholdVerdict {
    guard samples > 0, p > 0, p < 1 else { return .undecided }
    let chance = BinomialDistribution.cumulative(violations, trials: samples, probability: 1 - p)
    if chance <= 1 - confidence { return .met }
    let fewer = BinomialDistribution.cumulative(violations - 1, trials: samples, probability: 1 - p)
    return 1 - fewer <= 1 - confidence ? .missed : .undecided
  }

  /// The first number of a range from which on a monotone condition holds; the end if never.
  private static func firstTrue(
    in range: ClosedRange<Int64>, _ condition: (Int64) -> Bool
  ) -> Int64 {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
      let middle = low + (high - low) / 2
      if condition(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension Histogram {
  /// The interval that encloses a percentile (0...100) of the population; nil with too few values.
  ///
  /// - Parameter effectiveCount: of independent values, when fewer than were recorded.
  public func interval(
    atPercentile percentile: Double, confidence: Double = 0.95, effectiveCount: Int64? = nil
  ) -> ClosedRange<Int64>? {
    let samples = Swift.min(count, effectiveCount ?? count)
    guard
      let ranks = PercentileBounds.ranks(
        samples: samples, p: percentile / 100, confidence: confidence)
    else { return nil }
    let scale = Double(count) / Double(samples)
    let low = Int64((Double(ranks.low) * scale).rounded(.down))
    let high = Int64((Double(ranks.high) * scale).rounded(.up))
    return value(ofRank: Swift.max(1, low))...value(ofRank: Swift.min(count, high))
  }
}
