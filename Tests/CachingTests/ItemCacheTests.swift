// The documented semantics of both caches one by one (features.md 2.1): each is a rule a reader of
// the developer guide would check first.

import Caching
import Testing
import Units

private func second(_ n: Int64) -> Instant { .start + .seconds(n) }

@Suite struct ItemCacheTests {
  private func cache(_ capacity: Int64 = 100, timeToLive: Int64 = 300) -> ItemCache {
    ItemCache(capacity: ByteCount(capacity), timeToLive: .seconds(timeToLive))
  }

  /// Asks at each of `times` in turn.
  private func ask(_ cache: inout ItemCache, key: UInt64, _ times: [Int64]) -> [CacheLookup] {
    times.map { cache.lookup(table: 1, key: key, at: second($0)) }
  }

  @Test func timeToLiveCountsFromTheWriteAndReadsDoNotExtendIt() {
    var items = cache()
    items.insert(table: 1, key: 7, bytes: 10, at: second(0))
    let answers = ask(&items, key: 7, [0, 200, 299, 300, 301])
    #expect(answers == [.hit, .hit, .hit, .expired, .miss])
    #expect(items.count == 0 && items.bytes == .zero)
    #expect(items.counts.hits == 3 && items.counts.misses == 2 && items.counts.expirations == 1)
    #expect(items.counts.hitRatio == 0.6)
  }

  @Test func aWriteStartsTheTimeAnew() {
    var items = cache()
    items.insert(table: 1, key: 7, bytes: 10, at: second(0))
    items.insert(table: 1, key: 7, bytes: 30, at: second(250))
    let answers = ask(&items, key: 7, [549, 550])
    #expect(answers == [.hit, .expired])
  }

  @Test func zeroTimeToLiveKeepsItems() {
    var items = cache(timeToLive: 0)
    items.insert(table: 1, key: 7, bytes: 10, at: second(0))
    let answers = ask(&items, key: 7, [0, 1_000_000_000])
    #expect(answers == [.hit, .hit])
  }

  @Test func absenceIsCachedUntilAWrite() {
    var items = cache()
    items.insert(table: 1, key: 7, bytes: 8, isNegative: true, at: second(0))
    let before = ask(&items, key: 7, [1])
    items.insert(table: 1, key: 7, bytes: 20, at: second(2))
    let after = ask(&items, key: 7, [3])
    #expect(before == [.negativeHit] && after == [.hit])
    #expect(items.counts.negativeHits == 1 && items.counts.hits == 2)
    #expect(items.bytes == ByteCount(20))
  }

  @Test func theLeastRecentlyReadLeavesFirstExpiredOrNot() {
    var items = cache(30)
    for key in 1...3 as ClosedRange<UInt64> {
      items.insert(table: 1, key: key, bytes: 10, at: second(0))
    }
    let read = ask(&items, key: 1, [1])
    items.insert(table: 1, key: 4, bytes: 10, at: second(2))
    let gone = ask(&items, key: 2, [3])
    let kept = [1, 3, 4].map { items.lookup(table: 1, key: $0, at: second(4)) }
    #expect(read == [.hit] && gone == [.miss] && kept == [.hit, .hit, .hit])
    #expect(items.counts.evictions == 1 && items.counts.evictedBytes == 10)
  }

  /// "The LRU list uses first write and last read": a second write renews nothing by default.
  @Test(arguments: [false, true])
  func writingAgainRenewsRecencyOnlyOnRequest(renews: Bool) {
    var items = ItemCache(
      capacity: ByteCount(20), timeToLive: .zero, writesRenewRecency: renews)
    for key in [1, 2, 1, 3] as [UInt64] {
      items.insert(table: 1, key: key, bytes: 10, at: second(0))
    }
    let first = items.lookup(table: 1, key: 1, at: second(1))
    let other = items.lookup(table: 1, key: 2, at: second(1))
    #expect(first == (renews ? .hit : .miss) && other == (renews ? .miss : .hit))
  }

  @Test func anEntryLargerThanTheCacheIsNotKept() {
    var items = cache(30)
    items.insert(table: 1, key: 1, bytes: 10, at: second(0))
    items.insert(table: 1, key: 2, bytes: 10, at: second(0))
    items.insert(table: 1, key: 1, bytes: 31, at: second(0))
    #expect(items.counts.refusals == 1 && items.count == 1)
    let stale = items.lookup(table: 1, key: 1, at: second(1))
    let other = items.lookup(table: 1, key: 2, at: second(1))
    #expect(stale == .miss && other == .hit)
  }

  @Test func tablesDoNotShareKeys() {
    var items = cache()
    items.insert(table: 1, key: 7, bytes: 10, at: second(0))
    let other = items.lookup(table: 2, key: 7, at: second(0))
    items.invalidate(table: 2, key: 7)
    let own = items.lookup(table: 1, key: 7, at: second(0))
    #expect(other == .miss && own == .hit)
  }

  @Test func queriesNeedATimeToLive() {
    var off = QueryCache(capacity: ByteCount(100), timeToLive: .zero)
    off.insert(table: 1, parameters: 9, bytes: 10, at: second(0))
    let answer = off.lookup(table: 1, parameters: 9, at: second(0))
    #expect(answer == .miss && off.counts.misses == 1 && off.count == 0)
    var on = QueryCache(capacity: ByteCount(100), timeToLive: .seconds(5))
    on.insert(table: 1, parameters: 9, bytes: 10, at: second(0))
    on.insert(table: 1, parameters: 8, bytes: 10, isEmpty: true, at: second(0))
    let answers = [9, 8].map { on.lookup(table: 1, parameters: $0, at: second(4)) }
    let late = on.lookup(table: 1, parameters: 9, at: second(5))
    #expect(answers == [.hit, .negativeHit] && late == .expired)
  }
}
