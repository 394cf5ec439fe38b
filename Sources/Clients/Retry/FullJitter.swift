// Full jitter: anything between nothing and the bound (features.md 1.4).

import Units

extension RetryPolicy {
  /// Full jitter with the textbook defaults.
  public static let fullJitter = textbook(.full)
}

extension Backoff {
  /// `rand(0, bound)`; mean `bound / 2`. Bound 100 ms: 0 at unit 0, 25 ms at 0.25.
  static func fullJitter(bound: Nanoseconds) -> (least: Nanoseconds, spread: Nanoseconds) {
    (.zero, bound)
  }
}
