// RestoreTableFromBackup and RestoreTableToPointInTime: always into a new table.
//
// Keys, indexes, capacity and encryption come from the source unless the request says otherwise;
// tags, streams, time to live, protection and recovery settings do not (features.md 3.6), nor do
// policies (inferred). Indexes can be left out, not added. The table is CREATING until everything
// has been copied.

import Capacity
import DataModel
import ServiceAPI
import Storage
import Units

/// Where a table was restored from.
struct RestoreSummary: Hashable, Sendable {
  var backupArn: String?
  var tableArn: String
  /// What moment the table shows.
  var dateMilliseconds: Int64
}

extension DatabaseState {
  func restoreTableFromBackup(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let backup = try backup(request["BackupArn"])
    guard backup.status(at: now) == "AVAILABLE" else {
      throw ServiceError("BackupInUseException", message: "Backup is in use: \(backup.arn)")
    }
    let summary = RestoreSummary(
      backupArn: backup.arn, tableArn: arn(backup.table.name),
      dateMilliseconds: backup.createdAtMilliseconds)
    let table = try startRestore(of: backup.table, request, summary)
    restoring[table.name] = backup.arn
    let store = store
    let view = try store.view()
    fill(table) { (filler) throws(ServiceError) in
      try Self.each(under: backup.prefix, of: view) { (suffix, stored) throws(ServiceError) in
        try filler.add(suffix: suffix, stored: stored)
      }
    }
    return describe(table, under: "TableDescription")
  }

  func restoreTableToPointInTime(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let source = try backedUp(request["SourceTableArn"] ?? request["SourceTableName"])
    let moment = try moment(request, in: source)
    let summary = RestoreSummary(
      backupArn: nil, tableArn: arn(source.name), dateMilliseconds: moment)
    let table = try startRestore(of: source.definition, request, summary)
    let view = try store.view()
    let cut = PastCut(table: source.definition.number, moment: moment, view: view)
    fill(table) { (filler) throws(ServiceError) in
      try cut.visit { (suffix, stored) throws(ServiceError) in
        try filler.add(suffix: suffix, stored: stored)
      }
    }
    return describe(table, under: "TableDescription")
  }

  /// The moment that a request asks for, within what can be restored.
  private func moment(_ request: WireValue, in table: Table) throws(ServiceError) -> Int64 {
    guard let span = recoverySpan(of: table) else {
      throw ServiceError(
        "PointInTimeRecoveryUnavailableException",
        message: "Point in time recovery is not enabled for table '\(table.name)'")
    }
    let asked = request["RestoreDateTime"]?.milliseconds
    let wantsLatest = request["UseLatestRestorableTime"]?.flag == true
    guard wantsLatest != (asked != nil) else {
      throw .validation(
        "Exactly one of RestoreDateTime and UseLatestRestorableTime must be specified")
    }
    guard let asked else { return span.latest }
    guard asked >= span.earliest, asked <= span.latest else {
      throw ServiceError(
        "InvalidRestoreTimeException",
        message: "Invalid restore time: \(CalendarTime(milliseconds: asked).text) is not between "
          + "\(CalendarTime(milliseconds: span.earliest).text) and "
          + "\(CalendarTime(milliseconds: span.latest).text)")
    }
    return asked
  }

  // MARK: The new table

  private func startRestore(
    of source: TableDefinition, _ request: WireValue, _ summary: RestoreSummary
  ) throws(ServiceError) -> Table {
    var definition = source
    definition.name = TableName.name(of: request["TargetTableName"]?.text ?? "")
    definition.tags = []
    definition.policies = []
    definition.kinesisDestinations = []
    definition.insights = [:]
    definition.streamViewType = nil
    definition.streamLabel = nil
    definition.timeToLiveAttribute = nil
    definition.isProtected = false
    definition.global = nil
    definition.recovery = nil
    definition.restore = summary
    try applyIndexes(request, to: &definition)
    try applyCapacity(request, to: &definition)
    if let encryption = request["SSESpecificationOverride"] {
      definition.encryptionKey = try encryptionKey(encryption)
    }
    return try startFilled(definition)
  }

  /// A new table, in state CREATING until it has been filled.
  func startFilled(_ new: TableDefinition) throws(ServiceError) -> Table {
    var definition = new
    if tables[definition.name] != nil, (try? described(definition.name)) != nil {
      throw ServiceError(
        "TableAlreadyExistsException", message: "Table already exists: \(definition.name)")
    }
    try reserveQuota(for: definition)
    definition.number = nextTableNumber
    nextTableNumber += 1
    definition.identifier = newIdentifier(of: definition.number)
    definition.createdAtMilliseconds = wallMilliseconds
    definition.isFilling = true
    let table = start(definition, at: now)
    table.clock = StatusClock(.creating, until: Instant(nanoseconds: .max))
    for index in table.indexes.indices { table.indexes[index].clock = table.clock }
    try keep(table, under: definition.encryptionKey)
    tables[definition.name] = table
    try save(table)
    return table
  }

  /// Leaves the filling of a new table as long work.
  func fill(
    _ table: Table, _ source: @escaping @Sendable (inout TableFiller) throws(ServiceError) -> Void
  ) {
    let store = store
    let definition = table.definition
    let readyAt = now + scaled(options.tableDelay)
    leave(
      LongWork {
        () throws(ServiceError) in
        var filler = TableFiller(definition, in: store)
        try source(&filler)
        try filler.flush()
        let contents = filler.contents
        return { (state) throws(ServiceError) in
          try state.open(definition, with: contents, at: readyAt)
        }
      } fail: { (state, _) throws(ServiceError) in
        try state.discard(definition)
      })
  }

  /// Lets a filled table be used.
  func open(
    _ definition: TableDefinition, with contents: TableContents, at readyAt: Instant
  ) throws(ServiceError) {
    restoring[definition.name] = nil
    guard let table = tables[definition.name], table.definition.number == definition.number else {
      return
    }
    table.definition.isFilling = false
    table.itemCount = contents.table.items
    table.byteCount = contents.table.bytes
    contents.table.tell(&table.admission)
    table.clock = StatusClock(.creating, until: max(now, readyAt))
    for index in table.indexes.indices {
      let count = contents.indexes[table.indexes[index].definition.number]
      table.indexes[index].itemCount = count?.items ?? 0
      table.indexes[index].byteCount = count?.bytes ?? 0
      if var admission = table.indexes[index].admission {
        count?.tell(&admission)
        table.indexes[index].admission = admission
      }
      table.indexes[index].clock = table.clock
    }
    try save(table)
  }

  /// Removes a table that was not filled to its end.
  func discard(_ definition: TableDefinition) throws(ServiceError) {
    restoring[definition.name] = nil
    guard let table = tables[definition.name], table.definition.number == definition.number else {
      return
    }
    releaseQuota(of: definition)
    try remove(table)
  }

  /// Visits the pairs under a prefix, without it.
  static func each(
    under prefix: [UInt8], of view: KeyspaceView,
    _ body: (_ suffix: [UInt8], _ value: [UInt8]) throws(ServiceError) -> Void
  ) throws(ServiceError) {
    var failure: ServiceError?
    try view.scan(KeyScan(prefix: prefix)) { key, value in
      do throws(ServiceError) { try body(Array(key.dropFirst(prefix.count)), value) } catch {
        failure = error
      }
      return failure == nil
    }
    if let failure { throw failure }
  }

  // MARK: Overrides

  private func applyIndexes(
    _ request: WireValue, to definition: inout TableDefinition
  ) throws(ServiceError) {
    for (name, isGlobal) in [
      ("GlobalSecondaryIndexOverride", true), ("LocalSecondaryIndexOverride", false),
    ] {
      guard let kept = request[name]?.elements else { continue }
      let names = kept.compactMap { $0["IndexName"]?.text }
      for name in names
      where !definition.indexes.contains(where: { $0.name == name && $0.isGlobal == isGlobal }) {
        throw .validation(
          "Index overrides can only leave out indexes of the source table; it has no "
            + "\(isGlobal ? "global" : "local") index \(name)")
      }
      definition.indexes.removeAll { $0.isGlobal == isGlobal && !names.contains($0.name) }
    }
    var used = Set(definition.key.attributeNames)
    for index in definition.indexes { used.formUnion(index.keys.map(\.name)) }
    definition.attributes.removeAll { !used.contains($0.name) }
  }

  private func applyCapacity(
    _ request: WireValue, to definition: inout TableDefinition
  ) throws(ServiceError) {
    let given = TableRequest.pair(request["ProvisionedThroughputOverride"])
    if let maximum = request["OnDemandThroughputOverride"] {
      definition.maximum = TableRequest.maximum(maximum)
    }
    switch request["BillingModeOverride"]?.text {
    case "PAY_PER_REQUEST":
      if given != nil {
        throw .invalidParameter(
          "ProvisionedThroughputOverride cannot be given when BillingModeOverride is "
            + "PAY_PER_REQUEST")
      }
      definition.provisioned = nil
      for index in definition.indexes.indices { definition.indexes[index].provisioned = nil }
      definition.showsBillingMode = true
      definition.switchedToOnDemandAtMilliseconds = wallMilliseconds
    case "PROVISIONED":
      guard let pair = given ?? definition.provisioned else {
        throw .invalidParameter(
          "ProvisionedThroughputOverride must be specified when BillingModeOverride is PROVISIONED")
      }
      definition.provisioned = pair
    default: if let given { definition.provisioned = given }
    }
    guard let pair = definition.provisioned else { return }
    try checkBounds(pair)
    for index in definition.indexes.indices where definition.indexes[index].isGlobal {
      let name = definition.indexes[index].name
      let override = request["GlobalSecondaryIndexOverride"]?.elements?.first {
        $0["IndexName"]?.text == name
      }
      definition.indexes[index].provisioned =
        TableRequest.pair(override?["ProvisionedThroughput"])
        ?? definition.indexes[index].provisioned ?? pair
    }
  }
}
