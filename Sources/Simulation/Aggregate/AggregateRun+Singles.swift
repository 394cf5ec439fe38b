// Where the aggregate mode simulates single requests: near limits that few requests share.
//
// A table of a few units/s is in debt for seconds after one large item. Who comes back meanwhile is
// refused again, and shares of requests cannot show that: they would pass as often as the first.
// So a block near a limit with few requests is played by the exact mode itself, on the same tables,
// buckets and quotas, until no limit is near and nobody waits. Request numbers are those that the
// profile expects at that time.
//
// It ends when a run has simulated many requests singly, or when more come: what waits then goes to
// the rings of the steps, its wait begun anew.

import Capacity
import Clients
import RequestStreams
import Results
import Units

extension AggregateRun {
  /// Which blocks near a limit are simulated request by request.
  struct SingleRequests {
    /// Requests/s up to which a block is.
    var perSecond = 1_000.0
    /// Requests of a run that are.
    var total: Int64 = 20_000_000

    static let none = SingleRequests(perSecond: 0, total: 0)
  }

  /// Whether a block's requests are simulated one by one.
  func goesSingly(_ demand: BlockDemand) -> Bool {
    if hot.isEmpty { return isSingle && simulator.isAwaited }
    return !hot.hasPending && singlesDone < singles.total
      && demand.total.reduce(0, +) <= singles.perSecond * demand.length
  }

  /// A block of single requests.
  mutating func singly(from start: Int64, to end: Int64) {
    if !isSingle { enterSingles(at: start) }
    let before = simulator.requestCount
    var now = start
    while now < end {
      let next = min(end, now + Self.second)
      simulator.simulate(until: next)
      close(at: next, seconds: 1)
      now = next
    }
    singlesDone += simulator.requestCount - before
  }

  /// Steps end: traffic goes on at `start`, and the clients' quotas are what they have left.
  private mutating func enterSingles(at start: Int64) {
    isSingle = true
    if !followsArrivals { simulator.resume(at: start) }
    for fleet in fleets.indices {
      let instances = simulator.fleets[fleet].retryStates.count
      let tokens = Int(fleets[fleet].tokens) / instances
      for instance in 0..<instances {
        simulator.fleets[fleet].retryStates[instance].setQuota(tokens: tokens)
      }
    }
  }

  /// Single requests end: what waits goes to the rings.
  mutating func leaveSingles() {
    isSingle = false
    for fleet in fleets.indices {
      let states = simulator.fleets[fleet].retryStates
      fleets[fleet].tokens = states.reduce(0) { $0 + Double($1.quota.tokens) }
    }
    while let request = simulator.takeWaiting() { handOver(request) }
  }

  /// Makes a request that waits for its retry a part of its operation's flow.
  private mutating func handOver(_ request: HandedOver) {
    let operation = Int(request.operation)
    let attempt = Int(request.attempts) - 1
    if request.isMeasured {
      simulator.records[operation].requests -= 1
      flows[operation].measured.requests += 1
      if request.wasThrottled {
        simulator.records[operation].throttled -= 1
        flows[operation].measured.throttled += 1
      }
    }
    let able = hot.classes.indices.filter {
      hot.classes[$0].operation == operation && hot.classes[$0].rings.count > attempt
    }
    let weight = able.reduce(0) { $0 + hot.classes[$1].weight }
    for index in able {
      hot.classes[index].rings[attempt].add(weight > 0 ? hot.classes[index].weight / weight : 0)
    }
    // Where no limit is near any more, its retry passes.
    if weight == 0 { flows[operation].measured.succeeded[attempt + 1] += 1 }
  }
}

/// A request that waits for its retry, on its way from single requests to steps.
struct HandedOver {
  var operation: Int32
  /// Sends so far.
  var attempts: Int32
  var isMeasured: Bool
  var wasThrottled: Bool
}

extension Simulator {
  /// Lets open-loop traffic go on at `start`, whatever was simulated before.
  mutating func resume(at start: Int64) {
    for fleet in 0..<fleets.count {
      fleets[fleet].stream.skip(to: Instant(nanoseconds: start))
      drawAhead(fleet)
    }
  }

  /// Lets a traffic's arrivals before `bound` go by, counted by operation.
  mutating func passBy(_ fleet: Int, until bound: Int64, _ counts: inout [Double]) {
    while fleets[fleet].nextArrival < bound {
      let local = Int(ahead.operations[nextAhead(fleet).position])
      counts[fleets[fleet].firstOperation + local] += 1
      fleets[fleet].stream.issued += 1
      advance(fleet)
    }
  }

  /// Simulates every request before `bound`; closes no second.
  mutating func simulate(until bound: Int64) {
    while true {
      let due = nextDue()
      guard due.time < bound else { return }
      switch due.what {
      case .retry: readAgain(due, horizon: bound)
      case .arrival: begin(due, horizon: bound)
      case .event:
        let event = calendar.pop()
        precondition(event.kind == EventKind.send.rawValue, "only retries wait here")
        send(event.slot, at: event.time)
      }
    }
  }

  /// Whether a request waits for its retry.
  var isAwaited: Bool { requests.inUse + waiting.inUse > 0 }

  /// Takes the first request that waits for its retry out of the run; nil when there is none.
  mutating func takeWaiting() -> HandedOver? {
    let key = retries.count > 0 ? retries.first(upTo: .max) : .max
    if key < calendar.nextKey {
      let slot = EventCalendar.slot(of: key)
      retries.removeFirst()
      waiting.release(slot)
      return HandedOver(
        operation: waiting[slot].operation, attempts: waiting[slot].attempts,
        isMeasured: waiting[slot].due >= warmUp, wasThrottled: true)
    }
    guard calendar.count > 0 else { return nil }
    let slot = calendar.pop().slot
    requests.release(slot)
    return HandedOver(
      operation: requests[slot].operation, attempts: requests[slot].attempts,
      isMeasured: requests[slot].isMeasured, wasThrottled: requests[slot].wasThrottled)
  }
}
