// Exponential back-off without jitter, and the defaults all textbook policies share.
//
// The study leaves attempts and quota out (features.md 1.4). The defaults follow the developer
// guide's rule of thumb "up to 50 ms, 100 ms, 200 ms" (features.md 1.1) with the attempts of legacy
// botocore and the cap of the SDKs; a scenario overrides each.

import Units

extension RetryPolicy {
  /// `min(cap, base · 2^i)` before retry i: 50, 100, 200 ms ... 12.8 s by default.
  public static let exponential = textbook(.none)

  /// A textbook policy: 10 attempts from 50 ms, capped at 20 s, no quota.
  static func textbook(_ jitter: Jitter) -> RetryPolicy {
    RetryPolicy(
      maximumAttempts: 10,
      backoff: Backoff(base: .milliseconds(50), cap: .seconds(20), jitter: jitter))
  }
}
