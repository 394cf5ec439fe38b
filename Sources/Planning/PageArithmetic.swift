// What a request of Query or Scan pages costs on average, and how many pages it has.
//
// A Scan's pages are those of a walk over the partitions that the table or index starts with: a
// page that ends in another partition than it began in is rounded in each (capacity.md 1.2). A
// Query stays in its collection, taken at the mean number of items; the sum of their sizes is taken
// as normal, which is exact for equal sizes.

import Capacity
import DataModel
import Randomness
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
  /// Mean blocks of 4 KB of such a page.
  let blocks: Double
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
    let each = QueryCost.pageUnits(evaluatedBytes: 1, consistency: operation.consistency).inUnits
    func cost(_ items: Int) -> Double { items > 0 ? source.blocks(items) * each : 0 }
    blocks = source.blocks(items)
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
  /// Of an entry's bytes.
  var variance: Double
  let partitions: PartitionMap

  init(_ scenario: Scenario, _ table: TableSpec, _ part: OperationPart) {
    let sizes = SizeSampler(table.itemSize)
    let item = max(1, Int(sizes.mean.rounded()))
    entry = item
    variance = sizes.variance
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
    if entry < item { variance = 0 }
    collection = entries / max(1, keys)
    partitions =
      ResourceAdmission(throughput, settings: scenario.model.capacity).partitions
  }

  /// Mean blocks of 4 KB that `items` entries fill together: the sum over j of the probability that
  /// they exceed j blocks.
  ///
  /// Worked value: ten entries of mean 851 B and standard deviation 560 B: 2.58.
  func blocks(_ items: Int) -> Double {
    let mean = Double(items * entry)
    let deviation = (variance * Double(items)).squareRoot()
    guard deviation > 0 else { return (mean / 4_096).rounded(.up) }
    var sum = 1.0
    var covered = 4_096.0
    while covered < mean + 8 * deviation {
      sum += NormalDistribution.cumulative((mean - covered) / deviation)
      covered += 4_096
    }
    return sum
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
