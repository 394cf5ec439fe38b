// How often provisioned throughput may be lowered.
//
// Per table and per index separately: 4 decreases are available when a UTC day starts, one more
// comes with each further hour, at most 4 are banked; so 27 a day at most (capacity.md 3.1, A;
// X14).

public import Units

/// The decreases one table or index has left.
public struct DecreaseAllowance: Hashable, Sendable {
  private static let hoursPerDay: Int64 = 24

  private var banked = ServiceConstants.decreasesBanked
  /// Whole UTC hours, counted from the midnight before the run, that have been credited.
  private var creditedHour: Int64
  private let startOfRun: Nanoseconds

  /// `timeOfDay` is the UTC time of day at the start of the run, when all four are available.
  public init(timeOfDay: Nanoseconds = .zero) {
    startOfRun = timeOfDay
    creditedHour = timeOfDay.count / Nanoseconds.hours(1).count
  }

  /// Decreases that could be made at `now`.
  public func available(at now: Instant) -> Int {
    var copy = self
    copy.credit(at: now)
    return copy.banked
  }

  /// Uses one decrease; false, and nothing used, when none is left.
  public mutating func take(at now: Instant) -> Bool {
    credit(at: now)
    guard banked > 0 else { return false }
    banked -= 1
    return true
  }

  private mutating func credit(at now: Instant) {
    let hour = (now.nanoseconds + startOfRun.count) / Nanoseconds.hours(1).count
    guard hour > creditedHour else { return }
    let isNewDay = hour / Self.hoursPerDay > creditedHour / Self.hoursPerDay
    let full = Int64(ServiceConstants.decreasesBanked)
    let earned = isNewDay ? full : hour - creditedHour
    banked = Int(min(full, Int64(banked) + earned))
    creditedHour = hour
  }
}
