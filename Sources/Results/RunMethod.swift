// How a run was made, and how far the faster way is from the slower one.

public import Capacity
public import Units

/// The way a scenario was simulated.
public enum RunMethod: String, Hashable, Sendable {
  /// Every request by itself.
  case exact
  /// Many requests per step.
  case aggregate
}

/// Figures of a run that both methods must agree on.
public struct MethodFigures: Hashable, Sendable {
  public var requests: Int64
  public var failed: Int64
  public var throttles: Int64
  public var consumed: CapacityUnits

  public init(requests: Int64, failed: Int64, throttles: Int64, consumed: CapacityUnits) {
    self.requests = requests
    self.failed = failed
    self.throttles = throttles
    self.consumed = consumed
  }
}

/// Both methods on the same stretch of a run.
public struct MethodCheck: Hashable, Sendable {
  public var start: Instant
  public var length: Nanoseconds
  public var exact: MethodFigures
  public var aggregate: MethodFigures

  public init(
    start: Instant, length: Nanoseconds, exact: MethodFigures, aggregate: MethodFigures
  ) {
    self.start = start
    self.length = length
    self.exact = exact
    self.aggregate = aggregate
  }
}
