// One thread of the generator: its own connections, requests, tallies, and a loop that never falls
// back to waiting for answers before it sends what is due.
//
// The schedule is absolute: request k is due at an instant that depends on seed, traffic and k
// alone, and a stall changes when it is sent, not when it was due. The loop is in
// `LoadWorker+Schedule`.

import Caching
import Capacity
import Clients
import HTTPClient
import Platform
import Randomness
import RequestStreams
import Results
import Scenarios
import Statistics
import Synchronization
import Units
import Workloads

/// What the threads of a run share: when it begins and ends, and what each second brought.
final class LoadControl: Sendable {
  let clock: MonotonicClock
  /// Threads that have still to be made, and the start of the run on the clock in ns once all are.
  private let start: Monitor<(missing: Int, origin: Int64)>
  let stop = Atomic<Bool>(false)
  /// Closed seconds.
  let seconds: HandOver<LoadSecond>
  /// Totals at the ends of intervals.
  let intervals: HandOver<[OperationRecord]>

  init(clock: MonotonicClock, threads: Int) {
    start = Monitor((threads, 0))
    intervals = HandOver(threads: threads)
    self.clock = clock
    seconds = HandOver(threads: threads)
  }

  /// Says that a thread is ready, and waits until all are: the start of the run, a little later, so
  /// that the first request is no later than any other. 0: the run was stopped before.
  func begin() -> Int64 {
    start.change {
      $0.missing -= 1
      if $0.missing == 0 { $0.origin = clock.now().nanoseconds + 2_000_000 * clock.speed }
    }
    while !stop.load(ordering: .relaxed) {
      let origin = start.wait(within: .milliseconds(100)) { $0.missing == 0 ? $0.origin : nil }
      if let origin { return origin }
    }
    return 0
  }
}

/// One traffic as a thread drives it.
struct DrivenTraffic {
  var stream: TrafficStream
  let firstOperation: Int
  let policy: RetryPolicy
  let redrive: BatchRedrive
  var retryStates: [ClientRetryState]
  let timeout: Int64
  /// Requests that may be in progress at once.
  let concurrency: Int
  var inProgress = 0
  /// Those that are due and wait for one of these places. Other traffics do not wait for them.
  var held = HeldRequests()
  /// Closed loop: mean think time in seconds.
  var thinkTime = 0.0
  var users = 0
  let isClosed: Bool

  /// No place is free for one more request.
  var isFull: Bool { inProgress >= concurrency }
}

/// How late a sleeping thread wakes up on this machine, in ns of the wall clock.
struct WakeUpLateness {
  private static let least: Int64 = 60_000
  /// Later than this it did not wake up late: something else had its core, which looking in vain
  /// would only make worse.
  private static let most: Int64 = 250_000
  /// How long before a due instant the thread stops sleeping: the worst of late, which fades.
  private(set) var margin = Self.least

  /// Takes in how much later than asked for the thread woke up.
  mutating func learn(_ late: Int64) {
    margin = max(late <= Self.most ? late : 0, margin - margin / 64, Self.least)
  }
}

/// The generator of one thread.
struct LoadWorker: ~Copyable {
  let options: LoadOptions
  let index: Int
  let control: LoadControl
  /// Start of the run on the clock, in ns.
  var origin: Int64 = 0
  let end: Int64
  let warmUp: Int64
  let kinds: [OperationKind]
  let names: [String]
  let resourceCount: Int
  var traffics: [DrivenTraffic]
  var pool: ConnectionPool
  var maker: RequestMaker
  var reader: ResponseReader
  var head: RequestHead
  var totals: LoadTotals
  var second: LoadSecond
  let flights: UnsafeMutablePointer<Flight>
  /// Half-units that the attempt of a flight asked for, by resource.
  let askedHalves: UnsafeMutablePointer<Int32>
  var freeFlights: [Int32]
  let flightCount: Int
  var waiting: SlotRing
  var due: DueQueue
  /// The next request that is still on its stream: when it is due (`max`: there is none before the
  /// end), and its traffic.
  var streamDue = Int64.max
  var streamTraffic = 0
  /// The requests before that one, made before they are due.
  var ahead: RequestsAhead
  /// The scenario's DAX cluster; nil: requests go to the tables.
  var cache: CacheFront?
  var writes = WritesInFlight()
  var unknown = UnknownItems()
  /// By table: other threads change sizes or index keys of its items, which this one does not see.
  let isShared: [Bool]
  /// Tables by resource, for the words of exceptions.
  let resourceNames: [String]
  /// Requests of all threads so far: every thread walks the whole stream and sends its share.
  var ordinal = 0
  var inFlight = 0
  /// Requests held by their traffics.
  var heldCount = 0
  var isFull = false
  /// The run's time is up.
  var isOver = false
  var idle: Int64 = 0
  var wakeUp = WakeUpLateness()
  var secondsDone: Int64 = 0
  let intervalLength: Int64
  /// When the interval in hand ends, from the start of the run.
  var intervalEnd: Int64
  var measuredBusy: Int64 = 0
  var connectFailures = 0
  var hasAnswer = false

  init(
    _ scenario: Scenario, _ options: LoadOptions, index: Int, control: LoadControl,
    pool: consuming ConnectionPool
  ) {
    self.options = options
    self.index = index
    self.control = control
    let seed = options.seed ?? scenario.seed
    end = (options.duration ?? scenario.run.duration).count
    warmUp = min(end, (options.warmUp ?? scenario.run.warmUp).count)
    intervalLength = scenario.intervalLength(Nanoseconds(end - warmUp)).count
    intervalEnd = warmUp + intervalLength
    let maker = RequestMaker(scenario, seed: seed)
    resourceCount = maker.resourceCount
    resourceNames = scenario.resourceNames
    traffics = Self.traffics(scenario, options, maker.firstOperations, seed, thread: index)
    cache =
      options.usesCache ? scenario.cache.map { CacheFront($0.settings, losses: $0.losses) } : nil
    isShared = scenario.tables.indices.map {
      options.threads > 1 && maker.changesItems(ofTable: $0)
    }
    kinds = scenario.traffic.flatMap { $0.operations.map(\.kind) }
    names = scenario.traffic.flatMap { $0.operations.map(\.name) }
    head = RequestHead(
      pool.endpoint, targets: kinds.map(\.rawValue),
      signer: options.signing?.signer(for: pool.endpoint))
    reader = ResponseReader(maker)
    self.maker = maker
    self.pool = pool
    totals = LoadTotals(scenario, resources: resourceNames)
    second = LoadSecond(resources: resourceCount)
    let users = traffics.reduce(0) { $0 + $1.users }
    flightCount = max(
      1, options.closedUsers == nil ? max(options.inFlightLimit / options.threads, users) : users)
    flights = .allocate(capacity: flightCount)
    flights.initialize(repeating: Flight(), count: flightCount)
    askedHalves = .allocate(capacity: flightCount * resourceCount)
    askedHalves.initialize(repeating: 0, count: flightCount * resourceCount)
    freeFlights = (0..<flightCount).reversed().map { Int32($0) }
    waiting = SlotRing(capacity: flightCount)
    due = DueQueue(capacity: flightCount + users + 1)
    // A cluster decides when a request is due, and users create items in an order of their own.
    let isUsed = cache == nil && users == 0
    ahead = RequestsAhead(isUsed: isUsed, clockSpeed: options.clockSpeed)
  }

  deinit {
    flights.deallocate()
    askedHalves.deallocate()
  }

  private static func traffics(
    _ scenario: Scenario, _ options: LoadOptions, _ firstOperations: [Int], _ seed: UInt64,
    thread: Int
  ) -> [DrivenTraffic] {
    let users = shares(scenario, of: options.closedUsers)
    return scenario.traffic.enumerated().map { position, spec in
      var spec = spec
      var thinkTime = 0.0
      var count = 0
      if let users {
        count = users[position]
        spec.demand = .closed(users: count, thinkTime: .zero, duration: .zero)
      } else if case .closed(let users, let think, _) = spec.demand {
        count = users
        thinkTime = think.inSeconds
      }
      let policy = RetryPolicy(spec.client.retries)
      let isUsers = if case .closed = spec.demand { true } else { false }
      let isClosed = isUsers && options.replay == nil
      if !isClosed { count = 0 }
      let mine = count / options.threads + (thread < count % options.threads ? 1 : 0)
      return DrivenTraffic(
        stream: TrafficStream(
          spec, seed: StreamSeeds.traffic(position, of: seed), rateFactor: options.rateFactor,
          recorded: options.replay?[position]),
        firstOperation: firstOperations[position], policy: policy,
        redrive: BatchRedrive(spec.client.batchBackoff ? .backOff : .atOnce),
        retryStates: Array(
          repeating: ClientRetryState(policy), count: max(1, spec.client.instances)),
        timeout: (options.timeout ?? spec.client.timeout).count,
        concurrency: spec.client.concurrency.map { max(1, $0 / options.threads) } ?? .max,
        thinkTime: thinkTime, users: mine, isClosed: isClosed)
    }
  }

  /// Users of each traffic: in proportion to the rates, at least one for each.
  private static func shares(_ scenario: Scenario, of users: Int?) -> [Int]? {
    guard let users else { return nil }
    let rates = scenario.traffic.map { spec -> Double in
      guard case .open(_, let rate) = spec.demand else { return 1 }
      let seconds = rate.reduce(0) { $0 + $1.duration.inSeconds }
      let requests = rate.reduce(0) { $0 + $1.duration.inSeconds * ($1.from + $1.to) / 2 }
      return seconds > 0 ? requests / seconds : 0
    }
    let total = max(rates.reduce(0, +), 1e-9)
    return rates.map { max(1, Int((Double(users) * $0 / total).rounded())) }
  }

  // MARK: Beginning and end

  /// Time since the start of the run, in ns.
  var now: Int64 { control.clock.now().nanoseconds - origin }

  /// Drives the schedule to its end, then waits a little for what is still in flight.
  mutating func run() {
    useExactTimers()
    reserve()
    pool.openAll(until: control.clock.now().nanoseconds + Self.openingTime * control.clock.speed)
    origin = control.begin()
    startUsers()
    findArrival()
    var time = now
    var cpu = ThreadTime.now()
    while time < end, !control.stop.load(ordering: .relaxed) {
      time = pass(at: time)
      // The last second waits for what is still in flight.
      if time < end, time >= (secondsDone + 1) * 1_000_000_000 { closeSecond(&cpu) }
    }
    if !control.stop.load(ordering: .relaxed) { dispatchRest() }
    drain(until: now + min(2_000_000_000, longestTimeout))
    finish(at: min(time, end))
    closeSecond(&cpu)
  }

  /// Takes the memory of the histograms before the first request is due.
  private mutating func reserve() {
    var rows = totals.operations
    for place in rows.indices { rows[place].reserve() }
    control.intervals.giveBack(rows, thread: index)
    totals.reserve()
    second.reserve()
    for _ in 0..<2 {
      var spare = LoadSecond(resources: resourceCount)
      spare.reserve()
      control.seconds.giveBack(spare, thread: index)
    }
  }

  /// How long the opening of connections may delay the start, in ns of the wall clock.
  private static let openingTime: Int64 = 5_000_000_000

  private var longestTimeout: Int64 { traffics.map(\.timeout).max() ?? 0 }

  /// Hands the second on.
  private mutating func closeSecond(_ cpu: inout Nanoseconds) {
    let used = ThreadTime.now()
    second.busy = max(.zero, used - cpu - Nanoseconds(idle))
    if secondsDone * 1_000_000_000 >= warmUp { measuredBusy += second.busy.count }
    totals.busy = totals.busy + second.busy
    cpu = used
    idle = 0
    second.inFlight = inFlight
    control.seconds.give(second, thread: index)
    second = control.seconds.spare(thread: index) ?? LoadSecond(resources: resourceCount)
    second.peakInFlight = inFlight
    secondsDone += 1
    if secondsDone % 60 == 0 { cache?.minuteEnded() }
    // What was sent longer ago has been answered or given up.
    unknown.forget(settledBefore: secondsDone * 1_000_000_000 - longestTimeout)
    if secondsDone * 1_000_000_000 >= intervalEnd, intervalEnd <= end {
      var rows = control.intervals.spare(thread: index) ?? totals.operations
      for place in rows.indices { rows[place].become(totals.operations[place]) }
      control.intervals.give(rows, thread: index)
      intervalEnd += intervalLength
    }
  }

  private mutating func finish(at time: Int64) {
    for place in totals.operations.indices {
      let row = totals.operations[place]
      totals.operations[place].unfinished = row.requests - row.succeeded - row.failed
    }
    totals.connectionsOpened = pool.opened
    totals.cache = cache.map { CacheRecord($0) }
  }
}
