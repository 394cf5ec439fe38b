// How a database behaves where the service leaves a choice, or where a test wants to decide.

public import Capacity
public import Units

/// Settings of a database.
public struct DatabaseOptions: Sendable {
  /// Whether capacity is enforced; when not, everything is admitted and consumption still reported.
  public var enforcesCapacity = true
  /// Assumptions of admission, shared with the simulator.
  public var capacity = CapacitySettings()
  /// How long CREATING, UPDATING and DELETING last.
  public var tableDelay = Nanoseconds.zero
  /// How long a new global index is being backfilled.
  public var indexDelay = Nanoseconds.zero
  /// Wall-clock time of instant 0, in milliseconds since 1970.
  public var epochMilliseconds: Int64 = 0
  /// Nanoseconds of capacity time per nanosecond of wall-clock time.
  public var clockMultiplier = 1
  /// How much later than the others a follower gets a write, in wall-clock time: what eventually
  /// consistent reads may miss (capacity.md 8).
  public var readLag = DelayDistribution.none
  /// How much later than its table a global index gets a write, in wall-clock time.
  public var indexLag = DelayDistribution.none
  /// How long after its time an expired item is deleted, in wall-clock time.
  public var expiryLag = DelayDistribution.none
  /// Which limits on reading streams are kept.
  public var streamReadLimits = StreamReadLimits.off
  /// How much later than this region others get a change, in wall-clock time.
  public var regionLag = DelayDistribution.none
  /// Decides every draw of lags and copies.
  public var lagSeed: UInt64 = 1
  /// The most memory for images that copies still show; past it all copies catch up.
  public var historyBytes = 64 << 20
  /// Where exports go and imports come from; nil: nowhere.
  public var buckets: (any ObjectBuckets)?
  /// The most that items of one partition key and their local index entries may take together.
  public var collectionLimit = ServiceConstants.itemCollectionBytes
  /// How long each of a transaction's two phases takes, in wall-clock time. Its items conflict with
  /// other writes and transactions for both; none: it takes no time and meets no other.
  public var transactionPhase = DelayDistribution.none
  /// Of both phases together, for transactions that have a law of their own.
  public var transactionLaws = OperationLaws()
  public var region = "us-east-1"
  /// Twelve digits.
  public var account = "123456789012"
  /// Account-wide and per-table quotas of provisioned throughput.
  public var quota = AccountQuota()

  public init() {}
}
