// Units of TransactGetItems and TransactWriteItems (capacity.md 1.6).
//
// A transactional write prepares and commits, so the table's units double; the indexes are written
// once and do not. A repeated request with the same token within ten minutes is answered from the
// items, as transactional reads. What a cancelled transaction consumes is not documented; it is a
// setting (CancelledTransactionCharge) whose default charges the prepare phase.

public import DataModel

/// What a cancelled transaction consumes per action (I: no source says).
public enum CancelledTransactionCharge: Int, Hashable, Sendable, CaseIterable {
  /// Nothing.
  case nothing = 0
  /// The prepare phase: write units once.
  case prepare = 1
  /// As if it had committed: write units twice.
  case full = 2
}

/// What transactions cost.
public enum TransactionCost {
  /// One item of TransactGetItems; nil when it is missing.
  ///
  /// 4 KB -> 2, 4,097 B -> 4, missing -> 2. Source: capacity.md 1.6.
  public static func getUnits(bytes: Int?) -> CapacityUnits {
    ReadCost.readUnits(bytes: bytes ?? 0, consistency: .transactional)
  }

  /// One Put, Update or Delete of TransactWriteItems on the table; nil where there is no item.
  ///
  /// 3,023 B -> 18 B: 6; a delete of a missing item: 2. Source: capacity.md 1.6.
  public static func writeUnits(before: Int?, after: Int?) -> CapacityUnits {
    WriteCost.writeUnits(before: before, after: after) * ServiceConstants.transactionalWriteFactor
  }

  /// One ConditionCheck by the size of its target, nil when it is missing; no index is charged.
  ///
  /// 3,023 B -> 6, missing -> 2. Source: capacity.md 1.6.
  public static func conditionCheckUnits(bytes: Int?) -> CapacityUnits {
    writeUnits(before: bytes, after: nil)
  }

  /// Read units of one action when its transaction is repeated with the same token; sizes are those
  /// of the first call. No index is charged.
  ///
  /// A 9 KB delete: 18 write units at first, 6 read units on the repetition. Source: capacity.md
  /// 1.6.
  public static func replayReadUnits(before: Int?, after: Int?) -> CapacityUnits {
    getUnits(bytes: max(before ?? 0, after ?? 0))
  }

  /// One action of a cancelled transaction. Source: capacity.md 1.6 (I).
  public static func cancelledUnits(
    before: Int?, after: Int?, charge: CancelledTransactionCharge
  ) -> CapacityUnits {
    WriteCost.writeUnits(before: before, after: after) * Int64(charge.rawValue)
  }

  /// Read units DAX adds per item of a TransactWriteItems: it reads the item back transactionally.
  ///
  /// 2 per 4 KB. Source: capacity.md 1.6.
  public static func acceleratorReadUnits(bytes: Int) -> CapacityUnits { getUnits(bytes: bytes) }

  /// One Put, Update or Delete with its indexes: the table's arm doubled, the others not.
  ///
  /// O(attributes x indexes). Source: capacity.md 1.6.
  public static func charge(before: Item?, after: Item?, schema: TableSchema) -> WriteCharge {
    var charge = WriteCost.charge(before: before, after: after, schema: schema)
    charge.table = charge.table * ServiceConstants.transactionalWriteFactor
    return charge
  }
}
