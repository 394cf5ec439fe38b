// One key that alone asks for more than a partition can serve: 3,000 read or 1,000 write units per
// second (capacity.md 2). No split helps a single item; only another key design or a cache does.
// Queries are left out, since their cost spreads over a collection that can split.

import Capacity
import Units
import YAML

func hotKeyLint(_ subject: LintSubject) -> [Diagnostic] {
  var warnings: [Diagnostic] = []
  let cached = Set(subject.scenario.cache?.tables ?? [])
  for traffic in subject.scenario.traffic {
    guard let rate = traffic.demand.rates?.peak else { continue }
    for (operation, share) in traffic.shares {
      for part in operation.parts where part.action != .query && part.action != .scan {
        let table = subject.scenario.tables[part.table]
        let isWrite = operation.kind.isWrite
        if !isWrite, operation.consistency == .eventual, cached.contains(part.table) { continue }
        // A put of a new item meets no key that others ask for as well.
        if part.action == .put, part.newItems > 0.5 { continue }
        guard let hottest = part.keys.hottestShare(of: table.itemCount) else { continue }
        let units =
          rate * share * Double(part.count) * hottest
          * part.unitsPerItem(operation, table)
        let limit = isWrite ? 1_000.0 : 3_000.0
        guard units > limit else { continue }
        warnings.append(
          subject.warning(
            "the hottest key of '\(operation.name)' takes about \(significant(units)) "
              + "\(isWrite ? "write" : "read") units per second; a partition serves "
              + "\(group(Int(limit)))",
            at: "operation \(traffic.name).\(operation.name)"))
      }
    }
  }
  return warnings
}
