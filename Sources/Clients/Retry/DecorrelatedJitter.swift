// Decorrelated jitter: each wait is drawn from the one before it, not from the attempt's number
// (features.md 1.4).

import Units

extension RetryPolicy {
  /// Decorrelated jitter with the textbook defaults.
  public static let decorrelatedJitter = textbook(.decorrelated)
}

extension Backoff {
  /// `min(cap, rand(base, 3 · previous))`, where the first previous wait is `base`.
  ///
  /// Base 50 ms: the first wait is 50 to 150 ms; after a wait of 100 ms the next is 50 to 300 ms.
  func decorrelatedJitter(previousDelay: Nanoseconds, unit: Double) -> Nanoseconds {
    let (triple, overflow) = max(previousDelay, base).count.multipliedReportingOverflow(by: 3)
    let top = overflow ? Nanoseconds.unlimited : Nanoseconds(triple)
    return min(cap, base + (top - base).share(unit))
  }
}
