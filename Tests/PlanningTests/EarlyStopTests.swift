// Why: a probe that stops early must say what it would have said at its end; one that errs sells
// capacity that is not there. Queues whose answer is known in closed form show how often it errs.

import Foundation
import Results
import Scenarios
import Statistics
import TestSupport
import Testing
import Units

@testable import Planning

@Suite struct EarlyStopTests {
  private static let mu = 1_000.0

  private static func scenario(_ objective: String) throws -> Scenario {
    var scenario = try loaded(ordersText(sections: ["objectives: ['\(objective)']"]))
    scenario.run.duration = .seconds(120)
    return scenario
  }

  /// What a probe of M/M/1 at `rate` decides, and after how many seconds; nil: nothing until 120 s.
  private static func probe(
    rate: Double, _ seed: Seed, _ scenario: Scenario
  ) -> (verdict: ThresholdVerdict, seconds: Int)? {
    var rule = EarlyStop(scenario, isSteady: true)
    var numbers = seed.generator
    var record = RunRecord.sample()
    record.intervals = IntervalSeries(start: .zero, length: .seconds(1))
    var wait = 0.0
    func exponential() -> Double { -log(1 - numbers.number(in: 0...0.999_999_999)) }
    for second in 1...120 {
      // Lindley's recursion.
      for _ in 0..<Int(rate) {
        let response = wait + exponential() / mu
        record.operations[0].requests += 1
        record.operations[0].succeeded += 1
        record.operations[0].response.record(Int64(response * 1e9))
        wait = max(0, response - exponential() / rate)
      }
      record.intervals.close(record.operations)
      if let verdict = rule.verdict(on: record) { return (verdict, second) }
    }
    return nil
  }

  /// p99 = ln 100 / (mu - lambda): 20 ms are reached at 770/s.
  @Test(arguments: Seed.some(12))
  func `a queue below its capacity holds, above it fails`(_ seed: Seed) throws {
    let scenario = try Self.scenario("p(99) < 20ms")
    let below = Self.probe(rate: 550, seed, scenario)
    #expect(below?.verdict == .met)
    let above = Self.probe(rate: 930, seed, scenario)
    #expect(above?.verdict == .missed)
    #expect((below?.seconds ?? 120) < 60 && (above?.seconds ?? 120) < 60)
  }

  @Test func `near its capacity it takes time, and errs in neither direction`() throws {
    let scenario = try Self.scenario("p(99) < 20ms")
    let wrong = (1...8).filter { number in
      // p99 is 16.4 ms and 28.8 ms.
      Self.probe(rate: 720, Seed(number), scenario)?.verdict == .missed
        || Self.probe(rate: 840, Seed(number), scenario)?.verdict == .met
    }
    #expect(wrong.isEmpty, "seeds \(wrong)")
  }

  /// Of 10 requests/s for 120 s, 1,200, 5 % are 60: the 61st settles it, whatever comes.
  @Test func `a share is missed for certain when too many have gone wrong`() throws {
    let scenario = try Self.scenario("throttled / requests < 5%")
    var rule = EarlyStop(scenario, isSteady: false)
    var record = RunRecord.sample()
    record.intervals = IntervalSeries(start: .zero, length: .seconds(1))
    var decided: Int64?
    for second in 1...120 where decided == nil {
      record.operations[0].requests += 10
      if second > 60 { record.operations[0].throttled += 5 }
      record.intervals.close(record.operations)
      if let verdict = rule.verdict(on: record) {
        #expect(verdict == .missed)
        decided = record.operations[0].throttled
      }
    }
    // It does not look at every second.
    #expect((decided ?? 0) > 60 && (decided ?? 999) <= 100)
  }

  @Test func `that a supply lasts shows only at its end`() throws {
    let scenario = try Self.scenario("throttled / requests < 5%")
    var rule = EarlyStop(scenario, isSteady: false)
    var record = RunRecord.sample()
    record.intervals = IntervalSeries(start: .zero, length: .seconds(1))
    for _ in 1...119 {
      record.operations[0].requests += 1_000
      record.intervals.close(record.operations)
      #expect(rule.verdict(on: record) == nil)
    }
  }
}
