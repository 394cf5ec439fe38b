// What one request of an operation costs, with the rounding shown.
//
// Units are expectations over item sizes, as the simulator charges every item on its own: the mean
// of rounded sizes is not the rounded mean. The text shows the mean size and the mean of the
// blocks. A condition that fails in a transaction cancels all of it: no index is written, and the
// tables are charged as the setting for cancelled transactions says (capacity.md 1.6).

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

/// Sizes of what a write leaves and finds.
private struct WrittenImages {
  let stored: ImageSize
  let written: ImageSize
  /// What an item costs that stands already: the larger of both images (capacity.md 1.4).
  let overwritten: ImageSize

  init(_ table: TableSpec, _ part: OperationPart) {
    let sampler = SizeSampler(table.itemSize)
    stored = ImageSize(sampler)
    guard let size = part.size else {
      written = stored
      // An update leaves the size as it is, a put draws another.
      overwritten = part.action == .put ? ImageSize(sampler, sampler) : stored
      return
    }
    let drawn = SizeSampler(size)
    written = ImageSize(drawn)
    overwritten = part.action == .delete ? stored : ImageSize(drawn, sampler)
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
    let size = ImageSize(SizeSampler(table.itemSize))
    let units = size.blocks(of: 4_096) * factor(operation.consistency) * Double(part.count)
    add(
      table.name, .read,
      "\(size) → \(size.blocksText(of: 4_096)) × \(trimmed(factor(operation.consistency), 1))"
        + times(part), units, hottest(part.keys, keys: tableKeys(table)))
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
        + " \(trimmed(page.blocks, 2)) × 4 KB × \(trimmed(factor(operation.consistency), 1))"
        + (page.pages > 1 ? " × \(group(page.pages)) pages" : ""), page.units,
      part.action == .scan ? 0 : hottest(part.keys, keys: keys))
  }

  private mutating func addWrite(
    _ table: TableSpec, _ part: OperationPart, _ operation: OperationSpec
  ) {
    let images = WrittenImages(table, part)
    let isTransaction = operation.kind == .transactWrite
    let created = images.written.blocks(of: 1_024)
    let overwritten = images.overwritten.blocks(of: 1_024)
    var single = part.newItems * created + (1 - part.newItems) * overwritten
    // An update or delete whose condition fails costs the item as it stands (capacity.md 1.4).
    let failing = isTransaction || part.action == .put ? 0 : part.conditionFailure
    single += failing * (images.stored.blocks(of: 1_024) - single)
    let base = single * (isTransaction ? transactionFactor : 1) * Double(part.count)
    let size = part.newItems >= 1 ? images.written : images.overwritten
    let mixed = part.newItems > 0 && created != overwritten && part.newItems < 1
    // A new item without a sort key is a partition-key value of its own.
    let onKeys = table.key.sort == nil ? 1 - part.newItems : 1
    let share = hottest(part.keys, keys: tableKeys(table)) * onKeys
    add(
      table.name, .write,
      "\(size) → \(size.blocksText(of: 1_024))"
        + (mixed ? " (new: \(trimmed(created, 2)))" : "")
        + (isTransaction ? " × \(trimmed(transactionFactor, 2))" : "") + times(part), base, share)
    let applied =
      (isTransaction ? committed : 1 - part.conditionFailure) * Double(part.count)
    for (position, index) in table.localIndexes.enumerated() {
      let effect =
        part.localEffects.isEmpty ? IndexEffect.projectedChange : part.localEffects[position]
      addIndex(table.name, index, part, (images, effect, applied), share)
    }
    for (position, index) in table.globalIndexes.enumerated() {
      let effect =
        part.globalEffects.isEmpty ? IndexEffect.projectedChange : part.globalEffects[position]
      addIndex(
        "\(table.name)/\(index.name)", index, part, (images, effect, applied),
        hottest(index.keyDistribution, keys: index.partitionKeyCount))
    }
  }

  /// - Parameter write: `applied` items of the request, those whose condition holds, do this.
  private mutating func addIndex(
    _ resource: String, _ index: IndexSpec, _ part: OperationPart,
    _ write: (images: WrittenImages, effect: IndexEffect, applied: Double), _ hottest: Double
  ) {
    func blocks(_ size: ImageSize) -> Double { size.limited(index.entrySize).blocks(of: 1_024) }
    let images = write.images
    let old: (count: Double, units: Double) =
      switch write.effect {
      case _ where part.action == .delete: (1, blocks(images.stored))
      case .unchanged: (0, 0)
      case .projectedChange: (1, blocks(images.overwritten))
      case .keyMove: (2, blocks(images.stored) + blocks(images.written))
      }
    let new = part.action == .delete ? 0 : part.newItems
    let count = (new + (1 - new) * old.count) * write.applied
    guard count > 0 else { return }
    let each = (new * blocks(images.written) + (1 - new) * old.units) * write.applied / count
    let size = (new >= 1 ? images.written : images.overwritten).limited(index.entrySize)
    let shareText = index.share < 1 ? " × \(percentage(index.share)) of the items" : ""
    add(
      resource, .write,
      "\(index.name): \(size) → \(trimmed(each, 2)) × 1 KB × \(trimmed(count, 2)) index writes"
        + shareText, each * count * index.share, hottest)
  }

  private mutating func addCheck(_ table: TableSpec, _ part: OperationPart) {
    let size = ImageSize(SizeSampler(table.itemSize))
    let units = size.blocks(of: 1_024) * transactionFactor * Double(part.count)
    add(
      table.name, .write,
      "check \(size) → \(size.blocksText(of: 1_024)) × \(trimmed(transactionFactor, 2))"
        + times(part), units, hottest(part.keys, keys: tableKeys(table)))
  }

  /// What a transaction multiplies write units by on average: 2 when it commits.
  private var transactionFactor: Double {
    let cancelled = Double(scenario.model.capacity.cancelledTransactions.rawValue)
    let whole = Double(ServiceConstants.transactionalWriteFactor)
    return committed * whole + (1 - committed) * cancelled
  }

  private func times(_ part: OperationPart) -> String {
    part.count > 1 ? " × \(part.count) items" : ""
  }

  /// Units per block of 4 KB (capacity.md 1.1).
  private func factor(_ consistency: ReadConsistency) -> Double {
    ReadCost.readUnits(bytes: 1, consistency: consistency).inUnits
  }
}
