// Time to live by count: how many of the items created in each minute expire, and when.

import Scenarios
import Units

/// Items on their way to expiry, minute by minute.
struct ExpiryQueue {
  private let delayMinutes: Int
  private let share: Double
  private var created: [Int64] = []
  private var minute = 0

  /// nil: the table has no time to live and nothing ever expires.
  init(_ spec: TimeToLiveSpec?) {
    share = spec?.share ?? 0
    let delay = spec.map { ($0.after + $0.deletionLag).count } ?? 0
    delayMinutes = max(1, Int((delay + 59_999_999_999) / 60_000_000_000))
  }

  /// Takes in the items created in the minute that ends; returns how many are deleted now.
  mutating func minuteEnded(created count: Int64) -> Int64 {
    guard share > 0 else { return 0 }
    created.append(Int64((Double(count) * share).rounded()))
    minute += 1
    return minute > delayMinutes ? created[minute - delayMinutes - 1] : 0
  }
}
