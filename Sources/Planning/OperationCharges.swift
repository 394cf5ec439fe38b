// What one request of an operation costs, with the rounding shown.
//
// Sizes are the table's mean item size: rounding is done on that size, so with sizes that straddle
// a boundary the simulated mean differs a little. The simulator charges every item on its own. A
// condition that fails in a transaction cancels all of it: no index is written, and the tables are
// charged as the setting for cancelled transactions says (capacity.md 1.6).

import Capacity
import DataModel
import Results
import Scenarios
import Units
import Workloads

/// Expected units of one request on one resource.
struct Contribution {
  var key: LoadKey
  var units: Double
  /// Share of the hottest partition-key value, 0...1.
  var hottestShare: Double
}

/// What one request writes to an index, on average.
private struct IndexWrite {
  let itemSize: Int
  /// Index writes per request.
  let count: Double

  /// - Parameter applied: Items of the request whose condition holds.
  init(_ part: OperationPart, _ effect: IndexEffect, itemSize: Int, applied: Double) {
    self.itemSize = itemSize
    let perItem =
      switch effect {
      case _ where part.action == .delete: 1.0
      case .unchanged: part.newItems
      case .projectedChange: 1.0
      case .keyMove: part.newItems + 2 * (1 - part.newItems)
      }
    count = perItem * applied
  }
}

/// Charges of one operation.
struct OperationCharges {
  private(set) var lines: [ChargeLine] = []
  private(set) var contributions: [Contribution] = []
  private let scenario: Scenario
  /// Share of the transactions in which every condition holds; 1 for other operations.
  private let committed: Double

  init(_ scenario: Scenario, _ operation: OperationSpec) {
    self.scenario = scenario
    committed =
      operation.kind == .transactWrite
      ? operation.parts.reduce(1) { product, part in
        (0..<part.count).reduce(product) { share, _ in share * (1 - part.conditionFailure) }
      } : 1
    for part in operation.parts {
      let table = scenario.tables[part.table]
      switch part.action {
      case .get: addGet(table, part, operation)
      case .query, .scan: addPage(table, part, operation)
      case .put, .update, .delete: addWrite(table, part, operation)
      case .conditionCheck: addCheck(table, part)
      }
    }
  }

  private static func meanSize(_ distribution: SizeDistribution) -> Int {
    max(1, Int(SizeSampler(distribution).mean.rounded()))
  }

  private mutating func add(
    _ resource: String, _ axis: CapacityAxis, _ arithmetic: String, _ units: Double,
    _ hottest: Double
  ) {
    lines.append(
      ChargeLine(
        resource: resource, axis: axis, arithmetic: arithmetic, unitsPerRequest: units))
    contributions.append(
      Contribution(
        key: LoadKey(resource: resource, axis: axis), units: units, hottestShare: hottest))
  }

  /// Share of the hottest of `keys` values under a distribution.
  private func hottest(_ distribution: KeyDistribution, keys: Int) -> Double {
    KeySampler.hottestShare(of: distribution, keys: UInt64(max(1, keys)))
  }

  private func tableKeys(_ table: TableSpec) -> Int {
    table.key.sort == nil ? table.itemCount : table.partitionKeyCount
  }

  private mutating func addGet(
    _ table: TableSpec, _ part: OperationPart, _ operation: OperationSpec
  ) {
    let size = Self.meanSize(table.itemSize)
    let single = ReadCost.readUnits(bytes: size, consistency: operation.consistency)
    let units = single.inUnits * Double(part.count)
    let times = part.count > 1 ? " × \(part.count) items" : ""
    add(
      table.name, .read,
      "\(ByteCount(Int64(size))) → \(blocks(size, 4_096)) × 4 KB × \(factor(operation.consistency))"
        + times, units, hottest(part.keys, keys: tableKeys(table)))
  }

  private mutating func addPage(
    _ table: TableSpec, _ part: OperationPart, _ operation: OperationSpec
  ) {
    var name = table.name
    var keys = tableKeys(table)
    if case .global(let position) = part.index {
      name += "/\(table.globalIndexes[position].name)"
      keys = table.globalIndexes[position].partitionKeyCount
    }
    let page = PageArithmetic(scenario, table, part, operation)
    let bytes = page.entry * page.items
    add(
      name, .read,
      "\(page.items) × \(ByteCount(Int64(page.entry))) = \(ByteCount(Int64(bytes))) →"
        + " \(blocks(bytes, 4_096)) × 4 KB × \(factor(operation.consistency))"
        + (page.pages > 1 ? " × \(group(page.pages)) pages" : ""), page.units,
      part.action == .scan ? 0 : hottest(part.keys, keys: keys))
  }

  private mutating func addWrite(
    _ table: TableSpec, _ part: OperationPart, _ operation: OperationSpec
  ) {
    let stored = Self.meanSize(table.itemSize)
    let written = part.size.map(Self.meanSize) ?? stored
    let isTransaction = operation.kind == .transactWrite
    // Overwriting is charged for the larger of both images, creating for one; an update or delete
    // whose condition fails for the item as it stands (capacity.md 1.4).
    let larger = max(written, stored)
    let created = WriteCost.writeUnits(bytes: written).inUnits
    let overwritten = WriteCost.writeUnits(bytes: larger).inUnits
    var single = part.newItems * created + (1 - part.newItems) * overwritten
    let failing = isTransaction || part.action == .put ? 0 : part.conditionFailure
    single += failing * (WriteCost.writeUnits(bytes: stored).inUnits - single)
    let base = single * (isTransaction ? transactionFactor : 1) * Double(part.count)
    let size = part.newItems >= 1 ? written : larger
    let mixed = part.newItems > 0 && created != overwritten && part.newItems < 1
    let times = part.count > 1 ? " × \(part.count) items" : ""
    // A new item without a sort key is a partition-key value of its own.
    let onKeys = table.key.sort == nil ? 1 - part.newItems : 1
    let share = hottest(part.keys, keys: tableKeys(table)) * onKeys
    add(
      table.name, .write,
      "\(ByteCount(Int64(size))) → \(blocks(size, 1_024)) × 1 KB"
        + (mixed ? " (new: \(blocks(written, 1_024)))" : "")
        + (isTransaction ? " × \(trimmed(transactionFactor, 2))" : "") + times, base, share)
    let applied =
      (isTransaction ? committed : 1 - part.conditionFailure) * Double(part.count)
    for (position, index) in table.localIndexes.enumerated() {
      let effect =
        part.localEffects.isEmpty ? IndexEffect.projectedChange : part.localEffects[position]
      addIndex(
        table.name, index, IndexWrite(part, effect, itemSize: size, applied: applied), share)
    }
    for (position, index) in table.globalIndexes.enumerated() {
      let effect =
        part.globalEffects.isEmpty ? IndexEffect.projectedChange : part.globalEffects[position]
      addIndex(
        "\(table.name)/\(index.name)", index,
        IndexWrite(part, effect, itemSize: size, applied: applied),
        hottest(index.keyDistribution, keys: index.partitionKeyCount))
    }
  }

  private mutating func addIndex(
    _ resource: String, _ index: IndexSpec, _ write: IndexWrite, _ hottest: Double
  ) {
    let entry = index.entrySize.map { min($0, write.itemSize) } ?? write.itemSize
    guard write.count > 0 else { return }
    let units = WriteCost.writeUnits(bytes: entry).inUnits * write.count * index.share
    let shareText = index.share < 1 ? " × \(percentage(index.share)) of the items" : ""
    add(
      resource, .write,
      "\(index.name): \(ByteCount(Int64(entry))) → \(blocks(entry, 1_024)) × 1 KB ×"
        + " \(trimmed(write.count, 2)) index writes" + shareText, units, hottest)
  }

  private mutating func addCheck(_ table: TableSpec, _ part: OperationPart) {
    let size = Self.meanSize(table.itemSize)
    let units =
      WriteCost.writeUnits(bytes: size).inUnits * transactionFactor * Double(part.count)
    let times = part.count > 1 ? " × \(part.count) items" : ""
    add(
      table.name, .write,
      "check \(ByteCount(Int64(size))) → \(blocks(size, 1_024)) × 1 KB"
        + " × \(trimmed(transactionFactor, 2))" + times, units,
      hottest(part.keys, keys: tableKeys(table)))
  }

  /// What a transaction multiplies write units by on average: 2 when it commits.
  private var transactionFactor: Double {
    let cancelled = Double(scenario.model.capacity.cancelledTransactions.rawValue)
    let whole = Double(ServiceConstants.transactionalWriteFactor)
    return committed * whole + (1 - committed) * cancelled
  }

  private func blocks(_ bytes: Int, _ unit: Int) -> Int { max(1, (bytes + unit - 1) / unit) }

  private func factor(_ consistency: ReadConsistency) -> String {
    switch consistency {
    case .eventual: "0.5"
    case .strong: "1"
    case .transactional: "2"
    }
  }
}
