// What a command line wants to know about where its text goes, and the limits of the process.

import CPlatform
import Glibc

/// The standard streams.
public enum Terminal {
  public enum Stream: Int32, Sendable {
    case input = 0
    case output = 1
    case error = 2
  }

  /// Whether a person watches `stream`: colours, progress and wrapping are for people.
  public static func isInteractive(_ stream: Stream) -> Bool { isatty(stream.rawValue) == 1 }

  /// The width of the terminal in columns, nil when `stream` goes elsewhere.
  public static func columns(_ stream: Stream = .output) -> Int? {
    let columns = platform_terminal_columns(stream.rawValue)
    return columns > 0 ? Int(columns) : nil
  }

  /// Columns and rows of the terminal, nil when `stream` goes elsewhere or it does not say.
  public static func size(_ stream: Stream) -> (columns: Int, rows: Int)? {
    guard let columns = columns(stream) else { return nil }
    let rows = platform_terminal_rows(stream.rawValue)
    return rows > 0 ? (columns, Int(rows)) : nil
  }

  /// Whether something can be written to `stream` without waiting.
  public static func takes(_ stream: Stream) -> Bool {
    var watched = pollfd(fd: stream.rawValue, events: Int16(POLLOUT), revents: 0)
    return poll(&watched, 1, 0) == 1 && Int32(watched.revents) & POLLOUT != 0
  }
}

/// Limits of this process.
public enum ProcessLimits {
  /// Allows as many open files as the system permits without asking, and returns that number.
  @discardableResult
  public static func raiseOpenFiles() -> Int {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
    getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
    return Int(clamping: limit.rlim_cur)
  }

  /// The number of this process.
  public static var processID: Int { Int(getpid()) }
}
