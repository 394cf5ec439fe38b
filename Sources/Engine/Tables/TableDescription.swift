// TableDescription as the API writes it, and the operations that only read it.

import Capacity
import DataModel
import ServiceAPI
import Units

extension DatabaseState {
  func describeTable(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    describe(try described(request["TableName"]?.text ?? ""), under: "Table")
  }

  func listTables(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let limit = request["Limit"]?.integer ?? 100
    let start = request["ExclusiveStartTableName"]?.text
    var names: [String] = []
    for name in tables.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      if let start, !start.utf8.lexicographicallyPrecedes(name.utf8) { continue }
      if let table = tables[name] { try settle(table) }
      if tables[name] != nil { names.append(name) }
    }
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("TableNames")
    writer.beginArray()
    for name in names.prefix(limit) { writer.value(name) }
    writer.endArray()
    if names.count > limit { writer.member("LastEvaluatedTableName", names[limit - 1]) }
    writer.endObject()
    return writer.bytes
  }

  func deleteTable(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try described(request["TableName"]?.text ?? "")
    try checkDeletable(table)
    if table.clock.status == .active {
      // Without its key nothing of the table can be copied; it can be deleted all the same.
      if table.definition.recovery != nil, !isLocked(table) {
        try startBackup(of: table, named: table.name + "$DeletedTableBackup", .system)
      }
      releaseQuota(of: table.definition)
      table.clock = StatusClock(.deleting, until: now + scaled(options.tableDelay))
    }
    return describe(table, under: "TableDescription")
  }

  /// Refuses to delete a table that is changing or protected.
  func checkDeletable(_ table: Table) throws(ServiceError) {
    if table.clock.status == .creating || table.clock.status == .updating {
      throw .inUse(
        "Attempt to change a resource which is still in use: Table is being "
          + (table.clock.status == .creating ? "created" : "updated") + ": \(table.name)")
    }
    if table.definition.isProtected {
      throw .validation(
        "Resource cannot be deleted as it is currently protected against deletion. "
          + "Disable deletion protection first.")
    }
  }

  /// An object with one member, the table's description.
  func describe(_ table: Table, under name: String) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key(name)
    write(table, to: &writer)
    writer.endObject()
    return writer.bytes
  }

  private func write(_ table: Table, to writer: inout ReplyWriter) {
    let definition = table.definition
    writer.beginObject()
    writer.key("AttributeDefinitions")
    writer.beginArray()
    for attribute in definition.attributes {
      writer.beginObject()
      writer.member("AttributeName", attribute.name)
      writer.member("AttributeType", attribute.type.rawValue)
      writer.endObject()
    }
    writer.endArray()
    writer.member("TableName", definition.name)
    write(keys: [definition.key.partition], [definition.key.sort].compactMap(\.self), &writer)
    let isInaccessible = table.inaccessibleSince != nil && table.clock.status == .active
    writer.member(
      "TableStatus",
      isInaccessible ? "INACCESSIBLE_ENCRYPTION_CREDENTIALS" : table.clock.status.rawValue)
    writer.key("CreationDateTime")
    writer.value(epochMilliseconds: definition.createdAtMilliseconds)
    write(throughput: definition.provisioned, &writer)
    writer.member("TableSizeBytes", table.byteCount)
    writer.member("ItemCount", table.itemCount)
    writer.member("TableArn", arn(definition.name))
    writer.member("TableId", definition.identifier)
    writeBilling(definition, &writer)
    write(table.indexes.filter { !$0.definition.isGlobal }, "LocalSecondaryIndexes", table, &writer)
    write(table.indexes.filter(\.definition.isGlobal), "GlobalSecondaryIndexes", table, &writer)
    writeOptions(definition, inaccessibleSince: table.inaccessibleSince, &writer)
    writeGlobal(table, &writer)
    write(warm: definition.warm, definition.provisioned, table.clock.status, &writer)
    writer.endObject()
  }

  func write(
    keys partition: [KeyAttribute], _ sort: [KeyAttribute], _ writer: inout ReplyWriter
  ) {
    writer.key("KeySchema")
    writer.beginArray()
    for (attributes, type) in [(partition, "HASH"), (sort, "RANGE")] {
      for attribute in attributes {
        writer.beginObject()
        writer.member("AttributeName", attribute.name)
        writer.member("KeyType", type)
        writer.endObject()
      }
    }
    writer.endArray()
  }

  func write(throughput pair: ThroughputPair?, _ writer: inout ReplyWriter) {
    writer.key("ProvisionedThroughput")
    writer.beginObject()
    writer.member("NumberOfDecreasesToday", 0)
    writer.member("ReadCapacityUnits", pair?.read ?? 0)
    writer.member("WriteCapacityUnits", pair?.write ?? 0)
    writer.endObject()
  }

  private func writeBilling(_ definition: TableDefinition, _ writer: inout ReplyWriter) {
    if definition.showsBillingMode {
      writer.key("BillingModeSummary")
      writer.beginObject()
      writer.member(
        "BillingMode", definition.provisioned == nil ? "PAY_PER_REQUEST" : "PROVISIONED")
      if let switched = definition.switchedToOnDemandAtMilliseconds {
        writer.key("LastUpdateToPayPerRequestDateTime")
        writer.value(epochMilliseconds: switched)
      }
      writer.endObject()
    }
    write(maximum: definition.maximum, &writer)
  }

  func write(maximum: OnDemandMaximum, _ writer: inout ReplyWriter) {
    guard maximum.read != nil || maximum.write != nil else { return }
    writer.key("OnDemandThroughput")
    writer.beginObject()
    writer.member("MaxReadRequestUnits", maximum.read ?? -1)
    writer.member("MaxWriteRequestUnits", maximum.write ?? -1)
    writer.endObject()
  }

  private func write(
    warm: ThroughputPair?, _ provisioned: ThroughputPair?, _ status: ResourceStatus,
    _ writer: inout ReplyWriter
  ) {
    let least =
      provisioned
      ?? ThroughputPair(
        read: ServiceConstants.onDemandInitialReadUnits,
        write: ServiceConstants.onDemandInitialWriteUnits)
    writer.key("WarmThroughput")
    writer.beginObject()
    writer.member("ReadUnitsPerSecond", max(warm?.read ?? 0, least.read))
    writer.member("WriteUnitsPerSecond", max(warm?.write ?? 0, least.write))
    writer.member("Status", status == .active ? "ACTIVE" : "UPDATING")
    writer.endObject()
  }

  private func writeOptions(
    _ definition: TableDefinition, inaccessibleSince: Int64?, _ writer: inout ReplyWriter
  ) {
    if let type = definition.streamViewType {
      writer.key("StreamSpecification")
      writer.beginObject()
      writer.member("StreamEnabled", true)
      writer.member("StreamViewType", type)
      writer.endObject()
    }
    if let label = definition.streamLabel {
      writer.member("LatestStreamLabel", label)
      writer.member("LatestStreamArn", arn(definition.name) + "/stream/" + label)
    }
    if let key = definition.encryptionKey {
      writer.key("SSEDescription")
      writer.beginObject()
      writer.member("Status", "ENABLED")
      writer.member("SSEType", "KMS")
      writer.member("KMSMasterKeyArn", key)
      if let inaccessibleSince {
        writer.key("InaccessibleEncryptionDateTime")
        writer.value(epochMilliseconds: inaccessibleSince)
      }
      writer.endObject()
    }
    if let tableClass = definition.tableClass {
      writer.key("TableClassSummary")
      writer.beginObject()
      writer.member("TableClass", tableClass.rawValue)
      writer.endObject()
    }
    writer.member("DeletionProtectionEnabled", definition.isProtected)
    if let restore = definition.restore {
      writer.key("RestoreSummary")
      writer.beginObject()
      if let arn = restore.backupArn { writer.member("SourceBackupArn", arn) }
      writer.member("SourceTableArn", restore.tableArn)
      writer.key("RestoreDateTime")
      writer.value(epochMilliseconds: restore.dateMilliseconds)
      writer.member("RestoreInProgress", definition.isFilling)
      writer.endObject()
    }
  }

  func write(_ projection: Projection, _ writer: inout ReplyWriter) {
    writer.key("Projection")
    writer.beginObject()
    writer.member("ProjectionType", projection.apiName)
    if case .include(let names) = projection {
      writer.key("NonKeyAttributes")
      writer.beginArray()
      for name in names { writer.value(name) }
      writer.endArray()
    }
    writer.endObject()
  }

  private func write(
    _ indexes: [RunningIndex], _ name: String, _ table: Table, _ writer: inout ReplyWriter
  ) {
    if indexes.isEmpty { return }
    writer.key(name)
    writer.beginArray()
    for index in indexes { write(index, of: table, &writer) }
    writer.endArray()
  }

  private func write(_ index: RunningIndex, of table: Table, _ writer: inout ReplyWriter) {
    let definition = index.definition
    writer.beginObject()
    writer.member("IndexName", definition.name)
    write(keys: definition.partition, definition.sort, &writer)
    write(definition.projection, &writer)
    if definition.isGlobal {
      writer.member("IndexStatus", index.clock.status.rawValue)
      if index.clock.status == .creating, table.clock.status != .creating {
        writer.member("Backfilling", true)
      }
      write(throughput: definition.provisioned, &writer)
      write(maximum: definition.maximum, &writer)
      write(warm: definition.warm, definition.provisioned, index.clock.status, &writer)
    }
    writer.member("IndexSizeBytes", index.byteCount)
    writer.member("ItemCount", index.itemCount)
    writer.member("IndexArn", arn(table.name, index: definition.name))
    writer.endObject()
  }
}
