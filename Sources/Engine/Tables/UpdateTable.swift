// UpdateTable: what is asked for is checked at once and in force when UPDATING ends.
//
// Throughput can be raised at any time and lowered as the decrease allowance permits (capacity.md
// 3.1); a table switches to on-demand at most four times in 24 hours (capacity.md 4). One index may
// be created or deleted per call and at a time; a new one is filled from the table at once and read
// when its state has become ACTIVE.

import Capacity
import DataModel
import ServiceAPI
import Storage
import Units

extension DatabaseState {
  func updateTable(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let parts = [
      "ProvisionedThroughput", "BillingMode", "StreamSpecification", "GlobalSecondaryIndexUpdates",
      "SSESpecification", "TableClass", "DeletionProtectionEnabled", "WarmThroughput",
      "OnDemandThroughput",
    ]
    if request["ReplicaUpdates"] != nil {
      throw .validation("Replicas need more than one Region; serve with --regions")
    }
    guard parts.contains(where: { request[$0] != nil }) else {
      throw .validation(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
          + "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required")
    }
    let table = try described(request["TableName"]?.text ?? "")
    guard table.clock.status == .active else {
      let state = table.clock.status == .creating ? "created" : "updated"
      throw .inUse(
        "Attempt to change a resource which is still in use: Table is being \(state): "
          + table.name)
    }
    var definition = table.definition
    try changeBilling(request, table, &definition)
    let changes = try indexChanges(request, table, &definition)
    let stream = try streamChange(request["StreamSpecification"], of: table)
    if let name = request["TableClass"]?.text { definition.tableClass = TableClass(rawValue: name) }
    if let flag = request["DeletionProtectionEnabled"]?.flag { definition.isProtected = flag }
    if request["OnDemandThroughput"] != nil {
      definition.maximum = TableRequest.maximum(request["OnDemandThroughput"])
    }
    try changeWarm(request, table, &definition)
    if let encryption = request["SSESpecification"] {
      definition.encryptionKey = try encryptionKey(encryption)
      try keep(table, under: definition.encryptionKey)
    }
    try chargeQuota(from: table.definition, to: definition)
    takeDecreases(from: table, to: definition)
    let delay = scaled(options.tableDelay)
    try startIndexes(changes, table)
    if case .none = stream {
    } else {
      try save(table, with: try apply(stream, to: table))
    }
    definition.streamViewType = table.definition.streamViewType
    definition.streamLabel = table.definition.streamLabel
    table.pending = definition
    table.clock = StatusClock(.updating, until: now + delay)
    return describe(table, under: "TableDescription")
  }

  // MARK: Throughput

  private func changeBilling(
    _ request: WireValue, _ table: Table, _ definition: inout TableDefinition
  ) throws(ServiceError) {
    let mode = request["BillingMode"]?.text
    let pair = TableRequest.pair(request["ProvisionedThroughput"])
    let toOnDemand = mode == "PAY_PER_REQUEST" || (mode == nil && definition.provisioned == nil)
    if let pair { try checkBounds(pair) }
    if toOnDemand {
      if pair != nil {
        throw .invalidParameter(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
            + "PAY_PER_REQUEST")
      }
      if definition.provisioned != nil { try noteSwitch(table) }
      if mode != nil, definition.provisioned != nil {
        definition.switchedToOnDemandAtMilliseconds = wallMilliseconds
        definition.showsBillingMode = true
        definition.provisioned = nil
        for index in definition.indexes.indices { definition.indexes[index].provisioned = nil }
      }
      return
    }
    if definition.provisioned == nil {
      guard let pair else {
        throw .invalidParameter(
          "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
            + "PROVISIONED")
      }
      definition.provisioned = pair
      definition.maximum = OnDemandMaximum()
      definition.showsBillingMode = true
      try provisionIndexes(request, &definition)
      return
    }
    guard let pair else { return }
    let changesMore = (request.members ?? []).contains {
      !["TableName", "BillingMode", "ProvisionedThroughput"].contains($0.name)
    }
    if !changesMore, pair == definition.provisioned { throw Self.unchanged(pair) }
    definition.provisioned = pair
  }

  /// Every global index needs throughput when a table becomes provisioned.
  private func provisionIndexes(
    _ request: WireValue, _ definition: inout TableDefinition
  ) throws(ServiceError) {
    let updates = (request["GlobalSecondaryIndexUpdates"]?.elements ?? []).compactMap {
      $0["Update"]
    }
    for index in definition.indexes.indices where definition.indexes[index].isGlobal {
      let name = definition.indexes[index].name
      let update = updates.first { $0["IndexName"]?.text == name }
      guard let pair = TableRequest.pair(update?["ProvisionedThroughput"]) else {
        throw .invalidParameter(
          "ProvisionedThroughput must be specified for index: \(name)")
      }
      definition.indexes[index].provisioned = pair
    }
  }

  private static func unchanged(_ pair: ThroughputPair) -> ServiceError {
    .validation(
      "The provisioned throughput for the table will not change. The requested value equals the "
        + "current value. Current ReadCapacityUnits provisioned for the table: \(pair.read). "
        + "Requested ReadCapacityUnits: \(pair.read). Current WriteCapacityUnits provisioned for "
        + "the table: \(pair.write). Requested WriteCapacityUnits: \(pair.write). Refer to the "
        + "Amazon DynamoDB Developer Guide for current limits and how to request higher limits.")
  }

  private func noteSwitch(_ table: Table) throws(ServiceError) {
    let day = scaled(.days(1))
    table.switches.removeAll { now - $0 >= day }
    guard table.switches.count < ServiceConstants.switchesToOnDemandPerDay else {
      throw .limitExceeded(
        "Subscriber limit exceeded: Update to PayPerRequest mode are limited to "
          + "\(ServiceConstants.switchesToOnDemandPerDay) times in a rolling 24 hour window.")
    }
    table.switches.append(now)
  }

  private func changeWarm(
    _ request: WireValue, _ table: Table, _ definition: inout TableDefinition
  ) throws(ServiceError) {
    guard let warm = TableRequest.warm(request["WarmThroughput"]) else { return }
    let current = definition.warm ?? ThroughputPair(read: 0, write: 0)
    if warm.read < current.read || warm.write < current.write {
      throw .invalidParameter("Requested WarmThroughput is lower than the current value")
    }
    try checkWarm(warm)
    definition.warm = warm
  }

  /// Refuses what quotas or the decrease allowance do not permit; takes nothing if it throws.
  private func chargeQuota(
    from old: TableDefinition, to new: TableDefinition
  ) throws(ServiceError) {
    let none = ThroughputPair(read: 0, write: 0)
    var taken = quota
    try Self.change(
      &taken, from: old.provisioned ?? none, to: new.provisioned ?? none)
    for index in new.globalIndexes {
      let before = old.globalIndexes.first { $0.name == index.name }?.provisioned
      try Self.change(&taken, from: before ?? none, to: index.provisioned ?? none)
    }
    if let table = tables[old.name] { try checkDecreases(from: table, to: new) }
    quota = taken
  }

  private static func isDecrease(_ old: ThroughputPair?, _ new: ThroughputPair?) -> Bool {
    guard let old, let new else { return false }
    return new.read < old.read || new.write < old.write
  }

  private func checkDecreases(from table: Table, to new: TableDefinition) throws(ServiceError) {
    var isExhausted =
      Self.isDecrease(table.definition.provisioned, new.provisioned)
      && table.decreases.available(at: wallNow) == 0
    for index in table.indexes where index.definition.isGlobal {
      let after = new.globalIndexes.first { $0.name == index.definition.name }
      if Self.isDecrease(index.definition.provisioned, after?.provisioned),
        index.decreases.available(at: wallNow) == 0
      {
        isExhausted = true
      }
    }
    guard isExhausted else { return }
    throw .limitExceeded(
      "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC "
        + "day. After the first 4 decreases, each subsequent decrease in the same UTC day can be "
        + "performed at most once every 3600 seconds.")
  }

  private func takeDecreases(from table: Table, to new: TableDefinition) {
    if Self.isDecrease(table.definition.provisioned, new.provisioned) {
      _ = table.decreases.take(at: wallNow)
    }
    for position in table.indexes.indices {
      let old = table.indexes[position].definition
      let after = new.globalIndexes.first { $0.name == old.name }
      if Self.isDecrease(old.provisioned, after?.provisioned) {
        _ = table.indexes[position].decreases.take(at: wallNow)
      }
    }
  }

  // MARK: Indexes

  /// What a call does to the set of indexes.
  private enum IndexChange {
    case create(SecondaryIndex, [KeyAttribute])
    case delete(String)
  }

  private func indexChanges(
    _ request: WireValue, _ table: Table, _ definition: inout TableDefinition
  ) throws(ServiceError) -> [IndexChange] {
    var changes: [IndexChange] = []
    for element in request["GlobalSecondaryIndexUpdates"]?.elements ?? [] {
      if let create = element["Create"] {
        changes.append(try creation(create, request, table, &definition))
      } else if let delete = element["Delete"] {
        let name = delete["IndexName"]?.text ?? ""
        guard table.index(named: name).map({ table.indexes[$0].definition.isGlobal }) == true else {
          throw ServiceError(
            "ResourceNotFoundException", message: "Requested resource not found")
        }
        changes.append(.delete(name))
      } else if let update = element["Update"] {
        try self.update(update, table, &definition)
      } else {
        throw .invalidParameter(
          "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create or "
            + "GlobalSecondaryIndexUpdate.Delete must not be null")
      }
    }
    if changes.count > 1 {
      throw .limitExceeded(
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously "
          + "per table")
    }
    return changes
  }

  private func creation(
    _ create: WireValue, _ request: WireValue, _ table: Table,
    _ definition: inout TableDefinition
  ) throws(ServiceError) -> IndexChange {
    let name = create["IndexName"]?.text ?? ""
    if table.index(named: name) != nil {
      throw .validation("Attempting to create an index which already exists")
    }
    if table.indexes.contains(where: { $0.clock.status != .active }) {
      throw .limitExceeded(
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously "
          + "per table")
    }
    if table.definition.globalIndexes.count >= ServiceConstants.globalSecondaryIndexes {
      throw .limitExceeded("GlobalSecondaryIndex count exceeds the per-table limit of 20")
    }
    var attributes = definition.attributes
    for attribute in TableRequest.attributes(request["AttributeDefinitions"]) {
      if let known = attributes.first(where: { $0.name == attribute.name }) {
        guard known.type == attribute.type else {
          throw .invalidParameter(
            "Cannot redefine the type of attribute \(attribute.name)")
        }
      } else {
        attributes.append(attribute)
      }
    }
    let index = try TableRequest.globalIndex(
      create, attributes, isOnDemand: definition.provisioned == nil,
      number: definition.nextIndexNumber)
    try checkWarm(index.warm)
    return .create(index, attributes)
  }

  private func update(
    _ update: WireValue, _ table: Table, _ definition: inout TableDefinition
  ) throws(ServiceError) {
    let name = update["IndexName"]?.text ?? ""
    guard let place = definition.indexes.firstIndex(where: { $0.name == name && $0.isGlobal })
    else {
      throw ServiceError("ResourceNotFoundException", message: "Requested resource not found")
    }
    if let pair = TableRequest.pair(update["ProvisionedThroughput"]) {
      if definition.provisioned == nil {
        throw .invalidParameter(
          "ProvisionedThroughput should not be specified for index: \(name) when BillingMode is "
            + "PAY_PER_REQUEST")
      }
      if table.definition.provisioned != nil, pair == table.definition.indexes[place].provisioned {
        throw .validation(
          "The provisioned throughput for the index \(name) will not change. The requested value "
            + "equals the current value. Current ReadCapacityUnits provisioned for the index: "
            + "\(pair.read). Requested ReadCapacityUnits: \(pair.read). Current WriteCapacityUnits "
            + "provisioned for the index: \(pair.write). Requested WriteCapacityUnits: "
            + "\(pair.write). Refer to the Amazon DynamoDB Developer Guide for current limits and "
            + "how to request higher limits.")
      }
      definition.indexes[place].provisioned = pair
    }
    if update["OnDemandThroughput"] != nil {
      definition.indexes[place].maximum = TableRequest.maximum(update["OnDemandThroughput"])
    }
    if let warm = TableRequest.warm(update["WarmThroughput"]) {
      try checkWarm(warm)
      definition.indexes[place].warm = warm
    }
  }

  private func startIndexes(_ changes: [IndexChange], _ table: Table) throws(ServiceError) {
    let readyAt = now + scaled(max(options.indexDelay, options.tableDelay))
    for change in changes {
      switch change {
      case .delete(let name):
        guard let place = table.index(named: name) else { continue }
        table.indexes[place].clock = StatusClock(.deleting, until: readyAt)
      case .create(let index, let attributes):
        table.definition.attributes = attributes
        table.definition.indexes.append(index)
        table.definition.nextIndexNumber += 1
        var running = start(index, of: table.definition, at: now)
        running.clock = StatusClock(.creating, until: readyAt)
        let place = table.indexes.prefix { $0.definition.isGlobal }.count
        table.indexes.insert(running, at: place)
        try save(table)
        try backfill(place, of: table)
      }
    }
  }

  /// Writes the entries of a new index; items whose attributes do not fit are left out.
  private func backfill(_ place: Int, of table: Table) throws(ServiceError) {
    var lower = table.prefix
    let upper = KeyScan.successor(ofPrefix: table.prefix)
    while true {
      var batch = WriteBatch()
      var last: [UInt8]?
      let index = table.indexes[place]
      var counted = (items: 0, bytes: 0)
      try store.scan(KeyScan(from: lower, to: upper, limit: 1_000)) { key, value in
        last = key
        guard let item = ItemReader.decode(value)?.item, Self.fits(item, index),
          let entryPlace = PrimaryKey.entryPlace(item, index, in: table),
          let entry = index.schema.entry(for: item, tableKey: table.key)
        else { return true }
        batch.put(entryPlace.key, ItemWriter.encode(entry))
        counted.items += 1
        counted.bytes += entry.sizeInBytes
        table.indexes[place].admission?.addBytes(
          Int64(entry.sizeInBytes), position: entryPlace.position)
        return true
      }
      try store.commit(batch)
      table.indexes[place].itemCount += counted.items
      table.indexes[place].byteCount += counted.bytes
      guard let last else { return }
      lower = KeyScan.successor(of: last)
    }
  }

  private static func fits(_ item: Item, _ index: RunningIndex) -> Bool {
    index.definition.keys.allSatisfy {
      item[$0.name].map(\.scalarType) == $0.type && item[$0.name]?.isEmptyKey == false
    }
  }

  // MARK: Into force

  /// Puts a changed definition into force.
  func apply(_ pending: TableDefinition, to table: Table) throws(ServiceError) {
    var definition = pending
    // Indexes come and go on their own clocks.
    definition.attributes = table.definition.attributes
    definition.nextIndexNumber = table.definition.nextIndexNumber
    definition.global = table.definition.global
    definition.indexes = table.definition.indexes.map { index in
      pending.indexes.first { $0.number == index.number } ?? index
    }
    let old = table.definition
    table.definition = definition
    let isSwitch = (old.provisioned == nil) != (definition.provisioned == nil)
    change(&table.admission, mode(definition), definition.warm, isSwitch: isSwitch)
    for place in table.indexes.indices {
      let number = table.indexes[place].definition.number
      guard let index = definition.indexes.first(where: { $0.number == number }) else { continue }
      table.indexes[place].definition = index
      guard var admission = table.indexes[place].admission else { continue }
      change(&admission, mode(index, of: definition), index.warm, isSwitch: isSwitch)
      table.indexes[place].admission = admission
    }
    try save(table)
  }

  private func change(
    _ admission: inout ResourceAdmission, _ mode: CapacityMode, _ warm: ThroughputPair?,
    isSwitch: Bool
  ) {
    switch mode {
    case _ where isSwitch: admission.setMode(mode, at: now)
    case .provisioned(let read, let write):
      admission.setProvisioned(.read, units: read.units, at: now)
      admission.setProvisioned(.write, units: write.units, at: now)
    case .onDemand(let read, let write):
      admission.setOnDemandMaximum(.read, read, at: now)
      admission.setOnDemandMaximum(.write, write, at: now)
    }
    if let warm {
      _ = admission.raiseWarmThroughput(
        to: WarmThroughput(readUnitsPerSecond: warm.read, writeUnitsPerSecond: warm.write),
        at: now)
    }
  }
}
