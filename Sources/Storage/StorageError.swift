// Why a store could not do what it was asked, with the path and the cause in words.
//
// These are failures of the machine or its files; an absent key is not one.

/// A store failed.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// Another process (or another store of this one) has the directory open.
    case inUse
    /// The files are damaged; nothing was changed by noticing it.
    case corrupt
    /// The device or a quota is full; what was acknowledged before stays.
    case full
    /// The store was closed before the call.
    case closed
    /// What is asked for is encrypted under a key that is missing.
    case locked
    /// Any other failure of the operating system or the library.
    case failed
    /// A test asked for this failure.
    case injected
  }

  public let kind: Kind
  /// The store's directory, `memory` for a store without files.
  public let path: String
  /// The cause in words.
  public let detail: String

  public init(_ kind: Kind, path: String, detail: String) {
    self.kind = kind
    self.path = path
    self.detail = detail
  }

  public var description: String {
    switch kind {
    case .inUse: "the store at \(path) is in use: \(detail)"
    case .corrupt: "the store at \(path) is damaged: \(detail)"
    case .full: "the device of the store at \(path) is full: \(detail)"
    case .locked: "the store at \(path) is locked: \(detail)"
    case .closed: "the store at \(path) is closed"
    case .failed: "the store at \(path) failed: \(detail)"
    case .injected: "the store at \(path) failed on purpose: \(detail)"
    }
  }
}
