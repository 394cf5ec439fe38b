// Every key distribution against the shares it announces.

import Randomness
import Testing
import Workloads

/// `explain` prints expected shares and the simulator draws: both must be the same distribution.
@Suite struct KeySamplerTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var distribution: KeyDistribution
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "uniform", distribution: .uniform),
    Case(name: "zipf 0.99", distribution: .zipf(exponent: 0.99)),
    Case(name: "zipf 1", distribution: .zipf(exponent: 1)),
    Case(name: "hotspot 20/80", distribution: .hotspot(keys: 0.2, traffic: 0.8)),
    Case(name: "hotspot all", distribution: .hotspot(keys: 1, traffic: 0.8)),
    Case(name: "cold spot", distribution: .hotspot(keys: 0.5, traffic: 0.1)),
    Case(name: "latest", distribution: .latest(exponent: 0.8)),
    Case(name: "exponential", distribution: .exponential(keys: 0.857, traffic: 0.95)),
    Case(name: "rising exponential", distribution: .exponential(keys: 0.5, traffic: 0.2)),
    Case(name: "flat exponential", distribution: .exponential(keys: 0.5, traffic: 0.5)),
    Case(name: "weighted", distribution: .weighted([0.1, 0.4, 0, 0.2])),
    Case(name: "weighted beyond 1", distribution: .weighted([3, 1])),
  ]

  @Test(arguments: cases) func keysFollowTheExpectedShares(testCase: Case) {
    let keys: UInt64 = 50
    let sampler = KeySampler(testCase.distribution, keys: keys, key: StreamKey(seed: 5))
    let shares = (0..<keys).map { sampler.expectedShare(ofRank: $0) }
    #expect(abs(shares.reduce(0, +) - 1) < 1e-12)
    var generator = Generator(seed: 17, stream: 1, index: 0)
    var byKey = [Int](repeating: 0, count: Int(keys))
    var byRank = byKey
    for index in 0..<40_000 as Range<UInt64> {
      let key = sampler.key(at: index, newest: keys - 1, using: &generator)
      byKey[Int(sampler.rank(ofKey: key)!)] += 1
      byRank[Int(sampler.rank(using: &generator))] += 1
    }
    let possible = shares.indices.filter { shares[$0] > 0 }
    for counts in [byKey, byRank] {
      #expect(possible.map { counts[$0] }.reduce(0, +) == 40_000, "an impossible key was drawn")
      let distance = chiSquareDistance(possible.map { counts[$0] }, possible.map { shares[$0] })
      #expect(distance < 5)
    }
  }

  @Test(arguments: cases) func topSharesAreSumsOfTheLargest(testCase: Case) {
    let sampler = KeySampler(testCase.distribution, keys: 50, key: StreamKey(seed: 5))
    let sorted = (0..<50).map { sampler.expectedShare(ofRank: UInt64($0)) }.sorted(by: >)
    var sum = 0.0
    #expect(sampler.hottestShare == sampler.topShare(1))
    for count in 0...50 {
      #expect(abs(sampler.topShare(UInt64(count)) - sum) < 1e-12, "top \(count)")
      if count < 50 { sum += sorted[count] }
    }
  }

  @Test(arguments: cases) func ranksAndKeysAreInverse(testCase: Case) {
    let sampler = KeySampler(testCase.distribution, keys: 50, key: StreamKey(seed: 5))
    for rank in 0..<50 as Range<UInt64> {
      #expect(sampler.rank(ofKey: sampler.key(ofRank: rank)) == rank)
    }
    #expect(sampler.rank(ofKey: 50) == nil)
  }

  @Test func sequentialWalksTheKeysInOrder() {
    let sampler = KeySampler(.sequential, keys: 3, key: StreamKey(seed: 1))
    var generator = Generator(seed: 1, stream: 1, index: 1)
    let keys = (0..<7).map { sampler.key(at: UInt64($0), newest: 2, using: &generator) }
    #expect(keys == [0, 1, 2, 0, 1, 2, 0])
  }

  @Test func latestFollowsTheNewestKey() {
    let sampler = KeySampler(.latest(exponent: 1.5), keys: 1_000, key: StreamKey(seed: 1))
    var generator = Generator(seed: 1, stream: 1, index: 1)
    var newestDrawn = 0
    for _ in 0..<10_000 {
      let key = sampler.key(at: 0, newest: 5_000, using: &generator)
      #expect(key > 4_000 && key <= 5_000)
      if key == 5_000 { newestDrawn += 1 }
      let early = sampler.key(at: 0, newest: 3, using: &generator)
      #expect(early <= 3)
    }
    // 1 / (sum of k^-1.5 to 1,000) = 1 / 2.549… = 0.3923; one standard deviation is 49.
    #expect(abs(newestDrawn - 3_923) < 250)
    #expect(sampler.key(ofRank: 2, newest: 5_000) == 4_998)
    #expect(sampler.rank(ofKey: 4_998, newest: 5_000) == 2)
    #expect(sampler.rank(ofKey: 5_001, newest: 5_000) == nil)
  }

  /// 95 % in the first 0.857 of the range, as YCSB means it.
  @Test func exponentialPutsTheTrafficWhereItWasAskedFor() {
    let sampler = KeySampler(
      .exponential(keys: 0.857, traffic: 0.95), keys: 1_000, key: StreamKey(seed: 1))
    #expect(abs(sampler.topShare(857) - 0.95) < 1e-9)
  }

  @Test func hotspotSharesAreExact() {
    let sampler = KeySampler(
      .hotspot(keys: 0.2, traffic: 0.8), keys: 1_000, key: StreamKey(seed: 1))
    #expect(abs(sampler.topShare(200) - 0.8) < 1e-12)
    #expect(abs(sampler.hottestShare - 0.004) < 1e-15)
  }

  /// Equal keys of the stream share their hot keys, others do not.
  @Test func hotKeysDependOnTheStreamKey() {
    let hottest = (0..<20).map { seed in
      KeySampler(.zipf(exponent: 1), keys: 1_000_000, key: StreamKey(seed: UInt64(seed)))
        .key(ofRank: 0)
    }
    #expect(Set(hottest).count == 20)
    let again = KeySampler(.zipf(exponent: 1), keys: 1_000_000, key: StreamKey(seed: 0))
    #expect(again.key(ofRank: 0) == hottest[0])
  }
}
