// Waiting for the signals that end a program, without signal handlers.
//
// The signals are blocked in every thread and fetched by one that asks (`sigtimedwait`): no code
// runs at an arbitrary moment, so nothing here has to be async-signal-safe. Block them first thing
// in `main`: threads inherit the mask of the thread that starts them.

import Glibc
public import Units

/// The requests to end the program that a person or a supervisor sends.
public enum TerminationSignal: Int32, Sendable {
  /// Ctrl-C.
  case interrupt = 2
  /// The polite `kill`.
  case terminate = 15

  /// The exit code by convention: 128 plus the signal's number.
  public var exitCode: Int32 { 128 + rawValue }
}

/// Signals of this process.
public enum Signals {
  /// From now on termination signals wait until fetched, and writing to a closed connection is an
  /// error instead of a signal. Call it before any other thread exists.
  public static func holdTermination() {
    var held = terminationSet()
    pthread_sigmask(SIG_BLOCK, &held, nil)
    ignoreBrokenPipes()
  }

  /// Makes writing to a closed pipe or connection an error (EPIPE) instead of a fatal signal.
  public static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }

  /// Waits up to `limit` for a termination signal; nil when none came. Zero asks without waiting.
  /// Only meaningful after `holdTermination`.
  public static func nextTermination(within limit: Nanoseconds) -> TerminationSignal? {
    var held = terminationSet()
    let count = max(limit.count, 0)
    var patience = timespec(
      tv_sec: Int(count / 1_000_000_000), tv_nsec: Int(count % 1_000_000_000))
    return TerminationSignal(rawValue: sigtimedwait(&held, nil, &patience))
  }

  /// Waits for a termination signal.
  public static func waitForTermination() -> TerminationSignal {
    while true {
      if let signal = nextTermination(within: .hours(1)) { return signal }
    }
  }

  private static func terminationSet() -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    return set
  }
}
