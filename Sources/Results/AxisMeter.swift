// Counts what one axis of a table or index consumed, was asked for and refused, second by second.
//
// The hot path only adds to a few integers; series grow by one entry at the end of a minute.

public import Capacity
public import Units

/// Running counts of one axis; fills an `AxisSeries`.
public struct AxisMeter: Sendable {
  public private(set) var series = AxisSeries()
  public private(set) var minuteConsumed: Int64 = 0
  public private(set) var minuteDemanded: Int64 = 0
  public private(set) var secondConsumed: Int64 = 0
  private var minuteThrottles = ThrottleCounts()
  private var throttledThisSecond = false
  private var stretch: Int64 = 0

  public init() {}

  /// Records `units` that were admitted.
  public mutating func consumed(_ units: CapacityUnits) {
    minuteConsumed += units.halves
    secondConsumed += units.halves
  }

  /// Records `units` that an attempt asked for, whether admitted or not.
  public mutating func demanded(_ units: CapacityUnits) { minuteDemanded += units.halves }

  /// Records a throttle event for an attempt of `units`; returns whether it is the first.
  @discardableResult
  public mutating func throttled(
    _ cause: ThrottleCause, units: CapacityUnits, at now: Instant
  ) -> Bool {
    minuteThrottles[cause] += 1
    throttledThisSecond = true
    series.refused += units.halves
    guard series.firstThrottle == nil else { return false }
    series.firstThrottle = now
    return true
  }

  /// Records a step's units; `peakSecond` is its busiest second's part.
  public mutating func step(consumed: Int64, demanded: Int64, peakSecond: Int64) {
    minuteConsumed += consumed
    minuteDemanded += demanded
    series.peakSecond = max(series.peakSecond, peakSecond)
  }

  /// Records throttle events of a step; `halves` is what the refused attempts asked for.
  public mutating func refused(
    _ cause: ThrottleCause, count: Int64, halves: Int64, at now: Instant
  ) {
    minuteThrottles[cause] += count
    throttledThisSecond = true
    series.refused += halves
    if series.firstThrottle == nil { series.firstThrottle = now }
  }

  /// Records throttle events of a row, of attempts that asked for `units` together, the first one
  /// at `now`; returns whether it is the first of all.
  public mutating func refused(
    _ counts: ThrottleCounts, units: CapacityUnits, at now: Instant
  ) -> Bool {
    minuteThrottles += counts
    throttledThisSecond = true
    series.refused += units.halves
    guard series.firstThrottle == nil else { return false }
    series.firstThrottle = now
    return true
  }

  /// Closes the second; returns the half-units consumed in it.
  @discardableResult
  public mutating func secondEnded() -> Int64 {
    let units = secondConsumed
    series.peakSecond = max(series.peakSecond, units)
    secondConsumed = 0
    if throttledThisSecond {
      series.throttledSeconds += 1
      stretch += 1
      series.longestThrottledStretch = max(series.longestThrottledStretch, stretch)
      throttledThisSecond = false
    } else {
      stretch = 0
    }
    return units
  }

  /// Closes the minute with the limit in force at its end; returns the half-units consumed in it.
  @discardableResult
  public mutating func minuteEnded(limit: Int) -> Int64 {
    let units = minuteConsumed
    series.consumed.append(units)
    series.demanded.append(minuteDemanded)
    series.limit.append(Int64(limit))
    for cause in ThrottleCause.allCases {
      series.throttles[cause.rawValue].append(minuteThrottles[cause])
    }
    minuteConsumed = 0
    minuteDemanded = 0
    minuteThrottles = ThrottleCounts()
    return units
  }
}

/// A value for each axis.
public struct AxisPair<Value> {
  public var read: Value
  public var write: Value

  public init(read: Value, write: Value) {
    self.read = read
    self.write = write
  }

  /// `@inlinable`: the simulator's loop asks several times per request.
  @inlinable public subscript(axis: CapacityAxis) -> Value {
    _read {
      if axis == .read { yield read } else { yield write }
    }
    _modify {
      if axis == .read { yield &read } else { yield &write }
    }
  }
}

extension AxisPair: Sendable where Value: Sendable {}
