// What happens by the clock: seconds close peaks and heat, minutes close metrics and scaling.

import Caching
import Capacity
import DataModel
import Randomness
import RequestStreams
import Results
import Scenarios
import Statistics
import Units

extension Simulator {
  /// Closes a second: peaks, throttled seconds, splits, growth, provisioned values that take
  /// effect.
  mutating func secondEnded(at now: Int64) {
    secondsDone += 1
    secondClosed(at: now)
    if now + 1_000_000_000 <= end {
      calendar.schedule(
        at: now + 1_000_000_000, priority: 0, kind: EventKind.second.rawValue, slot: 0)
    }
  }

  /// What closes at the end of a second, or of a step of whole seconds.
  mutating func secondClosed(at now: Int64) {
    let instant = Instant(nanoseconds: now)
    for position in 0..<resources.count {
      _ = resources[position].meters.read.secondEnded()
      _ = resources[position].meters.write.secondEnded()
      for event in resources[position].admission.tick(at: instant) {
        note(event, resource: position, at: instant)
      }
      applyPending(position, at: instant)
    }
    for table in 0..<tables.count where expiries[table] > 0 {
      replicateExpiries(table, at: instant)
    }
    if secondsDone % 60 == 0 { minuteEnded(at: instant) }
    if now >= intervals.nextEnd.count { closeInterval() }
  }

  private mutating func closeInterval() {
    gatherFirsts()
    intervals.close(Array(records.elements))
  }

  /// Puts provisioned values into force whose UpdateTable has completed.
  private mutating func applyPending(_ position: Int, at now: Instant) {
    for axis in CapacityAxis.allCases {
      while let pending = resources[position].pending[axis].first, now >= pending.effectiveAt {
        resources[position].admission.setProvisioned(axis, units: pending.units, at: now)
        resources[position].pending[axis].removeFirst()
      }
    }
  }

  /// Closes a minute: series, latency, time to live, scaling.
  mutating func minuteEnded(at now: Instant) {
    gatherFirsts()
    for position in 0..<resources.count {
      for axis in CapacityAxis.allCases {
        let limit = resources[position].admission.currentLimit(axis)
        let consumed = resources[position].meters[axis].minuteEnded(limit: limit)
        // A minute that the end of the run cuts short is no data point of an alarm.
        guard now.nanoseconds % 60_000_000_000 == 0 else { continue }
        scale(position, axis, consumed: CapacityUnits(halves: consumed), limit: limit, at: now)
      }
    }
    cache?.minuteEnded()
    latencyPerMinute.append(
      minuteOutcome
        ?? LatencyMinute(
          p50: minuteLatency.value(atPercentile: 50), p90: minuteLatency.value(atPercentile: 90),
          p99: minuteLatency.value(atPercentile: 99),
          p999: minuteLatency.value(atPercentile: 99.9), ended: minuteLatency.count))
    minuteLatency.reset()
    for table in 0..<tables.count { expire(table) }
  }

  /// Deletes items whose time to live has passed; free of write capacity (capacity.md 1.8).
  private mutating func expire(_ table: Int) {
    let due = expiring[table].minuteEnded(created: tables[table].createdThisMinute)
    let deleted = min(due, tables[table].liveItems)
    tables[table].createdThisMinute = 0
    guard deleted > 0 else { return }
    tables[table].expire(deleted)
    let resource = tables[table].resource
    resources[resource].timeToLiveDeletes += deleted
    if scenario.tables[table].stream != nil { resources[resource].streamRecords += deleted }
    if tables[table].isReplicated { expiries[table] += deleted }
  }

  /// Deletes this second's share of the expired items in the other regions, where it costs
  /// replicated units, and ordinary ones on indexes (capacity.md 1.8). Which items they are is not
  /// known, so they lie anywhere.
  private mutating func replicateExpiries(_ table: Int, at now: Instant) {
    let secondsLeft = 60 - (secondsDone - 1) % 60
    let count = (expiries[table] + secondsLeft - 1) / secondsLeft
    expiries[table] -= count
    let size = tables[table].meanSize
    let units = GlobalTableCost.expiryUnits(bytes: size, role: .replica)
    var generator = Generator(seed: tables[table].seed, stream: 0x544C, index: UInt64(secondsDone))
    for _ in 0..<count {
      let place = KeyPlace(key: generator.next(), position: generator.next())
      for replica in resources[tables[table].resource].replicas {
        replicate(Charge(resource: replica, units: units, place: place), in: replica, at: now)
        resources[replica].replicated += units
      }
      for index in tables[table].indexes where index.contains(place.key) {
        let entry = WriteCost.writeUnits(bytes: index.entry(itemSize: size) ?? size)
        for replica in resources[index.resource].replicas {
          replicate(Charge(resource: replica, units: entry, place: place), in: replica, at: now)
        }
      }
    }
  }

  /// Shows the minute to the axis's scaling policy and notes what it decides.
  private mutating func scale(
    _ position: Int, _ axis: CapacityAxis, consumed: CapacityUnits, limit: Int, at now: Instant
  ) {
    guard var policy = resources[position].scaling[axis] else { return }
    let unit = axis == .read ? "RCU" : "WCU"
    var allowance = resources[position].allowance
    policy.applySchedule(
      minuteEnding: now, timeOfDay: .seconds(scenario.run.startOfWeekSeconds % 86_400))
    var decision = policy.minuteEnded(
      consumed: consumed, provisioned: limit, at: now, slot: &slots[resources[position].slot],
      allowance: &allowance)
    var why = "after \(fixed(consumed.inUnits / 60, 1)) \(unit)/s in the minute to \(now)"
    if policy.boundsAreNew, !decision.isChange {
      decision = policy.boundsChanged(
        provisioned: limit, at: now, slot: &slots[resources[position].slot],
        allowance: &allowance)
      why = "by a scheduled action"
    }
    resources[position].allowance = allowance
    resources[position].scaling[axis] = policy
    let used = fixed(consumed.inUnits / 60, 1)
    let wasRefused = resources[position].isScaleInRefused[axis]
    resources[position].isScaleInRefused[axis] = decision == .blocked(.decreaseAllowance)
    switch decision {
    case .unchanged, .blocked(.bound), .blocked(.cooldown), .blocked(.updateInProgress): break
    case .scaleOut(let capacity, _, let effectiveAt):
      resources[position].pending[axis].append(
        PendingCapacity(units: capacity, effectiveAt: effectiveAt))
      note(
        .scaledOut, position, at: effectiveAt, "\(limit) → \(capacity) \(unit) \(why)")
    case .scaleIn(let capacity, _, let effectiveAt):
      resources[position].pending[axis].append(
        PendingCapacity(units: capacity, effectiveAt: effectiveAt))
      note(
        .scaledIn, position, at: effectiveAt, "\(limit) → \(capacity) \(unit) \(why)")
    case .blocked(.decreaseAllowance):
      if wasRefused { break }
      note(
        .scaleInRefused, position, at: now,
        "\(limit) \(unit) stay: no decrease left, with \(used) \(unit)/s used")
    }
  }

  /// Notes the first throttle of a resource and axis.
  mutating func noteFirstThrottle(
    _ position: Int, _ axis: CapacityAxis, _ cause: ThrottleCause, at now: Instant
  ) {
    let isIndex = resources[position].index != nil
    let reason = ThrottlingReason(isIndex: isIndex, axis: axis, cause: cause)
    let limit = resources[position].admission.currentLimit(axis)
    note(
      .firstThrottle, position, at: now,
      "\(reason.apiName) at a limit of \(limit) \(axis == .read ? "RCU" : "WCU")/s")
    guard cause == .provisionedThroughputExceeded else { return }
    note(
      .burstExhausted, position, at: now,
      "the \(ServiceConstants.burstSeconds) s of burst capacity are spent")
  }

  private mutating func note(_ event: AdmissionEvent, resource: Int, at now: Instant) {
    switch event {
    case .splitStarted: break
    case .split(let partition, let child, _, let cause):
      let why = cause == .heat ? "heat" : "size"
      note(.split, resource, at: now, "partition \(partition) split for \(why); new: \(child)")
    case .splitRefused(let partition, let refusal):
      note(
        .splitRefused, resource, at: now,
        "partition \(partition) is hot but not split: \(Self.words(refusal))")
    case .onDemandGrew(let axis, let from, let to, let cause):
      let unit = axis == .read ? "RRU" : "WRU"
      let why =
        switch cause {
        case .previousPeak: "a higher peak is 30 minutes old"
        case .pressure: "traffic pressed against the limit until partitions had split"
        case .warmThroughput: "warm throughput was raised"
        }
      note(.onDemandGrew, resource, at: now, "\(from) → \(to) \(unit)/s: \(why)")
    }
  }

  private static func words(_ refusal: SplitRefusal) -> String {
    switch refusal {
    case .hotKey: "one item has most of its traffic"
    case .increasingKeys: "its keys only ever increase"
    case .localSecondaryIndex: "a local secondary index keeps its item collection whole"
    case .narrowRange: "its range cannot be cut further"
    }
  }

  private mutating func note(
    _ kind: CapacityEvent.Kind, _ position: Int, at now: Instant, _ text: String
  ) {
    guard events.count < Self.eventLimit else { return }
    events.append(
      CapacityEvent(
        at: now, kind: kind, resource: resources[position].label(home: home), text: text))
  }

  /// Events kept in a record; a run that makes more tells the same story again and again.
  static let eventLimit = 10_000

  // MARK: End of the run

  /// Closes what is open and makes the record.
  consuming func finish(at now: Int64, interrupted: Bool) -> RunRecord {
    let elapsed = Nanoseconds(now)
    for position in 0..<resources.count {
      _ = resources[position].meters.read.secondEnded()
      _ = resources[position].meters.write.secondEnded()
    }
    if secondsDone % 60 != 0 || secondsDone == 0 || now % 60_000_000_000 != 0 {
      minuteEnded(at: Instant(nanoseconds: now))
    }
    gatherFirsts()
    var record = RunRecord(
      seed: seed, duration: elapsed, warmUp: Nanoseconds(min(warmUp, now)))
    record.interrupted = interrupted
    for operation in 0..<records.count {
      var row = records[operation]
      row.unfinished = row.requests - row.succeeded - row.failed
      record.operations.append(row)
    }
    for position in 0..<resources.count { record.resources.append(resourceRecord(position, now)) }
    record.cache = cache.map { CacheRecord($0) }
    // A change that would have come into force later did not happen in this run.
    record.events = events.filter { $0.at.nanoseconds <= now }.sorted { $0.at < $1.at }
    record.latencyPerMinute = latencyPerMinute
    if now >= intervals.nextEnd.count { closeInterval() }
    intervals.finish()
    record.intervals = intervals
    record.processedEvents = requestCount + Int64(calendar.scheduled)
    return record
  }

  private func resourceRecord(_ position: Int, _ now: Int64) -> ResourceRecord {
    let resource = resources[position]
    var record = ResourceRecord(
      table: resource.table, index: resource.index, region: resource.region,
      isOnDemand: resource.isOnDemand)
    record.read = resource.meters.read.series
    record.write = resource.meters.write.series
    record.partitions = resource.admission.partitions.inOrder.map { partition in
      let counts = resource.admission.partitions.statistics(of: partition)
      return PartitionRecord(
        rangeStart: counts.rangeStart, rangeEnd: counts.rangeEnd,
        consumedRead: counts.read.consumed, consumedWrite: counts.write.consumed,
        throttles: counts.read.throttles + counts.write.throttles,
        peakReadSecond: counts.read.peakSecond.halves,
        peakWriteSecond: counts.write.peakSecond.halves, createdAt: counts.createdAt)
    }
    setData(&record, position)
    record.hotKeys = hotKeys(resource)
    record.timeToLiveDeletes = resource.timeToLiveDeletes
    record.streamRecords = resource.streamRecords
    record.captureUnits = resource.captureUnits
    record.replicatedWrites = resource.replicated
    record.sentWrites = resource.sent
    if let consumers = resource.consumers, resource.index == nil, resource.region == home {
      let spec = scenario.tables.first { $0.name == resource.table }?.stream
      record.streamReads =
        consumers.calls(of: resource.admission.partitions, until: now)
        * Int64(spec?.payingConsumers ?? 0)
    }
    return record
  }

  /// Items and bytes: replicas hold what the home region holds; an index its share of the items.
  private func setData(_ record: inout ResourceRecord, _ position: Int) {
    let resource = resources[position]
    record.itemsAtStart = resource.itemsAtStart
    record.bytesAtStart = ByteCount(resource.bytesAtStart)
    record.itemsAtEnd = resource.itemsAtStart
    record.bytesAtEnd = ByteCount(resource.bytesAtStart)
    for table in 0..<tables.count where tables[table].name == resource.table {
      let spec = scenario.tables[table]
      if let name = resource.index {
        guard let index = spec.globalIndexes.first(where: { $0.name == name }) else { continue }
        let items = Int64(Double(tables[table].liveItems) * min(1, max(0, index.share)))
        record.itemsAtEnd = items
        record.bytesAtEnd = ByteCount(items * Int64(index.entrySize ?? tables[table].meanSize))
      } else {
        record.itemsAtEnd = tables[table].liveItems
        record.bytesAtEnd = ByteCount(tables[table].bytes)
      }
    }
  }

  /// Share of a resource's units below which a key is not worth a line.
  static let hotKeyShareMin = 0.001

  /// The keys that certainly had much of the traffic: the sketch's lower bounds, so that evenly
  /// spread traffic shows no hot keys at all.
  private func hotKeys(_ resource: SimulatedResource) -> [HotKey] {
    let attribute = scenario.tables.first { $0.name == resource.table }.map { spec in
      spec.globalIndexes.first { $0.name == resource.index }?.key.partition.name
        ?? spec.key.partition.name
    }
    let total = max(1, resource.units.total)
    let certain = resource.units.heaviest(64).map { entry in
      let throttles = resource.throttles.entry(for: entry.key)
      return HotKey(
        key: "\(attribute ?? "key")-\(entry.key)", units: entry.weight - entry.error,
        throttles: throttles.weight - throttles.error,
        share: Double(entry.weight - entry.error) / Double(total))
    }
    return Array(
      certain.filter { $0.share >= Self.hotKeyShareMin }
        .sorted { ($1.units, $0.key) < ($0.units, $1.key) }.prefix(10))
  }
}
