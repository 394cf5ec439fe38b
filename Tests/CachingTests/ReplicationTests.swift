// Several nodes: changes that travel, nodes that are lost and come back (features.md 2.1).

import Caching
import Testing
import Units

@Suite struct ReplicationTests {
  private func at(_ milliseconds: Int64) -> Instant { .start + .milliseconds(milliseconds) }

  private func cluster(nodes: Int, delay: Int64 = 100) throws -> CacheCluster {
    let settings = CacheSettings(
      nodes: nodes, nodeType: "dax.r5.large", replicationDelay: .milliseconds(delay))
    return CacheCluster(settings, nodeType: try #require(settings.resolvedNodeType))
  }

  /// Whether each node answers key 7 from its cache.
  private func hits(_ cluster: inout CacheCluster, _ time: Int64) -> [Bool] {
    cluster.nodes.indices.map {
      cluster.get(table: 1, key: 7, at: at(time), node: $0).isHit
    }
  }

  @Test func replicasGetAChangeAfterTheDelay() throws {
    var cluster = try cluster(nodes: 3)
    cluster.write(table: 1, key: 7, bytes: 10, at: at(0))
    let early = hits(&cluster, 99)
    let late = hits(&cluster, 100)
    #expect(early == [true, false, false] && late == [true, true, true])
    cluster.delete(table: 1, key: 7, keyBytes: 1, at: at(200))
    let stale = hits(&cluster, 250)
    let gone = hits(&cluster, 300)
    #expect(stale == [false, true, true] && gone == [false, false, false])
  }

  /// The time to live counts from the write, not from the arrival at a replica.
  @Test func replicasExpireWithThePrimary() throws {
    var cluster = try cluster(nodes: 2, delay: 1_000)
    cluster.fill(table: 1, key: 7, bytes: 10, at: at(0))
    let alive = hits(&cluster, 299_999)
    let expired = hits(&cluster, 300_000)
    #expect(alive == [true, true] && expired == [false, false])
  }

  @Test func queriesTravelToo() throws {
    var cluster = try cluster(nodes: 2)
    cluster.fillQuery(table: 1, parameters: 9, bytes: 10, at: at(0))
    let early = cluster.query(table: 1, parameters: 9, at: at(50), node: 1)
    let late = cluster.query(table: 1, parameters: 9, at: at(100), node: 1)
    #expect(early == .miss && late == .hit)
  }

  @Test func aReplicaTakesOverFromALostPrimary() throws {
    var cluster = try cluster(nodes: 3)
    cluster.write(table: 1, key: 7, bytes: 10, at: at(0))
    _ = hits(&cluster, 100)
    // The replicas have this entry, but not the delete that the primary was about to send.
    cluster.delete(table: 1, key: 7, keyBytes: 1, at: at(110))
    let loss = cluster.lose(0, at: at(120))
    #expect(loss == .primary(promoted: 1) && cluster.membership.upCount == 2)
    let stale = cluster.get(table: 1, key: 7, at: at(500), node: 2)
    #expect(stale == .hit)
    cluster.write(table: 1, key: 8, bytes: 10, at: at(500))
    let promoted = cluster.get(table: 1, key: 8, at: at(500), node: 1)
    let replica = cluster.get(table: 1, key: 8, at: at(600), node: 2)
    #expect(promoted == .hit && replica == .hit)
    let again = cluster.lose(0, at: at(700))
    #expect(again == .none)
  }

  @Test(arguments: [false, true])
  func aNodeComesBack(isWarm: Bool) throws {
    var cluster = try cluster(nodes: 2)
    cluster.write(table: 1, key: 7, bytes: 10, at: at(0))
    let loss = cluster.lose(1, at: at(200))
    #expect(loss == .replica)
    cluster.write(table: 1, key: 9, bytes: 10, at: at(250))
    cluster.join(1, isWarm: isWarm, at: at(300))
    let old = cluster.get(table: 1, key: 7, at: at(300), node: 1)
    let missed = cluster.get(table: 1, key: 9, at: at(300), node: 1)
    #expect(old.isHit == isWarm && missed.isHit == isWarm)
    cluster.write(table: 1, key: 8, bytes: 10, at: at(300))
    let new = cluster.get(table: 1, key: 8, at: at(400), node: 1)
    #expect(new == .hit && cluster.membership.primary == 0)
  }

  @Test func withoutNodesNothingIsTaken() throws {
    var cluster = try cluster(nodes: 1)
    let loss = cluster.lose(0, at: at(0))
    #expect(loss == .primary(promoted: nil))
    let taken = cluster.admitWrite(bytes: 1, at: at(1))
    #expect(!taken)
    cluster.join(0, isWarm: true, at: at(2))
    #expect(cluster.membership.primary == 0)
    let admitted = cluster.admitWrite(bytes: 1, at: at(3))
    #expect(admitted)
  }

  /// Nodes that look at different times see the same changes in the same order, and the log does
  /// not grow without end.
  @Test func everyNodeSeesEveryChangeInOrder() {
    var log = ReplicationLog<Int>(nodes: 4, delay: .milliseconds(10))
    var seen: [[Int]] = [[], [], [], []]
    for step in 0..<5_000 {
      let now = at(Int64(step))
      log.append(step, from: 0, at: now)
      for node in 1..<4 where step % (node * 7) == 0 {
        while let due = log.nextDue(for: node, at: now) { seen[node].append(due.change) }
      }
    }
    for node in 1..<4 {
      while let due = log.nextDue(for: node, at: at(10_000)) { seen[node].append(due.change) }
      #expect(seen[node] == Array(0..<5_000))
    }
  }
}

@Suite struct OverlapGuardTests {
  /// A fill that a write has overtaken would bring back the old value.
  @Test func aFillThatMeetsAWriteIsDropped() {
    var work = OverlapGuard()
    let before = work.begin(.fill, key: 1)
    let write = work.begin(.write, key: 1)
    let during = work.begin(.fill, key: 1)
    let other = work.begin(.fill, key: 2)
    let outcomes = [before, write, during, other].map { work.end($0) }
    #expect(outcomes == [false, true, false, true])
    #expect(work.keys == 0)
  }

  @Test func overlappingWritesLeaveNoEntry() {
    var work = OverlapGuard()
    let first = work.begin(.write, key: 1)
    let second = work.begin(.write, key: 1)
    let ended = [work.end(second), work.end(first)]
    #expect(ended == [false, false])
    let third = work.begin(.write, key: 1)
    let alone = work.end(third)
    #expect(alone)
  }

  @Test func fillsDoNotDisturbEachOther() {
    var work = OverlapGuard()
    let (a, b) = (work.begin(.fill, key: 1), work.begin(.fill, key: 1))
    let ended = [work.end(a), work.end(b), work.end(b)]
    #expect(ended == [true, true, false])
  }
}

@Suite struct ContentCacheTests {
  /// Content follows every decision of the item cache, evictions and reuse of places included.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func contentFollowsTheDecisions(seed: UInt64) {
    var random = TestGenerator(seed: seed)
    let timeToLive = Nanoseconds([0, 400][Int(seed % 2)])
    var cache = ContentCache<Int>.items(capacity: ByteCount(400), timeToLive: timeToLive)
    var plain = ItemCache(capacity: ByteCount(400), timeToLive: timeToLive)
    var latest: [UInt64: Int] = [:]
    for step in 0..<4_000 {
      let now = Instant(nanoseconds: Int64(step))
      let key = UInt64(random.below(60))
      let cacheKey = CacheKey(table: 1, hash: key)
      switch random.below(10) {
      case 0..<5:
        let (answer, content) = cache.lookup(cacheKey, at: now) { _ in true }
        #expect(answer == plain.lookup(table: 1, key: key, at: now), "seed \(seed), step \(step)")
        #expect(content == (answer.isHit ? latest[key] : nil), "seed \(seed), step \(step)")
      case 5..<9:
        let bytes = random.below(random.below(40) == 0 ? 800 : 30)
        cache.insert(step, cacheKey, bytes: bytes, at: now)
        plain.insert(table: 1, key: key, bytes: bytes, at: now)
        latest[key] = step
      default:
        cache.invalidate(cacheKey)
        plain.invalidate(table: 1, key: key)
      }
    }
    #expect(cache.decisions.counts == plain.counts)
  }

  /// Two keys of one hash never answer for each other.
  @Test func anotherKeyOfTheSameHashIsAMiss() {
    var cache = ContentCache<String>.items(capacity: ByteCount(100), timeToLive: .zero)
    cache.insert("a", CacheKey(table: 1, hash: 5), bytes: 10, at: .start)
    let other = cache.lookup(CacheKey(table: 1, hash: 5), at: .start) { $0 == "b" }
    #expect(other.answer == .miss && other.content == nil && cache.decisions.count == 0)
  }

  @Test func aQueryCacheWithoutTimeKeepsNothing() {
    var cache = ContentCache<String>.queries(capacity: ByteCount(100), timeToLive: .zero)
    cache.insert("a", CacheKey(table: 1, hash: 5), bytes: 10, at: .start)
    let found = cache.lookup(CacheKey(table: 1, hash: 5), at: .start) { _ in true }
    #expect(found.answer == .miss)
  }
}
