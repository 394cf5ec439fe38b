// The built-in scenarios against YCSB's table of core workloads.

import Testing
import Units

@testable import Scenarios

/// People compare stores by these names; a wrong mix would make every comparison wrong.
@Suite struct BuiltInScenarioTests {
  struct Mix: CustomTestStringConvertible, Sendable {
    var name: String
    /// Share of operations by kind, after YCSB's workloada ... workloadf.
    var shares: [OperationKind: Double]
    var testDescription: String { name }
  }

  /// In F half the operations are read-modify-writes: of three requests, two are reads.
  @Test(arguments: [
    Mix(name: "ycsb-a", shares: [.get: 0.5, .update: 0.5]),
    Mix(name: "ycsb-b", shares: [.get: 0.95, .update: 0.05]),
    Mix(name: "ycsb-c", shares: [.get: 1]),
    Mix(name: "ycsb-d", shares: [.get: 0.95, .put: 0.05]),
    Mix(name: "ycsb-e", shares: [.scan: 0.95, .put: 0.05]),
    Mix(name: "ycsb-f", shares: [.get: 2.0 / 3, .update: 1.0 / 3]),
  ])
  func mixIsThatOfTheWorkload(mix: Mix) throws {
    let builtIn = try #require(BuiltInScenario.named(mix.name))
    let outcome = ScenarioLoader.load(text: builtIn.text, path: mix.name)
    guard case .loaded(let scenario, let warnings) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(warnings.isEmpty && scenario.name == mix.name)
    let operations = try #require(scenario.traffic.first).operations
    let total = operations.reduce(0) { $0 + $1.weight }
    var found: [OperationKind: Double] = [:]
    for operation in operations { found[operation.kind, default: 0] += operation.weight / total }
    #expect(found.count == mix.shares.count)
    for (kind, share) in mix.shares { #expect(abs((found[kind] ?? 0) - share) < 1e-9) }
    #expect(scenario.tables[0].itemCount == 1_000)
    #expect(builtIn.text.split(separator: "\n").allSatisfy { $0.utf8.count <= 100 })
  }

  @Test func namesAreDistinct() {
    #expect(Set(BuiltInScenario.all.map(\.name)).count == 6)
    #expect(BuiltInScenario.named("ycsb-z") == nil)
  }
}
