// What a Query or Scan evaluates: the sizes of the very items, not their number times a mean.
//
// A page sums bytes and rounds them once (capacity.md 1.2), and the mean of a rounded sum is not
// the rounded mean: ten items of 851 B on average fill 2.58 blocks of 4 KB, not 3. A query
// of a table or local index reads the key's collection from its lowest sort key, which are the
// items that the load generator's tables hold. Which items stand under a key of a global index, or
// in a scan's segment, is not kept: others of the table stand for them. A scenario may ask for more
// items than a key starts with, such as those of the last hour: the rest have the mean size.

import Capacity
import Scenarios
import Workloads

/// The items of a page in order.
private enum PageItems {
  /// Every `stride`-th of the first `end` items, from `first` on.
  case collection(first: UInt64, stride: UInt64, end: UInt64)
  /// Items scattered over the first `end` ones.
  case scattered(seed: UInt64, end: UInt64)
  /// All of the first `end` items in turn.
  case turn(first: UInt64, end: UInt64)

  /// The item at `place`; nil behind the last.
  func item(at place: UInt64) -> UInt64? {
    switch self {
    case .collection(let first, let stride, let end):
      let item = first + place * stride
      return item < end ? item : nil
    case .scattered(let seed, let end):
      return place < end ? hashPlace(place, seed: seed).multipliedFullWidth(by: end).high : nil
    case .turn(let first, let end): return place < end ? (first + place) % end : nil
    }
  }
}

extension RequestDrawing {
  /// Items of a page that are looked at; they stand for the rest of a longer one.
  private static var looked: Int { 128 }

  /// Bytes that a page of `part` evaluates: up to its count of items, or to the one that reaches
  /// 1 MB.
  ///
  /// - Parameters:
  ///   - key: The partition key of table or index.
  ///   - draw: Where a scan begins, in 0 ..< 2^64.
  /// - Complexity: O(items), at most 128.
  public func pageBytes(_ part: Int, key: UInt64, scanFrom draw: UInt64) -> Int {
    let table = parts[part].table
    let items = items(part, key: key, scanFrom: draw)
    var count = parts[part].count
    if parts[part].action == .scan { count = min(count, Int(tables[table].liveItems)) }
    var bytes = 0
    var found = 0
    var place: UInt64 = 0
    while found < min(count, Self.looked), bytes < ServiceConstants.pageBytes,
      let item = items.item(at: place)
    {
      place += 1
      guard let entry = entry(part, tables[table].size(of: item), item) else { continue }
      bytes += entry
      found += 1
    }
    let rest = count - max(found, Int(place))
    guard rest > 0, bytes < ServiceConstants.pageBytes else { return bytes }
    let isSample = found == Self.looked
    let each = max(1, isSample ? bytes / found : entry(part, tables[table].meanSize, nil) ?? 1)
    let room = QueryCost.itemsPerFullPage(itemBytes: each, after: bytes)
    return bytes + each * min(rest, room)
  }

  private func items(_ part: Int, key: UInt64, scanFrom draw: UInt64) -> PageItems {
    let table = parts[part].table
    let end = tables[table].initialItems
    if parts[part].action == .scan {
      return .turn(first: draw.multipliedFullWidth(by: end).high, end: end)
    }
    if case .global = parts[part].index {
      return .scattered(seed: hashPlace(key, seed: tables[table].seed), end: end)
    }
    return .collection(first: key, stride: tables[table].partitionKeys, end: end)
  }

  /// Bytes that an item of `size` has where the page reads; nil: it is not there.
  /// - Parameter item: nil: any that is there.
  private func entry(_ part: Int, _ size: Int, _ item: UInt64?) -> Int? {
    guard size > 0 else { return nil }
    let table = parts[part].table
    switch parts[part].index {
    case .global(let index): return tables[table].indexes[index].entry(itemSize: size)
    case .local(let index):
      guard let item else { return tables[table].localIndexes[index].meanEntrySize }
      guard tables[table].localIndexes[index].contains(item) else { return nil }
      return tables[table].localIndexes[index].entry(itemSize: size)
    case nil: return size
    }
  }
}
