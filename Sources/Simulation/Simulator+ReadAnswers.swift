// Answers to rows of plain reads that were decided (`Simulator+Reads`): latencies, counts, waits.

import Capacity
import Clients
import Randomness
import RequestStreams
import Results
import Scenarios
import Statistics
import Units

extension Simulator {
  /// Counts arrivals that were decided, and ends those that were admitted.
  mutating func count(_ row: ReadRow, _ places: Range<Int>) {
    let rows = ahead.rows
    let first = fleets[row.fleet].firstOperation
    let timeout = fleets[row.fleet].timeout
    if row.isMeasured, fleets[row.fleet].spec.operations.count == 1 {
      let noted = firsts.room(for: places.count, of: first)
      var count = 0
      for place in places {
        let latency = min(timeout, rows.served[place] + rows.transfers[place])
        noted[count] = latency
        let isOver =
          rows.transfers[place] != RequestAhead.isRefused && rows.instants[place] + latency < end
        count += isOver ? 1 : 0
      }
      firsts.noted(count, of: first)
      records[first].requests += Int64(places.count)
      records[first].attempts += Int64(places.count)
      records[first].succeeded += Int64(count)
      return
    }
    let records = records.pointer(first)
    for place in places {
      let latency = min(timeout, rows.served[place] + rows.transfers[place])
      let isOver =
        rows.transfers[place] != RequestAhead.isRefused && rows.instants[place] + latency < end
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
    let (origins, instants) = (books.origins.pointer(0), books.instants.pointer(0))
    let (chosen, normals) = (books.chosen.pointer(0), books.normals.pointer(0))
    var count = 0
    for place in 0..<decided {
      chosen[count] = Int32(truncatingIfNeeded: place)
      count += origins[place] < 0 && origins[place] != RowBooks.refusedRetry ? 1 : 0
    }
    for next in 0..<count {
      let slot = UInt32(RowBooks.retry(origins[Int(chosen[next])]))
      let service = services.pointer(Int(waiting[slot].operation))
      var generator = fleets[row.fleet].latencies(
        of: waiting[slot].attempts + 1, waiting[slot].sequence)
      // The normals of all samplers are alike.
      normals[2 * next] = service.pointee.strongRead.normal(&generator)
      normals[2 * next + 1] = service.pointee.network.normal(&generator)
    }
    let timeout = fleets[row.fleet].timeout
    for next in 0..<count {
      let place = Int(chosen[next])
      let slot = UInt32(RowBooks.retry(origins[place]))
      let (due, operation) = (waiting[slot].due, Int(waiting[slot].operation))
      let service = services.pointer(operation)
      let (first, second) = (normals[2 * next], normals[2 * next + 1])
      let read =
        operations.pointer(operation).pointee.consistency == .eventual
        ? service.pointee.network.span(second, service.pointee.eventualRead, first)
        : service.pointee.network.span(second, service.pointee.strongRead, first)
      let latency = min(timeout, read + waiting[slot].transfer)
      waiting.release(slot)
      let answered = instants[place] + latency
      let isOver = answered < end
      guard due >= warmUp else {
        if isOver { minuteLatency.record(answered - due) }
        continue
      }
      records[operation].attempts += 1
      records[operation].succeeded += isOver ? 1 : 0
      laterAttempts.note(latency, of: operation, counts: isOver)
      laters.note(answered - due, of: operation, counts: isOver)
    }
  }

  /// Draws how long the answers to refused reads take, in ns: first all normal variates, then the
  /// spans (see `ArrivalSequence.fill`).
  private mutating func drawRefused(
    _ fleet: Int, _ reads: UnsafeMutablePointer<RefusedRead>, count: Int
  ) -> UnsafeMutablePointer<Int64> {
    let normals = books.normals.pointer(0)
    for place in 0..<count {
      let service = services.pointer(Int(reads[place].operation))
      var generator = fleets[fleet].latencies(of: reads[place].attempts, reads[place].sequence)
      normals[2 * place] = service.pointee.network.normal(&generator)
      normals[2 * place + 1] = service.pointee.throttled.normal(&generator)
    }
    let timeout = fleets[fleet].timeout
    let spans = books.spans.pointer(0)
    for place in 0..<count {
      let service = services.pointer(Int(reads[place].operation))
      let span = service.pointee.network.span(
        normals[2 * place], service.pointee.throttled, normals[2 * place + 1])
      spans[place] = min(timeout, span)
    }
    return spans
  }

  /// Answers refused reads that are not sent again.
  mutating func answerFailed(_ row: ReadRow) {
    let count = books.failed.count
    if count == 0 { return }
    let reads = books.failed.reads.pointer(0)
    let spans = drawRefused(row.fleet, reads, count: count)
    for place in 0..<count {
      let read = reads[place]
      let answered = read.sent + spans[place]
      let operation = Int(read.operation)
      let isOver = answered < end
      guard read.due >= warmUp else {
        if isOver { minuteLatency.record(answered - read.due) }
        continue
      }
      records[operation].throttled += read.attempts == 1 ? 1 : 0
      records[operation].attempts += read.attempts == 1 ? 0 : 1
      records[operation].failed += isOver ? 1 : 0
      laters.note(answered - read.due, of: operation, counts: isOver)
    }
  }

  /// Answers refused reads that are sent again, and lets them wait.
  mutating func answerGranted(_ row: ReadRow) {
    let count = books.granted.count
    if count == 0 { return }
    let reads = books.granted.reads.pointer(0)
    let spans = drawRefused(row.fleet, reads, count: count)
    let isFixed = areFixed[row.table]
    let keys = books.keys.pointer(0)
    var waits = 0
    for place in 0..<count {
      let read = reads[place]
      if read.due >= warmUp {
        records[Int(read.operation)].throttled += read.attempts == 1 ? 1 : 0
        records[Int(read.operation)].attempts += read.attempts == 1 ? 0 : 1
      }
      if read.origin == RowBooks.refusedRetry {
        // It joined the row; others keep the order in which they are scheduled.
        _ = calendar.key(at: 0, kind: EventKind.send.rawValue, slot: 0)
        continue
      }
      let again = read.sent + spans[place] + read.delay
      if read.origin >= 0, !isFixed {
        goOn(row, read, at: again)
      } else {
        keys[waits] = calendar.key(
          at: again, kind: EventKind.send.rawValue, slot: slot(of: read))
        waits += 1
      }
    }
    retries.insert(keys, count: waits)
  }

  /// When a refused read is sent again: what `drawRefused` says, for one.
  mutating func sentAgain(_ read: RefusedRead, _ fleet: Int) -> Int64 {
    var generator = fleets[fleet].latencies(of: read.attempts, read.sequence)
    let latency = services.pointer(Int(read.operation)).pointee.refused(using: &generator)
    return read.sent + min(fleets[fleet].timeout, latency) + read.delay
  }

  /// Where a refused read waits for its retry: a place of its own from the first refusal on.
  @inline(__always)
  mutating func slot(of read: RefusedRead) -> UInt32 {
    if read.origin < 0 {
      let slot = UInt32(RowBooks.retry(read.origin))
      waiting[slot].delay = Nanoseconds(read.delay)
      return slot
    }
    let rows = ahead.rows
    let place = Int(read.origin)
    let slot = waiting.take()
    waiting[slot] = WaitingRead(
      sequence: read.sequence, due: read.due, key: rows.keys[place],
      position: rows.positions[place], transfer: read.transfer, delay: Nanoseconds(read.delay),
      halves: Int32(truncatingIfNeeded: rows.halves[place]), operation: read.operation,
      instance: read.instance)
    return slot
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
      laterAttempts.tally(operation)
      if laterAttempts.histograms[operation].count > 0 {
        records[operation].attempt.merge(laterAttempts.histograms[operation])
        laterAttempts.histograms[operation].reset()
      }
    }
  }
}
