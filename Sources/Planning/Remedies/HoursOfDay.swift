// The hours of a day in which a limit throttles: what a scheduled action can be aimed at.
//
// A quarter of an hour is left before the first refusal, which is more than UpdateTable takes, and
// after the last one, where what is rising may still rise. Times are UTC, as the run's are.

import Capacity
import Results
import Scenarios
import Units

/// A stretch of every day that does not cross midnight.
struct HoursOfDay: Hashable, Sendable {
  /// A time of day in whole minutes, written "05:20".
  struct Clock: Hashable, Sendable, CustomStringConvertible {
    var minute: Int

    var time: Nanoseconds { .minutes(Int64(minute)) }
    var description: String { two(minute / 60) + ":" + two(minute % 60) }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
  }

  var from: Clock
  var until: Clock

  /// Minutes of the day that a stretch may span: longer ones are no peak.
  private static let longest = 4 * 60

  /// The stretch around all minutes of all replications in which provisioned capacity was refused;
  /// nil when it is long or touches midnight, or when actions are scheduled already.
  ///
  /// Refusals at 05:03 and 05:04: from 04:45 to 05:20.
  init?(of context: FindingContext, _ position: Int, _ axis: CapacityAxis) {
    let policy = context.policy(of: context.record.resources[position], axis)
    guard policy?.schedule.isEmpty == true else { return nil }
    let cause = ThrottleCause.provisionedThroughputExceeded.rawValue
    let start = Int(context.scenario.run.startOfWeekSeconds / 60)
    let minutes = context.series(position, axis).flatMap { series in
      series.throttles[cause].enumerated().filter { $0.element > 0 }
        .map { (start + $0.offset) % (24 * 60) }
    }
    guard let first = minutes.min(), let last = minutes.max(), last - first <= Self.longest,
      first >= 15, last < 24 * 60 - 20
    else { return nil }
    from = Clock(minute: (first - 15) / 5 * 5)
    until = Clock(minute: (last + 15 + 4) / 5 * 5)
  }
}
