// Why: a person who states "90 %" must get 90 %. Other tools' intervals hold half of what they
// state, so the mass inside is measured on draws, not argued.
import Testing

@testable import Statistics

@Suite struct CalibratedIntervalTests {
  static let grid: [CalibratedInterval] = [
    CalibratedInterval(low: 100, mid: 200, high: 400, confidence: 0.9),
    CalibratedInterval(low: 1_000, mid: 2_000, high: 10_000, confidence: 0.98),
    CalibratedInterval(low: 100, mid: 1_000, high: 5_000, confidence: 0.9),
    CalibratedInterval(low: 100, mid: 400, high: 500, confidence: 0.8),
    CalibratedInterval(low: -5, mid: 0, high: 5, confidence: 0.5),
    CalibratedInterval(low: 0.1, mid: 0.2, high: 0.9, confidence: 0.99),
  ]

  @Test(arguments: grid)
  func `the three numbers are quantiles`(interval: CalibratedInterval) {
    let tail = (1 - interval.confidence) / 2
    let scale = interval.high - interval.low
    #expect(abs(interval.quantile(tail) - interval.low) < 1e-9 * scale)
    #expect(abs(interval.quantile(0.5) - interval.mid) < 1e-9 * scale)
    #expect(abs(interval.quantile(1 - tail) - interval.high) < 1e-9 * scale)
  }

  @Test(arguments: grid)
  func `draws fall inside as often as stated`(interval: CalibratedInterval) {
    var state: UInt64 = 7
    let draws = 40_000
    var (inside, below) = (0, 0)
    for _ in 0..<draws {
      // The multiplier of Knuth's MMIX; its high bits are good enough for shares.
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = interval.quantile((Double(state >> 11) + 0.5) * 0x1p-53)
      if value < interval.low { below += 1 } else if value <= interval.high { inside += 1 }
    }
    // Four standard deviations of a binomial share.
    let margin = 4 * (0.25 / Double(draws)).squareRoot()
    #expect(abs(Double(inside) / Double(draws) - interval.confidence) < margin)
    #expect(abs(Double(below) / Double(draws) - (1 - interval.confidence) / 2) < margin)
  }

  @Test func `the worked value`() {
    // Log-normal with median 200 and sigma ln 2 / 1.6449; one sigma up is 200 x 2^(1 / 1.6449).
    let interval = CalibratedInterval(low: 100, mid: 200, high: 400, confidence: 0.9)
    #expect(abs(interval.quantile(0.841_344_746) - 304.8) < 0.05)
  }
}

@Suite struct RankCorrelationTests {
  @Test(
    arguments: [
      ([1, 2, 3, 4], [1, 4, 9, 16], 1.0), ([1, 2, 3, 4], [2, 1, 4, 3], 0.6),
      ([1, 2, 3], [9, 5, 1], -1), ([1, 2, 3], [7, 7, 7], 0), ([], [], 0),
      // Ranks 1.5 1.5 3 and 1 2 3: 1.5 / sqrt(1.5 x 2).
      ([5, 5, 8], [1, 2, 3], 0.866_025_403_784),
    ] as [([Double], [Double], Double)])
  func `worked values`(a: [Double], b: [Double], expected: Double) {
    #expect(abs(RankCorrelation.coefficient(a, b) - expected) < 1e-9)
  }
}
