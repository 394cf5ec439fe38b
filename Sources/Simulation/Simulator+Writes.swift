// Writes: what a write asks of the table and of each index, checked together, charged together.
//
// A write is prepared as a list of charges (one per table and affected index) and changes (what
// happens to items). It is committed only when every charge is admitted: back-pressure of one index
// refuses the whole write, and then nothing is charged. Transactions prepare all their parts first.

import Caching
import Capacity
import Randomness
import RequestStreams
import Scenarios
import Units
import Workloads

/// What a committed write does to an item.
struct ItemChange {
  var table: Int
  var item: UInt64
  var before: Int
  var after: Int
  /// What the write costs in each region of a global table, its local indexes included (never
  /// doubled).
  var replicatedUnits: CapacityUnits
  var place: KeyPlace
  /// false: the condition failed, so nothing is written, replicated or streamed.
  var isApplied: Bool
  /// A cluster in front of the table reads a transaction's items back (capacity.md 1.6).
  var isReadBack: Bool
}

extension Simulator {
  /// PutItem, UpdateItem, DeleteItem.
  mutating func write(_ attempt: inout Attempt) -> Answer {
    let part = attempt.operation.firstPart
    let place = place(part, &attempt)
    let conditionHolds = prepareWrite(part, place, &attempt)
    let bytes = changes.last.map { max($0.before, $0.after) } ?? 0
    if tables[parts[part].table].isCached,
      cache?.admitWrite(bytes: bytes, at: attempt.now) == false
    {
      discardWrites()
      return refused(&attempt)
    }
    guard commit(.write, at: attempt.now) else { return refused(&attempt) }
    var answer = served(&attempt, bytes: bytes)
    if !conditionHolds { answer.state = .conditionFailed }
    return answer
  }

  /// TransactGetItems and TransactWriteItems: all or nothing, base units doubled.
  mutating func transact(_ attempt: inout Attempt) -> Answer {
    var bytes = 0
    var conditionHolds = true
    let first = attempt.operation.firstPart
    for part in first..<first + attempt.operation.partCount {
      for _ in 0..<parts[part].count {
        let place = place(part, &attempt)
        let size = tables[parts[part].table].size(of: place)
        switch parts[part].action {
        case .get, .query, .scan:
          bytes += size
          let units = ReadCost.readUnits(bytes: size, consistency: .transactional)
          append(units, tables[parts[part].table].resource, place.key)
        case .conditionCheck:
          let units = TransactionCost.conditionCheckUnits(bytes: size)
          charges.append(
            Charge(
              resource: tables[parts[part].table].resource, units: units, place: place.key,
              prepared: cancelledUnits(before: size, after: 0)))
          let holds = drawing.conditionHolds(part, &attempt.draws)
          conditionHolds = conditionHolds && holds
        case .put, .update, .delete:
          let holds = prepareWrite(part, place, &attempt)
          conditionHolds = conditionHolds && holds
          bytes += changes.last.map { max($0.before, $0.after) } ?? 0
        }
      }
    }
    if !conditionHolds { keepPreparation() }
    let axis: CapacityAxis = attempt.operation.kind == .transactGet ? .read : .write
    guard commit(axis, at: attempt.now) else {
      var answer = refused(&attempt)
      answer.state = .cancelled
      return answer
    }
    var answer = served(&attempt, bytes: bytes)
    if !conditionHolds { answer.state = .conditionFailed }
    return answer
  }

  /// What one action of a cancelled transaction consumes on its table (capacity.md 1.6).
  private func cancelledUnits(before: Int, after: Int) -> CapacityUnits {
    TransactionCost.cancelledUnits(
      before: before, after: after, charge: scenario.model.capacity.cancelledTransactions)
  }

  /// A failed condition cancels the whole transaction while it prepares: no index is written.
  private mutating func keepPreparation() {
    changes.removeAll(keepingCapacity: true)
    for position in charges.indices { charges[position].units = charges[position].prepared }
    charges.removeAll { $0.units == .zero }
  }

  private mutating func append(_ units: CapacityUnits, _ resource: Int, _ place: KeyPlace) {
    charges.append(Charge(resource: resource, units: units, place: place))
  }

  /// Appends the charges and the change of one item write; returns whether its condition holds.
  @discardableResult
  mutating func prepareWrite(
    _ part: Int, _ place: ItemPlace, _ attempt: inout Attempt
  ) -> Bool {
    let table = parts[part].table
    // A new item stands already when an earlier attempt was processed but not answered in time.
    let before = place.isNew && isFirstAttempt ? 0 : tables[table].size(of: place)
    let after = drawing.sizeAfter(part, place, before: before, &attempt.draws)
    let holds = drawing.conditionHolds(part, &attempt.draws)
    // What a failed update would have made of the item is not known without it (capacity.md 1.4).
    let charged = holds || parts[part].action == .put ? max(before, after) : before
    let single = WriteCost.writeUnits(bytes: charged)
    let isTransaction = attempt.operation.kind == .transactWrite
    var base = isTransaction ? single * 2 : single
    let local = holds ? localUnits(part, place.item, before: before, after: after) : .zero
    if holds {
      base += local
      let images = (before: before, after: after)
      appendIndexCharges(part, place, images, version: attempt.draws.sequence)
    }
    charges.append(
      Charge(
        resource: tables[table].resource, units: base, place: place.key,
        prepared: isTransaction ? cancelledUnits(before: before, after: after) : .zero))
    changes.append(
      ItemChange(
        table: table, item: place.item, before: before, after: after,
        replicatedUnits: single + local, place: place.key, isApplied: holds,
        isReadBack: isTransaction && tables[table].isCached))
    return holds
  }

  /// Units of the local secondary indexes, charged to the table.
  private mutating func localUnits(
    _ part: Int, _ item: UInt64, before: Int, after: Int
  ) -> CapacityUnits {
    let table = parts[part].table
    let first = parts[part].firstEffect + tables[table].indexes.count
    var units = CapacityUnits.zero
    for index in 0..<tables[table].localIndexes.count
    where tables[table].localIndexes[index].contains(item) {
      units += IndexCost.indexWriteUnits(
        before: tables[table].localIndexes[index].entry(itemSize: before),
        after: tables[table].localIndexes[index].entry(itemSize: after),
        change: effects[first + index].change)
    }
    return units
  }

  /// One charge per affected entry of each global index; a moved key touches two places.
  private mutating func appendIndexCharges(
    _ part: Int, _ place: ItemPlace, _ images: (before: Int, after: Int), version: UInt64
  ) {
    let table = parts[part].table
    for position in 0..<tables[table].indexes.count {
      guard tables[table].indexes[position].contains(place.item) else { continue }
      let resource = tables[table].indexes[position].resource
      let old = tables[table].indexes[position].entry(itemSize: images.before)
      let new = tables[table].indexes[position].entry(itemSize: images.after)
      let effect = effects[parts[part].firstEffect + position]
      let home = tables[table].indexes[position].place(of: place.item, version: 0)
      if effect == .keyMove, let old, let new {
        append(WriteCost.writeUnits(bytes: old), resource, home)
        let target = tables[table].indexes[position].place(of: place.item, version: version | 1)
        append(WriteCost.writeUnits(bytes: new), resource, target)
        continue
      }
      let units = IndexCost.indexWriteUnits(before: old, after: new, change: effect.change)
      if units > .zero { append(units, resource, home) }
    }
  }

  /// Forgets prepared writes.
  mutating func discardWrites() {
    charges.removeAll(keepingCapacity: true)
    changes.removeAll(keepingCapacity: true)
  }

  /// Checks all charges, makes all, applies the changes; or, if one is refused, none of it: then
  /// only a transaction has used up what its admitted parts took to prepare.
  mutating func commit(_ axis: CapacityAxis, at now: Instant) -> Bool {
    if isPlaying { return play(axis, at: now) }
    var admitted = true
    for position in 0..<charges.count {
      let charge = charges[position]
      if isFirstAttempt { resources[charge.resource].demand(axis, charge) }
      let decision = resources[charge.resource].admission.check(
        axis, position: charge.place.position, at: now)
      if case .throttled(let cause, _) = decision {
        admitted = false
        charges[position].prepared = .zero
        refuse(charge, axis, cause, at: now)
      }
    }
    if admitted {
      for position in 0..<charges.count { consume(charges[position], axis, at: now) }
      for position in 0..<changes.count where changes[position].isApplied {
        apply(changes[position], at: now)
      }
    } else {
      for position in 0..<charges.count where charges[position].prepared > .zero {
        charges[position].units = charges[position].prepared
        resources[charges[position].resource].consume(axis, charges[position], at: now)
      }
    }
    discardWrites()
    return admitted
  }

  /// Notes all charges and applies the changes.
  private mutating func play(_ axis: CapacityAxis, at now: Instant) -> Bool {
    for charge in charges { note(charge, axis) }
    for position in 0..<changes.count where changes[position].isApplied {
      apply(changes[position], at: now)
    }
    discardWrites()
    return true
  }

  /// Consumes one admitted charge; an index write is replayed in every replica.
  private mutating func consume(_ charge: Charge, _ axis: CapacityAxis, at now: Instant) {
    resources[charge.resource].consume(axis, charge, at: now)
    guard resources[charge.resource].index != nil else { return }
    for position in 0..<resources[charge.resource].replicas.count {
      var copy = charge
      copy.resource = resources[charge.resource].replicas[position]
      replicate(copy, at: now)
    }
  }

  /// Applies one committed change to items, cache, stream and replicas.
  private mutating func apply(_ change: ItemChange, at now: Instant) {
    let table = change.table
    let resource = tables[table].resource
    tables[table].write(change.item, before: change.before, after: change.after)
    if tables[table].isCached { cache?.write(table, change.item, bytes: change.after, at: now) }
    if change.isReadBack {
      let units = TransactionCost.acceleratorReadUnits(bytes: change.after)
      _ = admit(Charge(resource: resource, units: units, place: change.place), .read, at: now)
    }
    if tables[table].hasStream, change.before > 0 || change.after > 0 {
      resources[resource].streamRecords += 1
      let partition = resources[resource].admission.partitions.partition(at: change.place.position)
      resources[resource].consumers?.note(
        partition: partition, before: change.before, after: change.after, at: now.nanoseconds)
      if tables[table].capturesChanges {
        let bytes = max(change.before, change.after)
        resources[resource].captureUnits += StreamCost.changeDataCaptureUnits(bytes: bytes)
      }
    }
    guard tables[table].isReplicated else { return }
    resources[resource].replicated += change.replicatedUnits
    for position in 0..<resources[resource].replicas.count {
      let replica = resources[resource].replicas[position]
      let charge = Charge(
        resource: replica, units: change.replicatedUnits, place: change.place)
      replicate(charge, at: now)
      resources[replica].replicated += change.replicatedUnits
    }
  }

  /// Replays a write in another region: it competes for that replica's capacity and is repeated
  /// there until it succeeds, so its units are charged even when the bucket is already empty.
  mutating func replicate(_ charge: Charge, at now: Instant) {
    resources[charge.resource].demand(.write, charge)
    let decision = resources[charge.resource].admission.check(
      .write, position: charge.place.position, at: now)
    if case .throttled(let cause, _) = decision { refuse(charge, .write, cause, at: now) }
    resources[charge.resource].consume(.write, charge, at: now)
  }
}

extension IndexEffect {
  /// The same in the cost arithmetic's terms.
  var change: IndexChange {
    switch self {
    case .unchanged: .identical
    case .projectedChange: .sameKey
    case .keyMove: .keyMoved
    }
  }
}
