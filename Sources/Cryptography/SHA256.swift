// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), thin faces of libcrypto.
//
// The hash state is a plain value: copying it after a common prefix is how signing keys are
// reused (engine-spikes.md section 2: 2.4 us per signature instead of 6). Not a general digest
// interface: the service uses this one.

import CCrypto

/// A running SHA-256 hash; copies continue independently.
public struct SHA256: Sendable {
  private var state: SHA256_CTX

  public init() {
    state = SHA256_CTX()
    SHA256_Init(&state)
  }

  /// Adds `bytes` to the message.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA256_Update(&state, bytes.baseAddress, bytes.count)
  }

  /// Adds `bytes` to the message.
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// Adds `bytes` to the message.
  public mutating func update(_ bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { update($0) } }

  /// Adds the UTF-8 bytes of `text` to the message.
  public mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The digest of the message so far; more may be added afterwards.
  public func digest() -> Digest {
    var copy = state
    var words = Digest.zero
    withUnsafeMutableBytes(of: &words) { out in
      _ = SHA256_Final(out.baseAddress?.assumingMemoryBound(to: UInt8.self), &copy)
    }
    return words
  }

  /// The digest of `bytes`.
  public static func digest(of bytes: [UInt8]) -> Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.digest()
  }

  /// The digest of the UTF-8 bytes of `text`.
  public static func digest(of text: String) -> Digest {
    var hash = SHA256()
    hash.update(text)
    return hash.digest()
  }
}

/// The 32 bytes of a SHA-256 or HMAC-SHA-256, held in place.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  // In memory order, so that the four words are the 32 bytes.
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  static let zero = Digest(a: 0, b: 0, c: 0, d: 0)

  private init(a: UInt64, b: UInt64, c: UInt64, d: UInt64) {
    self.a = a
    self.b = b
    self.c = c
    self.d = d
  }

  /// Calls `body` with the 32 bytes, valid during the call.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    Swift.withUnsafeBytes(of: self, body)
  }

  public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    var text: [UInt8] = []
    text.reserveCapacity(64)
    appendHex(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the 64 lower-case hexadecimal digits to `text`.
  public func appendHex(to text: inout [UInt8]) {
    withUnsafeBytes { bytes in
      for byte in bytes {
        text.append(hexDigit(byte >> 4))
        text.append(hexDigit(byte & 15))
      }
    }
  }

  /// Writes the 64 lower-case hexadecimal digits to the beginning of `text`, which holds as many.
  func writeHex(to text: UnsafeMutableRawBufferPointer) {
    withUnsafeBytes { bytes in
      for place in 0..<32 {
        text[2 * place] = hexDigit(bytes[place] >> 4)
        text[2 * place + 1] = hexDigit(bytes[place] & 15)
      }
    }
  }

  /// The digest that 64 hexadecimal digits write; nil for anything else.
  public init?(hex: some StringProtocol) {
    var words: [UInt64] = []
    var word: UInt64 = 0
    for (place, character) in hex.utf8.enumerated() {
      guard let digit = hexValue(character) else { return nil }
      word = word << 4 | UInt64(digit)
      if place % 16 == 15 { words.append(word.bigEndian) }
    }
    guard hex.utf8.count == 64 else { return nil }
    self.init(a: words[0], b: words[1], c: words[2], d: words[3])
  }

  /// Whether both are equal, in time that does not depend on where they differ.
  public func matches(_ other: Digest) -> Bool {
    withUnsafeBytes { mine in
      other.withUnsafeBytes { CRYPTO_memcmp(mine.baseAddress, $0.baseAddress, 32) == 0 }
    }
  }

  public var description: String { hex }
}

private func hexDigit(_ nibble: UInt8) -> UInt8 {
  nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
}

private func hexValue(_ character: UInt8) -> UInt8? {
  switch character {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// HMAC-SHA-256 with one key; the key's two hash states are computed once.
///
/// `HMACSHA256(key: "Jefe").authenticate("what do ya want for nothing?")` is `5bdcc146…ec3843`
/// (RFC 4231 section 4.3).
public struct HMACSHA256: Sendable {
  private let inner: SHA256
  private let outer: SHA256

  /// For a key of any length; keys above 64 bytes are hashed first (RFC 2104 section 2).
  public init(key: [UInt8]) {
    var block = key.count > 64 ? SHA256.digest(of: key).bytes : key
    block.append(contentsOf: repeatElement(0, count: 64 - block.count))
    var inner = SHA256()
    inner.update(block.map { $0 ^ 0x36 })
    var outer = SHA256()
    outer.update(block.map { $0 ^ 0x5c })
    self.inner = inner
    self.outer = outer
  }

  /// For the UTF-8 bytes of `key`.
  public init(key: String) { self.init(key: Array(key.utf8)) }

  /// For a digest as key, as signing chains use it.
  public init(key: Digest) { self.init(key: key.bytes) }

  /// The code of `message`.
  public func authenticate(_ message: UnsafeRawBufferPointer) -> Digest {
    var first = inner
    first.update(message)
    var second = outer
    first.digest().withUnsafeBytes { second.update($0) }
    return second.digest()
  }

  /// The code of `message`.
  public func authenticate(_ message: [UInt8]) -> Digest {
    message.withUnsafeBytes { authenticate($0) }
  }

  /// The code of the UTF-8 bytes of `message`.
  public func authenticate(_ message: String) -> Digest {
    var message = message
    return message.withUTF8 { authenticate(UnsafeRawBufferPointer($0)) }
  }
}
