// What the service does not publish about admission, as settings with stated defaults.
//
// Every field here is inferred or weakly sourced (capacity.md letters C, D, I). A scenario's
// `model` section can change each; nothing of the kind is a constant in the code. What the service
// does publish stands in ServiceConstants.swift.

public import Units

/// Tunable assumptions about admission, partitions, scaling and propagation.
public struct CapacitySettings: Hashable, Sendable {
  /// Share of the table's 300 s burst that stands in the bucket when the run starts (1 = full).
  public var initialBurst = 1.0
  /// Depth of a partition's own bucket in seconds of its ceiling (capacity.md 3.2).
  public var partitionBurstSeconds = 1.0
  /// Eventually consistent read units/s that each of a partition's three replicas serves. nil: such
  /// reads count against the partition's published 3,000 units/s like all others (capacity.md 8:
  /// 1,500 fits the one measurement there is, 4,500 units/s from one partition).
  public var replicaReadUnits: Int?
  /// false: the old scheme, in which a provisioned table's throughput is divided evenly over its
  /// partitions (capacity.md 2, 3.1).
  public var adaptiveCapacity = true
  /// Request routers that keep tokens of the table's bucket for themselves (capacity.md 3.1, ATC22
  /// 4.2). nil: all requests meet the bucket itself.
  public var admissionRouters: Int?
  /// How long a router's tokens are good for ("in the order of few seconds").
  public var tokenLease = Nanoseconds.seconds(2)
  /// Depth of an on-demand table's bucket in seconds of its current limit.
  public var onDemandBurstSeconds = 1.0
  /// true: reads/3000 + writes/1000 <= 1 per partition instead of two independent ceilings (X2).
  public var combinedPartitionLimit = false
  /// Whether a partition splits when traffic presses against its ceiling.
  public var splitForHeat = true
  /// Consumption as a share of a partition's ceiling that counts as hot.
  public var splitThreshold = 0.9
  /// How long a partition must stay hot before a split starts.
  public var splitAfter = Nanoseconds.minutes(5)
  /// How long a split takes once started ("in the order of minutes").
  public var splitDuration = Nanoseconds.minutes(3)
  /// Share of a partition's traffic on one key from which a split is refused as useless.
  public var splitHotKeyShare = 0.8
  /// Time after which a sustained on-demand level becomes the new peak.
  public var onDemandPeakAfter = Nanoseconds.minutes(30)
  /// How long an on-demand level must last to count as sustained.
  public var onDemandSustained = Nanoseconds.minutes(1)
  /// Delay between a minute's end and its metric reaching the scaling alarms.
  public var metricDelay = Nanoseconds.minutes(1)
  /// How long an UpdateTable of provisioned throughput takes to become effective.
  public var updateTableDuration = Nanoseconds.minutes(2)
  /// Index writes a table may hold back before base writes feel back-pressure, in seconds of the
  /// index's write capacity; 0 checks the index at once, as the service's documents describe it.
  public var indexBufferSeconds = 0.0
  /// What a cancelled transaction consumes per action (capacity.md 1.6).
  public var cancelledTransactions = CancelledTransactionCharge.prepare

  public init() {}
}
