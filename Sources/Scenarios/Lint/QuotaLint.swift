// Capacity beyond the quotas of the account (capacity.md 4: 40,000 units per table and index and
// axis, 80,000 provisioned over all); both are settings of the model and can be raised on request.
// An auto scaled axis counts with the most its policy may set.

import Capacity
import Units
import YAML

func quotaLint(_ subject: LintSubject) -> [Diagnostic] {
  let model = subject.scenario.model
  var warnings: [Diagnostic] = []
  var totals = (read: 0, write: 0)
  func check(_ mode: CapacityMode?, _ noun: String, _ place: String) {
    guard case .provisioned(let read, let write)? = mode else { return }
    for (axis, capacity) in [("read", read), ("write", write)] {
      let units = max(capacity.units, capacity.autoscaling?.maximum ?? 0)
      if axis == "read" { totals.read += units } else { totals.write += units }
      if units > model.tableQuota {
        warnings.append(
          subject.warning(
            "\(noun) has a \(axis) capacity of \(group(units)), above the quota of "
              + group(model.tableQuota),
            at: place, expected: "model: {table-quota: …} if raised"))
      }
    }
  }
  for table in subject.scenario.tables {
    check(table.mode, "table '\(table.name)'", "table \(table.name)")
    for index in table.globalIndexes {
      check(index.mode, "index '\(index.name)'", "index \(table.name).\(index.name)")
    }
  }
  for (axis, total) in [("read", totals.read), ("write", totals.write)]
  where total > model.accountQuota {
    warnings.append(
      subject.warning(
        "all tables and indexes together have a \(axis) capacity of \(group(total)), above the "
          + "account's quota of \(group(model.accountQuota))",
        at: "table \(subject.scenario.tables.first?.name ?? "")",
        expected: "model: {account-quota: …} if raised"))
  }
  return warnings
}
