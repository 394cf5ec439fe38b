// The flat arrays of the item cache against a plain list in order of recency: probing, shifting
// back, relinking and reuse of places are where such a structure goes wrong.

import Caching
import Testing
import Units

/// The same cache as a list, newest first.
private struct NaiveCache {
  struct Entry: Equatable {
    var table: UInt32
    var key: UInt64
    var bytes: Int
    var isNegative: Bool
    var writtenAt: Instant
  }

  let capacity: Int
  let timeToLive: Nanoseconds
  let writesRenew: Bool
  var entries: [Entry] = []
  var evictions = 0

  var bytes: Int { entries.reduce(0) { $0 + $1.bytes } }

  private func position(_ table: UInt32, _ key: UInt64) -> Int? {
    entries.firstIndex { $0.table == table && $0.key == key }
  }

  private func isDead(_ entry: Entry, _ now: Instant) -> Bool {
    timeToLive != .zero && now >= entry.writtenAt + timeToLive
  }

  mutating func lookup(_ table: UInt32, _ key: UInt64, _ now: Instant) -> CacheLookup {
    guard let found = position(table, key) else { return .miss }
    let entry = entries.remove(at: found)
    if isDead(entry, now) { return .expired }
    entries.insert(entry, at: 0)
    return entry.isNegative ? .negativeHit : .hit
  }

  mutating func insert(_ new: Entry) {
    var target = 0
    if let found = position(new.table, new.key) {
      let old = entries.remove(at: found)
      if !writesRenew && !isDead(old, new.writtenAt) { target = found }
    }
    guard new.bytes <= capacity else { return }
    entries.insert(new, at: target)
    while bytes > capacity {
      entries.removeLast()
      evictions += 1
    }
  }

  mutating func invalidate(_ table: UInt32, _ key: UInt64) {
    if let found = position(table, key) { entries.remove(at: found) }
  }
}

@Suite struct ItemCachePropertyTests {
  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func agreesWithAListInOrderOfRecency(seed: UInt64) {
    var random = TestGenerator(seed: seed)
    let capacity = [60, 400, 5_000][Int(seed % 3)]
    let timeToLive = Nanoseconds([0, 50, 400, 3_000][Int(seed % 4)])
    let renews = seed % 2 == 0
    var cache = ItemCache(
      capacity: ByteCount(Int64(capacity)), timeToLive: timeToLive, writesRenewRecency: renews)
    var naive = NaiveCache(capacity: capacity, timeToLive: timeToLive, writesRenew: renews)
    let keys = [8, 60, 300][random.below(3)]
    var now = Instant.start
    for step in 0..<4_000 {
      now += Nanoseconds(Int64(random.below(8)))
      let table = UInt32(random.below(3))
      let key = UInt64(random.below(keys)) << UInt64(random.below(2) * 40)
      switch random.below(10) {
      case 0..<5:
        let answer = cache.lookup(table: table, key: key, at: now)
        #expect(answer == naive.lookup(table, key, now), "seed \(seed), step \(step)")
      case 5..<9:
        let bytes = random.below(random.below(50) == 0 ? 2 * capacity : 30)
        let isNegative = random.below(5) == 0
        cache.insert(table: table, key: key, bytes: bytes, isNegative: isNegative, at: now)
        naive.insert(
          .init(table: table, key: key, bytes: bytes, isNegative: isNegative, writtenAt: now))
      default:
        cache.invalidate(table: table, key: key)
        naive.invalidate(table, key)
      }
      guard cache.count == naive.entries.count, Int(cache.bytes.count) == naive.bytes else {
        Issue.record("seed \(seed), step \(step): \(cache.count) entries, \(cache.bytes)")
        return
      }
    }
    #expect(cache.counts.evictions == naive.evictions, "seed \(seed)")
  }
}
