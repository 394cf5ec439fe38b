// A cluster in front of a table: hit ratios against the closed form for a time to live and Che's
// approximation for least recently used; and which requests pass it by.

import Caching
import Capacity
import Clients
import Results
import Scenarios
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct CacheRunTheoryTests {
  private func bench(
    seconds: Double, keys: Int, bytes: Int = 500, timeToLive: Nanoseconds = .zero,
    entries: Int = 1_000_000
  ) -> Bench {
    var bench = Bench(seconds: seconds, [.plain("t", .plentiful, items: keys, bytes: bytes)])
    bench.cache = CacheSpec(
      settings: CacheSettings(
        nodes: 2, nodeType: "dax.r5.large", itemTimeToLive: timeToLive,
        queryTimeToLive: .minutes(5), memoryPerNode: ByteCount(Int64(entries * bytes)),
        replicationDelay: .zero), tables: [0])
    return bench
  }

  private func read(_ keys: KeyDistribution, _ consistency: ReadConsistency = .eventual)
    -> OperationSpec
  {
    .one(.get, [OperationPart.part(.get).with { $0.keys = keys }], consistency)
  }

  /// Popularity of `count` keys under Zipf's law.
  private func zipf(_ count: Int, _ exponent: Double) -> [Double] {
    let weights = (1...count).map { 1 / Self.power(Double($0), exponent) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// A key asked for at rate l is absent for 1/l after every time to live T: it hits with
  /// probability l T / (1 + l T).
  @Test func timeToLiveHitsByItsClosedForm() throws {
    let (rate, seconds) = (60.0, 600.0)
    var bench = bench(seconds: seconds, keys: 200, timeToLive: .seconds(10))
    bench.open(rate, [read(.zipf(exponent: 0.8))], arrivals: .poisson)
    let cache = try #require(bench.run().cache)
    let theory = zipf(200, 0.8).reduce(0) { sum, share in
      let load = share * rate * 10
      return sum + share * load / (1 + load)
    }
    #expect(abs(cache.hitRatio - theory) < 0.02, "\(cache.hitRatio), theory \(theory)")
    #expect(theory > 0.6 && theory < 0.9)
    #expect(cache.evictedItems == 0 && cache.expiredItems > 0)
  }

  /// Che: an entry stays for the time t in which as many keys as fit are asked for, so that
  /// sum(1 - e^(-p t)) = entries, and a key hits with probability 1 - e^(-p t).
  @Test func leastRecentlyUsedHitsByChesApproximation() throws {
    let entries = 200
    var bench = bench(seconds: 180, keys: 1_000, entries: entries)
    // A fill reaches every node and a hit renews one: the approximation is of one cache alone.
    bench.cache?.settings.nodes = 1
    bench.open(250, [read(.zipf(exponent: 0.8))], arrivals: .poisson)
    let cache = try #require(bench.run().cache)
    let shares = zipf(1_000, 0.8)
    var (low, high) = (0.0, 1e6)
    for _ in 0..<100 {
      let middle = (low + high) / 2
      let held = shares.reduce(0) { $0 + 1 - Self.exp(-$1 * middle) }
      if held < Double(entries) { low = middle } else { high = middle }
    }
    let theory = shares.reduce(0) { $0 + $1 * (1 - Self.exp(-$1 * low)) }
    let hits = Double(cache.hitsPerMinute.dropFirst().reduce(0, +))
    let all = hits + Double(cache.missesPerMinute.dropFirst().reduce(0, +))
    #expect(abs(hits / all - theory) < 0.02, "\(hits / all), theory \(theory)")
    #expect(cache.evictedItems > 0)
    #expect(cache.bytesAtEnd.count == Int64(entries * 500))
    #expect(cache.hitsPerMinute.count == 3 && cache.missesPerMinute.count == 3)
  }

  @Test func onlyMissesReachTheTable() throws {
    var bench = bench(seconds: 60, keys: 50)
    bench.open(20, [read(.uniform)])
    let record = bench.run()
    let cache = try #require(record.cache)
    #expect(cache.itemCacheMisses == 50)
    #expect(cache.itemCacheHits == 1_200 - 50)
    // Half a unit per miss.
    #expect(record.resources[0].read.totalConsumed.inUnits == 25)
    #expect(record.succeeded == 1_200)
  }

  /// A lost primary takes its entries along, the other node has them too; who stands in its place
  /// brings them along or asks the table once for each.
  @Test(arguments: [true, false])
  func aNodeIsLostAndReplaced(isWarm: Bool) throws {
    var bench = bench(seconds: 180, keys: 50)
    bench.cache?.losses = [
      NodeLoss(node: 0, at: .seconds(60), duration: .seconds(60), isWarm: isWarm)
    ]
    bench.open(20, [read(.uniform)])
    let cache = try #require(bench.run().cache)
    #expect(cache.missesPerMinute == [50, 0, isWarm ? 0 : 50])
    #expect(cache.hitsPerMinute.reduce(0, +) == 3_600 - (isWarm ? 50 : 100))
  }

  @Test func withoutNodesReadsAreRefused() throws {
    var bench = bench(seconds: 60, keys: 5)
    bench.cache?.settings.nodes = 1
    bench.cache?.losses = [NodeLoss(node: 0, at: .seconds(30), duration: nil, isWarm: true)]
    bench.open(20, [read(.uniform)])
    let record = bench.run()
    #expect(record.succeeded == 600)
  }

  /// 500-byte items weigh 1: 50 misses of 10 and hits of 1; a write 25 on each node.
  @Test func normalizedLoadIsCountedByMinute() throws {
    var bench = bench(seconds: 60, keys: 50)
    bench.open(20, [read(.uniform)])
    bench.open(1, [.put])
    let cache = try #require(bench.run().cache)
    let misses = cache.missesPerMinute[0]
    #expect(cache.readLoadPerMinute == [1_200 + 9 * misses])
    #expect(cache.writeLoadPerMinute == [60 * 25])
  }

  @Test func consistentAndTransactionalReadsPassItBy() throws {
    var bench = bench(seconds: 10, keys: 5)
    bench.open(20, [read(.uniform, .strong), .one(.transactGet, [.part(.get)])])
    let record = bench.run()
    let cache = try #require(record.cache)
    #expect(cache.itemCacheHits + cache.itemCacheMisses == 0)
    let strong = Double(record.operations[0].requests)
    #expect(record.resources[0].read.totalConsumed.inUnits == strong + 2 * (200 - strong))
  }

  /// A put leaves its item in the cache, a delete takes it out.
  @Test func writesWriteThrough() throws {
    var bench = bench(seconds: 20, keys: 1)
    bench.open(5, [.put])
    bench.open(
      [
        RateSegment(duration: .seconds(1), from: 0, to: 0),
        RateSegment(duration: .seconds(19), from: 10, to: 10),
      ], [read(.uniform)])
    let written = try #require(bench.run().cache)
    #expect(written.itemCacheMisses == 0)
    #expect(written.itemCacheHits == 190)
    bench.traffic[0].operations = [.one(.delete, [.part(.delete)])]
    let deleted = try #require(bench.run().cache)
    // Each of the deletes from the second second on makes the next read a miss.
    #expect(abs(deleted.itemCacheMisses - 95) <= 2, "\(deleted.itemCacheMisses)")
  }

  /// The cluster reads a transaction's items back: 2 read units per 4 KB (capacity.md 1.6).
  @Test func transactionsAreReadBack() {
    var bench = bench(seconds: 10, keys: 20, bytes: 5_000)
    bench.open(10, [.one(.transactWrite, [.part(.put), .part(.conditionCheck)])])
    let table = bench.run().resources[0]
    #expect(table.write.totalConsumed.inUnits == 100 * (10 + 10))
    #expect(table.read.totalConsumed.inUnits == 100 * 4)
    #expect(table.read.demanded == table.read.consumed)
  }

  @Test func queriesHitByTheirParameters() throws {
    var bench = bench(seconds: 60, keys: 10)
    bench.open(20, [.one(.query, [.part(.query, count: 5)])])
    let record = bench.run()
    let cache = try #require(record.cache)
    #expect(cache.queryCacheMisses == 10)
    #expect(cache.queryCacheHits == 1_190)
    #expect(record.resources[0].read.totalConsumed.inUnits == 5)
  }

  @Test func overloadedNodesRefuse() throws {
    var bench = bench(seconds: 30, keys: 10)
    bench.cache?.settings.normalizedRequestsPerSecondPerNode = 10
    bench.open(100, [read(.uniform)])
    let record = bench.run()
    let cache = try #require(record.cache)
    #expect(cache.throttledRequests > 0)
    #expect(record.failed == cache.throttledRequests)
    // Two nodes of 10/s for 30 s and a second's worth at the start, of which each of ten misses
    // takes 10 instead of a hit's 1.
    #expect(abs(record.succeeded - (620 - 90)) <= 4, "\(record.succeeded)")
    #expect(record.resources[0].read.totalThrottles == 0)
  }

  /// e^x for x <= 0 by halving and the series.
  private static func exp(_ x: Double) -> Double {
    if x < -700 { return 0 }
    if x < -0.5 {
      let half = exp(x / 2)
      return half * half
    }
    var (sum, term) = (1.0, 1.0)
    for n in 1...20 {
      term *= x / Double(n)
      sum += term
    }
    return sum
  }

  /// base^exponent for a base of at least 1, through the logarithm's series.
  private static func power(_ base: Double, _ exponent: Double) -> Double {
    // ln x = 2 artanh((x - 1) / (x + 1)) on 1...2, plus the octaves.
    var (value, octaves) = (base, 0.0)
    while value >= 2 { (value, octaves) = (value / 2, octaves + 1) }
    let ratio = (value - 1) / (value + 1)
    var (sum, term) = (0.0, ratio)
    for n in 0..<40 {
      sum += term / Double(2 * n + 1)
      term *= ratio * ratio
    }
    let logarithm = 2 * sum + octaves * 0.6931471805599453
    return 1 / exp(-exponent * logarithm)
  }
}
