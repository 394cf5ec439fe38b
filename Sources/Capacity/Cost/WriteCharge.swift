// What one write costs, arm by arm, computed from the items themselves.
//
// The item-based layer: given the images and the table's schema it finds out which index entries
// exist, whether they change and how, and applies the scalar rules of WriteCost and IndexCost. It
// allocates; a driver that only has sizes calls the scalar functions.

public import DataModel

/// Units of one write, by what they are reported on.
public struct WriteCharge: Hashable, Sendable {
  /// On the table itself.
  public var table: CapacityUnits
  /// On each global index in the schema's order; zero: not written, absent from the response.
  public var globalIndexes: [CapacityUnits]
  /// On each local index in the schema's order; zero: not written, absent from the response.
  public var localIndexes: [CapacityUnits]
  /// Counted in the total but in no arm: the failed statements of a batch (capacity.md 1.7).
  public var unassigned: CapacityUnits

  public init(
    table: CapacityUnits, globalIndexes: [CapacityUnits] = [], localIndexes: [CapacityUnits] = [],
    unassigned: CapacityUnits = .zero
  ) {
    self.table = table
    self.globalIndexes = globalIndexes
    self.localIndexes = localIndexes
    self.unassigned = unassigned
  }

  /// All global indexes.
  public var globalTotal: CapacityUnits { globalIndexes.reduce(.zero, +) }
  /// All local indexes.
  public var localTotal: CapacityUnits { localIndexes.reduce(.zero, +) }
  /// `ConsumedCapacity.CapacityUnits`: table, all indexes and what no arm shows.
  public var total: CapacityUnits { table + globalTotal + localTotal + unassigned }
  /// What the table's own throughput pays: table and local indexes; global indexes pay their own.
  /// Source: capacity.md 1.5.
  public var fromTable: CapacityUnits { table + localTotal + unassigned }

  /// Arm by arm sum. Precondition: both are of one table.
  public static func + (a: Self, b: Self) -> Self {
    WriteCharge(
      table: a.table + b.table, globalIndexes: sum(a.globalIndexes, b.globalIndexes),
      localIndexes: sum(a.localIndexes, b.localIndexes), unassigned: a.unassigned + b.unassigned)
  }

  private static func sum(_ a: [CapacityUnits], _ b: [CapacityUnits]) -> [CapacityUnits] {
    var result = a.count < b.count ? b : a
    let shorter = a.count < b.count ? a : b
    for index in shorter.indices { result[index] += shorter[index] }
    return result
  }
}

extension IndexCost {
  /// How an entry that stands before and after a write changes. Source: capacity.md 1.5.
  public static func change(
    from before: Item, to after: Item, index: IndexSchema
  ) -> IndexChange {
    guard index.hasSameKey(before, after) else { return .keyMoved }
    return before == after ? .identical : .sameKey
  }

  /// Units on one index for a write that replaces `before` with `after`; nil: no item.
  public static func indexWriteUnits(
    before: Item?, after: Item?, index: IndexSchema, tableKey: KeySchema
  ) -> CapacityUnits {
    let entryBefore = before.flatMap { index.entry(for: $0, tableKey: tableKey) }
    let entryAfter = after.flatMap { index.entry(for: $0, tableKey: tableKey) }
    var change = IndexChange.sameKey
    if let entryBefore, let entryAfter {
      change = self.change(from: entryBefore, to: entryAfter, index: index)
    }
    return indexWriteUnits(
      before: entryBefore?.sizeInBytes, after: entryAfter?.sizeInBytes, change: change)
  }
}

extension WriteCost {
  /// A put, update or delete that replaces `before` with `after` under one primary key; nil: no
  /// item.
  ///
  /// O(attributes x indexes). Source: capacity.md 1.4, 1.5.
  public static func charge(before: Item?, after: Item?, schema: TableSchema) -> WriteCharge {
    func units(_ index: IndexSchema) -> CapacityUnits {
      IndexCost.indexWriteUnits(
        before: before, after: after, index: index, tableKey: schema.key)
    }
    return WriteCharge(
      table: writeUnits(before: before?.sizeInBytes, after: after?.sizeInBytes),
      globalIndexes: schema.globalIndexes.map(units),
      localIndexes: schema.localIndexes.map(units))
  }

  /// A batch of PartiQL statements on one table, or nil when none succeeded, in which case the
  /// response leaves the table out.
  ///
  /// A failed INSERT still costs what it attempted or found; the units go to the total, not to an
  /// arm. Failures of 1, 1 and 3 units beside an indexed success of 2: total 7, arms 2.
  /// Source: capacity.md 1.7.
  public static func batchStatementCharge(
    succeeded: [WriteCharge], failed: [WriteImages]
  ) -> WriteCharge? {
    guard var charge = succeeded.first else { return nil }
    for further in succeeded.dropFirst() { charge = charge + further }
    for images in failed {
      charge.unassigned += failedConditionUnits(stored: images.before, attempted: images.after)
    }
    return charge
  }
}
