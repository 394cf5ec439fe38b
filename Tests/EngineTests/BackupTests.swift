// Backups, restores and point-in-time recovery as requests and answers.
//
// Why: a backup that cannot be restored, or is restored as something else, is found out when it is
// needed. Expected answers follow the API reference.

import Capacity
import ServiceAPI
import Storage
import Testing
import Units

@testable import Engine

@Suite struct BackupTests {
  private static let indexed =
    #","GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":["#
    + #"{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],"#
    + #""Tags":[{"Key":"k","Value":"v"}]"#

  private static func database(
    store: Store? = nil, _ change: (inout DatabaseOptions) -> Void = { _ in }
  ) throws -> TestDatabase {
    let database = try TestDatabase(change, store: store)
    database.createTable(
      "Songs", sort: "N", more: indexed, attributes: #",{"AttributeName":"g","AttributeType":"S"}"#)
    for number in 0..<5 { put(database, number, "g\(number % 2)") }
    return database
  }

  private static func put(_ database: TestDatabase, _ number: Int, _ g: String) {
    _ = database.call(
      "PutItem",
      #"{"TableName":"Songs","Item":{"pk":{"S":"a"},"sk":{"N":"\#(number)"},"g":{"S":"\#(g)"}}}"#)
  }

  private static func backUp(_ database: TestDatabase, _ name: String = "first") -> String {
    database.value(
      "CreateBackup", #"{"TableName":"Songs","BackupName":"\#(name)"}"#, "BackupDetails",
      "BackupArn")?.text ?? ""
  }

  /// The items of a table or index, as text.
  private static func scan(_ database: TestDatabase, _ table: String, _ index: String = "")
    -> String
  {
    let name = index.isEmpty ? "" : #","IndexName":"\#(index)""#
    return database.call("Scan", #"{"TableName":"\#(table)"\#(name)}"#)
  }

  /// Bytes of each partition of a table and its global index.
  private static func partitionBytes(_ database: TestDatabase, _ table: String) -> [[Int64]] {
    database.database.withState { state in
      guard let table = state.tables[table] else { return [] }
      let admissions = [table.admission] + table.indexes.compactMap(\.admission)
      return admissions.map { admission in
        let partitions = admission.partitions
        return partitions.inOrder.map { partitions.statistics(of: $0).bytes.count }
      }
    }
  }

  @Test func aRestoredTablesPartitionsKnowWhatTheyHold() throws {
    let database = try Self.database()
    for number in 0..<40 {
      _ = database.call(
        "PutItem",
        #"{"TableName":"Songs","Item":{"pk":{"S":"p\#(number)"},"sk":{"N":"1"},"#
          + #""g":{"S":"g\#(number)"}}}"#)
    }
    // Entries move when their key changes, and go with their items.
    for number in 0..<10 {
      let key = #"{"pk":{"S":"p\#(number)"},"sk":{"N":"1"}}"#
      _ = database.call(
        "UpdateItem",
        #"{"TableName":"Songs","Key":\#(key),"UpdateExpression":"SET g = :g","#
          + #""ExpressionAttributeValues":{":g":{"S":"moved\#(number)"}}}"#)
      if number > 6 { _ = database.call("DeleteItem", #"{"TableName":"Songs","Key":\#(key)}"#) }
    }
    let arn = Self.backUp(database)
    _ = database.call(
      "RestoreTableFromBackup", #"{"TargetTableName":"Again","BackupArn":"\#(arn)"}"#)
    let source = Self.partitionBytes(database, "Songs")
    #expect(source.count == 2)
    #expect(source.allSatisfy { $0.count == 4 && $0.allSatisfy { $0 > 0 } })
    #expect(Self.partitionBytes(database, "Again") == source)
    // A start counts everything anew.
    #expect(Self.partitionBytes(try TestDatabase(store: database.store), "Songs") == source)
  }

  @Test func aRestoreHoldsTheItemsOfItsMoment() throws {
    let database = try Self.database()
    let table = Self.scan(database, "Songs")
    let index = Self.scan(database, "Songs", "byG")
    let arn = Self.backUp(database)
    Self.put(database, 9, "later")
    _ = database.call(
      "DeleteItem", #"{"TableName":"Songs","Key":{"pk":{"S":"a"},"sk":{"N":"0"}}}"#)
    let restored = database.value(
      "RestoreTableFromBackup", #"{"TargetTableName":"Again","BackupArn":"\#(arn)"}"#,
      "TableDescription")
    #expect(restored?["TableStatus"]?.text == "CREATING")
    #expect(restored?["RestoreSummary"]?["SourceBackupArn"]?.text == arn)
    #expect(restored?["RestoreSummary"]?["RestoreInProgress"]?.flag == true)
    #expect(Self.scan(database, "Again") == table)
    #expect(Self.scan(database, "Again", "byG") == index)
    let described = database.value("DescribeTable", #"{"TableName":"Again"}"#, "Table")
    #expect(described?["TableStatus"]?.text == "ACTIVE")
    #expect(described?["ItemCount"]?.integer == 5)
    #expect(described?["GlobalSecondaryIndexes"]?.elements?[0]["ItemCount"]?.integer == 5)
    #expect(described?["RestoreSummary"]?["RestoreInProgress"]?.flag == false)
    // Tags do not come along, and the table is one of its own.
    #expect(
      database.call("ListTagsOfResource", #"{"ResourceArn":"\#(Self.tableArn)Again"}"#)
        == #"{"Tags":[]}"#)
    #expect(
      database.call(
        "PutItem", #"{"TableName":"Again","Item":{"pk":{"S":"b"},"sk":{"N":"1"}}}"#) == "{}")
  }

  private static let tableArn = "arn:aws:dynamodb:us-east-1:123456789012:table/"

  @Test func aBackupIsDescribedListedAndDeleted() throws {
    let database = try Self.database()
    database.now = .start + .seconds(5)
    let first = Self.backUp(database)
    database.now = .start + .seconds(6)
    let second = Self.backUp(database, "second")
    #expect(first.hasPrefix(Self.tableArn + "Songs/backup/01700000005000-"))
    let description = database.value(
      "DescribeBackup", #"{"BackupArn":"\#(first)"}"#, "BackupDescription")
    #expect(description?["BackupDetails"]?["BackupStatus"]?.text == "AVAILABLE")
    // Five items of pk + 1 byte, sk + a number and g + 2 bytes.
    let size = description?["BackupDetails"]?["BackupSizeBytes"]?.integer
    #expect(size == description?["SourceTableDetails"]?["TableSizeBytes"]?.integer)
    #expect(size == 49)
    #expect(description?["SourceTableDetails"]?["ItemCount"]?.integer == 5)
    #expect(
      description?["SourceTableFeatureDetails"]?["GlobalSecondaryIndexes"]?.elements?[0][
        "IndexName"]?.text == "byG")
    func list(_ more: String = "") -> [String] {
      database.value("ListBackups", "{\(more)}", "BackupSummaries")?.elements?.compactMap {
        $0["BackupArn"]?.text
      } ?? []
    }
    #expect(list() == [first, second])
    #expect(list(#""TableName":"Songs","Limit":1"#) == [first])
    #expect(list(#""ExclusiveStartBackupArn":"\#(first)""#) == [second])
    #expect(list(#""TableName":"Other""#) == [])
    #expect(list(#""TimeRangeLowerBound":1700000006"#) == [second])
    #expect(list(#""TimeRangeUpperBound":1700000006.0"#) == [first])
    let deleted = database.value(
      "DeleteBackup", #"{"BackupArn":"\#(first)"}"#, "BackupDescription", "BackupDetails")
    #expect(deleted?["BackupStatus"]?.text == "DELETED")
    #expect(list() == [second])
    #expect(
      database.call("DescribeBackup", #"{"BackupArn":"\#(first)"}"#)
        == "BackupNotFoundException: Backup not found: \(first)")
  }

  @Test func statesLastAsLongAsTablesDo() throws {
    let database = try Self.database { $0.tableDelay = .seconds(10) }
    #expect(
      database.call("CreateBackup", #"{"TableName":"Songs","BackupName":"early"}"#)
        == "TableInUseException: Table is being creating: Songs")
    database.now = .start + .seconds(10)
    let arn = Self.backUp(database)
    let restore = #"{"TargetTableName":"Again","BackupArn":"\#(arn)"}"#
    #expect(
      database.call("RestoreTableFromBackup", restore)
        == "BackupInUseException: Backup is in use: \(arn)")
    database.now = .start + .seconds(20)
    _ = database.call("RestoreTableFromBackup", restore)
    #expect(
      Self.scan(database, "Again") == "ResourceNotFoundException: Requested resource not found")
    database.now = .start + .seconds(30)
    #expect(Self.scan(database, "Again") == #"{"Items":[],"Count":0,"ScannedCount":0}"#)
  }

  /// The overrides, and what the table becomes.
  static let overrides: [(String, String)] = [
    (#","GlobalSecondaryIndexOverride":[]"#, "PAY_PER_REQUEST  pk,sk"),
    (
      #","BillingModeOverride":"PROVISIONED","ProvisionedThroughputOverride":"#
        + #"{"ReadCapacityUnits":3,"WriteCapacityUnits":4}"#, "3/4 byG 3/4 pk,sk,g"
    ),
    (#","BillingModeOverride":"PROVISIONED""#, "ValidationException"),
    (
      #","GlobalSecondaryIndexOverride":[{"IndexName":"new","KeySchema":["#
        + #"{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}]"#,
      "ValidationException"
    ),
  ]

  @Test(arguments: overrides) func overridesChangeCapacityAndIndexes(
    _ override: String, _ outcome: String
  ) throws {
    let database = try Self.database()
    let arn = Self.backUp(database)
    let reply = database.reply(
      "RestoreTableFromBackup", #"{"TargetTableName":"Again","BackupArn":"\#(arn)"\#(override)}"#)
    if let error = reply.error {
      #expect(error.code == outcome)
      return
    }
    let table = database.value("DescribeTable", #"{"TableName":"Again"}"#, "Table")
    func units(_ value: WireValue?) -> String {
      let pair = value?["ProvisionedThroughput"]
      let read = pair?["ReadCapacityUnits"]?.integer ?? 0
      return read == 0
        ? "PAY_PER_REQUEST" : "\(read)/\(pair?["WriteCapacityUnits"]?.integer ?? 0)"
    }
    let indexes = (table?["GlobalSecondaryIndexes"]?.elements ?? []).map {
      ($0["IndexName"]?.text ?? "") + " " + units($0)
    }
    let attributes = (table?["AttributeDefinitions"]?.elements ?? []).compactMap {
      $0["AttributeName"]?.text
    }
    let text =
      units(table) + " " + indexes.joined(separator: " ") + " "
      + attributes.joined(separator: ",")
    #expect(text == outcome)
  }

  @Test func refusals() throws {
    let database = try Self.database()
    let arn = Self.backUp(database)
    let rows: [(String, String, String)] = [
      (
        "CreateBackup", #"{"TableName":"None","BackupName":"abc"}"#,
        "TableNotFoundException: Table not found: None"
      ),
      (
        "RestoreTableFromBackup", #"{"TargetTableName":"Songs","BackupArn":"\#(arn)"}"#,
        "TableAlreadyExistsException: Table already exists: Songs"
      ),
      (
        "RestoreTableToPointInTime",
        #"{"SourceTableName":"Songs","TargetTableName":"Again","UseLatestRestorableTime":true}"#,
        "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table "
          + "'Songs'"
      ),
    ]
    for (operation, body, answer) in rows { #expect(database.call(operation, body) == answer) }
  }

  @Test func recoveryIsSwitchedAndDescribed() throws {
    let database = try Self.database()
    let off =
      #"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","#
      + #""PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}}"#
    #expect(database.call("DescribeContinuousBackups", #"{"TableName":"Songs"}"#) == off)
    func update(_ specification: String) -> String {
      database.call(
        "UpdateContinuousBackups",
        #"{"TableName":"Songs","PointInTimeRecoverySpecification":{\#(specification)}}"#)
    }
    let on =
      #"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","#
      + #""PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"ENABLED","#
    #expect(
      update(#""PointInTimeRecoveryEnabled":true"#)
        == on + #""RecoveryPeriodInDays":35,"EarliestRestorableDateTime":1700000000.000,"#
        + #""LatestRestorableDateTime":1700000000.000}}}"#)
    database.now = .start + .seconds(3 * 86_400)
    #expect(
      update(#""PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":1"#)
        == on + #""RecoveryPeriodInDays":1,"EarliestRestorableDateTime":1700172800.000,"#
        + #""LatestRestorableDateTime":1700259200.000}}}"#)
    #expect(update(#""PointInTimeRecoveryEnabled":false"#) == off)
    #expect(
      update(#""PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":36"#)
        .hasPrefix("ValidationException"))
  }

  @Test func aDeletedTableWithRecoveryLeavesABackup() throws {
    let database = try Self.database()
    _ = database.call(
      "UpdateContinuousBackups",
      #"{"TableName":"Songs","PointInTimeRecoverySpecification":"#
        + #"{"PointInTimeRecoveryEnabled":true}}"#)
    let items = Self.scan(database, "Songs")
    _ = database.call("DeleteTable", #"{"TableName":"Songs"}"#)
    #expect(database.call("ListTables", "{}") == #"{"TableNames":[]}"#)
    let backup = database.value(
      "ListBackups", #"{"BackupType":"SYSTEM"}"#, "BackupSummaries")?.elements?.first
    #expect(backup?["BackupName"]?.text == "Songs$DeletedTableBackup")
    _ = database.call(
      "RestoreTableFromBackup",
      #"{"TargetTableName":"Songs","BackupArn":"\#(backup?["BackupArn"]?.text ?? "")"}"#)
    #expect(Self.scan(database, "Songs") == items)
    // It goes after 35 days.
    database.now = .start + .seconds(36 * 86_400)
    #expect(
      database.call("ListBackups", #"{"BackupType":"ALL"}"#) == #"{"BackupSummaries":[]}"#)
  }

  /// What a process that died left half done is gone, what was whole is there.
  @Test func backupsSurviveARestart() throws {
    let store = Store.memory(MemoryStore())
    let before = try Self.database(store: store)
    let items = Self.scan(before, "Songs")
    let arn = Self.backUp(before)
    let half = try Backup(
      number: 7, name: "half", kind: .user, arn: "half",
      table: #require(Self.definition(in: before)), createdAtMilliseconds: 1, itemCount: 1,
      byteCount: 1)
    var batch = WriteBatch()
    batch.put(half.recordKey, half.record)
    batch.put(half.prefix + [1], [2])
    try store.write(batch)
    let after = try TestDatabase(store: store)
    #expect(
      after.value("ListBackups", "{}", "BackupSummaries")?.elements?.compactMap {
        $0["BackupArn"]?.text
      } == [arn])
    #expect(try store.get(half.prefix + [1]) == nil)
    _ = after.call("RestoreTableFromBackup", #"{"TargetTableName":"Again","BackupArn":"\#(arn)"}"#)
    #expect(Self.scan(after, "Again") == items)
    let third = try TestDatabase(store: store)
    #expect(Self.scan(third, "Again") == items)
  }

  /// A table that a restore or import had not filled when the process died.
  @Test func aHalfFilledTableIsGoneAfterARestart() throws {
    let store = Store.memory(MemoryStore())
    let before = try Self.database(store: store)
    var half = try #require(Self.definition(in: before))
    half.number = 9
    half.name = "Half"
    half.isFilling = true
    var record = KeyEncoding.prefix(table: half.number, index: 0)
    record[0] = KeyEncoding.tableSpace
    let item = KeyEncoding.prefix(table: half.number, index: 0) + [1]
    var batch = WriteBatch()
    batch.put(record, TableRecord.encode(half))
    batch.put(item, [2])
    try store.write(batch)
    let after = try TestDatabase(store: store)
    #expect(after.call("ListTables", "{}") == #"{"TableNames":["Songs"]}"#)
    #expect(try store.get(item) == nil && store.get(record) == nil)
  }

  /// A store that fails in the middle of a copy leaves no backup and no table.
  @Test func aFailedCopyLeavesNothing() throws {
    let memory = MemoryStore()
    let database = try Self.database(store: .memory(memory))
    let arn = Self.backUp(database)
    for number in 10..<2_500 { Self.put(database, number, "g") }
    let big = Self.backUp(database, "big")
    #expect(!big.isEmpty)
    var damaged = WriteBatch()
    for pair in try memory.pairs(KeyScan(prefix: [KeyEncoding.backupItemSpace])).suffix(1) {
      damaged.put(pair.key, [])
    }
    try memory.write(damaged)
    let answer = database.call(
      "RestoreTableFromBackup", #"{"TargetTableName":"Again","BackupArn":"\#(big)"}"#)
    #expect(answer == "InternalServerError: A stored item is damaged")
    #expect(database.call("ListTables", "{}") == #"{"TableNames":["Songs"]}"#)
    #expect(
      database.call("RestoreTableFromBackup", #"{"TargetTableName":"Again","BackupArn":"\#(arn)"}"#)
        .hasPrefix(#"{"TableDescription""#))
  }

  private static func definition(in database: TestDatabase) -> TableDefinition? {
    database.database.withState { $0.tables["Songs"]?.definition }
  }
}
