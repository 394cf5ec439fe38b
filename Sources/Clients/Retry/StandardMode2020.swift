// Standard mode as the SDKs had it from 2020 to November 2026.
//
// Values of botocore 1.40, measured there too (features.md 1.0 "Old standard mode"). The Go and
// Rust SDKs agree; JavaScript used 100 ms and .NET 10 attempts (features.md 1.1): say so with the
// overrides of a scenario.

import Units

extension RetryPolicy {
  /// Full jitter, `rand[0, 1) · min(2^i, 20) s` before retry i = 0, 1, for every error.
  ///
  /// Waits stay below 1 and 2 s. A retry costs 5 tokens of 500, 10 after a timeout: a service that
  /// answers nothing but errors sees 100 retries, one that never answers 50.
  public static let standard2020 = RetryPolicy(
    maximumAttempts: 3,
    throttleBackoff: Backoff(base: .seconds(1), cap: .seconds(20), jitter: .full),
    otherBackoff: Backoff(base: .seconds(1), cap: .seconds(20), jitter: .full),
    quota: RetryQuotaTerms(capacity: 500, throttleCost: 5, timeoutCost: 10, otherCost: 5))
}
