// Hit ratios against theory: that they come out of keys and times alone is the point of simulating
// a cache at all.
//
// LRU under independent references: Che's approximation (Che, Tung, Wang, IEEE JSAC 20(7), 2002),
// exact in the limit of many keys. Time to live under Poisson arrivals: a renewal argument.

import Caching
import Glibc
import Testing
import Units

/// Zipf popularity over `keys` keys and a cache of `places` equal entries.
struct CheCase: CustomTestStringConvertible, Sendable {
  let keys: Int
  let exponent: Double
  let places: Int
  var testDescription: String { "\(keys) keys, Zipf \(exponent), room for \(places)" }

  var popularity: [Double] {
    let weights = (1...keys).map { pow(Double($0), -exponent) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// Finds T with `sum(1 - exp(-p T)) = places`; the hit ratio is `sum(p (1 - exp(-p T)))`.
  func hitRatio(_ popularity: [Double]) -> Double {
    var low = 0.0
    var high = 1e9
    for _ in 0..<100 {
      let middle = (low + high) / 2
      let held = popularity.reduce(0) { $0 - expm1(-$1 * middle) }
      if held < Double(places) { low = middle } else { high = middle }
    }
    return popularity.reduce(0) { $0 - $1 * expm1(-$1 * low) }
  }
}

@Suite struct CacheTheoryTests {
  @Test(arguments: [
    CheCase(keys: 2_000, exponent: 0.7, places: 200),
    CheCase(keys: 2_000, exponent: 0.99, places: 50),
    CheCase(keys: 5_000, exponent: 1.2, places: 500),
  ])
  func leastRecentlyUsedFollowsChe(_ expected: CheCase) {
    let popularity = expected.popularity
    var cumulated: [Double] = []
    var sum = 0.0
    for share in popularity {
      sum += share
      cumulated.append(sum)
    }
    var random = TestGenerator(seed: 77)
    var cache = ItemCache(capacity: ByteCount(Int64(expected.places) * 100), timeToLive: .zero)
    let warmUp = 20_000
    for step in 0..<220_000 {
      if step == warmUp { cache.resetCounts() }
      let draw = random.unit()
      var low = 0
      var high = expected.keys - 1
      while low < high {
        let middle = (low + high) / 2
        if cumulated[middle] <= draw { low = middle + 1 } else { high = middle }
      }
      let now = Instant(nanoseconds: Int64(step))
      if !cache.lookup(table: 1, key: UInt64(low), at: now).isHit {
        cache.insert(table: 1, key: UInt64(low), bytes: 100, at: now)
      }
    }
    let theory = expected.hitRatio(popularity)
    #expect(abs(cache.counts.hitRatio / theory - 1) < 0.01, "\(cache.counts.hitRatio), \(theory)")
  }

  /// A miss starts a cycle; on average λT further arrivals hit before the entry's time has passed,
  /// and the first one after that misses: hit ratio λT / (1 + λT).
  @Test(arguments: [0.2, 1, 4, 25])
  func timeToLiveFollowsTheRenewalFormula(arrivalsPerLife: Double) {
    var random = TestGenerator(seed: 78)
    var cache = ItemCache(capacity: ByteCount(1_000), timeToLive: .seconds(60))
    var clock = 0.0
    let requests = 60_000
    for _ in 0..<requests {
      clock -= log(1 - random.unit()) * 60 / arrivalsPerLife
      let now = Instant.start + Nanoseconds(seconds: clock)
      if !cache.lookup(table: 1, key: 1, at: now).isHit {
        cache.insert(table: 1, key: 1, bytes: 100, at: now)
      }
    }
    let theory = arrivalsPerLife / (1 + arrivalsPerLife)
    // Arrivals per cycle are 1 + Poisson(λT): four standard errors of the ratio of means.
    let cycles = Double(requests) / (1 + arrivalsPerLife)
    let error = 4 * arrivalsPerLife.squareRoot() / (1 + arrivalsPerLife) / cycles.squareRoot()
    #expect(abs(cache.counts.hitRatio - theory) < error / (1 + arrivalsPerLife) + 1e-4)
  }
}
