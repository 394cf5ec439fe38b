// Equal jitter: half of the bound for certain, the other half at random (features.md 1.4).

import Units

extension RetryPolicy {
  /// Equal jitter with the textbook defaults.
  public static let equalJitter = textbook(.equal)
}

extension Backoff {
  /// `t/2 + rand(0, t/2)`; mean `3t/4`. Bound 100 ms: 50 ms at unit 0, 62.5 ms at 0.25.
  static func equalJitter(bound: Nanoseconds) -> (least: Nanoseconds, spread: Nanoseconds) {
    let half = Nanoseconds(bound.count / 2)
    return (half, half)
  }
}
