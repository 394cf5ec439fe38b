// How much of the start of a run to leave out.
//
// The rule: take the mean over the replications of each interval's value, batch that series by
// five, and cut where the marginal standard error of the rest is smallest (MSER-5; White 1997),
// looking at the first half only. Per-replication MSER-5 is harmful (it cuts just above high
// excursions: 69 % coverage of a nominal 95 %), the across-replication series is not
// (simulation-kernels.md section 7).

/// Chooses the warm-up to cut from a series.
public enum WarmUp {
  /// What the rule found.
  public enum Cut: Hashable, Sendable {
    /// Leave out this many intervals.
    case intervals(Int)
    /// The error was still falling at the middle of the series: the run is too short to tell.
    case undecided
    /// Fewer than four batches of five.
    case tooShort
  }

  /// MSER-5 on the mean across replications; longer replications are cut to the shortest.
  public static func acrossReplications(_ series: [[Double]]) -> Cut {
    guard let length = series.map(\.count).min() else { return .tooShort }
    var means = [Double](repeating: 0, count: length)
    for replication in series {
      for index in means.indices { means[index] += replication[index] / Double(series.count) }
    }
    return mser5(means)
  }

  /// MSER-5: the cut d (in batches of five, at most half of them) with the least
  /// sum of (x - mean)² / (n - d)² over what remains; the first of equal ones.
  public static func mser5(_ series: [Double]) -> Cut {
    let batches = series.count / 5
    guard batches >= 4 else { return .tooShort }
    let means = (0..<batches).map { batch in
      series[batch * 5..<batch * 5 + 5].reduce(0, +) / 5
    }
    // From the end, so that one pass of running moments covers all cuts.
    var moments = Moments()
    var best = 0
    var least = Double.infinity
    for cut in stride(from: batches - 1, through: 0, by: -1) {
      moments.add(means[cut])
      guard cut <= batches / 2 else { continue }
      let left = Double(moments.count)
      let error = moments.variance * (left - 1) / (left * left)
      if error <= least {
        least = error
        best = cut
      }
    }
    return best == batches / 2 ? .undecided : .intervals(best * 5)
  }
}
