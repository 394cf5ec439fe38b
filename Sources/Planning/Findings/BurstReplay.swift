// What capacity a demand needs, found by replaying it through the service's own burst rule.
//
// A provisioned table keeps up to 300 s of unused capacity (capacity.md 3.1). The replay works on
// the per-minute demand: inside a minute demand is taken as even, so the answer is a floor, and the
// report says so. As for the bill the run is taken to repeat, so capacity that only lasts until the
// burst of the start is spent does not count: the mean must fit, and a second pass must hold too.

import Capacity

/// Replays per-minute demand through a 300-second burst bucket.
struct BurstReplay {
  /// Half-units asked for in each minute.
  let demand: [Int64]
  /// Share of the burst in the bucket at the start, 0...1.
  let initialBurst: Double

  /// Whether `unitsPerSecond` carries the demand, again and again, without the bucket running dry.
  ///
  /// Two passes decide: with the mean within the rate, the second one starts from a level that a
  /// third would start from or above. O(minutes).
  func holds(at unitsPerSecond: Int) -> Bool {
    let rate = Int64(unitsPerSecond) * 2 * 60
    let capacity = Int64(unitsPerSecond) * 2 * Int64(ServiceConstants.burstSeconds)
    guard demand.reduce(0, +) <= rate * Int64(demand.count) else { return false }
    var level = Int64(Double(capacity) * initialBurst)
    for _ in 0..<2 {
      for units in demand {
        level += rate - units
        if level < 0 { return false }
        level = min(level, capacity)
      }
    }
    return true
  }

  /// Smallest units/s that holds; 1 at least. O(minutes x log peak).
  ///
  /// Ten minutes in turn at 0 and at 150 units/s with an empty bucket: 10 x 150 <= 10 r + 5 r, so
  /// 100; the mean alone would ask for 75.
  func leastCapacity() -> Int {
    var low = 1
    var high = peakMinute
    while low < high {
      let middle = (low + high) / 2
      if holds(at: middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Units/s with which no minute needs burst.
  var peakMinute: Int { max(1, Int(((demand.max() ?? 0) + 119) / 120)) }
}
