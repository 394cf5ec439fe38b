// Standard mode of the 2026 retry update, the default of the SDKs from 2026-11-10 on.
//
// Values for DynamoDB and DynamoDB Streams (features.md 1.0, read from botocore 1.44.5, confirmed
// against a small local server): 4 attempts, throttling errors from 1 s, others from 25 ms.

import Units

extension RetryPolicy {
  /// Full jitter, `rand[0, 1) · min(base · 2^i, 20 s)` before retry i = 0, 1, 2.
  ///
  /// Waits stay below 1, 2, 4 s after throttles and below 25, 50, 100 ms after other errors. Each
  /// retry costs 5 tokens after a throttle and 14 otherwise, timeouts included, of 500: a service
  /// that answers nothing but 500 sees 35 retries, then none.
  public static let standard2026 = RetryPolicy(
    maximumAttempts: 4,
    throttleBackoff: Backoff(base: .seconds(1), cap: .seconds(20), jitter: .full),
    otherBackoff: Backoff(base: .milliseconds(25), cap: .seconds(20), jitter: .full),
    quota: RetryQuotaTerms(capacity: 500, throttleCost: 5, timeoutCost: 14, otherCost: 14))
}
