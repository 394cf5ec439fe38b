// A scenario's tables and items made through any way to call the service's operations.

import LoadGeneration
import Scenarios

enum ScenarioTables {
  /// Makes all tables and items; why it failed, or nil.
  static func make(
    _ scenario: Scenario, seed: UInt64?, _ call: (String, [UInt8]) -> String?
  ) -> String? {
    let items = InitialItems(scenario, seed: seed)
    var body: [UInt8] = []
    for (table, spec) in scenario.tables.enumerated() {
      if let fault = call("CreateTable", TableSetup.body(spec)) {
        return "CreateTable \(spec.name): \(fault)"
      }
      var next: UInt64 = 0
      while next < UInt64(spec.itemCount) {
        let end = min(UInt64(spec.itemCount), next + UInt64(InitialItems.perBatch))
        body.removeAll(keepingCapacity: true)
        items.appendPuts(table, next..<end, to: &body)
        if let fault = call("BatchWriteItem", body) { return "filling \(spec.name): \(fault)" }
        next = end
      }
    }
    return nil
  }
}
