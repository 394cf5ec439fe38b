// The short way of requests that read one item: most requests of most scenarios.
//
// A GetItem past no cache, whose item its number fixes, from clients whose ends nobody waits for:
// all that its first attempt needs was drawn ahead, and as long as nothing else is due, reads of
// one table go through admission in a row. Admitted, a read is over here and took no slot; so is
// one that is refused and not sent again. Another becomes an ordinary request that waits for its
// retry; where nobody writes to the table, it remembers what it asks for. Counts, draws and
// latencies are those of the long way.

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
  /// something else is due; before `horizon` that is retries alone. False: the next request is no
  /// plain read.
  mutating func read(_ fleet: Int, until bound: Int64, horizon: Int64) -> Bool {
    let first = nextAhead(fleet).position
    let table = Int(plainTables[operation(fleet, first)])
    guard table >= 0 else { return false }
    site = fleets[fleet].site
    let isMeasured = ahead.instants[first] >= warmUp
    let row = ReadRow(
      fleet: fleet, table: table, resource: local(tables[table].resource), isMeasured: isMeasured)
    if fleets[fleet].prepared <= first {
      // What retries may write decides what later reads cost.
      let known = areFixed[table] ? horizon : bound
      prepare(row, from: first, until: isMeasured ? known : min(known, warmUp))
      if fleets[fleet].prepared <= first { return false }
    }
    let last = arrivals(from: first, to: fleets[fleet].prepared, until: bound)
    let decided = admit(row, first..<last)
    fleets[fleet].stream.issued += UInt64(decided)
    requestCount += Int64(decided)
    advance(fleet)
    return true
  }

  /// Lets reads ask one behind the other, until one's retry comes before the next of them; returns
  /// how many did.
  private mutating func admit(_ row: ReadRow, _ places: Range<Int>) -> Int {
    let rows = ahead.rows
    let resource = resources.pointer(row.resource)
    let sequence = fleets[row.fleet].stream.issued
    let next = places.lowerBound
    var settled = 0
    var first: (cause: ThrottleCause, place: Int)?
    let asked = AskedUnits(
      instants: ahead.instants.slice(places), positions: ahead.positions.slice(places),
      halves: ahead.halves.slice(places))
    let admitted = resource.pointee.admission.admit(.read, asked) { place, cause in
      settle(row.fleet, calls: place - settled)
      settled = place + 1
      if refused(row, next + place, sequence: sequence &+ UInt64(place), cause) {
        first = (cause, next + place)
      }
      return calendar.nextTime
    }
    settle(row.fleet, calls: admitted.decided - settled)
    resource.pointee.meters.read.consumed(admitted.units)
    if let first {
      let now = Instant(nanoseconds: rows.instants[first.place])
      noteFirstThrottle(row.resource, .read, first.cause, at: now)
    }
    count(row, next..<next + admitted.decided)
    return admitted.decided
  }

  /// Tells the clients' retry quotas that calls went well at once.
  @inline(__always)
  private mutating func settle(_ fleet: Int, calls: Int) {
    if calls == 0 { return }
    if fleets[fleet].retryStates.count == 1 {
      fleets[fleet].retryStates[0].succeededAtOnce(calls)
      return
    }
    for _ in 0..<calls {
      let instance = Int(fleets[fleet].takeTurn())
      fleets[fleet].retryStates[instance].succeededAtOnce(1)
    }
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

  /// What stands in place of a refused read's latency.
  private static let isRefused: Int64 = -1

  /// Counts reads that were decided, and ends those that were admitted.
  private mutating func count(_ row: ReadRow, _ places: Range<Int>) {
    let rows = ahead.rows
    let first = fleets[row.fleet].firstOperation
    let records = records.pointer(first)
    for place in places {
      let latency = rows.latencies[place]
      let isOver = latency != Self.isRefused && rows.instants[place] + latency < end
      guard row.isMeasured else {
        if isOver { minuteLatency.record(latency) }
        continue
      }
      let operation = Int(rows.operations[place])
      records[operation].requests += 1
      records[operation].attempts += 1
      records[operation].succeeded += isOver ? 1 : 0
      firsts.note(latency, of: first + operation, counts: isOver)
    }
  }

  /// Answers a read that was refused, and asks its client's policy what follows. Returns whether
  /// this was the first refusal of the table or index.
  @inline(never)
  private mutating func refused(
    _ row: ReadRow, _ place: Int, sequence: UInt64, _ cause: ThrottleCause
  ) -> Bool {
    let fleet = row.fleet
    let rows = ahead.rows
    let now = rows.instants[place]
    let operation = operation(fleet, place)
    let units = CapacityUnits(halves: rows.halves[place])
    let read = PlainRead(
      resource: Int32(row.resource), halves: areFixed[row.table] ? units.halves : 0,
      place: rows.places[place].key, transfer: rows.latencies[place] - rows.served[place])
    rows.latencies[place] = Self.isRefused
    throttleCount += 1
    let resource = resources.pointer(row.resource)
    resource.pointee.throttles.add(read.place.key, weight: 1)
    let isFirst = resource.pointee.meters.read.throttled(
      cause, units: units, at: Instant(nanoseconds: now))
    let instance = fleets[fleet].takeTurn()
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
      request.read = read
      goOn(request, answeredAfter: isLate ? nil : latency)
      return isFirst
    }
    if row.isMeasured { records[operation].throttled += 1 }
    guard now + latency < end else { return isFirst }
    if row.isMeasured {
      records[operation].failed += 1
      failures.note(latency, of: operation)
    } else {
      minuteLatency.record(latency)
    }
    return isFirst
  }

  /// Decides a further attempt of a read that remembers what it asks for.
  mutating func readAgain(_ slot: UInt32, fleet: Int, at now: Instant) -> Answer {
    let read = requests[slot].read
    let operation = Int(requests[slot].operation)
    let units = CapacityUnits(halves: read.halves)
    var generator = fleets[fleet].latencies(
      of: requests[slot].attempts, requests[slot].sequence)
    let decision = resources[Int(read.resource)].admission.admit(
      .read, units: units, position: read.place.position, at: now)
    if case .throttled(let cause, _) = decision {
      refuse(
        Charge(resource: Int(read.resource), units: units, place: read.place), .read, cause,
        at: now)
      return Answer(state: .throttled, latency: services[operation].refused(using: &generator))
    }
    resources[Int(read.resource)].meters.read.consumed(units)
    let served = services[operation].served(operations[operation], using: &generator)
    return Answer(state: .succeeded, latency: served + read.transfer)
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
