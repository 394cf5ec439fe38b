// What a request costs a cache node, in the sizing guide's normalized requests (features.md 2.2).

/// Costs in normalized requests: one is a hit on an item of up to 1 KB.
public enum NormalizedCost {
  /// A hit: 1 per KB. 2,000 bytes: 2.
  public static func hit(bytes: Int) -> Int { kilobytes(bytes) }

  /// A miss: 10 per KB. 2,000 bytes: 20.
  public static func miss(bytes: Int) -> Int { 10 * kilobytes(bytes) }

  /// A write: 25 per KB on every node. 2,000 bytes: 50 on each.
  public static func write(bytes: Int) -> Int { 25 * kilobytes(bytes) }

  /// Whole KB, rounded up, at least one.
  static func kilobytes(_ bytes: Int) -> Int { max(1, (bytes + 1_023) >> 10) }
}
