// A backup: a table's description and items as of one moment, kept apart from the table.
//
// The items lie in a space of their own under the key that they had in the table, so a restore
// copies bytes. The record says whether the copy is whole; one that is not at start is removed.
// Names, states and forms of ARNs: API reference, BackupDetails.

import DataModel
import ServiceAPI
import Storage
import Units

/// A backup as its record has it.
struct Backup: Sendable {
  enum Kind: String, Sendable {
    case user = "USER"
    /// Made by the deletion of a table with point-in-time recovery; kept for 35 days.
    case system = "SYSTEM"
  }

  var number: UInt32
  var name: String
  var kind: Kind
  var arn: String
  var table: TableDefinition
  var createdAtMilliseconds: Int64
  var itemCount: Int
  var byteCount: Int
  var isWhole = false
  /// When CREATING ends, if the copy is whole by then.
  var readyAt = Instant.start

  /// What every key of the backup's items begins with.
  var prefix: [UInt8] {
    var key = KeyEncoding.prefix(table: number, index: 0)
    key[0] = KeyEncoding.backupItemSpace
    return key
  }

  var recordKey: [UInt8] {
    var key = prefix
    key[0] = KeyEncoding.backupSpace
    return key
  }

  func status(at now: Instant) -> String { isWhole && now >= readyAt ? "AVAILABLE" : "CREATING" }

  // MARK: Record

  var record: [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("Number", Int(number))
    writer.member("BackupName", name)
    writer.member("BackupType", kind.rawValue)
    writer.member("BackupArn", arn)
    writer.member("Created", Int(createdAtMilliseconds))
    writer.member("Items", itemCount)
    writer.member("Bytes", byteCount)
    writer.member("IsWhole", isWhole)
    writer.member("Table", String(decoding: TableRecord.encode(table), as: UTF8.self))
    writer.endObject()
    return writer.bytes
  }

  init(
    number: UInt32, name: String, kind: Kind, arn: String, table: TableDefinition,
    createdAtMilliseconds: Int64, itemCount: Int, byteCount: Int
  ) {
    self.number = number
    self.name = name
    self.kind = kind
    self.arn = arn
    self.table = table
    self.createdAtMilliseconds = createdAtMilliseconds
    self.itemCount = itemCount
    self.byteCount = byteCount
  }

  init?(record: [UInt8]) {
    guard let value = WireValue(body: record), let number = value["Number"]?.integer,
      let name = value["BackupName"]?.text, let arn = value["BackupArn"]?.text,
      let kind = (value["BackupType"]?.text).flatMap(Kind.init(rawValue:)),
      let created = value["Created"]?.integer, let items = value["Items"]?.integer,
      let bytes = value["Bytes"]?.integer,
      let table = (value["Table"]?.text).flatMap({ TableRecord.decode(Array($0.utf8)) })
    else { return nil }
    self.init(
      number: UInt32(number), name: name, kind: kind, arn: arn, table: table,
      createdAtMilliseconds: Int64(created), itemCount: items, byteCount: bytes)
    isWhole = value["IsWhole"]?.flag ?? false
  }
}

extension DatabaseState {
  func save(_ backup: Backup) throws(ServiceError) {
    backups[backup.arn] = backup
    var batch = WriteBatch()
    batch.put(backup.recordKey, backup.record)
    try store.commit(batch)
  }

  /// Removes a backup with all it holds.
  func remove(_ backup: Backup) throws(ServiceError) {
    backups[backup.arn] = nil
    try store.clear(backup.prefix)
    var batch = WriteBatch()
    batch.delete(backup.recordKey)
    try store.commit(batch)
  }

  /// Finds the backups that the store holds; those that were never finished are removed.
  func loadBackups() throws(ServiceError) {
    var found: [Backup] = []
    var isDamaged = false
    try store.scan(KeyScan(prefix: [KeyEncoding.backupSpace])) { _, value in
      if let backup = Backup(record: value) { found.append(backup) } else { isDamaged = true }
      return !isDamaged
    }
    if isDamaged { throw .internalFailure("A stored backup's record is damaged") }
    for backup in found {
      nextBackupNumber = max(nextBackupNumber, backup.number + 1)
      if backup.isWhole { backups[backup.arn] = backup } else { try remove(backup) }
    }
  }
}
