// A back-off curve: how long to wait before retry i.
//
// One convention for every mode: `base` bounds the wait before the FIRST retry (i = 0) and the
// bound doubles with each further one. The published back-off study counts its exponent from 1
// (features.md 1.4), so its base of 5 ms is a base of 10 ms here, except for decorrelated jitter,
// whose formula has no exponent. The caller passes the random number, so that the wait before
// retry i of request k is the same in every run.

public import Units

/// How the wait is drawn below its bound.
public enum Jitter: UInt8, Hashable, Sendable, CaseIterable {
  case none, full, equal, decorrelated
}

/// A doubling back-off curve with a cap and a jitter.
public struct Backoff: Hashable, Sendable {
  /// The bound of the wait before the first retry.
  public var base: Nanoseconds
  /// The largest bound; it applies before the jitter.
  public var cap: Nanoseconds
  public var jitter: Jitter

  /// - Precondition: base and cap are not negative.
  public init(base: Nanoseconds, cap: Nanoseconds = .unlimited, jitter: Jitter) {
    precondition(base >= .zero && cap >= .zero, "a back-off cannot wait a negative time")
    self.base = base
    self.cap = cap
    self.jitter = jitter
  }

  /// The bound before jitter: `min(base · 2^retry, cap)`; O(1).
  ///
  /// Base 25 ms, cap 20 s: 25, 50, 100 ms for retry 0, 1, 2 and 20 s from retry 10 on.
  /// - Precondition: `retry >= 0`.
  public func bound(retry: Int) -> Nanoseconds {
    precondition(retry >= 0, "retries are counted from 0")
    guard base.count > 0 else { return .zero }
    guard retry < base.count.leadingZeroBitCount else { return cap }
    return min(Nanoseconds(base.count << Int64(retry)), cap)
  }

  /// The wait before `retry` (0 for the first), given a uniform number in 0 ..< 1; O(1).
  /// - Parameter previousDelay: the wait before the retry before this one, zero if there was none;
  ///   only decorrelated jitter looks at it.
  public func delay(retry: Int, previousDelay: Nanoseconds, unit: Double) -> Nanoseconds {
    guard let (least, spread) = range(retry: retry) else {
      return decorrelatedJitter(previousDelay: previousDelay, unit: unit)
    }
    return least + spread.share(unit)
  }

  /// The shortest wait before `retry` and how much more it may be; nil if that depends on the wait
  /// before; O(1).
  public func range(retry: Int) -> (least: Nanoseconds, spread: Nanoseconds)? {
    switch jitter {
    case .none: (bound(retry: retry), .zero)
    case .full: Self.fullJitter(bound: bound(retry: retry))
    case .equal: Self.equalJitter(bound: bound(retry: retry))
    case .decorrelated: nil
    }
  }
}

extension Nanoseconds {
  /// No bound at all: 292 years.
  public static let unlimited = Nanoseconds(.max)

  /// `share` of the span, rounded toward zero, for a share in 0 ..< 1.
  func share(_ share: Double) -> Nanoseconds { Nanoseconds(Int64(Double(count) * share)) }
}
