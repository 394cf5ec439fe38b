// How often streams may be read: GetRecords of a shard by calls and by bytes, DescribeStream.
//
// Each limit is an instant up to which what was asked for takes: a call moves it on by its share of
// a second and is refused while it lies a second ahead, so a second's worth may come at once. Which
// exception: the service's adapter for Kinesis consumers takes ThrottlingException for a throttled
// GetRecords; its text is that of SDK issues. The limits of GetRecords are not documented
// (ServiceConstants), and a public suite that passes on the service reads faster: nothing is
// refused by them unless that is asked for.

import Capacity
import ServiceAPI
import Units

/// Which limits on reading streams are kept.
public enum StreamReadLimits: String, Sendable {
  case off
  /// That of DescribeStream.
  case documented
  /// Those of GetRecords too.
  case all
}

/// A rate that a second's worth may run ahead of.
struct RateAllowance: Hashable, Sendable {
  /// Until when what was asked for takes.
  private var busyUntil = Instant.start
  let perSecond: Int

  init(perSecond: Int) { self.perSecond = perSecond }

  /// Whether something may be asked for at `now`.
  func admits(at now: Instant) -> Bool {
    busyUntil - now <= .seconds(1) - Self.share(1, of: perSecond)
  }

  /// Takes an amount, which may be larger than what is left.
  mutating func take(_ amount: Int, at now: Instant) {
    busyUntil = max(busyUntil, now) + Self.share(amount, of: perSecond)
  }

  /// The time that `amount` takes at a rate, rounded down: 200 ms for 1 of 5.
  private static func share(_ amount: Int, of perSecond: Int) -> Nanoseconds {
    Nanoseconds(Int64(amount) * 1_000_000_000 / Int64(perSecond))
  }
}

/// What the readers of a shard have left.
struct ShardAllowance: Hashable, Sendable {
  private var calls = RateAllowance(perSecond: ServiceConstants.getRecordsCallsPerSecond)
  private var bytes = RateAllowance(perSecond: ServiceConstants.getRecordsBytesPerSecond)

  /// Whether a call is admitted; it is counted if so.
  mutating func takeCall(at now: Instant) -> Bool {
    guard calls.admits(at: now), bytes.admits(at: now) else { return false }
    calls.take(1, at: now)
    return true
  }

  mutating func take(bytes count: Int, at now: Instant) { bytes.take(count, at: now) }
}

extension DatabaseState {
  static let rateExceeded = ServiceError("ThrottlingException", message: "Rate exceeded")
}
