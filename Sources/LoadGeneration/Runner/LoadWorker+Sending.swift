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
  /// Takes the next request of a traffic: dispatches it, or gives it up if it is too late.
  mutating func begin(_ traffic: Int, due dueTime: Int64) {
    let sequence = traffics[traffic].stream.issued
    traffics[traffic].stream.issued += 1
    let operation =
      traffics[traffic].firstOperation + traffics[traffic].stream.operation(of: sequence)
    if !traffics[traffic].isClosed { traffics[traffic].stream.advance() }
    let reserved = maker.drawing.reserve(for: maker.operations[operation])
    ordinal += 1
    let isMine = traffics[traffic].isClosed || (ordinal - 1) % options.threads == index
    guard isMine else { return }
    let time = now
    let isMeasured = dueTime >= warmUp
    if isMeasured { totals.due += 1 }
    let isLate = options.deadline.map { time - dueTime > $0.count } ?? false
    let isCrowded = isOver && traffics[traffic].inProgress >= traffics[traffic].concurrency
    guard !isLate, !isCrowded, let slot = freeFlights.popLast().map({ Int($0) }) else {
      second.shed += 1
      if isMeasured { totals.shed += 1 }
      return
    }
    flights[slot] = Flight()
    flights[slot].traffic = traffic
    flights[slot].operation = operation
    flights[slot].sequence = sequence
    flights[slot].instance = Int(
      truncatingIfNeeded: sequence % UInt64(traffics[traffic].retryStates.count))
    flights[slot].due = dueTime
    flights[slot].dispatched = time
    flights[slot].newest = reserved.newest
    flights[slot].firstNewItem = reserved.firstNewItem
    flights[slot].isMeasured = isMeasured
    traffics[traffic].inProgress += 1
    inFlight += 1
    second.peakInFlight = max(second.peakInFlight, inFlight)
    totals.peakInFlight = max(totals.peakInFlight, inFlight)
    second.requests += 1
    second.lag.record(time - dueTime)
    if isMeasured {
      totals.dispatched += 1
      totals.operations[operation].requests += 1
      totals.lag.record(time - dueTime)
      if isFull { totals.held += 1 }
    }
    isFull = isFull && traffics[traffic].stream.nextArrival <= time
    send(slot)
  }

  /// Starts an attempt: takes its turn in the client's own rate limit, then a connection.
  mutating func send(_ slot: Int) {
    let traffic = flights[slot].traffic
    guard traffics[traffic].policy.limitsRate else { return connect(slot) }
    let time = now
    let wait = traffics[traffic].retryStates[flights[slot].instance].acquire(
      at: Instant(nanoseconds: time))
    if wait.count > 0 { due.push(time + wait.count, slot, .connect) } else { connect(slot) }
  }

  /// Puts the attempt on a connection, or lets it wait for one, unless the cluster answers it.
  mutating func connect(_ slot: Int) {
    if cache != nil, endsAtCache(slot) { return }
    if pool.hasFree { transmit(slot) } else { waiting.append(slot) }
  }

  /// A version for the writes of a request; above 0 and different for every request.
  func stamp(_ slot: Int) -> UInt64 {
    UInt64(flights[slot].traffic + 1) << 48 | (flights[slot].sequence + 1) & 0xFFFF_FFFF_FFFF
  }

  /// Draws the request of a slot.
  mutating func draw(_ slot: Int) {
    var draws = RequestDraws(
      seed: traffics[flights[slot].traffic].stream.seed, sequence: flights[slot].sequence,
      newest: flights[slot].newest, firstNewItem: flights[slot].firstNewItem)
    maker.draw(flights[slot].operation, &draws, answered: flights[slot].answered)
  }

  /// Puts an attempt on the wire.
  mutating func transmit(_ slot: Int) {
    let operation = flights[slot].operation
    let isFirst = flights[slot].attempts == 0
    draw(slot)
    let stamp = stamp(slot)
    let isWrite = kinds[operation].isWrite
    flights[slot].isUncertain = isWrite && isAnyUnknown()
    maker.price(operation, stamp: stamp)
    noteAsked(slot, isFirst: isFirst)
    if isFirst { noteDuplicates(slot) }
    guard maker.write(operation, stamp: stamp, isUncertain: flights[slot].isUncertain),
      let connection = pool.take()
    else { return end(slot, succeeded: true, at: now) }
    if maker.items.count == 1 {
      flights[slot].before = maker.items[0].before
      flights[slot].after = maker.items[0].after
    }
    if isWrite { beginWrites() }
    countAttempt(slot)
    head.write(operation, body: maker.body)
    let time = control.clock.now().nanoseconds
    flights[slot].sent = time - origin
    let deadline = time + traffics[flights[slot].traffic].timeout
    head.bytes.withUnsafeBytes {
      pool.send(connection, token: UInt64(slot), $0, at: time, deadline: deadline)
    }
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
