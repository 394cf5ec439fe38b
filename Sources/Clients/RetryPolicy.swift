// The retry policy of a client as a plain value: two back-off curves, a number of attempts, the
// terms of the retry quota and whether the rate limiter runs.
//
// One concrete struct, not a protocol: every published SDK mode and textbook policy is a setting
// of these few fields, so the simulator's loop calls no witness and allocates nothing. Each mode
// has its own file under Retry/ with formula, worked values and source. A policy holds no state:
// what a client remembers is in `ClientRetryState`.

public import Randomness
public import Units

/// When a client sends a failed request again, and after what wait.
public struct RetryPolicy: Hashable, Sendable {
  /// Attempts including the first.
  public var maximumAttempts: Int
  /// The wait after throttling errors.
  public var throttleBackoff: Backoff
  /// The wait after every other retryable error.
  public var otherBackoff: Backoff
  public var quota: RetryQuotaTerms
  /// Whether each send asks the client-side rate limiter of adaptive mode first.
  public var limitsRate: Bool

  /// - Precondition: at least one attempt.
  public init(
    maximumAttempts: Int, throttleBackoff: Backoff, otherBackoff: Backoff,
    quota: RetryQuotaTerms = .unlimited, limitsRate: Bool = false
  ) {
    precondition(maximumAttempts >= 1, "a request is sent at least once")
    self.maximumAttempts = maximumAttempts
    self.throttleBackoff = throttleBackoff
    self.otherBackoff = otherBackoff
    self.quota = quota
    self.limitsRate = limitsRate
  }

  /// One curve for every error.
  init(maximumAttempts: Int, backoff: Backoff) {
    self.init(maximumAttempts: maximumAttempts, throttleBackoff: backoff, otherBackoff: backoff)
  }

  /// The mode's policy with the settings' overrides; `base` and `cap` replace those of both curves.
  public init(_ settings: RetrySettings) {
    self = Self.mode(settings.mode)
    if let attempts = settings.maximumAttempts { maximumAttempts = max(1, attempts) }
    if let base = settings.base {
      throttleBackoff.base = base
      otherBackoff.base = base
    }
    if let cap = settings.cap {
      throttleBackoff.cap = cap
      otherBackoff.cap = cap
    }
  }

  /// The policy of `mode` with the values of its SDKs.
  public static func mode(_ mode: RetryMode) -> RetryPolicy {
    switch mode {
    case .standard2026: .standard2026
    case .standard2020: .standard2020
    case .legacyBotocore: .legacyBotocore
    case .javaV2: .javaV2
    case .adaptive: .adaptive
    case .none: .none
    case .exponential: .exponential
    case .fullJitter: .fullJitter
    case .equalJitter: .equalJitter
    case .decorrelatedJitter: .decorrelatedJitter
    }
  }

  /// The wait before the retry that follows failed attempt `attempt` (1 for the first); draws one
  /// number from `generator` whatever the jitter, so that policies stay in step.
  public func delay(
    after outcome: AttemptOutcome, attempt: Int, previousDelay: Nanoseconds,
    using generator: inout Generator
  ) -> Nanoseconds {
    let backoff = outcome.isThrottling ? throttleBackoff : otherBackoff
    let unit = generator.nextUnit()
    return backoff.delay(retry: attempt - 1, previousDelay: previousDelay, unit: unit)
  }

  /// The wait when the server sent `x-amz-retry-after`: `max(t, min(hint, t + 5 s))`
  /// (features.md 1.0). t = 2 s: hint 1 s gives 2 s, 4 s gives 4 s, 60 s gives 7 s.
  public static func delay(_ delay: Nanoseconds, heeding hint: Nanoseconds) -> Nanoseconds {
    max(delay, min(hint, delay + .seconds(5)))
  }
}
