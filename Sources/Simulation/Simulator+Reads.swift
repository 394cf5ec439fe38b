// The short way of requests that read one item: most requests of most scenarios.
//
// A GetItem past no cache, whose item its number fixes, from clients whose ends nobody waits for
// and whose patience no answer exceeds: all that its first attempt needs was drawn ahead, and as
// long as nothing else is due, reads of one table go through admission in a row. Admitted, a read
// is over here and took no slot; so is one that is refused and not sent again. Where nobody writes
// to the table, one that is sent again waits on a wheel of its own and joins a later row;
// elsewhere it becomes an ordinary request. Counts, draws and latencies are those of the long way.
//
// Rows are decided here; `Simulator+ReadAnswers` answers them.

import Capacity
import Clients
import Randomness
import RequestStreams
import Results
import Statistics
import Units

/// Reads of a traffic and table that go through admission one behind the other.
struct ReadRow {
  let fleet: Int
  let table: Int
  /// Where the attempts find the table.
  let resource: Int
  /// Those that arrive in it: places ahead, all of them prepared.
  var arrivals = 0..<0
  /// Instant of the first arrival behind them, in ns.
  var nextArrival = Int64.max
  /// They arrive after warm-up.
  var isMeasured = false
}

extension Simulator {
  /// Serves plain reads of a traffic, from the one that arrives next on, until `bound` or until
  /// something else is due; before `horizon` that is retries alone. False: the next request is no
  /// plain read.
  mutating func read(_ fleet: Int, until bound: Int64, horizon: Int64) -> Bool {
    guard let row = nextReads(fleet, until: bound, horizon: horizon) else { return false }
    serve(row, until: bound)
    return true
  }

  /// Serves the plain read whose retry is due, and with it what else goes the short way and is due
  /// before `horizon`, or before something that goes another way.
  mutating func readAgain(_ due: DueEvent, horizon: Int64) {
    let slot = EventCalendar.slot(of: due.retry)
    let table = Int(plainTables[Int(waiting[slot].operation)])
    let fleet = Int(fleetsOf[Int(waiting[slot].operation)])
    let isNext = fleet == due.fleet
    let bound = min(due.next, isNext ? due.others : due.arrival, horizon)
    if bound <= due.time {
      // Something else is due at the same instant, but behind it.
      serve(row(fleet, table), until: due.time + 1, most: 1)
      return
    }
    if isNext, due.arrival < bound,
      let row = nextReads(fleet, until: bound, horizon: min(due.others, horizon)),
      row.table == table
    {
      serve(row, until: bound)
      return
    }
    let edge = isNext ? min(bound, due.arrival) : bound
    if edge <= due.time {
      serve(row(fleet, table), until: due.time + 1, most: 1)
    } else {
      serve(row(fleet, table), until: edge)
    }
  }

  /// A row without arrivals.
  private mutating func row(_ fleet: Int, _ table: Int) -> ReadRow {
    site = fleets[fleet].site
    return ReadRow(fleet: fleet, table: table, resource: local(tables[table].resource))
  }

  /// The plain reads of a table that arrive next, before `bound`; nil: the next request is none.
  private mutating func nextReads(_ fleet: Int, until bound: Int64, horizon: Int64) -> ReadRow? {
    let first = nextAhead(fleet).position
    let table = Int(plainTables[fleets[fleet].firstOperation + Int(ahead.operations[first])])
    guard table >= 0 else { return nil }
    var row = row(fleet, table)
    row.isMeasured = ahead.instants[first] >= warmUp
    if fleets[fleet].prepared <= first {
      // What retries may write decides what later reads cost.
      let known = areFixed[table] ? horizon : bound
      prepare(row, from: first, until: row.isMeasured ? known : min(known, warmUp))
    }
    let last = arrivals(from: first, to: fleets[fleet].prepared, until: bound)
    row.arrivals = first..<last
    row.nextArrival =
      last < (fleet + 1) * RequestAhead.block
      ? ahead.instants[last] : fleets[fleet].stream.nextArrival
    return row
  }

  /// Where, from `first` on and up to `last`, arrivals reach `bound`.
  private mutating func arrivals(from first: Int, to last: Int, until bound: Int64) -> Int {
    if ahead.instants[last - 1] < bound { return last }
    var place = first
    while ahead.instants[place] < bound { place += 1 }
    return place
  }

  /// Finds what the plain reads of a table ask for, from `first` on, as far as they arrive before
  /// `bound`. Their units count as demand.
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
      let units = ReadCost.readUnits(
        bytes: bytes, consistency: plans[Int(rows.operations[place])].consistency)
      demand += units
      rows.halves[place] = units.halves
      rows.latencies[place] = min(timeout, rows.served[place] + service.transfer(bytes: bytes))
      rows.keys[place] = rows.places[place].partitionKey
      rows.positions[place] = rows.places[place].position
    }
    fleets[fleet].prepared = last
    resources[row.resource].meters.read.demanded(demand)
    resources[row.resource].units.add(rows.keys + first, rows.halves + first, count: last - first)
  }

  /// Decides arrivals and retries of a row that are due before `bound`, at most so many, and
  /// answers them.
  private mutating func serve(_ row: ReadRow, until bound: Int64, most: Int = RowBooks.room) {
    let first = row.arrivals.lowerBound
    let edge = min(bound, row.nextArrival)
    var asked = AskedUnits(
      instants: ahead.instants.slice(row.arrivals), positions: ahead.positions.slice(row.arrivals),
      halves: ahead.halves.slice(row.arrivals))
    var origins = UnsafeMutablePointer(mutating: places.address(first))
    let isMerged = retries.first(upTo: edge - 1) != .max
    if isMerged {
      let all = 0..<merge(row, until: edge, most: most)
      origins = books.origins.pointer(0)
      asked = AskedUnits(
        instants: books.instants.slice(all), positions: books.positions.slice(all),
        halves: books.halves.slice(all))
    }
    let decided = decide(row, asked, origins)
    var arrived = decided
    if isMerged {
      arrived = 0
      for place in 0..<decided { arrived += origins[place] >= 0 ? 1 : 0 }
      answerRetries(row, decided)
      for place in decided..<asked.instants.count where origins[place] < 0 {
        retries.insert(books.keys[place])
      }
    }
    answerRefused(row)
    count(row, first..<first + arrived)
    if arrived == 0 { return }
    fleets[row.fleet].stream.issued += UInt64(arrived)
    requestCount += Int64(arrived)
    advance(row.fleet)
  }

  /// Merges the arrivals of a row with the retries that are due before `edge`, up to the first of
  /// another traffic or table; returns how many.
  private mutating func merge(_ row: ReadRow, until edge: Int64, most: Int) -> Int {
    let rows = ahead.rows
    let (instants, origins) = (books.instants.pointer(0), books.origins.pointer(0))
    let (positions, halves) = (books.positions.pointer(0), books.halves.pointer(0))
    var place = row.arrivals.lowerBound
    var count = 0
    while count < most {
      let arrival = place < row.arrivals.upperBound ? rows.instants[place] : edge - 1
      let key = retries.first(upTo: arrival)
      if key != .max {
        let slot = EventCalendar.slot(of: key)
        let operation = Int(waiting[slot].operation)
        guard plainTables[operation] == row.table, fleetsOf[operation] == row.fleet else { break }
        retries.removeFirst()
        books.keys[count] = key
        instants[count] = EventCalendar.time(of: key)
        positions[count] = waiting[slot].position
        halves[count] = Int64(waiting[slot].halves)
        origins[count] = RowBooks.retry(Int32(slot))
      } else if place < row.arrivals.upperBound {
        instants[count] = arrival
        positions[count] = rows.positions[place]
        halves[count] = rows.halves[place]
        origins[count] = Int32(place)
        place += 1
      } else {
        break
      }
      count += 1
    }
    return count
  }

  /// Lets reads ask one behind the other, until the retry of one may come before the next of them;
  /// returns how many did.
  private mutating func decide(
    _ row: ReadRow, _ asked: AskedUnits, _ origins: UnsafeMutablePointer<Int32>
  ) -> Int {
    let resource = resources.pointer(row.resource)
    var settled = 0
    var earliest = Int64.max
    var causes = ThrottleCounts()
    var refused = CapacityUnits.zero
    var first: (cause: ThrottleCause, at: Instant)?
    books.clear()
    let admitted = resource.pointee.admission.admit(.read, asked) { place, cause in
      settle(row.fleet, origins, settled..<place)
      settled = place + 1
      let now = asked.instants[place]
      if first == nil { first = (cause, Instant(nanoseconds: now)) }
      causes[cause] += 1
      refused += CapacityUnits(halves: asked.halves[place])
      let delay = refuse(row.fleet, origins + place, at: now)
      if delay >= 0 { earliest = min(earliest, now + delay) }
      return earliest
    }
    settle(row.fleet, origins, settled..<admitted.decided)
    resource.pointee.meters.read.consumed(admitted.units)
    guard let first else { return admitted.decided }
    throttleCount += Int64(books.refusals)
    resource.pointee.throttles.add(
      books.refusedKeys.address(0), books.ones.address(0), count: books.refusals)
    if resource.pointee.meters.read.refused(causes, units: refused, at: first.at) {
      noteFirstThrottle(row.resource, .read, first.cause, at: first.at)
    }
    return admitted.decided
  }

  /// Tells the clients' retry quotas that calls went well.
  @inline(__always)
  private mutating func settle(
    _ fleet: Int, _ origins: UnsafeMutablePointer<Int32>, _ places: Range<Int>
  ) {
    if places.isEmpty { return }
    if fleets[fleet].retryStates.count == 1 {
      var calls = 0
      for place in places { calls += origins[place] >= 0 ? 1 : 0 }
      fleets[fleet].retryStates[0].succeeded(
        atOnce: calls, afterThrottles: places.count - calls)
      return
    }
    for place in places {
      if origins[place] >= 0 {
        let instance = Int(fleets[fleet].takeTurn())
        fleets[fleet].retryStates[instance].succeeded(atOnce: 1, afterThrottles: 0)
      } else {
        let slot = UInt32(RowBooks.retry(origins[place]))
        fleets[fleet].retryStates[Int(waiting[slot].instance)].succeeded(
          atOnce: 0, afterThrottles: 1)
      }
    }
  }

  /// Asks a refused read's client what follows, and notes the read. Returns the back-off before its
  /// next attempt, in ns; -1: there is none.
  private mutating func refuse(
    _ fleet: Int, _ origin: UnsafeMutablePointer<Int32>, at now: Int64
  ) -> Int64 {
    var read: RefusedRead
    var previous = Nanoseconds.zero
    let key: UInt64
    if origin.pointee >= 0 {
      let rows = ahead.rows
      let place = Int(origin.pointee)
      let offset = place - fleet * RequestAhead.block
      read = RefusedRead(
        origin: origin.pointee,
        operation: Int32(fleets[fleet].firstOperation) + rows.operations[place],
        instance: fleets[fleet].takeTurn(), attempts: 1,
        sequence: fleets[fleet].firstAhead &+ UInt64(truncatingIfNeeded: offset), sent: now,
        delay: -1, transfer: rows.latencies[place] - rows.served[place])
      key = rows.keys[place]
      rows.latencies[place] = Self.isRefused
    } else {
      let slot = UInt32(RowBooks.retry(origin.pointee))
      waiting[slot].attempts += 1
      read = RefusedRead(
        origin: origin.pointee, operation: waiting[slot].operation,
        instance: waiting[slot].instance, attempts: waiting[slot].attempts,
        sequence: waiting[slot].sequence, sent: now, delay: -1, transfer: 0)
      previous = waiting[slot].delay
      key = waiting[slot].key
      origin.pointee = RowBooks.refusedRetry
    }
    let reason = fleets[fleet].retryStates[Int(read.instance)].reasonToGiveUp(
      after: .throttled, attempt: Int(read.attempts), at: Instant(nanoseconds: now))
    if reason == nil {
      var generator = fleets[fleet].backOff(after: read.attempts, read.sequence)
      read.delay =
        fleets[fleet].policy.delay(
          after: .throttled, attempt: Int(read.attempts), previousDelay: previous,
          using: &generator
        ).count
    }
    books.note(read, key: key)
    return read.delay
  }
}
