// Which retry behaviour a client has, as a scenario describes it (features.md 1).

public import Units

/// Retry behaviours by the names scenarios use.
public enum RetryMode: String, Hashable, Sendable, CaseIterable {
  /// The default of every SDK from 2026-11-10 on: 4 attempts, 1 s throttle base, 25 ms otherwise.
  case standard2026 = "standard-2026"
  /// The standard mode of 2020 to November 2026: 3 attempts, 1 s base.
  case standard2020 = "standard-2020"
  /// boto3 and botocore before 1.44: 10 attempts, 50 ms doubling without jitter.
  case legacyBotocore = "legacy-botocore"
  /// AWS SDK for Java 2.x without the 2026 opt-in: 9 attempts.
  case javaV2 = "java-v2"
  /// standard-2026 plus the client-side rate limiter.
  case adaptive = "adaptive"
  case none = "none"
  /// Textbook policies with base, cap and attempts of one's own.
  case exponential = "exponential"
  case fullJitter = "full-jitter"
  case equalJitter = "equal-jitter"
  case decorrelatedJitter = "decorrelated-jitter"
}

/// A retry mode with optional overrides; nil means the mode's own value.
public struct RetrySettings: Hashable, Sendable {
  public var mode: RetryMode
  /// Attempts including the first.
  public var maximumAttempts: Int?
  /// The bound of the wait before the first retry, for throttles and other errors alike.
  public var base: Nanoseconds?
  /// The largest bound of a wait, before jitter.
  public var cap: Nanoseconds?

  public init(
    mode: RetryMode, maximumAttempts: Int? = nil, base: Nanoseconds? = nil, cap: Nanoseconds? = nil
  ) {
    self.mode = mode
    self.maximumAttempts = maximumAttempts
    self.base = base
    self.cap = cap
  }
}
