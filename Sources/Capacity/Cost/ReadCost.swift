// Read units of single-item and batch reads (capacity.md 1.0, 1.1).
//
// The scalar functions take plain byte counts and allocate nothing; they are what a driver calls
// per request. Rounding up to 4 KB always comes before the factor of the consistency. A missing
// item is an item of no bytes: the minimum of one read unit applies before the factor. A projection
// does not change what is charged, so these functions take the whole item's size.

extension ReadConsistency {
  /// Half-units per 4 KB: 1 eventual, 2 strong, 4 transactional. Source: capacity.md 1.0.
  public var halvesPerUnit: Int64 {
    switch self {
    case .eventual: ServiceConstants.eventualReadHalves
    case .strong: ServiceConstants.strongReadHalves
    case .transactional: ServiceConstants.transactionalReadHalves
    }
  }
}

/// What reads cost.
public enum ReadCost {
  /// Blocks of 4 KB that `bytes` fill, at least one: max(1, ceil(bytes / 4096)).
  ///
  /// 0 -> 1, 4096 -> 1, 4097 -> 2. Source: capacity.md 1.0.
  public static func blocks(bytes: Int) -> Int64 {
    Int64(max(1, (bytes - 1) / ServiceConstants.readUnitBytes + 1))
  }

  /// GetItem of an item of `bytes`, 0 when it does not exist.
  ///
  /// 8 KB: eventual 1, strong 2, transactional 4; missing: 0.5, 1, 2. Source: capacity.md 1.1.
  public static func readUnits(bytes: Int, consistency: ReadConsistency) -> CapacityUnits {
    CapacityUnits(halves: blocks(bytes: bytes) * consistency.halvesPerUnit)
  }

  /// GetItem of a missing item. Source: capacity.md 1.1.
  public static func missingItemUnits(consistency: ReadConsistency) -> CapacityUnits {
    readUnits(bytes: 0, consistency: consistency)
  }

  /// BatchGetItem's units on one table: every key is a GetItem of its own, nil when missing.
  ///
  /// 1.5 KB and 6.5 KB strong: 1 + 2 = 3. O(keys). Source: capacity.md 1.1.
  public static func batchGetUnits(
    bytes: [Int?], consistency: ReadConsistency
  ) -> CapacityUnits {
    var total = CapacityUnits.zero
    for size in bytes { total += readUnits(bytes: size ?? 0, consistency: consistency) }
    return total
  }

  /// BatchGetItem of `count` items of one size.
  public static func batchGetUnits(
    count: Int, bytesEach: Int, consistency: ReadConsistency
  ) -> CapacityUnits {
    readUnits(bytes: bytesEach, consistency: consistency) * Int64(count)
  }
}
