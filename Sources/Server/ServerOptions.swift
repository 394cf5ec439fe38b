// What `serve` can be told: where to listen, where to keep data, how strictly to enforce.

public import AccessControl
public import Capacity
public import Engine
public import HTTP
public import Storage
public import Units

/// Where a server keeps its tables.
public enum StoragePlace: Hashable, Sendable {
  /// Gone with the process.
  case memory
  /// A directory, created when missing.
  case directory(String)
}

/// Settings of a server.
public struct ServerOptions: Sendable {
  /// 0 takes any free port.
  public var port: UInt16 = 8_000
  public var address = "127.0.0.1"
  public var storage = StoragePlace.memory
  /// Seals everything that is stored when given; the same keys, or newer ones before them, open it.
  public var masterKeys: MasterKeys?
  /// Where keys of customers are, which tables may ask for; of use with `masterKeys`.
  public var keyDirectory: KeyDirectory?
  /// The keys that are there at the start.
  public var customerKeys: [String: MasterKeys]?
  /// When an acknowledged write is on the device; of no effect in memory.
  public var durability = Durability.batch
  /// Memory for items of the disk that were read or written lately.
  public var recentItems = RocksSettings().recent
  /// false admits everything and still reports what was consumed.
  public var enforcesCapacity = true
  /// Capacity time runs this many times as fast as the clock on the wall.
  public var clockMultiplier = 1
  /// Assumptions of admission; the same settings as a simulation's.
  public var capacity = ServerOptions.defaultCapacity
  /// How long tables stay CREATING, UPDATING and DELETING, in wall-clock time.
  public var tableDelay = Nanoseconds.zero
  /// How long a new global index is backfilled, in wall-clock time.
  public var indexDelay = Nanoseconds.zero
  /// How much later than the others a follower gets a write, in wall-clock time.
  public var readLag = DelayDistribution.none
  /// How much later than its table a global index gets a write, in wall-clock time.
  public var indexLag = DelayDistribution.none
  /// How long each of a transaction's two phases takes, in wall-clock time; none: as `latency`
  /// says, and if that is not given either, no time.
  public var transactionTime = DelayDistribution.none
  /// The most that an item collection of a table with local indexes may take.
  public var collectionLimit = ServiceConstants.itemCollectionBytes
  /// How long after its time an expired item is deleted, in wall-clock time.
  public var expiryLag = DelayDistribution.none
  /// Holds answers back when given.
  public var latency: InjectedLatency?
  /// The directory whose folders are the buckets of exports and imports; nil: there are none.
  public var objectDirectory: String?
  /// The S3-compatible endpoint of exports and imports, instead of a directory.
  public var objectEndpoint: ObjectEndpoint?
  /// Which limits on reading streams are kept.
  public var streamReadLimits = StreamReadLimits.documented
  public var region = "us-east-1"
  /// Regions that replicate global tables, one port each; empty: only `region`.
  public var regions: [String] = []
  /// How much later than its region others get a change, in wall-clock time.
  public var regionLag = DelayDistribution.none
  public var account = "123456789012"
  /// Whose requests are served.
  public var authentication = AuthenticationMode.off
  /// Who may sign requests.
  public var users = UserDirectory()
  /// Threads that serve connections.
  public var threads = 2
  /// Prepares a new database before it is served: gets a call that takes an operation and its body
  /// and returns why it failed, nil if it did not. Nothing is enforced meanwhile; the database then
  /// starts on what was made with its buckets as new. Returns why it cannot be served.
  public var preparation: (@Sendable (_ call: (String, [UInt8]) -> String?) -> String?)?
  /// Serves HTTPS when given.
  public var identity: TLSIdentity?

  public init() {}

  /// The simulator's assumptions with deeper buckets on partitions and on-demand tables. Suites
  /// validated on the service write 1,180 units within 0.1 s to one key of a new on-demand table,
  /// and 7,000 in one transaction followed at once by more, all unthrottled.
  public static var defaultCapacity: CapacitySettings {
    var settings = CapacitySettings()
    settings.partitionBurstSeconds = 5
    settings.onDemandBurstSeconds = 5
    return settings
  }
}
