// What the program knows of the terminal it writes to.

import Glibc
import Platform
import Synchronization

/// The error that stopped standard output, or 0.
private let outputError = Atomic<Int32>(0)

enum Terminal {
  /// Columns of the terminal on standard output; when it is none, those of COLUMNS, or 100.
  static var width: Int {
    let wanted = environment("COLUMNS").flatMap { Int($0) } ?? 0
    return Platform.Terminal.columns() ?? (wanted > 0 ? wanted : 100)
  }

  static var outputIsTerminal: Bool { Platform.Terminal.isInteractive(.output) }
  static var errorIsTerminal: Bool { Platform.Terminal.isInteractive(.error) }

  /// It knows no control sequences but the end of a line.
  static var isDumb: Bool { environment("TERM") == "dumb" || environment("TERM") == nil }

  /// Nobody has asked for text without colour (no-color.org).
  static var allowsColour: Bool { environment("NO_COLOR")?.isEmpty ?? true }

  private static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// Whether colour is wanted: on a terminal that has not been told otherwise (no-color.org).
  static func usesColour(_ choice: String?) -> Bool {
    switch choice {
    case "always": true
    case "never": false
    default: outputIsTerminal && allowsColour
    }
  }

  /// Writes `text` to standard output as it is; `outputFault` tells when that failed.
  static func say(_ text: String) {
    if !write(text, to: STDOUT_FILENO) { outputError.store(errno, ordering: .relaxed) }
  }

  /// Why not everything reached standard output, as a sentence; nil when it did.
  static var outputFault: String? {
    let code = outputError.load(ordering: .relaxed)
    return code == 0 ? nil : "cannot write standard output: \(String(cString: strerror(code)))"
  }

  /// Writes a message to standard error, as a line of its own.
  static func complain(_ text: String) {
    write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO)
  }

  /// Writes all of `text`, however slowly the reader takes it; false, with `errno` set, when it
  /// cannot.
  @discardableResult
  static func write(_ text: String, to descriptor: Int32) -> Bool {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      bytes = bytes.dropFirst(count)
    }
    return true
  }

  /// Seconds on a clock that only moves forward.
  static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Processors this program may use.
  static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
