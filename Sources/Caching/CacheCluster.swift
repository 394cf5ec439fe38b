// A cache cluster: one primary and its replicas, each with an item cache, a query cache and a load
// it bears.
//
// What a miss reads and what a client writes enters the primary's caches at once and the replicas'
// after the replication delay (features.md 2.1). A caller drives one request like this:
//
//   read:  `admit` with the cost of a hit, then `get`; unless it hit, `charge` the rest of a miss,
//          read the table eventually consistent, then `fill`.
//   write: `admitWrite`, write the table, and only if that succeeded `write` or `delete`.
//
// Consistent and transactional reads pass by the caches, and so do writes from other Regions; that
// is the caller's to decide, as is which node a client asks (reads any node that is up).

public import Units

/// A cluster of cache nodes.
public struct CacheCluster: Sendable {
  public private(set) var nodes: [CacheNode]
  public private(set) var membership: ClusterMembership
  private var log: ReplicationLog<CacheChange>
  private let deleteLeavesNegativeEntry: Bool

  /// A cold cluster.
  /// - Parameters:
  ///   - nodeType: `settings.resolvedNodeType`, once that is known not to be nil.
  ///   - burst: capacity a node may spend at once; one second is inferred.
  /// - Precondition: 1 to 11 nodes.
  public init(
    _ settings: CacheSettings, nodeType: NodeType, burst: Nanoseconds = .seconds(1)
  ) {
    membership = ClusterMembership(nodes: settings.nodes)
    nodes = Array(
      repeating: CacheNode(settings, nodeType: nodeType, burst: burst), count: settings.nodes)
    log = ReplicationLog(nodes: settings.nodes, delay: settings.replicationDelay)
    deleteLeavesNegativeEntry = settings.deleteLeavesNegativeEntry
  }

  /// Whether `node` takes a request of this cost; false is the node's ThrottlingException.
  public mutating func admit(node: Int, cost: Int, at now: Instant) -> Bool {
    nodes[node].admit(cost: cost, at: now)
  }

  /// Takes the cost of work that a node has accepted already.
  public mutating func charge(node: Int, cost: Int, at now: Instant) {
    nodes[node].charge(cost: cost, at: now)
  }

  /// Whether the primary takes a write of an item of `bytes`; if so every node pays for it.
  public mutating func admitWrite(bytes: Int, at now: Instant) -> Bool {
    guard let primary = membership.primary else { return false }
    let cost = NormalizedCost.write(bytes: bytes)
    guard nodes[primary].admit(cost: cost, at: now) else { return false }
    for node in nodes.indices where node != primary && membership.isUp[node] {
      nodes[node].charge(cost: cost, at: now)
    }
    return true
  }

  /// GetItem, or one key of a BatchGetItem, at a node.
  public mutating func get(
    table: UInt32, key: UInt64, at now: Instant, node: Int
  ) -> CacheLookup {
    catchUp(node, at: now)
    return nodes[node].items.lookup(table: table, key: key, at: now)
  }

  /// Caches what a missed GetItem read: an item, or that there is none.
  /// - Parameter bytes: key and item; the key alone for a negative entry.
  public mutating func fill(
    table: UInt32, key: UInt64, bytes: Int, isNegative: Bool = false, at now: Instant
  ) {
    change(.item(table: table, key: key, bytes: bytes, isNegative: isNegative), at: now)
  }

  /// Caches what a successful PutItem or UpdateItem left in the table.
  public mutating func write(table: UInt32, key: UInt64, bytes: Int, at now: Instant) {
    change(.item(table: table, key: key, bytes: bytes, isNegative: false), at: now)
  }

  /// Applies a successful DeleteItem, as `deleteLeavesNegativeEntry` says.
  public mutating func delete(table: UInt32, key: UInt64, keyBytes: Int, at now: Instant) {
    change(
      deleteLeavesNegativeEntry
        ? .item(table: table, key: key, bytes: keyBytes, isNegative: true)
        : .removal(table: table, key: key), at: now)
  }

  /// Query or Scan at a node, by a hash of its full parameter set.
  public mutating func query(
    table: UInt32, parameters: UInt64, at now: Instant, node: Int
  ) -> CacheLookup {
    catchUp(node, at: now)
    return nodes[node].queries.lookup(table: table, parameters: parameters, at: now)
  }

  /// Caches the answer of a missed Query or Scan.
  public mutating func fillQuery(
    table: UInt32, parameters: UInt64, bytes: Int, isEmpty: Bool = false, at now: Instant
  ) {
    change(
      .answer(table: table, parameters: parameters, bytes: bytes, isEmpty: isEmpty), at: now)
  }

  /// Takes a node away with its content; changes under way are lost with a primary (inferred).
  public mutating func lose(_ node: Int, at now: Instant) -> ClusterMembership.Loss {
    let loss = membership.lose(node)
    guard loss != .none else { return loss }
    log.leave(node)
    nodes[node].removeAll()
    if case .primary = loss { log.loseAll() }
    return loss
  }

  /// Brings a node back: with the primary's content, or cold when `isWarm` is false or no other
  /// node is up. A new node of the service starts to serve already warmed (features.md 2.1).
  public mutating func join(_ node: Int, isWarm: Bool, at now: Instant) {
    let source = membership.primary
    guard membership.join(node) else { return }
    if isWarm, let source { nodes[node].copyContent(of: nodes[source]) }
    log.join(node)
  }

  private mutating func change(_ change: CacheChange, at now: Instant) {
    guard let primary = membership.primary else { return }
    nodes[primary].apply(change, at: now)
    guard nodes.count > 1 else { return }
    log.append(change, from: primary, at: now)
  }

  private mutating func catchUp(_ node: Int, at now: Instant) {
    while let due = log.nextDue(for: node, at: now) { nodes[node].apply(due.change, at: due.at) }
  }

  /// Counts from zero again, for example when the warm-up of a run ends; content stays.
  public mutating func resetCounts() {
    for node in nodes.indices { nodes[node].resetCounts() }
  }
}

/// A change of a cache's content, as it goes from the primary to the replicas.
enum CacheChange: Hashable, Sendable {
  case item(table: UInt32, key: UInt64, bytes: Int, isNegative: Bool)
  case removal(table: UInt32, key: UInt64)
  case answer(table: UInt32, parameters: UInt64, bytes: Int, isEmpty: Bool)
}

/// One node: its caches, its load and what it has counted.
public struct CacheNode: Hashable, Sendable {
  public internal(set) var items: ItemCache
  public internal(set) var queries: QueryCache
  private var load: NodeLoad
  /// Requests refused because the node was over its capacity.
  public private(set) var throttled = 0
  /// Load taken, in normalized requests.
  public private(set) var normalizedRequests = 0

  init(_ settings: CacheSettings, nodeType: NodeType, burst: Nanoseconds) {
    let memory = settings.memoryPerNode ?? ByteCount(nodeType.memory.count / 2)
    items = ItemCache(capacity: memory, timeToLive: settings.itemTimeToLive)
    queries = QueryCache(capacity: memory, timeToLive: settings.queryTimeToLive)
    load = NodeLoad(
      normalizedRequestsPerSecond: nodeType.normalizedRequestsPerSecond, burst: burst)
  }

  mutating func admit(cost: Int, at now: Instant) -> Bool {
    guard load.admit(cost: cost, at: now) else {
      throttled += 1
      return false
    }
    normalizedRequests += cost
    return true
  }

  mutating func charge(cost: Int, at now: Instant) {
    load.charge(cost: cost, at: now)
    normalizedRequests += cost
  }

  mutating func apply(_ change: CacheChange, at now: Instant) {
    switch change {
    case .item(let table, let key, let bytes, let isNegative):
      items.insert(table: table, key: key, bytes: bytes, isNegative: isNegative, at: now)
    case .removal(let table, let key): items.invalidate(table: table, key: key)
    case .answer(let table, let parameters, let bytes, let isEmpty):
      queries.insert(
        table: table, parameters: parameters, bytes: bytes, isEmpty: isEmpty, at: now)
    }
  }

  mutating func removeAll() {
    items.removeAll()
    queries.removeAll()
  }

  /// Takes over another node's entries; its own counts stay.
  mutating func copyContent(of other: CacheNode) {
    items.copyContent(of: other.items)
    queries.copyContent(of: other.queries)
  }

  mutating func resetCounts() {
    items.resetCounts()
    queries.resetCounts()
    throttled = 0
    normalizedRequests = 0
  }
}
