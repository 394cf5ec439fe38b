// What a file means once it is read: the values the simulator, the bill and the reports receive.
// Expected values are written out by hand from the format's description, never computed.
// The first example is the one every reader copies.

import Capacity
import Clients
import DataModel
import Foundation
import Scenarios
import Testing
import Units
import Workloads
import YAML

/// The project's root, from this file's place in it.
let projectRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// Loads `text`, or records every diagnostic as a failure.
func loaded(
  _ text: String, path: String = "test.yaml", files: [String: String] = [:]
) throws -> (Scenario, [Diagnostic]) {
  let outcome = ScenarioLoader.load(text: text, path: path) { name in
    files[name].map { .text($0) } ?? .unreadable("no such file")
  }
  switch outcome {
  case .loaded(let scenario, let warnings): return (scenario, warnings)
  case .invalid(let faults):
    Issue.record("\(Diagnostic.rendered(faults, source: text))")
    throw CancellationError()
  }
}

@Suite("Loading a scenario")
struct LoadingTests {
  @Test func theFirstExample() throws {
    let path = projectRoot.appendingPathComponent("scenarios/01-orders.yaml")
    let text = try String(contentsOf: path, encoding: .utf8)
    let (scenario, warnings) = try loaded(text, path: "scenarios/01-orders.yaml")
    #expect(warnings.isEmpty, "\(Diagnostic.rendered(warnings, source: text))")
    #expect(scenario.name == "01-orders")
    #expect(scenario.seed == 42)
    #expect(scenario.run.duration == .minutes(30))
    #expect(scenario.run.warmUp == .minutes(1))
    let table = try #require(scenario.tables.first)
    #expect(table.key.partition == KeyAttribute(name: "customerId", type: .string))
    #expect(table.key.sort == KeyAttribute(name: "orderId", type: .string))
    #expect(
      table.mode
        == .provisioned(
          read: ProvisionedCapacity(units: 400), write: ProvisionedCapacity(units: 350)))
    #expect(table.itemCount == 1_000_000)
    #expect(table.partitionKeyCount == 100_000)
    #expect(table.itemSize == .lognormal(median: 700, percentile: 0.99, value: 3_072))
    #expect(table.pointInTimeRecovery)
    let traffic = try #require(scenario.traffic.first)
    guard case .open(.poisson, let rate) = traffic.demand else {
      Issue.record("an open Poisson demand was written")
      return
    }
    #expect(rate == [RateSegment(duration: .minutes(30), from: 500, to: 500)])
    #expect(traffic.operations.map(\.kind) == [.get, .query, .put, .update])
    #expect(traffic.operations.map(\.weight) == [60, 10, 20, 10])
    #expect(traffic.operations[0].parts[0].keys == .zipf(exponent: 0.99))
    #expect(traffic.operations[1].parts[0].count == 10)
    #expect(traffic.operations[2].parts[0].newItems == 1)
    #expect(traffic.operations[3].parts[0].conditionFailure == 0.02)
    #expect(traffic.client.timeout == .seconds(1))
    #expect(
      scenario.objectives.map(\.measure) == [
        .latencyPercentile(99, operation: nil), .latencyPercentile(99, operation: "read-order"),
        .ratio(.throttled, .requests, operation: nil), .monthlyCost,
      ])
    #expect(scenario.objectives.map(\.bound) == [0.03, 0.015, 0.001, 500])
  }
}
