// The short way of requests that read one item: most requests of most scenarios.
//
// A GetItem past no cache, whose item its number fixes, from clients whose ends nobody waits for:
// all that its first attempt needs was drawn ahead, and as long as nothing else is due, reads of
// one table go through admission in a row. Admitted, a read is over here and took no slot; so is
// one that is refused and not sent again. Another becomes an ordinary request that waits for its
// retry. Counts, draws and latencies are those of the long way.

import Capacity
import Clients
import Randomness
import RequestStreams
import Results
import Statistics
import Units

/// Reads of a traffic that go through admission one behind the other.
private struct ReadRow {
  let fleet: Int
  let table: Int
  /// Where the attempts find the table.
  let resource: Int
  /// They arrive after warm-up.
  let isMeasured: Bool
}

extension Simulator {
  /// Serves plain reads of a traffic, from the one that arrives next on, until `bound` or until
  /// something else is due. False: the next request is none.
  mutating func read(_ fleet: Int, until bound: Int64) -> Bool {
    let sequence = fleets[fleet].stream.issued
    var next = nextAhead(fleet).position
    let table = Int(plainTables[operation(fleet, next)])
    guard table >= 0 else { return false }
    site = fleets[fleet].site
    let isMeasured = ahead.instants[next] >= warmUp
    let row = ReadRow(
      fleet: fleet, table: table, resource: local(tables[table].resource), isMeasured: isMeasured)
    if fleets[fleet].prepared <= next {
      prepare(row, from: next, until: isMeasured ? bound : min(bound, warmUp))
      if fleets[fleet].prepared <= next { return false }
    }
    let first = next
    var bound = bound
    repeat {
      let behind = arrivals(from: next, to: fleets[fleet].prepared, until: bound)
      let admitted = resources[row.resource].admission.admit(
        .read,
        AskedUnits(
          instants: ahead.instants.slice(next..<behind),
          positions: ahead.positions.slice(next..<behind),
          halves: ahead.halves.slice(next..<behind)))
      resources[row.resource].meters.read.consumed(admitted.units)
      serve(row, next..<next + admitted.passed)
      next += admitted.passed
      guard let cause = admitted.refusal else { break }
      refused(row, next, sequence: sequence &+ UInt64(next - first), cause)
      next += 1
      bound = min(bound, calendar.nextTime)
    } while next < fleets[fleet].prepared && ahead.instants[next] < bound
    fleets[fleet].stream.issued += UInt64(next - first)
    requestCount += Int64(next - first)
    advance(fleet)
    return true
  }

  /// An operation by its place ahead.
  @inline(__always)
  private mutating func operation(_ fleet: Int, _ place: Int) -> Int {
    fleets[fleet].firstOperation + Int(ahead.operations[place])
  }

  /// Where, from `first` on and up to `last`, arrivals reach `bound`.
  private mutating func arrivals(from first: Int, to last: Int, until bound: Int64) -> Int {
    if ahead.instants[last - 1] < bound { return last }
    var place = first
    while ahead.instants[place] < bound { place += 1 }
    return place
  }

  /// Finds what the plain reads of a table ask for, from `first` on, as far as they arrive before
  /// `bound` and are answered in time. Their units count as demand.
  private mutating func prepare(_ row: ReadRow, from first: Int, until bound: Int64) {
    let fleet = row.fleet
    let rows = ahead.rows
    let blockEnd = (fleet + 1) * RequestAhead.block
    let plans = operations.pointer(fleets[fleet].firstOperation)
    let plain = plainTables.pointer(fleets[fleet].firstOperation)
    let timeout = fleets[fleet].timeout
    var last = first
    while last < blockEnd, rows.instants[last] < bound,
      Int(plain[Int(rows.operations[last])]) == row.table
    { last += 1 }
    tables[row.table].sizes(
      of: rows.places + first, into: rows.latencies + first, count: last - first)
    var demand = CapacityUnits.zero
    for place in first..<last {
      let bytes = Int(rows.latencies[place])
      let latency = rows.served[place] + service.transfer(bytes: bytes)
      if latency > timeout {
        last = place
        break
      }
      let units = ReadCost.readUnits(
        bytes: bytes, consistency: plans[Int(rows.operations[place])].consistency)
      demand += units
      rows.halves[place] = units.halves
      rows.latencies[place] = latency
      rows.keys[place] = rows.places[place].partitionKey
      rows.positions[place] = rows.places[place].position
    }
    fleets[fleet].prepared = last
    resources[row.resource].meters.read.demanded(demand)
    resources[row.resource].units.add(rows.keys + first, rows.halves + first, count: last - first)
  }

  /// Ends reads that were admitted.
  private mutating func serve(_ row: ReadRow, _ places: Range<Int>) {
    let fleet = row.fleet
    if fleets[fleet].retryStates.count == 1 {
      fleets[fleet].retryStates[0].succeededAtOnce(places.count)
    } else {
      for _ in places {
        let instance = Int(fleets[fleet].takeTurn())
        fleets[fleet].retryStates[instance].succeededAtOnce(1)
      }
    }
    let rows = ahead.rows
    let records = records.pointer(fleets[fleet].firstOperation)
    for place in places {
      let latency = rows.latencies[place]
      let isOver = rows.instants[place] + latency < end
      guard row.isMeasured else {
        if isOver { minuteLatency.record(latency) }
        continue
      }
      let operation = Int(rows.operations[place])
      records[operation].requests += 1
      records[operation].attempts += 1
      guard isOver else { continue }
      records[operation].succeeded += 1
      firsts.note(latency, of: fleets[fleet].firstOperation + operation)
    }
  }

  /// Answers a read that was refused, and asks its client's policy what follows.
  @inline(never)
  private mutating func refused(
    _ row: ReadRow, _ place: Int, sequence: UInt64, _ cause: ThrottleCause
  ) {
    let fleet = row.fleet
    let now = ahead.instants[place]
    let operation = operation(fleet, place)
    let charge = Charge(
      resource: row.resource, units: CapacityUnits(halves: ahead.halves[place]),
      place: ahead.places[place].key)
    refuse(charge, .read, cause, at: Instant(nanoseconds: now))
    let instance = fleets[fleet].takeTurn()
    if row.isMeasured {
      records[operation].requests += 1
      records[operation].attempts += 1
    }
    var generator = fleets[fleet].firstLatencies.generator(at: sequence)
    let latency = services[operation].refused(using: &generator)
    let isLate = latency > fleets[fleet].timeout
    let isOver =
      !isLate
      && fleets[fleet].retryStates[Int(instance)].reasonToGiveUp(
        after: .throttled, attempt: 1, at: Instant(nanoseconds: now + latency)) != nil
    guard isOver else {
      var request = PendingRequest(
        fleet: Int32(fleet), sequence: sequence, operation: Int32(operation), instance: instance,
        due: now)
      request.isMeasured = row.isMeasured
      goOn(request, answeredAfter: isLate ? nil : latency)
      return
    }
    if row.isMeasured { records[operation].throttled += 1 }
    guard now + latency < end else { return }
    if row.isMeasured {
      records[operation].failed += 1
      failures.note(latency, of: operation)
    } else {
      minuteLatency.record(latency)
    }
  }

  /// Turns a read whose first attempt was refused into an ordinary request: after the answer it
  /// waits for its retry, which is granted; nil: its client's patience ended first.
  private mutating func goOn(_ request: PendingRequest, answeredAfter latency: Int64?) {
    let fleet = Int(request.fleet)
    let slot = requests.take()
    requests[slot] = request
    requests[slot].sent = request.due
    requests[slot].attempts = 1
    requests[slot].callAttempts = 1
    fleets[fleet].inProgress += 1
    guard let latency else {
      requests[slot].outcome = .timedOut
      fleets[fleet].onWire += 1
      attemptEnded(slot, at: request.due + fleets[fleet].timeout)
      return
    }
    requests[slot].wasThrottled = true
    requests[slot].lastFailure = .throttled
    if request.isMeasured { records[Int(request.operation)].throttled += 1 }
    backOff(slot, fleet: fleet, after: .throttled, at: request.due + latency)
  }

  /// Brings the noted latencies into the operations' records and the minute.
  mutating func gatherFirsts() {
    for operation in 0..<records.count {
      firsts.tally(operation)
      if firsts.histograms[operation].count > 0 {
        records[operation].response.merge(firsts.histograms[operation])
        records[operation].attempt.merge(firsts.histograms[operation])
        minuteLatency.merge(firsts.histograms[operation])
        firsts.histograms[operation].reset()
      }
      failures.tally(operation)
      if failures.histograms[operation].count > 0 {
        records[operation].response.merge(failures.histograms[operation])
        minuteLatency.merge(failures.histograms[operation])
        failures.histograms[operation].reset()
      }
    }
  }
}
