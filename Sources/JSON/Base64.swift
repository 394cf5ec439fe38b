// Base64 of RFC 4648 section 4, with padding: how the API carries bytes in JSON.
//
// Decoding is strict, as the service's is: length a multiple of four, padding only at the end, the
// unused bits of the last character zero, no white space.

/// Bytes as base64 text and back.
public enum Base64 {
  private static let alphabet: StaticString =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

  /// Appends the text of `bytes`. O(length).
  public static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
    let letters = alphabet.utf8Start
    text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
    var index = 0
    while index + 3 <= bytes.count {
      let word = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
      text.append(letters[word >> 18])
      text.append(letters[word >> 12 & 63])
      text.append(letters[word >> 6 & 63])
      text.append(letters[word & 63])
      index += 3
    }
    switch bytes.count - index {
    case 1:
      let word = Int(bytes[index]) << 16
      text.append(letters[word >> 18])
      text.append(letters[word >> 12 & 63])
      text.append(UInt8(ascii: "="))
      text.append(UInt8(ascii: "="))
    case 2:
      let word = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8
      text.append(letters[word >> 18])
      text.append(letters[word >> 12 & 63])
      text.append(letters[word >> 6 & 63])
      text.append(UInt8(ascii: "="))
    default: break
    }
  }

  /// The text of `bytes`: [1, 2, 3] -> "AQID". O(length).
  public static func text(of bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    append(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of a text; nil when it is not base64. O(length).
  public static func bytes(of text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { bytes(of: UnsafeRawBufferPointer($0)) }
  }

  /// The bytes of a text; nil when it is not base64. O(length).
  public static func bytes(of text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    guard !text.isEmpty else { return [] }
    var padding = 0
    if text[text.count - 1] == UInt8(ascii: "=") { padding = 1 }
    if padding == 1, text[text.count - 2] == UInt8(ascii: "=") { padding = 2 }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var index = 0
    while index < text.count {
      let used = index + 4 == text.count ? 4 - padding : 4
      var word: UInt32 = 0
      for place in 0..<4 {
        word <<= 6
        guard place < used else { continue }
        guard let digit = digit(text[index + place]) else { return nil }
        word |= digit
      }
      bytes.append(UInt8(truncatingIfNeeded: word >> 16))
      if used > 2 { bytes.append(UInt8(truncatingIfNeeded: word >> 8)) }
      if used > 3 { bytes.append(UInt8(truncatingIfNeeded: word)) }
      if used == 2, word & 0xFFFF != 0 { return nil }
      if used == 3, word & 0xFF != 0 { return nil }
      index += 4
    }
    return bytes
  }

  private static func digit(_ letter: UInt8) -> UInt32? {
    switch letter {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}

extension JSONReader {
  /// Reads a string that is base64.
  public mutating func readBytes() throws(JSONFault) -> [UInt8] {
    let text = try readText()
    let place = offset
    let bytes: [UInt8]? =
      text.hasEscapes ? Base64.bytes(of: text.string) : Base64.bytes(of: text.bytes)
    guard let bytes else {
      throw JSONFault(.badBase64(characters: text.content.count), at: place)
    }
    return bytes
  }
}
