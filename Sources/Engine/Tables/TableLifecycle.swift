// Setting tables and indexes running, and what happens when a state's time has come.

import Capacity
import DataModel
import ServiceAPI
import Storage
import Units

extension DatabaseState {
  /// A running table of a definition.
  func start(_ definition: TableDefinition, at start: Instant) -> Table {
    var throughput = ResourceThroughput(isIndex: false, mode: mode(definition))
    throughput.warmThroughput = warm(definition.warm, definition.provisioned)
    throughput.hasLocalIndexes = !definition.localIndexes.isEmpty
    let indexes = (definition.globalIndexes + definition.localIndexes).map {
      self.start($0, of: definition, at: start)
    }
    return Table(
      definition,
      admission: ResourceAdmission(throughput, settings: options.capacity, at: start),
      indexes: indexes, clock: StatusClock(.active, until: start),
      decreases: DecreaseAllowance(timeOfDay: timeOfDay))
  }

  /// A running index of a definition.
  func start(
    _ index: SecondaryIndex, of table: TableDefinition, at start: Instant
  ) -> RunningIndex {
    var admission: ResourceAdmission?
    if index.isGlobal {
      var throughput = ResourceThroughput(isIndex: true, mode: mode(index, of: table))
      throughput.warmThroughput = warm(index.warm, index.provisioned)
      admission = ResourceAdmission(throughput, settings: options.capacity, at: start)
    }
    return RunningIndex(
      definition: index, schema: index.schema,
      prefix: KeyEncoding.prefix(table: table.number, index: index.number),
      clock: StatusClock(.active, until: start), admission: admission,
      decreases: DecreaseAllowance(timeOfDay: timeOfDay))
  }

  /// UTC time of day of instant 0.
  private var timeOfDay: Nanoseconds {
    .milliseconds(options.epochMilliseconds % 86_400_000)
  }

  private func warm(_ warm: ThroughputPair?, _ provisioned: ThroughputPair?) -> WarmThroughput? {
    warm.map {
      let least: (Int, Int) =
        provisioned.map { ($0.read, $0.write) }
        ?? (
          ServiceConstants.onDemandInitialReadUnits, ServiceConstants.onDemandInitialWriteUnits
        )
      return WarmThroughput(
        readUnitsPerSecond: max($0.read, least.0), writeUnitsPerSecond: max($0.write, least.1))
    }
  }

  func mode(_ table: TableDefinition) -> CapacityMode {
    mode(table.provisioned, table.maximum)
  }

  func mode(_ index: SecondaryIndex, of table: TableDefinition) -> CapacityMode {
    mode(table.provisioned == nil ? nil : index.provisioned, index.maximum)
  }

  private func mode(_ provisioned: ThroughputPair?, _ maximum: OnDemandMaximum) -> CapacityMode {
    guard let provisioned else {
      return .onDemand(maximumRead: maximum.read, maximumWrite: maximum.write)
    }
    return .provisioned(
      read: ProvisionedCapacity(units: provisioned.read),
      write: ProvisionedCapacity(units: provisioned.write))
  }

  // MARK: Quotas

  /// Charges the quotas for a new table and its indexes.
  func reserveQuota(for definition: TableDefinition) throws(ServiceError) {
    var taken = quota
    for pair in [definition.provisioned] + definition.indexes.map(\.provisioned) {
      guard let pair else { continue }
      try Self.change(&taken, from: ThroughputPair(read: 0, write: 0), to: pair)
    }
    quota = taken
  }

  static func change(
    _ quota: inout AccountQuota, from old: ThroughputPair, to new: ThroughputPair
  ) throws(ServiceError) {
    for axis in CapacityAxis.allCases {
      let (before, after) = axis == .read ? (old.read, new.read) : (old.write, new.write)
      switch quota.change(axis, from: before, to: after) {
      case .granted: continue
      case .exceedsTableQuota:
        throw .limitExceeded(
          "This request would exceed the per-table \(axis == .read ? "read" : "write") capacity "
            + "limit. Request a limit increase or lower the provisioned throughput.")
      case .exceedsAccountQuota:
        throw .limitExceeded(
          "This request would exceed the account-level \(axis == .read ? "read" : "write") "
            + "capacity limit. Request a limit increase or lower the provisioned throughput.")
      }
    }
  }

  func releaseQuota(of definition: TableDefinition) {
    for pair in [definition.provisioned] + definition.indexes.map(\.provisioned) {
      guard let pair else { continue }
      _ = quota.change(.read, from: pair.read, to: 0)
      _ = quota.change(.write, from: pair.write, to: 0)
    }
  }

  // MARK: States

  /// Ends the states whose time has come.
  func settle(_ table: Table) throws(ServiceError) {
    if table.clock.settle(at: now) {
      if table.clock.status == .deleting {
        try remove(table)
        return
      }
      if let pending = table.pending {
        table.pending = nil
        try apply(pending, to: table)
      }
    }
    var gone: [String] = []
    for index in table.indexes.indices {
      let isFinished = table.indexes[index].clock.settle(at: now)
      if isFinished, table.indexes[index].clock.status == .deleting {
        gone.append(table.indexes[index].definition.name)
      }
    }
    for name in gone { try removeIndex(name, of: table) }
  }

  /// Deletes a table with all it stores.
  func remove(_ table: Table) throws(ServiceError) {
    let number = table.definition.number
    let last = table.definition.nextIndexNumber
    for index in 0..<last { try store.clear(KeyEncoding.prefix(table: number, index: index)) }
    try store.clear(KeyEncoding.collectionPrefix(table: number))
    try store.clear(LoggedChange.prefix(table: number))
    try store.clear(Self.expiryPrefix(table))
    try forgetReplication(of: table)
    tables[table.name] = nil
    try forget(table, with: try apply(.close, to: table))
  }

  func removeIndex(_ name: String, of table: Table) throws(ServiceError) {
    guard let position = table.index(named: name) else { return }
    try store.clear(table.indexes[position].prefix)
    table.indexes.remove(at: position)
    table.definition.indexes.removeAll { $0.name == name }
    table.definition.insights[name] = nil
    table.startInsights(keepingCounts: true)
    try save(table)
  }
}
