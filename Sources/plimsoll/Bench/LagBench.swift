// How late requests are sent at half of the rate that the generator can do, and how much of that
// lateness is the machine's.
//
// The control is a loop on the same core that keeps a schedule of the same rate and has nothing to
// send: where even it is late, the core was away (other processes, interrupts, the hypervisor), and
// no generator could have been in time. Runs and controls take turns, so that both meet the same
// machine. One stall of 50 ms is 1 % of five seconds and then decides the 99th percentile alone, so
// that of the middle second stands beside it.

import LoadGeneration
import Platform
import Results
import Statistics
import Units

/// Lags of a schedule, and the 99th percentile of each second.
struct ScheduleLag {
  private(set) var all = Histogram()
  private var seconds: [Int64] = []

  mutating func add(_ second: Histogram) {
    all.merge(second)
    seconds.append(second.value(atPercentile: 99))
  }

  /// The middle one of the seconds' 99th percentiles.
  var middle: Nanoseconds { Nanoseconds(seconds.sorted()[seconds.count / 2]) }

  var text: String {
    func at(_ percentile: Double) -> Nanoseconds {
      Nanoseconds(all.value(atPercentile: percentile))
    }
    return "p50 \(at(50)), p99 \(at(99)), max \(Nanoseconds(all.max)); p99 of the middle second"
      + " \(middle)"
  }

  /// Lags of a steady schedule on this core when there is nothing to send.
  static func idle(rate: Double, seconds: Int) -> ScheduleLag {
    let clock = MonotonicClock()
    var due = 0.0
    var lag = ScheduleLag()
    for second in 1...max(1, seconds) {
      var lags = Histogram()
      while due < Double(second) * 1e9 {
        due += 1e9 / rate
        var now = clock.now().nanoseconds
        while now < Int64(due) { now = clock.now().nanoseconds }
        lags.record(now - Int64(due))
      }
      lag.add(lags)
    }
    return lag
  }

  mutating func merge(_ other: ScheduleLag) {
    all.merge(other.all)
    seconds += other.seconds
  }
}
