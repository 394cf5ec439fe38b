// Reads CBOR (RFC 7049) value by value from bytes that are all there.
//
// The caller knows the shape and asks for it; nothing is built that nobody asks for. Definite and
// indefinite lengths are both read. Any sequence of bytes gives a value or a fault: counts are
// checked against the bytes that are left before anything is reserved, and recursion is the
// caller's, with a limit of the caller's.

/// Why bytes could not be read, and where.
public struct CBORFault: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The bytes end inside a value.
    case endOfBytes
    /// Another kind of value stands here than was asked for.
    case mismatch(expected: String)
    /// No value of CBOR, of the protocol, or one nested too deeply.
    case malformed(String)
    /// Well formed, but refused by the service; carries the service's message.
    case refused(String)
  }

  public var kind: Kind
  public var offset: Int

  public init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  public var description: String {
    switch kind {
    case .endOfBytes: "byte \(offset): the message ends inside a value"
    case .mismatch(let expected): "byte \(offset): expected \(expected)"
    case .malformed(let what): "byte \(offset): \(what)"
    case .refused(let message): message
    }
  }
}

/// What kind of value a first byte announces.
public enum CBORKind: Hashable, Sendable {
  case unsigned, negative, bytes, text, array, map, tag
  case boolean, null, undefined, float, simple
  /// The end of a container of indefinite length.
  case stop
}

/// How many elements of a container are still to be read.
public struct CBORCount: Sendable {
  /// nil: until the stop mark.
  var left: Int?
}

/// A cursor over CBOR values one behind the other.
public struct CBORReader: Sendable {
  let bytes: [UInt8]
  /// Index of the next byte.
  public private(set) var offset: Int
  private let end: Int

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    offset = 0
    end = bytes.count
  }

  public init(_ bytes: ArraySlice<UInt8>) { self.init(Array(bytes)) }

  public var isAtEnd: Bool { offset >= end }

  func fault(_ kind: CBORFault.Kind) -> CBORFault { CBORFault(kind, at: offset) }

  /// The kind of the next value.
  public func peek() throws(CBORFault) -> CBORKind {
    guard offset < end else { throw fault(.endOfBytes) }
    let byte = bytes[offset]
    switch byte >> 5 {
    case 0: return .unsigned
    case 1: return .negative
    case 2: return .bytes
    case 3: return .text
    case 4: return .array
    case 5: return .map
    case 6: return .tag
    default:
      switch byte & 0x1f {
      case 20, 21: return .boolean
      case 22: return .null
      case 23: return .undefined
      case 25, 26, 27: return .float
      case 31: return .stop
      default: return .simple
      }
    }
  }

  /// Reads a first byte and the number behind it; nil is an indefinite length.
  mutating func readHead() throws(CBORFault) -> (major: UInt8, value: UInt64?) {
    guard offset < end else { throw fault(.endOfBytes) }
    let byte = bytes[offset]
    let low = byte & 0x1f
    switch low {
    case 0..<24:
      offset += 1
      return (byte >> 5, UInt64(low))
    case 24...27:
      let width = 1 << Int(low - 24)
      guard end - offset > width else { throw fault(.endOfBytes) }
      var value: UInt64 = 0
      for index in 1...width { value = value << 8 | UInt64(bytes[offset + index]) }
      offset += 1 + width
      return (byte >> 5, value)
    case 31:
      guard [2, 3, 4, 5, 7].contains(byte >> 5) else {
        throw fault(.malformed("an indefinite length where there is none"))
      }
      offset += 1
      return (byte >> 5, nil)
    default: throw fault(.malformed("a reserved length"))
    }
  }

  private mutating func expect(_ major: UInt8, _ what: String) throws(CBORFault) -> UInt64? {
    let start = offset
    let head = try readHead()
    guard head.major == major else {
      throw CBORFault(.mismatch(expected: what), at: start)
    }
    return head.value
  }

  // MARK: Simple values

  /// An integer of at most 64 bits.
  public mutating func readInteger() throws(CBORFault) -> Int {
    let start = offset
    let head = try readHead()
    guard head.major < 2, let value = head.value, value <= UInt64(Int.max) else {
      throw CBORFault(.mismatch(expected: "an integer of 64 bits"), at: start)
    }
    return head.major == 0 ? Int(value) : -1 - Int(value)
  }

  public mutating func readBoolean() throws(CBORFault) -> Bool {
    guard try peek() == .boolean else { throw fault(.mismatch(expected: "a boolean")) }
    defer { offset += 1 }
    return bytes[offset] & 0x1f == 21
  }

  /// Steps over a null (or undefined); false, and nothing read, when something else stands here.
  public mutating func readNullIfNext() throws(CBORFault) -> Bool {
    let kind = try peek()
    guard kind == .null || kind == .undefined else { return false }
    offset += 1
    return true
  }

  public mutating func readTag() throws(CBORFault) -> UInt64 {
    guard let tag = try expect(6, "a tag") else { throw fault(.malformed("a tag without number")) }
    return tag
  }

  /// A float of 16, 32 or 64 bits.
  public mutating func readFloat() throws(CBORFault) -> Double {
    guard try peek() == .float else { throw fault(.mismatch(expected: "a float")) }
    let width = bytes[offset] & 0x1f
    guard let value = try readHead().value else { throw fault(.malformed("no float")) }
    switch width {
    case 25: return Self.half(UInt16(truncatingIfNeeded: value))
    case 26: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: value)))
    default: return Double(bitPattern: value)
    }
  }

  /// RFC 7049 appendix D. 0x3C00 is 1, 0x7BFF 65504, 0x0001 2^-24.
  private static func half(_ bits: UInt16) -> Double {
    let exponent = Int(bits >> 10 & 0x1f)
    let fraction = Double(bits & 0x3ff)
    var value: Double
    switch exponent {
    case 0: value = fraction / 16_777_216
    case 31: value = fraction == 0 ? .infinity : .nan
    default: value = Double(sign: .plus, exponent: exponent - 25, significand: fraction + 1_024)
    }
    if bits >> 15 == 1 { value = -value }
    return value
  }

  // MARK: Strings

  public mutating func readBytes() throws(CBORFault) -> [UInt8] {
    try readString(major: 2, "bytes")
  }

  public mutating func readText() throws(CBORFault) -> String {
    let start = offset
    let utf8 = try readString(major: 3, "text")
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw CBORFault(.malformed("text that is no UTF-8"), at: start)
    }
    return text
  }

  private mutating func readString(
    major: UInt8, _ what: String
  ) throws(CBORFault) -> [UInt8] {
    if let length = try expect(major, what) { return try take(length) }
    var whole: [UInt8] = []
    while try peek() != .stop {
      guard let length = try expect(major, what) else {
        throw fault(.malformed("a string of indefinite length inside another"))
      }
      whole += try take(length)
    }
    offset += 1
    return whole
  }

  private mutating func take(_ length: UInt64) throws(CBORFault) -> [UInt8] {
    guard length <= UInt64(end - offset) else { throw fault(.endOfBytes) }
    defer { offset += Int(length) }
    return Array(bytes[offset..<offset + Int(length)])
  }

  /// The bytes that have not been read.
  public mutating func readRest() -> [UInt8] {
    defer { offset = end }
    return Array(bytes[offset..<end])
  }

  // MARK: Containers

  public mutating func beginArray() throws(CBORFault) -> CBORCount {
    try begin(4, "an array", bytesPerElement: 1)
  }

  public mutating func beginMap() throws(CBORFault) -> CBORCount {
    try begin(5, "a map", bytesPerElement: 2)
  }

  /// Begins an array of exactly `length` elements.
  public mutating func beginArray(of length: Int) throws(CBORFault) {
    let start = offset
    guard try beginArray().left == length else {
      throw CBORFault(.mismatch(expected: "an array of \(length)"), at: start)
    }
  }

  private mutating func begin(
    _ major: UInt8, _ what: String, bytesPerElement: Int
  ) throws(CBORFault) -> CBORCount {
    guard let count = try expect(major, what) else { return CBORCount(left: nil) }
    guard count <= UInt64((end - offset) / bytesPerElement) else { throw fault(.endOfBytes) }
    return CBORCount(left: Int(count))
  }

  /// Whether another element (for a map: another key) follows; the stop mark is read.
  public mutating func next(_ count: inout CBORCount) throws(CBORFault) -> Bool {
    if let left = count.left {
      guard left > 0 else { return false }
      count.left = left - 1
      return true
    }
    guard try peek() == .stop else { return true }
    offset += 1
    return false
  }

  /// Steps over the next value, whatever it is, tags included.
  public mutating func skip() throws(CBORFault) {
    var scanner = CBORScanner(values: 1)
    switch scanner.advance(over: bytes, from: offset) {
    case .complete(let next): offset = next
    case .incomplete: throw fault(.endOfBytes)
    case .malformed(let what): throw fault(.malformed(what))
    }
  }
}
