// From a due instant to bytes on the wire.

import Capacity
import Clients
import HTTPClient
import Platform
import Randomness
import RequestStreams
import Results
import Scenarios
import Statistics
import Units

extension LoadWorker {
  /// Takes the next request of a traffic off its stream; nil: another thread sends it.
  mutating func take(_ traffic: Int, due dueTime: Int64) -> Flight? {
    let sequence = traffics[traffic].stream.issued
    traffics[traffic].stream.issued += 1
    let operation =
      traffics[traffic].firstOperation + traffics[traffic].stream.begin(sequence).operation
    let reserved = maker.drawing.reserve(for: maker.operations[operation])
    if !traffics[traffic].isClosed {
      traffics[traffic].stream.advance()
      findArrival()
      ordinal += 1
      guard (ordinal - 1) % options.threads == index else { return nil }
    }
    var flight = Flight()
    flight.traffic = traffic
    flight.operation = operation
    flight.sequence = sequence
    flight.instance = Int(
      truncatingIfNeeded: sequence % UInt64(traffics[traffic].retryStates.count))
    flight.due = dueTime
    flight.newest = reserved.newest
    flight.firstNewItem = reserved.firstNewItem
    flight.isMeasured = dueTime >= warmUp
    return flight
  }

  /// Dispatches a request, or gives it up if it is too late, or holds it while its traffic has as
  /// many in progress as it may.
  /// - Parameters:
  ///   - isMade: its bytes lie in `head`, and `maker` has drawn it.
  ///   - ready: of one that was held, when its place became free; it lags behind that.
  mutating func begin(_ flight: Flight, isMade: Bool = false, ready: Int64? = nil) {
    let isFull = traffics[flight.traffic].isFull
    if isFull, !traffics[flight.traffic].isClosed {
      if isOver { return noteWaiting(flight) }
      traffics[flight.traffic].held.append(flight)
      heldCount += 1
      return
    }
    let time = now
    let lag = time - (ready ?? flight.due)
    if flight.isMeasured { totals.due += 1 }
    let isLate = options.deadline.map { time - flight.due > $0.count } ?? false
    guard !isLate, let slot = freeFlights.popLast().map({ Int($0) }) else {
      second.shed += 1
      if flight.isMeasured { totals.shed += 1 }
      return
    }
    flights[slot] = flight
    flights[slot].dispatched = time
    traffics[flight.traffic].inProgress += 1
    inFlight += 1
    second.peakInFlight = max(second.peakInFlight, inFlight)
    totals.peakInFlight = max(totals.peakInFlight, inFlight)
    send(slot, isMade: isMade)
    second.requests += 1
    second.lag.record(lag)
    if flight.isMeasured {
      totals.dispatched += 1
      totals.operations[flight.operation].requests += 1
      totals.lag.record(lag)
      if self.isFull { totals.held += 1 }
    }
    self.isFull = self.isFull && nextArrival <= time
  }

  /// Counts a request that waits for others of its traffic when the run ends: its clients issued
  /// it, and nobody answers.
  mutating func noteWaiting(_ flight: Flight) {
    second.requests += 1
    guard flight.isMeasured else { return }
    totals.due += 1
    totals.waiting += 1
    totals.operations[flight.operation].requests += 1
  }

  /// Starts an attempt: takes its turn in the client's own rate limit, then a connection.
  mutating func send(_ slot: Int, isMade: Bool = false) {
    let traffic = flights[slot].traffic
    guard traffics[traffic].policy.limitsRate else { return connect(slot, isMade: isMade) }
    let time = now
    let wait = traffics[traffic].retryStates[flights[slot].instance].acquire(
      at: Instant(nanoseconds: time))
    if wait.count > 0 {
      due.push(time + wait.count, slot, .connect)
    } else {
      connect(slot, isMade: isMade)
    }
  }

  /// Puts the attempt on a connection, or lets it wait for one, unless the cluster answers it.
  mutating func connect(_ slot: Int, isMade: Bool = false) {
    if cache != nil, endsAtCache(slot) { return }
    if pool.hasFree { transmit(slot, isMade: isMade) } else { waiting.append(slot) }
  }

  /// A version for the writes of a request; above 0 and different for every request.
  func stamp(_ slot: Int) -> UInt64 { flights[slot].stamp }

  /// Draws the request of a slot.
  mutating func draw(_ slot: Int) { draw(flights[slot]) }

  private mutating func draw(_ flight: Flight) {
    var draws = RequestDraws(
      seed: traffics[flight.traffic].stream.seed, sequence: flight.sequence, newest: flight.newest,
      firstNewItem: flight.firstNewItem)
    maker.draw(flight.operation, &draws, answered: flight.answered)
  }

  /// Draws, prices, writes and signs a request; false when nothing of it is left to send.
  mutating func make(_ flight: inout Flight) -> Bool {
    let operation = flight.operation
    draw(flight)
    flight.isUncertain = kinds[operation].isWrite && isAnyUnknown()
    maker.price(operation, stamp: flight.stamp)
    guard maker.write(operation, stamp: flight.stamp, isUncertain: flight.isUncertain) else {
      return false
    }
    head.write(operation, body: maker.body)
    return true
  }

  /// Puts an attempt on the wire, and then in the books.
  mutating func transmit(_ slot: Int, isMade: Bool = false) {
    var isMade = isMade
    if !isMade {
      var flight = flights[slot]
      isMade = make(&flight)
      flights[slot] = flight
    }
    guard isMade, let connection = pool.take() else {
      return end(slot, succeeded: true, at: now)
    }
    let time = control.clock.now().nanoseconds
    flights[slot].sent = time - origin
    let deadline = time + traffics[flights[slot].traffic].timeout
    head.bytes.withUnsafeBytes {
      pool.send(connection, token: UInt64(slot), $0, at: time, deadline: deadline)
    }
    let isFirst = flights[slot].attempts == 0
    noteAsked(slot, isFirst: isFirst)
    if isFirst { noteDuplicates(slot) }
    if maker.items.count == 1 {
      flights[slot].before = maker.items[0].before
      flights[slot].after = maker.items[0].after
    }
    if kinds[flights[slot].operation].isWrite { beginWrites() }
    countAttempt(slot)
  }

  mutating func countAttempt(_ slot: Int) {
    flights[slot].attempts += 1
    flights[slot].callAttempts += 1
    second.attempts += 1
    totals.attempts += 1
    if flights[slot].isMeasured { totals.operations[flights[slot].operation].attempts += 1 }
  }

  /// Counts what the request asks of each resource; only its first attempt is demand.
  private mutating func noteAsked(_ slot: Int, isFirst: Bool) {
    let base = slot * resourceCount
    for resource in 0..<resourceCount { askedHalves[base + resource] = 0 }
    for one in maker.asked {
      askedHalves[base + one.resource] += Int32(clamping: one.halves)
      guard isFirst else { continue }
      second.resources[one.resource][one.axis].demanded += one.halves
      totals.units[one.resource].add(one.key, weight: one.halves)
    }
  }

  private mutating func noteDuplicates(_ slot: Int) {
    guard maker.items.count > 1 else { return }
    let count = maker.items.count { $0.isDuplicate }
    if flights[slot].isMeasured {
      totals.measurements[flights[slot].operation].duplicates += Int64(count)
    }
  }

  /// Whether the drawn request writes an item of which it is not known what it is.
  private func isAnyUnknown() -> Bool {
    maker.items.contains { isShared[$0.table] || unknown.contains(ItemReference($0)) }
  }

  private mutating func beginWrites() {
    for position in maker.items.indices where maker.items[position].isSent {
      let item = maker.items[position]
      writes.begin(
        item.table, item.identity.item, changesState: maker.changesState(position))
    }
  }
}
