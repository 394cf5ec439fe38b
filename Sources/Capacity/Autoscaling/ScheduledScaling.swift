// Scheduled actions: bounds of a target-tracking policy that change at a time of day.
//
// At its time an action sets the policy's minimum, its maximum or both. A capacity below the
// minimum is raised to it, one above the maximum is lowered to it, without waiting for an alarm;
// one between them stays, and target tracking goes on within the new bounds (Application Auto
// Scaling User Guide, "How scheduled scaling works", A). Lowering takes one of the day's decreases
// like any other (capacity.md 3.1). Actions recur every day here; times are UTC, as the run's are.

public import Units

/// A change of a policy's bounds, every day at the same time.
public struct ScheduledScaling: Hashable, Sendable {
  /// Time since midnight.
  public var at: Nanoseconds
  /// Units/s; nil leaves the bound as it is.
  public var minimum: Int?
  public var maximum: Int?

  public init(at: Nanoseconds, minimum: Int? = nil, maximum: Int? = nil) {
    self.at = at
    self.minimum = minimum
    self.maximum = maximum
  }

  /// Whether its time lies after `from` and not after `to`, for a run that begins at `timeOfDay`.
  ///
  /// An action at 08:00 in a run from 07:30 falls into the minute that ends 30 min into it, and
  /// into that of every 24 h after.
  public func isDue(after from: Instant, upTo to: Instant, timeOfDay: Nanoseconds) -> Bool {
    days(to, timeOfDay) > days(from, timeOfDay)
  }

  /// How often its time has come since the midnight before the run, less a constant.
  private func days(_ instant: Instant, _ timeOfDay: Nanoseconds) -> Int64 {
    let day = Nanoseconds.days(1).count
    // A day ahead, so that the division rounds down also before the first time.
    return (instant.nanoseconds + timeOfDay.count + day - at.count) / day
  }
}
