// Where to cut a hot partition, and when a cut would not help.
//
// The service takes the split point from the key distribution the partition observed, not from the
// middle, and refuses to split for a single hot item, for ever-increasing keys, and inside an item
// collection of a table with a local secondary index (capacity.md 2: ATC22 4.4,
// DG:burst-adaptive-capacity). This is the pure choice over a sample of recent positions; when a
// partition counts as hot is HeatTracker's question.

/// Why a hot partition is not split.
public enum SplitRefusal: Hashable, Sendable {
  /// One item has most of the traffic: one half would be as hot as the whole.
  case hotKey
  /// The traffic moves upward through a collection: the new upper half would inherit all of it.
  case increasingKeys
  /// One item collection has most of the traffic, and a local secondary index keeps it whole.
  case localSecondaryIndex
  /// The range is too narrow to cut.
  case narrowRange
}

/// What made a partition split.
public enum SplitCause: Hashable, Sendable {
  case heat
  case size
}

/// The choice of a cut.
public enum SplitForHeat {
  /// Outcome of the choice: the first position of the upper half, or why there is none.
  public enum Choice: Hashable, Sendable {
    case cut(UInt64)
    case refused(SplitRefusal)
  }

  /// Share of upward steps, in percent, from which a sequence of positions counts as increasing.
  /// Random order gives 50 ± 3 for 256 samples; this is a detector's level, not a service figure.
  private static let upwardPercent = 90

  /// Chooses the cut that comes nearest to halving the sampled traffic.
  /// - Parameters:
  ///   - samples: positions of recent traffic in order of arrival, each of equal weight; not empty.
  ///   - lowest: first position of the partition.
  ///   - keepsCollections: a local secondary index exists; cuts fall between partition keys only.
  ///   - hotKeyShare: share of the traffic on one key from which a cut is useless.
  /// - Complexity: O(n log n) in the number of samples.
  public static func choose(
    samples: [UInt64], lowest: UInt64, keepsCollections: Bool, hotKeyShare: Double
  ) -> Choice {
    let items = samples.sorted()
    let enough = hotKeyShare * Double(items.count)
    if Double(longestRun(items)) >= enough { return .refused(.hotKey) }
    var keys = items
    if keepsCollections {
      for index in keys.indices { keys[index] = PartitionMap.collection(of: keys[index]) }
      if Double(longestRun(keys)) >= enough { return .refused(.localSecondaryIndex) }
    }
    if isIncreasing(samples) { return .refused(.increasingKeys) }
    guard let cut = halving(keys, above: lowest) else { return .refused(.narrowRange) }
    return .cut(cut)
  }

  private static func longestRun(_ sorted: [UInt64]) -> Int {
    var longest = 0
    var start = 0
    for index in sorted.indices {
      if sorted[index] != sorted[start] { start = index }
      longest = max(longest, index - start + 1)
    }
    return longest
  }

  private static func isIncreasing(_ samples: [UInt64]) -> Bool {
    var (up, down) = (0, 0)
    for index in samples.indices.dropFirst() {
      if samples[index] > samples[index - 1] { up += 1 }
      if samples[index] < samples[index - 1] { down += 1 }
    }
    return up + down > 0 && up * 100 >= (up + down) * upwardPercent
  }

  /// The sampled position at which the two sides differ least; the lower one on a tie. nil when all
  /// samples are alike.
  private static func halving(_ sorted: [UInt64], above lowest: UInt64) -> UInt64? {
    var best: UInt64?
    var bestGap = Int.max
    for index in sorted.indices.dropFirst() where sorted[index] != sorted[index - 1] {
      let gap = abs(sorted.count - 2 * index)
      if gap < bestGap, sorted[index] > lowest { (best, bestGap) = (sorted[index], gap) }
    }
    return best
  }
}
