// One replication: the scenario's requests against modelled tables, in virtual time.
//
// The loop merges two sources in time order: open-loop arrivals, drawn one ahead per traffic and
// never queued, and the calendar, which holds only what must happen later (retries, ends of
// attempts that somebody waits for, ticks). When nobody waits for the end of an attempt, its
// outcome and latency are known the moment it is sent and no event is needed. Once per simulated
// second the tables close their second (peaks, heat, growth), once per minute their metrics and
// scaling.
//
// Simplifications, stated once: admission is evaluated when an attempt is sent, and the network's
// share of the latency lies behind it; the second and later pages of a request are charged at the
// table's mean item size; expired items leave a table by count, not by key.
//
// Everything is a function of the scenario and the seed: no wall clock, no shared state, one
// thread.

import Caching
import Capacity
import Clients
import Randomness
import RequestStreams
public import Results
public import Scenarios
import Statistics
public import Units
import Workloads

/// What a caller sees of a running replication, about once per simulated second.
public struct SimulationProgress: Sendable {
  public var replication: Int
  public var at: Instant
  public var duration: Nanoseconds
  public var requests: Int64
  public var throttles: Int64
}

/// What happens in the calendar.
enum EventKind: UInt8 {
  case send = 0
  case attemptEnded = 1
  case second = 2
  case userReady = 3
  /// The client's own rate limit has let an attempt through.
  case connect = 4
}

/// What is due next.
struct DueEvent {
  enum What { case retry, event, arrival }
  var what: What
  /// When, in ns.
  var time: Int64
  /// The traffic whose request arrives next, when it does, and when the next one of another does.
  var fleet: Int
  var arrival: Int64
  var others: Int64
  /// When the calendar's next event is.
  var next: Int64
  /// Key of the first plain read that waits for its retry, if it comes no later than these.
  var retry: UInt128
}

/// Runs one replication of a scenario.
///
/// What the loop calls is declared mutating even where it only reads: a plain method called from a
/// mutating one copies the simulator, 1.5 KB.
public struct Simulator: ~Copyable {
  let scenario: Scenario
  let seed: UInt64
  let end: Int64
  let warmUp: Int64
  let service: ServiceTime
  /// By fleet: each has a network of its own.
  var services: FixedBuffer<ServiceTime>
  /// Region of the attempt in hand: 0 is the home region, the others are numbered by `sites`.
  var site = 0
  let sites: FleetSites
  let home: String
  var calendar = EventCalendar()
  var requests = SlotPool(empty: PendingRequest.none)
  /// Plain reads that wait for their retries, and the wheel that they wait on (`Simulator+Reads`).
  var waiting = SlotPool(empty: WaitingRead.none)
  var retries = RetryWheel()
  var books = RowBooks()
  var fleets: FixedBuffer<SimulatedFleet>
  /// A block of requests per traffic.
  var ahead: RequestAhead
  /// By operation, all traffic's in order.
  var records: FixedBuffer<OperationRecord>
  var tables: FixedBuffer<TableItems>
  var resources: FixedBuffer<SimulatedResource>
  var cache: CacheFront?
  /// One UpdateTable at a time per table and region.
  var slots: [UpdateTableSlot]
  var events: [CapacityEvent] = []
  var minuteLatency = Histogram()
  /// Since `gatherFirsts`: measured latencies of requests that succeeded at once, and of plain
  /// reads that failed or succeeded later.
  var firsts: FirstLatencies
  var laters: FirstLatencies
  var laterAttempts: FirstLatencies
  var latencyPerMinute: [LatencyMinute] = []
  var intervals: IntervalSeries
  let operations: FixedBuffer<OperationPlan>
  /// By operation: the table of reads that go the short way (`Simulator+Reads`); -1 for others.
  let plainTables: FixedBuffer<Int32>
  /// All that go it share one traffic and one table.
  let isOneRow: Bool
  /// By operation: its traffic.
  let fleetsOf: FixedBuffer<Int32>
  /// Places ahead as origins of a row: each is its own.
  let places: FixedBuffer<Int32>
  /// By table: no operation writes to it, and all traffics' first attempts come when they are due,
  /// so that between arrivals nothing but retries happens to it.
  let areFixed: FixedBuffer<Bool>
  let parts: FixedBuffer<PartPlan>
  let effects: FixedBuffer<IndexEffect>
  let keySamplers: FixedBuffer<KeySampler>
  let sizeSamplers: FixedBuffer<SizeSampler>
  /// Draws with `parts` and samplers for `tables`.
  let drawing: RequestDrawing
  /// Scratch of one attempt: what a write asks of each resource, and what it changes.
  var charges: [Charge] = []
  var changes: [ItemChange] = []
  /// What a page reads of each partition.
  var stretches: [ScannedStretch] = []
  var holds = TransactionHolds()
  /// The attempt in hand is a request's first: its units count as demand.
  var isFirstAttempt = true
  var requestCount: Int64 = 0
  var throttleCount: Int64 = 0
  var secondsDone: Int64 = 0
  var expiring: [ExpiryQueue]
  /// Expired items per table whose deletion other regions have still to repeat.
  var expiries: [Int64]
  /// Requests are played to see what they ask for: all are admitted and noted, nothing is charged.
  let isPlaying: Bool
  /// What the request in hand asked for while playing.
  var played: [SampledCharge] = []
  /// Latencies of the minute that ends, when the driver knows them better than `minuteLatency`.
  var minuteOutcome: LatencyMinute?

  /// - Parameters:
  ///   - scenario: A validated scenario.
  ///   - replication: 0 for the scenario's own seed; each further one derives its own.
  public init(_ scenario: Scenario, replication: Int) {
    self.init(scenario, replication: replication, isPlaying: false)
  }

  init(_ scenario: Scenario, replication: Int, isPlaying: Bool) {
    self.scenario = scenario
    self.isPlaying = isPlaying
    seed = StreamSeeds.replication(replication, of: scenario.seed)
    end = scenario.run.duration.count
    warmUp = scenario.run.warmUp.count
    intervals = IntervalSeries(
      start: scenario.run.warmUp,
      length: IntervalSeries.length(
        measured: scenario.run.duration - scenario.run.warmUp,
        windows: scenario.objectives.compactMap(\.window)))
    service = ServiceTime(scenario.model.latency)
    services = FixedBuffer(
      scenario.traffic.flatMap { traffic in
        traffic.operations.map {
          ServiceTime(scenario.model.latency.of($0), network: traffic.network)
        }
      })
    home = scenario.cost.region
    let layout = ResourceLayout(scenario, seed: seed)
    tables = FixedBuffer(layout.tables)
    sites = FleetSites(scenario, layout.resources)
    resources = FixedBuffer(layout.resources)
    let plans = OperationPlans(scenario)
    operations = FixedBuffer(plans.operations)
    parts = FixedBuffer(plans.parts)
    effects = FixedBuffer(plans.effects)
    keySamplers = FixedBuffer(plans.keySamplers)
    sizeSamplers = FixedBuffer(plans.sizeSamplers)
    drawing = RequestDrawing(
      parts: parts.elements, keySamplers: keySamplers.elements,
      sizeSamplers: sizeSamplers.elements, tables: tables.elements)
    let seed = seed
    let ofFleet = sites.ofFleet
    fleets = FixedBuffer(
      scenario.traffic.enumerated().map { position, spec in
        SimulatedFleet(
          spec: spec, firstOperation: plans.firstOperations[position], site: ofFleet[position],
          seed: StreamSeeds.traffic(position, of: seed))
      })
    records = FixedBuffer(
      scenario.traffic.flatMap { traffic in
        traffic.operations.map {
          OperationRecord(traffic: traffic.name, name: $0.name, kind: $0.kind.rawValue)
        }
      })
    ahead = RequestAhead(traffics: scenario.traffic.count)
    firsts = FirstLatencies(operations: plans.operations.count)
    laters = FirstLatencies(operations: plans.operations.count)
    laterAttempts = FirstLatencies(operations: plans.operations.count)
    plainTables = FixedBuffer(
      isPlaying
        ? Array(repeating: -1, count: plans.operations.count)
        : Self.plainTables(fleets, services, plans, layout, sites))
    let traffics = scenario.traffic.enumerated().flatMap { position, traffic in
      traffic.operations.map { _ in Int32(position) }
    }
    fleetsOf = FixedBuffer(traffics)
    let ways = zip(traffics, plainTables.elements).filter { $0.1 >= 0 }
    isOneRow = Set(ways.map(\.0)).count <= 1 && Set(ways.map(\.1)).count <= 1
    places = FixedBuffer((0...Int32(scenario.traffic.count * RequestAhead.block)).map { $0 })
    areFixed = FixedBuffer(Self.fixedTables(fleets, plans, count: scenario.tables.count))
    cache = scenario.cache.map { CacheFront($0.settings, losses: $0.losses) }
    slots = Array(repeating: UpdateTableSlot(), count: layout.resources.count)
    expiring = scenario.tables.map { ExpiryQueue($0.timeToLive) }
    expiries = Array(repeating: 0, count: scenario.tables.count)
  }

  /// By operation: the table of a read of one item that its number fixes, past no cache, of clients
  /// whose ends nobody waits for and who wait for every answer, where one bucket of the table and
  /// one of the partition decide.
  private static func plainTables(
    _ fleets: borrowing FixedBuffer<SimulatedFleet>, _ services: borrowing FixedBuffer<ServiceTime>,
    _ plans: OperationPlans, _ layout: ResourceLayout, _ sites: FleetSites
  ) -> [Int32] {
    var tables: [Int32] = []
    for fleet in 0..<fleets.count {
      let folds = fleets[fleet].foldsCompletions
      let site = fleets[fleet].site
      for _ in fleets[fleet].spec.operations {
        let plan = plans.operations[tables.count]
        let table = plans.parts[plan.firstPart].table
        let home = layout.tables[table].resource
        let resource = site == 0 ? home : sites.resources[site - 1][home]
        let isPlain =
          folds && plan.kind == .get && plan.namesFixedItem && !layout.tables[table].isCached
          && layout.resources[resource].admission.admitsRows
          && services[tables.count].longest(plan) < fleets[fleet].timeout
        tables.append(isPlain ? Int32(table) : -1)
      }
    }
    return tables
  }

  /// By table: whether nothing but retries happens to it between arrivals.
  private static func fixedTables(
    _ fleets: borrowing FixedBuffer<SimulatedFleet>, _ plans: OperationPlans, count: Int
  ) -> [Bool] {
    var isFixed = Array(repeating: true, count: count)
    for fleet in 0..<fleets.count where !fleets[fleet].foldsCompletions {
      isFixed = Array(repeating: false, count: count)
    }
    for part in plans.parts where [.put, .update, .delete].contains(part.action) {
      isFixed[part.table] = false
    }
    return isFixed
  }

  /// Runs to the end of the scenario, or until `observe` returns false (then the record says so).
  /// - Parameters:
  ///   - replication: Number that progress carries.
  ///   - observe: Called about once per simulated second; returns whether to go on.
  public consuming func run(
    replication: Int, observe: (SimulationProgress) -> Bool
  ) -> RunRecord {
    calendar.schedule(
      at: 1_000_000_000, priority: 0, kind: EventKind.second.rawValue, slot: 0)
    for fleet in 0..<fleets.count { drawAhead(fleet) }
    startClosedLoops()
    var interrupted = false
    var now: Int64 = 0
    while true {
      let due = nextDue()
      now = due.time
      if now >= end { break }
      let horizon = min((secondsDone + 1) * 1_000_000_000, end)
      switch due.what {
      case .retry: readAgain(due, horizon: horizon)
      case .arrival: begin(due, horizon: horizon)
      case .event:
        let event = calendar.pop()
        switch EventKind(rawValue: event.kind) {
        case .send: send(event.slot, at: event.time)
        case .attemptEnded: attemptEnded(event.slot, at: event.time)
        case .connect: connect(event.slot, at: event.time)
        case .userReady: userReady(fleet: Int(event.slot), at: event.time)
        case .second:
          secondEnded(at: event.time)
          let progress = SimulationProgress(
            replication: replication, at: Instant(nanoseconds: event.time),
            duration: Nanoseconds(end), requests: requestCount, throttles: throttleCount)
          if !observe(progress) { interrupted = true }
        case nil: preconditionFailure("unknown event kind \(event.kind) at \(event.time) ns")
        }
      }
      if interrupted { break }
    }
    return finish(at: interrupted ? now : end, interrupted: interrupted)
  }

  /// What is due next: events before arrivals of the same instant.
  @inline(__always)
  mutating func nextDue() -> DueEvent {
    let (fleet, arrival, others) = earliestArrival()
    let next = calendar.nextTime
    let soonest = min(arrival, next)
    let retry = retries.first(upTo: min(soonest, end))
    var due = DueEvent(
      what: next <= arrival ? .event : .arrival, time: soonest, fleet: fleet, arrival: arrival,
      others: others, next: next, retry: retry)
    if retry < calendar.nextKey, retry != .max {
      due.what = .retry
      due.time = EventCalendar.time(of: retry)
    }
    return due
  }

  /// The request that arrives next begins.
  @inline(__always)
  mutating func begin(_ due: DueEvent, horizon: Int64) {
    let horizon = min(due.others, horizon)
    begin(fleet: due.fleet, at: due.arrival, until: min(due.next, horizon), horizon: horizon)
  }

  /// The traffic whose next open-loop arrival is earliest, and the earliest one of the others.
  func earliestArrival() -> (fleet: Int, time: Int64, others: Int64) {
    var best = 0
    var (time, others) = (Int64.max, Int64.max)
    for position in 0..<fleets.count {
      let arrival = fleets[position].nextArrival
      if arrival < time {
        others = time
        time = arrival
        best = position
      } else {
        others = min(others, arrival)
      }
    }
    return (best, time, others)
  }

  /// Each closed-loop user starts after a think time of its own.
  private mutating func startClosedLoops() {
    for position in 0..<fleets.count {
      guard case .closed(let users, let think, _) = fleets[position].spec.demand else { continue }
      for user in 0..<users {
        var generator = Generator(
          seed: fleets[position].seed, stream: 0x5553, index: UInt64(user))
        let delay = Nanoseconds(seconds: generator.exponential() * think.inSeconds).count
        calendar.schedule(at: delay, kind: EventKind.userReady.rawValue, slot: UInt32(position))
      }
    }
  }

  /// A closed-loop user issues a request.
  private mutating func userReady(fleet: Int, at now: Int64) {
    guard case .closed(_, _, let duration) = fleets[fleet].spec.demand, now < duration.count else {
      return
    }
    begin(fleet: fleet, at: now, until: now, horizon: now)
  }
}
