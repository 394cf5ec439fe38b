// TransactGetItems and TransactWriteItems: all or nothing, base units doubled, items held.
//
// The SDKs send a transaction's retries with the token of its first attempt. When that took effect
// although its client gave up on it, a retry is refused while it is under way
// (TransactionInProgressException, which is retried) and answered from the items afterwards,
// charged as a transactional read (capacity.md 1.6).

import Capacity
import RequestStreams
import Scenarios
import Units
import Workloads

extension Simulator {
  mutating func transact(_ attempt: inout Attempt) -> Answer {
    let isWrite = attempt.operation.kind == .transactWrite
    var bytes = 0
    var conditionHolds = true
    var conflicts = 0
    let first = attempt.operation.firstPart
    for part in first..<first + attempt.operation.partCount {
      for _ in 0..<parts[part].count {
        let place = place(part, &attempt)
        let own = charges.count
        let holds = prepare(part, place, &attempt)
        conditionHolds = conditionHolds && holds
        bytes += isWrite ? changes.last.map { max($0.before, $0.after) } ?? 0 : size(part, place)
        if isHeld(part, place.item, attempt) {
          conflicts += 1
          // The table is asked, but the item is not had: no index is, and nothing is prepared.
          charges.removeSubrange(own..<charges.count - 1)
          charges[own].prepared = .zero
        }
      }
    }
    if requests[attempt.slot].isCommitted {
      return replay(&attempt, bytes: bytes, isUnderWay: conflicts > 0)
    }
    if conflicts > 0 {
      _ = commit(isWrite ? .write : .read, isCancelled: true, at: attempt.now)
      return answered(.conflicted, &attempt)
    }
    if !conditionHolds { keepPreparation() }
    let touched = changes
    guard commit(isWrite ? .write : .read, at: attempt.now) else {
      return answered(.cancelled, &attempt)
    }
    var answer = served(&attempt, bytes: bytes)
    if !conditionHolds {
      answer.state = .conditionFailed
    } else if isWrite {
      hold(touched, attempt)
      requests[attempt.slot].isCommitted = true
    }
    return answer
  }

  private mutating func size(_ part: Int, _ place: ItemPlace) -> Int {
    tables[parts[part].table].size(of: place)
  }

  /// Appends the charges of one action, and its change if it writes or checks; returns whether its
  /// condition holds. The last charge is the item's own.
  private mutating func prepare(
    _ part: Int, _ place: ItemPlace, _ attempt: inout Attempt
  ) -> Bool {
    let table = parts[part].table
    switch parts[part].action {
    case .get, .query, .scan:
      let units = TransactionCost.getUnits(bytes: size(part, place))
      charges.append(Charge(resource: tables[table].resource, units: units, place: place.key))
      return true
    case .conditionCheck:
      let size = size(part, place)
      charges.append(
        Charge(
          resource: tables[table].resource,
          units: TransactionCost.conditionCheckUnits(bytes: size), place: place.key,
          prepared: cancelledUnits(before: size, after: 0)))
      changes.append(
        ItemChange(
          table: table, item: place.item, before: size, after: size, replicatedUnits: .zero,
          place: place.key, isApplied: false, isReadBack: false))
      return drawing.conditionHolds(part, &attempt.draws)
    case .put, .update, .delete: return prepareWrite(part, place, &attempt)
    }
  }

  /// What one action of a cancelled transaction consumes on its table (capacity.md 1.6).
  func cancelledUnits(before: Int, after: Int) -> CapacityUnits {
    TransactionCost.cancelledUnits(
      before: before, after: after, charge: scenario.model.capacity.cancelledTransactions)
  }

  /// A failed condition cancels the whole transaction while it prepares: no index is written.
  private mutating func keepPreparation() {
    changes.removeAll(keepingCapacity: true)
    for position in charges.indices { charges[position].units = charges[position].prepared }
    charges.removeAll { $0.units == .zero }
  }

  // MARK: Conflicts

  /// Whether a transaction under way turns away a write, or another transaction, of this item.
  @inline(__always)
  func isHeld(_ part: Int, _ item: UInt64, _ attempt: Attempt) -> Bool {
    !isPlaying && holds.holds(held(parts[part].table, item), at: attempt.now.nanoseconds)
  }

  /// An item in the attempt's region: transactions are not isolated from those of another one.
  @inline(__always)
  private func held(_ table: Int, _ item: UInt64) -> HeldItem {
    HeldItem(table: table, site: site, item: item)
  }

  /// Turns away a write whose item a transaction holds; its table is asked first, as always.
  /// Returns whether that refused it.
  mutating func turnAway(at now: Instant) -> Bool {
    charges.removeSubrange(0..<charges.count - 1)
    let before = throttleCount
    _ = commit(.write, isCancelled: true, at: now)
    return throttleCount > before
  }

  /// Holds the items of a transaction until its second phase ends.
  private mutating func hold(_ touched: [ItemChange], _ attempt: Attempt) {
    guard scenario.model.transactionConflicts, !isPlaying else { return }
    var attempt = attempt
    // The draws of its latency, without those of the network.
    var generator = latencies(&attempt)
    let now = attempt.now.nanoseconds
    let operation = Int(requests[attempt.slot].operation)
    let end = now + services[operation].phases(using: &generator)
    for change in touched { holds.hold(held(change.table, change.item), from: now, until: end) }
  }

  /// Answers a transaction again that has taken effect already.
  private mutating func replay(
    _ attempt: inout Attempt, bytes: Int, isUnderWay: Bool
  ) -> Answer {
    let touched = changes
    discardWrites()
    if isUnderWay { return answered(.inProgress, &attempt) }
    for change in touched {
      let units = TransactionCost.replayReadUnits(before: change.before, after: change.after)
      charges.append(
        Charge(resource: tables[change.table].resource, units: units, place: change.place))
    }
    guard commit(.read, at: attempt.now) else { return answered(.cancelled, &attempt) }
    return served(&attempt, bytes: bytes)
  }

  /// A refusal of this kind.
  mutating func answered(_ state: AttemptState, _ attempt: inout Attempt) -> Answer {
    var answer = refused(&attempt)
    answer.state = state
    return answer
  }
}
