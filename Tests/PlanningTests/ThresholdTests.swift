// Objectives over windows, of single runs, and those that end a load test.

import Results
import Scenarios
import Statistics
import TestSupport
import Testing
import Units

@testable import Planning

/// A gate that passes a run with too few samples, or misses ten bad seconds, gates nothing.
@Suite struct ThresholdTests {
  private func scenario(_ objective: String) throws -> Scenario {
    try loaded(ordersText(sections: ["objectives: [\(objective)]"]))
  }

  /// Twelve intervals of 10 s; `slow` and `throttled` requests of each interval's 1,000 reads.
  private func record(slow: [Int64], throttled: [Int64] = []) -> RunRecord {
    var record = RunRecord.sample()
    record.intervals = IntervalSeries(length: .seconds(10))
    for index in 0..<12 {
      let slowNow = slow[index % slow.count]
      record.operations[0].requests += 1_000
      record.operations[0].succeeded += 1_000
      record.operations[0].attempts += 1_000
      record.operations[0].throttled += throttled.isEmpty ? 0 : throttled[index % throttled.count]
      record.operations[0].response.record(5_000_000, times: 1_000 - slowNow)
      record.operations[0].response.record(50_000_000, times: slowNow)
      record.intervals.close(record.operations)
    }
    record.intervals.finish()
    return record
  }

  private func outcome(_ text: String, _ records: [RunRecord]) throws -> ObjectiveOutcome {
    let summary = PlanSummary(try scenario("\"\(text)\""), records: records)
    return try #require(
      ObjectiveEvaluation(summary: summary, monthlyCosts: []).outcomes().first)
  }

  /// Twelve slow requests in each of two neighbouring intervals, none elsewhere: 0.2 % of all,
  /// 1.2 % of their windows.
  private var burst: RunRecord { record(slow: [0, 0, 0, 0, 12, 12, 0, 0, 0, 0, 0, 0]) }

  @Test(arguments: [
    ("p(99) < 10ms", Verdict.pass, 0.005), ("p(99) < 10ms over 2m", .pass, 0.005),
    ("p(99) < 10ms over 20s", .fail, 0.05), ("p(99) < 10ms over 30s", .pass, 0.005),
    ("p(99){read} < 10ms over 20s", .fail, 0.05), ("max > 20ms over 20s", .fail, 0.005),
    ("requests >= 2000 over 20s", .pass, 2_000), ("requests < 2000 over 20s", .fail, 2_000),
  ])
  func windowsAreJudgedByTheWorst(text: String, verdict: Verdict, value: Double) throws {
    let found = try outcome(text, [burst, burst])
    #expect(found.verdict == verdict)
    #expect(isClose(found.measured.value, value, within: 2e-3), "\(found.measured)")
  }

  /// 12,000 requests, evenly correlated: the binomial rule with all of them. At 99 % a p99 needs at
  /// most 94 violations (mean 120, deviation 10.9) to pass and at least 147 to fail.
  @Test(arguments: [
    (7, "p(99) < 10ms with confidence 99%", Verdict.pass),
    (10, "p(99) < 10ms with confidence 99%", .undecided),
    (13, "p(99) < 10ms with confidence 99%", .fail), (13, "p(99) > 10ms", .pass),
    (7, "p(99) > 10ms", .fail), (0, "p(99.99) < 10ms with confidence 99%", .undecided),
    (0, "p(99.9) < 10ms with confidence 99%", .pass),
  ])
  func oneRunNeedsEnoughSamples(slow: Int64, text: String, verdict: Verdict) throws {
    let found = try outcome(text, [record(slow: [slow])])
    #expect(found.verdict == verdict)
    #expect(found.effectiveSamples == 12_000)
  }

  @Test(arguments: [
    (Int64(5), Verdict.pass), (10, .undecided), (15, .fail),
  ])
  func sharesAreJudgedAlike(throttled: Int64, verdict: Verdict) throws {
    let run = record(slow: [0], throttled: [throttled])
    #expect(try outcome("throttled / requests < 1%", [run]).verdict == verdict)
  }

  /// The same share, but all violations in a few intervals: fewer independent samples, no verdict.
  @Test func correlatedSamplesCountLess() throws {
    let even = try outcome("p(90) < 10ms", [record(slow: [70])])
    #expect(even.verdict == .pass && even.effectiveSamples == 12_000)
    let bunched = try outcome(
      "p(90) < 10ms", [record(slow: [420, 420, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])])
    #expect(bunched.verdict == .undecided)
    #expect(try #require(bunched.effectiveSamples) < 100)
  }

  @Test func abortRulesWatchTheirWindow() throws {
    func missed(_ check: String, _ record: RunRecord) throws -> String? {
      AbortRules(try scenario(check)).missed(by: record)?.text
    }
    let bad = record(slow: [0], throttled: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200, 200])
    let over = "{check: 'throttled / requests < 10% over 20s', abort: true}"
    #expect(try missed(over, bad) == "throttled / requests < 10% over 20s")
    #expect(
      try missed("{check: throttled / requests < 10%, abort: true}", bad) == nil, "4 % of all")
    #expect(
      try missed(
        "{check: throttled / requests < 1%, abort: true, after: 3m}", bad) == nil, "too early")
    #expect(try missed("throttled / requests < 1%", bad) == nil, "no abort rule")
    #expect(try missed("{check: requests > 100k, abort: true}", bad) == nil, "may still come")
    #expect(try missed("{check: requests < 10k, abort: true}", bad) == "requests < 10k")
  }
}
