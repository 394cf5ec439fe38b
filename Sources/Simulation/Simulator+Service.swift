// The service's side of an attempt: cache, admission, charge, answer.

import Caching
import Capacity
import Randomness
import RequestStreams
import Results
import Scenarios
import Units
import Workloads

/// What an attempt will be answered, and after how long (ns, network included).
struct Answer {
  var state: AttemptState
  var latency: Int64
}

/// An attempt in the service's hands.
struct Attempt {
  var slot: UInt32
  /// One of the simulator's operations, where it stands.
  let plan: UnsafePointer<OperationPlan>
  var now: Instant
  /// The request's own draws (keys, sizes, conditions), repeated in the same order every time.
  var draws: RequestDraws
  /// Position in `ahead` of what was drawn ahead of it; -1: nothing.
  var ahead = -1
  /// The first item's place stands there and was not yet asked for.
  var hasPlace = false

  var operation: OperationPlan {
    @inline(__always) unsafeAddress { plan }
  }
}

/// What one attempt asks of one table or index.
struct Charge {
  var resource: Int
  var units: CapacityUnits
  var place: KeyPlace
  /// What it consumes when its transaction is cancelled.
  var prepared = CapacityUnits(halves: 0)
  /// Any replica of the partition may serve it.
  var isEventual = false
}

extension Simulator {
  /// Decides an attempt at the instant it is sent.
  @inline(__always)
  mutating func serve(_ slot: UInt32, fleet: Int, at now: Instant) -> Answer {
    let number = Int(requests[slot].operation)
    site = fleets[fleet].site
    isFirstAttempt = requests[slot].attempts == 1
    if isFirstAttempt, !operations[number].namesFixedItem {
      let reserved = drawing.reserve(for: operations[number])
      requests[slot].newest = reserved.newest
      requests[slot].firstNewItem = reserved.firstNewItem
    }
    let sequence = requests[slot].sequence
    let offset = sequence &- fleets[fleet].firstAhead
    let isAhead = isFirstAttempt && offset < UInt64(RequestAhead.block)
    var attempt = Attempt(
      slot: slot, plan: operations.address(number), now: now,
      draws: RequestDraws(
        isAhead
          ? ahead.draws[fleet * RequestAhead.block + Int(truncatingIfNeeded: offset)]
          : RequestDraws.generator(seed: fleets[fleet].seed, sequence: sequence),
        sequence: sequence, newest: requests[slot].newest,
        firstNewItem: requests[slot].firstNewItem))
    if isAhead {
      attempt.ahead = fleet * RequestAhead.block + Int(truncatingIfNeeded: offset)
      attempt.hasPlace = operations[number].namesFixedItem
    }
    switch operations[number].kind {
    case .get: return get(&attempt)
    case .query, .scan: return page(&attempt)
    case .put, .update, .delete: return write(&attempt)
    case .batchGet, .batchWrite: return batch(&attempt)
    case .transactGet, .transactWrite: return transact(&attempt)
    }
  }

  /// The place of the next item that a part names.
  @inline(__always)
  mutating func place(_ part: Int, _ attempt: inout Attempt) -> ItemPlace {
    if attempt.hasPlace {
      attempt.hasPlace = false
      return ahead.places[attempt.ahead]
    }
    return drawing.place(part, &attempt.draws)
  }

  /// The attempt's own draws, of latencies.
  mutating func latencies(_ attempt: inout Attempt) -> Generator {
    let fleet = Int(requests[attempt.slot].fleet)
    return fleets[fleet].latencies(of: requests[attempt.slot].attempts, attempt.draws.sequence)
  }

  mutating func refused(_ attempt: inout Attempt) -> Answer {
    var generator = latencies(&attempt)
    let operation = Int(requests[attempt.slot].operation)
    return Answer(state: .throttled, latency: services[operation].refused(using: &generator))
  }

  @inline(__always)
  mutating func served(_ attempt: inout Attempt, bytes: Int) -> Answer {
    let transfer = service.transfer(bytes: bytes)
    if attempt.ahead >= 0 {
      return Answer(state: .succeeded, latency: ahead.served[attempt.ahead] + transfer)
    }
    var generator = latencies(&attempt)
    let operation = Int(requests[attempt.slot].operation)
    let served = services[operation].served(attempt.operation, using: &generator)
    return Answer(state: .succeeded, latency: served + transfer)
  }

  mutating func cached(_ attempt: inout Attempt, bytes: Int) -> Answer {
    var generator = latencies(&attempt)
    let operation = Int(requests[attempt.slot].operation)
    return Answer(
      state: .succeeded, latency: services[operation].cached(bytes: bytes, using: &generator))
  }

  // MARK: Reads

  /// GetItem: from the cache when it may answer, else from the table.
  @inline(__always)
  private mutating func get(_ attempt: inout Attempt) -> Answer {
    let part = attempt.operation.firstPart
    let place = place(part, &attempt)
    let size = tables[parts[part].table].size(of: place)
    switch readItem(part, place, size, &attempt) {
    case .cached: return cached(&attempt, bytes: size)
    case .served: return served(&attempt, bytes: size)
    case .refused: return refused(&attempt)
    }
  }

  private enum ItemOutcome {
    case cached, served, refused
  }

  /// One eventually or strongly consistent read of an item, through the cache if it may answer.
  @inline(__always)
  private mutating func readItem(
    _ part: Int, _ place: ItemPlace, _ size: Int, _ attempt: inout Attempt
  ) -> ItemOutcome {
    let table = parts[part].table
    let isCached = hasCache(table) && attempt.operation.consistency == .eventual
    if isCached, let outcome = cache?.read(table, place.item, bytes: size, at: attempt.now) {
      switch outcome {
      case .hit: return .cached
      case .throttled: return .refused
      case .miss: break
      }
    }
    let charge = Charge(
      resource: tables[table].resource,
      units: ReadCost.readUnits(bytes: size, consistency: attempt.operation.consistency),
      place: place.key, isEventual: attempt.operation.consistency == .eventual)
    guard admit(charge, .read, at: attempt.now) else { return .refused }
    if isCached { cache?.fill(table, place.item, bytes: size, at: attempt.now) }
    return .served
  }

  /// Where the attempt in hand finds a table or index of the home region.
  @inline(__always)
  func local(_ resource: Int) -> Int {
    site == 0 ? resource : sites.resources[site - 1][resource]
  }

  /// Whether requests of the attempt's region to a table go through the cluster, which stands in
  /// the home region.
  @inline(__always)
  mutating func hasCache(_ table: Int) -> Bool { tables[table].isCached && site == 0 }

  /// Checks and charges one resource; counts the demand and, if refused, the throttle event.
  @inline(__always)
  mutating func admit(_ asked: Charge, _ axis: CapacityAxis, at now: Instant) -> Bool {
    if isPlaying {
      note(asked, axis)
      return true
    }
    var charge = asked
    charge.resource = local(asked.resource)
    if isFirstAttempt { resources[charge.resource].demand(axis, charge) }
    let decision = resources[charge.resource].admission.admit(
      axis, isEventual: charge.isEventual, units: charge.units, position: charge.place.position,
      at: now)
    switch decision {
    case .admitted:
      axis == .read
        ? resources[charge.resource].meters.read.consumed(charge.units)
        : resources[charge.resource].meters.write.consumed(charge.units)
      return true
    case .throttled(let cause, _):
      refuse(charge, axis, cause, at: now)
      return false
    }
  }

  /// Notes what a played request asks for.
  mutating func note(_ charge: Charge, _ axis: CapacityAxis) {
    played.append(
      SampledCharge(
        resource: Int32(charge.resource), isWrite: axis == .write,
        halves: Int32(clamping: charge.units.halves),
        prepared: Int32(clamping: charge.prepared.halves), key: charge.place.key,
        position: charge.place.position))
  }

  /// Counts a throttle event and notes the first one of its resource.
  mutating func refuse(
    _ charge: Charge, _ axis: CapacityAxis, _ cause: ThrottleCause, at now: Instant
  ) {
    throttleCount += 1
    if resources[charge.resource].refuse(axis, charge, cause: cause, at: now) {
      noteFirstThrottle(charge.resource, axis, cause, at: now)
    }
  }

  // MARK: Batches

  /// BatchGetItem and BatchWriteItem: every item stands alone; refused ones come back unprocessed.
  private mutating func batch(_ attempt: inout Attempt) -> Answer {
    let slot = attempt.slot
    var item = 0
    var served = 0
    var cached = 0
    var refused = 0
    var bytes = 0
    let first = attempt.operation.firstPart
    for part in first..<first + attempt.operation.partCount {
      for _ in 0..<parts[part].count {
        let place = place(part, &attempt)
        let isAnswered = requests[slot].answered[item]
        let (outcome, size) =
          attempt.operation.kind == .batchWrite
          ? writeOne(part, place, skip: isAnswered, &attempt)
          : readOne(part, place, skip: isAnswered, &attempt)
        switch outcome {
        case .served?: served += 1
        case .cached?: cached += 1
        case .refused?: refused += 1
        case nil: break
        }
        if let outcome, outcome != .refused {
          bytes += size
          requests[slot].answered[item] = true
        }
        item += 1
      }
    }
    if refused == 0 {
      return served == 0
        ? self.cached(&attempt, bytes: bytes) : self.served(&attempt, bytes: bytes)
    }
    if served + cached == 0 { return self.refused(&attempt) }
    var answer = self.served(&attempt, bytes: bytes)
    answer.state = .partlyThrottled
    return answer
  }

  /// One item of a BatchGetItem; nil when an earlier call answered it.
  private mutating func readOne(
    _ part: Int, _ place: ItemPlace, skip: Bool, _ attempt: inout Attempt
  ) -> (ItemOutcome?, Int) {
    if skip { return (nil, 0) }
    let size = tables[parts[part].table].size(of: place)
    return (readItem(part, place, size, &attempt), size)
  }

  /// One item of a BatchWriteItem; an item that an earlier call wrote only repeats its draws.
  private mutating func writeOne(
    _ part: Int, _ place: ItemPlace, skip: Bool, _ attempt: inout Attempt
  ) -> (ItemOutcome?, Int) {
    prepareWrite(part, place, &attempt)
    let size = changes.last.map { max($0.before, $0.after) } ?? 0
    let table = parts[part].table
    if skip {
      discardWrites()
      return (nil, 0)
    }
    if hasCache(table), cache?.admitWrite(bytes: size, at: attempt.now) == false {
      discardWrites()
      return (.refused, 0)
    }
    if isHeld(part, place.item, attempt) {
      _ = turnAway(at: attempt.now)
      return (.refused, 0)
    }
    return commit(.write, at: attempt.now) ? (.served, size) : (.refused, 0)
  }
}
