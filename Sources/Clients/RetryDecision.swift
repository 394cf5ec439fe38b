// What a client does after an attempt that did not succeed.

public import Units

/// What a client does after a failed attempt.
public enum RetryDecision: Hashable, Sendable {
  /// Send again after this wait.
  case retry(after: Nanoseconds)
  case giveUp(GiveUpReason)
}

/// Why a client hands an error to its caller.
public enum GiveUpReason: UInt8, Hashable, Sendable, CaseIterable {
  /// The outcome is of a class that no policy retries.
  case notRetryable
  case attemptsExhausted
  /// The client's retry quota is empty: too many of its recent requests needed retries.
  case quotaExhausted
}
