// The item cache of a node: real keys, least-recently-used eviction by memory, a time to live.
//
// Semantics (features.md 2.1): the time to live counts from the write and no read extends it; an
// expired entry is a miss; a full cache evicts the least recently used entry, expired or not; zero
// time to live keeps entries until eviction or a write; the absence of an item is an entry too.
// Recency is "first write and last read": writing over an entry that is alive does not renew it,
// unless `writesRenewRecency` says so. That an expired entry nobody asks for keeps its memory until
// eviction reaches it, and that an entry takes the bytes of key and item and nothing more, is
// inferred.
//
// Entries live in one flat array and form a circular list through indices; entry 0 is its head, so
// no link is ever missing. `CacheIndex` finds them. No allocation per entry.

public import Units

/// A cache of items by table and key.
public struct ItemCache: Hashable, Sendable {
  /// Memory for entries.
  public let capacity: ByteCount
  /// Zero keeps entries until eviction or a write.
  public let timeToLive: Nanoseconds
  /// Whether writing over an entry that is alive counts as a use.
  public let writesRenewRecency: Bool
  public private(set) var counts = CacheCounts()
  private var heldBytes = 0
  private var entries: [CacheEntry]
  private var index = CacheIndex()
  /// First unused entry; they are linked through `older`. Zero when all are used.
  private var firstFree: UInt32 = 0

  public init(capacity: ByteCount, timeToLive: Nanoseconds, writesRenewRecency: Bool = false) {
    self.capacity = capacity
    self.timeToLive = timeToLive
    self.writesRenewRecency = writesRenewRecency
    self.entries = [CacheEntry(table: 0, key: 0)]
  }

  /// Entries in the cache, expired ones that nobody asked for included.
  public var count: Int { index.count }

  /// Memory the entries take.
  public var bytes: ByteCount { ByteCount(Int64(heldBytes)) }

  /// Asks for a key; a hit becomes the most recently used entry, an expired entry leaves.
  /// Amortised O(1).
  public mutating func lookup(table: UInt32, key: UInt64, at now: Instant) -> CacheLookup {
    let answer = find(table: table, key: key, at: now)
    counts.count(answer)
    return answer
  }

  /// Writes an entry: after a miss, or through the cache; its time to live starts anew.
  ///
  /// Evicts what must leave to make room. An entry larger than the cache is not kept, and an older
  /// one under its key leaves. Amortised O(1).
  /// - Parameters:
  ///   - bytes: the size of key and item; the key alone for a negative entry.
  ///   - isNegative: there is no item under this key.
  public mutating func insert(
    table: UInt32, key: UInt64, bytes: Int, isNegative: Bool = false, at now: Instant
  ) {
    insert(CacheKey(table: table, hash: key), bytes, isNegative: isNegative, at: now) { _ in }
  }

  /// Writes an entry and tells `evicted` the place of each one that left to make room.
  mutating func insert(
    _ cacheKey: CacheKey, _ bytes: Int, isNegative: Bool, at now: Instant, evicted: (Int) -> Void
  ) {
    let (table, key) = (cacheKey.table, cacheKey.hash)
    precondition(bytes >= 0 && bytes <= Int(Int32.max), "an entry's size must fit 31 bits")
    guard bytes <= capacity.count else {
      invalidate(table: table, key: key)
      counts.refusals += 1
      return
    }
    counts.insertions += 1
    let hash = CacheIndex.hash(table: table, key: key)
    let slot = index.slot(of: table, key, hash: hash, in: entries)
    let place: Int
    if slot >= 0 {
      place = index.place(at: slot)
      if writesRenewRecency || isExpired(place, at: now) { renew(place) }
      heldBytes -= entries[place].bytes
    } else {
      place = newEntry(table: table, key: key)
      index.insert(place: place, hash: hash)
    }
    entries[place].set(bytes: bytes, isNegative: isNegative, at: now)
    heldBytes += bytes
    while heldBytes > capacity.count { evicted(evict()) }
  }

  /// Where the entry of a key is, expired or not; nil when there is none. Places are small numbers
  /// from 1 and used again, so that a driver can keep the items themselves in an array. O(1).
  func place(of key: CacheKey) -> Int? {
    let hash = CacheIndex.hash(table: key.table, key: key.hash)
    let slot = index.slot(of: key.table, key.hash, hash: hash, in: entries)
    return slot >= 0 ? index.place(at: slot) : nil
  }

  /// Removes the entry of a key, if there is one. O(1).
  public mutating func invalidate(table: UInt32, key: UInt64) {
    let hash = CacheIndex.hash(table: table, key: key)
    let slot = index.slot(of: table, key, hash: hash, in: entries)
    if slot >= 0 { remove(slot: slot) }
  }

  /// Removes everything, as a node that starts cold; counts stay.
  public mutating func removeAll() {
    entries = [CacheEntry(table: 0, key: 0)]
    index = CacheIndex()
    firstFree = 0
    heldBytes = 0
  }

  /// Takes over another cache's entries, in their order of recency; its own counts stay.
  public mutating func copyContent(of other: ItemCache) {
    entries = other.entries
    index = other.index
    firstFree = other.firstFree
    heldBytes = other.heldBytes
  }

  /// Counts from zero again, for example when the warm-up of a run ends; entries stay.
  public mutating func resetCounts() { counts = CacheCounts() }

  private mutating func find(table: UInt32, key: UInt64, at now: Instant) -> CacheLookup {
    let hash = CacheIndex.hash(table: table, key: key)
    let slot = index.slot(of: table, key, hash: hash, in: entries)
    guard slot >= 0 else { return .miss }
    let place = index.place(at: slot)
    guard !isExpired(place, at: now) else {
      remove(slot: slot)
      return .expired
    }
    renew(place)
    return entries[place].isNegative ? .negativeHit : .hit
  }

  private func isExpired(_ place: Int, at now: Instant) -> Bool {
    timeToLive > .zero && now - entries[place].writtenAt >= timeToLive
  }

  private mutating func evict() -> Int {
    let place = Int(entries[0].newer)
    precondition(place != 0, "a cache without entries holds no bytes")
    counts.evictions += 1
    counts.evictedBytes += entries[place].bytes
    let hash = CacheIndex.hash(table: entries[place].table, key: entries[place].key)
    remove(slot: index.slot(ofPlace: place, hash: hash))
    return place
  }

  private mutating func remove(slot: Int) {
    let place = index.place(at: slot)
    index.remove(slot: slot)
    heldBytes -= entries[place].bytes
    entries.withUnsafeMutableBufferPointer { RecencyList.unlink(place, in: $0) }
    entries[place].older = firstFree
    firstFree = UInt32(place)
  }

  private mutating func newEntry(table: UInt32, key: UInt64) -> Int {
    let place: Int
    if firstFree != 0 {
      place = Int(firstFree)
      firstFree = entries[place].older
      entries[place] = CacheEntry(table: table, key: key)
    } else {
      place = entries.count
      precondition(place < Int(UInt32.max), "a cache numbers its entries in 32 bits")
      entries.append(CacheEntry(table: table, key: key))
    }
    entries.withUnsafeMutableBufferPointer { RecencyList.linkNewest(place, in: $0) }
    return place
  }

  private mutating func renew(_ place: Int) {
    guard Int(entries[0].older) != place else { return }
    entries.withUnsafeMutableBufferPointer {
      RecencyList.unlink(place, in: $0)
      RecencyList.linkNewest(place, in: $0)
    }
  }
}
