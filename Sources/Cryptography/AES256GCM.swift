// AES-256-GCM (NIST SP 800-38D): bytes that can neither be read nor changed without the key.
//
// A thin face of libcrypto. Nonces are random, 96 bits: with one key at most 2^32 messages should
// be sealed (SP 800-38D section 8.3); who seals more takes another key before.

import CCrypto

/// A key of 256 bits, and what it seals and opens.
public struct AES256GCM: Sendable {
  /// How much longer a sealed message is: the nonce before it, the tag behind.
  public static let overhead = nonceBytes + tagBytes
  public static let keyBytes = 32
  private static let nonceBytes = 12
  private static let tagBytes = 16
  private let key: [UInt8]

  /// nil unless the key has 32 bytes.
  public init?(key: [UInt8]) {
    guard key.count == Self.keyBytes else { return nil }
    self.key = key
  }

  /// A key from the kernel.
  public static func makeKey() -> [UInt8] { RandomBytes.make(keyBytes) }

  /// Appends nonce, ciphertext and tag of `message`; `about` is not contained but has to be the
  /// same when it is opened. O(length).
  public func seal(_ message: [UInt8], about: [UInt8], appendingTo sealed: inout [UInt8]) {
    seal(message, about: about, nonce: RandomBytes.make(Self.nonceBytes), appendingTo: &sealed)
  }

  /// The same with a nonce that was never used with this key; for published vectors.
  func seal(
    _ message: [UInt8], about: [UInt8], nonce: [UInt8], appendingTo sealed: inout [UInt8]
  ) {
    precondition(nonce.count == Self.nonceBytes, "a nonce has 12 bytes")
    let start = sealed.count + nonce.count
    sealed += nonce
    sealed += [UInt8](repeating: 0, count: message.count + Self.tagBytes)
    let isDone = sealed.withUnsafeMutableBytes { bytes in
      let out = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return message.withUnsafeBytes { message in
        about.withUnsafeBytes { about in
          crypto_gcm(
            1, key, nonce, about.baseAddress, about.count, message.baseAddress, message.count,
            out.map { $0 + start }, out.map { $0 + start + message.count })
        }
      }
    }
    precondition(isDone == 1, "the library did not seal")
  }

  /// The message; nil unless every byte of it and of `about` is as it was sealed, with this key.
  public func open(_ sealed: some Collection<UInt8>, about: [UInt8]) -> [UInt8]? {
    guard sealed.count >= Self.overhead else { return nil }
    let nonce = Array(sealed.prefix(Self.nonceBytes))
    let body = Array(sealed.dropFirst(Self.nonceBytes).dropLast(Self.tagBytes))
    var tag = Array(sealed.suffix(Self.tagBytes))
    // One byte more, so that an empty message has an address.
    var message = [UInt8](repeating: 0, count: body.count + 1)
    let isDone = body.withUnsafeBytes { body in
      about.withUnsafeBytes { about in
        crypto_gcm(
          0, key, nonce, about.baseAddress, about.count, body.baseAddress, body.count, &message,
          &tag)
      }
    }
    guard isDone == 1 else { return nil }
    message.removeLast()
    return message
  }
}
