// A GSI with less write capacity than its table's writes need: once its burst is spent, base writes
// are throttled too (back-pressure, capacity.md 3.3).
// Means over the whole profile against the most the index may have; bursts are the simulator's.

import Capacity
import Units
import YAML

func indexCapacityLint(_ subject: LintSubject) -> [Diagnostic] {
  var warnings: [Diagnostic] = []
  for (tableIndex, table) in subject.scenario.tables.enumerated() {
    for (position, index) in table.globalIndexes.enumerated() {
      guard case .provisioned(_, let write)? = index.mode else { continue }
      let limit = write.autoscaling?.maximum ?? write.units
      var needed = 0.0
      for traffic in subject.scenario.traffic {
        guard let rate = traffic.demand.rates?.mean else { continue }
        for (operation, share) in traffic.shares {
          for part in operation.parts where part.table == tableIndex && operation.kind.isWrite {
            needed +=
              rate * share * Double(part.count)
              * part.indexUnitsPerItem(index, part.globalEffects[position], table)
          }
        }
      }
      guard needed > Double(limit) else { continue }
      warnings.append(
        subject.warning(
          "index '\(index.name)' needs about \(significant(needed)) write units per second and has "
            + "\(group(limit)): writes to '\(table.name)' will be throttled",
          at: "index \(table.name).\(index.name)",
          expected: "write-capacity of at least \(group(Int(needed.rounded(.up))))"))
    }
  }
  return warnings
}
