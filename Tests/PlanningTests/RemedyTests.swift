// Why: "what would help" must answer the mechanism that was seen, and what stands first must really
// be the cheapest change that holds.
import Capacity
import Results
import Scenarios
import Simulation
import Statistics
import Testing
import Units

@testable import Planning

@Suite struct RemedyTests {
  private func titles(_ scenario: Scenario, _ records: RunRecord...) -> [String] {
    RemedyTrials(scenario, records: records).titles
  }

  @Test func `nothing refused, nothing tried`() throws {
    #expect(titles(try loaded(ordersText()), .sample()) == [])
  }

  @Test func `an interrupted run is no ground for trials`() throws {
    let record = RunRecord.sample().with {
      $0.resources[0].write.ask([80, 80], throttles: 9, .provisionedThroughputExceeded)
      $0.interrupted = true
    }
    #expect(titles(try loaded(ordersText()), record) == [])
  }

  @Test func `a shortage is met by capacity, scaling or the other billing mode`() throws {
    // Burst carries two minutes of 80 over 50; the mean of (80, 80) is the least that holds.
    let record = RunRecord.sample().with {
      $0.resources[0].write.ask([80, 80], throttles: 9, .provisionedThroughputExceeded)
    }
    #expect(
      titles(try loaded(ordersText()), record) == [
        "Set write-capacity of orders to 80 WCU",
        "Set write-capacity of orders to 101 WCU",
        "Let write-capacity of orders scale from 50 to 115 WCU at 70 %",
        "Switch orders to PAY_PER_REQUEST",
      ])
  }

  /// A run from 04:58 that throttles in its sixth and seventh minute: 05:03 and 05:04.
  @Test func `a peak at one time of the day is scheduled for`() throws {
    let scenario = try loaded(
      ordersText(
        capacity: "read-capacity: 100;write-capacity: {min: 50, max: 60}",
        sections: ["objectives: [throttled / requests < 1%]"]
      ).replacing("run: {", with: "run: {starts: \"2026-11-05 04:58\", "))
    let cause = ThrottleCause.provisionedThroughputExceeded
    let record = RunRecord.sample(minutes: 10).with {
      $0.resources[0].write.ask([20, 20, 20, 20, 20, 80, 80, 20, 20, 20], throttles: 0, cause)
      $0.resources[0].write.throttles[cause.rawValue] = [0, 0, 0, 0, 0, 9, 3, 0, 0, 0]
    }
    #expect(
      titles(scenario, record).first
        == "Schedule a minimum of 80 WCU for write-capacity of orders from 04:45 to 05:20 every day"
    )
    let remedy = try #require(
      RemedyCandidates(context: context(scenario, record)).all().first?.applied(to: scenario))
    guard case .provisioned(_, let write) = remedy.tables[0].mode else {
      Issue.record("not provisioned")
      return
    }
    #expect(
      write.autoscaling?.schedule == [
        ScheduledScaling(at: .minutes(285), minimum: 80, maximum: 80),
        ScheduledScaling(at: .minutes(320), minimum: 50, maximum: 60),
      ])
    // All day long is no peak, and what is scheduled already stays as it is.
    let long = record.with {
      $0.resources[0].write.throttles[cause.rawValue] = Array(repeating: 1, count: 300)
      $0.duration = .minutes(300)
    }
    #expect(!titles(scenario, long).contains { $0.hasPrefix("Schedule") })
  }

  private func context(_ scenario: Scenario, _ record: RunRecord) -> FindingContext {
    let summary = PlanSummary(scenario, records: [record])
    return FindingContext(
      scenario: scenario, summary: summary, operations: summary.operations(),
      resources: summary.resources(), cache: nil)
  }

  @Test func `growth that comes too late is warmed`() throws {
    let scenario = try loaded(ordersText(mode: "PAY_PER_REQUEST", capacity: ""))
    let record = RunRecord.sample().with {
      $0.resources[0].isOnDemand = true
      $0.resources[0].write.ask([5_000, 5_000], throttles: 9, .keyRangeThroughputExceeded)
    }
    #expect(titles(scenario, record) == ["Pre-warm orders to 6,000 write units/s"])
  }

  /// 40 writes/s on 20 WCU without burst: half of them are refused.
  private func starved() throws -> Scenario {
    try loaded(
      ordersText(
        capacity: "read-capacity: 100;write-capacity: 20",
        sections: ["model: {initial-burst: empty}", "objectives: [throttled / requests < 1%]"]
      ).replacing("rate: 10/s", with: "rate: 80/s"))
  }

  @Test func `trials are simulated, priced and ranked`() async throws {
    let scenario = try starved()
    let records = await Experiment(scenario, replications: 2).run(threads: 2) { _ in true }
    let trials = RemedyTrials(scenario, records: records)
    let outcomes = await trials.run(threads: 2) { _, _ in true }
    #expect(outcomes.count == trials.titles.count)
    let best = try #require(outcomes.first)
    #expect(best.verdict == .pass)
    #expect(best.throttled.value < 0.01)
    // What a change costs more is a matter of the price list, not of the runs: each WCU is
    // 730 h x $0.00065.
    let words = best.title.split(separator: " ")
    if best.title.hasPrefix("Set "), let units = Double(words[words.count - 2]) {
      #expect(isClose(best.costDifference.value, (units - 20) * 730 * 0.00065, within: 1e-6))
    }
    let passing = outcomes.prefix { $0.verdict == .pass }
    #expect(!outcomes.dropFirst(passing.count).contains { $0.verdict == .pass })
    #expect(passing.map(\.monthlyCost.value) == passing.map(\.monthlyCost.value).sorted())
  }

  @Test func `the number of threads changes nothing, an end is an end`() async throws {
    let scenario = try starved()
    let records = await Experiment(scenario, replications: 2).run(threads: 1) { _ in true }
    let trials = RemedyTrials(scenario, records: records)
    let one = await trials.run(threads: 1) { _, _ in true }
    let two = await trials.run(threads: 2) { _, _ in true }
    #expect(one.map(\.title) == two.map(\.title))
    #expect(one.map(\.throttled) == two.map(\.throttled))
    let ended = await trials.run(threads: 1) { position, _ in position < 1 }
    #expect(ended.count <= 1)
  }
}
