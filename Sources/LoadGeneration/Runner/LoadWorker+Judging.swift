// Judging an answer: what was written is remembered, what was consumed is compared with what the
// model says, what was read is looked at.
//
// A read is predicted from the item that came back, so nothing else need be known. A write is
// predicted from the item before it, which is known unless an earlier write was never answered, or
// writes that change the item were under way at the same time, or other threads write the item;
// then there is nothing to compare. A scan's page may touch several partitions, each rounded by
// itself, and is not compared either.

import Caching
import Capacity
import DataModel
import RequestStreams
import Results
import Scenarios
import Units

extension LoadWorker {
  /// Takes an answer with status 200; returns how many parts of a batch came back unprocessed.
  mutating func accept(_ slot: Int, _ body: UnsafeRawBufferPointer, at time: Int64) -> Int {
    let operation = flights[slot].operation
    let kind = kinds[operation]
    draw(slot)
    if maker.items.count == 1 {
      maker.setSizes(before: flights[slot].before, after: flights[slot].after)
    }
    guard reader.read(body, kind.answerShape, table: maker.items[0].table) else {
      count(operation, "malformed answer", reason: "", resource: "")
      if kind.isWrite { endWrites() }
      return 0
    }
    let left = maker.takeOut(reader.unprocessed, &flights[slot].answered)
    if left > 0 { noteUnprocessed(slot, left, at: time) }
    var isComparable = reader.hasCapacity
    if kind.isWrite {
      let wasCertain = !flights[slot].isUncertain
      maker.price(operation, stamp: stamp(slot))
      isComparable = acknowledge(slot, wasCertain: wasCertain) && isComparable
      endWrites(unprocessed: true)
    } else {
      priceReads(operation)
      if cache != nil { fillCache(slot, at: time) }
      if kind == .scan { isComparable = false }
      if options.verifies { verify(slot) }
    }
    compare(slot, isComparable: isComparable, at: time)
    return left
  }

  private mutating func noteUnprocessed(_ slot: Int, _ count: Int, at time: Int64) {
    let operation = flights[slot].operation
    if flights[slot].isMeasured {
      totals.measurements[operation].unprocessed += Int64(count)
    }
    self.count(operation, "Unprocessed", reason: "", resource: "")
    throttled(slot, Refusal(), at: time)
  }

  /// Ends the writes of the drawn request that were on the wire.
  private mutating func endWrites(unprocessed only: Bool = false) {
    for item in maker.items where only ? item.isReturned : item.isSent {
      _ = writes.end(item.table, item.identity.item)
    }
  }

  /// Remembers what was written; false when the sizes before are not certain.
  private mutating func acknowledge(_ slot: Int, wasCertain: Bool) -> Bool {
    var isCertain = wasCertain
    let stamp = stamp(slot)
    for position in maker.items.indices where maker.items[position].isSent {
      let item = maker.items[position]
      let orderDecides = writes.end(item.table, item.identity.item)
      if orderDecides || isShared[item.table] { isCertain = false }
      let action = maker.parts[item.part].action
      guard action == .put || action == .update || action == .delete else { continue }
      let after = item.after == 0 ? 0 : maker.image(item, stamp: stamp).size
      if orderDecides || after != item.before || maker.changesState(position) {
        ahead.forget(ItemReference(item))
      }
      maker.acknowledge(position, after: after, stamp: stamp)
      if item.holds, maker.tables[item.table].isCached {
        let time = Instant(nanoseconds: now)
        cache?.write(item.table, item.identity.item, bytes: after, at: time)
      }
      // A read under way may still find what was deleted, or miss what is put next.
      if orderDecides || options.verifies && after == 0 { loseTrack(of: ItemReference(item)) }
      if !orderDecides, !unknown.isEmpty {
        unknown.settle(ItemReference(item), at: now)
      }
      totals.bytesAdded[item.table] += Int64(after - item.before)
      if item.before == 0, after > 0 { totals.itemsAdded[item.table] += 1 }
      if item.before > 0, after == 0 { totals.itemsAdded[item.table] -= 1 }
    }
    return isCertain
  }

  /// From now on it is not known what the item is.
  mutating func loseTrack(of item: ItemReference) {
    unknown.insert(item)
    ahead.forget(item)
  }

  /// What a failed condition consumed; the service does not say.
  mutating func consumeFailedCondition(_ slot: Int) {
    let operation = flights[slot].operation
    guard kinds[operation] != .transactWrite else { return }
    maker.price(operation, stamp: stamp(slot))
    for one in maker.asked { second.resources[one.resource][.write].consumed += one.halves }
  }

  // MARK: Reads

  /// Prices what was read from what came back.
  private mutating func priceReads(_ operation: Int) {
    let plan = maker.operations[operation]
    maker.clearAsked()
    switch plan.kind {
    case .get:
      let size = reader.items.first?.size ?? 0
      maker.ask(
        maker.tables[maker.items[0].table].resource,
        ReadCost.readUnits(bytes: size, consistency: plan.consistency))
    case .query, .scan:
      let bytes = reader.items.reduce(0) { $0 + $1.size }
      let part = maker.parts[plan.firstPart]
      var resource = maker.tables[part.table].resource
      if case .global(let index) = part.index {
        resource = maker.tables[part.table].indexes[index].resource
      }
      maker.ask(
        resource, QueryCost.pageUnits(evaluatedBytes: bytes, consistency: plan.consistency))
    case .batchGet:
      for item in reader.items {
        maker.ask(
          maker.tables[item.table].resource,
          ReadCost.readUnits(bytes: item.size, consistency: plan.consistency))
      }
      for table in maker.tables.indices {
        let sent = maker.items.count { $0.table == table && $0.isSent }
        let found = reader.items.count { $0.table == table }
        let missing = ReadCost.missingItemUnits(consistency: plan.consistency)
        maker.ask(maker.tables[table].resource, missing * Int64(max(0, sent - found)))
      }
    case .transactGet:
      var position = 0
      for item in maker.items where item.isSent {
        let size = position < reader.items.count ? reader.items[position].size : 0
        position += 1
        maker.ask(maker.tables[item.table].resource, TransactionCost.getUnits(bytes: size))
      }
    default: break
    }
  }

  /// Whether nobody can say what a read of the item should have found.
  private func isOpen(_ item: ItemReference, since time: Int64) -> Bool {
    isShared[item.table] || writes.isChanging(item.table, item.item)
      || unknown.wasUnknown(item, since: time)
  }

  /// Looks at the items that came back.
  private mutating func verify(_ slot: Int) {
    let operation = flights[slot].operation
    let kind = kinds[operation]
    if kind == .get, reader.items.isEmpty {
      let item = maker.items[0]
      // Eventually consistent reads may miss what is new; initial items they may not.
      let isInitial = item.identity.item < maker.layouts[item.table].initialItems
      if item.before > 0, isInitial, !isOpen(ItemReference(item), since: flights[slot].sent) {
        totals.verification.missing += 1
        note(fault: "an item that exists was not found: \(names[operation])")
      }
      return
    }
    guard kind != .transactGet else { return }
    for item in reader.items {
      guard let partition = item.partition, let stamp = item.stamp else { continue }
      totals.verification.checked += 1
      let layout = maker.layouts[item.table]
      let identity = layout.identity(partitionKey: partition, sortNumber: item.sort ?? 0)
      if kind == .get, partition != maker.items[0].identity.partitionKey {
        totals.verification.wrong += 1
        note(fault: "\(layout.name): asked for key \(maker.items[0].identity), got \(identity)")
      }
      // What an index does not copy cannot be summed.
      guard item.data != nil || kind == .get else { continue }
      let reference = ItemReference(table: item.table, item: identity.item)
      if isOpen(reference, since: flights[slot].sent) { continue }
      let sum = ItemLayout.checksum(
        identity, table: item.table, stamp: stamp, size: item.size)
      if item.checksum != UInt64(sum) {
        totals.verification.wrong += 1
        note(fault: "\(layout.name): the checksum of \(identity) does not match")
      }
    }
  }

  private mutating func note(fault: String) {
    guard totals.verification.examples.count < Verification.examplesKept else { return }
    totals.verification.examples.append(fault)
  }

  // MARK: Comparison

  /// Adds up what was consumed and compares it, resource by resource, with the prediction.
  private mutating func compare(_ slot: Int, isComparable: Bool, at time: Int64) {
    let operation = flights[slot].operation
    let axis: CapacityAxis = kinds[operation].isWrite ? .write : .read
    for resource in 0..<resourceCount {
      var predicted: Int64 = 0
      for one in maker.asked where one.resource == resource { predicted += one.halves }
      let reported = reader.reported[resource]
      guard predicted != 0 || reported != 0 else { continue }
      let consumed = reader.hasCapacity ? reported : predicted
      second.resources[resource][axis].consumed += consumed
      if axis == .read {
        totals.capacity[resource].reportedRead += CapacityUnits(halves: reported)
        totals.capacity[resource].predictedRead +=
          CapacityUnits(halves: isComparable ? predicted : reported)
      } else {
        totals.capacity[resource].reportedWrite += CapacityUnits(halves: reported)
        totals.capacity[resource].predictedWrite +=
          CapacityUnits(halves: isComparable ? predicted : reported)
      }
      guard isComparable else {
        totals.capacity[resource].uncompared += 1
        continue
      }
      totals.capacity[resource].compared += 1
      if predicted != reported {
        totals.capacity[resource].mismatches += 1
        note(slot, resource, predicted: predicted, reported: reported, at: time)
      }
    }
  }

  private mutating func note(
    _ slot: Int, _ resource: Int, predicted: Int64, reported: Int64, at time: Int64
  ) {
    guard totals.mismatches.count < LoadTotals.mismatchesKept else { return }
    let operation = flights[slot].operation
    _ = maker.write(operation, stamp: stamp(slot), isUncertain: flights[slot].isUncertain)
    totals.mismatches.append(
      CapacityMismatch(
        at: Instant(nanoseconds: time), operation: names[operation],
        resource: resourceNames[resource], predicted: CapacityUnits(halves: predicted),
        reported: CapacityUnits(halves: reported),
        request: String(decoding: maker.body.prefix(240), as: UTF8.self)))
  }
}

extension OperationKind {
  var answerShape: AnswerShape {
    switch self {
    case .get: .item
    case .put, .update, .delete: .write
    case .query, .scan: .page
    case .batchGet: .batchGet
    case .batchWrite: .batchWrite
    case .transactGet: .transactGet
    case .transactWrite: .transactWrite
    }
  }
}
