// A failed call to the operating system: which call, on what, and why in words.
//
// Only Platform throws it from system calls; callers above translate it once, at their boundary.
// The words are the C library's own, so that they are what a person finds in manuals.

import Glibc

/// A failed system call.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call, as in its manual page (`open`, `bind`).
  public let call: String
  /// What it was applied to: a path or an address; nil when there is no such thing.
  public let subject: String?
  /// The error number (errno).
  public let code: Int32

  public init(call: String, subject: String? = nil, code: Int32) {
    self.call = call
    self.subject = subject
    self.code = code
  }

  /// The error of the call that just failed; read before any other call.
  static func last(_ call: String, _ subject: String? = nil) -> SystemError {
    SystemError(call: call, subject: subject, code: errno)
  }

  /// The reason in words, such as `No such file or directory`.
  public var reason: String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
  }

  /// Such as `cannot open /tmp/x: No such file or directory`.
  public var description: String {
    guard let subject else { return "cannot \(call): \(reason)" }
    return "cannot \(call) \(subject): \(reason)"
  }

  /// Whether the device or the quota is full.
  public var isFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }
  /// Whether the named thing does not exist.
  public var isNotFound: Bool { code == ENOENT }
  /// Whether the address to listen on is taken.
  public var isAddressInUse: Bool { code == EADDRINUSE }
}
