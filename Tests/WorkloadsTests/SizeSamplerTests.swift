// Item sizes: what is drawn, what is announced, and the blocks that are billed.

import Randomness
import Testing
import Workloads

/// Units are rounded up per item, so a bill follows from the distribution, not from the mean size.
@Suite struct SizeSamplerTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var distribution: SizeDistribution
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "constant", distribution: .constant(4_097)),
    Case(name: "uniform", distribution: .uniform(low: 100, high: 9_000)),
    Case(
      name: "lognormal", distribution: .lognormal(median: 700, percentile: 0.99, value: 6_144)),
    Case(
      name: "wide lognormal",
      distribution: .lognormal(median: 20_000, percentile: 0.9, value: 300_000)),
    Case(
      name: "weighted",
      distribution: .weighted([
        WeightedSize(bytes: 300, weight: 5), WeightedSize(bytes: 5_000, weight: 4),
        WeightedSize(bytes: 400_000, weight: 1),
      ])),
    Case(
      name: "histogram",
      distribution: .histogram([
        SizeBucket(low: 1, high: 1_024, weight: 0.7),
        SizeBucket(low: 1_025, high: 8_192, weight: 0.3),
      ])),
  ]

  @Test(arguments: cases) func drawsFollowTheAnnouncedDistribution(testCase: Case) {
    let sampler = SizeSampler(testCase.distribution)
    var generator = Generator(seed: 23, stream: 0, index: 0)
    let draws = 20_000
    let sizes = (0..<draws).map { _ in sampler.bytes(using: &generator) }.sorted()
    #expect(sizes[0] >= 1 && sizes[draws - 1] <= 409_600)
    // The share up to each of 40 drawn sizes, within five standard deviations.
    for index in stride(from: draws / 80, to: draws, by: draws / 40) {
      let size = sizes[index]
      let expected = sampler.share(atMost: size)
      let seen = Double(sizes.filter { $0 <= size }.count) / Double(draws)
      let error = (expected * (1 - expected) / Double(draws)).squareRoot()
      #expect(abs(seen - expected) <= 5 * error + 1e-12, "size \(size)")
    }
    let mean = Double(sizes.reduce(0, +)) / Double(draws)
    let spread = sizes.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    let error = (spread / Double(draws)).squareRoot() / Double(draws).squareRoot()
    #expect(abs(mean - sampler.mean) <= 5 * error + 1e-9)
    // The mean of squared deviations is known as well as their own spread says.
    let squares = sizes.map { (Double($0) - mean) * (Double($0) - mean) }
    let fourth = squares.reduce(0.0) { $0 + ($1 - sampler.variance) * ($1 - sampler.variance) }
    let doubt = fourth.squareRoot() / Double(draws)
    #expect(abs(spread / Double(draws) - sampler.variance) <= 6 * doubt + 1e-6)
  }

  /// Against the definition, one size after the other.
  @Test(arguments: cases) func expectedBlocksIsTheMeanOfRoundedSizes(testCase: Case) {
    let sampler = SizeSampler(testCase.distribution)
    for (block, overhead) in [(4_096, 0), (1_024, 0), (1_024, 100)] {
      var sum = 0.0
      var before = 0.0
      // Whole blocks end every 1,024 - 100 or 1,024 bytes; in between nothing changes.
      var blocks = 1
      while before < 1 {
        let end = blocks * block - overhead
        let share = sampler.share(atMost: end)
        sum += (share - before) * Double(blocks)
        before = share
        blocks += 1
      }
      let seen = sampler.expectedBlocks(of: block, overhead: overhead)
      #expect(abs(seen - sum) < 1e-9 * sum, "block \(block) + \(overhead)")
    }
  }

  @Test func workedBlocks() {
    #expect(SizeSampler(.uniform(low: 1, high: 8_192)).expectedBlocks(of: 4_096) == 1.5)
    #expect(SizeSampler(.constant(4_096)).expectedBlocks(of: 4_096) == 1)
    #expect(SizeSampler(.constant(4_097)).expectedBlocks(of: 4_096) == 2)
    #expect(SizeSampler(.constant(1_000)).expectedBlocks(of: 1_024, overhead: 25) == 2)
  }

  @Test func lognormalPercentilesAreTheGivenOnes() {
    let sampler = SizeSampler(.lognormal(median: 700, percentile: 0.99, value: 6_144))
    // Half a byte of rounding moves the shares by less than 0.001.
    #expect(abs(sampler.share(atMost: 700) - 0.5) < 1e-3)
    #expect(abs(sampler.share(atMost: 6_144) - 0.99) < 1e-4)
    // A low percentile describes the same curve.
    let mirrored = SizeSampler(
      .lognormal(median: 700, percentile: 0.01, value: 700 * 700 / 6_144.0))
    #expect(abs(mirrored.share(atMost: 6_144) - 0.99) < 1e-4)
    // e^(mu + sigma²/2): ln 700 = 6.55108, sigma = ln(6144/700)/2.326348 = 0.933717.
    #expect(abs(sampler.mean - 1_082.5) < 1)
  }

  @Test func sizesAreMovedIntoWhatTheServiceStores() {
    var generator = Generator(seed: 1, stream: 1, index: 1)
    let sizes = [
      SizeSampler(.constant(0)).bytes(using: &generator),
      SizeSampler(.constant(500_000)).bytes(using: &generator),
      SizeSampler(.uniform(low: -5, high: 0)).bytes(using: &generator),
    ]
    #expect(sizes == [1, 409_600, 1])
  }
}
