// Tables under keys of customers, and damage to what is stored, as clients meet them.
//
// Why: a store may do all right and a table still be served with its key gone, or a stream be left
// under the old key. Names and states: API reference, SSESpecification and TableDescription.

import ServiceAPI
import Storage
import Testing
import Units

@testable import Engine

@Suite struct TableEncryptionTests {
  private static func ring(_ digits: String) throws -> MasterKeys {
    try MasterKeys(String(repeating: digits, count: 32))
  }

  private static func open(
    _ base: Store, _ names: [String], _ change: (inout DatabaseOptions) -> Void = { _ in }
  ) throws -> (database: TestDatabase, store: EncryptedStore) {
    let digits = ["blue": "a7", "green": "c9"]
    var customers: [String: MasterKeys] = [:]
    for name in names { customers[name] = try ring(try #require(digits[name])) }
    let store = try EncryptedStore(base, try ring("0f"), customers: customers)
    return (try TestDatabase(change, store: .encrypted(store)), store)
  }

  private static let name = #"{"TableName":"Keyed"}"#
  private static let get = #"{"TableName":"Keyed","Key":{"pk":{"S":"a"}}}"#
  private static let item = #"{"Item":{"n":{"N":"1"},"pk":{"S":"a"}}}"#
  private static let blue = "arn:aws:kms:us-east-1:123456789012:key/blue"
  private static let refused =
    "AccessDeniedException: KMS key access denied error: the key that the table is encrypted "
    + "under is missing"

  private static func specification(_ key: String) -> String {
    #","SSESpecification":{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"\#(key)"}"#
  }

  /// A table under the key blue, with a stream, point-in-time recovery, a backup and an item.
  private static func fill(_ database: TestDatabase) {
    database.createTable(
      "Keyed",
      more: specification("blue") + #","StreamSpecification":{"StreamEnabled":true,"#
        + #""StreamViewType":"NEW_IMAGE"}"#)
    _ = database.call(
      "UpdateContinuousBackups",
      #"{"TableName":"Keyed","PointInTimeRecoverySpecification":"#
        + #"{"PointInTimeRecoveryEnabled":true}}"#)
    for number in ["0", "1"] {
      _ = database.call(
        "PutItem", #"{"TableName":"Keyed","Item":{"pk":{"S":"a"},"n":{"N":"\#(number)"}}}"#)
      database.now += .seconds(10)
    }
    _ = database.call("CreateBackup", #"{"TableName":"Keyed","BackupName":"before"}"#)
  }

  private static func status(_ database: TestDatabase) -> String? {
    database.value("DescribeTable", name, "Table", "TableStatus")?.text
  }

  private static func records(_ database: TestDatabase) -> String {
    let stream =
      database.value("DescribeTable", name, "Table", "LatestStreamArn")?.text ?? ""
    let shards =
      database.value(
        "DescribeStream", #"{"StreamArn":"\#(stream)"}"#, "StreamDescription", "Shards")?.elements
      ?? []
    var found = ""
    for shard in shards {
      let iterator =
        database.value(
          "GetShardIterator",
          #"{"StreamArn":"\#(stream)","ShardId":"\#(shard["ShardId"]?.text ?? "")","#
            + #""ShardIteratorType":"TRIM_HORIZON"}"#, "ShardIterator")?.text ?? ""
      found += database.call("GetRecords", #"{"ShardIterator":"\#(iterator)"}"#)
    }
    return found
  }

  private static func restore(_ database: TestDatabase) -> String {
    let backups = database.value("ListBackups", "{}", "BackupSummaries")?.elements ?? []
    let arn = backups.first?["BackupArn"]?.text ?? ""
    return database.call(
      "RestoreTableFromBackup", #"{"TargetTableName":"Again","BackupArn":"\#(arn)"}"#)
  }

  @Test func aTableWithoutItsKeyIsInaccessibleUntilItIsBack() throws {
    let (database, store) = try Self.open(.memory(MemoryStore()), ["blue"])
    Self.fill(database)
    database.createTable("Other")
    #expect(Self.status(database) == "ACTIVE")
    #expect(
      database.value("DescribeTable", Self.name, "Table", "SSEDescription", "KMSMasterKeyArn")?.text
        == Self.blue)
    try store.replaceCustomers([:])
    database.now += .seconds(2)
    #expect(database.call("GetItem", Self.get) == Self.refused)
    #expect(
      database.call("PutItem", #"{"TableName":"Keyed","Item":{"pk":{"S":"b"}}}"#) == Self.refused)
    #expect(Self.records(database).contains("AccessDeniedException"))
    #expect(Self.restore(database) == Self.refused)
    #expect(Self.status(database) == "INACCESSIBLE_ENCRYPTION_CREDENTIALS")
    let since = database.value(
      "DescribeTable", Self.name, "Table", "SSEDescription", "InaccessibleEncryptionDateTime")
    #expect(since != nil)
    // Its neighbour goes on, also through the work of every minute.
    database.now += .seconds(180)
    #expect(database.call("PutItem", #"{"TableName":"Other","Item":{"pk":{"S":"a"}}}"#) == "{}")
    try store.replaceCustomers(["blue": try Self.ring("a7")])
    #expect(database.call("GetItem", Self.get) == Self.item)
    #expect(Self.status(database) == "ACTIVE")
    #expect(
      database.value(
        "DescribeTable", Self.name, "Table", "SSEDescription", "InaccessibleEncryptionDateTime")
        == nil)
    #expect(Self.records(database).contains(#""NewImage":{"n":{"N":"1"},"pk":{"S":"a"}}"#))
  }

  @Test func aStartWithoutTheKeyServesTheOtherTables() throws {
    let base = Store.memory(MemoryStore())
    let (first, _) = try Self.open(base, ["blue"])
    Self.fill(first)
    first.createTable("Other")
    let (second, store) = try Self.open(base, [])
    #expect(Self.status(second) == "INACCESSIBLE_ENCRYPTION_CREDENTIALS")
    #expect(second.call("PutItem", #"{"TableName":"Other","Item":{"pk":{"S":"a"}}}"#) == "{}")
    #expect(second.value("DescribeTable", Self.name, "Table", "ItemCount")?.integer == 0)
    try store.replaceCustomers(["blue": try Self.ring("a7")])
    #expect(second.call("GetItem", Self.get) == Self.item)
    #expect(second.value("DescribeTable", Self.name, "Table", "ItemCount")?.integer == 1)
  }

  @Test func aTableWithoutItsKeyCanBeDeleted() throws {
    let base = Store.memory(MemoryStore())
    let (database, store) = try Self.open(base, ["blue"])
    database.createTable("Keyed", more: Self.specification("blue"))
    _ = database.call("PutItem", #"{"TableName":"Keyed","Item":{"pk":{"S":"a"}}}"#)
    try store.replaceCustomers([:])
    #expect(database.reply("DeleteTable", Self.name).error == nil)
    #expect(database.reply("DescribeTable", Self.name).error?.code == "ResourceNotFoundException")
    database.createTable("Keyed")
    #expect(database.call("GetItem", Self.get) == "{}")
  }

  @Test func keysThatAreNotThere() throws {
    let (database, _) = try Self.open(.memory(MemoryStore()), ["blue"])
    #expect(
      database.createTable("Keyed", more: Self.specification("red"))
        == "ValidationException: KMS validation error: there is no key red")
    #expect(database.call("ListTables", "{}") == #"{"TableNames":[]}"#)
    // The key that the service manages is the store's own.
    database.createTable("Keyed", more: #","SSESpecification":{"Enabled":true}"#)
    #expect(Self.status(database) == "ACTIVE")
    // A store without keys of customers records whatever is asked for.
    let plain = try TestDatabase()
    plain.createTable("Keyed", more: Self.specification(Self.blue))
    #expect(
      plain.value("DescribeTable", Self.name, "Table", "SSEDescription", "KMSMasterKeyArn")?.text
        == Self.blue)
  }

  @Test func updateTableChangesTheKeyOfEverything() throws {
    let base = Store.memory(MemoryStore())
    let (database, _) = try Self.open(base, ["blue", "green"])
    Self.fill(database)
    let change = #"{"TableName":"Keyed"\#(Self.specification("green"))}"#
    #expect(database.reply("UpdateTable", change).error == nil)
    _ = database.call("DescribeTable", Self.name)
    // Blue is needed for the backup alone, which was made under it.
    let (green, _) = try Self.open(base, ["green"])
    #expect(green.call("GetItem", Self.get) == Self.item)
    #expect(Self.records(green).contains(#""NewImage":{"n":{"N":"1"},"pk":{"S":"a"}}"#))
    #expect(Self.restore(green) == Self.refused)
    #expect(
      green.value("DescribeTable", Self.name, "Table", "SSEDescription", "KMSMasterKeyArn")?.text
        == "arn:aws:kms:us-east-1:123456789012:key/green")
    let (blue, _) = try Self.open(base, ["blue"])
    #expect(Self.status(blue) == "INACCESSIBLE_ENCRYPTION_CREDENTIALS")
    // Off again: the store's own key.
    let off = #"{"TableName":"Keyed","SSESpecification":{"Enabled":false}}"#
    #expect(green.reply("UpdateTable", off).error == nil)
    _ = green.call("DescribeTable", Self.name)
    let (none, _) = try Self.open(base, [])
    #expect(none.call("GetItem", Self.get) == Self.item)
    #expect(none.value("DescribeTable", Self.name, "Table", "SSEDescription") == nil)
  }

  @Test func aRestoredTableIsUnderTheKeyOfItsSourceOrAnother() throws {
    let base = Store.memory(MemoryStore())
    let (database, store) = try Self.open(base, ["blue", "green"])
    Self.fill(database)
    #expect(Self.restore(database).contains("TableDescription"))
    _ = database.call(
      "RestoreTableToPointInTime",
      #"{"SourceTableName":"Keyed","TargetTableName":"Green","UseLatestRestorableTime":true,"#
        + #""SSESpecificationOverride":{"Enabled":true,"KMSMasterKeyId":"green"}}"#)
    try store.replaceCustomers(["green": try Self.ring("c9")])
    for (table, answer) in [("Again", Self.refused), ("Green", Self.item)] {
      let get = Self.get.replacing("Keyed", with: table)
      #expect(database.call("GetItem", get) == answer)
    }
  }

  /// First byte of the keys, what reads them.
  static let spaces: [(UInt8, String)] = [
    (KeyEncoding.itemSpace, "GetItem"), (KeyEncoding.streamRecordSpace, "GetRecords"),
    (KeyEncoding.backupItemSpace, "RestoreTableFromBackup"),
    (KeyEncoding.changeLogSpace, "RestoreTableToPointInTime"),
  ]

  /// Every bit of the nonce, of the ciphertext's first bytes and of the tag is tried.
  @Test(arguments: spaces)
  func aFlippedBitIsAnErrorAndNeverWrongData(_ row: (UInt8, String)) throws {
    let base = Store.memory(MemoryStore())
    let (database, _) = try Self.open(base, ["blue"])
    Self.fill(database)
    func read() -> String {
      switch row.1 {
      case "GetItem": return database.call("GetItem", Self.get)
      case "GetRecords": return Self.records(database)
      case "RestoreTableFromBackup": return Self.restore(database)
      default:
        // Between the two writes of the item.
        return database.call(
          "RestoreTableToPointInTime",
          #"{"SourceTableName":"Keyed","TargetTableName":"Again","RestoreDateTime":1700000005}"#)
      }
    }
    let stored = try base.pairs(KeyScan(prefix: [row.0]))
    let pair = try #require(stored.last)
    let bits = pair.value.count * 8
    for bit in Array(0..<256) + Array((bits - 128)..<bits) {
      var value = pair.value
      value[bit / 8] ^= 1 << UInt8(bit % 8)
      var batch = WriteBatch()
      batch.put(pair.key, value)
      try base.write(batch)
      let answer = read()
      #expect(answer.contains("InternalServerError"), "bit \(bit): \(answer)")
      // A restore that failed leaves no table.
      #expect(database.value("ListTables", "{}", "TableNames")?.elements?.count == 1)
    }
    var batch = WriteBatch()
    batch.put(pair.key, pair.value)
    try base.write(batch)
    #expect(!read().contains("InternalServerError"))
  }
}
