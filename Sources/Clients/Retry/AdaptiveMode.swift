// Adaptive mode: standard mode with a client-side rate limiter before each send.
//
// The limiter belongs to the client object, not to a table or partition: one hot table slows every
// table that client talks to (features.md 1.2).

import Units

extension RetryPolicy {
  /// The waits and the quota of `standard2026`; each attempt takes a token of `ClientRateLimiter`
  /// first.
  public static let adaptive = RetryPolicy(
    maximumAttempts: standard2026.maximumAttempts,
    throttleBackoff: standard2026.throttleBackoff, otherBackoff: standard2026.otherBackoff,
    quota: standard2026.quota, limitsRate: true)
}
