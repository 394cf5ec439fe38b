// The client-side rate limiter of adaptive retry mode (features.md 1.2).
//
// A token bucket whose fill rate follows a cubic curve: cut to 0.7 of the measured rate on a
// throttle, then growing slowly back to where the throttle came and fast beyond it. It is off until
// the first throttle. The published algorithm is in floating-point seconds, and so is this one; it
// decides when the client sends, never whether the service admits.
//
// The SDK blocks a thread until a token is there. Here `acquire` takes the token at once, into debt
// if need be, and says how long to wait; a change of rate during that wait does not shorten it.

public import Units

/// A rate limiter that learns from throttles how fast its client may send.
public struct ClientRateLimiter: Hashable, Sendable {
  /// Length of the windows in which the rate is measured, in seconds.
  static let window = 0.5
  /// Weight of the newest window in the measured rate.
  static let smoothing = 0.8
  /// Share of the rate kept on a throttle.
  static let beta = 0.7
  /// Steepness of the cubic curve, in requests/s^4.
  static let scale = 0.4
  /// Lowest fill rate, in tokens/s.
  static let rateMin = 0.5

  /// Whether a throttle was seen yet; before that no send waits.
  public private(set) var isEnabled = false
  /// The smoothed rate of responses, in requests/s.
  public private(set) var measuredRate = 0.0
  /// The rate at which tokens come back, in tokens/s.
  public private(set) var fillRate = 1.0
  private var capacity = 1.0
  private var tokens = 0.0
  private var lastRefill: Instant
  private var lastThrottle: Instant
  private var lastWindow: Double
  private var responses = 0
  private var rateAtThrottle = 0.0
  private var inflection = 0.0

  public init(startingAt now: Instant = .start) {
    lastRefill = now
    lastThrottle = now
    lastWindow = now.inSeconds.rounded(.down)
  }

  /// The wait before a send; takes one token.
  public mutating func acquire(at now: Instant) -> Nanoseconds {
    guard isEnabled else { return .zero }
    refill(at: now)
    tokens -= 1
    return tokens >= 0 ? .zero : Nanoseconds(seconds: -tokens / fillRate)
  }

  /// Learns from a response, or from the lack of one.
  public mutating func received(isThrottled: Bool, at now: Instant) {
    measure(at: now)
    let rate: Double
    if isThrottled {
      rateAtThrottle = isEnabled ? min(measuredRate, fillRate) : measuredRate
      inflection = Self.inflection(rateAtThrottle)
      lastThrottle = now
      isEnabled = true
      rate = Self.beta * rateAtThrottle
    } else {
      let distance = (now - lastThrottle).inSeconds - inflection
      rate = Self.scale * distance * distance * distance + rateAtThrottle
    }
    setRate(min(rate, 2 * measuredRate), at: now)
  }

  /// Seconds from a throttle until the curve is back at the rate of the throttle:
  /// `cbrt(rate · (1 - 0.7) / 0.4)`. 10/s: 1.957 s; 1,000/s: 9.086 s.
  static func inflection(_ rate: Double) -> Double {
    cubeRoot(rate * (1 - beta) / scale)
  }

  private mutating func measure(at now: Instant) {
    let bucket = (now.inSeconds / Self.window).rounded(.down) * Self.window
    responses += 1
    guard bucket > lastWindow else { return }
    let current = Double(responses) / (bucket - lastWindow)
    measuredRate = current * Self.smoothing + measuredRate * (1 - Self.smoothing)
    responses = 0
    lastWindow = bucket
  }

  private mutating func refill(at now: Instant) {
    tokens = min(capacity, tokens + (now - lastRefill).inSeconds * fillRate)
    lastRefill = now
  }

  /// Tokens earned so far are earned at the old rate.
  private mutating func setRate(_ rate: Double, at now: Instant) {
    refill(at: now)
    fillRate = max(Self.rateMin, rate)
    capacity = max(1, rate)
    tokens = min(tokens, capacity)
  }
}

/// The cube root of a number that is not negative, to within a few units in the last place.
///
/// Newton's iteration from a power of two within a factor of 2 of the root: six steps reach the
/// precision of a Double. Written out because modules of this layer call no C library.
func cubeRoot(_ value: Double) -> Double {
  guard value > 0, value.isFinite else { return max(0, value) }
  let third = (Double(value.exponent) / 3).rounded(.down)
  var root = Double(sign: .plus, exponent: Int(third), significand: 1.5)
  for _ in 0..<7 { root -= (root - value / (root * root)) / 3 }
  return root
}
