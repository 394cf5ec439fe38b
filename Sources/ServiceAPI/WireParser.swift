// Reads a request body into a WireValue, or says no.
//
// Strict JSON (RFC 8259): one value, nothing behind it, valid UTF-8, no control characters in
// strings, surrogates in pairs. Depth is bounded so that no body can exhaust the stack: an item may
// nest 32 levels, each two of JSON, inside a few of the request.

/// A recursive-descent reader over bytes.
struct WireParser {
  /// Deeper than any valid request.
  static let depthMax = 160

  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  static func parse(_ body: UnsafeRawBufferPointer) -> WireValue? {
    var parser = WireParser(body)
    guard let value = parser.value(depth: 0) else { return nil }
    parser.skipSpace()
    return parser.at == body.count ? value : nil
  }

  private mutating func skipSpace() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x0A, 0x0D, 0x09: at += 1
      default: return
      }
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) -> WireValue? {
    skipSpace()
    guard at < bytes.count, depth < Self.depthMax else { return nil }
    switch bytes[at] {
    case UInt8(ascii: "{"): return object(depth: depth)
    case UInt8(ascii: "["): return array(depth: depth)
    case UInt8(ascii: "\""): return string().map(WireValue.string)
    case UInt8(ascii: "t"): return word("true") ? .boolean(true) : nil
    case UInt8(ascii: "f"): return word("false") ? .boolean(false) : nil
    case UInt8(ascii: "n"): return word("null") ? .null : nil
    default: return number()
    }
  }

  private mutating func word(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count - at >= count else { return false }
    for index in 0..<count where bytes[at + index] != text.utf8Start[index] { return false }
    at += count
    return true
  }

  private mutating func object(depth: Int) -> WireValue? {
    at += 1
    var members: [WireMember] = []
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\""), let name = string() else {
        return nil
      }
      skipSpace()
      guard take(UInt8(ascii: ":")), let value = value(depth: depth + 1) else { return nil }
      members.append(WireMember(name: name, value: value))
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      return take(UInt8(ascii: "}")) ? .object(members) : nil
    }
  }

  private mutating func array(depth: Int) -> WireValue? {
    at += 1
    var values: [WireValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(values) }
    while true {
      guard let value = value(depth: depth + 1) else { return nil }
      values.append(value)
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      return take(UInt8(ascii: "]")) ? .array(values) : nil
    }
  }

  private mutating func digits() -> Int {
    let start = at
    while at < bytes.count, bytes[at] >= 0x30, bytes[at] <= 0x39 { at += 1 }
    return at - start
  }

  private mutating func number() -> WireValue? {
    let start = at
    _ = take(UInt8(ascii: "-"))
    let first = at
    let count = digits()
    guard count == 1 || (count > 1 && bytes[first] != 0x30) else { return nil }
    if take(UInt8(ascii: ".")) {
      guard digits() > 0 else { return nil }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
      guard digits() > 0 else { return nil }
    }
    return .number(
      String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self))
  }

  /// A string whose opening quote is next.
  private mutating func string() -> String? {
    at += 1
    let start = at
    var seen: UInt8 = 0
    while at < bytes.count {
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: "\""):
        let content = UnsafeRawBufferPointer(rebasing: bytes[start..<at])
        at += 1
        // Validation is what costs; bytes below 0x80 need none.
        return seen < 0x80
          ? String(decoding: content, as: UTF8.self) : String(validating: content, as: UTF8.self)
      case UInt8(ascii: "\\"): return escapedString(from: start)
      case 0..<0x20: return nil
      default:
        seen |= byte
        at += 1
      }
    }
    return nil
  }

  private mutating func escapedString(from start: Int) -> String? {
    var text = Array(bytes[start..<at])
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard appendEscape(to: &text) else { return nil }
      case 0..<0x20: return nil
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func appendEscape(to text: inout [UInt8]) -> Bool {
    guard at < bytes.count else { return false }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      guard let scalar = unicodeEscape() else { return false }
      text.append(contentsOf: Array(String(scalar).utf8))
    default: return false
    }
    return true
  }

  private mutating func unicodeEscape() -> Unicode.Scalar? {
    guard let first = fourHexDigits() else { return nil }
    guard first >= 0xD800, first < 0xE000 else { return Unicode.Scalar(first) }
    guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")),
      let second = fourHexDigits(), second >= 0xDC00, second < 0xE000
    else { return nil }
    return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
  }

  private mutating func fourHexDigits() -> UInt32? {
    guard bytes.count - at >= 4 else { return nil }
    var value: UInt32 = 0
    for _ in 0..<4 {
      let byte = bytes[at]
      at += 1
      switch byte {
      case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
      case 0x41...0x46: value = value << 4 | UInt32(byte - 0x41 + 10)
      case 0x61...0x66: value = value << 4 | UInt32(byte - 0x61 + 10)
      default: return nil
      }
    }
    return value
  }
}

extension WireValue {
  /// The body as a tree; nil when it is not JSON.
  public init?(body: some Sequence<UInt8>) {
    let bytes = ContiguousArray(body)
    guard let value = bytes.withUnsafeBytes(WireParser.parse) else { return nil }
    self = value
  }

  /// The body as a tree; nil when it is not JSON.
  public init?(body: UnsafeRawBufferPointer) {
    guard let value = WireParser.parse(body) else { return nil }
    self = value
  }
}
