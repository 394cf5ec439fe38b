// The retries of the cache service's own clients (Python and Go), which talk to a cluster.
//
// From RetryHandler.py and dax_retryer.go (features.md 1.1, last row). That the exponent counts
// from 0, so that 70 ms bounds the first wait, is inferred. Not a mode of its own in scenarios: it
// applies to requests that go through a cache.

import Units

extension RetryPolicy {
  /// 3 attempts; after throttles `t/2 + rand(0, t/2)` with `t = min(70 ms · 2^i, 20 s)`, after
  /// other errors at once.
  ///
  /// After throttles 35 to 70 ms, then 70 to 140 ms. No quota.
  public static let daxClient = RetryPolicy(
    maximumAttempts: 3,
    throttleBackoff: Backoff(base: .milliseconds(70), cap: .seconds(20), jitter: .equal),
    otherBackoff: Backoff(base: .zero, jitter: .none))
}
