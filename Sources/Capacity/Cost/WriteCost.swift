// Write units of single-item and batch writes on the table itself (capacity.md 1.4, 1.7).
//
// The scalar functions take plain byte counts and allocate nothing. The larger of the images before
// and after decides, whatever the change is; a delete of nothing and a failed condition on nothing
// cost one unit. What the indexes cost stands in IndexCost.swift, what a transaction costs in
// TransactionCost.swift. A throttled request consumes nothing (I), so it has no function here.

/// What writes cost on the table.
public enum WriteCost {
  /// max(1, ceil(bytes / 1024)). 0 -> 1, 1024 -> 1, 1025 -> 2. Source: capacity.md 1.0.
  public static func writeUnits(bytes: Int) -> CapacityUnits {
    CapacityUnits(Int64(max(1, (bytes - 1) / ServiceConstants.writeUnitBytes + 1)))
  }

  /// A put, update or delete by the item's size before and after; nil where there is no item.
  ///
  /// 3,017 B -> 18 B costs 3, so does the way back; nothing -> nothing (a delete of a missing item)
  /// costs 1. Source: capacity.md 1.4.
  public static func writeUnits(before: Int?, after: Int?) -> CapacityUnits {
    writeUnits(bytes: max(before ?? 0, after ?? 0))
  }

  /// A write whose condition failed: the larger of what is stored and what a put attempted.
  ///
  /// `attempted` is nil for deletes and updates, whose result is not known without the item (I).
  /// 300 KB stored, 310 KB attempted: 310. Nothing stored, nothing sized: 1. No index is charged.
  /// Source: capacity.md 1.4, X10.
  public static func failedConditionUnits(stored: Int?, attempted: Int?) -> CapacityUnits {
    writeUnits(before: stored, after: attempted)
  }
}

/// The sizes of an item before and after a write, in bytes; nil where there is no item.
public struct WriteImages: Hashable, Sendable {
  public var before: Int?
  public var after: Int?

  public init(before: Int?, after: Int?) {
    self.before = before
    self.after = after
  }
}
