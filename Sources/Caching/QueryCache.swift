// The query cache of a node: whole answers of Query and Scan by their full parameter set.
//
// Independent of the item cache: a query never fills items, a write never touches a query's answer,
// which goes stale until its time has passed (features.md 2.1). Same structure as the item cache
// but for one rule: a time to live of zero caches nothing.

public import Units

/// A cache of query answers by table and a hash of all parameters.
///
/// Two parameter sets with the same 64-bit hash would share an entry; that is as unlikely as 2^-64
/// for a pair and harms a simulation no more than one false hit.
public struct QueryCache: Hashable, Sendable {
  private var answers: ItemCache

  public init(capacity: ByteCount, timeToLive: Nanoseconds) {
    answers = ItemCache(capacity: capacity, timeToLive: timeToLive)
  }

  public var counts: CacheCounts { answers.counts }
  public var count: Int { answers.count }
  public var bytes: ByteCount { answers.bytes }

  /// Asks for an answer; always a miss when the time to live is zero.
  public mutating func lookup(table: UInt32, parameters: UInt64, at now: Instant) -> CacheLookup {
    answers.lookup(table: table, key: parameters, at: now)
  }

  /// Keeps an answer, unless the time to live is zero.
  /// - Parameter isEmpty: the answer has no items: a negative entry.
  public mutating func insert(
    table: UInt32, parameters: UInt64, bytes: Int, isEmpty: Bool = false, at now: Instant
  ) {
    guard answers.timeToLive > .zero else { return }
    answers.insert(table: table, key: parameters, bytes: bytes, isNegative: isEmpty, at: now)
  }

  public mutating func copyContent(of other: QueryCache) {
    answers.copyContent(of: other.answers)
  }

  public mutating func removeAll() { answers.removeAll() }
  public mutating func resetCounts() { answers.resetCounts() }
}
