// What one client object remembers between requests: its retry quota and its rate limiter.
//
// Simulator and load generator keep one of these per client instance and ask it after every
// attempt. It decides; the caller waits. What belongs to a single request (attempt number, last
// delay, last failure) stays with the caller, so that a client with a million requests in flight
// costs no more than one with none.

public import Randomness
public import Units

/// The retry state of one client instance.
public struct ClientRetryState: Hashable, Sendable {
  public let policy: RetryPolicy
  public private(set) var quota: RetryQuota
  public private(set) var limiter: ClientRateLimiter

  /// - Parameter now: when the client object was made.
  public init(_ policy: RetryPolicy, at now: Instant = .start) {
    self.policy = policy
    self.quota = RetryQuota(policy.quota)
    self.limiter = ClientRateLimiter(startingAt: now)
  }

  /// Sets what the quota holds, for drivers that have counted it otherwise; at most its capacity.
  public mutating func setQuota(tokens: Int) { quota.set(tokens) }

  /// How long the next attempt, first or retry, must wait before it is sent. Zero in every mode but
  /// adaptive.
  ///
  /// Takes the attempt's token now, so ask once per attempt, before it queues for a connection, and
  /// send after the wait without asking again: asking again takes a second token.
  public mutating func acquire(at now: Instant) -> Nanoseconds {
    policy.limitsRate ? limiter.acquire(at: now) : .zero
  }

  /// What to do after attempt number `attempt` (1 for the first) did not succeed; O(1).
  ///
  /// The order is the SDKs': class of error, number of attempts, quota. Only a retry that is
  /// granted pays from the quota and draws from `generator`.
  /// - Parameter previousDelay: the wait before this attempt, zero for the first.
  public mutating func next(
    after outcome: AttemptOutcome, attempt: Int, previousDelay: Nanoseconds, at now: Instant,
    using generator: inout Generator
  ) -> RetryDecision {
    if let reason = reasonToGiveUp(after: outcome, attempt: attempt, at: now) {
      return .giveUp(reason)
    }
    return .retry(
      after: policy.delay(
        after: outcome, attempt: attempt, previousDelay: previousDelay, using: &generator))
  }

  /// The part of `next` without a draw: nil when a retry is granted, and paid.
  public mutating func reasonToGiveUp(
    after outcome: AttemptOutcome, attempt: Int, at now: Instant
  ) -> GiveUpReason? {
    if policy.limitsRate { limiter.received(isThrottled: outcome.isThrottling, at: now) }
    guard outcome.isRetryable else { return .notRetryable }
    guard attempt < policy.maximumAttempts else { return .attemptsExhausted }
    return quota.pay(after: outcome) ? nil : .quotaExhausted
  }

  /// Records that an attempt succeeded.
  /// - Parameter lastFailure: the outcome of the attempt before it, nil if it was the first.
  public mutating func succeeded(lastFailure: AttemptOutcome?, at now: Instant) {
    if policy.limitsRate { limiter.received(isThrottled: false, at: now) }
    quota.refund(lastFailure: lastFailure)
  }

  /// Records that so many calls succeeded at their first attempt, and so many retries after a
  /// throttle, from clients that do not limit their rate.
  public mutating func succeeded(atOnce calls: Int, afterThrottles retries: Int) {
    quota.gain(calls, afterThrottles: retries)
  }
}
