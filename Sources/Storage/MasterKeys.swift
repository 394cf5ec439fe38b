// The keys that wrap data keys: a file beside the store, not in it.
//
// A line each, 64 hexadecimal digits; the first is used for what is wrapped from now on, the others
// open what was wrapped before. Blank lines and those that begin with # do not count.
//
//     openssl rand -hex 32 > plimsoll.key

import Cryptography

/// Master keys, the current one first.
public struct MasterKeys: Sendable {
  /// What a wrapped key says of the key that wraps it: 8 bytes that tell nothing else.
  typealias Identifier = [UInt8]

  let current: Identifier
  private let ciphers: [Identifier: AES256GCM]

  /// Why a text is no key file.
  public struct Fault: Error, Hashable, Sendable {
    public var message: String
  }

  /// Reads the text of a key file.
  public init(_ text: String) throws(Fault) {
    var order: [Identifier] = []
    var ciphers: [Identifier: AES256GCM] = [:]
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let word = String(line.filter { !$0.isWhitespace })
      if word.isEmpty || word.hasPrefix("#") { continue }
      // A digest is 32 bytes in hexadecimal, as a key is.
      guard let key = Digest(hex: word)?.bytes, let cipher = AES256GCM(key: key) else {
        throw Fault(
          message: "line \(number + 1) is no key: expected 64 hexadecimal digits, as"
            + " `openssl rand -hex 32` prints them")
      }
      let identifier = Self.identifier(key)
      order.append(identifier)
      ciphers[identifier] = cipher
    }
    guard let first = order.first else {
      throw Fault(message: "there is no key: expected a line of 64 hexadecimal digits")
    }
    current = first
    self.ciphers = ciphers
  }

  private static func identifier(_ key: [UInt8]) -> Identifier {
    Array(HMACSHA256(key: key).authenticate("plimsoll master key").bytes.prefix(8))
  }

  /// Wraps a data key: the identifier, then the sealed key.
  func wrap(_ key: [UInt8], about: [UInt8]) -> [UInt8] {
    var wrapped = current
    ciphers[current]?.seal(key, about: about, appendingTo: &wrapped)
    return wrapped
  }

  enum Unwrapped {
    case key([UInt8], byCurrent: Bool)
    case missing(Identifier)
    case damaged
  }

  func unwrap(_ wrapped: [UInt8], about: [UInt8]) -> Unwrapped {
    let identifier = Array(wrapped.prefix(8))
    guard let cipher = ciphers[identifier] else { return .missing(identifier) }
    guard let key = cipher.open(wrapped.dropFirst(8), about: about) else { return .damaged }
    return .key(key, byCurrent: identifier == current)
  }
}
