// The short way of requests that read one item: most requests of most scenarios.
//
// A GetItem past no cache, whose item its number fixes, from clients whose ends nobody waits for
// and whose patience no answer exceeds: all that its first attempt needs was drawn ahead, and as
// long as nothing else is due, reads of one table go through admission in a row. Admitted, a read
// is over here and took no slot; so is one that is refused and not sent again. Where nobody writes
// to the table, one that is sent again joins its row, or waits on a wheel of its own for a later
// one; elsewhere it becomes an ordinary request. Counts, draws and latencies are those of the long
// way.
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
    var last = first
    while last < blockEnd, rows.instants[last] < bound,
      Int(plain[Int(rows.operations[last])]) == row.table
    { last += 1 }
    tables[row.table].sizes(
      of: rows.places + first, into: rows.transfers + first, count: last - first)
    var demand = CapacityUnits.zero
    for place in first..<last {
      let bytes = Int(rows.transfers[place])
      let units = ReadCost.readUnits(
        bytes: bytes, consistency: plans[Int(rows.operations[place])].consistency)
      demand += units
      rows.halves[place] = units.halves
      rows.transfers[place] = service.transfer(bytes: bytes)
      rows.keys[place] = rows.places[place].partitionKey
      rows.positions[place] = rows.places[place].position
    }
    fleets[fleet].prepared = last
    resources[row.resource].meters.read.demanded(demand)
    resources[row.resource].units.add(rows.keys + first, rows.halves + first, count: last - first)
  }

  /// Decides arrivals and retries of a row that are due before `bound`, at most so many, and
  /// answers them.
  private mutating func serve(_ row: ReadRow, until bound: Int64, most: Int? = nil) {
    let first = row.arrivals.lowerBound
    let edge = min(bound, row.nextArrival)
    let isMerged = retries.first(upTo: edge - 1) != .max
    let decided: Int
    var arrived = 0
    if isMerged {
      var asked = AskedUnits(
        instants: books.instants.all, positions: books.positions.all, halves: books.halves.all)
      asked.count = merge(row, until: edge, most: most ?? RowBooks.length)
      let origins = books.origins.pointer(0)
      decided = decide(
        row, RowInHand(asked: asked, origins: origins, takesRetries: areFixed[row.table]))
      for place in 0..<decided { arrived += origins[place] >= 0 ? 1 : 0 }
      answerRetries(row, decided)
    } else {
      let asked = AskedUnits(
        instants: ahead.instants.slice(row.arrivals),
        positions: ahead.positions.slice(row.arrivals), halves: ahead.halves.slice(row.arrivals))
      let origins = UnsafeMutablePointer(mutating: places.address(first))
      decided = decide(row, RowInHand(asked: asked, origins: origins, takesRetries: false))
      arrived = decided
    }
    fleets[row.fleet].refusedOfBlock += books.refusals
    answerGranted(row)
    answerFailed(row)
    if arrived == 0 { return }
    let places = first..<first + arrived
    if fleets[row.fleet].drawsServedLate { drawServed(row, places) }
    count(row, places)
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
    let last = row.arrivals.upperBound
    var place = row.arrivals.lowerBound
    var count = 0
    var key = retries.first(upTo: edge - 1)
    while count < most {
      // Events come before arrivals of the same instant.
      let due = key == .max ? edge : EventCalendar.time(of: key)
      while place < last, count < most, rows.instants[place] < due {
        instants[count] = rows.instants[place]
        positions[count] = rows.positions[place]
        halves[count] = rows.halves[place]
        origins[count] = Int32(truncatingIfNeeded: place)
        place += 1
        count += 1
      }
      if key == .max || count == most { break }
      let slot = EventCalendar.slot(of: key)
      if !isOneRow {
        let operation = Int(waiting[slot].operation)
        guard plainTables[operation] == row.table, fleetsOf[operation] == row.fleet else { break }
      }
      retries.removeFirst()
      waiting.prefetch(slot)
      books.keys[count] = key
      instants[count] = due
      origins[count] = RowBooks.retry(Int32(slot))
      count += 1
      key = retries.first(upTo: edge - 1)
    }
    // A loop of its own: the slots lie far apart, and the processor fetches several at once.
    for place in 0..<count where origins[place] < 0 {
      let slot = UInt32(RowBooks.retry(origins[place]))
      positions[place] = waiting[slot].position
      halves[place] = Int64(waiting[slot].halves)
    }
    return count
  }

  /// Lets reads ask one behind the other, and those that are sent again before the last of them
  /// among them; returns how many did.
  private mutating func decide(_ row: ReadRow, _ hand: RowInHand) -> Int {
    var hand = hand
    let origins = hand.origins
    let resource = resources.pointer(row.resource)
    var settled = 0
    var causes = ThrottleCounts()
    var refused = CapacityUnits.zero
    var first: (cause: ThrottleCause, at: Instant)?
    books.clear()
    let states = fleets[row.fleet].retryStates.count
    let terms = fleets[row.fleet].policy.quota
    var quota = RowQuota(
      terms: terms, tokens: states == 1 ? fleets[row.fleet].retryStates[0].quota.tokens : 0)
    let admitted = resource.pointee.admission.admit(.read, hand.asked) { place, cause in
      if states == 1 {
        settle(&quota, origins, settled..<place)
      } else {
        settle(row.fleet, origins, settled..<place)
      }
      settled = place + 1
      let now = hand.asked.instants[place]
      if first == nil { first = (cause, Instant(nanoseconds: now)) }
      causes[cause] += 1
      refused += CapacityUnits(halves: hand.asked.halves[place])
      var read = refusal(row, origins + place, at: now)
      let isGranted =
        states == 1
        ? Int(read.attempts) < fleets[row.fleet].policy.maximumAttempts && quota.pays()
        : isGranted(read, row.fleet)
      if isGranted {
        backOff(&read, row.fleet)
        if now + read.delay <= hand.asked.instants[hand.asked.count - 1] {
          comeBack(&read, row, &hand, behind: place)
        }
        books.granted.append(read)
      } else {
        if read.origin < 0 { waiting.release(UInt32(RowBooks.retry(read.origin))) }
        books.failed.append(read)
      }
      return hand.asked.count
    }
    if states == 1 {
      settle(&quota, origins, settled..<admitted.decided)
      fleets[row.fleet].retryStates[0].setQuota(tokens: quota.tokens)
    } else {
      settle(row.fleet, origins, settled..<admitted.decided)
    }
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

  /// Lets the retry of a refused read join its row, or ends the row before it, if it is sent before
  /// the last read of the row.
  @inline(never)
  private mutating func comeBack(
    _ read: inout RefusedRead, _ row: ReadRow, _ hand: inout RowInHand, behind place: Int
  ) {
    let instant = sentAgain(read, row.fleet)
    let joined = hand.place(of: instant, behind: place)
    let count = hand.asked.count
    if joined == count { return }
    if hand.takesRetries, count < RowBooks.room {
      let slot = slot(of: read)
      let key = calendar.key(
        at: instant, kind: EventKind.send.rawValue, slot: slot, behind: books.granted.count)
      books.insert(key, at: joined, of: count)
      books.positions[joined] = waiting[slot].position
      books.halves[joined] = Int64(waiting[slot].halves)
      hand.asked.count = count + 1
      read.origin = RowBooks.refusedRetry
      return
    }
    for later in joined..<count where hand.origins[later] < 0 { retries.insert(books.keys[later]) }
    hand.asked.count = joined
  }

  /// Tells the retry quota of the only client that calls went well.
  @inline(__always)
  private mutating func settle(
    _ quota: inout RowQuota, _ origins: UnsafeMutablePointer<Int32>, _ places: Range<Int>
  ) {
    var calls = 0
    for place in places { calls += origins[place] >= 0 ? 1 : 0 }
    quota.gain(calls, afterThrottles: places.count - calls)
  }

  /// Tells the clients' retry quotas that calls went well.
  private mutating func settle(
    _ fleet: Int, _ origins: UnsafeMutablePointer<Int32>, _ places: Range<Int>
  ) {
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

  /// A read that was refused, its key noted.
  @inline(__always)
  private mutating func refusal(
    _ row: ReadRow, _ origin: UnsafeMutablePointer<Int32>, at now: Int64
  ) -> RefusedRead {
    let fleet = row.fleet
    let refusals = books.refusals
    guard origin.pointee < 0 else {
      let rows = ahead.rows
      let place = Int(origin.pointee)
      let offset = place - fleet * RequestAhead.block
      books.refusedKeys[refusals] = rows.keys[place]
      let transfer = rows.transfers[place]
      rows.transfers[place] = RequestAhead.isRefused
      return RefusedRead(
        origin: origin.pointee,
        operation: Int32(truncatingIfNeeded: fleets[fleet].firstOperation) + rows.operations[place],
        instance: fleets[fleet].takeTurn(), attempts: 1,
        sequence: fleets[fleet].firstAhead &+ UInt64(truncatingIfNeeded: offset), due: now,
        sent: now, transfer: transfer)
    }
    let slot = UInt32(RowBooks.retry(origin.pointee))
    waiting[slot].attempts += 1
    books.refusedKeys[refusals] = waiting[slot].key
    let read = RefusedRead(
      origin: origin.pointee, operation: waiting[slot].operation,
      instance: waiting[slot].instance, attempts: waiting[slot].attempts,
      sequence: waiting[slot].sequence, due: waiting[slot].due, sent: now)
    origin.pointee = RowBooks.refusedRetry
    return read
  }

  /// Whether a refused read's client sends it again.
  private mutating func isGranted(_ read: RefusedRead, _ fleet: Int) -> Bool {
    fleets[fleet].retryStates[Int(read.instance)].reasonToGiveUp(
      after: .throttled, attempt: Int(read.attempts), at: Instant(nanoseconds: read.sent)) == nil
  }

  /// Draws the wait before a refused read's next attempt.
  @inline(__always)
  private mutating func backOff(_ read: inout RefusedRead, _ fleet: Int) {
    let previous =
      read.origin < 0 ? waiting[UInt32(RowBooks.retry(read.origin))].delay : Nanoseconds.zero
    read.delay = fleets[fleet].wait(after: read.attempts, read.sequence, previous: previous)
  }
}
