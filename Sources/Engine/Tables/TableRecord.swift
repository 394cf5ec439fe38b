// Definitions of tables as they lie in storage: JSON, so that a person can read them.
//
// One record per table under the table space, written whenever the definition changes. Counts and
// sizes are counted again at start; what admission keeps is CapacityRecord's.

import Capacity
import DataModel
import ServiceAPI
import Storage

extension DatabaseState {
  private func recordKey(_ number: UInt32) -> [UInt8] {
    var key = KeyEncoding.prefix(table: number, index: 0)
    key[0] = KeyEncoding.tableSpace
    return key
  }

  /// Keeps a table's definition across restarts, and stores `more` with it.
  func save(_ table: Table, with more: WriteBatch = WriteBatch()) throws(ServiceError) {
    var batch = more
    batch.put(recordKey(table.definition.number), TableRecord.encode(table.definition))
    try store.commit(batch)
  }

  /// Removes a table's record, and stores `more` with that.
  func forget(_ table: Table, with more: WriteBatch) throws(ServiceError) {
    var batch = more
    batch.delete(recordKey(table.definition.number))
    batch.delete(capacityKey(table.definition.number))
    try store.commit(batch)
  }

  /// Finds the tables that the store holds.
  func load() throws(ServiceError) {
    var definitions: [TableDefinition] = []
    var isDamaged = false
    try store.scan(KeyScan(prefix: [KeyEncoding.tableSpace])) { _, value in
      if let definition = TableRecord.decode(value) {
        definitions.append(definition)
      } else {
        isDamaged = true
      }
      return !isDamaged
    }
    if isDamaged { throw .internalFailure("A stored table definition is damaged") }
    for definition in definitions {
      if definition.isFilling {
        try remove(start(definition, at: now))
        continue
      }
      try? reserveQuota(for: definition)
      let table = start(definition, at: now)
      try recallCapacity(of: table)
      table.startInsights()
      if store.store.isLocked(table.prefix) {
        table.isCounted = false
        table.inaccessibleSince = wallMilliseconds
      } else {
        try count(table)
      }
      tables[definition.name] = table
      nextTableNumber = max(nextTableNumber, definition.number + 1)
    }
    try loadBackups()
    try loadTransfers()
    try loadTokens()
    try loadStreams()
    try loadReplication()
  }

  /// Counts a table's items and entries from storage.
  func count(_ table: Table) throws(ServiceError) {
    table.isCounted = true
    try store.scan(KeyScan(prefix: table.prefix)) { key, value in
      let bytes = ItemReader.size(value)
      table.itemCount += 1
      table.byteCount += bytes
      table.admission.addBytes(Int64(bytes), position: KeyEncoding.position(ofKey: key))
      return true
    }
    for index in table.indexes.indices {
      try store.scan(KeyScan(prefix: table.indexes[index].prefix)) { key, value in
        let bytes = ItemReader.size(value)
        table.indexes[index].itemCount += 1
        table.indexes[index].byteCount += bytes
        table.indexes[index].admission?.addBytes(
          Int64(bytes), position: KeyEncoding.position(ofKey: key))
        return true
      }
    }
  }
}

/// The record's form.
enum TableRecord {
  static func encode(_ table: TableDefinition) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("Number", Int(table.number))
    writer.member("TableName", table.name)
    writer.member("TableId", table.identifier)
    list("AttributeDefinitions", table.attributes, &writer)
    list("Partition", [table.key.partition], &writer)
    list("Sort", [table.key.sort].compactMap(\.self), &writer)
    writer.key("Indexes")
    writer.beginArray()
    for index in table.indexes { write(index, &writer) }
    writer.endArray()
    write(table.provisioned, table.maximum, table.warm, &writer)
    writer.member("ShowsBillingMode", table.showsBillingMode)
    writer.member("Created", Int(table.createdAtMilliseconds))
    member("SwitchedToOnDemand", table.switchedToOnDemandAtMilliseconds.map(Int.init), &writer)
    member("TableClass", table.tableClass?.rawValue, &writer)
    writer.member("IsProtected", table.isProtected)
    member("StreamViewType", table.streamViewType, &writer)
    member("StreamLabel", table.streamLabel, &writer)
    member("TimeToLiveAttribute", table.timeToLiveAttribute, &writer)
    member("TimeToLiveChanged", table.timeToLiveChangedAtMilliseconds.map(Int.init), &writer)
    member("EncryptionKey", table.encryptionKey, &writer)
    write(table.recovery, table.restore, &writer)
    if table.isFilling { writer.member("IsFilling", true) }
    if let global = table.global {
      writer.key("Global")
      global.write(to: &writer)
    }
    write(table.insights, &writer)
    writer.key("KinesisDestinations")
    writer.beginArray()
    for destination in table.kinesisDestinations {
      writer.beginObject()
      writer.member("StreamArn", destination.arn)
      writer.member("Precision", destination.precision)
      writer.member("IsActive", destination.isActive)
      writer.endObject()
    }
    writer.endArray()
    writer.member("NextIndexNumber", Int(table.nextIndexNumber))
    write(table.policies, &writer)
    writer.key("Tags")
    writer.beginArray()
    for tag in table.tags {
      writer.beginObject()
      writer.member("Key", tag.key)
      writer.member("Value", tag.value)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  private static func member(_ name: String, _ text: String?, _ writer: inout ReplyWriter) {
    if let text { writer.member(name, text) }
  }

  private static func member(_ name: String, _ number: Int?, _ writer: inout ReplyWriter) {
    if let number { writer.member(name, number) }
  }

  private static func list(
    _ name: String, _ attributes: [KeyAttribute], _ writer: inout ReplyWriter
  ) {
    writer.key(name)
    writer.beginArray()
    for attribute in attributes {
      writer.beginObject()
      writer.member("AttributeName", attribute.name)
      writer.member("AttributeType", attribute.type.rawValue)
      writer.endObject()
    }
    writer.endArray()
  }

  private static func write(_ policies: [ResourcePolicy], _ writer: inout ReplyWriter) {
    writer.key("Policies")
    writer.beginArray()
    for policy in policies {
      writer.beginObject()
      writer.member("ResourceArn", policy.resource)
      writer.member("Policy", policy.text)
      writer.member("RevisionId", policy.revision)
      writer.endObject()
    }
    writer.endArray()
  }

  private static func policies(_ value: WireValue?) -> [ResourcePolicy] {
    (value?.elements ?? []).compactMap { element in
      guard let resource = element["ResourceArn"]?.text, let text = element["Policy"]?.text,
        let revision = element["RevisionId"]?.text
      else { return nil }
      return ResourcePolicy(resource: resource, text: text, revision: revision)
    }
  }

  private static func write(
    _ provisioned: ThroughputPair?, _ maximum: OnDemandMaximum, _ warm: ThroughputPair?,
    _ writer: inout ReplyWriter
  ) {
    member("ReadUnits", provisioned?.read, &writer)
    member("WriteUnits", provisioned?.write, &writer)
    member("MaxReadUnits", maximum.read, &writer)
    member("MaxWriteUnits", maximum.write, &writer)
    member("WarmReadUnits", warm?.read, &writer)
    member("WarmWriteUnits", warm?.write, &writer)
  }

  private static func write(_ index: SecondaryIndex, _ writer: inout ReplyWriter) {
    writer.beginObject()
    writer.member("Number", Int(index.number))
    writer.member("IndexName", index.name)
    writer.member("IsGlobal", index.isGlobal)
    list("Partition", index.partition, &writer)
    list("Sort", index.sort, &writer)
    writer.member("ProjectionType", index.projection.apiName)
    if case .include(let names) = index.projection {
      writer.key("NonKeyAttributes")
      writer.beginArray()
      for name in names { writer.value(name) }
      writer.endArray()
    }
    write(index.provisioned, index.maximum, index.warm, &writer)
    writer.endObject()
  }

  private static func write(
    _ recovery: RecoverySetting?, _ restore: RestoreSummary?, _ writer: inout ReplyWriter
  ) {
    member("RecoveryEnabled", (recovery?.enabledAtMilliseconds).map(Int.init), &writer)
    member("RecoveryDays", recovery?.days, &writer)
    member("RestoreBackup", restore?.backupArn, &writer)
    member("RestoreTable", restore?.tableArn, &writer)
    member("RestoreDate", (restore?.dateMilliseconds).map(Int.init), &writer)
  }

  private static func readBackups(_ value: WireValue, into table: inout TableDefinition) {
    if let enabled = value["RecoveryEnabled"]?.integer, let days = value["RecoveryDays"]?.integer {
      table.recovery = RecoverySetting(enabledAtMilliseconds: Int64(enabled), days: days)
    }
    if let arn = value["RestoreTable"]?.text, let date = value["RestoreDate"]?.integer {
      table.restore = RestoreSummary(
        backupArn: value["RestoreBackup"]?.text, tableArn: arn, dateMilliseconds: Int64(date))
    }
    table.isFilling = value["IsFilling"]?.flag ?? false
  }

  static func decode(_ bytes: [UInt8]) -> TableDefinition? {
    guard let value = WireValue(body: bytes), let number = value["Number"]?.integer,
      let name = value["TableName"]?.text, let identifier = value["TableId"]?.text,
      let created = value["Created"]?.integer,
      let partition = TableRequest.attributes(value["Partition"]).first
    else { return nil }
    var table = TableDefinition(
      number: UInt32(number), name: name, identifier: identifier,
      attributes: TableRequest.attributes(value["AttributeDefinitions"]),
      key: KeySchema(
        partition: partition, sort: TableRequest.attributes(value["Sort"]).first),
      indexes: (value["Indexes"]?.elements ?? []).compactMap(index),
      createdAtMilliseconds: Int64(created))
    table.provisioned = pair(value, "ReadUnits", "WriteUnits")
    table.maximum = OnDemandMaximum(
      read: value["MaxReadUnits"]?.integer, write: value["MaxWriteUnits"]?.integer)
    table.warm = pair(value, "WarmReadUnits", "WarmWriteUnits")
    table.showsBillingMode = value["ShowsBillingMode"]?.flag ?? false
    table.switchedToOnDemandAtMilliseconds = value["SwitchedToOnDemand"]?.integer.map(Int64.init)
    table.tableClass = (value["TableClass"]?.text).flatMap(TableClass.init(rawValue:))
    table.isProtected = value["IsProtected"]?.flag ?? false
    table.streamViewType = value["StreamViewType"]?.text
    table.streamLabel = value["StreamLabel"]?.text
    table.timeToLiveAttribute = value["TimeToLiveAttribute"]?.text
    table.timeToLiveChangedAtMilliseconds = value["TimeToLiveChanged"]?.integer.map(Int64.init)
    table.global = GlobalMembership(value["Global"])
    table.kinesisDestinations = (value["KinesisDestinations"]?.elements ?? []).map {
      KinesisDestination(
        arn: $0["StreamArn"]?.text ?? "", precision: $0["Precision"]?.text ?? "",
        isActive: $0["IsActive"]?.flag ?? false)
    }
    for entry in value["Insights"]?.elements ?? [] {
      table.insights[entry["IndexName"]?.text ?? ""] = InsightsSetting(
        isEnabled: entry["IsEnabled"]?.flag ?? false, mode: entry["Mode"]?.text ?? "",
        changedAtMilliseconds: Int64(entry["Changed"]?.integer ?? 0))
    }
    table.encryptionKey = value["EncryptionKey"]?.text
    readBackups(value, into: &table)
    table.policies = policies(value["Policies"])
    table.nextIndexNumber = UInt16(value["NextIndexNumber"]?.integer ?? 1)
    table.tags = TableRequest.tags(value["Tags"])
    return table
  }

  private static func write(
    _ insights: [String: InsightsSetting], _ writer: inout ReplyWriter
  ) {
    if insights.isEmpty { return }
    writer.key("Insights")
    writer.beginArray()
    for (index, setting) in insights.sorted(by: { $0.key < $1.key }) {
      writer.beginObject()
      writer.member("IndexName", index)
      writer.member("IsEnabled", setting.isEnabled)
      writer.member("Mode", setting.mode)
      writer.member("Changed", Int(setting.changedAtMilliseconds))
      writer.endObject()
    }
    writer.endArray()
  }

  private static func pair(_ value: WireValue, _ read: String, _ write: String) -> ThroughputPair? {
    guard let read = value[read]?.integer, let write = value[write]?.integer else { return nil }
    return ThroughputPair(read: read, write: write)
  }

  private static func index(_ value: WireValue) -> SecondaryIndex? {
    guard let number = value["Number"]?.integer, let name = value["IndexName"]?.text else {
      return nil
    }
    let names = (value["NonKeyAttributes"]?.elements ?? []).compactMap(\.text)
    let projection: Projection =
      switch value["ProjectionType"]?.text {
      case "ALL": .all
      case "KEYS_ONLY": .keysOnly
      default: .include(names)
      }
    var index = SecondaryIndex(
      number: UInt16(number), name: name, isGlobal: value["IsGlobal"]?.flag ?? false,
      partition: TableRequest.attributes(value["Partition"]),
      sort: TableRequest.attributes(value["Sort"]), projection: projection)
    index.provisioned = pair(value, "ReadUnits", "WriteUnits")
    index.maximum = OnDemandMaximum(
      read: value["MaxReadUnits"]?.integer, write: value["MaxWriteUnits"]?.integer)
    index.warm = pair(value, "WarmReadUnits", "WarmWriteUnits")
    return index
  }
}
