// The warm-up rule against a direct computation and series with a known start-up.

import Statistics
import Testing

/// Cutting too little biases every mean, cutting noise wastes the run.
@Suite struct WarmUpTests {
  /// The definition, batch by batch.
  private func direct(_ series: [Double]) -> Int {
    let means = (0..<series.count / 5).map { series[$0 * 5..<$0 * 5 + 5].reduce(0, +) / 5 }
    let errors = (0...means.count / 2).map { cut -> Double in
      let rest = means.dropFirst(cut)
      let mean = rest.reduce(0, +) / Double(rest.count)
      let squares = rest.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return squares / Double(rest.count * rest.count)
    }
    return errors.firstIndex(of: errors.min()!)! * 5
  }

  @Test(arguments: (0..<10).map(UInt64.init)) func matchesTheDefinition(seed: UInt64) {
    var numbers = SeededNumbers(state: seed)
    var series: [Double] = []
    for index in 0..<203 {
      let startUp = index < 40 ? -0.2 * Double(40 - index) : 0
      series.append(10 + startUp + Double.random(in: -1...1, using: &numbers))
    }
    let expected = direct(series)
    let cut = WarmUp.mser5(series)
    #expect(cut == .intervals(expected), "seed \(seed)")
    // The start-up lies outside the noise until interval 35; a cut may come later by chance.
    #expect(expected >= 30, "seed \(seed)")
  }

  @Test func aSteadySeriesLosesNothing() {
    #expect(WarmUp.mser5([Double](repeating: 3, count: 50)) == .intervals(0))
  }

  @Test func aSeriesThatNeverSettlesIsUndecided() {
    #expect(WarmUp.mser5((0..<100).map { Double($0) }) == .undecided)
    #expect(WarmUp.mser5([1, 2, 3]) == .tooShort)
    #expect(WarmUp.acrossReplications([]) == .tooShort)
  }

  /// One replication's excursion must not move the cut: only the common start-up counts.
  @Test func replicationsAreAveragedFirst() {
    var numbers = SeededNumbers(state: 3)
    var series: [[Double]] = []
    for _ in 0..<30 {
      var replication: [Double] = []
      for index in 0..<120 {
        replication.append((index < 10 ? 0 : 5) + Double.random(in: -2...2, using: &numbers))
      }
      series.append(replication)
    }
    #expect(WarmUp.acrossReplications(series) == .intervals(10))
    let cutShort = series + [[Double](repeating: 5, count: 19)]
    #expect(WarmUp.acrossReplications(cutShort) == .tooShort)
  }
}
