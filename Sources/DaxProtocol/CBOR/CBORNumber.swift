// The service's numbers in CBOR: integers, big integers (tags 2 and 3) and decimals (tag 4).
//
// Whole numbers are written as integers however large, so that the client prints their digits;
// others as a decimal of exponent and coefficient. Tags: RFC 7049 2.4.2 and 2.4.3. Big integers
// here have up to 126 decimal digits, so plain long division is enough.

public import DataModel

extension CBORReader {
  /// A number in any of the forms above, or a finite float.
  public mutating func readNumber() throws(CBORFault) -> Number {
    let start = offset
    switch try peek() {
    case .unsigned, .negative, .tag: break
    case .float:
      let value = try readFloat()
      guard value.isFinite else { throw CBORFault(.malformed("no finite number"), at: start) }
      return try number(value.description, at: start)
    default: throw fault(.mismatch(expected: "a number"))
    }
    if try peek() != .tag { return try number(readIntegerText(), at: start) }
    var inner = self
    guard try inner.readTag() == CBORTag.decimal else {
      return try number(readIntegerText(), at: start)
    }
    self = inner
    try beginArray(of: 2)
    let exponent = try readInteger()
    return try number("\(readIntegerText())e\(exponent)", at: start)
  }

  private func number(_ text: String, at start: Int) throws(CBORFault) -> Number {
    switch Number.parse(text) {
    case .success(let number): return number
    case .failure(let fault): throw CBORFault(.refused(fault.message), at: start)
    }
  }

  /// The digits of an integer or big integer.
  private mutating func readIntegerText() throws(CBORFault) -> String {
    let start = offset
    guard try peek() == .tag else {
      let head = try readHead()
      guard head.major < 2, let value = head.value else {
        throw CBORFault(.mismatch(expected: "an integer"), at: start)
      }
      return head.major == 0 ? String(value) : String(-1 - Int128(value))
    }
    let tag = try readTag()
    guard tag == CBORTag.positive || tag == CBORTag.negative else {
      throw CBORFault(.mismatch(expected: "a number"), at: start)
    }
    var magnitude = try readBytes()
    guard magnitude.count <= BigInteger.bytesMax else {
      throw CBORFault(.refused(NumberFault.overflow.message), at: start)
    }
    guard tag == CBORTag.negative else { return BigInteger.text(of: magnitude) }
    BigInteger.increment(&magnitude)
    return "-" + BigInteger.text(of: magnitude)
  }
}

extension CBORWriter {
  /// A number: an integer when it is whole, else a decimal.
  public mutating func number(_ value: Number) {
    guard value.exponent >= 0 else {
      tag(CBORTag.decimal)
      array(2)
      integer(Int(value.exponent))
      whole(String(value.coefficient))
      return
    }
    whole(value.text)
  }

  private mutating func whole(_ text: String) {
    if let small = Int(text) { return integer(small) }
    let isNegative = text.hasPrefix("-")
    var magnitude = BigInteger.bytes(of: isNegative ? String(text.dropFirst()) : text)
    if isNegative { BigInteger.decrement(&magnitude) }
    if magnitude.count <= 8 {
      let value = magnitude.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return integer(magnitude: value, isNegative: isNegative)
    }
    tag(isNegative ? CBORTag.negative : CBORTag.positive)
    byteString(magnitude)
  }
}

/// Tag numbers: RFC 7049, and the cache protocol's own for sets and list indexes.
enum CBORTag {
  static let positive: UInt64 = 2
  static let negative: UInt64 = 3
  static let decimal: UInt64 = 4
  static let stringSet: UInt64 = 3_321
  static let numberSet: UInt64 = 3_322
  static let binarySet: UInt64 = 3_323
  static let listIndex: UInt64 = 3_324
}

/// Natural numbers between big-endian bytes and decimal digits.
enum BigInteger {
  /// 10^126, beyond the service's range, has 53 bytes.
  static let bytesMax = 64

  /// O(bytes x digits). [1, 0] is "256".
  static func text(of bytes: [UInt8]) -> String {
    var rest = Array(bytes.drop { $0 == 0 })
    var digits: [UInt8] = []
    while !rest.isEmpty {
      var remainder = 0
      for index in rest.indices {
        let value = remainder << 8 | Int(rest[index])
        rest[index] = UInt8(value / 10)
        remainder = value % 10
      }
      digits.append(UInt8(ascii: "0") + UInt8(remainder))
      rest = Array(rest.drop { $0 == 0 })
    }
    return digits.isEmpty ? "0" : String(decoding: digits.reversed(), as: UTF8.self)
  }

  /// The shortest bytes of a text of digits. "256" is [1, 0].
  static func bytes(of text: String) -> [UInt8] {
    var little: [UInt8] = []
    for digit in text.utf8 {
      var carry = Int(digit - UInt8(ascii: "0"))
      for index in little.indices {
        carry += Int(little[index]) * 10
        little[index] = UInt8(truncatingIfNeeded: carry)
        carry >>= 8
      }
      if carry > 0 { little.append(UInt8(carry)) }
    }
    return little.reversed()
  }

  static func increment(_ bytes: inout [UInt8]) {
    for index in bytes.indices.reversed() {
      bytes[index] &+= 1
      if bytes[index] != 0 { return }
    }
    bytes.insert(1, at: 0)
  }

  /// - Precondition: not zero.
  static func decrement(_ bytes: inout [UInt8]) {
    for index in bytes.indices.reversed() {
      bytes[index] &-= 1
      if bytes[index] != 0xff { break }
    }
    bytes = Array(bytes.drop { $0 == 0 })
  }
}
