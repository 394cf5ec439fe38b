// Replicated write units of global tables and deletes by time to live (capacity.md 1.8).
//
// Every replica region, the source among them, pays the same replicated units for a write; updates
// of global indexes cost ordinary units in every region. A replicated unit counts the same bytes as
// an ordinary one and competes for the same provisioned throughput. What local indexes of a global
// table are billed as is not in our sources; their units stay in their own arm.

/// What one write costs in one region.
public struct RegionalWriteCharge: Hashable, Sendable {
  /// Replicated units of a global table, ordinary ones of a table in one region.
  public var table: CapacityUnits
  /// Ordinary units on all global indexes.
  public var globalIndexes: CapacityUnits
  /// Units on all local indexes.
  public var localIndexes: CapacityUnits

  public init(
    table: CapacityUnits, globalIndexes: CapacityUnits = .zero,
    localIndexes: CapacityUnits = .zero
  ) {
    self.table = table
    self.globalIndexes = globalIndexes
    self.localIndexes = localIndexes
  }

  public static let none = RegionalWriteCharge(table: .zero)

  /// All arms.
  public var total: CapacityUnits { table + globalIndexes + localIndexes }

  /// The same write in `regions` regions.
  public static func * (a: Self, regions: Int64) -> Self {
    RegionalWriteCharge(
      table: a.table * regions, globalIndexes: a.globalIndexes * regions,
      localIndexes: a.localIndexes * regions)
  }

  public static func + (a: Self, b: Self) -> Self {
    RegionalWriteCharge(
      table: a.table + b.table, globalIndexes: a.globalIndexes + b.globalIndexes,
      localIndexes: a.localIndexes + b.localIndexes)
  }
}

/// Where a region stands towards a write.
public enum ReplicaRole: Hashable, Sendable {
  /// The write was made here, or the item expired here.
  case source
  /// The write arrives here by replication.
  case replica
}

/// What writes to global tables cost.
public enum GlobalTableCost {
  /// Replicated units in every replica region, source included: max(1, ceil(bytes / 1 KB)) of the
  /// larger image. Source: capacity.md 1.8.
  public static func replicatedUnits(before: Int?, after: Int?) -> CapacityUnits {
    WriteCost.writeUnits(before: before, after: after)
  }

  /// One region's share of a write; every region's is the same.
  ///
  /// 200 writes of 1 KB, two regions, one index: 400 replicated and 400 ordinary units.
  /// Source: capacity.md 1.8.
  public static func regionalCharge(_ charge: WriteCharge) -> RegionalWriteCharge {
    RegionalWriteCharge(
      table: charge.table + charge.unassigned, globalIndexes: charge.globalTotal,
      localIndexes: charge.localTotal)
  }

  /// Units of a delete by time to live on the table: none where the item expires, replicated units
  /// elsewhere. 1 KB: 0 in the source region, 1 in each other. Source: capacity.md 1.8.
  public static func expiryUnits(bytes: Int, role: ReplicaRole) -> CapacityUnits {
    switch role {
    case .source: .zero
    case .replica: replicatedUnits(before: bytes, after: nil)
    }
  }

  /// A delete by time to live with its indexes, whose deletes are free only where the item expires.
  public static func expiryCharge(
    _ delete: WriteCharge, role: ReplicaRole
  ) -> RegionalWriteCharge {
    switch role {
    case .source: .none
    case .replica: regionalCharge(delete)
    }
  }
}
