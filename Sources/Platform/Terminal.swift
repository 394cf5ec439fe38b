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
