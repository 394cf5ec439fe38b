// What is billed, whoever produced it: a simulation, a measurement or a plain estimate.
//
// Throughput comes as per-minute series of a run of any length; the month repeats the run's minutes
// from the first to the last, again and again, until it is full (MonthFill). Everything else comes
// as totals of the run or of the month, as each field says. All counts are whole; fractions arise
// only by division by the month's length and stay exact (Quantity).

public import Capacity
public import Units

/// One axis of a table or index, minute by minute from the start of the run.
public struct AxisUsage: Sendable {
  /// Half-units consumed in each minute; what an on-demand table pays for.
  public var consumedHalves: [Int64]
  /// Units/s provisioned in each minute; what a provisioned table pays for. Empty on demand.
  public var provisionedUnits: [Int64]
  /// Half-units asked for in each minute, refused ones included; empty: as consumed. Alternatives
  /// are sized by it, so that one that would throttle the same traffic is not called cheaper.
  public var demandedHalves: [Int64]

  public init(
    consumedHalves: [Int64] = [], provisionedUnits: [Int64] = [], demandedHalves: [Int64] = []
  ) {
    self.consumedHalves = consumedHalves
    self.provisionedUnits = provisionedUnits
    self.demandedHalves = demandedHalves
  }

  /// Units/s asked for in each minute on average, rounded up.
  var demandedUnits: [Int64] {
    (demandedHalves.isEmpty ? consumedHalves : demandedHalves).map { ($0 + 119) / 120 }
  }

  /// The same amount every minute: `unitsPerSecond` consumed and, when given, provisioned.
  public static func steady(unitsPerSecond: Int, provisioned: Int? = nil) -> AxisUsage {
    AxisUsage(
      consumedHalves: [Int64(unitsPerSecond) * 120],
      provisionedUnits: provisioned.map { [Int64($0)] } ?? [])
  }
}

/// Data at rest.
public struct StorageUsage: Hashable, Sendable {
  /// Average over the month, without storage overheads.
  public var bytes: ByteCount
  /// Items the overhead is counted for: the table's and its local indexes', or the index's entries.
  public var items: Int64

  public init(bytes: ByteCount, items: Int64 = 0) {
    self.bytes = bytes
    self.items = items
  }

  /// The mean of the sizes at the start and the end of a run.
  public static func average(_ start: StorageUsage, _ end: StorageUsage) -> StorageUsage {
    .init(
      bytes: .init((start.bytes.count + end.bytes.count) / 2), items: (start.items + end.items) / 2)
  }

  /// Overhead of every stored item and index entry (pricing.md 3).
  public static let itemOverhead = ByteCount(
    Int64(ServiceConstants.storageOverheadBytes))
  /// Further overhead of every item of a global table (pricing.md 3).
  public static let replicaOverhead = ByteCount(
    Int64(ServiceConstants.globalTableStorageOverheadBytes))
}

/// On-demand backups that are kept.
public enum BackupUsage: Hashable, Sendable {
  /// One backup and the hours of the month it exists; nil: all of them. A deletion re-prorates the
  /// charge to the days it existed (pricing.md 3).
  case kept(ByteCount, hours: Int?)
  /// A backup every `every`, each kept for `keep`: on average keep/every of them exist.
  case scheduled(ByteCount, every: Nanoseconds, keep: Nanoseconds)
}

/// A table with its local indexes, or a global secondary index, in one region.
public struct ResourceUsage: Sendable {
  /// "orders" or "orders/byStatus".
  public var name: String
  public var region: String
  public var isIndex: Bool
  public var tableClass: TableClass
  /// A table of a global table: every write in every region is a replicated one. Writes of its
  /// global secondary indexes are plain ones in every region.
  public var isReplicated: Bool
  public var isOnDemand: Bool
  public var read: AxisUsage
  public var write: AxisUsage
  public var storage: StorageUsage
  /// Size continuous backups are charged for: table and local indexes, not global ones; nil: off.
  public var pointInTimeRecovery: ByteCount?
  public var backups: [BackupUsage]
  /// GetRecords calls and change-data-capture units of the run.
  public var streamReads: Int64
  public var captureUnits: Int64
  /// Units/s of warm throughput asked for above what the table has by itself: charged once. The
  /// documentation has no price, so these lines are unpriced unless the scenario states one.
  public var raisedWarmReadUnits: Int64
  public var raisedWarmWriteUnits: Int64

  public init(name: String, region: String, isOnDemand: Bool) {
    self.name = name
    self.region = region
    self.isIndex = false
    self.tableClass = .standard
    self.isReplicated = false
    self.isOnDemand = isOnDemand
    self.read = AxisUsage()
    self.write = AxisUsage()
    self.storage = StorageUsage(bytes: .zero)
    self.pointInTimeRecovery = nil
    self.backups = []
    self.streamReads = 0
    self.captureUnits = 0
    self.raisedWarmReadUnits = 0
    self.raisedWarmWriteUnits = 0
  }

  public subscript(axis: CapacityAxis) -> AxisUsage {
    get { axis == .read ? read : write }
    set { if axis == .read { read = newValue } else { write = newValue } }
  }

  /// Bytes storage is billed for: data, 100 B per item and 48 B more per item of a global table.
  public var billedBytes: ByteCount {
    let replica = isReplicated && !isIndex ? StorageUsage.replicaOverhead : .zero
    return storage.bytes + (StorageUsage.itemOverhead + replica) * storage.items
  }

  func item(_ axis: CapacityAxis) -> ThroughputItem {
    ThroughputItem(axis, isReplicated: isReplicated && !isIndex, tableClass: tableClass)
  }
}

/// A DAX cluster.
public struct CacheUsage: Hashable, Sendable {
  public var region: String
  public var nodeType: String
  public var nodes: Int
  /// Hours of the month the nodes run, a started one counted as whole; nil: the whole month.
  public var hours: Int?

  public init(region: String, nodeType: String, nodes: Int, hours: Int? = nil) {
    self.region = region
    self.nodeType = nodeType
    self.nodes = nodes
    self.hours = hours
  }
}

/// A key of the account that tables of a region are encrypted under.
public struct EncryptionKeyUsage: Hashable, Sendable {
  /// nil: the key that the service manages, which costs nothing by itself.
  public var name: String?
  public var region: String
  /// The key and the rotations that are charged: 1...3.
  public var versions: Int
  /// Callers of its tables, each of whom has every table key decrypted again and again; a caller
  /// of two tables counts twice.
  public var callers: Int

  public init(name: String?, region: String, versions: Int = 1, callers: Int = 1) {
    self.name = name
    self.region = region
    self.versions = versions
    self.callers = callers
  }

  /// A table key is kept for five minutes for each caller (developer guide, encryption.usagenotes);
  /// that somebody who never stops has it decrypted every five minutes is the most it can be.
  public static let requestsPerHour = 12
}

/// Data moved in the month, in the bill's home region.
public struct TransferUsage: Sendable {
  /// Restored size: table, local and global indexes.
  public var restored: ByteCount = .zero
  public var exported: ByteCount = .zero
  /// One per incremental export; each is charged for at least 10 MB.
  public var incrementalExports: [ByteCount] = []
  /// Uncompressed source size.
  public var imported: ByteCount = .zero
  public var internetOut: ByteCount = .zero
  public var interRegionOut: [InterRegionTransfer] = []

  public init() {}
}

/// Data sent from one region to another.
public struct InterRegionTransfer: Hashable, Sendable {
  /// nil: the home region.
  public var source: String?
  public var target: String
  public var bytes: ByteCount

  public init(source: String? = nil, target: String, bytes: ByteCount) {
    self.source = source
    self.target = target
    self.bytes = bytes
  }
}

/// All that is billed of a run.
public struct BilledUsage: Sendable {
  /// Length of the run in minutes: what `streamReads` and `captureUnits` cover.
  public var runMinutes: Int
  public var resources: [ResourceUsage]
  public var caches: [CacheUsage]
  public var keys: [EncryptionKeyUsage] = []
  public var transfers: TransferUsage

  public init(runMinutes: Int, resources: [ResourceUsage] = [], caches: [CacheUsage] = []) {
    precondition(runMinutes > 0, "a run lasts at least a minute")
    self.runMinutes = runMinutes
    self.resources = resources
    self.caches = caches
    self.transfers = TransferUsage()
  }
}
