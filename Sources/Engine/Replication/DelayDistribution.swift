// A span of time that varies: log-normal, by its median and its 99th percentile.
//
// Lags of copies and injected latencies are both given this way, as a scenario's latencies are:
// ln X = ln median + sigma * Z with sigma = ln(p99 / median) / 2.3263478740408408, the 99th
// percentile of the standard normal. With a 90th percentile as well, sigma is one number up to
// there (Z = 1.2815515655446004) and another beyond. The service publishes none (capacity.md 7 and
// 8), so the figures are the caller's. Draws come from a generator that is passed in.

public import Randomness
public import Units

/// A log-normal span of time.
public struct DelayDistribution: Hashable, Sendable {
  public let median: Nanoseconds
  public let p99: Nanoseconds
  private let sigma: Double
  /// What sigma grows by beyond the 90th percentile.
  private let bend: Double
  /// No draw is longer.
  private let limit: Nanoseconds

  private static let normalP90 = 1.2815515655446004
  private static let normalP99 = 2.3263478740408408
  /// No draw is longer unless told: one hour.
  public static let longest = Nanoseconds.hours(1)

  /// No delay at all.
  public static let none = DelayDistribution(median: .zero)

  /// A delay of this median; always the same when no percentile above the median is given.
  /// - Parameter p90: nil: where the log-normal law through the others has it.
  public init(
    median: Nanoseconds, p90: Nanoseconds? = nil, p99: Nanoseconds? = nil,
    longest: Nanoseconds = Self.longest
  ) {
    limit = longest
    self.median = max(median, .zero)
    let middle = max(p90 ?? self.median, self.median)
    self.p99 = max(p99 ?? middle, middle)
    func growth(_ from: Nanoseconds, _ to: Nanoseconds) -> Double {
      from == to ? 0 : Portable.log(Double(to.count) / Double(max(from.count, 1)))
    }
    if p90 == nil {
      sigma = growth(self.median, self.p99) / Self.normalP99
      bend = 0
    } else {
      sigma = growth(self.median, middle) / Self.normalP90
      bend = growth(middle, self.p99) / (Self.normalP99 - Self.normalP90) - sigma
    }
  }

  /// Whether every draw is zero.
  public var isNone: Bool { median == .zero }

  /// A span from zero to the longest.
  public func draw(_ generator: inout Generator) -> Nanoseconds {
    if isNone { return .zero }
    if sigma == 0, bend == 0 { return min(median, limit) }
    let normal = generator.normal()
    let power = sigma * normal + bend * max(0, normal - Self.normalP90)
    let value = Double(median.count) * Portable.exp(power)
    return value < Double(limit.count) ? Nanoseconds(Int64(value)) : limit
  }
}
