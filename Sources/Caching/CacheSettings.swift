// A DAX cluster as a scenario describes it.
//
// Facts from features.md 2.1 and 2.2. What the service does not publish is a setting here, with the
// inferred default said beside it.

public import Units

/// A DAX cluster in front of some tables.
public struct CacheSettings: Hashable, Sendable {
  /// 1 primary and up to 10 read replicas.
  public var nodes: Int
  /// Node type such as `dax.r5.large`.
  public var nodeType: String
  /// Time to live of the item cache (record-ttl-millis) and the query cache (query-ttl-millis);
  /// zero keeps items until eviction and caches no query. The service's default is 5 min each.
  public var itemTimeToLive: Nanoseconds
  public var queryTimeToLive: Nanoseconds
  /// Memory per node usable for each of the two caches; nil gives each half of the node type's
  /// memory (inferred: the split is not published).
  public var memoryPerNode: ByteCount?
  /// Load a node bears, in normalized requests/s; nil takes the node type's published capacity.
  public var normalizedRequestsPerSecondPerNode: Int?
  /// What a delete through the cluster leaves: a negative entry, or no entry (inferred default).
  public var deleteLeavesNegativeEntry: Bool
  /// How much later than the primary a replica gets a change; the service says normally less than a
  /// second (the default is inferred).
  public var replicationDelay: Nanoseconds

  public init(
    nodes: Int, nodeType: String, itemTimeToLive: Nanoseconds = .minutes(5),
    queryTimeToLive: Nanoseconds = .minutes(5), memoryPerNode: ByteCount? = nil,
    normalizedRequestsPerSecondPerNode: Int? = nil, deleteLeavesNegativeEntry: Bool = false,
    replicationDelay: Nanoseconds = .milliseconds(100)
  ) {
    self.nodes = nodes
    self.nodeType = nodeType
    self.itemTimeToLive = itemTimeToLive
    self.queryTimeToLive = queryTimeToLive
    self.memoryPerNode = memoryPerNode
    self.normalizedRequestsPerSecondPerNode = normalizedRequestsPerSecondPerNode
    self.deleteLeavesNegativeEntry = deleteLeavesNegativeEntry
    self.replicationDelay = replicationDelay
  }
}
