// An open file or socket that is closed exactly once, when its owner goes out of scope.
//
// Calls that a signal interrupts are repeated; short writes are continued. Not a stream: there is
// no buffer, callers write large pieces.

import CPlatform
import Glibc

/// Sole owner of an open descriptor.
public struct FileDescriptor: ~Copyable, Sendable {
  /// How a file is opened.
  public enum Access: Sendable {
    /// Reads an existing file.
    case read
    /// Writes a file, made if absent, emptied if present.
    case replace
    /// Writes at the end of a file, made if absent.
    case append
    /// Reads and writes a file, made if absent, kept as it is.
    case update
  }

  /// The number the kernel knows it by; valid while this value lives.
  public private(set) var number: Int32
  private let subject: String

  /// Takes over an open descriptor; `subject` names it in errors.
  public init(owning number: Int32, subject: String) {
    self.number = number
    self.subject = subject
  }

  /// Opens the file at `path`; it is closed on exec. New files get mode 0644 less the umask.
  public init(opening path: String, for access: Access) throws(SystemError) {
    let flags: Int32 =
      switch access {
      case .read: O_RDONLY
      case .replace: O_WRONLY | O_CREAT | O_TRUNC
      case .append: O_WRONLY | O_CREAT | O_APPEND
      case .update: O_RDWR | O_CREAT
      }
    let opened = repeating { platform_open(path, flags, 0o644) }
    guard opened >= 0 else { throw .last("open", path) }
    number = opened
    subject = path
  }

  deinit { if number >= 0 { _ = close(number) } }

  /// Gives the descriptor away: the receiver closes it.
  public consuming func release() -> Int32 {
    let released = number
    number = -1
    return released
  }

  /// Appends up to `count` bytes to `buffer` and returns how many came; 0 at the end of the file.
  public func read(_ count: Int, into buffer: inout [UInt8]) throws(SystemError) -> Int {
    let start = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: count))
    let got = buffer.withUnsafeMutableBytes { bytes in
      repeating { Glibc.read(number, bytes.baseAddress.map { $0 + start }, count) }
    }
    let error = SystemError.last("read", subject)
    buffer.removeLast(count - max(got, 0))
    guard got >= 0 else { throw error }
    return got
  }

  /// Writes all of `bytes`.
  public func write(_ bytes: [UInt8]) throws(SystemError) {
    let failure = bytes.withUnsafeBytes { whole -> SystemError? in
      var rest = whole[...]
      while !rest.isEmpty {
        let piece = UnsafeRawBufferPointer(rebasing: rest)
        let written = repeating { Glibc.write(number, piece.baseAddress, piece.count) }
        guard written >= 0 else { return .last("write", subject) }
        rest = rest.dropFirst(written)
      }
      return nil
    }
    if let failure { throw failure }
  }

  /// Returns when everything written so far, and the file's size, is on the device.
  public func sync() throws(SystemError) {
    guard repeating({ fsync(number) }) == 0 else { throw .last("fsync", subject) }
  }

  /// Empties the file.
  public func truncate() throws(SystemError) {
    guard repeating({ ftruncate(number, 0) }) == 0 else { throw .last("ftruncate", subject) }
  }

  /// Tries to become the one holder of the file's lock; false when another holder exists, in this
  /// or another process. The lock ends when the descriptor is closed, a killed process included.
  public func lockExclusively() throws(SystemError) -> Bool {
    if repeating({ flock(number, LOCK_EX | LOCK_NB) }) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw .last("flock", subject) }
    return false
  }

  /// Gives the lock up. Closing does so too, but only once a child process that is just being
  /// started has let go of its copy of the descriptor.
  public func unlock() { _ = repeating { flock(number, LOCK_UN) } }
}

/// `call`, made again for as long as signals interrupt it.
func repeating<N: SignedInteger>(_ call: () -> N) -> N {
  while true {
    let answer = call()
    if answer >= 0 || errno != EINTR { return answer }
  }
}
