// Ctrl-C and SIGTERM: the first asks the work to end and keep what it has, the second ends at once.

import Glibc
import Synchronization

/// The signal that asked the program to end, or 0.
private let receivedSignal = Atomic<Int32>(0)

/// Requests to end the program.
enum Interruption {
  /// Starts to listen. A second signal of the same kind has its usual effect.
  static func listen() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        receivedSignal.store(number, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }

  static var isRequested: Bool { receivedSignal.load(ordering: .relaxed) != 0 }

  /// The exit code for the signal that came; nil when none did.
  static var exitCode: ExitCode? {
    switch receivedSignal.load(ordering: .relaxed) {
    case 0: nil
    case SIGTERM: .terminated
    default: .interrupted
    }
  }
}
