// When a load test ends before its time: objectives marked `abort`, watched while it runs.
//
// Asked at the end of every interval. An objective over a window is judged on the last such window,
// any other on all since the warm-up; a count that only grows towards its bound is judged likewise.
// A simulation is not ended: its virtual time costs nothing.

public import Results
public import Scenarios
import Units

/// Watches a run's abort rules.
public struct AbortRules: Sendable {
  private let rules: [Objective]

  public init(_ scenario: Scenario) {
    rules = scenario.objectives.filter { $0.abortAfter != nil }
  }

  /// The first rule that the run misses now; nil to go on.
  ///
  /// - Parameter record: the run so far, its operations' totals and complete intervals.
  public func missed(by record: RunRecord) -> Objective? {
    let measured = record.intervals.length * Int64(record.intervals.count)
    return rules.first { rule in
      guard let after = rule.abortAfter, measured >= after else { return false }
      var value: Double?
      if let window = rule.window {
        let width = record.intervals(in: window)
        guard record.intervals.count >= width else { return false }
        value = rule.measure.value(
          of: record.totals(of: record.intervals.count - width..<record.intervals.count))
      } else {
        value = rule.measure.value(of: record.totals)
      }
      // A lower bound of a count is not missed as long as the count can still reach it.
      if case .count = rule.measure, !rule.comparison.isUpper { return false }
      return value.map { !rule.comparison.holds($0, rule.bound) } ?? false
    }
  }
}

extension Comparison {
  /// Whether it bounds from above.
  var isUpper: Bool { self == .less || self == .lessOrEqual }
}
