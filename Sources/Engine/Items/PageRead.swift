// One page of a Query or Scan: what is walked, what stops it, what it returns and costs.
//
// A page ends with its bounds, with Limit evaluated entries, or with the entry that brings it to
// 1 MB (capacity.md 1.2). Filters run after an entry has been counted; LastEvaluatedKey is the last
// entry evaluated, given whenever something other than the bounds ended the page. Entries of a
// local index that do not project what is asked for are completed from the table, which costs.

import Capacity
import DataModel
import Expressions
import ServiceAPI
import Storage

/// A read of a range of the table or of one index.
struct PageRead {
  var table: Table
  /// nil: the table itself.
  var index: Int?
  var scan: KeyScan
  var limit: Int
  var filter: ConditionExpression?
  var projection: ProjectionExpression?
  var isCount: Bool
  /// Whether whole items are wanted from a local index that does not project them.
  var needsFetch: Bool
  var consistency: ReadConsistency
  /// Of a Scan: the first and last position that it may reach. Every partition that it walks
  /// through costs its minimum (capacity.md 1.2); a Query stays in one.
  var positions: ClosedRange<UInt64>?

  /// Names of the key attributes of what is read, the table's own included.
  var keyNames: [String] {
    var names = index.map { table.indexes[$0].definition.keys.map(\.name) } ?? []
    for name in table.key.attributeNames where !names.contains(name) { names.append(name) }
    return names
  }
}

/// What a page holds.
struct Page {
  var items: [Item] = []
  var count = 0
  var scannedCount = 0
  var lastKey: AttributeMap?
  var charge = ReadCharge()
}

/// A Scan's way through the partitions.
///
/// Where a partition was cut inside an item collection, the whole collection counts as one.
private struct PartitionWalk {
  private let partitions: PartitionMap
  private let last: UInt64
  /// Last position of the partition walked through.
  private var end: UInt64

  /// nil for a page within one partition.
  init?(_ read: PageRead) {
    guard let positions = read.positions else { return nil }
    let map = read.index.flatMap { read.table.indexes[$0].admission?.partitions }
    partitions = map ?? read.table.admission.partitions
    last = positions.upperBound
    end = partitions.end(of: partitions.partition(at: positions.lowerBound))
  }

  /// Goes on to the partition of `position`; the number of partitions entered.
  mutating func enter(_ position: UInt64) -> Int {
    var count = 0
    while position > end {
      count += 1
      end = partitions.end(of: partitions.partition(at: end + 1))
    }
    return count
  }

  /// Goes on to the end.
  mutating func finish() -> Int { enter(last) }
}

/// What a page costs, of whatever it is read from.
private enum PageCost {
  /// A table or a global index.
  case plain(EvaluatedPage)
  case local(EvaluatedLocalIndexPage)

  var isFull: Bool {
    switch self {
    case .plain(let page): page.isFull
    case .local(let page): page.isFull
    }
  }

  mutating func enterPartitions(_ count: Int) {
    if count == 0 { return }
    switch self {
    case .plain(var page):
      for _ in 0..<count { page.enterNextPartition() }
      self = .plain(page)
    case .local(var page):
      for _ in 0..<count { page.enterNextPartition() }
      self = .local(page)
    }
  }

  mutating func evaluate(_ bytes: Int, fetched: Int?) {
    switch self {
    case .plain(var page):
      page.evaluate(itemBytes: bytes)
      self = .plain(page)
    case .local(var page):
      page.evaluate(entryBytes: bytes, fetchedItemBytes: fetched)
      self = .local(page)
    }
  }

  func charge(_ read: PageRead) -> ReadCharge {
    switch self {
    case .local(let page): page.charge(consistency: read.consistency)
    case .plain(let page) where read.index != nil:
      ReadCharge(globalIndex: page.units(consistency: .eventual))
    case .plain(let page): ReadCharge(table: page.units(consistency: read.consistency))
    }
  }
}

extension DatabaseState {
  /// Reads one page.
  func read(_ read: PageRead) throws(ServiceError) -> Page {
    var page = Page()
    var failure: ServiceError?
    let isLocal = read.index.map { !read.table.indexes[$0].definition.isGlobal } ?? false
    var cost: PageCost = isLocal ? .local(EvaluatedLocalIndexPage()) : .plain(EvaluatedPage())
    let replica = replica(for: read.consistency)
    var walk = PartitionWalk(read)
    try scan(read.scan, on: replica) { key, value in
      guard let entry = ItemReader.decode(value) else {
        failure = .internalFailure("A stored item is damaged")
        return false
      }
      var item = entry.item
      var fetchedSize: Int?
      if read.needsFetch {
        do throws(ServiceError) {
          let place = PrimaryKey.place(of: item.content, in: read.table)
          let whole = try stored(at: place, on: replica)
          fetchedSize = whole?.size ?? 0
          if let whole { item = whole.item }
        } catch {
          failure = error
          return false
        }
      }
      page.scannedCount += 1
      cost.enterPartitions(walk?.enter(KeyEncoding.position(ofKey: key)) ?? 0)
      cost.evaluate(entry.size, fetched: fetchedSize)
      if read.filter?.evaluate(item) ?? true {
        page.count += 1
        if !read.isCount { page.items.append(read.projection?.apply(to: item) ?? item) }
      }
      if page.scannedCount >= read.limit || cost.isFull {
        page.lastKey = item.projected(on: read.keyNames).content
        return false
      }
      return true
    }
    if let failure { throw failure }
    if page.lastKey == nil { cost.enterPartitions(walk?.finish() ?? 0) }
    page.charge = cost.charge(read)
    return page
  }

  /// Asks for a read of the table or index at a position.
  func ask(_ read: PageRead, at place: ItemPlace) throws(ServiceError) {
    let throttle: Throttle?
    if let index = read.index, read.table.indexes[index].definition.isGlobal {
      throttle = ask(read.table, index: index, .read, position: place.position)
      if throttle != nil {
        read.table.insights?[read.table.indexes[index].definition.name]?.throttled(place.key)
      }
    } else {
      throttle = ask(read.table, .read, at: place, consistency: read.consistency)
    }
    if let throttle { throw error(throttle, of: read.table) }
  }

  /// Takes what a page cost.
  func take(_ charge: ReadCharge, for read: PageRead, at place: ItemPlace) {
    if charge.fromTable > .zero {
      take(charge.fromTable, .read, from: read.table, at: place, consistency: read.consistency)
    }
    if let index = read.index, charge.globalIndex > .zero {
      read.table.indexes[index].admission?.consume(
        .read, isEventual: true, units: charge.globalIndex, position: place.position, at: now)
      if read.table.insights != nil {
        read.table.insights?[read.table.indexes[index].definition.name]?.consumed(
          charge.globalIndex, .read, by: place.key)
      }
    }
  }

  /// The answer of a Query or Scan.
  func answer(_ page: Page, _ read: PageRead, _ request: WireValue) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    if !read.isCount {
      writer.key("Items")
      writer.beginArray()
      for item in page.items { writer.attributes(item.content) }
      writer.endArray()
    }
    writer.member("Count", page.count)
    writer.member("ScannedCount", page.scannedCount)
    if let key = page.lastKey {
      writer.key("LastEvaluatedKey")
      writer.attributes(key)
    }
    writer.consumed(
      ConsumedCapacity(
        page.charge, index: read.index.map { read.table.indexes[$0].definition.name },
        tableName: request["TableName"]?.text ?? "", level: request.consumedLevel,
        isTransaction: false))
    writer.endObject()
    return writer.bytes
  }
}
