// A span of time as a whole number of nanoseconds, and a point on a run's clock.
//
// Simulated and real time share these types, so a decision never knows which clock drives it.
// Sums are exact: no floating-point seconds are accumulated anywhere. An Int64 of nanoseconds
// spans 292 years, far beyond any planning horizon.

/// A span of time in nanoseconds; may be negative as a difference.
public struct Nanoseconds: Hashable, Comparable, Sendable {
  public var count: Int64

  public init(_ count: Int64) { self.count = count }

  /// The nearest whole nanosecond to `seconds`, clamped to the range of the type.
  public init(seconds: Double) {
    let scaled = (seconds * 1e9).rounded()
    if !(scaled > -9.2e18) {
      self.count = .min
    } else if scaled > 9.2e18 {
      self.count = .max
    } else {
      self.count = Int64(scaled)
    }
  }

  public static let zero = Nanoseconds(0)
  public static func microseconds(_ n: Int64) -> Nanoseconds { .init(n * 1_000) }
  public static func milliseconds(_ n: Int64) -> Nanoseconds { .init(n * 1_000_000) }
  public static func seconds(_ n: Int64) -> Nanoseconds { .init(n * 1_000_000_000) }
  public static func minutes(_ n: Int64) -> Nanoseconds { .seconds(n * 60) }
  public static func hours(_ n: Int64) -> Nanoseconds { .seconds(n * 3_600) }
  public static func days(_ n: Int64) -> Nanoseconds { .seconds(n * 86_400) }

  /// The span in seconds, for statistics and display only.
  public var inSeconds: Double { Double(count) / 1e9 }

  public static func < (a: Self, b: Self) -> Bool { a.count < b.count }
  public static func + (a: Self, b: Self) -> Self { .init(a.count + b.count) }
  public static func - (a: Self, b: Self) -> Self { .init(a.count - b.count) }
  public static func * (a: Self, b: Int64) -> Self { .init(a.count * b) }
  public static func += (a: inout Self, b: Self) { a.count += b.count }
  public static func -= (a: inout Self, b: Self) { a.count -= b.count }
}

/// A point in time: nanoseconds since the start of the run.
public struct Instant: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// The first instant of a run.
  public static let start = Instant(nanoseconds: 0)

  /// Seconds since the start of the run, for statistics and display only.
  public var inSeconds: Double { Double(nanoseconds) / 1e9 }

  public static func < (a: Self, b: Self) -> Bool { a.nanoseconds < b.nanoseconds }
  public static func + (a: Self, b: Nanoseconds) -> Self {
    .init(nanoseconds: a.nanoseconds + b.count)
  }
  public static func - (a: Self, b: Self) -> Nanoseconds { .init(a.nanoseconds - b.nanoseconds) }
  public static func - (a: Self, b: Nanoseconds) -> Self {
    .init(nanoseconds: a.nanoseconds - b.count)
  }
  public static func += (a: inout Self, b: Nanoseconds) { a.nanoseconds += b.count }
}
