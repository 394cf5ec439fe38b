// What a response says about the units it consumed (capacity.md 1.9), as values; no wire format.
//
// TOTAL gives one number; INDEXES adds an arm for the table and one for each index that was
// charged. Transactions repeat every number as write units; transactional reads and repetitions
// repeat the total's and the table's as read units. Batches and transactions answer with one of
// these per table.

public import DataModel

/// The request's ReturnConsumedCapacity; any other text is refused.
public enum ReturnConsumedCapacity: String, Hashable, Sendable, CaseIterable {
  case none = "NONE"
  case total = "TOTAL"
  case indexes = "INDEXES"
}

/// Whether a transactional response repeats its numbers per axis.
public enum TransactionalMirror: Hashable, Sendable {
  /// A single-item, batch, Query or Scan response.
  case none
  /// TransactGetItems or a repeated TransactWriteItems: ReadCapacityUnits.
  case read
  /// TransactWriteItems: WriteCapacityUnits.
  case write
}

/// One number of the response with its repetition.
public struct CapacityArm: Hashable, Sendable {
  /// `CapacityUnits`.
  public var units: CapacityUnits
  /// `ReadCapacityUnits`; nil: absent.
  public var readUnits: CapacityUnits?
  /// `WriteCapacityUnits`; nil: absent.
  public var writeUnits: CapacityUnits?

  public init(
    units: CapacityUnits, readUnits: CapacityUnits? = nil, writeUnits: CapacityUnits? = nil
  ) {
    self.units = units
    self.readUnits = readUnits
    self.writeUnits = writeUnits
  }

  fileprivate init(_ units: CapacityUnits, mirror: TransactionalMirror) {
    self.init(
      units: units, readUnits: mirror == .read ? units : nil,
      writeUnits: mirror == .write ? units : nil)
  }
}

/// An index's arm.
public struct IndexCapacity: Hashable, Sendable {
  public var name: String
  public var arm: CapacityArm

  public init(name: String, arm: CapacityArm) {
    self.name = name
    self.arm = arm
  }
}

/// ConsumedCapacity of one table.
public struct ConsumedCapacity: Hashable, Sendable {
  /// As the request named the table; the ARN if it gave one.
  public var tableName: String
  public var total: CapacityArm
  /// nil unless INDEXES was asked for.
  public var table: CapacityArm?
  /// Only those charged; empty: the map is absent.
  public var globalIndexes: [IndexCapacity]
  /// Only those charged; empty: the map is absent.
  public var localIndexes: [IndexCapacity]

  /// The response to a write, nil for NONE. Source: capacity.md 1.9.
  public init?(
    _ charge: WriteCharge, schema: TableSchema, tableName: String,
    level: ReturnConsumedCapacity, isTransaction: Bool
  ) {
    guard level != .none else { return nil }
    let mirror = isTransaction ? TransactionalMirror.write : .none
    self.tableName = tableName
    self.total = CapacityArm(charge.total, mirror: mirror)
    self.table = nil
    self.globalIndexes = []
    self.localIndexes = []
    guard level == .indexes else { return }
    self.table = CapacityArm(charge.table, mirror: mirror)
    self.globalIndexes = Self.arms(schema.globalIndexes, charge.globalIndexes, mirror)
    self.localIndexes = Self.arms(schema.localIndexes, charge.localIndexes, mirror)
  }

  /// The response to a read, nil for NONE; `index` names the index that was read, if any.
  ///
  /// A read of a global index of u units: total u, table 0, index u. Source: capacity.md 1.3, 1.9.
  public init?(
    _ charge: ReadCharge, index: String? = nil, tableName: String,
    level: ReturnConsumedCapacity, isTransaction: Bool
  ) {
    guard level != .none else { return nil }
    let mirror = isTransaction ? TransactionalMirror.read : .none
    self.tableName = tableName
    self.total = CapacityArm(charge.total, mirror: mirror)
    self.table = nil
    self.globalIndexes = []
    self.localIndexes = []
    guard level == .indexes else { return }
    self.table = CapacityArm(charge.table, mirror: mirror)
    guard let index else { return }
    if charge.globalIndex > .zero {
      self.globalIndexes = [IndexCapacity(name: index, arm: CapacityArm(units: charge.globalIndex))]
    }
    if charge.localIndex > .zero {
      self.localIndexes = [IndexCapacity(name: index, arm: CapacityArm(units: charge.localIndex))]
    }
  }

  private static func arms(
    _ indexes: [IndexSchema], _ units: [CapacityUnits], _ mirror: TransactionalMirror
  ) -> [IndexCapacity] {
    zip(indexes, units).compactMap { index, units in
      guard units > .zero else { return nil }
      return IndexCapacity(name: index.name, arm: CapacityArm(units, mirror: mirror))
    }
  }
}
