// JSON written straight into memory: the pieces that answers with items are made of.
//
// The writer of general answers asks for room byte by byte, which for an item of a dozen attributes
// costs more than finding it. Here every piece asks once. A text that runs out of room says so and
// is of no more use; whoever writes it begins again with more. `slack` bytes are asked for beyond
// every piece, so that short ones are stored as whole words whose surplus is overwritten later.

import ServiceAPI

/// A cursor over memory of fixed size.
struct ItemText {
  private static let slack = 24
  /// The longest escape of a byte: \u001F.
  private static let escapeMax = 6

  private let start: UnsafeMutableRawPointer
  private var next: UnsafeMutableRawPointer
  private let end: UnsafeMutableRawPointer
  /// Something found no room.
  private(set) var isFull = false

  /// nil without memory.
  init?(_ memory: UnsafeMutableBufferPointer<UInt8>) {
    guard let base = memory.baseAddress else { return nil }
    start = UnsafeMutableRawPointer(base)
    next = start
    end = start + memory.count
  }

  /// Bytes written.
  var count: Int { next - start }

  @inline(__always)
  private mutating func hasRoom(_ count: Int) -> Bool {
    if end - next >= count + Self.slack { return true }
    isFull = true
    return false
  }

  // MARK: Structure

  /// A byte of structure.
  @inline(__always)
  mutating func put(_ byte: UInt8) {
    guard hasRoom(1) else { return }
    next.storeBytes(of: byte, as: UInt8.self)
    next += 1
  }

  /// The comma behind the last member or element becomes what ends its list.
  @inline(__always)
  mutating func close(_ byte: UInt8, wasEmpty: Bool) {
    if !wasEmpty, count > 0 { next -= 1 }
    put(byte)
  }

  /// Some bytes of structure.
  @inline(__always)
  mutating func put(_ text: StaticString) {
    guard hasRoom(text.utf8CodeUnitCount) else { return }
    next.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    next += text.utf8CodeUnitCount
  }

  // MARK: Texts

  /// A string in quotes.
  /// - Parameters:
  ///   - source: Its `count` bytes of valid UTF-8.
  ///   - readable: Bytes that may be read from `source` on, at least `count`.
  mutating func quote(_ source: UnsafeRawPointer, count: Int, readable: Int) {
    guard hasRoom(count + 2) else { return }
    next.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
    next += 1
    var at = 0
    while count - at >= 16 {
      let block = source.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self)
      if JSONText.mayEnd(block) { break }
      next.storeBytes(of: block, as: SIMD16<UInt8>.self)
      next += 16
      at += 16
    }
    while count - at >= 8 {
      let word = source.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      if JSONText.mayEnd(word) { break }
      next.storeBytes(of: word, as: UInt64.self)
      next += 8
      at += 8
    }
    let rest = count - at
    if rest > 0, rest < 8, readable - at >= 8 {
      let word = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      let inside = (1 &<< UInt64(rest &* 8)) &- 1
      if !JSONText.mayEnd(word & inside | Self.blanks & ~inside) {
        next.storeBytes(of: word.littleEndian, as: UInt64.self)
        next += rest
        at = count
      }
    }
    if at < count { escape(source + at, count: count - at) }
    put(UInt8(ascii: "\""))
  }

  /// Eight bytes that end nothing.
  private static var blanks: UInt64 { 0x2020_2020_2020_2020 }

  private mutating func escape(_ source: UnsafeRawPointer, count: Int) {
    guard hasRoom(count * Self.escapeMax) else { return }
    for at in 0..<count {
      let byte = source.load(fromByteOffset: at, as: UInt8.self)
      switch byte {
      case UInt8(ascii: "\""): put(#"\""#)
      case UInt8(ascii: "\\"): put(#"\\"#)
      case UInt8(ascii: "\n"): put(#"\n"#)
      case UInt8(ascii: "\r"): put(#"\r"#)
      case UInt8(ascii: "\t"): put(#"\t"#)
      case 0..<0x20:
        put(byte < 0x10 ? #"\u000"# : #"\u001"#)
        let digit = byte & 15
        put(digit < 10 ? 48 + digit : 87 + digit)
      default: put(byte)
      }
    }
  }

  /// Bytes in base64 and quotes (RFC 4648, section 4).
  mutating func quote(binary content: UnsafeRawBufferPointer) {
    guard hasRoom((content.count + 2) / 3 * 4 + 2) else { return }
    put(UInt8(ascii: "\""))
    var at = 0
    while at < content.count {
      var word = UInt32(content[at]) << 16
      if at + 1 < content.count { word |= UInt32(content[at + 1]) << 8 }
      if at + 2 < content.count { word |= UInt32(content[at + 2]) }
      let digits = min(4, content.count - at + 1)
      for place in 0..<4 {
        put(place < digits ? Self.base64(word >> UInt32(18 - 6 * place)) : UInt8(ascii: "="))
      }
      at += 3
    }
    put(UInt8(ascii: "\""))
  }

  @inline(__always)
  private static func base64(_ bits: UInt32) -> UInt8 {
    let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return alphabet.utf8Start[Int(bits & 63)]
  }
}
