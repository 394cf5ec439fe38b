// How strongly one quantity follows another, whatever the shape of the dependence.
//
// Spearman's coefficient: the correlation of the ranks; ties share their mean rank. It is 1 for any
// rising dependence, -1 for any falling one, and does not care for outliers.

/// Spearman's rank correlation.
public enum RankCorrelation {
  /// In -1...1; 0 when one of the series is constant or has fewer than two values. O(n log n).
  ///
  /// Worked value: (1, 2, 3, 4) and (1, 4, 9, 16): 1; with (2, 1, 4, 3): 0.6.
  /// - Precondition: the series are of equal length.
  public static func coefficient(_ a: [Double], _ b: [Double]) -> Double {
    precondition(a.count == b.count, "a correlation needs pairs")
    let (x, y) = (ranks(a), ranks(b))
    let mean = Double(a.count + 1) / 2
    var (product, xx, yy) = (0.0, 0.0, 0.0)
    for (x, y) in zip(x, y) {
      product += (x - mean) * (y - mean)
      xx += (x - mean) * (x - mean)
      yy += (y - mean) * (y - mean)
    }
    return xx == 0 || yy == 0 ? 0 : product / (xx * yy).squareRoot()
  }

  /// Ranks from 1.
  static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for position in start..<end { ranks[order[position]] = Double(start + 1 + end) / 2 }
      start = end
    }
    return ranks
  }
}
