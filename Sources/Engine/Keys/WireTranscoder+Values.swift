// Values of attributes in the one pass from the wire to the stored form.

import DataModel
import ServiceAPI

extension WireTranscoder {
  mutating func value(depth: Int) -> Bool {
    guard depth < Self.depthMax else { return false }
    if bytes.count - at >= 8 {
      // The two types of most values, without a space.
      switch bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self).littleEndian & Self.opening {
      case Self.openingText:
        at += 5
        return string() && take(UInt8(ascii: "}"))
      case Self.openingNumber:
        at += 5
        return number() && take(UInt8(ascii: "}"))
      default: break
      }
    }
    guard take(UInt8(ascii: "{")), let type = text(), take(UInt8(ascii: ":")) else { return false }
    return content(of: type, depth: depth) && take(UInt8(ascii: "}"))
  }

  /// Of six bytes, the first one lowest.
  private static let opening: UInt64 = 0xFFFF_FFFF_FFFF
  /// {"S":" and {"N":"
  private static let openingText: UInt64 = 0x223A_2253_227B
  private static let openingNumber: UInt64 = 0x223A_224E_227B

  private mutating func content(of type: Range<Int>, depth: Int) -> Bool {
    switch (type.count, bytes[type.lowerBound]) {
    case (1, UInt8(ascii: "S")): return string()
    case (1, UInt8(ascii: "N")): return number()
    case (1, UInt8(ascii: "B")): return binary()
    case (1, UInt8(ascii: "L")): return list(depth: depth)
    case (1, UInt8(ascii: "M")):
      append(ItemTag.map)
      size += ItemSize.containerBytes
      return map(depth: depth + 1)
    case (2, _) where isEqual(type, "SS"): return strings()
    case (4, _) where isEqual(type, "BOOL"):
      guard let flag = flag() else { return false }
      append(ItemTag.boolean)
      append(flag ? 1 : 0)
      size += 1
      return true
    case (4, _) where isEqual(type, "NULL"):
      append(ItemTag.null)
      size += 1
      return flag() == true
    default: return false
    }
  }

  private mutating func string() -> Bool {
    guard let place = text() else { return false }
    append(ItemTag.string)
    append(place)
    size += place.count
    return true
  }

  private mutating func number() -> Bool {
    guard let place = text() else { return false }
    append(ItemTag.number)
    if let bytes = Number.size(ofPlain: content(place)) {
      append(place)
      size += bytes
      return true
    }
    guard case .success(let number) = Number.parse(utf8: content(place)) else { return false }
    var text: [UInt8] = []
    number.appendText(to: &text)
    // An exponent may stand for many digits.
    guard text.count <= place.count, text.count <= Self.shortMax else { return false }
    append(UInt8(text.count))
    for byte in text { append(byte) }
    size += number.sizeInBytes
    return true
  }

  private mutating func list(depth: Int) -> Bool {
    append(ItemTag.list)
    size += ItemSize.containerBytes
    let head = count
    append(0)
    guard take(UInt8(ascii: "[")) else { return false }
    if take(UInt8(ascii: "]")) { return true }
    var elements = 0
    repeat {
      size += ItemSize.elementBytes
      elements += 1
      guard value(depth: depth + 1) else { return false }
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")), elements <= Self.shortMax else { return false }
    memory.storeBytes(of: UInt8(elements), toByteOffset: head, as: UInt8.self)
    return true
  }

  /// A set of up to eight texts.
  private mutating func strings() -> Bool {
    append(ItemTag.stringSet)
    let head = count
    append(0)
    guard take(UInt8(ascii: "[")) else { return false }
    var seen = InlineArray<8, Range<Int>>(repeating: 0..<0)
    var elements = 0
    repeat {
      guard let place = text(), !place.isEmpty, elements < 8 else { return false }
      for index in 0..<elements where seen[index].count == place.count {
        if content(seen[index]).elementsEqual(content(place)) { return false }
      }
      seen[elements] = place
      elements += 1
      append(place)
      size += place.count
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { return false }
    memory.storeBytes(of: UInt8(elements), toByteOffset: head, as: UInt8.self)
    return true
  }

  /// Canonical base64 only: nothing is set behind the last byte.
  private mutating func binary() -> Bool {
    guard let place = text(), place.count % 4 == 0 else { return false }
    var padding = 0
    while padding < 2, padding < place.count,
      bytes[place.upperBound - 1 - padding] == UInt8(ascii: "=")
    { padding += 1 }
    let length = place.count / 4 * 3 - padding
    guard length <= Self.shortMax else { return false }
    append(ItemTag.binary)
    append(UInt8(length))
    size += length
    var word: UInt32 = 0
    var bits = 0
    for index in place.lowerBound..<(place.upperBound - padding) {
      guard let digit = Self.digit(bytes[index]) else { return false }
      word = word << 6 | digit
      bits += 6
      if bits >= 8 {
        bits -= 8
        append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
      }
    }
    return word & (1 << UInt32(bits) - 1) == 0
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
