// Write units on secondary indexes (capacity.md 1.5); local and global follow the same table.
//
// An entry is sized on what the index projects, never on the base item. Zero units means the index
// is not written and has no arm in the response; every written index costs at least one.

/// What a write does to the key and content of an index entry that stands before and after it.
public enum IndexChange: Hashable, Sendable {
  /// The projected entry is equal: no index write.
  case identical
  /// Same index key, other content: one index write.
  case sameKey
  /// The index key changed: a delete and a put.
  case keyMoved
}

/// What index writes cost.
public enum IndexCost {
  /// Units on one index by the size of its entry before and after, nil where the item has no entry.
  ///
  /// `change` matters only when both stand. 3,017 B and 18 B: 3 under the same key, 3 + 1 = 4 when
  /// the key moves; 1,517 B both: 2 and 4. Source: capacity.md 1.5.
  public static func indexWriteUnits(
    before: Int?, after: Int?, change: IndexChange
  ) -> CapacityUnits {
    switch (before, after) {
    case (nil, nil): return .zero
    case (nil, let after?): return WriteCost.writeUnits(bytes: after)
    case (let before?, nil): return WriteCost.writeUnits(bytes: before)
    case (let before?, let after?):
      switch change {
      case .identical: return .zero
      case .sameKey: return WriteCost.writeUnits(bytes: max(before, after))
      case .keyMoved:
        return WriteCost.writeUnits(bytes: before) + WriteCost.writeUnits(bytes: after)
      }
    }
  }
}
