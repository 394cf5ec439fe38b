// Comparisons of stored runs: false alarms over a hundred seeds, and what must be found.

import Statistics
import TestSupport
import Testing
import Units

@testable import Results

/// `compare` gates pipelines: it may neither cry wolf nor sleep.
@Suite struct RunComparisonTests {
  /// A run of one operation whose latencies wander (correlation 0.5), in 120 intervals.
  private func run(_ seed: UInt64, slower: Double = 1, shared: UInt64? = nil) -> StoredRun {
    var common = Seed(shared ?? seed).generator
    var own = Seed(seed &* 7_919 &+ 1).generator
    var level = 0.0
    var columns: [StoredQuantity: [Double?]] = [:]
    for _ in 0..<120 {
      level = 0.5 * level + common.number(in: -1...1)
      let mean = slower * (0.010 + 0.0005 * level + 0.0002 * own.number(in: -1...1))
      columns[.meanSeconds, default: []].append(mean)
      columns[.p50Seconds, default: []].append(0.9 * mean * (1 + 0.02 * own.number(in: -1...1)))
      columns[.p99Seconds, default: []].append(3 * mean * (1 + 0.1 * own.number(in: -1...1)))
      columns[.requestsPerSecond, default: []].append(500 + 20 * own.number(in: -1...1))
      columns[.throttledShare, default: []].append(0.01 + 0.004 * own.number(in: -1...1))
    }
    return StoredRun(
      name: "run", seed: shared ?? seed, interrupted: false, intervalSeconds: 5, periodSeconds: 60,
      series: StoredQuantity.allCases.compactMap { quantity in
        columns[quantity].map {
          StoredSeries(subject: "read", quantity: quantity, values: $0)
        }
      })
  }

  private func alarms(minimumEffect: Double, paired: Bool) -> Int {
    var settings = ComparisonSettings()
    settings.minimumEffect = minimumEffect
    return (1...100).count { (pair: UInt64) in
      let a = run(2 * pair, shared: paired ? pair : nil)
      let b = run(2 * pair + 1, shared: paired ? pair : nil)
      return RunComparison(a, b, settings: settings).rows.contains { $0.verdict != .unchanged }
    }
  }

  /// Two equal systems, a hundred times: at most alpha of the comparisons may call anything
  /// changed, over all their rows; even without a minimum effect.
  @Test(arguments: [true, false]) func falseAlarmsStayBelowAlpha(paired: Bool) {
    let withEffect = alarms(minimumEffect: 0.02, paired: paired)
    #expect(withEffect <= 5, "\(withEffect) of 100")
    let without = alarms(minimumEffect: 0, paired: paired)
    #expect(without <= 5, "\(without) of 100")
  }

  @Test func fivePercentSlowerIsFound() {
    for pair in 1...20 as ClosedRange<UInt64> {
      let a = run(2 * pair, shared: pair)
      let b = run(2 * pair + 1, slower: 1.05, shared: pair)
      let comparison = RunComparison(a, b)
      let worse = comparison.rows.filter { $0.verdict == .worse }.map(\.quantity)
      #expect(worse.contains(.meanSeconds) && worse.contains(.p50Seconds), "pair \(pair)")
      #expect(comparison.hasRegressions)
      #expect(!RunComparison(b, a).hasRegressions)
    }
  }

  @Test func smallDifferencesAreNoChange() throws {
    let a = run(1, shared: 9)
    let b = run(1, slower: 1.01, shared: 9)
    let row = try #require(RunComparison(a, b).rows.first { $0.quantity == .meanSeconds })
    #expect(row.adjusted < 0.001 && row.verdict == .unchanged)
    var strict = ComparisonSettings()
    strict.minimumEffect = 0.005
    let strictRow = try #require(
      RunComparison(a, b, settings: strict).rows.first { $0.quantity == .meanSeconds })
    #expect(strictRow.verdict == .worse)
  }

  @Test func seedsAndLengthsDecideThePairing() {
    #expect(RunComparison(run(1, shared: 3), run(2, shared: 3)).isPaired)
    #expect(!RunComparison(run(1), run(2)).isPaired)
    var other = run(2, shared: 3)
    other.intervalSeconds = 10
    #expect(!RunComparison(run(1, shared: 3), other).isPaired)
  }

  @Test func readsTheFile() throws {
    let text = """
      {"schema":"plimsoll/run/1","scenario":{"name":"o","seed":42,"durationSeconds":330,
      "warmUpSeconds":60,"interrupted":false},
      "resources":[{"name":"orders","write":{"series":{"periodMinutes":1,
      "consumedUnits":[600,660,720,780,840,5]}}}],
      "intervals":{"startSeconds":60,"lengthSeconds":10,"operations":[{"traffic":"t","name":"put",
      "requests":[100,0],"throttled":[5,0],"failed":[1,0],"attempts":[110,0],
      "meanSeconds":[0.01,null],"p50Seconds":[0.009,null],"p90Seconds":[0.02,null],
      "p99Seconds":[0.03,null]}]}}
      """
    let run = try StoredRun.read(text)
    func values(_ quantity: StoredQuantity) -> [Double?]? {
      run.series.first { $0.quantity == quantity }?.values
    }
    #expect(run.seed == 42 && run.intervalSeconds == 10)
    #expect(values(.requestsPerSecond) == [10, 0])
    #expect(values(.throttledShare) == [0.05, nil])
    #expect(values(.attemptsPerRequest) == [1.1, nil])
    #expect(values(.p99Seconds) == [0.03, nil])
    // The warm-up's minute and the unfinished last one are left out.
    #expect(values(.writeUnitsPerSecond) == [11, 12, 13, 14])
  }

  @Test(arguments: [
    "", "[]", "{\"schema\":\"other\"}",
    "{\"schema\":\"plimsoll/run/1\",\"scenario\":{\"name\":\"o\",\"seed\":1}}",
  ]) func refusesOtherFiles(text: String) {
    #expect(throws: StoredRunFault.self) { try StoredRun.read(text) }
  }

  /// Worked values of `IntervalSeries.length`.
  @Test func intervalsFitTheRun() {
    #expect(IntervalSeries.length(measured: .minutes(30)) == .seconds(15))
    #expect(IntervalSeries.length(measured: .minutes(10)) == .seconds(5))
    #expect(IntervalSeries.length(measured: .days(14)) == .hours(2))
    #expect(
      IntervalSeries.length(measured: .minutes(30), windows: [.seconds(30)]) == .seconds(10))
    #expect(IntervalSeries.length(measured: .seconds(-5)) == .seconds(1))
  }

  @Test func intervalsAreDifferencesOfTotals() {
    var row = OperationRecord(traffic: "t", name: "put", kind: "PutItem")
    var series = IntervalSeries(start: .seconds(10), length: .seconds(5))
    for step in 1...3 as ClosedRange<Int64> {
      row.requests += step
      row.throttled += 1
      row.response.record(step * 1_000_000)
      #expect(series.nextEnd == .seconds(10 + 5 * step))
      series.close([row])
    }
    series.finish()
    #expect(series.operations[0].map(\.requests) == [1, 2, 3])
    #expect(series.operations[0].map(\.throttled) == [1, 1, 1])
    #expect(series.operations[0].map { $0.responseMean } == [1e6, 2e6, 3e6])
    let third = series.operations[0][2].response
    #expect(third.count == 1 && Histogram.areEquivalent(third.max, 3_000_000))
  }
}
