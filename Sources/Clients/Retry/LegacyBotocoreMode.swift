// Legacy mode of boto3 and botocore before 1.44, DynamoDB client.
//
// Values of botocore's `_retry.json`, measured too (features.md 1.1): throttles and HTTP 5xx alike.
// That broken connections and timeouts follow the same curve is inferred.

import Units

extension RetryPolicy {
  /// No jitter, no cap, no quota: `50 ms · 2^i` before retry i = 0 ... 8.
  ///
  /// 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8 s: 25.55 s in all, the same for every client, so
  /// that clients throttled together come back together.
  public static let legacyBotocore = RetryPolicy(
    maximumAttempts: 10, backoff: Backoff(base: .milliseconds(50), jitter: .none))
}
