// A cache cluster: one primary and its replicas, each with an item cache, a query cache and a load
// it bears.
//
// In this form every node holds the same content at once: replication between nodes, normally
// under a second (features.md 2.1), takes no time, so one copy of each cache serves all nodes. The
// load is kept per node. A caller drives one request like this:
//
//   read:  `admit` with the cost of a hit, then `get`; unless it hit, `charge` the rest of a miss,
//          read the table eventually consistent, then `fill`.
//   write: `admitWrite`, write the table, and only if that succeeded `write` or `delete`.
//
// Consistent and transactional reads pass by the caches, and so do writes from other Regions; that
// is the caller's to decide, as is which node a client asks (reads any node, writes the primary).

public import Units

/// A cluster of cache nodes with common content.
public struct CacheCluster: Hashable, Sendable {
  public private(set) var items: ItemCache
  public private(set) var queries: QueryCache
  public private(set) var nodeCounts: [CacheNodeCounts]
  private var loads: [NodeLoad]
  private let deleteLeavesNegativeEntry: Bool

  /// The node that takes the writes.
  public static let primary = 0

  /// A cold cluster.
  /// - Parameters:
  ///   - nodeType: `settings.resolvedNodeType`, once that is known not to be nil.
  ///   - burst: capacity a node may spend at once; one second is inferred.
  /// - Precondition: 1 to 11 nodes.
  public init(
    _ settings: CacheSettings, nodeType: NodeType, burst: Nanoseconds = .seconds(1)
  ) {
    precondition(1...11 ~= settings.nodes, "a cluster has a primary and up to 10 replicas")
    let memory = settings.memoryPerNode ?? ByteCount(nodeType.memory.count / 2)
    items = ItemCache(capacity: memory, timeToLive: settings.itemTimeToLive)
    queries = QueryCache(capacity: memory, timeToLive: settings.queryTimeToLive)
    let rate = nodeType.normalizedRequestsPerSecond
    let load = NodeLoad(normalizedRequestsPerSecond: rate, burst: burst)
    loads = Array(repeating: load, count: settings.nodes)
    nodeCounts = Array(repeating: CacheNodeCounts(), count: settings.nodes)
    deleteLeavesNegativeEntry = settings.deleteLeavesNegativeEntry
  }

  public var nodes: Int { loads.count }

  /// Whether `node` takes a request of this cost; false is the node's ThrottlingException.
  public mutating func admit(node: Int, cost: Int, at now: Instant) -> Bool {
    guard loads[node].admit(cost: cost, at: now) else {
      nodeCounts[node].throttled += 1
      return false
    }
    nodeCounts[node].normalizedRequests += cost
    return true
  }

  /// Takes the cost of work that a node has accepted already.
  public mutating func charge(node: Int, cost: Int, at now: Instant) {
    loads[node].charge(cost: cost, at: now)
    nodeCounts[node].normalizedRequests += cost
  }

  /// Whether the primary takes a write of an item of `bytes`; if so every node pays for it.
  public mutating func admitWrite(bytes: Int, at now: Instant) -> Bool {
    let cost = NormalizedCost.write(bytes: bytes)
    guard admit(node: Self.primary, cost: cost, at: now) else { return false }
    for node in 1..<max(1, nodes) { charge(node: node, cost: cost, at: now) }
    return true
  }

  /// GetItem, or one key of a BatchGetItem, at a node.
  public mutating func get(
    table: UInt32, key: UInt64, at now: Instant, node: Int
  ) -> CacheLookup {
    let answer = items.lookup(table: table, key: key, at: now)
    nodeCounts[node].itemLookups.count(answer)
    return answer
  }

  /// Caches what a missed GetItem read: an item, or that there is none.
  /// - Parameter bytes: key and item; the key alone for a negative entry.
  public mutating func fill(
    table: UInt32, key: UInt64, bytes: Int, isNegative: Bool = false, at now: Instant
  ) {
    items.insert(table: table, key: key, bytes: bytes, isNegative: isNegative, at: now)
  }

  /// Caches what a successful PutItem or UpdateItem left in the table.
  public mutating func write(table: UInt32, key: UInt64, bytes: Int, at now: Instant) {
    items.insert(table: table, key: key, bytes: bytes, at: now)
  }

  /// Applies a successful DeleteItem, as `deleteLeavesNegativeEntry` says.
  public mutating func delete(table: UInt32, key: UInt64, keyBytes: Int, at now: Instant) {
    if deleteLeavesNegativeEntry {
      items.insert(table: table, key: key, bytes: keyBytes, isNegative: true, at: now)
    } else {
      items.invalidate(table: table, key: key)
    }
  }

  /// Query or Scan at a node, by a hash of its full parameter set.
  public mutating func query(
    table: UInt32, parameters: UInt64, at now: Instant, node: Int
  ) -> CacheLookup {
    let answer = queries.lookup(table: table, parameters: parameters, at: now)
    nodeCounts[node].queryLookups.count(answer)
    return answer
  }

  /// Caches the answer of a missed Query or Scan.
  public mutating func fillQuery(
    table: UInt32, parameters: UInt64, bytes: Int, isEmpty: Bool = false, at now: Instant
  ) {
    queries.insert(
      table: table, parameters: parameters, bytes: bytes, isEmpty: isEmpty, at: now)
  }

  /// Counts from zero again, for example when the warm-up of a run ends; content stays.
  public mutating func resetCounts() {
    items.resetCounts()
    queries.resetCounts()
    for node in nodeCounts.indices { nodeCounts[node] = CacheNodeCounts() }
  }
}

/// What one node has counted since the last reset.
public struct CacheNodeCounts: Hashable, Sendable {
  /// Lookups answered here; evictions and insertions are counted once, by the cluster's caches.
  public var itemLookups = CacheCounts()
  public var queryLookups = CacheCounts()
  /// Requests refused because the node was over its capacity.
  public var throttled = 0
  /// Load taken, in normalized requests.
  public var normalizedRequests = 0

  public init() {}
}
