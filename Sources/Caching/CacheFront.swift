// The DAX cluster in front of some tables, as every driver drives it: the simulator on virtual
// time, the load generator on the wall's.
//
// Which node a request meets, what it costs there, when nodes are lost and return, and the counts
// per minute. Reads and writes of tables are the driver's: it fills the caches with what they
// brought.

public import Units

/// A cache node that fails.
public struct NodeLoss: Hashable, Sendable {
  /// From 0; node 0 is the first primary.
  public var node: Int
  public var at: Nanoseconds
  /// Until a node in its place joins; nil is until the end.
  public var duration: Nanoseconds?
  /// Whether the new node joins with the primary's content.
  public var isWarm: Bool

  public init(node: Int, at: Nanoseconds, duration: Nanoseconds?, isWarm: Bool) {
    self.node = node
    self.at = at
    self.duration = duration
    self.isWarm = isWarm
  }
}

/// What the cluster says to a read.
public enum CacheOutcome: Sendable {
  case hit, miss, throttled
}

/// A cluster with its counts per minute.
public struct CacheFront: Sendable {
  public private(set) var cluster: CacheCluster
  public let nodeType: String
  private var nextNode = 0
  private var minuteHits: Int64 = 0
  private var minuteMisses: Int64 = 0
  public private(set) var hitsPerMinute: [Int64] = []
  public private(set) var missesPerMinute: [Int64] = []
  /// Normalized requests of the minute: reads on all nodes, writes on each.
  private var minuteReadLoad: Int64 = 0
  private var minuteWriteLoad: Int64 = 0
  public private(set) var readLoadPerMinute: [Int64] = []
  public private(set) var writeLoadPerMinute: [Int64] = []
  /// Losses and returns of nodes to come, the next one last.
  private var changes: [NodeChange] = []

  private struct NodeChange: Sendable {
    var at: Instant
    var node: Int
    /// nil when the node is lost; else whether it joins warm.
    var joinsWarm: Bool?
  }

  /// Bytes of a key that a negative entry keeps; small against any item.
  private static let keyBytes = 32

  /// - Precondition: the node type is published or fully overridden.
  public init(_ settings: CacheSettings, losses: [NodeLoss]) {
    guard let type = settings.resolvedNodeType else {
      preconditionFailure("no throughput is known for \(settings.nodeType)")
    }
    cluster = CacheCluster(settings, nodeType: type)
    nodeType = settings.nodeType
    for loss in losses {
      let at = Instant.start + loss.at
      changes.append(NodeChange(at: at, node: loss.node, joinsWarm: nil))
      if let duration = loss.duration {
        changes.append(NodeChange(at: at + duration, node: loss.node, joinsWarm: loss.isWarm))
      }
    }
    // Latest first; of one instant the file's order.
    changes = changes.enumerated()
      .sorted { ($1.element.at, $1.offset) < ($0.element.at, $0.offset) }.map(\.element)
  }

  /// Loses and joins the nodes whose time has come.
  private mutating func advance(to now: Instant) {
    while let next = changes.last, next.at <= now {
      changes.removeLast()
      if let isWarm = next.joinsWarm {
        cluster.join(next.node, isWarm: isWarm, at: next.at)
      } else {
        _ = cluster.lose(next.node, at: next.at)
      }
    }
  }

  /// Reads go to the nodes that are up in turn, which is what a random healthy node amounts to; nil
  /// when none is up.
  private mutating func node() -> Int? {
    for _ in cluster.nodes.indices {
      nextNode += 1
      if nextNode >= cluster.nodes.count { nextNode = 0 }
      if cluster.membership.isUp[nextNode] { return nextNode }
    }
    return nil
  }

  private mutating func count(_ lookup: CacheLookup) -> CacheOutcome {
    if lookup.isHit {
      minuteHits += 1
      return .hit
    }
    minuteMisses += 1
    return .miss
  }

  /// GetItem or one key of a BatchGetItem.
  public mutating func read(_ table: Int, _ item: UInt64, bytes: Int, at now: Instant)
    -> CacheOutcome
  {
    advance(to: now)
    guard let node = node() else { return .throttled }
    let hit = NormalizedCost.hit(bytes: bytes)
    guard cluster.admit(node: node, cost: hit, at: now) else { return .throttled }
    let outcome = count(cluster.get(table: UInt32(table), key: item, at: now, node: node))
    return answered(outcome, bytes: bytes, by: node, at: now)
  }

  /// Takes the rest of a miss, and notes the load.
  private mutating func answered(
    _ outcome: CacheOutcome, bytes: Int, by node: Int, at now: Instant
  ) -> CacheOutcome {
    let hit = NormalizedCost.hit(bytes: bytes)
    guard case .miss = outcome else {
      minuteReadLoad += Int64(hit)
      return outcome
    }
    let miss = NormalizedCost.miss(bytes: bytes)
    cluster.charge(node: node, cost: miss - hit, at: now)
    minuteReadLoad += Int64(miss)
    return outcome
  }

  /// Keeps what a missed read found, or that there is nothing.
  public mutating func fill(_ table: Int, _ item: UInt64, bytes: Int, at now: Instant) {
    cluster.fill(
      table: UInt32(table), key: item, bytes: bytes == 0 ? Self.keyBytes : bytes,
      isNegative: bytes == 0, at: now)
  }

  /// Query or Scan by a hash of its parameters.
  public mutating func query(
    _ table: Int, _ parameters: UInt64, bytes: Int, at now: Instant
  ) -> CacheOutcome {
    advance(to: now)
    guard let node = node() else { return .throttled }
    let hit = NormalizedCost.hit(bytes: bytes)
    guard cluster.admit(node: node, cost: hit, at: now) else { return .throttled }
    let outcome = count(
      cluster.query(table: UInt32(table), parameters: parameters, at: now, node: node))
    return answered(outcome, bytes: bytes, by: node, at: now)
  }

  public mutating func fillQuery(_ table: Int, _ parameters: UInt64, bytes: Int, at now: Instant) {
    cluster.fillQuery(
      table: UInt32(table), parameters: parameters, bytes: max(1, bytes), at: now)
  }

  /// Whether the primary takes a write of `bytes`.
  public mutating func admitWrite(bytes: Int, at now: Instant) -> Bool {
    advance(to: now)
    guard cluster.admitWrite(bytes: bytes, at: now) else { return false }
    minuteWriteLoad += Int64(NormalizedCost.write(bytes: bytes))
    return true
  }

  /// Write-through of a committed write; 0 bytes is a delete.
  public mutating func write(_ table: Int, _ item: UInt64, bytes: Int, at now: Instant) {
    if bytes == 0 {
      cluster.delete(table: UInt32(table), key: item, keyBytes: Self.keyBytes, at: now)
    } else {
      cluster.write(table: UInt32(table), key: item, bytes: bytes, at: now)
    }
  }

  public mutating func minuteEnded() {
    readLoadPerMinute.append(minuteReadLoad)
    writeLoadPerMinute.append(minuteWriteLoad)
    minuteReadLoad = 0
    minuteWriteLoad = 0
    hitsPerMinute.append(minuteHits)
    missesPerMinute.append(minuteMisses)
    minuteHits = 0
    minuteMisses = 0
  }
}
