// What a request of Query or Scan pages costs on average, and how many pages it has.
//
// A Scan's pages are those of a walk over the partitions that the table or index starts with: a
// page that ends in another partition than it began in is rounded in each (capacity.md 1.2). A
// Query stays in its collection, taken at the mean number of items.

import Capacity
import DataModel
import Scenarios
import Units
import Workloads

/// The pages of one operation's requests.
struct PageArithmetic {
  /// Mean bytes of an entry, and entries of a page that is not the last.
  let entry: Int
  let items: Int
  /// Pages of one request.
  let pages: Int
  /// Mean units of one request.
  let units: Double

  /// Pages that are walked one by one to find their mean; more are taken to be alike.
  private static let walkedMax = 2_000

  init(
    _ scenario: Scenario, _ table: TableSpec, _ part: OperationPart, _ operation: OperationSpec
  ) {
    let source = PageSource(scenario, table, part)
    entry = source.entry
    let isScan = part.action == .scan
    let entries = isScan ? source.entries : source.collection
    // A page ends with the item that brings it to 1 MB (capacity.md 1.2).
    let most = min(part.count, QueryCost.itemsPerFullPage(itemBytes: entry))
    let all = max(1, (entries + most - 1) / most)
    let isBounded = isScan || operation.pages == nil
    items = isBounded ? max(1, min(most, entries)) : most
    func cost(_ items: Int) -> Double {
      QueryCost.pageUnits(evaluatedBytes: items * source.entry, consistency: operation.consistency)
        .inUnits
    }
    var whole = Double(all - 1) * cost(most) + cost(entries - (all - 1) * most)
    if isScan, all <= Self.walkedMax {
      whole = source.walk(pageBytes: max(1, most * entry), operation.consistency)
    }
    if let pages = operation.pages {
      self.pages = isScan ? min(pages, all) : pages
      units = Double(self.pages) * (isScan ? whole / Double(all) : cost(most))
    } else {
      let segments = isScan ? operation.segments : 1
      pages = max(1, (all + segments - 1) / segments)
      units = whole / Double(segments)
    }
  }
}

/// The table or index that a page reads.
private struct PageSource {
  var entry: Int
  var entries: Int
  var collection: Int
  let partitions: PartitionMap

  init(_ scenario: Scenario, _ table: TableSpec, _ part: OperationPart) {
    let item = max(1, Int(SizeSampler(table.itemSize).mean.rounded()))
    entry = item
    entries = table.itemCount
    var keys = table.key.sort == nil ? table.itemCount : table.partitionKeyCount
    var throughput = ResourceThroughput(isIndex: false, mode: table.mode)
    throughput.warmThroughput = table.warmThroughput
    throughput.partitions = table.partitions
    throughput.bytes = ByteCount(Int64(table.itemCount) * Int64(item))
    switch part.index {
    case .global(let position):
      let index = table.globalIndexes[position]
      entry = index.entrySize.map { min($0, item) } ?? item
      entries = Int((Double(table.itemCount) * index.share).rounded())
      keys = index.partitionKeyCount
      throughput = ResourceThroughput(isIndex: true, mode: index.mode ?? table.mode)
      throughput.warmThroughput = index.warmThroughput
      throughput.bytes = ByteCount(Int64(entries) * Int64(entry))
    case .local(let position):
      let index = table.localIndexes[position]
      entry = index.entrySize.map { min($0, item) } ?? item
      entries = Int((Double(table.itemCount) * index.share).rounded())
    case nil: break
    }
    collection = entries / max(1, keys)
    partitions =
      ResourceAdmission(throughput, settings: scenario.model.capacity).partitions
  }

  /// Units of all pages of a Scan from end to end.
  func walk(pageBytes: Int, _ consistency: ReadConsistency) -> Double {
    let data = ByteCount(Int64(entries) * Int64(entry))
    var stretches: [ScannedStretch] = []
    var units = CapacityUnits.zero
    var start: UInt64? = 0
    while let position = start {
      start = partitions.scan(
        position...UInt64.max, pageBytes: pageBytes, of: data, into: &stretches)
      for stretch in stretches {
        units += QueryCost.pageUnits(evaluatedBytes: stretch.bytes, consistency: consistency)
      }
    }
    return units.inUnits
  }
}
