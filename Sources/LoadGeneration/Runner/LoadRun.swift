// A run: threads on one schedule, their seconds put together while they go, one record at the end.

import Capacity
import DataModel
import HTTPClient
import Platform
public import Results
public import Scenarios
import Statistics
import Synchronization
public import Units

/// What a caller sees of a run, once per second.
public struct LoadProgress: Sendable {
  /// End of the second, since the start of the run.
  public var at: Instant
  public var duration: Nanoseconds
  /// All threads together.
  public var second: LoadSecond
  /// Dollars for what was consumed so far.
  public var spent: Double
  /// Totals and intervals of the operations up to the last complete interval, for abort rules.
  public var soFar: RunRecord
}

/// What a run produced.
public struct MeasuredRun: Sendable {
  public var record: RunRecord
  public var measurement: Measurement
  /// Why it ended early by itself; nil: it did not.
  public var fault: LoadFault?
}

/// Drives a scenario against an endpoint.
public struct LoadRun {
  private let scenario: Scenario
  private let options: LoadOptions
  private var meters: [AxisPair<AxisMeter>] = []
  private var minute = Histogram()
  private var minutes: [LatencyMinute] = []
  private var seconds: Int64 = 0
  private var spent = 0.0
  /// The budget that ended the run, in dollars.
  private var usedBudget: Double?
  private var soFar: RunRecord

  /// Runs to the end of the scenario, or until `observe` returns false (then the record says so).
  ///
  /// The tables must exist and be filled. `observe` is called on this thread once per second.
  public static func run(
    _ scenario: Scenario, _ options: LoadOptions, observe: (LoadProgress) -> Bool
  ) throws(LoadFault) -> MeasuredRun {
    var run = LoadRun(scenario: scenario, options: options)
    return try run.run(observe)
  }

  private init(scenario: Scenario, options: LoadOptions) {
    self.scenario = scenario
    self.options = options
    let count = scenario.tables.reduce(0) { $0 + 1 + $1.globalIndexes.count }
    meters = Array(repeating: AxisPair(read: AxisMeter(), write: AxisMeter()), count: count)
    let duration = options.duration ?? scenario.run.duration
    let warmUp = min(duration, options.warmUp ?? scenario.run.warmUp)
    soFar = RunRecord(
      seed: options.seed ?? scenario.seed, duration: duration, warmUp: warmUp)
    soFar.intervals = IntervalSeries(
      start: warmUp, length: scenario.intervalLength(duration - warmUp))
  }

  private var duration: Int64 { (options.duration ?? scenario.run.duration).count }
  private var warmUp: Int64 { min(duration, (options.warmUp ?? scenario.run.warmUp).count) }

  private mutating func run(
    _ observe: (LoadProgress) -> Bool
  ) throws(LoadFault) -> MeasuredRun {
    let clock = MonotonicClock(speed: Int64(options.clockSpeed))
    let addresses = try Self.addresses(options.endpoints)
    let control = LoadControl(clock: clock, threads: options.threads)
    let results = Monitor<[LoadTotals]>([])
    var pools: [PoolSource] = []
    for index in 0..<options.threads {
      pools.append(PoolSource(options: options, addresses: addresses, clock: clock, index: index))
      // What cannot be made is found out here, not on the thread.
      _ = try pools[index].make()
    }
    for source in pools {
      let (scenario, options) = (self.scenario, self.options)
      do throws(SystemError) {
        // The thread is not joined: its results say that it is done.
        _ = try Worker(Self.threadName(source.index)) {
          let totals = Self.drive(scenario, options, source, control)
          results.change { $0.append(totals) }
        }
      } catch {
        control.stop.store(true, ordering: .relaxed)
        throw LoadFault(error.description)
      }
    }
    let wasStopped = watch(control, results, observe)
    takeSeconds(control, all: true, observe)
    let all = results.withLock { $0 }
    return outcome(all, control: control, interrupted: wasStopped)
  }

  /// What one thread does.
  private static func drive(
    _ scenario: Scenario, _ options: LoadOptions, _ source: PoolSource, _ control: LoadControl
  ) -> LoadTotals {
    do throws(LoadFault) {
      var worker = LoadWorker(
        scenario, options, index: source.index, control: control, pool: try source.make())
      worker.run()
      return worker.totals
    } catch {
      var totals = LoadTotals(scenario, resources: scenario.resourceNames)
      totals.fault = error.description
      // The others wait for this one.
      control.stop.store(true, ordering: .relaxed)
      return totals
    }
  }

  /// Name of a thread that sends, as the kernel shows it.
  public static func threadName(_ index: Int) -> String { "load-\(index)" }

  private static func addresses(
    _ endpoints: [Endpoint]
  ) throws(LoadFault) -> [SocketAddress] {
    var found: [SocketAddress] = []
    for endpoint in endpoints {
      do throws(AddressFault) {
        found += try SocketAddress.resolve(endpoint.host, port: endpoint.port)
      } catch {
        throw LoadFault(error.description)
      }
    }
    guard !found.isEmpty else { throw LoadFault("the endpoint has no address") }
    return found
  }

  // MARK: While it runs

  /// Puts seconds together until all threads are done; whether the caller or a budget ended it.
  private mutating func watch(
    _ control: LoadControl, _ results: Monitor<[LoadTotals]>, _ observe: (LoadProgress) -> Bool
  ) -> Bool {
    var wasStopped = false
    let budget = options.spendLimit ?? .infinity
    var before = 0.0
    while true {
      var isUsed = false
      takeSeconds(control, all: false) { progress in
        // What a second costs is known when it is over, and what is in flight then is paid for too:
        // twice the costs of the second before must be left.
        isUsed = isUsed || progress.spent + 2 * (progress.spent - before) > budget
        before = progress.spent
        let goesOn = observe(progress) && !isUsed
        if !goesOn {
          wasStopped = true
          control.stop.store(true, ordering: .relaxed)
        }
        return goesOn
      }
      if isUsed { usedBudget = budget }
      let threads = options.threads
      let done = results.wait(within: .milliseconds(50)) { $0.count == threads ? true : nil }
      if done == true { return wasStopped }
    }
  }

  /// Takes the seconds that every thread has closed (or, at the end, all of them).
  private mutating func takeSeconds(
    _ control: LoadControl, all: Bool, _ observe: (LoadProgress) -> Bool
  ) {
    while true {
      guard var taken = control.seconds.take(all: all) else { return }
      var second = LoadSecond(resources: meters.count)
      while var one = taken.popLast() {
        second.merge(one.value)
        one.value.reset()
        control.seconds.giveBack(one.value, thread: one.thread)
      }
      close(second)
      takeIntervals(control)
      let at = Instant(nanoseconds: min(seconds * 1_000_000_000, duration))
      let progress = LoadProgress(
        at: at, duration: Nanoseconds(duration), second: second, spent: spent,
        soFar: soFar)
      _ = observe(progress)
    }
  }

  /// Closes the intervals that every thread has ended.
  private mutating func takeIntervals(_ control: LoadControl) {
    while true {
      guard let taken = control.intervals.take() else { return }
      for (thread, rows) in taken {
        if soFar.operations.isEmpty { soFar.operations = rows.map { $0.withoutCounts } }
        for place in rows.indices {
          if thread == 0 {
            soFar.operations[place].become(rows[place])
          } else {
            soFar.operations[place].merge(rows[place])
          }
        }
        control.intervals.giveBack(rows, thread: thread)
      }
      soFar.intervals.close(soFar.operations)
    }
  }

  /// Adds a second to the series.
  private mutating func close(_ second: LoadSecond) {
    let start = Instant(nanoseconds: seconds * 1_000_000_000)
    for resource in meters.indices {
      for axis in CapacityAxis.allCases {
        let counts = second.resources[resource][axis]
        meters[resource][axis].consumed(CapacityUnits(halves: counts.consumed))
        meters[resource][axis].demanded(CapacityUnits(halves: counts.demanded))
        var refused = counts.refused
        for cause in ThrottleCause.allCases {
          for _ in 0..<counts[cause] {
            meters[resource][axis].throttled(
              cause, units: CapacityUnits(halves: refused), at: start)
            refused = 0
          }
        }
        let price = axis == .read ? options.readUnitPrice : options.writeUnitPrice
        spent += Double(counts.consumed) / 2 * price
        meters[resource][axis].secondEnded()
      }
    }
    minute.merge(second.response)
    seconds += 1
    if seconds % 60 == 0 { closeMinute() }
  }

  private mutating func closeMinute() {
    let limits = scenario.limits
    for resource in meters.indices {
      for axis in CapacityAxis.allCases {
        meters[resource][axis].minuteEnded(limit: limits[resource][axis])
      }
    }
    minutes.append(
      LatencyMinute(
        p50: minute.value(atPercentile: 50), p90: minute.value(atPercentile: 90),
        p99: minute.value(atPercentile: 99), p999: minute.value(atPercentile: 99.9),
        ended: minute.count))
    minute.reset()
  }

  // MARK: At the end

  private mutating func outcome(
    _ all: [LoadTotals], control: LoadControl, interrupted: Bool
  ) -> MeasuredRun {
    if seconds % 60 != 0 || seconds == 0 { closeMinute() }
    var totals = all[0]
    for other in all.dropFirst() { totals.merge(other) }
    let ran = min(duration, max(1, seconds * 1_000_000_000))
    var record = RunRecord(
      seed: options.seed ?? scenario.seed, duration: Nanoseconds(ran),
      warmUp: Nanoseconds(min(warmUp, ran)))
    record.interrupted = interrupted || totals.fault != nil
    record.operations = totals.operations
    record.resources = resources(totals)
    record.cache = totals.cache
    record.events = firstThrottles(record.resources)
    record.latencyPerMinute = minutes
    takeIntervals(control)
    soFar.intervals.finish()
    record.intervals = soFar.intervals
    record.processedEvents = totals.attempts
    let busiest = all.map(\.busy.count).max() ?? 0
    var measurement = MeasurementBuilder(
      scenario: scenario, options: options, totals: totals, ran: ran, warmUp: warmUp,
      busiest: busiest, spent: spent
    ).measurement()
    if let usedBudget {
      measurement.notes.append(
        "ended early: after $\(significant(spent)) another second might have passed the budget of"
          + " $\(significant(usedBudget))")
    }
    let fault = totals.fault.map { LoadFault($0) }
    return MeasuredRun(record: record, measurement: measurement, fault: fault)
  }

  private func resources(_ totals: LoadTotals) -> [ResourceRecord] {
    var records: [ResourceRecord] = []
    for (table, spec) in scenario.tables.enumerated() {
      let isOnDemand = if case .onDemand = spec.mode { true } else { false }
      for index in [nil] + spec.globalIndexes.map({ Optional($0) }) {
        let place = records.count
        var record = ResourceRecord(
          table: spec.name, index: index?.name, region: scenario.cost.region,
          isOnDemand: isOnDemand)
        record.read = meters[place].read.series
        record.write = meters[place].write.series
        let items = TableItemsAtStart(spec, index)
        record.itemsAtStart = items.count
        record.bytesAtStart = ByteCount(items.bytes)
        let share = index == nil ? 1 : items.share
        record.itemsAtEnd =
          items.count + Int64(Double(totals.itemsAdded[table]) * share)
        record.bytesAtEnd = ByteCount(
          index == nil
            ? items.bytes + totals.bytesAdded[table] : record.itemsAtEnd * items.entryBytes)
        record.hotKeys = hotKeys(
          totals, place, attribute: index?.key.partition.name ?? spec.key.partition.name)
        records.append(record)
      }
    }
    return records
  }

  private func hotKeys(_ totals: LoadTotals, _ place: Int, attribute: String) -> [HotKey] {
    let total = max(1, totals.units[place].total)
    let keys = totals.units[place].heaviest(64).map { entry in
      let throttles = totals.throttles[place].entry(for: entry.key)
      return HotKey(
        key: "\(attribute)-\(entry.key)", units: entry.weight - entry.error,
        throttles: throttles.weight - throttles.error,
        share: Double(entry.weight - entry.error) / Double(total))
    }
    return Array(
      keys.filter { $0.share >= 0.001 }.sorted { ($1.units, $0.key) < ($0.units, $1.key) }
        .prefix(10))
  }

  private func firstThrottles(_ resources: [ResourceRecord]) -> [CapacityEvent] {
    var events: [CapacityEvent] = []
    for resource in resources {
      for (word, series) in [("read", resource.read), ("write", resource.write)] {
        guard let at = series.firstThrottle else { continue }
        events.append(
          CapacityEvent(
            at: at, kind: .firstThrottle, resource: resource.name,
            text: "first throttled \(word) of \(resource.name)"))
      }
    }
    return events.sorted { $0.at < $1.at }
  }
}

/// Makes the pool of one thread, on that thread.
private struct PoolSource: Sendable {
  let options: LoadOptions
  let addresses: [SocketAddress]
  let clock: MonotonicClock
  let index: Int

  func make() throws(LoadFault) -> ConnectionPool {
    let wanted = options.connections ?? options.closedUsers ?? options.inFlightLimit
    let count = max(1, wanted / options.threads + (index < wanted % options.threads ? 1 : 0))
    do throws(PoolFault) {
      return try ConnectionPool(
        options.endpoints[0], addresses: addresses,
        settings: PoolSettings(connections: count, tls: options.tls), clock: clock)
    } catch {
      throw LoadFault(error.description)
    }
  }
}

/// Items and bytes of a table or index at the start, by the scenario.
private struct TableItemsAtStart {
  var count: Int64
  var bytes: Int64
  var share: Double
  var entryBytes: Int64

  init(_ table: TableSpec, _ index: IndexSpec?) {
    let mean = Int64(table.meanItemBytes)
    share = index.map { min(1, max(0, $0.share)) } ?? 1
    entryBytes = index?.entrySize.map(Int64.init) ?? mean
    count = Int64(Double(table.itemCount) * share)
    bytes = count * entryBytes
  }
}
