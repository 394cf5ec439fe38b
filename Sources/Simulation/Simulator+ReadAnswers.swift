// Answers to rows of plain reads that were decided (`Simulator+Reads`): latencies, counts, waits.

import Capacity
import Clients
import Randomness
import RequestStreams
import Results
import Statistics
import Units

extension Simulator {
  /// What stands in place of a refused read's latency.
  static let isRefused: Int64 = -1

  /// Counts arrivals that were decided, and ends those that were admitted.
  mutating func count(_ row: ReadRow, _ places: Range<Int>) {
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

  /// Ends the retries of a merged row that were admitted.
  mutating func answerRetries(_ row: ReadRow, _ decided: Int) {
    let fleet = row.fleet
    let (origins, instants) = (books.origins.pointer(0), books.instants.pointer(0))
    for place in 0..<decided where origins[place] < 0 && origins[place] != RowBooks.refusedRetry {
      let slot = UInt32(RowBooks.retry(origins[place]))
      let read = waiting[slot]
      let operation = Int(read.operation)
      var generator = fleets[fleet].latencies(of: read.attempts + 1, read.sequence)
      let served = services[operation].served(operations[operation], using: &generator)
      let latency = min(fleets[fleet].timeout, served + read.transfer)
      let isMeasured = read.due >= warmUp
      if isMeasured { records[operation].attempts += 1 }
      waiting.release(slot)
      let answered = instants[place] + latency
      guard answered < end else { continue }
      if isMeasured {
        records[operation].succeeded += 1
        records[operation].attempt.record(latency)
        laters.note(answered - read.due, of: operation)
      } else {
        minuteLatency.record(answered - read.due)
      }
    }
  }

  /// Draws the latencies of a row's refusals; those whose retries are granted wait.
  mutating func answerRefused(_ row: ReadRow) {
    if books.refusals == 0 { return }
    let fleet = row.fleet
    let (refused, normals) = (books.refused.pointer(0), books.normals.pointer(0))
    // First all normal variates, then the spans: see `ArrivalSequence.fill`.
    for place in 0..<books.refusals {
      let service = services.pointer(Int(refused[place].operation))
      var generator = fleets[fleet].latencies(
        of: refused[place].attempts, refused[place].sequence)
      normals[2 * place] = service.pointee.network.normal(&generator)
      normals[2 * place + 1] = service.pointee.throttled.normal(&generator)
    }
    let timeout = fleets[fleet].timeout
    for place in 0..<books.refusals {
      let service = services.pointer(Int(refused[place].operation))
      let latency =
        service.pointee.network.span(normals[2 * place])
        + service.pointee.throttled.span(normals[2 * place + 1])
      let answered = refused[place].sent + min(timeout, latency)
      if refused[place].origin >= 0 {
        answerFirst(row, refused[place], at: answered)
      } else {
        answerLater(refused[place], at: answered)
      }
    }
  }

  /// A first attempt's refusal reaches the client.
  private mutating func answerFirst(_ row: ReadRow, _ read: RefusedRead, at answered: Int64) {
    let operation = Int(read.operation)
    if row.isMeasured { records[operation].throttled += 1 }
    if read.delay < 0 {
      fail(operation, due: read.sent, isMeasured: row.isMeasured, at: answered)
      return
    }
    let rows = ahead.rows
    let place = Int(read.origin)
    let again = answered + read.delay
    guard areFixed[row.table] else {
      goOn(row, read, at: again)
      return
    }
    let slot = waiting.take()
    waiting[slot] = WaitingRead(
      sequence: read.sequence, due: read.sent, key: rows.keys[place],
      position: rows.positions[place], transfer: read.transfer,
      delay: Nanoseconds(read.delay), halves: Int32(truncatingIfNeeded: rows.halves[place]),
      operation: read.operation, instance: read.instance)
    retries.insert(calendar.key(at: again, kind: EventKind.send.rawValue, slot: slot))
  }

  /// A retry's refusal reaches the client.
  private mutating func answerLater(_ read: RefusedRead, at answered: Int64) {
    let slot = UInt32(RowBooks.retry(read.origin))
    let due = waiting[slot].due
    let isMeasured = due >= warmUp
    if isMeasured { records[Int(read.operation)].attempts += 1 }
    if read.delay < 0 {
      waiting.release(slot)
      fail(Int(read.operation), due: due, isMeasured: isMeasured, at: answered)
      return
    }
    waiting[slot].delay = Nanoseconds(read.delay)
    let again = answered + read.delay
    retries.insert(calendar.key(at: again, kind: EventKind.send.rawValue, slot: slot))
  }

  /// Counts a read that is not sent again.
  @inline(__always)
  private mutating func fail(_ operation: Int, due: Int64, isMeasured: Bool, at answered: Int64) {
    guard answered < end else { return }
    if isMeasured {
      records[operation].failed += 1
      laters.note(answered - due, of: operation)
    } else {
      minuteLatency.record(answered - due)
    }
  }

  /// Turns a read whose first attempt was refused into an ordinary request that waits.
  private mutating func goOn(_ row: ReadRow, _ read: RefusedRead, at again: Int64) {
    let slot = requests.take()
    requests[slot] = PendingRequest(
      fleet: Int32(row.fleet), sequence: read.sequence, operation: read.operation,
      instance: read.instance, due: read.sent)
    requests[slot].isMeasured = row.isMeasured
    requests[slot].sent = read.sent
    requests[slot].attempts = 1
    requests[slot].callAttempts = 1
    requests[slot].previousDelay = Nanoseconds(read.delay)
    requests[slot].wasThrottled = true
    requests[slot].lastFailure = .throttled
    fleets[row.fleet].inProgress += 1
    calendar.schedule(at: again, kind: EventKind.send.rawValue, slot: slot)
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
      laters.tally(operation)
      if laters.histograms[operation].count > 0 {
        records[operation].response.merge(laters.histograms[operation])
        minuteLatency.merge(laters.histograms[operation])
        laters.histograms[operation].reset()
      }
    }
  }
}
