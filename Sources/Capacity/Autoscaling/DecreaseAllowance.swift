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

  /// Takes up how many decreases were left `elapsed` before the start of the run.
  public mutating func recall(available left: Int, after elapsed: Nanoseconds) {
    banked = min(max(left, 0), ServiceConstants.decreasesBanked)
    let hour = Nanoseconds.hours(1).count
    let then = startOfRun.count - max(elapsed, .zero).count
    creditedHour = then >= 0 ? then / hour : (then - hour + 1) / hour
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
    // Rounded down also before the day of the start.
    func day(_ hour: Int64) -> Int64 {
      (hour - (hour < 0 ? Self.hoursPerDay - 1 : 0)) / Self.hoursPerDay
    }
    let isNewDay = day(hour) > day(creditedHour)
    let full = Int64(ServiceConstants.decreasesBanked)
    let earned = isNewDay ? full : hour - creditedHour
    banked = Int(min(full, Int64(banked) + earned))
    creditedHour = hour
  }
}
