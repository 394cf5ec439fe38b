// The byte loops of the reader: strings and numbers.
//
// Strings are scanned eight bytes at a time: a word with no quote, no backslash, no control
// character and no byte above 0x7F is stepped over whole (the usual zero-byte test on words). The
// rest goes byte by byte, with UTF-8 checked as RFC 3629 has it: no overlong form, no surrogate,
// nothing above U+10FFFF.

extension JSONReader {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highs: UInt64 = 0x8080_8080_8080_8080
  private static let quotes: UInt64 = 0x2222_2222_2222_2222
  private static let backslashes: UInt64 = 0x5C5C_5C5C_5C5C_5C5C
  private static let spaces: UInt64 = 0x2020_2020_2020_2020

  /// Whether one of eight bytes is the quote, the backslash or below 0x20. May say so also of a
  /// word that has such a byte only below another one; never misses one.
  @inline(__always)
  static func hasQuotable(_ word: UInt64) -> Bool {
    let quote = word ^ quotes
    let backslash = word ^ backslashes
    let special =
      ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
      | ((word &- spaces) & ~word)
    return special & highs != 0
  }

  /// Reads a string from its opening quote to behind its closing one.
  mutating func scanString() throws(JSONFault) -> JSONText {
    let start = offset + 1
    let count = bytes.count
    var place = start
    var hasEscapes = false
    while true {
      while place + 8 <= count {
        let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        if word & Self.highs != 0 || Self.hasQuotable(word) { break }
        place += 8
      }
      guard place < count else { throw JSONFault(.endOfText, at: count) }
      switch bytes[place] {
      case UInt8(ascii: "\""):
        offset = place + 1
        return JSONText(
          bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<place]), hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        place = try endOfEscape(at: place)
      case 0..<0x20:
        throw JSONFault(.controlCharacter, at: place)
      case 0x80...:
        place = try endOfSequence(at: place)
      default:
        place += 1
      }
    }
  }

  /// Behind the escape at a backslash; a surrogate pair is one escape.
  private func endOfEscape(at place: Int) throws(JSONFault) -> Int {
    guard place + 1 < bytes.count else { throw JSONFault(.endOfText, at: bytes.count) }
    switch bytes[place + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return place + 2
    case UInt8(ascii: "u"):
      let unit = try codeUnit(at: place + 2)
      if unit & 0xFC00 == 0xDC00 { throw JSONFault(.badEscape, at: place) }
      guard unit & 0xFC00 == 0xD800 else { return place + 6 }
      guard place + 8 <= bytes.count else { throw JSONFault(.endOfText, at: bytes.count) }
      guard bytes[place + 6] == UInt8(ascii: "\\"), bytes[place + 7] == UInt8(ascii: "u"),
        try codeUnit(at: place + 8) & 0xFC00 == 0xDC00
      else { throw JSONFault(.badEscape, at: place) }
      return place + 12
    default:
      throw JSONFault(.badEscape, at: place)
    }
  }

  private func codeUnit(at place: Int) throws(JSONFault) -> UInt16 {
    guard place + 4 <= bytes.count else { throw JSONFault(.endOfText, at: bytes.count) }
    var unit: UInt16 = 0
    for index in place..<place + 4 {
      guard let digit = JSONText.hexDigit(bytes[index]) else {
        throw JSONFault(.badEscape, at: index)
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  /// Behind the UTF-8 sequence of a byte above 0x7F.
  private func endOfSequence(at place: Int) throws(JSONFault) -> Int {
    let lead = bytes[place]
    let length: Int
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, low) = (3, 0xA0)
    case 0xED: (length, high) = (3, 0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, low) = (4, 0x90)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, high) = (4, 0x8F)
    default: throw JSONFault(.badUTF8, at: place)
    }
    guard place + length <= bytes.count else { throw JSONFault(.badUTF8, at: place) }
    guard (low...high).contains(bytes[place + 1]) else { throw JSONFault(.badUTF8, at: place) }
    for index in place + 2..<place + length where bytes[index] & 0xC0 != 0x80 {
      throw JSONFault(.badUTF8, at: place)
    }
    return place + length
  }

  /// Reads -? int frac? exp? and stops behind it.
  mutating func scanNumber() throws(JSONFault) {
    let start = offset
    if byteHere == UInt8(ascii: "-") { offset += 1 }
    if byteHere == UInt8(ascii: "0") {
      offset += 1
      if let byteHere, Self.isDigit(byteHere) { throw JSONFault(.badNumber, at: start) }
    } else {
      guard skipDigits() > 0 else { throw JSONFault(.badNumber, at: start) }
    }
    if byteHere == UInt8(ascii: ".") {
      offset += 1
      guard skipDigits() > 0 else { throw JSONFault(.badNumber, at: start) }
    }
    if byteHere == UInt8(ascii: "e") || byteHere == UInt8(ascii: "E") {
      offset += 1
      if byteHere == UInt8(ascii: "+") || byteHere == UInt8(ascii: "-") { offset += 1 }
      guard skipDigits() > 0 else { throw JSONFault(.badNumber, at: start) }
    }
  }

  private var byteHere: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private mutating func skipDigits() -> Int {
    let start = offset
    while let byteHere, Self.isDigit(byteHere) { offset += 1 }
    return offset - start
  }
}
