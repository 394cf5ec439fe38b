// Admission of requests by one table or global secondary index: who may pass, and what it costs.
//
// A request passes when the table-level bucket of its axis and the bucket of its partition are both
// above zero; its actual units are deducted afterwards (capacity.md 3.2). Checking and consuming
// are two calls, so that a write can check the base table and every affected index before it
// consumes from any of them; a refused write consumes nothing (capacity.md 3.3). `check` counts
// refusals, `consume` counts units.
//
// Table level by mode: provisioned, rate r with 300 s of burst; on demand, the limit of
// OnDemandScaling with a burst of `onDemandBurstSeconds`. The table level answers first, so a
// request that both would refuse is reported with the table's cause.
//
// All time comes in as `now`; a check and a consumption take constant time and allocate nothing.
// Splits, growth and peaks move in `tick` only. Not here: accounts (AccountQuota), scaling policies
// (TargetTracking), what a request costs.

public import Units

/// One table or global secondary index in one region.
public struct ResourceAdmission: Sendable {
  public let isIndex: Bool
  public internal(set) var partitions: PartitionMap
  var read: AxisAdmission
  var write: AxisAdmission
  var heat: HeatTracker
  private let settings: CapacitySettings
  private var quota: WarmThroughput

  public init(
    _ resource: ResourceThroughput, settings: CapacitySettings, at start: Instant = .start
  ) {
    isIndex = resource.isIndex
    self.settings = settings
    quota = resource.quota
    let warm = Self.warm(resource)
    let bytes = resource.bytes
    let needed = PartitionMap.countNeeded(
      warm, bytes: bytes, isCombined: settings.combinedPartitionLimit)
    partitions = PartitionMap(
      count: resource.partitions ?? needed, bytes: bytes, settings: settings, at: start)
    heat = HeatTracker(
      settings: settings, keepsCollections: resource.hasLocalIndexes, at: start)
    let buffer = GlobalSecondaryIndexBuffer(
      seconds: resource.isIndex ? settings.indexBufferSeconds : 0)
    func empty(_ axis: CapacityAxis) -> AxisAdmission {
      AxisAdmission(
        axis: axis, bucket: BucketLevel(grains: 0, refilledAt: start),
        rate: BucketRate(unitsPerSecond: 0, depth: .zero), cause: .provisionedThroughputExceeded,
        limit: 0, provisionedMax: 0,
        buffer: axis == .write ? buffer : GlobalSecondaryIndexBuffer(seconds: 0))
    }
    read = empty(.read)
    write = empty(.write)
    enter(resource.mode, warm: warm, at: start)
    let filled = isOnDemand ? 1 : settings.initialBurst
    read.bucket.grains = TokenBucket.share(filled, of: read.rate.capacity)
    write.bucket.grains = TokenBucket.share(filled, of: write.rate.capacity)
    for axis in CapacityAxis.allCases {
      self[axis].routers = settings.admissionRouters.map {
        RouterTokens(count: $0, lease: settings.tokenLease)
      }
    }
    divide()
  }

  /// Divides the throughput evenly over the present partitions where settings ask for that.
  private mutating func divide() {
    for axis in CapacityAxis.allCases {
      let isDivided = !settings.adaptiveCapacity && !isOnDemand
      self[axis].shares =
        isDivided ? DividedThroughput(count: partitions.count, level: self[axis].bucket) : nil
    }
  }

  /// The stated warm throughput, but at least what is provisioned.
  private static func warm(_ resource: ResourceThroughput) -> WarmThroughput {
    switch resource.mode {
    case .onDemand:
      return resource.warmThroughput ?? ServiceConstants.newOnDemandThroughput
    case .provisioned(let read, let write):
      let stated = resource.warmThroughput
      return WarmThroughput(
        readUnitsPerSecond: max(stated?.readUnitsPerSecond ?? 0, read.units),
        writeUnitsPerSecond: max(stated?.writeUnitsPerSecond ?? 0, write.units))
    }
  }

  // MARK: - Per request

  /// Whether a request on `axis` at `position` may pass at `now`; consumes nothing, counts
  /// refusals. An eventually consistent read may go to any replica of its partition.
  @inline(__always)
  public mutating func check(
    _ axis: CapacityAxis, isEventual: Bool = false, position: UInt64, at now: Instant
  ) -> Decision {
    axis == .read
      ? read.check(&partitions, isEventual: isEventual, position: position, at: now)
      : write.check(&partitions, isEventual: false, position: position, at: now)
  }

  /// `check`, and `consume` if it passes, for a request that asks this table or index alone.
  public mutating func admit(
    _ axis: CapacityAxis, isEventual: Bool = false, units: CapacityUnits, position: UInt64,
    at now: Instant
  ) -> Decision {
    let spent = SpentUnits(halves: units.halves, position: position, isEventual: isEventual)
    return axis == .read
      ? read.admit(spent, &partitions, &heat, at: now)
      : write.admit(spent, &partitions, &heat, at: now)
  }

  /// Deducts the actual units of a request that passed, into debt if need be.
  @inline(__always)
  public mutating func consume(
    _ axis: CapacityAxis, isEventual: Bool = false, units: CapacityUnits, position: UInt64,
    at now: Instant
  ) {
    if axis == .read {
      read.consume(
        SpentUnits(halves: units.halves, position: position, isEventual: isEventual),
        &partitions, &heat, at: now)
    } else {
      write.consume(
        SpentUnits(halves: units.halves, position: position), &partitions, &heat, at: now)
    }
  }

  // MARK: - Once a second or so

  /// Moves splits, peaks and on-demand growth on to `now` and returns what happened.
  public mutating func tick(at now: Instant) -> [AdmissionEvent] {
    var events: [AdmissionEvent] = []
    heat.tick(at: now, &partitions, into: &events)
    for axis in CapacityAxis.allCases {
      guard var scaling = self[axis].scaling else { continue }
      let before = scaling.limit
      let total = CapacityUnits(halves: self[axis].consumed)
      let growth = scaling.tick(consumed: total, at: now)
      self[axis].scaling = scaling
      if let growth { grow(axis, from: before, growth, at: now, into: &events) }
    }
    return events
  }

  private mutating func grow(
    _ axis: CapacityAxis, from before: Int, _ growth: OnDemandGrowth, at now: Instant,
    into events: inout [AdmissionEvent]
  ) {
    applyOnDemand(axis, at: now)
    carryLimits(at: now)
    let after = self[axis].limit
    guard after > before else { return }
    events.append(.onDemandGrew(axis: axis, from: before, to: after, cause: growth))
  }

  // MARK: - Settings in force

  public var isOnDemand: Bool { read.scaling != nil }

  /// Units/s served at table level: provisioned, or the on-demand limit.
  public func currentLimit(_ axis: CapacityAxis) -> Int { self[axis].limit }

  /// The on-demand state of an axis; nil while provisioned.
  public func onDemand(_ axis: CapacityAxis) -> OnDemandScaling? { self[axis].scaling }

  /// Puts a provisioned value into force, as when an UpdateTable completes. Partitions double until
  /// they carry a value higher than any before. Without effect on demand.
  public mutating func setProvisioned(_ axis: CapacityAxis, units: Int, at now: Instant) {
    guard !isOnDemand else { return }
    let isHighest = units > self[axis].provisionedMax
    applyProvisioned(axis, units, at: now)
    if isHighest { carryLimits(at: now) }
  }

  /// Changes the configured on-demand maximum; nil removes it. Without effect while provisioned.
  public mutating func setOnDemandMaximum(_ axis: CapacityAxis, _ maximum: Int?, at now: Instant) {
    guard isOnDemand else { return }
    self[axis].scaling?.maximum = maximum
    applyOnDemand(axis, at: now)
  }

  /// Pre-warming has completed: partitions double until they carry `warm`; on demand the limit
  /// rises to it. Never lowers anything.
  public mutating func raiseWarmThroughput(
    to warm: WarmThroughput, at now: Instant
  ) -> [AdmissionEvent] {
    var events: [AdmissionEvent] = []
    let needed = PartitionMap.countNeeded(
      warm, bytes: .zero, isCombined: settings.combinedPartitionLimit)
    if needed > partitions.count { partitions.double(until: needed, now: now) }
    for axis in CapacityAxis.allCases where isOnDemand {
      let before = self[axis].limit
      self[axis].scaling?.raiseWarm(to: warm[axis])
      grow(axis, from: before, .warmThroughput, at: now, into: &events)
    }
    return events
  }

  /// Puts another billing mode into force, as when the switch completes (capacity.md 4): on demand
  /// starts from the highest throughput ever provisioned, at least a new table's.
  public mutating func setMode(_ mode: CapacityMode, at now: Instant) {
    let highest = WarmThroughput(
      readUnitsPerSecond: max(read.provisionedMax, read.scaling?.capability ?? 0),
      writeUnitsPerSecond: max(write.provisionedMax, write.scaling?.capability ?? 0))
    enter(mode, warm: OnDemandScaling.warmAfterSwitch(highestProvisioned: highest), at: now)
    carryLimits(at: now)
    divide()
  }

  private mutating func enter(_ mode: CapacityMode, warm: WarmThroughput, at now: Instant) {
    switch mode {
    case .onDemand(let maximumRead, let maximumWrite):
      for axis in CapacityAxis.allCases {
        self[axis].scaling = OnDemandScaling(
          warm: warm[axis], quota: quota[axis],
          maximum: axis == .read ? maximumRead : maximumWrite, settings: settings,
          consumed: CapacityUnits(halves: self[axis].consumed), at: now)
        applyOnDemand(axis, at: now)
      }
    case .provisioned(let read, let write):
      self.read.scaling = nil
      self.write.scaling = nil
      applyProvisioned(.read, read.units, at: now)
      applyProvisioned(.write, write.units, at: now)
    }
  }

  private mutating func applyProvisioned(_ axis: CapacityAxis, _ units: Int, at now: Instant) {
    self[axis].setLimit(
      units, depth: ServiceConstants.burst, .provisionedThroughputExceeded, at: now)
    self[axis].provisionedMax = max(self[axis].provisionedMax, units)
  }

  private mutating func applyOnDemand(_ axis: CapacityAxis, at now: Instant) {
    guard let scaling = self[axis].scaling else { return }
    let depth = Nanoseconds(seconds: settings.onDemandBurstSeconds)
    self[axis].setLimit(scaling.limit, depth: depth, scaling.cause, at: now)
  }

  /// Doubles the partitions until they carry both limits.
  private mutating func carryLimits(at now: Instant) {
    let limits = WarmThroughput(
      readUnitsPerSecond: isOnDemand ? min(quota[.read], capability(.read)) : read.limit,
      writeUnitsPerSecond: isOnDemand ? min(quota[.write], capability(.write)) : write.limit)
    let needed = PartitionMap.countNeeded(
      limits, bytes: .zero, isCombined: settings.combinedPartitionLimit)
    if needed > partitions.count { partitions.double(until: needed, now: now) }
  }

  private func capability(_ axis: CapacityAxis) -> Int { self[axis].scaling?.capability ?? 0 }

  // MARK: - What happened so far

  /// The reason the API gives for a refusal by this table or index.
  public func reason(_ axis: CapacityAxis, _ cause: ThrottleCause) -> ThrottlingReason {
    ThrottlingReason(isIndex: isIndex, axis: axis, cause: cause)
  }

  /// Units admitted in all. With an index buffer this counts a write when the index has taken it
  /// from the buffer.
  public func consumed(_ axis: CapacityAxis, at now: Instant) -> CapacityUnits {
    CapacityUnits(halves: self[axis].consumed) - (axis == .write ? backlog(at: now) : .zero)
  }

  /// Refusals by `cause`, of the table level and of partitions.
  public func throttles(_ axis: CapacityAxis, _ cause: ThrottleCause) -> Int64 {
    self[axis].throttles[cause]
  }

  /// Tokens of the table-level bucket at `now`, rounded toward zero; negative as debt.
  public func available(_ axis: CapacityAxis, at now: Instant) -> CapacityUnits {
    var bucket = self[axis].bucket
    bucket.refill(at: now, self[axis].rate)
    return CapacityUnits(halves: bucket.grains / BucketRate.grainsPerHalf)
  }

  /// Time until table level and partition both have tokens; zero when they do. For an index with a
  /// buffer: how long a write at `position` waits in it.
  public func timeUntilAdmitting(
    _ axis: CapacityAxis, position: UInt64, at now: Instant
  ) -> Nanoseconds {
    var bucket = self[axis].bucket
    bucket.refill(at: now, self[axis].rate)
    let partition = partitions.partition(at: position)
    return max(
      bucket.timeUntil(above: 0, self[axis].rate),
      partitions.timeUntilAdmitting(partition, axis, at: now))
  }

  /// How long a partition has been hot on balance, and when a split of it that is under way ends.
  public func heat(of partition: Int) -> (hotFor: Nanoseconds, splitReadyAt: Instant?) {
    heat.state(of: partition)
  }

  /// Index writes waiting in the buffer at `now`; zero without a buffer.
  public func backlog(at now: Instant) -> CapacityUnits {
    var bucket = write.bucket
    bucket.refill(at: now, write.rate)
    return write.buffer.backlog(bucket)
  }

  /// Adds to (or, negative, takes from) the data stored at `position`.
  public mutating func addBytes(_ bytes: Int64, position: UInt64) {
    partitions.addBytes(bytes, position: position)
  }

  // MARK: - Over a restart

  /// What to keep of the state at `now`.
  public func memory(at now: Instant) -> AdmissionMemory {
    func axis(_ axis: AxisAdmission) -> AxisMemory {
      var bucket = axis.bucket
      bucket.refill(at: now, axis.rate)
      return AxisMemory(
        grains: bucket.grains, provisionedMax: axis.provisionedMax, warm: axis.scaling?.warm ?? 0,
        previousPeak: axis.scaling?.previousPeak ?? 0, grown: axis.scaling?.grown ?? 0)
    }
    let starts = partitions.inOrder.map { partitions.ranges[$0].lowest }
    return AdmissionMemory(cuts: Array(starts.dropFirst()), read: axis(read), write: axis(write))
  }

  /// Takes up what was kept `elapsed` ago, before any data is counted; nothing that the present
  /// settings give is lost.
  public mutating func recall(
    _ memory: AdmissionMemory, after elapsed: Nanoseconds, at now: Instant
  ) {
    if memory.cuts.count >= partitions.count - 1 {
      partitions = PartitionMap(count: 1, bytes: .zero, settings: settings, at: now)
    }
    for cut in memory.cuts {
      let partition = partitions.partition(at: cut)
      guard partitions.ranges[partition].lowest < cut else { continue }
      _ = partitions.split(partition, at: cut, now: now)
    }
    for axis in CapacityAxis.allCases {
      let kept = axis == .read ? memory.read : memory.write
      self[axis].provisionedMax = max(self[axis].provisionedMax, kept.provisionedMax)
      if isOnDemand {
        self[axis].scaling?.recall(kept)
        applyOnDemand(axis, at: now)
      }
      let grains = min(kept.grains, self[axis].rate.capacity)
      self[axis].bucket = BucketLevel(grains: grains, refilledAt: now - max(elapsed, .zero))
      self[axis].bucket.refill(at: now, self[axis].rate)
    }
    divide()
  }

  subscript(axis: CapacityAxis) -> AxisAdmission {
    get { axis == .read ? read : write }
    _modify {
      if axis == .read { yield &read } else { yield &write }
    }
  }
}
