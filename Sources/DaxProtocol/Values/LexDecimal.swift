// Sort keys of type number: bytes whose order is the numbers' order.
//
// A header says sign and power of ten, then the digits follow in groups of three, ten bits a
// group: 12...1011 stand for 0...999, and 0, 1 or 2 ends the number and says how many digits of the
// last group count. Negative numbers have the complement throughout. Zero is one byte. The same
// number may have several encodings (10 and 1e1 differ in the last group), so keys are compared by
// value, never by these bytes. Format as the public client has it (features.md 2.4).

public import DataModel

/// The order-preserving encoding of numbers.
public enum LexDecimal {
  private static let zero: UInt8 = 0x80
  /// Powers of ten that fit the one-byte header.
  private static let shortExponents = -0x3e..<0x3e

  /// The encoding, with the digits that the number's text has when it is whole (10 is not 1e1), as
  /// long as those are at most 38. At most 24 bytes.
  public static func bytes(of number: Number) -> [UInt8] {
    guard number != .zero else { return [zero] }
    var digits = Array(String(number.coefficient.magnitude).utf8).map { Int($0) - 48 }
    let exponent = digits.count + Int(number.exponent)
    if number.exponent > 0, exponent <= Number.maximumDigits {
      digits += Array(repeating: 0, count: Int(number.exponent))
    }
    var bytes = header(exponent: exponent, isNegative: number.isNegative)
    appendGroups(digits, isNegative: number.isNegative, to: &bytes)
    return bytes
  }

  private static func header(exponent: Int, isNegative: Bool) -> [UInt8] {
    if shortExponents.contains(exponent) {
      return [UInt8(isNegative ? 0x3f - exponent : 0xc0 + exponent)]
    }
    let mark: UInt8 = isNegative ? (exponent < 0 ? 0x7e : 0x01) : (exponent < 0 ? 0x81 : 0xfe)
    let bits = UInt32(bitPattern: Int32(exponent)) ^ (isNegative ? 0x7fff_ffff : 0x8000_0000)
    return [mark] + (0..<4).map { UInt8(truncatingIfNeeded: bits >> UInt32(24 - 8 * $0)) }
  }

  private static func appendGroups(
    _ digits: [Int], isNegative: Bool, to bytes: inout [UInt8]
  ) {
    var accumulator = 0
    var bits = 0
    func complemented(_ group: Int) -> Int { isNegative ? 1_023 - group : group }
    func push(_ group: Int) {
      accumulator = accumulator << 10 | complemented(group)
      bits += 10
      while bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: accumulator >> bits))
      }
      accumulator &= (1 << bits) - 1
    }
    for start in stride(from: 0, to: digits.count, by: 3) {
      let group = (start..<start + 3).reduce(0) { $0 * 10 + ($1 < digits.count ? digits[$1] : 0) }
      push(group + 12)
    }
    push((digits.count + 2) % 3)
    if bits > 0 { bytes.append(UInt8(truncatingIfNeeded: accumulator << (8 - bits))) }
  }

  /// The number that `bytes` stand for; nil when they are no encoding, or when bytes are left over.
  public static func number(from bytes: [UInt8]) -> Number? {
    guard let first = bytes.first else { return nil }
    if first == zero || first == 0x7f { return bytes.count == 1 ? .zero : nil }
    guard let (exponent, start) = readHeader(bytes) else { return nil }
    let isNegative = first < 0x80
    guard let digits = readGroups(bytes[start...], isNegative: isNegative) else { return nil }
    return Number("\(isNegative ? "-" : "")0.\(digits)e\(exponent)")
  }

  private static func readHeader(_ bytes: [UInt8]) -> (exponent: Int, start: Int)? {
    switch bytes[0] {
    case 0x01, 0x7e, 0x81, 0xfe:
      guard bytes.count > 5 else { return nil }
      let bits = bytes[1...4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let mask: UInt32 = bytes[0] < 0x80 ? 0x7fff_ffff : 0x8000_0000
      return (Int(Int32(bitPattern: bits ^ mask)), 5)
    case 0x02...0x7d: return (0x3f - Int(bytes[0]), 1)
    case 0x82...0xfd: return (Int(bytes[0]) - 0xc0, 1)
    default: return nil
    }
  }

  /// The digits up to the group that ends the number.
  private static func readGroups(_ bytes: ArraySlice<UInt8>, isNegative: Bool) -> String? {
    var digits = ""
    var accumulator = 0
    var bits = 0
    for (index, byte) in zip(bytes.indices, bytes) {
      accumulator = accumulator << 8 | Int(byte)
      bits += 8
      guard bits >= 10 else { continue }
      bits -= 10
      let raw = accumulator >> bits
      accumulator &= (1 << bits) - 1
      let group = isNegative ? 1_023 - raw : raw
      switch group {
      case 12...1_011:
        let text = String(group - 12)
        digits += String(repeating: "0", count: 3 - text.count) + text
      case 0...2:
        guard index == bytes.endIndex - 1, !digits.isEmpty else { return nil }
        return String(digits.dropLast(2 - group))
      default: return nil
      }
    }
    return nil
  }
}
