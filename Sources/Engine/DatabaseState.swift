// What the database's lock guards: tables, storage and the running books.
//
// Operations are extensions of this type, one file each, under Items and Tables. The registry below
// is the list of those that are built.

import Capacity
import DataModel
import Randomness
import ServiceAPI
import Storage
import Units

/// The guarded state.
final class DatabaseState {
  typealias Handler = @Sendable (DatabaseState) -> (WireValue) throws(ServiceError) -> [UInt8]

  let options: DatabaseOptions
  let store: Keyspace
  /// By name; order never reaches an answer unsorted.
  var tables: [String: Table] = [:] {
    didSet { latestTable = nil }
  }
  /// One of the tables: most requests ask for the same one as the request before.
  private var latestTable: Table?
  var nextTableNumber: UInt32 = 1
  /// By number: enabled ones, and disabled ones for as long as they can be read.
  var streams: [UInt32: TableStream] = [:]
  var nextStreamNumber: UInt32 = 1
  /// Sequence number of the next stream record, of whatever stream.
  var nextSequence: UInt64 = 1
  var describeStreams = RateAllowance(perSecond: ServiceConstants.describeStreamCallsPerSecond)
  /// Number of the next change for another region, and the latest version given to an item.
  var nextOutgoing: UInt64 = 1
  var lastVersion: UInt64 = 0
  /// Draws the lags of changes for other regions.
  var regionGenerator: Generator
  var quota: AccountQuota
  /// By ARN; order never reaches an answer unsorted.
  var backups: [String: Backup] = [:]
  var nextBackupNumber: UInt32 = 1
  /// Exports and imports by ARN.
  var transfers: [String: Transfer] = [:]
  /// ARNs of the backups from which tables are being filled, by name of the table.
  var restoring: [String: String] = [:]
  /// Changes logged since the start.
  var changeSequence: UInt64 = 0
  /// The minute in which change logs were pruned last.
  var lastPruning: Int64 = 0
  /// What the running operation leaves to be done without the lock.
  private var work: [LongWork] = []
  var tokens = TransactionTokens()
  /// A write has failed, so that the store may hold more than is remembered.
  var hasLostAnswer = false
  var holds: TransactionHolds
  /// How long the running operation lasts, where the database decides that.
  var serviceTime: Nanoseconds?
  /// Statements of the running BatchExecuteStatement that its caller may not run, by their place.
  var deniedStatements: [Int: ServiceError] = [:]
  /// Requests that were refused.
  var refusals = RefusalCounts()
  /// What copies that lag still show; nil when none does.
  var history: ReplicaHistory?
  /// Instant of the running operation.
  var now = Instant.start
  /// Whole seconds of capacity time up to which tables were moved on.
  private var secondsDone: Int64 = 0
  private var capacitySavedAt = Instant.start
  /// Wall-clock second in which the house was last kept, and minute in which streams were trimmed.
  private var houseSecond: Int64 = 0
  private var trimmedMinute: Int64 = 0

  init(store: Store, options: DatabaseOptions) {
    self.store = Keyspace(store: store)
    self.options = options
    quota = options.quota
    history = ReplicaHistory(options)
    holds = TransactionHolds(options)
    regionGenerator = StreamKey(seed: options.lagSeed).child("regions").generator(at: 0)
  }

  private static let registry: [String: Handler] = [
    "CreateTable": createTable,
    "DescribeTable": describeTable,
    "DeleteTable": deleteTable,
    "ListTables": listTables,
    "UpdateTable": updateTable,
    "DescribeLimits": describeLimits,
    "DescribeEndpoints": describeEndpoints,
    "CreateBackup": createBackup,
    "DescribeBackup": describeBackup,
    "ListBackups": listBackups,
    "DeleteBackup": deleteBackup,
    "RestoreTableFromBackup": restoreTableFromBackup,
    "RestoreTableToPointInTime": restoreTableToPointInTime,
    "DescribeContinuousBackups": describeContinuousBackups,
    "UpdateContinuousBackups": updateContinuousBackups,
    "ExportTableToPointInTime": exportTableToPointInTime,
    "DescribeExport": describeExport,
    "ListExports": listExports,
    "ImportTable": importTable,
    "DescribeImport": describeImport,
    "ListImports": listImports,
    "DescribeKinesisStreamingDestination": describeKinesisDestination,
    "DisableKinesisStreamingDestination": disableKinesisDestination,
    "EnableKinesisStreamingDestination": enableKinesisDestination,
    "UpdateKinesisStreamingDestination": updateKinesisDestination,
    "DescribeContributorInsights": describeContributorInsights,
    "ListContributorInsights": listContributorInsights,
    "UpdateContributorInsights": updateContributorInsights,
    "DescribeStream": describeStream,
    "GetRecords": getRecords,
    "GetShardIterator": getShardIterator,
    "ListStreams": listStreams,
    "DescribeTimeToLive": describeTimeToLive,
    "UpdateTimeToLive": updateTimeToLive,
    "TagResource": tagResource,
    "UntagResource": untagResource,
    "ListTagsOfResource": listTagsOfResource,
    "PutResourcePolicy": putResourcePolicy,
    "GetResourcePolicy": getResourcePolicy,
    "DeleteResourcePolicy": deleteResourcePolicy,
    "PutItem": putItem,
    "GetItem": getItem,
    "Query": query,
    "BatchGetItem": batchGetItem,
    "BatchWriteItem": batchWriteItem,
    "TransactGetItems": transactGetItems,
    "TransactWriteItems": transactWriteItems,
    "Scan": scan,
    "UpdateItem": updateItem,
    "DeleteItem": deleteItem,
    "ExecuteStatement": executeStatement,
    "BatchExecuteStatement": batchExecuteStatement,
    "ExecuteTransaction": executeTransaction,
  ]

  /// Names of the operations that are built.
  static var operations: [String] { (registry.keys + GlobalTables.legacyOperations).sorted() }

  func run(
    _ operation: String, _ request: WireValue, at instant: Instant
  ) throws(ServiceError) -> [UInt8] {
    guard let handler = Self.registry[operation] else { throw .unknownOperation }
    begin(at: instant)
    try pruneChangeLogs()
    work.removeAll()
    return try handler(self)(request)
  }

  /// Leaves work to be done without the lock before the request is answered.
  func leave(_ work: LongWork) { self.work.append(work) }

  /// What the last operation has left.
  func takeWork() -> [LongWork] {
    defer { work.removeAll() }
    return work
  }

  /// The answer with this body to the operation that has just run.
  func reply(_ body: [UInt8]) -> Reply {
    var reply = Reply(status: 200, body: body)
    reply.serviceTime = serviceTime
    reply.mark = store.mark
    return reply
  }

  /// The table whose name in UTF-8 this is.
  func table(named name: UnsafeRawBufferPointer) -> Table? {
    if let latestTable, latestTable.nameBytes.count == name.count,
      latestTable.nameBytes.withUnsafeBufferPointer({ name.has($0, at: 0) })
    {
      return latestTable
    }
    let found = tables[String(decoding: name, as: UTF8.self)]
    latestTable = found
    return found
  }

  /// Moves time on to an operation's instant.
  func begin(at instant: Instant) {
    now = max(now, instant)
    serviceTime = nil
    tick()
  }

  /// Moves splits and on-demand growth on at every whole second of capacity time, as the simulator
  /// does. Of a longer silence the first minute, which ends what was going on, and the end will do.
  private func tick() {
    let latest = now.nanoseconds / 1_000_000_000
    let minute = secondsDone + 61
    while secondsDone < latest {
      secondsDone = secondsDone < minute ? secondsDone + 1 : latest
      tick(at: Instant(nanoseconds: secondsDone * 1_000_000_000))
    }
    if now - capacitySavedAt >= scaled(Self.capacityInterval) {
      capacitySavedAt = now
      // A store that fails says so to whoever writes; this record can wait.
      try? saveCapacity()
    }
    keepHouse()
  }

  /// Does what is due by wall-clock time, once a second. What storage refuses is tried again.
  private func keepHouse() {
    let second = wallMilliseconds / 1_000
    guard second > houseSecond else { return }
    houseSecond = second
    checkKeys()
    _ = try? expire(most: 256)
    guard second / 60 > trimmedMinute else { return }
    if (try? trimStreams()) == true { trimmedMinute = second / 60 }
  }

  private func tick(at second: Instant) {
    // Tables do not influence each other here, so their order does not matter.
    for table in tables.values {
      _ = table.admission.tick(at: second)
      for index in table.indexes.indices { _ = table.indexes[index].admission?.tick(at: second) }
    }
  }

  /// Wall-clock time, in milliseconds since 1970.
  var wallMilliseconds: Int64 { wallMilliseconds(at: now) }

  func wallMilliseconds(at instant: Instant) -> Int64 {
    options.epochMilliseconds
      + instant.nanoseconds / 1_000_000 / Int64(max(1, options.clockMultiplier))
  }

  /// The running operation's instant on a clock that is not multiplied.
  var wallNow: Instant {
    Instant(nanoseconds: now.nanoseconds / Int64(max(1, options.clockMultiplier)))
  }

  /// The instant of a wall-clock time in milliseconds since 1970; before the start counts as the
  /// start.
  func instant(atWall milliseconds: Int64) -> Instant {
    let elapsed = max(0, milliseconds - options.epochMilliseconds)
    return .start + scaled(.milliseconds(elapsed))
  }

  /// A span of wall-clock time on the capacity clock.
  func scaled(_ span: Nanoseconds) -> Nanoseconds { span * Int64(max(1, options.clockMultiplier)) }

  // MARK: Tables

  /// The table of an operation on items: it must exist and be readable.
  func table(_ name: String) throws(ServiceError) -> Table {
    guard let table = try existing(name), table.clock.status != .creating,
      table.clock.status != .deleting
    else { throw .noResource }
    if table.inaccessibleSince != nil { throw Self.inaccessible }
    return table
  }

  /// The table of an operation on tables, in whatever state.
  func described(_ name: String) throws(ServiceError) -> Table {
    let plain = TableName.name(of: name)
    guard let table = try existing(plain) else { throw .noTable(plain) }
    return table
  }

  private func existing(_ name: String) throws(ServiceError) -> Table? {
    guard let table = tables[TableName.name(of: name)] else { return nil }
    try settle(table)
    try checkKey(of: table)
    return tables[table.name]
  }

  func arn(_ table: String) -> String {
    "arn:aws:dynamodb:\(options.region):\(options.account):table/\(table)"
  }

  func arn(_ table: String, index: String) -> String { arn(table) + "/index/" + index }
}
