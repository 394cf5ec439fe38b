// A table with its data, indexes and features.
// Items are described by their count and distributions, not one by one. Capacity, keys and
// projections use the types of Capacity and DataModel, so that nobody needs to translate them.

public import Capacity
public import DataModel
public import Units
public import Workloads

/// A table as the scenario describes it.
public struct TableSpec: Sendable {
  public var name: String
  public var key: KeySchema
  public var mode: CapacityMode
  public var tableClass: TableClass
  /// nil: the service's default (12,000/4,000 on demand; the provisioned values otherwise).
  public var warmThroughput: WarmThroughput?
  /// Items at the start of the run.
  public var itemCount: Int
  /// Distinct partition-key values among them; equals `itemCount` without a sort key.
  public var partitionKeyCount: Int
  /// Whole item, attribute names included.
  public var itemSize: SizeDistribution
  public var globalIndexes: [IndexSpec]
  public var localIndexes: [IndexSpec]
  public var stream: StreamSpec?
  public var timeToLive: TimeToLiveSpec?
  public var pointInTimeRecovery: Bool
  public var backups: BackupSpec?
  /// nil: the key that the service owns, which costs nothing.
  public var encryption: EncryptionSpec?
  /// Other regions of a global table (asynchronous, multi-region eventual consistency).
  public var replicas: [String]
  /// Partitions at the start; nil derives the count from warm throughput and size.
  public var partitions: Int?

  public init(name: String, key: KeySchema, mode: CapacityMode) {
    self.name = name
    self.key = key
    self.mode = mode
    self.tableClass = .standard
    self.warmThroughput = nil
    self.itemCount = 0
    self.partitionKeyCount = 0
    self.itemSize = .constant(1_024)
    self.globalIndexes = []
    self.localIndexes = []
    self.stream = nil
    self.timeToLive = nil
    self.pointInTimeRecovery = false
    self.backups = nil
    self.encryption = nil
    self.replicas = []
    self.partitions = nil
  }
}

/// A global or local secondary index.
public struct IndexSpec: Sendable {
  public var name: String
  public var key: KeySchema
  public var projection: Projection
  /// A GSI's own capacity; nil for an LSI. A GSI's mode is always its table's.
  public var mode: CapacityMode?
  public var warmThroughput: WarmThroughput?
  /// Bytes of one index entry; nil: the item's size for ALL; for KEYS_ONLY and INCLUDE the decoder
  /// fills it in.
  public var entrySize: Int?
  /// Distinct partition-key values of the index.
  public var partitionKeyCount: Int
  /// How items spread over those values.
  public var keyDistribution: KeyDistribution
  /// Share of the items that carry the index's key attributes (sparse index), 0...1.
  public var share: Double

  public init(name: String, key: KeySchema, projection: Projection) {
    self.name = name
    self.key = key
    self.projection = projection
    self.mode = nil
    self.warmThroughput = nil
    self.entrySize = nil
    self.partitionKeyCount = 1
    self.keyDistribution = .uniform
    self.share = 1
  }
}

/// DynamoDB Streams on a table.
public struct StreamSpec: Hashable, Sendable {
  /// KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES.
  public var viewType: String
  /// Consumers that pay for GetRecords (Lambda triggers and replication are free).
  public var payingConsumers: Int
  /// How often each consumer polls each shard.
  public var pollInterval: Nanoseconds
  /// Records that a consumer asks for in one call, 1...1,000.
  public var batch: Int
  /// Change data capture to a Kinesis stream (one unit per KB written).
  public var kinesis: Bool

  public init(
    viewType: String, payingConsumers: Int = 0, pollInterval: Nanoseconds = .seconds(1),
    batch: Int = 1_000, kinesis: Bool = false
  ) {
    self.batch = batch
    self.viewType = viewType
    self.payingConsumers = payingConsumers
    self.pollInterval = pollInterval
    self.kinesis = kinesis
  }
}

/// Time to live on written items.
public struct TimeToLiveSpec: Hashable, Sendable {
  /// An item's age at which it expires.
  public var after: Nanoseconds
  /// Share of the written items that carry the attribute, 0...1.
  public var share: Double
  /// Time between expiry and deletion.
  public var deletionLag: Nanoseconds

  public init(after: Nanoseconds, share: Double, deletionLag: Nanoseconds) {
    self.after = after
    self.share = share
    self.deletionLag = deletionLag
  }
}

/// On-demand backups on a schedule.
public struct BackupSpec: Hashable, Sendable {
  public var every: Nanoseconds
  public var keep: Nanoseconds

  public init(every: Nanoseconds, keep: Nanoseconds) {
    self.every = every
    self.keep = keep
  }
}

/// Encryption at rest under a key of the account.
public struct EncryptionSpec: Hashable, Sendable {
  /// The customer's key, which other tables may share; nil: the one that the service manages.
  public var key: String?
  /// Automatic rotations whose versions are charged, 0...2.
  public var rotations: Int
  /// Principals whose requests have the table's key decrypted.
  public var callers: Int

  public init(key: String? = nil, rotations: Int = 0, callers: Int = 1) {
    self.key = key
    self.rotations = rotations
    self.callers = callers
  }
}
