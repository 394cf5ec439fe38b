// The item cache with the items in it, for a server: the same decisions, and what they are about.
//
// `ItemCache` decides by table and a 64-bit hash of the key; here the whole key decides. Two keys
// of one hash therefore replace each other, which no client notices but as a miss.

public import Units

/// What an entry is found by.
public struct CacheKey: Hashable, Sendable {
  public let table: UInt32
  public let hash: UInt64

  public init(table: UInt32, hash: UInt64) {
    self.table = table
    self.hash = hash
  }
}

/// A cache whose entries carry content.
public struct ContentCache<Content: Sendable>: Sendable {
  /// What the cache decides and counts.
  public private(set) var decisions: ItemCache
  /// By the place of the entry.
  private var contents: [Content?] = [nil]
  private let keepsNothing: Bool

  /// An item cache. A time to live of zero keeps entries until eviction or a write.
  public static func items(capacity: ByteCount, timeToLive: Nanoseconds) -> ContentCache {
    ContentCache(ItemCache(capacity: capacity, timeToLive: timeToLive), keepsNothing: false)
  }

  /// A query cache. A time to live of zero caches nothing.
  public static func queries(capacity: ByteCount, timeToLive: Nanoseconds) -> ContentCache {
    ContentCache(
      ItemCache(capacity: capacity, timeToLive: timeToLive), keepsNothing: timeToLive == .zero)
  }

  private init(_ decisions: ItemCache, keepsNothing: Bool) {
    self.decisions = decisions
    self.keepsNothing = keepsNothing
  }

  /// Asks for a key, as `ItemCache.lookup` does; the content is nil unless it hit.
  /// - Parameter isWanted: whether a content is the one of the whole key.
  public mutating func lookup(
    _ key: CacheKey, at now: Instant, isWanted: (Content) -> Bool
  ) -> (answer: CacheLookup, content: Content?) {
    let place = decisions.place(of: key)
    if let place, let content = contents[place], !isWanted(content) { invalidate(key) }
    let answer = decisions.lookup(table: key.table, key: key.hash, at: now)
    guard let place else { return (answer, nil) }
    if answer.isHit { return (answer, contents[place]) }
    contents[place] = nil
    return (answer, nil)
  }

  /// Writes an entry, as `ItemCache.insert` does.
  public mutating func insert(
    _ content: Content, _ key: CacheKey, bytes: Int, isNegative: Bool = false, at now: Instant
  ) {
    guard !keepsNothing else { return }
    forgetContent(of: key)
    decisions.insert(key, bytes, isNegative: isNegative, at: now) { contents[$0] = nil }
    guard let place = decisions.place(of: key) else { return }
    while contents.count <= place { contents.append(nil) }
    contents[place] = content
  }

  /// Removes the entry of a key, if there is one.
  public mutating func invalidate(_ key: CacheKey) {
    forgetContent(of: key)
    decisions.invalidate(table: key.table, key: key.hash)
  }

  private mutating func forgetContent(of key: CacheKey) {
    if let place = decisions.place(of: key) { contents[place] = nil }
  }

  /// Takes over another cache's entries and contents; its own counts stay.
  public mutating func copyContent(of other: ContentCache) {
    decisions.copyContent(of: other.decisions)
    contents = other.contents
  }

  /// Removes everything, as a node that starts cold; counts stay.
  public mutating func removeAll() {
    decisions.removeAll()
    contents = [nil]
  }
}
