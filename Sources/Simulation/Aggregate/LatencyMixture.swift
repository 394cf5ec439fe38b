// Response latencies of many requests as a mixture: by operation and by the attempt that ended it.
//
// A request that succeeds at attempt a waited for a - 1 refusals, as many back-offs and one service
// time. Each of these classes is drawn once as a shape over logarithmic bins; a minute's latencies
// are the shapes weighted by how many requests ended in each class. What it leaves out: that waits
// of one attempt and load of the moment may hang together.

import Clients
import Randomness
import Results
import Statistics
import Units

/// Latencies of a class as shares of logarithmic bins.
struct LatencyShape {
  /// Bins per doubling: neighbours differ by 1.1 %.
  static let perOctave = 64
  /// From a microsecond to about an hour.
  static let octaves = 32
  static let lowest = 1_000.0
  static let bins = perOctave * octaves

  /// Occupied bins, lowest first.
  private(set) var first = 0
  private(set) var shares: [Double] = []

  /// The bin of a latency in ns.
  static func bin(_ latency: Double) -> Int {
    guard latency > lowest else { return 0 }
    let octave = Portable.log(latency / lowest) * 1.4426950408889634
    return min(bins - 1, Int(octave * Double(perOctave)))
  }

  /// The middle of a bin, in ns.
  static func value(_ bin: Int) -> Int64 {
    Int64(lowest * Portable.exp((Double(bin) + 0.5) / Double(perOctave) * 0.6931471805599453))
  }

  init(_ latencies: [Double]) {
    guard !latencies.isEmpty else { return }
    let places = latencies.map(Self.bin)
    first = places.min() ?? 0
    shares = Array(repeating: 0, count: (places.max() ?? 0) - first + 1)
    for place in places { shares[place - first] += 1 / Double(latencies.count) }
  }
}

/// Shapes of every way in which the requests of one operation end.
struct OperationLatency {
  /// Success at attempt 1, 2, …
  private(set) var succeeded: [LatencyShape] = []
  /// Given up after attempt 1, 2, …
  private(set) var failed: [LatencyShape] = []
  /// The last attempt alone, when it succeeds.
  let attempt: LatencyShape

  /// Requests drawn per class.
  static let draws = 4_000

  init(
    _ sample: OperationSample, policy: RetryPolicy, attempts: Int, service: ServiceTime,
    seed: UInt64
  ) {
    let served = sample.latencies
    var service = service
    attempt = LatencyShape(
      stride(from: 0, to: served.count, by: max(1, served.count / (Self.draws * 4))).map {
        Double(served[$0])
      })
    var generator = Generator(seed: seed, stream: 0x4C41, index: 0)
    var waited = Array(repeating: 0.0, count: Self.draws)
    for number in 1...attempts {
      var ends = waited
      if !served.isEmpty {
        for draw in ends.indices {
          ends[draw] += Double(served[Int(generator.below(UInt64(served.count)))])
        }
      }
      succeeded.append(number == 1 ? attempt : LatencyShape(ends))
      for draw in waited.indices { waited[draw] += Double(service.refused(using: &generator)) }
      failed.append(LatencyShape(waited))
      for draw in waited.indices {
        let wait = policy.delay(
          after: .throttled, attempt: number, previousDelay: .zero, using: &generator)
        waited[draw] += Double(wait.count)
      }
    }
  }
}

/// Counts of latencies by bin.
struct LatencyMixture {
  private var counts = Array(repeating: 0.0, count: LatencyShape.bins)
  private(set) var total = 0.0
  private var low = LatencyShape.bins
  private var high = 0

  mutating func add(_ count: Double, of shape: LatencyShape) {
    guard count > 0, !shape.shares.isEmpty else { return }
    total += count
    low = min(low, shape.first)
    high = max(high, shape.first + shape.shares.count)
    for place in shape.shares.indices { counts[shape.first + place] += count * shape.shares[place] }
  }

  mutating func reset() {
    for bin in low..<max(low, high) { counts[bin] = 0 }
    total = 0
    low = LatencyShape.bins
    high = 0
  }

  /// Percentiles of a minute.
  func minute() -> LatencyMinute {
    let levels = [0.5, 0.9, 0.99, 0.999]
    var found = [Int64](repeating: 0, count: 4)
    var sum = 0.0
    var level = 0
    for bin in low..<max(low, high) where level < 4 {
      sum += counts[bin]
      while level < 4, sum >= levels[level] * total, total > 0 {
        found[level] = LatencyShape.value(bin)
        level += 1
      }
    }
    return LatencyMinute(
      p50: found[0], p90: found[1], p99: found[2], p999: found[3],
      ended: Int64(total.rounded()))
  }

  /// Puts the counts, rounded so that they add up to `count`, into a histogram.
  func fill(_ histogram: inout Histogram, count: Int64) {
    var sum = 0.0
    var given: Int64 = 0
    for bin in low..<max(low, high) where counts[bin] > 0 {
      sum += counts[bin]
      let upTo = min(count, Int64((sum / total * Double(count)).rounded()))
      histogram.record(LatencyShape.value(bin), times: upTo - given)
      given = upTo
    }
  }
}
