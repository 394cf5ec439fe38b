// Numbers from and to bytes without a String in between: the way a request and a reply go.
//
// Up to 18 plain digits are read in 64-bit arithmetic; everything else (exponents, more digits,
// faults) goes the general way of `Number.parse`, which also words the refusals.

extension Number {
  /// Reads the number that UTF-8 bytes stand for, as `parse(_:)` does of a text. O(length).
  public static func parse(
    utf8 bytes: UnsafeRawBufferPointer
  ) -> Swift.Result<Number, NumberFault> {
    if let plain = parsePlain(bytes) { return .success(plain) }
    return parse(String(decoding: bytes, as: UTF8.self))
  }

  /// [-] 1...18 digits with at most one point between them; nil for all else.
  private static func parsePlain(_ bytes: UnsafeRawBufferPointer) -> Number? {
    var index = 0
    let isNegative = !bytes.isEmpty && bytes[0] == UInt8(ascii: "-")
    if isNegative { index = 1 }
    guard bytes.count > index, bytes.count <= 19 else { return nil }
    var value: Int64 = 0
    var fractionDigits = 0
    var pointAt = -1
    var digits = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        digits += 1
        if pointAt >= 0 { fractionDigits += 1 }
      } else if byte == UInt8(ascii: "."), pointAt < 0 {
        pointAt = index
      } else {
        return nil
      }
      index += 1
    }
    guard digits > 0, digits <= 18 else { return nil }
    return Number(isNegative ? -value : value, exponent: -fractionDigits)
  }

  /// What the number counts in bytes (`sizeInBytes`) whose `text` these bytes are; nil where they
  /// are not that text or are long: then parse. O(length).
  public static func size(ofPlain bytes: UnsafeRawBufferPointer) -> Int? {
    let isNegative = !bytes.isEmpty && bytes[0] == UInt8(ascii: "-")
    let start = isNegative ? 1 : 0
    guard bytes.count > start, bytes.count <= maximumDigits else { return nil }
    var (point, first, last) = (bytes.count, -1, -1)
    for index in start..<bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "1")...UInt8(ascii: "9"):
        if first < 0 { first = index }
        last = index
      case UInt8(ascii: "0"): break
      case UInt8(ascii: ".") where point == bytes.count: point = index
      default: return nil
      }
    }
    if first < 0 { return bytes.count == 1 && point == 1 ? 1 : nil }
    // One zero before a point, no other in front; no zero at the end of a fraction.
    let startsPlain =
      bytes[start] == UInt8(ascii: "0") ? point == start + 1 && first > point : first == start
    guard startsPlain, point == bytes.count || last == bytes.count - 1, point > start else {
      return nil
    }
    func power(_ index: Int) -> Int { index < point ? point - 1 - index : point - index }
    let pairs = (power(first) >> 1) - (power(last) >> 1) + 1
    return min(ItemSize.maximumNumberBytes, pairs + 1 + start)
  }

  /// value x 10^exponent; the exponent is small enough for the result to be in range.
  private init(_ value: Int64, exponent: Int) {
    guard value != 0 else {
      self = .zero
      return
    }
    var value = value
    var exponent = exponent
    while value % 10 == 0 {
      value /= 10
      exponent += 1
    }
    var digits = 0
    var rest = value
    while rest != 0 {
      rest /= 10
      digits += 1
    }
    self.init(coefficient: Int128(value), exponent: exponent, digitCount: digits)
  }

  /// Appends the text the service answers with (see `text`) as ASCII. O(length of the text).
  public func appendText(to bytes: inout [UInt8]) {
    guard digitCount > 0 else {
      bytes.append(UInt8(ascii: "0"))
      return
    }
    if isNegative { bytes.append(UInt8(ascii: "-")) }
    let count = Int(digitCount)
    let integerDigits = magnitude + 1
    if exponent < 0, integerDigits <= 0 {
      bytes.append(UInt8(ascii: "0"))
      bytes.append(UInt8(ascii: "."))
      bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: -integerDigits))
    }
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: count))
    writeDigits(into: &bytes, from: start, count: count)
    if exponent >= 0 {
      bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: Int(exponent)))
    } else if integerDigits > 0 {
      bytes.insert(UInt8(ascii: "."), at: start + integerDigits)
    }
  }

  /// Writes the coefficient's digits over zeros, last digit first, 64 bits at a time.
  private func writeDigits(into bytes: inout [UInt8], from start: Int, count: Int) {
    let limb: UInt128 = 10_000_000_000_000_000_000
    var rest = coefficient.magnitude
    var place = start + count
    while place > start {
      var low = UInt64(truncatingIfNeeded: rest % limb)
      rest /= limb
      let end = max(start, place - 19)
      while place > end {
        place -= 1
        bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: low % 10)
        low /= 10
      }
    }
  }
}
