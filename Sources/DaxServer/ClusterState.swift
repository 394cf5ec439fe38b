// What the nodes of a cluster know: caches, roles, load, names, counts. Guarded by one lock.
//
// All decisions are those of `Caching`, the same that the simulator's cluster takes; here the
// entries carry what is answered. Nothing in this file waits: the endpoint is called without the
// lock.

import Caching
import DaxProtocol
import Units

/// An entry of the item cache.
struct CachedItem: Sendable {
  /// The key in the one form that each key has here.
  let key: [UInt8]
  /// As it is answered; nil when there is no item.
  let value: [UInt8]?
  /// Size of the item by the service's rule.
  let bytes: Int
}

/// An entry of the query cache.
struct CachedPage: Sendable {
  /// Operation, parameters and projection.
  let parameters: [UInt8]
  /// The answer's fields without the capacity consumed.
  let fields: PageFields
  let bytes: Int
}

/// A change of the primary on its way to the replicas.
enum ContentChange: Sendable {
  case item(CachedItem, CacheKey)
  case removal(CacheKey)
  case page(CachedPage, CacheKey)
}

extension CacheKey {
  /// The key of an entry whose whole key is `bytes`: FNV-1a of 64 bits; the caches mix it further.
  init(table: UInt32, bytes: [UInt8]) {
    self.init(
      table: table,
      hash: bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 })
  }

  /// For work under way on the key.
  var guardKey: UInt64 { hash &+ UInt64(table) &* 0x9e37_79b9_7f4a_7c15 }
}

/// One node's caches, load and counts.
struct NodeState: Sendable {
  var items: ContentCache<CachedItem>
  var queries: ContentCache<CachedPage>
  var load: NodeLoad
  var metrics = NodeMetrics()

  init(_ options: DaxOptions, _ type: NodeType) {
    let memory = options.cache.memoryPerNode ?? ByteCount(type.memory.count / 2)
    items = .items(capacity: memory, timeToLive: options.cache.itemTimeToLive)
    queries = .queries(capacity: memory, timeToLive: options.cache.queryTimeToLive)
    load = NodeLoad(
      normalizedRequestsPerSecond: type.normalizedRequestsPerSecond, burst: .seconds(1))
  }

  mutating func apply(_ change: ContentChange, at now: Instant) {
    switch change {
    case .item(let item, let key):
      items.insert(item, key, bytes: item.bytes, isNegative: item.value == nil, at: now)
    case .removal(let key): items.invalidate(key)
    case .page(let page, let key):
      queries.insert(
        page, key, bytes: page.bytes, isNegative: page.fields.count == 0, at: now)
    }
  }
}

/// The state of a cluster.
struct ClusterState: Sendable {
  private(set) var nodes: [NodeState]
  private(set) var membership: ClusterMembership
  var lists = AttributeLists()
  var tables = TableCatalog()
  private var log: ReplicationLog<ContentChange>
  private var overlaps = OverlapGuard()
  private let enforcesCapacity: Bool

  init(_ options: DaxOptions, _ type: NodeType) {
    let count = options.cache.nodes
    nodes = Array(repeating: NodeState(options, type), count: count)
    membership = ClusterMembership(nodes: count)
    log = ReplicationLog(nodes: count, delay: options.cache.replicationDelay)
    enforcesCapacity = options.enforcesCapacity
  }

  mutating func count(_ node: Int, _ body: (inout NodeMetrics) -> Void) {
    body(&nodes[node].metrics)
  }

  // MARK: Load

  /// Whether a node takes another request; it is paid for when its size is known.
  mutating func admits(_ node: Int, at now: Instant) -> Bool {
    guard enforcesCapacity else { return true }
    guard nodes[node].load.admit(cost: 0, at: now) else {
      nodes[node].metrics.throttledRequests += 1
      return false
    }
    return true
  }

  mutating func charge(_ node: Int, _ cost: Int, at now: Instant) {
    nodes[node].load.charge(cost: cost, at: now)
    nodes[node].metrics.addLoad(cost, at: now)
  }

  /// A write loads every node that is up.
  mutating func chargeWrite(bytes: Int, at now: Instant) {
    let cost = NormalizedCost.write(bytes: bytes)
    for node in nodes.indices where membership.isUp[node] { charge(node, cost, at: now) }
  }

  // MARK: Items

  /// What a node's item cache has under a key; a miss takes a ticket for filling it.
  mutating func item(
    _ key: CacheKey, _ bytes: [UInt8], at node: Int, now: Instant
  ) -> ItemAnswer {
    catchUp(node, at: now)
    let found = nodes[node].items.lookup(key, at: now) {
      $0.key == bytes
    }
    if let content = found.content {
      nodes[node].metrics.itemHits += 1
      charge(node, NormalizedCost.hit(bytes: content.bytes), at: now)
      return .hit(content)
    }
    nodes[node].metrics.itemMisses += 1
    return .miss(overlaps.begin(.fill, key: key.guardKey))
  }

  /// Ends a miss with what the endpoint has answered; nil when it has failed.
  mutating func fill(
    _ key: CacheKey, _ item: CachedItem?, _ ticket: OverlapGuard.Ticket, at node: Int, now: Instant
  ) {
    let isClean = overlaps.end(ticket)
    guard let item else { return }
    charge(node, NormalizedCost.miss(bytes: item.bytes), at: now)
    if isClean { change(.item(item, key), at: now) }
  }

  mutating func beginFill(_ key: CacheKey) -> OverlapGuard.Ticket {
    overlaps.begin(.fill, key: key.guardKey)
  }

  mutating func beginWrite(_ key: CacheKey) -> OverlapGuard.Ticket {
    overlaps.begin(.write, key: key.guardKey)
  }

  /// Ends a write.
  mutating func endWrite(
    _ key: CacheKey, _ outcome: WriteOutcome, _ ticket: OverlapGuard.Ticket, now: Instant
  ) {
    let isClean = overlaps.end(ticket)
    switch outcome {
    case .failed: return
    case .unknown:
      chargeWrite(bytes: 0, at: now)
      change(.removal(key), at: now)
    case .holds(let item):
      chargeWrite(bytes: item.bytes, at: now)
      change(isClean ? .item(item, key) : .removal(key), at: now)
    }
  }

  // MARK: Pages

  mutating func page(
    _ key: CacheKey, _ parameters: [UInt8], at node: Int, now: Instant
  ) -> CachedPage? {
    catchUp(node, at: now)
    let found = nodes[node].queries.lookup(key, at: now) {
      $0.parameters == parameters
    }
    if let page = found.content { charge(node, NormalizedCost.hit(bytes: page.bytes), at: now) }
    return found.content
  }

  mutating func fill(_ key: CacheKey, _ page: CachedPage, at node: Int, now: Instant) {
    charge(node, NormalizedCost.miss(bytes: page.bytes), at: now)
    change(.page(page, key), at: now)
  }

  // MARK: Replication and nodes

  private mutating func change(_ change: ContentChange, at now: Instant) {
    guard let primary = membership.primary else { return }
    nodes[primary].apply(change, at: now)
    if nodes.count > 1 { log.append(change, from: primary, at: now) }
  }

  mutating func catchUp(_ node: Int, at now: Instant) {
    while let due = log.nextDue(for: node, at: now) { nodes[node].apply(due.change, at: due.at) }
  }

  /// Takes a node away with its content, and what was on its way from a primary.
  mutating func lose(_ node: Int) -> ClusterMembership.Loss {
    let loss = membership.lose(node)
    guard loss != .none else { return loss }
    log.leave(node)
    nodes[node].items.removeAll()
    nodes[node].queries.removeAll()
    if case .primary = loss { log.loseAll() }
    return loss
  }

  /// Brings a node back with the primary's content; false when it was up.
  mutating func join(_ node: Int) -> Bool {
    let source = membership.primary
    guard membership.join(node) else { return false }
    if let source {
      nodes[node].items.copyContent(of: nodes[source].items)
      nodes[node].queries.copyContent(of: nodes[source].queries)
    }
    log.join(node)
    return true
  }
}

enum ItemAnswer {
  case hit(CachedItem)
  case miss(OverlapGuard.Ticket)
}

/// What a write has left under its key, as far as the cache can tell.
enum WriteOutcome {
  /// The endpoint refused it.
  case failed
  /// It may have changed the item to something that was not answered.
  case unknown
  case holds(CachedItem)
}
