// How late requests are sent at half of the rate that the generator can do, and how much of that
// lateness is the machine's.
//
// The controls are loops on the same core that keep a schedule of the same rate, while the other
// core is as busy: one does nothing when a request is due, the other computes as long as a request
// takes and talks to nobody. Where even they are late, the core was away (other processes,
// interrupts, the hypervisor), and no generator could have been in time. Runs and controls take
// turns, so that all meet the same machine. Stalls of 4 ms a second, and what they delay, are 1 %
// and then decide the 99th percentile alone, so those of the middle and of the quietest second
// stand beside it, and how long other threads had the core by the kernel's own account.

import Platform
import Randomness
import Statistics
import Units

/// Lags of a schedule, and the 99th percentile of each second.
struct ScheduleLag {
  private(set) var all = Histogram()
  private var seconds: [Int64] = []
  /// Of the processors, while it was kept.
  var processors = ProcessorTime()
  /// Of the thread that kept it.
  var thread = ThreadAccount()

  mutating func add(_ second: Histogram) {
    guard second.count > 0 else { return }
    all.merge(second)
    seconds.append(second.value(atPercentile: 99))
  }

  /// What the 99th percentile is to stay below.
  static let goal = Nanoseconds(100_000)

  var p99: Nanoseconds { Nanoseconds(all.value(atPercentile: 99)) }

  /// Seconds whose 99th percentile is below the goal.
  private var goodSeconds: Int { seconds.count { $0 < Self.goal.count } }

  /// The middle one of the seconds' 99th percentiles.
  private var middle: Nanoseconds { Nanoseconds(seconds.sorted()[seconds.count / 2]) }

  /// The least of the seconds' 99th percentiles.
  private var quietest: Nanoseconds { Nanoseconds(seconds.min() ?? 0) }

  /// The share of the time in which another thread had the core, 0...1; nil: not known.
  var away: Double? {
    let all = thread.ran + thread.waited
    return all > 0 ? Double(thread.waited) / Double(all) : nil
  }

  var text: String {
    func at(_ percentile: Double) -> Nanoseconds {
      Nanoseconds(all.value(atPercentile: percentile))
    }
    let stolen = processors.stolen.map { "; \(percentage($0)) taken by the hypervisor" } ?? ""
    let waited = away.map { ", \(percentage($0)) by other threads" } ?? ""
    return "p50 \(at(50)), p99 \(p99), max \(Nanoseconds(all.max)); p99 of the middle second"
      + " \(middle), of the quietest \(quietest), below \(Self.goal) in \(goodSeconds) of"
      + " \(seconds.count)\(stolen)\(waited)"
  }

  /// Whether the goal is met, and by whom else it is not: where the machine takes the core away, it
  /// is not the generator that is late.
  ///
  /// Whoever is away for a time t is behind for t / (1 - load) until all that fell due meanwhile is
  /// made up for, and what falls due in that time is late.
  /// - Parameter load: The share of the core that the requests take, 0...1.
  func verdict(beside computing: ScheduleLag, load: Double) -> String {
    let ratio = significant(Double(p99.count) / Double(max(1, computing.p99.count)))
    let beside = "p99 of the lag is \(ratio) times that of computing alone"
    if p99 < Self.goal { return "\(beside); goal of \(Self.goal) met" }
    let missed = "\(beside); goal of \(Self.goal) missed"
    let late = ((away ?? 0) + (processors.stolen ?? 0)) / max(0.01, 1 - load)
    if late >= 0.01 {
      return "\(missed): while others had the core and it made up for that, about"
        + " \(percentage(min(1, late))) of the requests fell due"
    }
    if computing.p99 >= Self.goal { return "\(missed), and by computing alone" }
    return "\(missed) by the generator alone"
  }

  /// Lags of Poisson arrivals on this core when each is `work` of computing.
  static func control(rate: Double, work: Nanoseconds, seconds: Int) -> ScheduleLag {
    var generator = Generator(seed: 1, stream: 0, index: 0)
    let gaps = (0..<65_536).map { _ in generator.exponential() * 1e9 / rate }
    let before = (ProcessorTime.now(), ThreadAccount.ofThisThread())
    let clock = MonotonicClock()
    var due = 0.0
    var count = 0
    var lag = ScheduleLag()
    for second in 1...max(1, seconds) {
      var lags = Histogram()
      while due < Double(second) * 1e9 {
        due += gaps[count & 65_535]
        count += 1
        var now = clock.now().nanoseconds
        while now < Int64(due) { now = clock.now().nanoseconds }
        lags.record(now - Int64(due))
        let done = now + work.count
        while now < done { now = clock.now().nanoseconds }
      }
      lag.add(lags)
    }
    lag.processors = ProcessorTime.now() - before.0
    lag.thread = ThreadAccount.ofThisThread() - before.1
    return lag
  }

  mutating func merge(_ other: ScheduleLag) {
    all.merge(other.all)
    seconds += other.seconds
    processors = processors + other.processors
    thread = thread + other.thread
  }
}
