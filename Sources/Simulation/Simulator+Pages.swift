// Query and Scan: what a page reads, where, and whether another one follows.
//
// A Query stays in one item collection, so in one partition. A Scan walks the partitions of its
// table, index or segment; a page is admitted where it starts, as reads are before their size is
// known, and charged in every partition that it read. A request of several pages sends them one
// after the other, each a call with attempts of its own; the page that a client gave up on is read
// and charged again.

import Caching
import Capacity
import Randomness
import RequestStreams
import Scenarios
import Units
import Workloads

/// Table or index that a page reads.
private struct PageSource {
  var resource: Int
  /// Mean bytes of an entry.
  var entry: Int
  /// Entries in all, and in the item collection that a Query reads.
  var entries: Double
  var collection: Double
  /// Where the collection lies.
  var place: KeyPlace
}

extension Simulator {
  /// One page of a Query or Scan on a table or index.
  mutating func page(_ attempt: inout Attempt) -> Answer {
    let part = attempt.operation.firstPart
    let table = parts[part].table
    let isEventual = attempt.operation.consistency == .eventual
    if attempt.operation.pages != 1 {
      isFirstAttempt = requests[attempt.slot].callAttempts == 1
    }
    var key = drawing.pageKey(part, &attempt.draws)
    let source = source(part, key: key, &attempt)
    let isScan = parts[part].action == .scan
    let next = isScan ? scan(source, &attempt, &key) : query(source, key, attempt)
    let bytes = stretches.reduce(0) { $0 + $1.bytes }
    let isCached = hasCache(table) && isEventual
    let parameters = hashPlace(key, seed: attempt.operation.number &+ page(of: attempt) << 32)
    var answer: Answer?
    if isCached, let outcome = cache?.query(table, parameters, bytes: bytes, at: attempt.now) {
      switch outcome {
      case .hit: answer = cached(&attempt, bytes: bytes)
      case .throttled: return refused(&attempt)
      case .miss: break
      }
    }
    if answer == nil {
      guard admitPage(source, key: source.place.key, attempt) else { return refused(&attempt) }
      if isCached { cache?.fillQuery(table, parameters, bytes: bytes, at: attempt.now) }
    }
    var result = answer ?? served(&attempt, bytes: bytes)
    if let next {
      result.state = .morePages
      if isScan { requests[attempt.slot].cursor = next }
    }
    return result
  }

  /// Pages of the request that were read before.
  private func page(of attempt: Attempt) -> UInt64 {
    UInt64(requests[attempt.slot].round - 1)
  }

  /// Admits a page where it starts and charges it wherever it read.
  private mutating func admitPage(
    _ source: PageSource, key: UInt64, _ attempt: Attempt
  ) -> Bool {
    let consistency = attempt.operation.consistency
    let isScan = parts[attempt.operation.firstPart].action == .scan
    for number in stretches.indices {
      let stretch = stretches[number]
      let charge = Charge(
        resource: source.resource,
        units: QueryCost.pageUnits(evaluatedBytes: stretch.bytes, consistency: consistency),
        place: KeyPlace(key: isScan ? stretch.position >> 48 : key, position: stretch.position),
        isEventual: consistency == .eventual)
      if number == 0 {
        guard admit(charge, .read, at: attempt.now) else { return false }
      } else if isPlaying {
        note(charge, .read)
      } else {
        let resource = local(charge.resource)
        if isFirstAttempt { resources[resource].demand(.read, charge) }
        resources[resource].consume(.read, charge, at: attempt.now)
      }
    }
    return true
  }

  /// Puts the page of a Query into `stretches`; nil when it is the last of the request.
  private mutating func query(
    _ source: PageSource, _ key: UInt64, _ attempt: Attempt
  ) -> UInt64? {
    let before = Int(page(of: attempt))
    let most = pageItems(source, attempt)
    var items = most
    if attempt.operation.pages == 1 {
      let part = attempt.operation.firstPart
      let bytes = drawing.pageBytes(part, key: key, scanFrom: 0)
      stretches.removeAll(keepingCapacity: true)
      stretches.append(ScannedStretch(position: source.place.position, bytes: bytes))
      return nil
    }
    var isLast = before + 1 >= attempt.operation.pages
    if attempt.operation.pages == 0 {
      let left = max(0, Int(source.collection.rounded()) - before * most)
      items = min(left, most)
      isLast = left <= most
    }
    stretches.removeAll(keepingCapacity: true)
    stretches.append(
      ScannedStretch(position: source.place.position, bytes: source.entry * items))
    return isLast ? nil : source.place.position
  }

  /// Puts the page of a Scan into `stretches`; returns where the next page of the request starts,
  /// nil when there is none. `key` becomes what distinguishes the Scan from others.
  private mutating func scan(
    _ source: PageSource, _ attempt: inout Attempt, _ key: inout UInt64
  ) -> UInt64? {
    let draw = attempt.draws.generator.next()
    let pages = attempt.operation.pages
    let total = UInt64(attempt.operation.segments)
    let segment = PartitionMap.segment(attempt.draws.sequence % total, of: total)
    let data = ByteCount(Int64(source.entries * Double(source.entry)))
    let pageBytes = pageBytes(source, key, attempt, scanFrom: draw)
    var start = segment.lowerBound
    if page(of: attempt) > 0 {
      start = requests[attempt.slot].cursor
    } else if pages != 0 {
      start = PartitionMap.pageStart(in: segment, pageBytes: pageBytes, of: data, draw: draw)
    }
    if pages == 0 { key = segment.lowerBound }
    let next = resources[local(source.resource)].admission.partitions.scan(
      start...segment.upperBound, pageBytes: pageBytes, of: data, into: &stretches)
    return pages > 0 && Int(page(of: attempt)) + 1 >= pages ? nil : next
  }

  /// Bytes of a full page of a Scan: of the very items when the request is that page, else of as
  /// many items of the mean size.
  private func pageBytes(
    _ source: PageSource, _ key: UInt64, _ attempt: Attempt, scanFrom draw: UInt64
  ) -> Int {
    guard attempt.operation.pages == 1 else {
      return max(1, pageItems(source, attempt) * source.entry)
    }
    let part = attempt.operation.firstPart
    return max(1, drawing.pageBytes(part, key: key, scanFrom: draw))
  }

  /// Items of a full page, which ends with the item that brings it to 1 MB (capacity.md 1.2).
  private func pageItems(_ source: PageSource, _ attempt: Attempt) -> Int {
    min(
      parts[attempt.operation.firstPart].count,
      QueryCost.itemsPerFullPage(itemBytes: source.entry))
  }

  private mutating func source(
    _ part: Int, key: UInt64, _ attempt: inout Attempt
  ) -> PageSource {
    let table = parts[part].table
    let place = KeyPlace(key: key, position: tables[table].position(of: key, sortPlace: 0))
    var source = PageSource(
      resource: tables[table].resource, entry: tables[table].meanSize,
      entries: Double(tables[table].liveItems), collection: Double(tables[table].itemsPerKey),
      place: place)
    switch parts[part].index {
    case .global(let index):
      let items = tables[table].indexes[index]
      source.resource = items.resource
      source.entry = items.entry(itemSize: source.entry) ?? 0
      source.entries *= items.share
      source.collection =
        source.entries
        * (items.sampler.rank(ofKey: key).map { items.sampler.expectedShare(ofRank: $0) } ?? 0)
      source.place.position = items.position(of: key, item: attempt.draws.generator.next())
    case .local(let index):
      source.entry = tables[table].localIndexes[index].meanEntrySize
      source.entries *= tables[table].localIndexes[index].share
      source.collection *= tables[table].localIndexes[index].share
    case nil: break
    }
    return source
  }
}
