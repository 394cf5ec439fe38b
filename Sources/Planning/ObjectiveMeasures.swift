// What an objective measures in one run, or in a stretch of one.
//
// The same quantities serve the verdicts of `plan` and `load` and the abort rules of a load test in
// progress: totals of the whole run, or sums of neighbouring intervals.

import Results
import Scenarios
import Statistics
import Units

/// One operation's counts and latencies over some time.
struct OperationTotals {
  var name: String
  var requests: Int64
  var succeeded: Int64
  var failed: Int64
  var throttled: Int64
  var timedOut: Int64
  var attempts: Int64
  var response: Histogram

  init(_ record: OperationRecord) {
    name = record.name
    requests = record.requests
    succeeded = record.succeeded
    failed = record.failed
    throttled = record.throttled
    timedOut = record.timedOut
    attempts = record.attempts
    response = record.response
  }

  /// The sum of neighbouring intervals.
  init(_ name: String, _ intervals: ArraySlice<OperationInterval>) {
    self.name = name
    requests = intervals.reduce(0) { $0 + $1.requests }
    succeeded = intervals.reduce(0) { $0 + $1.succeeded }
    failed = intervals.reduce(0) { $0 + $1.failed }
    throttled = intervals.reduce(0) { $0 + $1.throttled }
    timedOut = intervals.reduce(0) { $0 + $1.timedOut }
    attempts = intervals.reduce(0) { $0 + $1.attempts }
    response = intervals.reduce(into: Histogram()) { $0.merge($1.response) }
  }

  func count(_ counter: Counter) -> Int64 {
    switch counter {
    case .requests: requests
    case .succeeded: succeeded
    case .throttled: throttled
    case .failed: failed
    case .attempts: attempts
    case .timeouts: timedOut
    case .retries: max(0, attempts - requests)
    }
  }
}

extension Measure {
  /// The operation that the measure is limited to.
  var operation: String? {
    switch self {
    case .latencyPercentile(_, let name), .latencyMean(let name), .latencyMax(let name),
      .ratio(_, _, let name), .count(_, let name):
      name
    case .monthlyCost, .cacheHitRatio: nil
    }
  }

  /// The quantity of some operations in its unit; nil when there was nothing to measure, and for
  /// what is not of operations.
  func value(of all: [OperationTotals]) -> Double? {
    let rows = all.filter { operation == nil || $0.name == operation }
    func sum(_ counter: Counter) -> Int64 { rows.reduce(0) { $0 + $1.count(counter) } }
    func latency(_ quantity: (Histogram) -> Double) -> Double? {
      let merged = rows.reduce(into: Histogram()) { $0.merge($1.response) }
      return merged.count == 0 ? nil : quantity(merged) / 1e9
    }
    switch self {
    case .latencyPercentile(let percentile, _):
      return latency { Double($0.value(atPercentile: percentile)) }
    case .latencyMean: return latency(\.mean)
    case .latencyMax: return latency { Double($0.max) }
    case .ratio(let part, let whole, _):
      return sum(whole) == 0 ? nil : Double(sum(part)) / Double(sum(whole))
    case .count(let counter, _): return Double(sum(counter))
    case .monthlyCost, .cacheHitRatio: return nil
    }
  }
}

extension RunRecord {
  /// All operations over the measured part.
  var totals: [OperationTotals] { operations.map(OperationTotals.init) }

  /// All operations over some of the intervals.
  func totals(of range: Range<Int>) -> [OperationTotals] {
    zip(operations, intervals.operations).map { OperationTotals($0.name, $1[range]) }
  }

  /// Intervals that make a window of at least `length`.
  func intervals(in length: Nanoseconds) -> Int {
    Int((length.count + intervals.length.count - 1) / intervals.length.count)
  }

  /// The worst value of a measure over all windows of an objective, each one interval later than
  /// the one before; nil when no window had anything to measure.
  func worst(_ objective: Objective, over window: Nanoseconds) -> Double? {
    let width = intervals(in: window)
    guard intervals.count >= width else { return objective.measure.value(of: totals) }
    let values = (0...intervals.count - width).compactMap { start in
      objective.measure.value(of: totals(of: start..<start + width))
    }
    switch objective.comparison {
    case .less, .lessOrEqual: return values.max()
    case .greater, .greaterOrEqual: return values.min()
    }
  }
}
