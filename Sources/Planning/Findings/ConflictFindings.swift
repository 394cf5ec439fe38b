// Transactions that are cancelled because another one holds an item, and what holds it so long.

import Capacity
import DataModel
import Results
import Scenarios
import Statistics
import Units
import Workloads

enum ConflictFindings {
  static func find(_ context: FindingContext) -> [Finding] {
    context.operations.enumerated().compactMap { position, row in
      let shares = context.summary.records.map { record -> Double in
        let row = record.operations[position]
        return row.requests == 0 ? 0 : Double(row.conflicts) / Double(row.requests)
      }
      let share = shares.reduce(0, +) / Double(max(1, shares.count))
      guard share > 0 else { return nil }
      return finding(context, row, share)
    }
  }

  private static func finding(
    _ context: FindingContext, _ row: OperationSummary, _ share: Double
  ) -> Finding {
    let operations = context.scenario.traffic.first { $0.name == row.traffic }?.operations ?? []
    let latency = context.scenario.model.latency
    let held = operations.first { $0.name == row.name }.map { latency.of($0) } ?? latency
    let isTransaction = row.kind.hasPrefix("Transact")
    var text =
      "A transaction holds its items for its two phases, a median of"
      + " \(held.transactionMedian) here; "
      + (isTransaction
        ? "another one that names them meanwhile is cancelled with TransactionConflict, and pays"
          + " for its preparation."
        : "a single write of them meanwhile is refused with TransactionConflictException.")
      + " The SDKs do not retry either."
    if let hottest = hottestItem(context, row) { text += hottest }
    return Finding(
      severity: share < 0.001 ? .note : .problem,
      title:
        "\(context.name(row)): \(percentage(share)) of the requests conflict with a transaction",
      explanation: text,
      remedies: [
        "Take the hot item out of the transaction (an update with a condition needs none), or"
          + " divide it over several items; let the application repeat what was cancelled."
      ], isCause: true)
  }

  /// The item that most of the conflicts can be on, from the key distributions.
  private static func hottestItem(_ context: FindingContext, _ row: OperationSummary) -> String? {
    let scenario = context.scenario
    let operation = scenario.traffic.first { $0.name == row.traffic }?.operations
      .first { $0.name == row.name }
    let parts = (operation?.parts ?? []).filter { $0.newItems < 1 }
    let shares = parts.map { part -> (table: String, share: Double) in
      let table = scenario.tables[part.table]
      let keys = table.key.sort == nil ? table.itemCount : table.partitionKeyCount
      let share = KeySampler.hottestShare(of: part.keys, keys: UInt64(max(1, keys)))
      let items = table.key.sort == nil ? 1 : max(1, table.itemCount / max(1, keys))
      return (table.name, share / Double(items))
    }
    guard let top = shares.max(by: { $0.share < $1.share }), top.share >= 0.001 else { return nil }
    return " The likeliest item, of \(top.table), is \(percentage(top.share)) of the draws."
  }
}
