// What must hold: thresholds such as `p(99) < 10ms` and `throttled / requests < 0.1%`.
// The text is kept for the report; measure, comparison and bound are what is evaluated. The grammar
// stands in Decoding/Objective+Decoding.swift and in scenarios/README.md.

public import Units

/// Counters that ratios are made of.
public enum Counter: String, Hashable, Sendable, CaseIterable {
  /// Logical requests.
  case requests
  case succeeded
  /// Logical requests that met at least one throttled attempt.
  case throttled
  /// Logical requests that ended in an error after all retries.
  case failed
  case attempts
  case timeouts
  case retries
}

/// The quantity an objective bounds.
public enum Measure: Hashable, Sendable {
  /// Response latency (from the intended start to the end, retries included) at a percentile, in
  /// seconds; of one operation by name, or of all.
  case latencyPercentile(Double, operation: String?)
  case latencyMean(operation: String?)
  case latencyMax(operation: String?)
  case ratio(Counter, Counter, operation: String?)
  case count(Counter, operation: String?)
  /// Dollars per month.
  case monthlyCost
  /// Hits / (hits + misses) of the DAX item cache.
  case cacheHitRatio
}

public enum Comparison: String, Hashable, Sendable {
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="

  /// Whether `value` satisfies the comparison against `bound`.
  public func holds(_ value: Double, _ bound: Double) -> Bool {
    switch self {
    case .less: value < bound
    case .lessOrEqual: value <= bound
    case .greater: value > bound
    case .greaterOrEqual: value >= bound
    }
  }
}

/// One threshold of the scenario.
public struct Objective: Hashable, Sendable {
  /// As written in the file.
  public var text: String
  public var measure: Measure
  public var comparison: Comparison
  /// In the measure's own unit: seconds, a share, a count or dollars.
  public var bound: Double
  /// `over 30s`: it must hold in every stretch of this length, not only on the whole.
  public var window: Nanoseconds?
  /// `with confidence 99%`, 0.5...1; nil: the run's.
  public var confidence: Double?
  /// A load test ends when it is missed, from this time after the warm-up on; nil: it goes on.
  public var abortAfter: Nanoseconds?

  public init(
    text: String, measure: Measure, comparison: Comparison, bound: Double,
    window: Nanoseconds? = nil, confidence: Double? = nil, abortAfter: Nanoseconds? = nil
  ) {
    self.text = text
    self.measure = measure
    self.comparison = comparison
    self.bound = bound
    self.window = window
    self.confidence = confidence
    self.abortAfter = abortAfter
  }
}
