// Reads JSON text value by value, in place: a cursor over UTF-8 bytes that builds no tree.
//
// The caller knows the shape and asks for it: beginObject, nextKey, readString. Keys and strings
// come as `JSONText`, a slice of the input that is turned into a String only when wanted. Strict
// RFC 8259: no comments, no trailing commas, no leading zeros, UTF-8 checked, surrogates paired,
// depth limited. A key that occurs twice is reported twice; which one counts is the caller's rule.
//
// The reader holds a raw pointer: it must not outlive the bytes. Asking out of order (nextKey
// inside an array) is a programmer's error and yields an unexpectedByte fault at worst, never a
// crash.

/// A cursor over one JSON document.
public struct JSONReader {
  /// Containers a document may have inside each other unless said otherwise.
  public static let defaultDepthMax = 256

  @usableFromInline let bytes: UnsafeRawBufferPointer
  /// Bytes read so far.
  public internal(set) var offset = 0
  private let depthMax: Int
  private var depth = 0
  /// Whether the open container has had no member yet.
  private var isAtStart = false

  /// - Parameter bytes: the document; must stay valid while the reader or a text of it is in use.
  public init(_ bytes: UnsafeRawBufferPointer, depthMax: Int = JSONReader.defaultDepthMax) {
    self.bytes = bytes
    self.depthMax = depthMax
  }

  // MARK: Looking ahead

  /// The kind of the next value, by its first byte.
  public mutating func peek() throws(JSONFault) -> JSONKind {
    skipSpace()
    guard offset < bytes.count else { throw JSONFault(.endOfText, at: offset) }
    switch bytes[offset] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case let byte: throw JSONFault(.unexpectedByte(byte), at: offset)
    }
  }

  /// Steps over a null; false, and nothing read, when the next value is something else.
  public mutating func readNullIfNext() throws(JSONFault) -> Bool {
    guard try peek() == .null else { return false }
    try readLiteral("null")
    return true
  }

  // MARK: Containers

  public mutating func beginObject() throws(JSONFault) { try open(.object) }

  public mutating func beginArray() throws(JSONFault) { try open(.array) }

  /// The next member's name, with the colon read; nil at the object's end, which is read too.
  public mutating func nextKey() throws(JSONFault) -> JSONText? {
    guard try advance(to: UInt8(ascii: "}")) else { return nil }
    guard bytes[offset] == UInt8(ascii: "\"") else { throw unexpected() }
    let key = try scanString()
    skipSpace()
    guard offset < bytes.count else { throw JSONFault(.endOfText, at: offset) }
    guard bytes[offset] == UInt8(ascii: ":") else { throw unexpected() }
    offset += 1
    return key
  }

  /// Whether another element follows; at the array's end false, and the end is read.
  public mutating func nextElement() throws(JSONFault) -> Bool {
    try advance(to: UInt8(ascii: "]"))
  }

  /// Checks that nothing but white space follows the document.
  public mutating func finish() throws(JSONFault) {
    skipSpace()
    guard offset == bytes.count else { throw JSONFault(.trailingBytes, at: offset) }
  }

  // MARK: Values

  /// A string's content, as a slice of the input.
  public mutating func readText() throws(JSONFault) -> JSONText {
    try expect(.string)
    let text = try scanString()
    isAtStart = false
    return text
  }

  public mutating func readString() throws(JSONFault) -> String { try readText().string }

  public mutating func readBool() throws(JSONFault) -> Bool {
    try expect(.boolean)
    let value = bytes[offset] == UInt8(ascii: "t")
    try readLiteral(value ? "true" : "false")
    return value
  }

  public mutating func readNull() throws(JSONFault) {
    try expect(.null)
    try readLiteral("null")
  }

  /// A number's text as written, for a caller with its own arithmetic.
  public mutating func readNumberText() throws(JSONFault) -> JSONText {
    try expect(.number)
    let start = offset
    try scanNumber()
    isAtStart = false
    return JSONText(
      bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), hasEscapes: false)
  }

  /// Steps over the next value, checking it. O(length).
  public mutating func skipValue() throws(JSONFault) {
    switch try peek() {
    case .object:
      try beginObject()
      while try nextKey() != nil { try skipValue() }
    case .array:
      try beginArray()
      while try nextElement() { try skipValue() }
    case .string: _ = try readText()
    case .number: _ = try readNumberText()
    case .boolean: _ = try readBool()
    case .null: try readNull()
    }
  }

  // MARK: Pieces

  private mutating func open(_ kind: JSONKind) throws(JSONFault) {
    try expect(kind)
    guard depth < depthMax else { throw JSONFault(.tooDeep, at: offset) }
    depth += 1
    offset += 1
    isAtStart = true
  }

  /// To the next member of a container: over the comma, or over the closing mark (false).
  private mutating func advance(to close: UInt8) throws(JSONFault) -> Bool {
    skipSpace()
    guard offset < bytes.count else { throw JSONFault(.endOfText, at: offset) }
    if bytes[offset] == close {
      offset += 1
      depth -= 1
      isAtStart = false
      return false
    }
    if isAtStart {
      isAtStart = false
      return true
    }
    guard bytes[offset] == UInt8(ascii: ",") else { throw unexpected() }
    offset += 1
    skipSpace()
    guard offset < bytes.count else { throw JSONFault(.endOfText, at: offset) }
    guard bytes[offset] != close else { throw unexpected() }
    return true
  }

  private mutating func expect(_ kind: JSONKind) throws(JSONFault) {
    let found = try peek()
    guard found == kind else {
      throw JSONFault(.mismatch(expected: kind, found: found), at: offset)
    }
  }

  private mutating func readLiteral(_ word: StaticString) throws(JSONFault) {
    for index in 0..<word.utf8CodeUnitCount {
      guard offset < bytes.count else { throw JSONFault(.endOfText, at: offset) }
      guard bytes[offset] == word.utf8Start[index] else { throw unexpected() }
      offset += 1
    }
    isAtStart = false
  }

  private func unexpected() -> JSONFault {
    JSONFault(.unexpectedByte(bytes[offset]), at: offset)
  }

  @inline(__always)
  private mutating func skipSpace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset += 1
      default: return
      }
    }
  }
}
