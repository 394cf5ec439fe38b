// How much an on-demand table or index serves on one axis, and how that grows.
//
//   limit = min(quota, configured maximum, capability)
//   capability = max(warm throughput, 2 x previous peak, what pressure has grown)
//
// The previous peak is the highest sustained level that was reached at least 30 minutes ago
// (capacity.md 4: doubling and the 30-minute rule; 50,000 -> 100,000 -> 200,000). Traffic that
// keeps pressing against the capability makes the service split partitions before that; when all
// do, the capability doubles. How long pressure must last and how long the splits take are the
// settings of split for heat, since the service publishes neither. Nothing ever shrinks (X17).
//
// Driven by a tick with the total consumed so far; nothing here is on a request's path.

public import Units

/// What raised an on-demand limit.
public enum OnDemandGrowth: Hashable, Sendable {
  /// A sustained level grew old enough to count as the previous peak.
  case previousPeak
  /// Traffic pressed against the limit until the partitions had split.
  case pressure
  /// The warm throughput was raised.
  case warmThroughput
}

/// The on-demand limit of one axis of a table or index; all levels in units/s.
public struct OnDemandScaling: Hashable, Sendable {
  private struct Level: Hashable {
    var reachedAt: Instant
    var units: Int
  }

  public private(set) var warm: Int
  /// Highest sustained level old enough to count.
  public private(set) var previousPeak = 0
  /// What pressure has grown.
  private(set) var grown = 0
  public var quota: Int
  /// MaxRead- or MaxWriteRequestUnits; nil when none is configured.
  public var maximum: Int?

  private let settings: CapacitySettings
  /// Sustained levels not yet old enough, oldest first.
  private var young: [Level] = []
  private var windowStart: Instant
  private var windowTotal: CapacityUnits
  private var lastTick: Instant
  private var lastTotal: CapacityUnits
  private var pressedFor = Nanoseconds.zero
  private var growthReadyAt: Instant?
  private var growthTarget = 0

  /// - Parameters:
  ///   - warm: units/s served from the start; 12,000 reads and 4,000 writes for a new table.
  ///   - consumed: total consumed when the mode begins.
  public init(
    warm: Int, quota: Int, maximum: Int? = nil, settings: CapacitySettings,
    consumed: CapacityUnits = .zero, at start: Instant = .start
  ) {
    self.warm = warm
    self.quota = quota
    self.maximum = maximum
    self.settings = settings
    windowStart = start
    windowTotal = consumed
    lastTick = start
    lastTotal = consumed
  }

  /// What the partitions carry, before quota and configured maximum.
  public var capability: Int {
    max(warm, ServiceConstants.onDemandPeakFactor * previousPeak, grown)
  }

  public var limit: Int { min(quota, maximum ?? .max, capability) }

  /// The cause a refusal at the limit has: the configured maximum, the quota, or else the key
  /// range, as for a table that is still scaling (capacity.md 3.4).
  public var cause: ThrottleCause {
    if let maximum, maximum <= min(quota, capability) { return .maxOnDemandThroughputExceeded }
    return quota <= capability ? .accountLimitExceeded : .keyRangeThroughputExceeded
  }

  /// Takes up what a restart kept.
  mutating func recall(_ memory: AxisMemory) {
    warm = max(warm, memory.warm)
    previousPeak = max(previousPeak, memory.previousPeak)
    grown = max(grown, memory.grown)
  }

  /// Pre-warming: raises the warm throughput, never lowers it.
  public mutating func raiseWarm(to units: Int) { warm = max(warm, units) }

  /// Takes in the total consumed until `now`; tells what raised the capability, if anything did.
  public mutating func tick(consumed total: CapacityUnits, at now: Instant) -> OnDemandGrowth? {
    guard now > lastTick else { return nil }
    let before = capability
    closeWindow(total, now)
    recognisePeak(now)
    let afterPeak = capability
    if settings.splitForHeat { press(total, now) }
    lastTick = now
    lastTotal = total
    if capability > afterPeak { return .pressure }
    return afterPeak > before ? .previousPeak : nil
  }

  /// Units/s of `amount` over `span`, rounded down.
  private static func perSecond(_ amount: CapacityUnits, over span: Nanoseconds) -> Int {
    Int(Int128(amount.halves) * Int128(BucketRate.grainsPerHalf) / (2 * Int128(span.count)))
  }

  private mutating func closeWindow(_ total: CapacityUnits, _ now: Instant) {
    let span = now - windowStart
    guard span >= settings.onDemandSustained, span > .zero else { return }
    let units = Self.perSecond(total - windowTotal, over: span)
    if units > previousPeak {
      young.append(Level(reachedAt: now, units: units))
    }
    windowStart = now
    windowTotal = total
  }

  private mutating func recognisePeak(_ now: Instant) {
    var aged = 0
    while aged < young.count, now - young[aged].reachedAt >= settings.onDemandPeakAfter {
      previousPeak = max(previousPeak, young[aged].units)
      aged += 1
    }
    if aged > 0 { young.removeFirst(aged) }
  }

  private mutating func press(_ total: CapacityUnits, _ now: Instant) {
    if let readyAt = growthReadyAt, now >= readyAt {
      grown = max(grown, growthTarget)
      growthReadyAt = nil
      pressedFor = .zero
    }
    let elapsed = now - lastTick
    let pressing = Double(capability) * settings.splitThreshold
    let isPressing = Double(Self.perSecond(total - lastTotal, over: elapsed)) >= pressing
    pressedFor = isPressing ? pressedFor + elapsed : max(.zero, pressedFor - elapsed)
    guard isPressing, growthReadyAt == nil, pressedFor >= settings.splitAfter else { return }
    growthReadyAt = now + settings.splitDuration
    growthTarget = capability * 2
  }

  /// Warm throughput of a table that turns from provisioned to on-demand: at least the highest ever
  /// provisioned and at least a new table's 4,000 writes and 12,000 reads (capacity.md 4).
  public static func warmAfterSwitch(highestProvisioned: WarmThroughput) -> WarmThroughput {
    let floor = ServiceConstants.newOnDemandThroughput
    return WarmThroughput(
      readUnitsPerSecond: max(floor.readUnitsPerSecond, highestProvisioned.readUnitsPerSecond),
      writeUnitsPerSecond: max(floor.writeUnitsPerSecond, highestProvisioned.writeUnitsPerSecond))
  }
}
