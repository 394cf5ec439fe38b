// The two clocks of the machine as plain readings. Decisions never read a clock: the driver reads
// one here, once per request, and passes the value on.
//
// Monotonic time never jumps and starts where the run starts; wall time is what people and
// signatures use and may jump. Neither is a `Clock` to sleep on.

import Glibc
public import Units

/// Time since the run began, unaffected by changes of the wall clock.
///
/// A value: copies share the same origin. Safe from any thread; a reading costs some 20 ns.
public struct MonotonicClock: Sendable {
  private let origin: Int64
  /// How many times as fast as the wall's it runs.
  public let speed: Int64

  /// A clock whose `Instant.start` is now.
  /// - Precondition: `speed` is at least 1.
  public init(speed: Int64 = 1) {
    precondition(speed >= 1, "a clock does not stand still")
    origin = nanoseconds(of: CLOCK_MONOTONIC)
    self.speed = speed
  }

  /// The present reading.
  public func now() -> Instant {
    Instant(nanoseconds: (nanoseconds(of: CLOCK_MONOTONIC) - origin) * speed)
  }
}

/// The time of day in UTC.
public enum WallClock {
  /// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
  public static func nanosecondsSinceEpoch() -> Int64 { nanoseconds(of: CLOCK_REALTIME) }

  /// Whole seconds since 1970-01-01T00:00:00Z.
  public static func secondsSinceEpoch() -> Int64 { nanosecondsSinceEpoch() / 1_000_000_000 }
}

extension WallClock {
  /// A second since 1970 as RFC 9110 section 5.6.7 writes it: `Sun, 06 Nov 1994 08:49:37 GMT` for
  /// 784,111,777.
  public static func internetDate(_ second: Int64) -> String {
    var time = time_t(second)
    var parts = tm()
    gmtime_r(&time, &parts)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      let count = strftime(text.baseAddress, 64, "%a, %d %b %Y %H:%M:%S GMT", &parts)
      return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}

/// CPU time that the process has used, in user and kernel mode together.
public enum ProcessTime {
  public static func now() -> Nanoseconds { Nanoseconds(nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID)) }
}

/// CPU time that the calling thread has used, in user and kernel mode together.
public enum ThreadTime {
  public static func now() -> Nanoseconds { Nanoseconds(nanoseconds(of: CLOCK_THREAD_CPUTIME_ID)) }
}

/// Suspends the calling thread for at least `time`; for background loops and tests.
public func pause(for time: Nanoseconds) {
  var rest = timespec(
    tv_sec: Int(time.count / 1_000_000_000), tv_nsec: Int(time.count % 1_000_000_000))
  var left = timespec()
  while nanosleep(&rest, &left) != 0, errno == EINTR { rest = left }
}

private func nanoseconds(of clock: clockid_t) -> Int64 {
  var reading = timespec()
  clock_gettime(clock, &reading)
  return Int64(reading.tv_sec) * 1_000_000_000 + Int64(reading.tv_nsec)
}
