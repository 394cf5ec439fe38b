// Why: the verdict is the program's exit code. Each measure is read from hand-made records, and
// each verdict from intervals that lie on one side of the bound or straddle it.
import Results
import Scenarios
import Statistics
import Testing
import Units

@testable import Planning

/// An objective as written in a file, and what two runs make of it.
struct JudgedObjective: CustomTestStringConvertible, Sendable {
  var text: String
  var value: Double
  var unit: ValueUnit
  var verdict: Verdict
  var testDescription: String { "\(text) → \(verdict)" }

  init(_ text: String, _ value: Double, _ unit: ValueUnit, _ verdict: Verdict) {
    self.text = text
    self.value = value
    self.unit = unit
    self.verdict = verdict
  }
}

/// Both runs: 1,000 reads, 10 and 14 throttled; writes as noted. Latency 10 ms (reads), 100 ms.
private func records() -> [RunRecord] {
  [Int64(10), 14].map { throttled in
    RunRecord.sample().with {
      $0.operations[0].requests = 1_000
      $0.operations[0].succeeded = 998
      $0.operations[0].failed = 2
      $0.operations[0].throttled = throttled
      $0.operations[0].attempts = 1_050
      $0.operations[0].timedOut = 3
      $0.operations[0].response.record(10_000_000, times: 1_000)
      $0.operations[1].requests = 1_000
      $0.operations[1].succeeded = 1_000
      $0.operations[1].attempts = 1_000
      $0.operations[1].response.record(100_000_000, times: 1_000)
      var cache = CacheRecord(nodes: 1, nodeType: "dax.r5.large")
      cache.itemCacheHits = 9
      cache.itemCacheMisses = 1
      $0.cache = cache
    }
  }
}

private let judged: [JudgedObjective] = [
  .init("p(99){read} < 11ms", 0.010, .seconds, .pass),
  .init("p(99){read} < 9ms", 0.010, .seconds, .fail),
  .init("p(99) < 90ms", 0.1, .seconds, .fail),
  .init("p(50) < 11ms", 0.01, .seconds, .pass),
  .init("med{write} >= 90ms", 0.1, .seconds, .pass),
  .init("mean < 60ms", 0.055, .seconds, .pass),
  .init("avg{write} < 60ms", 0.1, .seconds, .fail),
  .init("max <= 101ms", 0.1, .seconds, .pass),
  .init("requests >= 2000", 2_000, .count, .pass),
  .init("requests > 2000", 2_000, .count, .fail),
  .init("succeeded > 1990", 1_998, .count, .pass),
  .init("failed < 3", 2, .count, .pass),
  .init("failed < 2", 2, .count, .fail),
  .init("failed <= 2", 2, .count, .pass),
  .init("attempts < 2051", 2_050, .count, .pass),
  .init("retries < 51", 50, .count, .pass),
  .init("retries{write} <= 0", 0, .count, .pass),
  .init("timeouts > 2", 3, .count, .pass),
  .init("failed / requests < 0.2%", 0.001, .share, .pass),
  .init("timeouts{read} / attempts{read} < 1%", 3.0 / 1_050, .share, .pass),
  // 12 ± 12.7 x 2 = -13.4...37.4 throttled requests of 2,000.
  .init("throttled / requests < 0.6%", 0.006, .share, .undecided),
  .init("throttled / requests < 2%", 0.006, .share, .pass),
  .init("throttled / requests > 2%", 0.006, .share, .fail),
  .init("throttled < 37", 12, .count, .undecided),
  .init("throttled < 38", 12, .count, .pass),
  .init("hit-ratio > 89%", 0.9, .share, .pass),
  .init("hit-ratio > 90%", 0.9, .share, .fail),
  .init("cost < 100 USD", 90, .dollars, .undecided),
  .init("cost < 218 USD", 90, .dollars, .pass),
  .init("cost > 218 USD", 90, .dollars, .fail),
]

@Suite struct ObjectiveEvaluationTests {
  private static let cache = ["dax: {nodes: 1, node-type: dax.r5.large}"]

  private func outcome(
    _ text: String, _ records: [RunRecord], costs: [Double]
  ) throws -> ObjectiveOutcome {
    let scenario = try loaded(
      ordersText(sections: Self.cache + ["objectives: [\"\(text)\"]"]))
    let outcomes = ObjectiveEvaluation(
      summary: PlanSummary(scenario, records: records), monthlyCosts: costs
    ).outcomes()
    return try #require(outcomes.first)
  }

  @Test(arguments: judged)
  func `the interval decides`(_ example: JudgedObjective) throws {
    // 90 ± 12.7 x 10 dollars: -37...217.
    let found = try outcome(example.text, records(), costs: [80, 100])
    #expect(found.text == example.text)
    #expect(isClose(found.measured.value, example.value, within: 2e-3), "\(found.measured)")
    #expect(found.unit == example.unit)
    #expect(found.verdict == example.verdict)
  }

  @Test func `one run is judged by its point`() throws {
    let one = [records()[0]]
    #expect(try outcome("throttled < 11", one, costs: []).verdict == .pass)
    #expect(try outcome("throttled < 10", one, costs: []).verdict == .fail)
    #expect(try outcome("throttled < 11", one, costs: []).measured.halfWidth == nil)
  }

  @Test(arguments: [
    "p(99) < 1s", "mean < 1s", "failed / requests < 1%", "hit-ratio > 1%", "cost < 5 USD",
  ])
  func `what was not measured stays undecided`(_ text: String) throws {
    let found = try outcome(text, [.sample(), .sample()], costs: [])
    #expect(found.verdict == .undecided)
    #expect(found.measured.samples == 0)
  }

  @Test func `one run without requests leaves a ratio undecided`() throws {
    let found = try outcome("failed / requests < 50%", [records()[0], .sample()], costs: [])
    #expect(found.verdict == .undecided)
  }

  @Test func `the worst objective is the verdict`() throws {
    func of(_ verdicts: Verdict...) -> Verdict {
      ObjectiveEvaluation.overall(
        verdicts.map {
          ObjectiveOutcome(
            text: "", measured: .init(value: 0, halfWidth: nil, samples: 1), bound: 0, unit: .count,
            verdict: $0)
        })
    }
    #expect(of() == .pass)
    #expect(of(.pass, .pass) == .pass)
    #expect(of(.pass, .undecided) == .undecided)
    #expect(of(.undecided, .fail, .pass) == .fail)
  }

  @Test func `an interrupted run decides nothing`() throws {
    let scenario = try loaded(ordersText(sections: ["objectives: [failed < 5]"]))
    #expect(Planner(scenario).plan(records()).plan.verdict == .pass)
    let cut = records()[0].with { $0.interrupted = true }
    let plan = Planner(scenario).plan([cut]).plan
    #expect(plan.verdict == .undecided)
    #expect(plan.scenario.interrupted)
  }
}
