// When requests arrive, as a description: a rate over time and how single arrivals scatter on it.

public import Units

/// How single arrivals scatter around the rate.
public enum ArrivalProcess: Hashable, Sendable {
  /// Evenly spaced.
  case constant
  /// Independent: a (non-homogeneous) Poisson process.
  case poisson
  /// Bursts: Poisson arrivals only during `on` of every `on + off`, at a rate raised so that the
  /// mean over a whole cycle equals the profile's.
  case onOff(on: Nanoseconds, off: Nanoseconds)
}

/// One linear stretch of a rate profile: `from` to `to` requests/s over `duration`.
public struct RateSegment: Hashable, Sendable {
  public var duration: Nanoseconds
  public var from: Double
  public var to: Double

  public init(duration: Nanoseconds, from: Double, to: Double) {
    self.duration = duration
    self.from = from
    self.to = to
  }
}
