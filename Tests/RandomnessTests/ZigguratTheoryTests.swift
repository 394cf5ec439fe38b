// The ziggurat variates against the distribution functions they stand for.

import Glibc
import Randomness
import Testing

/// A ziggurat with one wrong table entry is off by a fraction of a percent somewhere: distance,
/// moments and the rare tail are looked at separately.
@Suite struct ZigguratTheoryTests {
  static let seeds: [UInt64] = [1, 2, 3]
  static let draws = 60_000

  @Test(arguments: seeds) func exponential(seed: UInt64) {
    var generator = Generator(seed: seed, stream: 1, index: 0)
    let samples = (0..<Self.draws).map { _ in generator.exponential() }
    #expect(kolmogorovSmirnov(samples) { -expm1(-$0) } > 1e-6, "seed \(seed)")
    // Mean 1 (variance 1), second moment 2 (variance 24 - 4).
    expectMean(samples, 1, variance: 1, "seed \(seed)")
    expectMean(samples.map { $0 * $0 }, 2, variance: 20, "seed \(seed)")
    #expect(samples.allSatisfy { $0 >= 0 })
  }

  @Test(arguments: seeds) func normal(seed: UInt64) {
    var generator = Generator(seed: seed, stream: 2, index: 0)
    let samples = (0..<Self.draws).map { _ in generator.normal() }
    #expect(
      kolmogorovSmirnov(samples) { 0.5 * erfc(-$0 / 2.0.squareRoot()) } > 1e-6, "seed \(seed)")
    // Moments 0, 1, 0, 3 with variances 1, 2, 15, 96.
    expectMean(samples, 0, variance: 1, "seed \(seed)")
    expectMean(samples.map { $0 * $0 }, 1, variance: 2, "seed \(seed)")
    expectMean(samples.map { $0 * $0 * $0 }, 0, variance: 15, "seed \(seed)")
    expectMean(samples.map { pow($0, 4) }, 3, variance: 96, "seed \(seed)")
  }

  /// Beyond the last layer (7.70 and 3.65) the variates come from other code; of 400,000 draws
  /// about 182 and 103 get there.
  @Test func tails() {
    var generator = Generator(seed: 11, stream: 3, index: 0)
    let draws = 400_000
    var far = 0
    var farther = 0
    var normalFar = 0
    for _ in 0..<draws {
      let x = generator.exponential()
      if x > 7.697_117_470_131_05 { far += 1 }
      if x > 8.697_117_470_131_05 { farther += 1 }
      if abs(generator.normal()) > 3.654_152_885_361_008_8 { normalFar += 1 }
    }
    expectCount(far, Double(draws) * exp(-7.697_117_470_131_05))
    expectCount(farther, Double(draws) * exp(-8.697_117_470_131_05))
    expectCount(normalFar, Double(draws) * erfc(3.654_152_885_361_008_8 / 2.0.squareRoot()))
  }

  private func expectMean(
    _ values: [Double], _ mean: Double, variance: Double, _ comment: Comment
  ) {
    let seen = values.reduce(0, +) / Double(values.count)
    let distance = (seen - mean) / (variance / Double(values.count)).squareRoot()
    #expect(abs(distance) < 5.5, comment)
  }

  private func expectCount(_ seen: Int, _ expected: Double) {
    #expect(abs(Double(seen) - expected) < 5 * expected.squareRoot(), "\(seen) of \(expected)")
  }
}
