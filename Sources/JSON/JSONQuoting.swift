// Writes a JSON string straight into a byte buffer, for replies that are built without a writer.
//
// Escaped are the quote, the backslash and the control characters; everything else goes as UTF-8.

/// JSON pieces appended to a byte buffer.
public enum JSONBytes {
  /// Appends `text` in quotes. O(length).
  public static func append(quoted text: String, to bytes: inout [UInt8]) {
    var text = text
    text.withUTF8 { append(quoted: $0, to: &bytes) }
  }

  /// Appends `text`, which is plain ASCII without quote, backslash or control character, as it is.
  public static func append(raw text: StaticString, to bytes: inout [UInt8]) {
    bytes.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private static func append(
    quoted text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]
  ) {
    bytes.append(UInt8(ascii: "\""))
    let raw = UnsafeRawBufferPointer(text)
    var start = 0
    var index = 0
    while index < text.count {
      if index + 8 <= text.count,
        !JSONReader.hasQuotable(raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      {
        index += 8
        continue
      }
      let byte = text[index]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
        start = index + 1
        appendEscape(of: byte, to: &bytes)
      }
      index += 1
    }
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
    bytes.append(UInt8(ascii: "\""))
  }

  private static func appendEscape(of byte: UInt8, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    default:
      append(raw: "u00", to: &bytes)
      bytes.append(hexDigit(byte >> 4))
      bytes.append(hexDigit(byte & 15))
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
