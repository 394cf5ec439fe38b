// The life of a request on the client's side: arrival, places, attempts, retries, end.

import Capacity
import Clients
import Randomness
import RequestStreams
import Results
import Scenarios
import Statistics
import Units

extension Simulator {
  /// A logical request arrives; with it those behind it that go the short way, and their retries,
  /// before `bound`, where something else is due; other than retries, not before `horizon`.
  @inline(__always)
  mutating func begin(fleet: Int, at now: Int64, until bound: Int64, horizon: Int64) {
    if read(fleet, until: max(bound, now + 1), horizon: max(horizon, now + 1)) { return }
    let (sequence, position) = nextAhead(fleet)
    fleets[fleet].stream.issued += 1
    requestCount += 1
    let operation = Int32(fleets[fleet].firstOperation) + ahead.operations[position]
    let isMeasured = now >= warmUp
    if isMeasured { records[Int(operation)].requests += 1 }
    let slot = requests.take()
    requests[slot] = PendingRequest(
      fleet: Int32(fleet), sequence: sequence, operation: operation,
      instance: fleets[fleet].takeTurn(), due: now)
    requests[slot].isMeasured = isMeasured
    if fleets[fleet].inProgress >= fleets[fleet].concurrency {
      fleets[fleet].waiting.append(slot)
    } else {
      fleets[fleet].inProgress += 1
      send(slot, at: now)
    }
    advance(fleet)
  }

  /// Starts an attempt: takes its turn in the client's own rate limit, then a connection.
  mutating func send(_ slot: UInt32, at now: Int64) {
    let fleet = Int(requests[slot].fleet)
    guard fleets[fleet].limitsRate else {
      connect(slot, at: now)
      return
    }
    let instance = Int(requests[slot].instance)
    let wait = fleets[fleet].retryStates[instance].acquire(at: Instant(nanoseconds: now))
    if wait.count > 0 {
      calendar.schedule(at: now + wait.count, kind: EventKind.connect.rawValue, slot: slot)
    } else {
      connect(slot, at: now)
    }
  }

  /// Puts the attempt on a connection, or lets it wait for one.
  @inline(__always)
  mutating func connect(_ slot: UInt32, at now: Int64) {
    let fleet = Int(requests[slot].fleet)
    if fleets[fleet].onWire >= fleets[fleet].connections {
      fleets[fleet].waitingForConnection.append(slot)
    } else {
      transmit(slot, fleet: fleet, at: now)
    }
  }

  /// Puts an attempt on the wire: the service decides now, the answer comes later.
  private mutating func transmit(_ slot: UInt32, fleet: Int, at now: Int64) {
    fleets[fleet].onWire += 1
    requests[slot].sent = now
    requests[slot].attempts += 1
    requests[slot].callAttempts += 1
    if requests[slot].isMeasured, requests[slot].round == 1 || !isNextPage(slot) {
      records[Int(requests[slot].operation)].attempts += 1
    }
    let answered = requests[slot].answered
    let cursor = requests[slot].cursor
    var answer = serve(slot, fleet: fleet, at: Instant(nanoseconds: now))
    if answer.latency > fleets[fleet].timeout {
      // The service has done its work and charged it. The client never learns which items of a
      // batch were processed, or where a page ended, and asks for all of it again.
      if answer.state == .morePages { requests[slot].cursor = cursor }
      requests[slot].answered = answered
      answer = Answer(state: .timedOut, latency: fleets[fleet].timeout)
    }
    requests[slot].outcome = answer.state
    if fleets[fleet].foldsCompletions {
      attemptEnded(slot, at: now + answer.latency)
    } else {
      calendar.schedule(
        at: now + answer.latency, kind: EventKind.attemptEnded.rawValue, slot: slot)
    }
  }

  /// The answer of the attempt in flight reaches the client (or its patience ends).
  mutating func attemptEnded(_ slot: UInt32, at now: Int64) {
    let fleet = Int(requests[slot].fleet)
    fleets[fleet].onWire -= 1
    let state = requests[slot].outcome
    // First come, first served: who waits for a connection gets it before a request whose turn
    // comes only now.
    if let next = fleets[fleet].waitingForConnection.popFirst() {
      transmit(next, fleet: fleet, at: now)
    }
    switch state {
    case .succeeded:
      settle(slot, fleet: fleet, at: now)
      finish(slot, fleet: fleet, at: now, succeeded: true)
    case .conditionFailed:
      if requests[slot].isMeasured {
        records[Int(requests[slot].operation)].conditionFailed += 1
      }
      learn(slot, fleet: fleet, .conditionFailed, at: now)
      finish(slot, fleet: fleet, at: now, succeeded: true)
    case .partlyThrottled:
      settle(slot, fleet: fleet, at: now)
      redrive(slot, fleet: fleet, at: now)
    case .morePages:
      settle(slot, fleet: fleet, at: now)
      nextPage(slot, at: now)
    case .throttled, .cancelled, .timedOut, .conflicted, .inProgress, .idle:
      retryOrFail(slot, fleet: fleet, state: state, at: now)
    }
  }

  /// Whether the attempt in hand is the first for another page of its request; then it counts as
  /// no further attempt.
  private mutating func isNextPage(_ slot: UInt32) -> Bool {
    let operation = Int(requests[slot].operation)
    return operations[operation].pages != 1 && requests[slot].callAttempts == 1
  }

  /// Asks for the next page at once: a new call.
  private mutating func nextPage(_ slot: UInt32, at now: Int64) {
    requests[slot].round += 1
    requests[slot].callAttempts = 0
    requests[slot].previousDelay = .zero
    requests[slot].lastFailure = nil
    calendar.schedule(at: now, kind: EventKind.send.rawValue, slot: slot)
  }

  /// Tells the client's retry quota that a call ended well.
  @inline(__always)
  private mutating func settle(_ slot: UInt32, fleet: Int, at now: Int64) {
    fleets[fleet].retryStates[Int(requests[slot].instance)].succeeded(
      lastFailure: requests[slot].lastFailure, at: Instant(nanoseconds: now))
  }

  /// Counts a request that meets a throttle, once; it need not have ended when the run does.
  private mutating func noteThrottle(_ slot: UInt32, fleet: Int) {
    if requests[slot].wasThrottled { return }
    requests[slot].wasThrottled = true
    if requests[slot].isMeasured {
      records[Int(requests[slot].operation)].throttled += 1
    }
  }

  /// Counts a request that meets a timeout, once.
  private mutating func noteTimeout(_ slot: UInt32, fleet: Int) {
    if requests[slot].wasTimedOut { return }
    requests[slot].wasTimedOut = true
    if requests[slot].isMeasured {
      records[Int(requests[slot].operation)].timedOut += 1
    }
  }

  /// Counts a request that meets an item of another transaction, once.
  private mutating func noteConflict(_ slot: UInt32) {
    if requests[slot].metConflict { return }
    requests[slot].metConflict = true
    if requests[slot].isMeasured {
      records[Int(requests[slot].operation)].conflicts += 1
    }
  }

  /// Shows an error that is not retried to the client's rate limiter.
  private mutating func learn(
    _ slot: UInt32, fleet: Int, _ outcome: AttemptOutcome, at now: Int64
  ) {
    guard fleets[fleet].limitsRate else { return }
    var generator = retryGenerator(slot, fleet: fleet)
    _ = fleets[fleet].retryStates[Int(requests[slot].instance)].next(
      after: outcome, attempt: Int(requests[slot].callAttempts),
      previousDelay: requests[slot].previousDelay, at: Instant(nanoseconds: now),
      using: &generator)
  }

  /// Sends the unprocessed part of a batch again, as the application's rule says.
  private mutating func redrive(_ slot: UInt32, fleet: Int, at now: Int64) {
    noteThrottle(slot, fleet: fleet)
    let items = operations[Int(requests[slot].operation)].items
    var generator = retryGenerator(slot, fleet: fleet)
    let decision = fleets[fleet].redrive.next(
      unprocessed: items - requests[slot].answered.count, round: Int(requests[slot].round),
      previousDelay: requests[slot].previousDelay, policy: fleets[fleet].policy, using: &generator)
    requests[slot].round += 1
    requests[slot].callAttempts = 0
    requests[slot].lastFailure = nil
    switch decision {
    case .complete: finish(slot, fleet: fleet, at: now, succeeded: true)
    case .giveUp: finish(slot, fleet: fleet, at: now, succeeded: false)
    case .resend(_, let delay):
      requests[slot].previousDelay = delay
      calendar.schedule(at: now + delay.count, kind: EventKind.send.rawValue, slot: slot)
    }
  }

  /// The generator of the back-off after the attempt in hand.
  private mutating func retryGenerator(_ slot: UInt32, fleet: Int) -> Generator {
    fleets[fleet].backOff(after: requests[slot].attempts, requests[slot].sequence)
  }

  /// Asks the client's policy what to do after a failed attempt.
  private mutating func retryOrFail(
    _ slot: UInt32, fleet: Int, state: AttemptState, at now: Int64
  ) {
    let outcome: AttemptOutcome
    switch state {
    case .timedOut:
      noteTimeout(slot, fleet: fleet)
      outcome = .timeout
    case .cancelled:
      noteThrottle(slot, fleet: fleet)
      outcome = .transactionCancelled
    case .conflicted:
      noteConflict(slot)
      outcome = .transactionConflict
    case .inProgress: outcome = .transactionInProgress
    default:
      noteThrottle(slot, fleet: fleet)
      outcome = .throttled
    }
    requests[slot].lastFailure = outcome
    let reason = fleets[fleet].retryStates[Int(requests[slot].instance)].reasonToGiveUp(
      after: outcome, attempt: Int(requests[slot].callAttempts), at: Instant(nanoseconds: now))
    if reason == nil {
      backOff(slot, fleet: fleet, after: outcome, at: now)
    } else {
      finish(slot, fleet: fleet, at: now, succeeded: false)
    }
  }

  /// Lets a request wait for its next attempt, which is granted.
  mutating func backOff(_ slot: UInt32, fleet: Int, after outcome: AttemptOutcome, at now: Int64) {
    var generator = retryGenerator(slot, fleet: fleet)
    let delay = fleets[fleet].policy.delay(
      after: outcome, attempt: Int(requests[slot].callAttempts),
      previousDelay: requests[slot].previousDelay, using: &generator)
    requests[slot].previousDelay = delay
    calendar.schedule(at: now + delay.count, kind: EventKind.send.rawValue, slot: slot)
  }

  /// Counts a request that ends.
  @inline(__always)
  private mutating func count(_ slot: UInt32, at now: Int64, succeeded: Bool) {
    let response = now - requests[slot].due
    guard requests[slot].isMeasured else {
      minuteLatency.record(response)
      return
    }
    let operation = Int(requests[slot].operation)
    if succeeded {
      records[operation].succeeded += 1
      if requests[slot].sent == requests[slot].due {
        firsts.note(response, of: operation)
        return
      }
      records[operation].attempt.record(now - requests[slot].sent)
    } else {
      records[operation].failed += 1
    }
    records[operation].response.record(response)
    minuteLatency.record(response)
  }

  /// Ends a logical request at `now` and gives its place to the next one.
  @inline(__always)
  private mutating func finish(_ slot: UInt32, fleet: Int, at now: Int64, succeeded: Bool) {
    let sequence = requests[slot].sequence
    if now < end { count(slot, at: now, succeeded: succeeded) }
    requests.release(slot)
    fleets[fleet].inProgress -= 1
    if let next = fleets[fleet].waiting.popFirst() {
      fleets[fleet].inProgress += 1
      send(next, at: now)
    }
    if let think = fleets[fleet].think {
      var generator = Generator(seed: fleets[fleet].seed, stream: 0x544B, index: sequence)
      let delay = Nanoseconds(seconds: generator.exponential() * think.inSeconds).count
      calendar.schedule(
        at: now + delay, kind: EventKind.userReady.rawValue, slot: UInt32(fleet))
    }
  }
}
