// From the number of a request to its bytes: draws what the simulator draws, writes it in the
// service's JSON, and says what it will cost.
//
// Requests are not kept: whatever is needed again (a retry, an answer to be judged) is drawn again
// from the same numbers. Sizes of items come from `TableItems`, which learns what was acknowledged.

import Capacity
import DataModel
import JSON
import Randomness
import RequestStreams
import Scenarios
import Workloads

/// One item that a request names.
struct DrawnItem {
  var part: Int
  var table: Int
  var identity: ItemIdentity
  /// Bytes before and after; 0: none.
  var before: Int
  var after: Int
  /// The part's condition holds, or there is none.
  var holds: Bool
  /// It is in the request: not answered by an earlier call, not named twice.
  var isSent: Bool
  var isDuplicate: Bool
  /// It was sent and came back unprocessed.
  var isReturned = false
}

/// What a request asks of one table or index.
struct Asked {
  var resource: Int
  var axis: CapacityAxis
  var halves: Int64
  /// Partition key, for hot keys.
  var key: UInt64
}

/// Makes the requests of one scenario; one thread owns it.
struct RequestMaker: ~Copyable {
  let operations: UnsafeMutableBufferPointer<OperationPlan>
  let parts: UnsafeMutableBufferPointer<PartPlan>
  let effects: UnsafeMutableBufferPointer<IndexEffect>
  let tables: UnsafeMutableBufferPointer<TableItems>
  let layouts: UnsafeMutableBufferPointer<ItemLayout>
  let versions: UnsafeMutableBufferPointer<ItemVersions>
  let firstOperations: [Int]
  let drawing: RequestDrawing
  /// `{"ReturnConsumedCapacity":"INDEXES","TableName":"orders",` for each table.
  private let openings: [[UInt8]]
  /// Names of each table's global, then local indexes.
  private let indexNames: [(global: [String], local: [String])]
  private let keySamplers: UnsafeMutableBufferPointer<KeySampler>
  private let sizeSamplers: UnsafeMutableBufferPointer<SizeSampler>
  /// Tables and global indexes.
  let resourceCount: Int

  /// Of the request drawn last.
  private(set) var items: [DrawnItem] = []
  private(set) var asked: [Asked] = []
  /// A draw of its own for a Scan's segment.
  private(set) var segmentDraw: UInt64 = 0
  /// The body written last.
  var body: [UInt8] = []
  /// Transactions written on items whose state was not known.
  var rewrites: UInt64 = 0

  init(_ scenario: Scenario, seed: UInt64) {
    func buffer<E>(_ elements: [E]) -> UnsafeMutableBufferPointer<E> {
      let start = UnsafeMutablePointer<E>.allocate(capacity: max(1, elements.count))
      start.initialize(from: elements, count: elements.count)
      return UnsafeMutableBufferPointer(start: start, count: elements.count)
    }
    let plans = OperationPlans(scenario)
    operations = buffer(plans.operations)
    parts = buffer(plans.parts)
    effects = buffer(plans.effects)
    firstOperations = plans.firstOperations
    tables = buffer(TableItems.all(of: scenario, seed: seed))
    layouts = buffer(scenario.tables.enumerated().map { ItemLayout($1, position: $0) })
    versions = buffer(scenario.tables.map { _ in ItemVersions() })
    keySamplers = buffer(plans.keySamplers)
    sizeSamplers = buffer(plans.sizeSamplers)
    drawing = RequestDrawing(
      parts: parts, keySamplers: keySamplers, sizeSamplers: sizeSamplers, tables: tables)
    openings = scenario.tables.map { table in
      var bytes = Array("{\"ReturnConsumedCapacity\":\"INDEXES\",\"TableName\":".utf8)
      JSONBytes.append(quoted: table.name, to: &bytes)
      return bytes + Array(",".utf8)
    }
    indexNames = scenario.tables.map {
      ($0.globalIndexes.map(\.name), $0.localIndexes.map(\.name))
    }
    resourceCount = scenario.tables.reduce(0) { $0 + 1 + $1.globalIndexes.count }
    items.reserveCapacity(100)
    asked.reserveCapacity(400)
    body.reserveCapacity(65_536)
  }

  deinit {
    operations.deallocate()
    parts.deallocate()
    effects.deallocate()
    tables.deinitialize().deallocate()
    layouts.deinitialize().deallocate()
    versions.deinitialize().deallocate()
    keySamplers.deinitialize().deallocate()
    sizeSamplers.deinitialize().deallocate()
  }

  func opening(of table: Int) -> [UInt8] { openings[table] }

  func globalIndexNames(_ table: Int) -> [String] { indexNames[table].global }

  func indexName(_ table: Int, _ index: Int, local: Bool) -> String {
    local ? indexNames[table].local[index] : indexNames[table].global[index]
  }

  // MARK: Drawing

  /// Draws the items of a request, as its simulator does.
  mutating func draw(_ operation: Int, _ draws: inout RequestDraws, answered: BitRow) {
    items.removeAll(keepingCapacity: true)
    let plan = operations[operation]
    switch plan.kind {
    case .query, .scan:
      let key = drawing.pageKey(plan.firstPart, &draws)
      segmentDraw = draws.generator.next()
      items.append(
        DrawnItem(
          part: plan.firstPart, table: parts[plan.firstPart].table,
          identity: ItemIdentity(item: 0, partitionKey: key, sortNumber: 0), before: 0, after: 0,
          holds: true, isSent: true, isDuplicate: false))
    default:
      for part in plan.firstPart..<plan.firstPart + plan.partCount {
        for _ in 0..<parts[part].count { drawItem(part, &draws, answered: answered) }
      }
    }
  }

  private mutating func drawItem(
    _ part: Int, _ draws: inout RequestDraws, answered: BitRow
  ) {
    let table = parts[part].table
    let place = drawing.place(part, &draws)
    var item = DrawnItem(
      part: part, table: table, identity: layouts[table].identity(place),
      before: storedSize(table, place), after: 0, holds: true, isSent: true, isDuplicate: false)
    switch parts[part].action {
    case .get, .query, .scan: break
    case .conditionCheck: item.holds = drawing.conditionHolds(part, &draws)
    case .put, .update, .delete:
      item.after = drawing.sizeAfter(part, place, before: item.before, &draws)
      item.holds = drawing.conditionHolds(part, &draws)
    }
    item.isDuplicate = items.contains {
      $0.table == table && $0.identity == item.identity
    }
    if item.isDuplicate || items.count < 128 && answered[items.count] { item.isSent = false }
    items.append(item)
  }

  /// The size an item has in the table; keys may make it larger than was wanted.
  private func storedSize(_ table: Int, _ place: ItemPlace) -> Int {
    let size = tables[table].size(of: place)
    guard size > 0, size < Self.safeSize else { return size }
    let identity = layouts[table].identity(place)
    return layouts[table].image(identity, wanted: size, stamp: 0, current(table)).size
  }

  /// Items of at least this size have room for all keys of any table.
  private static let safeSize = 2_048

  /// Index keys as they are.
  func current(_ table: Int) -> KeyVersions {
    KeyVersions(
      table: tables.baseAddress.unsafelyUnwrapped + table,
      known: versions.baseAddress.unsafelyUnwrapped + table, effects: nil)
  }

  /// Index keys as a write leaves them; a new item starts with the first ones.
  func written(_ item: DrawnItem, stamp: UInt64) -> KeyVersions {
    var versions = current(item.table)
    let count = tables[item.table].indexes.count + tables[item.table].localIndexes.count
    if item.before > 0, count > 0, let base = effects.baseAddress {
      versions.effects = UnsafePointer(base + parts[item.part].firstEffect)
      versions.stamp = stamp
    }
    return versions
  }

  func image(_ item: DrawnItem, stamp: UInt64) -> ItemImage {
    layouts[item.table].image(
      item.identity, wanted: item.after, stamp: stamp, written(item, stamp: stamp))
  }

  // MARK: Answers

  /// Sizes of the one item as its attempt was made.
  mutating func setSizes(before: Int, after: Int) {
    items[0].before = before
    items[0].after = after
  }

  /// Takes what came back unprocessed out of the drawn request, notes the rest as answered, and
  /// returns how many parts came back.
  mutating func takeOut(_ keys: [ReturnedKey], _ answered: inout BitRow) -> Int {
    for key in keys {
      let place = items.firstIndex {
        $0.isSent && $0.table == key.table && $0.identity.partitionKey == key.partition
          && $0.identity.sortNumber == key.sort
      }
      guard let place else { continue }
      items[place].isSent = false
      items[place].isReturned = true
    }
    guard items.count > 1 else { return 0 }
    for place in items.indices where !items[place].isReturned && place < 128 {
      answered[place] = true
    }
    return items.count { $0.isReturned }
  }

  /// Whether some operation leaves items of a table with another size or elsewhere in an index.
  func changesItems(ofTable table: Int) -> Bool {
    let layout = layouts[table]
    return parts.contains { part in
      guard part.table == table else { return false }
      switch part.action {
      case .get, .query, .scan, .conditionCheck: return false
      case .delete: return true
      case .put, .update: break
      }
      if part.newItems > 0 || part.sizeSampler != nil { return true }
      if part.action == .put, tables[table].constantSize == nil { return true }
      return layout.movesEntries { effects[part.firstEffect + $0] }
    }
  }

  /// Whether a drawn write leaves an item of another size, or other keys or included attributes in
  /// an index. Which of two such writes came first decides what each cost.
  func changesState(_ position: Int) -> Bool {
    let item = items[position]
    switch parts[item.part].action {
    case .get, .query, .scan, .conditionCheck: return false
    case .put, .update, .delete: break
    }
    if item.before != item.after { return true }
    guard let effects = written(item, stamp: 1).effects else { return false }
    return layouts[item.table].movesEntries { effects[$0] }
  }

  /// Remembers a write that was acknowledged.
  mutating func acknowledge(_ position: Int, after: Int, stamp: UInt64) {
    let item = items[position]
    guard item.holds else { return }
    tables[item.table].write(item.identity.item, before: item.before, after: after)
    guard item.before > 0, after > 0, let effects = written(item, stamp: stamp).effects else {
      return
    }
    let layout = layouts[item.table]
    for index in layout.entries.indices where effects[index] != .unchanged {
      if effects[index] == .keyMove {
        versions[item.table].set(stamp, index * 2, item.identity.item)
      }
      if layout.entries[index]?.included.isEmpty == false {
        versions[item.table].set(stamp, index * 2 + 1, item.identity.item)
      }
    }
  }

  /// Exchanges what was drawn and asked last with what is kept of another request.
  mutating func exchange(_ items: inout [DrawnItem], _ asked: inout [Asked]) {
    swap(&self.items, &items)
    swap(&self.asked, &asked)
  }

  mutating func clearAsked() { asked.removeAll(keepingCapacity: true) }

  /// Adds read units to what was asked.
  mutating func ask(_ resource: Int, _ units: CapacityUnits) {
    asked.append(Asked(resource: resource, axis: .read, halves: units.halves, key: 0))
  }

  // MARK: Cost

  /// Fills `asked` with what the drawn request asks of tables and indexes if all goes well.
  mutating func price(_ operation: Int, stamp: UInt64) {
    asked.removeAll(keepingCapacity: true)
    let plan = operations[operation]
    for position in items.indices where items[position].isSent {
      let item = items[position]
      let table = item.table
      switch parts[item.part].action {
      case .get:
        let consistency =
          plan.kind == .transactGet ? ReadConsistency.transactional : plan.consistency
        ask(
          tables[table].resource, .read,
          ReadCost.readUnits(bytes: item.before, consistency: consistency), item)
      case .query, .scan: pricePage(plan, item)
      case .conditionCheck:
        ask(
          tables[table].resource, .write, TransactionCost.conditionCheckUnits(bytes: item.before),
          item)
      case .put, .update, .delete: priceWrite(plan, item, stamp: stamp)
      }
    }
  }

  private mutating func ask(
    _ resource: Int, _ axis: CapacityAxis, _ units: CapacityUnits, _ item: DrawnItem
  ) {
    asked.append(
      Asked(resource: resource, axis: axis, halves: units.halves, key: item.identity.partitionKey))
  }

  /// The page as the simulator expects it: its answer tells what it really evaluated.
  private mutating func pricePage(_ plan: OperationPlan, _ item: DrawnItem) {
    var resource = tables[item.table].resource
    if case .global(let index) = parts[item.part].index {
      resource = tables[item.table].indexes[index].resource
    }
    let bytes = drawing.pageBytes(
      item.part, key: item.identity.partitionKey, scanFrom: segmentDraw)
    ask(
      resource, .read,
      QueryCost.pageUnits(evaluatedBytes: bytes, consistency: plan.consistency), item)
  }

  private mutating func priceWrite(_ plan: OperationPlan, _ item: DrawnItem, stamp: UInt64) {
    let table = item.table
    let before = item.before
    let wanted = item.after
    let after = wanted == 0 ? nil : image(item, stamp: stamp)
    let afterBytes = after?.size ?? 0
    let charged = item.holds || parts[item.part].action == .put ? max(before, afterBytes) : before
    var units = WriteCost.writeUnits(bytes: charged)
    if plan.kind == .transactWrite { units = units * ServiceConstants.transactionalWriteFactor }
    let count = tables[table].indexes.count + tables[table].localIndexes.count
    if item.holds {
      for index in 0..<count {
        let written = indexUnits(index, item, after, stamp: stamp)
        guard written > .zero else { continue }
        if index < tables[table].indexes.count {
          ask(tables[table].indexes[index].resource, .write, written, item)
        } else {
          units += written
        }
      }
    }
    ask(tables[table].resource, .write, units, item)
  }

  /// What a write costs on one index, by its entry before and after.
  private func indexUnits(
    _ index: Int, _ item: DrawnItem, _ after: ItemImage?, stamp: UInt64
  ) -> CapacityUnits {
    let layout = layouts[item.table]
    let old = current(item.table)
    let new = written(item, stamp: stamp)
    let image =
      item.before == 0
      ? nil : layout.image(item.identity, wanted: item.before, stamp: 0, old)
    let oldBytes = image.flatMap { layout.entryBytes(index, $0, old) }
    let newBytes = after.flatMap { layout.entryBytes(index, $0, new) }
    guard let image, let after, oldBytes != nil, newBytes != nil else {
      return IndexCost.indexWriteUnits(before: oldBytes, after: newBytes, change: .identical)
    }
    return IndexCost.indexWriteUnits(
      before: oldBytes, after: newBytes,
      change: layout.change(index, from: (image, old), to: (after, new)))
  }
}

extension ItemLayout {
  /// Whether a write with these effects leaves other keys or other included attributes behind.
  func movesEntries(_ effect: (Int) -> IndexEffect) -> Bool {
    entries.indices.contains { index in
      effect(index) == .keyMove
        || effect(index) != .unchanged && entries[index]?.included.isEmpty == false
    }
  }

  /// What becomes of an entry that stands before and after a write.
  func change(
    _ index: Int, from old: (image: ItemImage, versions: KeyVersions),
    to new: (image: ItemImage, versions: KeyVersions)
  ) -> IndexChange {
    let item = old.image.identity
    func isOther(_ key: Int) -> Bool {
      number(keys[key], item, old.versions) != number(keys[key], item, new.versions)
    }
    if indexKeys[index].contains(where: isOther) { return .keyMoved }
    var copied = Array(included.indices)
    if let entry = entries[index] {
      copied = entry.included
      if entry.keys.contains(where: isOther) { return .sameKey }
    } else {
      // A write has a version of its own; an item without room for it differs by the rest.
      if old.image.size != new.image.size || new.image.hasVersion { return .sameKey }
      if keys.indices.contains(where: isOther) { return .sameKey }
    }
    for position in copied {
      let before = includedLength(position, room: old.image.room)
      let after = includedLength(position, room: new.image.room)
      if before != after { return .sameKey }
      let place = included[position].index
      let offsets = (
        Filler.offset(item.item &+ old.versions.content(place, item.item)),
        Filler.offset(item.item &+ new.versions.content(place, item.item))
      )
      if (after ?? 0) > 0, offsets.0 != offsets.1 { return .sameKey }
    }
    return .identical
  }
}
