// Scenarios and hand-made records of the suites.
//
// Records are written down here, not simulated, so that every expected number can be worked out on
// paper; where the simulator is compared with, a suite runs it itself.
import Capacity
import Results
import Scenarios
import Simulation
import Statistics
import Testing
import Units

@testable import Planning

/// The scenario in `text`; fails the test with its diagnostics when it is not valid.
func loaded(_ text: String, _ location: SourceLocation = #_sourceLocation) throws -> Scenario {
  switch ScenarioLoader.load(text: text, path: "test.yaml") {
  case .loaded(let scenario, _): return scenario
  case .invalid(let diagnostics):
    Issue.record("\(diagnostics)", sourceLocation: location)
    throw InvalidSample()
  }
}

struct InvalidSample: Error {}

/// A provisioned table `orders`, 100 RCU and 50 WCU, read and written.
func ordersText(
  table: [String] = [], mode: String = "PROVISIONED", capacity: String = plainCapacity,
  sections: [String] = []
) -> String {
  ([
    "version: 1", "name: orders", "tables:", "  - name: orders", "    partition-key: id S",
    "    billing-mode: \(mode)", "    item-count: 1000", "    item-size: 1KB",
  ] + capacity.split(separator: ";").map { "    \($0)" } + table.map { "    \($0)" } + [
    "traffic:", "  - name: shop", "    arrivals: constant", "    rate: 10/s", "    operations:",
    "      - {get: orders, name: read, weight: 1}", "      - {put: orders, name: write, weight: 1}",
    "run: {duration: 2m, replications: 2}",
  ] + sections).joined(separator: "\n") + "\n"
}

let plainCapacity = "read-capacity: 100;write-capacity: 50"

extension RunRecord {
  /// A run of `minutes` over one table in the home region with two operations, all at zero.
  static func sample(minutes: Int = 2, warmUp: Nanoseconds = .zero) -> RunRecord {
    var record = RunRecord(seed: 1, duration: .minutes(Int64(minutes)), warmUp: warmUp)
    record.operations = [
      OperationRecord(traffic: "shop", name: "read", kind: "GetItem"),
      OperationRecord(traffic: "shop", name: "write", kind: "PutItem"),
    ]
    var table = ResourceRecord(
      table: "orders", index: nil, region: "us-east-1", isOnDemand: false)
    table.read = .flat(minutes: minutes, limit: 100)
    table.write = .flat(minutes: minutes, limit: 50)
    record.resources = [table]
    return record
  }

  func with(_ change: (inout RunRecord) -> Void) -> RunRecord {
    var out = self
    change(&out)
    return out
  }
}

extension AxisSeries {
  /// Nothing consumed under a constant limit.
  static func flat(minutes: Int, limit: Int64) -> AxisSeries {
    var out = AxisSeries()
    out.consumed = Array(repeating: 0, count: minutes)
    out.demanded = out.consumed
    out.limit = Array(repeating: limit, count: minutes)
    out.throttles = Array(repeating: out.consumed, count: ThrottleCause.allCases.count)
    return out
  }

  /// Demands of whole units/s in each minute, and refusals in the first one.
  mutating func ask(_ unitsPerSecond: [Int64], throttles count: Int64, _ cause: ThrottleCause) {
    demanded = unitsPerSecond.map { $0 * 120 }
    throttles[cause.rawValue][0] = count
    firstThrottle = .start + .seconds(7)
    throttledSeconds = 9
    longestThrottledStretch = 4
  }
}

/// The findings about hand-made records.
func findings(_ scenario: Scenario, _ records: RunRecord...) -> [Finding] {
  let summary = PlanSummary(scenario, records: records)
  return FindingRules.findings(
    FindingContext(
      scenario: scenario, summary: summary, operations: summary.operations(),
      resources: summary.resources(), cache: summary.cache()))
}

/// One replication with the scenario's own seed.
func simulated(_ scenario: Scenario) -> RunRecord {
  Simulator(scenario, replication: 0).run(replication: 0) { _ in true }
}

func isClose(_ a: Double, _ b: Double, within tolerance: Double = 1e-9) -> Bool {
  abs(a - b) <= tolerance * max(1, abs(b))
}
