// A span of time that varies: log-normal, by its median and its 99th percentile.
//
// Lags of copies and injected latencies are both given this way, as a scenario's latencies are:
// ln X = ln median + sigma * Z with sigma = ln(p99 / median) / 2.3263478740408408, the 99th
// percentile of the standard normal. The service publishes neither (capacity.md 7 and 8), so the
// figures are the caller's. Draws come from a generator that is passed in.

public import Randomness
public import Units

/// A log-normal span of time.
public struct DelayDistribution: Hashable, Sendable {
  public let median: Nanoseconds
  public let p99: Nanoseconds
  private let sigma: Double
  /// No draw is longer.
  private let limit: Nanoseconds

  private static let normalP99 = 2.3263478740408408
  /// No draw is longer unless told: one hour.
  public static let longest = Nanoseconds.hours(1)

  /// No delay at all.
  public static let none = DelayDistribution(median: .zero)

  /// A delay of this median; always the same when no 99th percentile above the median is given.
  public init(
    median: Nanoseconds, p99: Nanoseconds? = nil, longest: Nanoseconds = Self.longest
  ) {
    limit = longest
    self.median = max(median, .zero)
    self.p99 = max(p99 ?? median, self.median)
    let ratio = Double(self.p99.count) / Double(max(self.median.count, 1))
    sigma = self.p99 == self.median ? 0 : Portable.log(ratio) / Self.normalP99
  }

  /// Whether every draw is zero.
  public var isNone: Bool { median == .zero }

  /// A span from zero to the longest.
  public func draw(_ generator: inout Generator) -> Nanoseconds {
    if isNone { return .zero }
    if sigma == 0 { return min(median, limit) }
    let value = Double(median.count) * Portable.exp(sigma * generator.normal())
    return value < Double(limit.count) ? Nanoseconds(Int64(value)) : limit
  }
}
