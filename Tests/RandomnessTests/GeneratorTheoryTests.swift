// Uniformity of what the generator gives, along a stream and across indices.

import Randomness
import Testing

/// Every request makes its own generator and takes a few draws, so the first draws of neighbouring
/// indices must be as independent as successive draws of one generator.
@Suite struct GeneratorTheoryTests {
  static let seeds: [UInt64] = [1, 42, 0xFFFF_FFFF_FFFF_FFFF]

  @Test(arguments: seeds) func firstDrawsOfSuccessiveIndicesAreUniform(seed: UInt64) {
    let key = StreamKey(seed: seed).child(9)
    let samples = (0..<20_000).map { index in
      var generator = key.generator(at: UInt64(index))
      return generator.nextUnit()
    }
    #expect(kolmogorovSmirnov(samples) { $0 } > 1e-6, "seed \(seed)")
    // Serial correlation of n uniforms has standard deviation 1 / sqrt(n).
    var sum = 0.0
    for index in 1..<samples.count { sum += (samples[index] - 0.5) * (samples[index - 1] - 0.5) }
    let correlation = sum * 12 / Double(samples.count - 1)
    #expect(abs(correlation) < 5 / Double(samples.count).squareRoot(), "seed \(seed)")
  }

  @Test(arguments: seeds) func firstDrawsOfNeighbouringStreamsAreIndependent(seed: UInt64) {
    var cells = [Int](repeating: 0, count: 64)
    for index in 0..<20_000 {
      var one = Generator(seed: seed, stream: 0, index: UInt64(index))
      var two = Generator(seed: seed, stream: 1, index: UInt64(index))
      cells[Int(one.next() >> 61) * 8 + Int(two.next() >> 61)] += 1
    }
    let even = [Double](repeating: 1 / 64, count: 64)
    #expect(chiSquareDistance(cells, even) < 5, "seed \(seed)")
  }

  @Test(arguments: seeds) func boundedNumbersAreUnbiased(seed: UInt64) {
    var generator = Generator(seed: seed, stream: 0, index: 0)
    // Three quarters of 2^64: a plain modulo would give the lower third twice.
    let bound: UInt64 = 3 << 62
    var thirds = [0, 0, 0]
    for _ in 0..<30_000 { thirds[Int(generator.below(bound) >> 62)] += 1 }
    #expect(chiSquareDistance(thirds, [1 / 3, 1 / 3, 1 / 3]) < 5, "seed \(seed)")
    var sevens = [Int](repeating: 0, count: 7)
    for _ in 0..<30_000 { sevens[Int(generator.below(7))] += 1 }
    #expect(
      chiSquareDistance(sevens, [Double](repeating: 1 / 7, count: 7)) < 5, "seed \(seed)")
  }

  @Test func everyBitIsBalanced() {
    var generator = Generator(seed: 5, stream: 5, index: 5)
    var ones = [Int](repeating: 0, count: 64)
    let draws = 10_000
    for _ in 0..<draws {
      let value = generator.next()
      for bit in 0..<64 where value >> UInt64(bit) & 1 == 1 { ones[bit] += 1 }
    }
    for bit in 0..<64 {
      let distance = (Double(ones[bit]) - Double(draws) / 2) / (Double(draws) / 4).squareRoot()
      #expect(abs(distance) < 5.5, "bit \(bit)")
    }
  }
}
