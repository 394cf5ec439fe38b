// What comes back: success, refusal or nothing, and what the client does then.
//
// Retries are decided by `Clients`, the very code of the simulator, from generators at the same
// places of the same streams.

import Capacity
import Clients
import HTTPClient
import Randomness
import RequestStreams
import Results
import Scenarios
import Statistics
import Synchronization
import Units

extension LoadWorker {
  /// Takes one ended attempt.
  mutating func complete(_ completion: Completion) {
    let slot = Int(completion.token)
    let received = completion.received - origin
    let operation = flights[slot].operation
    switch completion.outcome {
    case .failed(let failure):
      let outcome = lost(slot, failure, on: completion.connection)
      pool.release(completion.connection)
      retryOrEnd(slot, outcome, hint: -1, at: received)
    case .response:
      connectFailures = 0
      hasAnswer = true
      let response = pool.response(completion.connection)
      let body = pool.bytes(completion.connection, response.body)
      if response.status == 200 {
        let left = accept(slot, body, at: received)
        pool.release(completion.connection)
        if flights[slot].isMeasured, left == 0 {
          totals.operations[operation].attempt.record(completion.received - completion.sent)
        }
        settle(slot, at: received)
        if left > 0 {
          redrive(slot, unprocessed: left, at: received)
        } else {
          end(slot, succeeded: true, at: received)
        }
      } else {
        reader.readRefusal(body)
        let outcome = refuse(slot, status: response.status, at: received)
        pool.release(completion.connection)
        if outcome == .conditionFailed {
          learn(slot, outcome, at: received)
          end(slot, succeeded: true, at: received)
        } else {
          retryOrEnd(slot, outcome, hint: response.retryAfterMilliseconds, at: received)
        }
      }
    }
  }

  // MARK: Without an answer

  /// An attempt that the network lost.
  private mutating func lost(
    _ slot: Int, _ failure: RequestFailure, on connection: Int
  ) -> AttemptOutcome {
    let operation = flights[slot].operation
    var mayHaveArrived = true
    let (word, outcome): (String, AttemptOutcome)
    switch failure {
    case .timedOut:
      (word, outcome) = ("timeout", .timeout)
      if !flights[slot].wasTimedOut {
        flights[slot].wasTimedOut = true
        if flights[slot].isMeasured { totals.operations[operation].timedOut += 1 }
      }
    case .cannotConnect, .handshakeFailed:
      (word, outcome) = ("cannot connect", .connectionError)
      mayHaveArrived = false
      connectFailures += 1
      if connectFailures >= Self.connectFailuresMax, !hasAnswer || connectFailures >= 10 * 64 {
        giveUp(pool.text(failure, on: connection))
      }
    case .closed, .broken: (word, outcome) = ("connection lost", .connectionError)
    case .malformed: (word, outcome) = ("malformed response", .serverError)
    }
    count(operation, word, reason: "", resource: "")
    if kinds[operation].isWrite {
      draw(slot)
      for item in maker.items where item.isSent {
        _ = writes.end(item.table, item.identity.item)
        if mayHaveArrived { loseTrack(of: ItemReference(item)) }
      }
    }
    return outcome
  }

  /// Connections refused in a row after which a server that never answered is taken for absent.
  private static let connectFailuresMax = 20

  /// Ends the run: there is no server.
  private mutating func giveUp(_ text: String) {
    if totals.fault == nil { totals.fault = text }
    control.stop.store(true, ordering: .relaxed)
  }

  mutating func count(_ operation: Int, _ exception: String, reason: String, resource: String) {
    let key = LoadTotals.ExceptionKey(
      exception: exception, reason: reason, resource: resource, operation: operation)
    totals.exceptions[key, default: 0] += 1
  }

  // MARK: Refusals

  /// An error of the service: what it is for the client's policy.
  private mutating func refuse(_ slot: Int, status: Int, at time: Int64) -> AttemptOutcome {
    let operation = flights[slot].operation
    let refusal = reader.refusal
    let outcome = AttemptOutcome(refusal, status: status)
    draw(slot)
    if kinds[operation].isWrite {
      for item in maker.items where item.isSent {
        _ = writes.end(item.table, item.identity.item)
        if status >= 500 { loseTrack(of: ItemReference(item)) }
      }
    }
    if outcome == .conditionFailed {
      if flights[slot].isMeasured { totals.operations[operation].conditionFailed += 1 }
      consumeFailedCondition(slot)
      count(operation, refusal.code, reason: "", resource: "")
      return outcome
    }
    let isThrottle = outcome.isThrottling || refusal.isThrottled
    if isThrottle { throttled(slot, refusal, at: time) }
    if refusal.throttling.isEmpty {
      let code = refusal.code.isEmpty ? "HTTP \(status)" : refusal.code
      let reason = refusal.cancellations.first { $0 != "None" } ?? ""
      count(operation, code, reason: reason, resource: "")
    }
    for one in refusal.throttling {
      count(
        operation, refusal.code, reason: one.reason,
        resource: ThrottledPlace(one, resourceNames)?.name ?? one.resource)
    }
    return outcome
  }

  /// Counts a request whose attempt was throttled, once.
  mutating func noteThrottled(_ slot: Int) {
    if flights[slot].wasThrottled { return }
    flights[slot].wasThrottled = true
    second.throttled += 1
    if flights[slot].isMeasured { totals.operations[flights[slot].operation].throttled += 1 }
  }

  /// Counts a throttle of the drawn attempt at the resources that it names, else at the operation's
  /// own.
  mutating func throttled(_ slot: Int, _ refusal: Refusal, at time: Int64) {
    let operation = flights[slot].operation
    noteThrottled(slot)
    let axis: CapacityAxis = kinds[operation].isWrite ? .write : .read
    var places = refusal.throttling.compactMap { ThrottledPlace($0, resourceNames) }
    if kinds[operation] == .batchGet || kinds[operation] == .batchWrite {
      return refusedItems(slot, axis, named: places)
    }
    if places.isEmpty {
      let part = maker.parts[maker.operations[operation].firstPart]
      places = [
        ThrottledPlace(
          resource: maker.tables[part.table].resource, axis: axis,
          cause: .provisionedThroughputExceeded, name: "")
      ]
    }
    for place in places {
      second.resources[place.resource][place.axis][place.cause] += 1
      second.resources[place.resource][place.axis].refused += Int64(
        askedHalves[slot * resourceCount + place.resource])
      if let item = maker.items.first {
        totals.throttles[place.resource].add(item.identity.partitionKey, weight: 1)
      }
    }
  }

  /// Counts each refused item of the drawn batch, as the service's metrics do (capacity.md 6):
  /// those that came back, or all that were sent. Their units are an equal share of what the batch
  /// asked.
  private mutating func refusedItems(
    _ slot: Int, _ axis: CapacityAxis, named places: [ThrottledPlace]
  ) {
    let isPartial = maker.items.contains { $0.isReturned }
    let sent = maker.items.count { $0.isSent || $0.isReturned }
    var refused = 0
    for item in maker.items where isPartial ? item.isReturned : item.isSent {
      let own = maker.tables[item.table].resource
      let place = places.first { $0.resource == own } ?? places.first
      let resource = place?.resource ?? own
      second.resources[resource][axis][place?.cause ?? .provisionedThroughputExceeded] += 1
      totals.throttles[resource].add(item.identity.partitionKey, weight: 1)
      refused += 1
    }
    for resource in 0..<resourceCount {
      let asked = Int64(askedHalves[slot * resourceCount + resource])
      second.resources[resource][axis].refused += asked * Int64(refused) / Int64(max(1, sent))
    }
  }

  // MARK: What the client does then

  /// Tells the client's retry quota that a call ended well.
  private mutating func settle(_ slot: Int, at time: Int64) {
    traffics[flights[slot].traffic].retryStates[flights[slot].instance].succeeded(
      lastFailure: flights[slot].lastFailure, at: Instant(nanoseconds: time))
  }

  /// The generator of the back-off after the attempt in hand: the simulator's.
  private func retryGenerator(_ slot: Int) -> Generator {
    Generator(
      seed: traffics[flights[slot].traffic].stream.seed,
      stream: 0x4A49 &+ UInt64(flights[slot].attempts) << 16, index: flights[slot].sequence)
  }

  /// Shows an error that is not retried to the client's rate limiter.
  private mutating func learn(_ slot: Int, _ outcome: AttemptOutcome, at time: Int64) {
    let traffic = flights[slot].traffic
    guard traffics[traffic].policy.limitsRate else { return }
    var generator = retryGenerator(slot)
    _ = traffics[traffic].retryStates[flights[slot].instance].next(
      after: outcome, attempt: flights[slot].callAttempts,
      previousDelay: flights[slot].previousDelay, at: Instant(nanoseconds: time),
      using: &generator)
  }

  /// Asks the client's policy what to do after a failed attempt.
  mutating func retryOrEnd(
    _ slot: Int, _ outcome: AttemptOutcome, hint: Int, at time: Int64
  ) {
    let traffic = flights[slot].traffic
    flights[slot].lastFailure = outcome
    var generator = retryGenerator(slot)
    let decision = traffics[traffic].retryStates[flights[slot].instance].next(
      after: outcome, attempt: flights[slot].callAttempts,
      previousDelay: flights[slot].previousDelay, at: Instant(nanoseconds: time),
      using: &generator)
    switch decision {
    case .retry(var delay):
      if hint >= 0 { delay = RetryPolicy.delay(delay, heeding: .milliseconds(Int64(hint))) }
      again(slot, after: delay, at: time)
    case .giveUp: end(slot, succeeded: false, at: time)
    }
  }

  /// Sends the unprocessed part of a batch again, as the application's rule says.
  private mutating func redrive(_ slot: Int, unprocessed: Int, at time: Int64) {
    let traffic = flights[slot].traffic
    var generator = retryGenerator(slot)
    let decision = traffics[traffic].redrive.next(
      unprocessed: unprocessed, round: flights[slot].round,
      previousDelay: flights[slot].previousDelay, policy: traffics[traffic].policy,
      using: &generator)
    flights[slot].round += 1
    flights[slot].callAttempts = 0
    flights[slot].lastFailure = nil
    switch decision {
    case .complete: end(slot, succeeded: true, at: time)
    case .giveUp: end(slot, succeeded: false, at: time)
    case .resend(_, let delay): again(slot, after: delay, at: time)
    }
  }

  private mutating func again(_ slot: Int, after delay: Nanoseconds, at time: Int64) {
    flights[slot].previousDelay = delay
    flights[slot].backoff += delay.count
    due.push(time + delay.count, slot, .send)
  }

  /// Ends a logical request and gives its place to the next one.
  mutating func end(_ slot: Int, succeeded: Bool, at time: Int64) {
    let flight = flights[slot]
    let response = time - flight.due
    second.response.record(response)
    if succeeded { second.succeeded += 1 } else { second.failed += 1 }
    if flight.isMeasured {
      let operation = flight.operation
      if succeeded {
        totals.operations[operation].succeeded += 1
      } else {
        totals.operations[operation].failed += 1
      }
      totals.operations[operation].response.record(response)
      totals.measurements[operation].logical.record(time - flight.dispatched)
      totals.measurements[operation].backoff =
        totals.measurements[operation].backoff + Nanoseconds(flight.backoff)
    }
    freeFlights.append(Int32(slot))
    traffics[flight.traffic].inProgress -= 1
    inFlight -= 1
    guard traffics[flight.traffic].isClosed else { return }
    var generator = Generator(
      seed: traffics[flight.traffic].stream.seed, stream: 0x544B, index: flight.sequence)
    let think = generator.exponential() * traffics[flight.traffic].thinkTime
    due.push(time + Int64(think * 1e9), flight.traffic, .user)
  }
}

/// A throttling reason of an answer, taken apart.
struct ThrottledPlace {
  var resource: Int
  var axis: CapacityAxis
  var cause: ThrottleCause
  var name: String

  init(resource: Int, axis: CapacityAxis, cause: ThrottleCause, name: String) {
    self.resource = resource
    self.axis = axis
    self.cause = cause
    self.name = name
  }

  /// From `TableWriteProvisionedThroughputExceeded` and an ARN that ends in `table/orders` or
  /// `table/orders/index/byStatus`; nil when either is not one of ours.
  init?(_ entry: (reason: String, resource: String), _ names: [String]) {
    guard let start = entry.resource.range(ofFirst: "table/") else { return nil }
    let path = entry.resource[start...].split(separator: "/")
    guard path.count == 1 || path.count == 3 else { return nil }
    let name = path.count == 1 ? String(path[0]) : "\(path[0])/\(path[2])"
    guard let resource = names.firstIndex(of: name) else { return nil }
    for axis in CapacityAxis.allCases {
      for cause in ThrottleCause.allCases {
        let reason = ThrottlingReason(isIndex: path.count == 3, axis: axis, cause: cause)
        guard reason.apiName == entry.reason else { continue }
        self.init(resource: resource, axis: axis, cause: cause, name: name)
        return
      }
    }
    return nil
  }
}

extension String {
  /// Behind the first `word`.
  fileprivate func range(ofFirst word: String) -> String.Index? {
    var rest = self[...]
    while !rest.isEmpty {
      if rest.hasPrefix(word) { return rest.index(rest.startIndex, offsetBy: word.count) }
      rest = rest.dropFirst()
    }
    return nil
  }
}

extension Refusal {
  /// A transaction that was cancelled because a part of it was throttled.
  var isThrottled: Bool {
    cancellations.contains {
      $0 == "ProvisionedThroughputExceeded" || $0 == "ThrottlingError"
        || $0 == "RequestLimitExceeded"
    }
  }
}

extension AttemptOutcome {
  /// The class of an error of the service.
  init(_ refusal: Refusal, status: Int) {
    switch refusal.code {
    case "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded",
      "Throttling", "ThrottledException", "TooManyRequestsException":
      self = .throttled
    case "TransactionInProgressException": self = .transactionInProgress
    case "ReplicatedWriteConflictException": self = .replicatedWriteConflict
    case "ConditionalCheckFailedException": self = .conditionFailed
    case "TransactionConflictException": self = .transactionConflict
    case "TransactionCanceledException":
      if refusal.cancellations.contains("ConditionalCheckFailed") {
        self = .conditionFailed
      } else if refusal.cancellations.contains("TransactionConflict") {
        self = .transactionConflict
      } else {
        self = .transactionCancelled
      }
    default: self = status >= 500 ? .serverError : .rejected
    }
  }
}
