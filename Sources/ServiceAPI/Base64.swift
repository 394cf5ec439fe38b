// Base64 as the service reads and writes binary values: the standard alphabet with padding.
//
// Decoding tells the service's two refusals apart: a length that is no multiple of four, and
// characters that cannot stand where they do. Format: RFC 4648, section 4.

/// Standard base64.
public enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  public static func append(_ content: [UInt8], to text: inout [UInt8]) {
    text.reserveCapacity(text.count + (content.count + 2) / 3 * 4)
    var at = 0
    while at + 2 < content.count {
      let word = UInt32(content[at]) << 16 | UInt32(content[at + 1]) << 8 | UInt32(content[at + 2])
      for shift: UInt32 in [18, 12, 6, 0] { text.append(alphabet[Int(word >> shift & 63)]) }
      at += 3
    }
    let rest = content.count - at
    guard rest > 0 else { return }
    let word = UInt32(content[at]) << 16 | (rest == 2 ? UInt32(content[at + 1]) << 8 : 0)
    text.append(alphabet[Int(word >> 18 & 63)])
    text.append(alphabet[Int(word >> 12 & 63)])
    text.append(rest == 2 ? alphabet[Int(word >> 6 & 63)] : UInt8(ascii: "="))
    text.append(UInt8(ascii: "="))
  }

  /// The bytes, or the service's message.
  public static func decode(_ text: String) -> Result<[UInt8], Base64Fault> {
    let source = Array(text.utf8)
    guard source.count % 4 == 0 else { return .failure(.length(source.count)) }
    var content: [UInt8] = []
    content.reserveCapacity(source.count / 4 * 3)
    let padding = source.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard padding <= 2 else { return .failure(.character) }
    var word: UInt32 = 0
    for (index, byte) in source.dropLast(padding).enumerated() {
      guard let digit = digit(byte) else { return .failure(.character) }
      word = word << 6 | digit
      if index % 4 == 3 {
        content.append(contentsOf: [
          UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255),
        ])
        word = 0
      }
    }
    if padding == 2 {
      guard word & 15 == 0 else { return .failure(.character) }
      content.append(UInt8(word >> 4 & 255))
    } else if padding == 1 {
      guard word & 3 == 0 else { return .failure(.character) }
      content.append(contentsOf: [UInt8(word >> 10 & 255), UInt8(word >> 2 & 255)])
    }
    return .success(content)
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5A: UInt32(byte) - 0x41
    case 0x61...0x7A: UInt32(byte) - 0x61 + 26
    case 0x30...0x39: UInt32(byte) - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}

/// Why a text is not base64.
public enum Base64Fault: Error {
  case length(Int)
  case character

  /// The service's message.
  var message: String {
    switch self {
    case .length(let count):
      "Base64 encoded length is expected a multiple of 4 bytes but found: \(count)"
    case .character: "Invalid last non-pad Base64 character dectected"
    }
  }
}
