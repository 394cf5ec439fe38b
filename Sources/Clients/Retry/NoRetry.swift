// One attempt: every error goes to the caller.

import Units

extension RetryPolicy {
  /// One attempt, no retry.
  public static let none = RetryPolicy(
    maximumAttempts: 1, backoff: Backoff(base: .zero, jitter: .none))
}
