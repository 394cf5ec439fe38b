// A token bucket in exact integers, refilled lazily, that may be overdrawn.
//
// The service does not know what a read or an update costs before it has run, so a request is
// admitted when tokens are positive and its actual cost is deducted afterwards; the level may go
// below zero and later requests wait for the debt to be repaid (capacity.md 3.2).
//
// Tokens are counted in grains: 10^9 grains are half a unit, so a rate of r units/s is exactly 2r
// grains per nanosecond and no refill ever rounds. Invariant over any sequence of calls:
//   level at start + granted by time = spent + level now + discarded at the cap.
// The long-run admitted rate therefore equals the rate to the grain.
//
// It is not a queue: it never holds a request back, it only says yes or no and how far off yes is.

public import Units

/// Speed and depth of a bucket; shared by all partitions of a table and axis.
struct BucketRate: Hashable, Sendable {
  /// Grains per half-unit.
  static let grainsPerHalf: Int64 = 1_000_000_000
  /// Highest rate in units/s; keeps every product below in range.
  static let unitsMax = 10_000_000
  /// Deepest bucket: half the range, so that capacity minus any debt fits too.
  static let capacityMax = Int64.max / 2

  var grainsPerNanosecond: Int64
  /// Level above which refill is discarded: at least one grain, but none at rate 0.
  var capacity: Int64

  /// `unitsPerSecond` is clamped to 0...10,000,000; a depth of 0 leaves room for one grain, which
  /// paces requests without any burst.
  init(unitsPerSecond: Int, depth: Nanoseconds) {
    let units = min(max(unitsPerSecond, 0), Self.unitsMax)
    grainsPerNanosecond = Int64(units) * 2
    let (product, overflow) = grainsPerNanosecond.multipliedReportingOverflow(by: depth.count)
    let room = overflow ? Self.capacityMax : min(product, Self.capacityMax)
    capacity = max(room, min(grainsPerNanosecond, 1))
  }
}

/// What a bucket holds, in grains, as of an instant.
struct BucketLevel: Hashable, Sendable {
  var grains: Int64
  var refilledAt: Instant

  /// Adds what the time since the last refill grants; time that stands still or runs back grants 0.
  @inline(__always)
  mutating func refill(at now: Instant, _ rate: BucketRate) {
    let elapsed = now.nanoseconds - refilledAt.nanoseconds
    guard elapsed > 0 else { return }
    // A product beyond the range exceeds every capacity minus every debt: the bucket is full.
    let (granted, beyond) = elapsed.multipliedReportingOverflow(by: rate.grainsPerNanosecond)
    let (sum, over) = grains.addingReportingOverflow(granted)
    grains = beyond || over || sum > rate.capacity ? rate.capacity : sum
    refilledAt = now
  }

  /// Half-units, rounded up to whole ones, that lift the level above `floor` (at least one).
  func shortfall(above floor: Int64) -> CapacityUnits {
    CapacityUnits(halves: (floor - grains) / BucketRate.grainsPerHalf + 1)
  }

  /// Time until the level is above `floor`; zero when it is, the longest span at rate 0.
  func timeUntil(above floor: Int64, _ rate: BucketRate) -> Nanoseconds {
    if grains > floor { return .zero }
    if rate.grainsPerNanosecond == 0 { return Nanoseconds(.max) }
    return Nanoseconds((floor - grains) / rate.grainsPerNanosecond + 1)
  }
}

/// A bucket of capacity units with a rate in units/s and a depth in seconds of it.
///
/// Worked value: 150 units/s, 300 s deep, idle for 5 min holds 45,000 units; a load of 200 units/s
/// then runs 45,000 / (200 - 150) = 900 s (capacity.md 3.1).
public struct TokenBucket: Hashable, Sendable {
  var rate: BucketRate
  var level: BucketLevel

  /// - Parameters:
  ///   - unitsPerSecond: refill rate, 0...10,000,000.
  ///   - depth: capacity as a span at that rate.
  ///   - filled: share of the capacity held at `start`, clamped to 0...1.
  public init(
    unitsPerSecond: Int, depth: Nanoseconds, filled: Double = 1, at start: Instant = .start
  ) {
    rate = BucketRate(unitsPerSecond: unitsPerSecond, depth: depth)
    level = BucketLevel(grains: Self.share(filled, of: rate.capacity), refilledAt: start)
  }

  static func share(_ filled: Double, of capacity: Int64) -> Int64 {
    if filled >= 1 { return capacity }
    return filled > 0 ? Int64(Double(capacity) * filled) : 0
  }

  /// Units/s.
  public var unitsPerSecond: Int { Int(rate.grainsPerNanosecond / 2) }

  /// What the bucket holds when full, rounded down to half-units.
  public var capacity: CapacityUnits {
    CapacityUnits(halves: rate.capacity / BucketRate.grainsPerHalf)
  }

  /// What the bucket holds after a refill at `now`, rounded down to half-units; negative as debt.
  public func available(at now: Instant) -> CapacityUnits {
    var current = level
    current.refill(at: now, rate)
    let whole = current.grains / BucketRate.grainsPerHalf
    let isBelow = current.grains < 0 && whole * BucketRate.grainsPerHalf != current.grains
    return CapacityUnits(halves: isBelow ? whole - 1 : whole)
  }

  /// Refills and tells whether a request may pass: whether tokens are above zero.
  public mutating func admits(at now: Instant) -> Bool {
    level.refill(at: now, rate)
    return level.grains > 0
  }

  /// Deducts a request's actual cost, into debt if need be.
  /// - Precondition: the debt stays below two thousand million units.
  public mutating func spend(_ units: CapacityUnits, at now: Instant) {
    level.refill(at: now, rate)
    level.grains -= units.halves * BucketRate.grainsPerHalf
  }

  /// What is missing until a request may pass, at least half a unit; zero when it may.
  public func shortfall(at now: Instant) -> CapacityUnits {
    var current = level
    current.refill(at: now, rate)
    return current.grains > 0 ? .zero : current.shortfall(above: 0)
  }

  /// Time from `now` until a request may pass; zero when it may.
  public func timeUntilAdmitting(at now: Instant) -> Nanoseconds {
    var current = level
    current.refill(at: now, rate)
    return current.timeUntil(above: 0, rate)
  }

  /// Changes rate and depth: time before `now` is granted at the old rate; tokens above the new
  /// capacity are discarded, a debt stays.
  public mutating func setRate(_ unitsPerSecond: Int, depth: Nanoseconds, at now: Instant) {
    level.refill(at: now, rate)
    rate = BucketRate(unitsPerSecond: unitsPerSecond, depth: depth)
    level.grains = min(level.grains, rate.capacity)
  }
}
