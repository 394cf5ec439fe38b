// What the file describes and the run does not use: tables nobody asks, rates that end early,
// strong reads through a cache that does not keep them (features.md 2.1).
// A scenario without traffic is only priced, and not warned about.

import Capacity
import Units
import YAML

func unusedLint(_ subject: LintSubject) -> [Diagnostic] {
  let scenario = subject.scenario
  var warnings: [Diagnostic] = []
  let used = Set(scenario.traffic.flatMap { $0.operations.flatMap { $0.parts.map(\.table) } })
  if !scenario.traffic.isEmpty {
    for (position, table) in scenario.tables.enumerated() where !used.contains(position) {
      warnings.append(
        subject.warning("no traffic touches table '\(table.name)'", at: "table \(table.name)"))
    }
  }
  for traffic in scenario.traffic {
    let length = traffic.demand.duration
    if length < scenario.run.duration {
      warnings.append(
        subject.warning(
          "traffic '\(traffic.name)' ends after \(length), the run after \(scenario.run.duration)",
          at: "traffic \(traffic.name)"))
    }
    for operation in traffic.operations where operation.consistency == .strong {
      guard let cache = scenario.cache,
        operation.parts.contains(where: { cache.tables.contains($0.table) })
      else { continue }
      warnings.append(
        subject.warning(
          "'\(operation.name)' reads with strong consistency, which DAX passes on uncached",
          at: "operation \(traffic.name).\(operation.name)"))
    }
  }
  return warnings
}
