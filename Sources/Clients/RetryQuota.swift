// The retry quota of one client: a bucket of tokens that failing requests drain.
//
// When many requests of a client fail, its retries stop before they pile onto a service in
// trouble (features.md 1.0). The bucket knows no time: only successes fill it.

/// What a mode pays for a retry and gains from a success, in tokens.
public struct RetryQuotaTerms: Hashable, Sendable {
  /// Tokens at the start, and the most there can be.
  public var capacity: Int
  /// Cost of a retry after a throttling error.
  public var throttleCost: Int
  /// Cost of a retry after a timeout.
  public var timeoutCost: Int
  /// Cost of a retry after any other retryable error.
  public var otherCost: Int
  /// Gain of a call that succeeded without a retry.
  public var gain: Int

  public init(capacity: Int, throttleCost: Int, timeoutCost: Int, otherCost: Int, gain: Int = 1) {
    self.capacity = capacity
    self.throttleCost = throttleCost
    self.timeoutCost = timeoutCost
    self.otherCost = otherCost
    self.gain = gain
  }

  /// No quota: every retry is free.
  public static let unlimited = RetryQuotaTerms(
    capacity: 0, throttleCost: 0, timeoutCost: 0, otherCost: 0, gain: 0)

  /// The cost of a retry after `outcome`.
  public func cost(after outcome: AttemptOutcome) -> Int {
    if outcome.isThrottling { return throttleCost }
    return outcome == .timeout ? timeoutCost : otherCost
  }
}

/// The tokens a client has left for retries.
public struct RetryQuota: Hashable, Sendable {
  public let terms: RetryQuotaTerms
  public private(set) var tokens: Int

  public init(_ terms: RetryQuotaTerms) {
    self.terms = terms
    self.tokens = terms.capacity
  }

  mutating func set(_ tokens: Int) { self.tokens = min(terms.capacity, max(0, tokens)) }

  /// Pays for a retry after `outcome`; false, and nothing paid, when too few tokens are left.
  public mutating func pay(after outcome: AttemptOutcome) -> Bool {
    let cost = terms.cost(after: outcome)
    guard tokens >= cost else { return false }
    tokens -= cost
    return true
  }

  /// Returns the cost of the call's last retry, or the gain when it needed none; a call that fails
  /// in the end gets nothing back.
  /// - Parameter lastFailure: the outcome that caused the call's last retry, nil without a retry.
  public mutating func refund(lastFailure: AttemptOutcome?) {
    let amount = lastFailure.map { terms.cost(after: $0) } ?? terms.gain
    tokens = min(terms.capacity, tokens + amount)
  }

  /// Gains from so many calls that needed no retry and so many whose last one followed a throttle.
  mutating func gain(_ calls: Int, afterThrottles retries: Int) {
    tokens = min(terms.capacity, tokens + terms.gain * calls + terms.throttleCost * retries)
  }
}
