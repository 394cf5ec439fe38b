// A table or index with less capacity than its requests need: once the burst is spent they are
// throttled. A GSI with less write capacity than its table's writes need throttles those as well
// (back-pressure, capacity.md 3.3).
// Means over the whole profile against the most there may be; bursts are the simulator's, and so
// are what pages read and what a cluster answers.

import Capacity
import Units
import YAML

func capacityLint(_ subject: LintSubject) -> [Diagnostic] {
  var warnings: [Diagnostic] = []
  for (position, table) in subject.scenario.tables.enumerated() {
    if case .provisioned(let read, let write) = table.mode {
      let needed = subject.needed(ofTable: position)
      for (axis, units, capacity) in [
        ("read", needed.read, read), ("write", needed.write, write),
      ] {
        let limit = capacity.autoscaling?.maximum ?? capacity.units
        guard units > Double(limit) else { continue }
        warnings.append(
          subject.warning(
            "table '\(table.name)' needs about \(significant(units)) \(axis) units per second and"
              + " has \(group(limit)): requests will be throttled",
            at: "table \(table.name)",
            expected: "\(axis)-capacity of at least \(group(Int(units.rounded(.up))))"))
      }
    }
    for index in table.globalIndexes.indices {
      warnings += subject.indexWarning(position, index)
    }
  }
  return warnings
}

extension LintSubject {
  /// Parts of operations that go to a table, each with its requests/s times its items.
  private func parts(
    ofTable table: Int
  ) -> [(rate: Double, part: OperationPart, operation: OperationSpec)] {
    scenario.traffic.flatMap { traffic in
      traffic.shares.flatMap { operation, share in
        operation.parts.filter { $0.table == table }.map { part in
          ((traffic.demand.rates?.mean ?? 0) * share * Double(part.count), part, operation)
        }
      }
    }
  }

  /// Mean units/s that requests ask of a table itself.
  fileprivate func needed(ofTable position: Int) -> (read: Double, write: Double) {
    let table = scenario.tables[position]
    var needed = (read: 0.0, write: 0.0)
    for (rate, part, operation) in parts(ofTable: position) {
      switch operation.kind {
      case .put, .update, .delete, .batchWrite, .transactWrite:
        needed.write += rate * part.unitsPerItem(operation, table)
        for (index, effect) in zip(table.localIndexes, part.localEffects) {
          needed.write += rate * part.indexUnitsPerItem(index, effect, table)
        }
      case .get, .batchGet, .transactGet:
        if scenario.cache == nil { needed.read += rate * part.unitsPerItem(operation, table) }
      case .query, .scan: break
      }
    }
    return needed
  }

  fileprivate func indexWarning(_ position: Int, _ number: Int) -> [Diagnostic] {
    let table = scenario.tables[position]
    let index = table.globalIndexes[number]
    guard case .provisioned(_, let write)? = index.mode else { return [] }
    let limit = write.autoscaling?.maximum ?? write.units
    let needed = parts(ofTable: position).reduce(0) { sum, row in
      guard row.operation.kind.isWrite else { return sum }
      return sum
        + row.rate * row.part.indexUnitsPerItem(index, row.part.globalEffects[number], table)
    }
    guard needed > Double(limit) else { return [] }
    return [
      warning(
        "index '\(index.name)' needs about \(significant(needed)) write units per second and has "
          + "\(group(limit)): writes to '\(table.name)' will be throttled",
        at: "index \(table.name).\(index.name)",
        expected: "write-capacity of at least \(group(Int(needed.rounded(.up))))")
    ]
  }
}
