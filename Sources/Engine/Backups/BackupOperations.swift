// CreateBackup, DescribeBackup, ListBackups, DeleteBackup.
//
// A backup takes no capacity. The cut is the moment of the request: the view from which the items
// are copied, made under the lock like the record's counts.

import Capacity
import DataModel
import ServiceAPI
import Storage
import Units

extension DatabaseState {
  func createBackup(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try backedUp(request["TableName"])
    guard table.clock.status != .creating, table.clock.status != .deleting else {
      throw ServiceError(
        "TableInUseException",
        message: "Table is being \(table.clock.status.rawValue.lowercased()): \(table.name)")
    }
    let backup = try startBackup(of: table, named: request["BackupName"]?.text ?? "", .user)
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("BackupDetails")
    write(backup, to: &writer)
    writer.endObject()
    return writer.bytes
  }

  /// Begins a backup; the copy is left as long work.
  @discardableResult
  func startBackup(
    of table: Table, named name: String, _ kind: Backup.Kind
  ) throws(ServiceError) -> Backup {
    let number = nextBackupNumber
    nextBackupNumber += 1
    var backup = Backup(
      number: number, name: name, kind: kind,
      arn: arn(table.name) + "/backup/" + newLabel(of: table.definition.identifier),
      table: table.definition, createdAtMilliseconds: wallMilliseconds,
      itemCount: table.itemCount, byteCount: table.byteCount)
    backup.readyAt = now + scaled(options.tableDelay)
    try keep(backup.prefix, under: table.definition.encryptionKey)
    try save(backup)
    leave(try copy(of: table, into: backup))
    return backup
  }

  /// What tells backups, exports and imports apart: the time and eight digits.
  func newLabel(of identifier: String) -> String {
    let digits = String(wallMilliseconds)
    let seed = "\(identifier) \(backups.count) \(nextBackupNumber) \(transfers.count)"
    let hash = String(KeyEncoding.hash(seed.utf8), radix: 16)
    return String(repeating: "0", count: max(0, 14 - digits.utf8.count)) + digits + "-"
      + String(hash.suffix(8))
  }

  private func copy(of table: Table, into backup: Backup) throws(ServiceError) -> LongWork {
    let store = store
    let view = try store.view()
    let source = table.prefix
    return LongWork {
      () throws(ServiceError) in
      var batch = WriteBatch()
      var failure: ServiceError?
      try view.scan(KeyScan(prefix: source)) { key, value in
        batch.put(backup.prefix + key.dropFirst(source.count), value)
        guard batch.changes.count >= 1_000 else { return true }
        do throws(ServiceError) { try store.commit(batch) } catch { failure = error }
        batch.removeAll()
        return failure == nil
      }
      if let failure { throw failure }
      try store.commit(batch)
      return { (state) throws(ServiceError) in
        // Deleted meanwhile: nothing of it may stay.
        guard var whole = state.backups[backup.arn] else { return try state.remove(backup) }
        whole.isWhole = true
        try state.save(whole)
      }
    } fail: { (state, _) throws(ServiceError) in
      try state.remove(backup)
    }
  }

  /// The table of an operation on backups.
  func backedUp(_ name: WireValue?) throws(ServiceError) -> Table {
    let name = TableName.name(of: name?.text ?? "")
    do throws(ServiceError) { return try described(name) } catch {
      throw ServiceError("TableNotFoundException", message: "Table not found: \(name)")
    }
  }

  func backup(_ arn: WireValue?) throws(ServiceError) -> Backup {
    let arn = arn?.text ?? ""
    guard let backup = backups[arn] else {
      throw ServiceError("BackupNotFoundException", message: "Backup not found: \(arn)")
    }
    return backup
  }

  func describeBackup(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let backup = try backup(request["BackupArn"])
    return describe(backup, status: backup.status(at: now))
  }

  func deleteBackup(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let backup = try backup(request["BackupArn"])
    guard backup.status(at: now) == "AVAILABLE", !restoring.values.contains(backup.arn) else {
      throw ServiceError("BackupInUseException", message: "Backup is in use: \(backup.arn)")
    }
    if backup.kind == .system {
      throw .validation("Backups of type SYSTEM are deleted by the service: \(backup.arn)")
    }
    try remove(backup)
    return describe(backup, status: "DELETED")
  }

  func listBackups(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let name = (request["TableName"]?.text).map(TableName.name)
    let kind = request["BackupType"]?.text ?? "USER"
    let lower = request["TimeRangeLowerBound"]?.milliseconds ?? .min
    let upper = request["TimeRangeUpperBound"]?.milliseconds ?? .max
    let found = backups.values.filter {
      (name == nil || $0.table.name == name) && (kind == "ALL" || kind == $0.kind.rawValue)
        && $0.createdAtMilliseconds >= lower && $0.createdAtMilliseconds < upper
    }.sorted {
      ($0.createdAtMilliseconds, $0.number) < ($1.createdAtMilliseconds, $1.number)
    }
    var rest = found[...]
    if let start = request["ExclusiveStartBackupArn"]?.text {
      guard let place = found.firstIndex(where: { $0.arn == start }) else {
        throw .validation("Invalid ExclusiveStartBackupArn: \(start)")
      }
      rest = found[(place + 1)...]
    }
    let page = rest.prefix(request["Limit"]?.integer ?? 100)
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("BackupSummaries")
    writer.beginArray()
    for backup in page { write(backup, asSummary: true, to: &writer) }
    writer.endArray()
    if page.count < rest.count, let last = page.last {
      writer.member("LastEvaluatedBackupArn", last.arn)
    }
    writer.endObject()
    return writer.bytes
  }

  // MARK: Descriptions

  private func write(
    _ backup: Backup, asSummary: Bool = false, status: String? = nil,
    to writer: inout ReplyWriter
  ) {
    writer.beginObject()
    if asSummary {
      writer.member("TableName", backup.table.name)
      writer.member("TableId", backup.table.identifier)
      writer.member("TableArn", arn(backup.table.name))
    }
    writer.member("BackupArn", backup.arn)
    writer.member("BackupName", backup.name)
    writer.member("BackupSizeBytes", backup.byteCount)
    writer.member("BackupStatus", status ?? backup.status(at: now))
    writer.member("BackupType", backup.kind.rawValue)
    writer.key("BackupCreationDateTime")
    writer.value(epochMilliseconds: backup.createdAtMilliseconds)
    if backup.kind == .system {
      writer.key("BackupExpiryDateTime")
      writer.value(
        epochMilliseconds: backup.createdAtMilliseconds + RecoverySpan.longestMilliseconds)
    }
    writer.endObject()
  }

  private func describe(_ backup: Backup, status: String) -> [UInt8] {
    let table = backup.table
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("BackupDescription")
    writer.beginObject()
    writer.key("BackupDetails")
    write(backup, status: status, to: &writer)
    writer.key("SourceTableDetails")
    writer.beginObject()
    writer.member("TableName", table.name)
    writer.member("TableId", table.identifier)
    writer.member("TableArn", arn(table.name))
    writer.member("TableSizeBytes", backup.byteCount)
    writer.member("ItemCount", backup.itemCount)
    write(keys: [table.key.partition], [table.key.sort].compactMap(\.self), &writer)
    writer.key("TableCreationDateTime")
    writer.value(epochMilliseconds: table.createdAtMilliseconds)
    write(throughput: table.provisioned, &writer)
    writer.member("BillingMode", table.provisioned == nil ? "PAY_PER_REQUEST" : "PROVISIONED")
    write(maximum: table.maximum, &writer)
    writer.endObject()
    writer.key("SourceTableFeatureDetails")
    writer.beginObject()
    write(table.localIndexes, under: "LocalSecondaryIndexes", &writer)
    write(table.globalIndexes, under: "GlobalSecondaryIndexes", &writer)
    writer.endObject()
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  private func write(
    _ indexes: [SecondaryIndex], under name: String, _ writer: inout ReplyWriter
  ) {
    if indexes.isEmpty { return }
    writer.key(name)
    writer.beginArray()
    for index in indexes {
      writer.beginObject()
      writer.member("IndexName", index.name)
      write(keys: index.partition, index.sort, &writer)
      write(index.projection, &writer)
      if index.isGlobal { write(throughput: index.provisioned, &writer) }
      writer.endObject()
    }
    writer.endArray()
  }
}

extension WireValue {
  /// A time of a request, which is in seconds since 1970, in milliseconds.
  var milliseconds: Int64? {
    guard case .number(let text) = self, let seconds = Double(text), abs(seconds) < 1e12 else {
      return nil
    }
    return Int64((seconds * 1_000).rounded())
  }
}
