// The AWS SDK for Java 2.x without the opt-in to the 2026 update, DynamoDB client.
//
// From DynamoDbRetryPolicy.java and DefaultRetryStrategy.java (features.md 1.1). The DynamoDB class
// replaces only the curve for errors that are not throttles; that throttles then follow the legacy
// mode's own curve (500 ms, half of it jittered) is inferred from that code, as is the refund of
// the last retry's cost.

import Units

extension RetryPolicy {
  /// 9 attempts: `rand[0, 1) · min(25 ms · 2^i, 20 s)` after errors, and after throttles
  /// `t/2 + rand(0, t/2)` with `t = min(500 ms · 2^i, 20 s)`.
  ///
  /// After errors below 25, 50, 100 ... 3,200 ms; after throttles 250 to 500 ms, 0.5 to 1 s ... up
  /// to 10 to 20 s. A retry costs 5 tokens of 500, after a throttle nothing.
  public static let javaV2 = RetryPolicy(
    maximumAttempts: 9,
    throttleBackoff: Backoff(base: .milliseconds(500), cap: .seconds(20), jitter: .equal),
    otherBackoff: Backoff(base: .milliseconds(25), cap: .seconds(20), jitter: .full),
    quota: RetryQuotaTerms(capacity: 500, throttleCost: 0, timeoutCost: 5, otherCost: 5))
}
