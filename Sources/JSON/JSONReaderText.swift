// A string of the input, still where it stands.
//
// Most strings of a request are compared with a known name or copied as bytes; making a Swift
// String of each costs more than reading them (40-110 ns each). So a text is a slice, and says
// whether it has escapes; without them its bytes are its content.

/// The content of a JSON string or number, as a slice of the document. It must not outlive it.
public struct JSONText {
  /// The bytes between the quotes, escapes not resolved.
  public let bytes: UnsafeRawBufferPointer
  /// Whether a backslash stands in `bytes`.
  public let hasEscapes: Bool

  init(bytes: UnsafeRawBufferPointer, hasEscapes: Bool) {
    self.bytes = bytes
    self.hasEscapes = hasEscapes
  }

  /// The content. O(length).
  public var string: String {
    guard hasEscapes else { return String(decoding: bytes, as: UTF8.self) }
    return String(decoding: content, as: UTF8.self)
  }

  /// The content's bytes, escapes resolved.
  public var content: [UInt8] {
    guard hasEscapes else { return [UInt8](bytes) }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\\") {
        index = Self.appendEscape(in: bytes, at: index, to: &result)
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return result
  }

  /// Whether the content is exactly `word`. O(length of the word).
  public func equals(_ word: StaticString) -> Bool {
    if hasEscapes {
      return content.elementsEqual(
        UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where bytes[index] != word.utf8Start[index] { return false }
    return true
  }

  /// The content as a whole number; nil when it is none or does not fit 64 bits. For number texts.
  public var integer: Int64? {
    hasEscapes || bytes.isEmpty ? nil : Int64(String(decoding: bytes, as: UTF8.self))
  }

  /// The content as a binary fraction; nil when it is not a number.
  public var double: Double? { Double(string) }

  /// Resolves a checked escape and returns the index behind it.
  private static func appendEscape(
    in bytes: UnsafeRawBufferPointer, at place: Int, to result: inout [UInt8]
  ) -> Int {
    switch bytes[place + 1] {
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"):
      let unit = codeUnit(in: bytes, at: place + 2)
      guard unit & 0xFC00 == 0xD800 else {
        append(scalar: unit, to: &result)
        return place + 6
      }
      let low = codeUnit(in: bytes, at: place + 8)
      append(scalar: 0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF), to: &result)
      return place + 12
    case let byte: result.append(byte)
    }
    return place + 2
  }

  private static func codeUnit(in bytes: UnsafeRawBufferPointer, at place: Int) -> UInt32 {
    var unit: UInt32 = 0
    for index in place..<place + 4 { unit = unit << 4 | UInt32(hexDigit(bytes[index]) ?? 0) }
    return unit
  }

  private static func append(scalar: UInt32, to result: inout [UInt8]) {
    switch scalar {
    case 0..<0x80:
      result.append(UInt8(scalar))
    case 0x80..<0x800:
      result.append(UInt8(0xC0 | scalar >> 6))
      result.append(UInt8(0x80 | scalar & 0x3F))
    case 0x800..<0x10000:
      result.append(UInt8(0xE0 | scalar >> 12))
      result.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      result.append(UInt8(0x80 | scalar & 0x3F))
    default:
      result.append(UInt8(0xF0 | scalar >> 18))
      result.append(UInt8(0x80 | scalar >> 12 & 0x3F))
      result.append(UInt8(0x80 | scalar >> 6 & 0x3F))
      result.append(UInt8(0x80 | scalar & 0x3F))
    }
  }

  static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
