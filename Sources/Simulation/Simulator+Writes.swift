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
    if hasCache(parts[part].table),
      cache?.admitWrite(bytes: bytes, at: attempt.now) == false
    {
      discardWrites()
      return refused(&attempt)
    }
    if isHeld(part, place.item, attempt) {
      return answered(turnAway(at: attempt.now) ? .throttled : .conflicted, &attempt)
    }
    guard commit(.write, at: attempt.now) else { return refused(&attempt) }
    var answer = served(&attempt, bytes: bytes)
    if !conditionHolds { answer.state = .conditionFailed }
    return answer
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
        isReadBack: isTransaction && hasCache(table)))
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

  /// Checks all charges, makes all, applies the changes; or, if one is refused or the transaction
  /// is cancelled already, none of it: then only a transaction has used up what its admitted parts
  /// took to prepare.
  mutating func commit(
    _ axis: CapacityAxis, isCancelled: Bool = false, at now: Instant
  ) -> Bool {
    if isPlaying { return play(axis, at: now) }
    if charges.count == 1, !isCancelled { return commitAlone(axis, at: now) }
    var admitted = !isCancelled
    for position in 0..<charges.count {
      var charge = charges[position]
      charge.resource = local(charge.resource)
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
        resources[local(charges[position].resource)].consume(axis, charges[position], at: now)
      }
    }
    discardWrites()
    return admitted
  }

  /// `commit` of a write that asks its table alone: check and charge are one.
  private mutating func commitAlone(_ axis: CapacityAxis, at now: Instant) -> Bool {
    let isAdmitted = admit(charges[0], axis, at: now)
    for position in 0..<changes.count where isAdmitted && changes[position].isApplied {
      apply(changes[position], at: now)
    }
    discardWrites()
    return isAdmitted
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

  /// Consumes one admitted charge; an index write is replayed in every other region.
  private mutating func consume(_ charge: Charge, _ axis: CapacityAxis, at now: Instant) {
    let here = local(charge.resource)
    resources[here].consume(axis, charge, at: now)
    guard resources[here].index != nil else { return }
    for number in 0...resources[charge.resource].replicas.count {
      let other = copy(number, of: charge.resource)
      if other != here { replicate(charge, in: other, at: now) }
    }
  }

  /// A table or index of the home region in each region: 0 is the home region.
  private mutating func copy(_ number: Int, of resource: Int) -> Int {
    number == 0 ? resource : resources[resource].replicas[number - 1]
  }

  /// Applies one committed change to items, cache, stream and replicas.
  private mutating func apply(_ change: ItemChange, at now: Instant) {
    let table = change.table
    let resource = tables[table].resource
    tables[table].write(change.item, before: change.before, after: change.after)
    if hasCache(table) { cache?.write(table, change.item, bytes: change.after, at: now) }
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
    let here = local(resource)
    let charge = Charge(resource: resource, units: change.replicatedUnits, place: change.place)
    for number in 0...resources[resource].replicas.count {
      let region = copy(number, of: resource)
      resources[region].replicated += change.replicatedUnits
      if region == here {
        resources[here].sent += change.replicatedUnits
      } else {
        replicate(charge, in: region, at: now)
      }
    }
  }

  /// Replays a write in another region: it competes for that replica's capacity and is repeated
  /// there until it succeeds, so its units are charged even when the bucket is already empty.
  mutating func replicate(_ charge: Charge, in resource: Int, at now: Instant) {
    var charge = charge
    charge.resource = resource
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
