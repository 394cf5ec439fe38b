// What a cache answers, and what it counts about its answers.
//
// Hit ratio is an outcome of keys, sizes and times, never an input. An expired entry is a miss to
// the client (features.md 2.1); it is told apart so that a report can say which time to live costs
// reads.

/// What a cache answers for one key.
public enum CacheLookup: UInt8, Hashable, Sendable, CaseIterable {
  case hit
  /// The cache knows that there is nothing under this key.
  case negativeHit
  case miss
  /// An entry was there, but its time had passed; it is gone now.
  case expired

  /// Whether the cache answers by itself, without reading the table.
  public var isHit: Bool { self == .hit || self == .negativeHit }
}

/// What a cache has counted since the last reset.
public struct CacheCounts: Hashable, Sendable {
  /// Lookups answered from the cache, negative ones included.
  public var hits = 0
  public var negativeHits = 0
  /// Lookups not answered from the cache, expired ones included.
  public var misses = 0
  public var expirations = 0
  /// Entries that left because memory was full, and their size.
  public var evictions = 0
  public var evictedBytes = 0
  /// Entries written, new or over an older one.
  public var insertions = 0
  /// Entries larger than the whole cache.
  public var refusals = 0

  public init() {}

  /// `hits / (hits + misses)`, zero before the first lookup (features.md 2.2).
  public var hitRatio: Double {
    let lookups = hits + misses
    return lookups == 0 ? 0 : Double(hits) / Double(lookups)
  }

  mutating func count(_ lookup: CacheLookup) {
    switch lookup {
    case .hit: hits += 1
    case .negativeHit:
      hits += 1
      negativeHits += 1
    case .miss: misses += 1
    case .expired:
      misses += 1
      expirations += 1
    }
  }
}
