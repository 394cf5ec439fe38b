// The service's number type: up to 38 significant decimal digits, exact.
//
// A value is coefficient x 10^exponent with no trailing zero in the coefficient, so that equal
// numbers are equal representations: "0042", "42" and "4.2e1" are one value, and "-0" is 0. 38
// digits fit a 128-bit integer, so a number needs no memory of its own. Arithmetic is in
// Number+Arithmetic.swift, the fast ways from and to bytes in Number+Text.swift.
//
// Precision and range (1E-130 to 9.99...E+125) and the trimming of zeros: developer guide, data
// types. The refusals and their wording are the service's, as test suites that ran against it
// record them. The size rule is in ItemSize.swift.

/// Why a text is not a number of the service.
public enum NumberFault: Error, Hashable, Sendable {
  /// Not [sign] digits [. digits] [e exponent]; carries the text.
  case notNumeric(String)
  /// More than 38 digits between the first and the last that is not zero.
  case tooManyDigits
  /// Magnitude of 1E+126 or more.
  case overflow
  /// Magnitude below 1E-130, zero excepted.
  case underflow

  /// The service's message.
  public var message: String {
    switch self {
    case .notNumeric(let text):
      text.isEmpty
        ? "The parameter cannot be converted to a numeric value"
        : "The parameter cannot be converted to a numeric value: \(text)"
    case .tooManyDigits:
      "Attempting to store more than 38 significant digits in a Number"
    case .overflow:
      "Number overflow. Attempting to store a number with magnitude larger than supported range"
    case .underflow:
      "Number underflow. Attempting to store a number with magnitude smaller than supported range"
    }
  }
}

/// An exact decimal number, normalised.
public struct Number: Hashable, Sendable {
  /// Most significant digits of a number.
  public static let maximumDigits = 38
  /// Largest power of ten of the leading digit.
  public static let maximumMagnitude = 125
  /// Smallest power of ten of the leading digit.
  public static let minimumMagnitude = -130

  // The coefficient's halves. An Int128 as the payload of an enum is read from a stack slot that
  // the compiler (6.3, debug) aligns to 8 bytes only, and the read traps.
  private let high: Int64
  private let low: UInt64
  /// Power of ten of the coefficient's last digit; 0 for zero.
  public let exponent: Int16
  /// Digits of the coefficient, 1...38; 0 for zero.
  public let digitCount: UInt8

  public static let zero = Number(coefficient: 0, exponent: 0, digitCount: 0)

  /// The caller sees to the invariants: no trailing zero, digits counted, range kept.
  init(coefficient: Int128, exponent: Int, digitCount: Int) {
    self.high = Int64(truncatingIfNeeded: coefficient >> 64)
    self.low = UInt64(truncatingIfNeeded: coefficient)
    self.exponent = Int16(truncatingIfNeeded: exponent)
    self.digitCount = UInt8(truncatingIfNeeded: digitCount)
  }

  /// An integer; every `Int64` is within precision and range.
  public init(_ value: Int64) {
    var coefficient = Int128(value)
    var exponent = 0
    while coefficient != 0 && coefficient % 10 == 0 {
      coefficient /= 10
      exponent += 1
    }
    var digits = 0
    var rest = coefficient
    while rest != 0 {
      rest /= 10
      digits += 1
    }
    self.init(coefficient: coefficient, exponent: exponent, digitCount: digits)
  }

  /// The number a text stands for, or nil when the service would refuse it.
  public init?(_ text: String) {
    guard case .success(let number) = Number.parse(text) else { return nil }
    self = number
  }

  /// Reads [sign] digits [. digits] [e [sign] digits] with a digit on at least one side of the
  /// point: "-12.5", "1e10", ".5" and "5." are numbers, "", " 1", "+", "0x1" and "NaN" are not.
  /// O(length).
  public static func parse(_ text: String) -> Result<Number, NumberFault> {
    var scanner = NumberScanner()
    for byte in text.utf8 where !scanner.accept(byte) {
      return .failure(.notNumeric(text))
    }
    guard scanner.isComplete else { return .failure(.notNumeric(text)) }
    guard scanner.digitCount > 0 else { return .success(.zero) }
    guard scanner.digitCount <= maximumDigits else { return .failure(.tooManyDigits) }
    let exponent = scanner.lastDigitExponent
    let magnitude = exponent + scanner.digitCount - 1
    guard magnitude <= maximumMagnitude else { return .failure(.overflow) }
    guard magnitude >= minimumMagnitude else { return .failure(.underflow) }
    return .success(
      Number(
        coefficient: scanner.isNegative ? -scanner.coefficient : scanner.coefficient,
        exponent: exponent, digitCount: scanner.digitCount))
  }

  /// Signed digits without trailing zeros; 0 for zero. Magnitude below 10^38.
  public var coefficient: Int128 { Int128(high) << 64 | Int128(low) }

  public var isNegative: Bool { high < 0 }

  /// Power of ten of the leading digit; meaningless for zero.
  public var magnitude: Int { Int(exponent) + Int(digitCount) - 1 }

  /// The text the service answers with: plain decimals, no exponent, no zero that can be left out.
  /// "1e3" -> "1000", "0.50" -> "0.5", "-0" -> "0".
  public var text: String {
    guard digitCount > 0 else { return "0" }
    let digits = String(coefficient.magnitude)
    let integerDigits = magnitude + 1
    let unsigned: String
    if exponent >= 0 {
      unsigned = digits + String(repeating: "0", count: Int(exponent))
    } else if integerDigits > 0 {
      unsigned = digits.prefix(integerDigits) + "." + digits.dropFirst(integerDigits)
    } else {
      unsigned = "0." + String(repeating: "0", count: -integerDigits) + digits
    }
    return isNegative ? "-" + unsigned : unsigned
  }
}

extension Number: Comparable {
  /// Numeric order.
  public static func < (a: Number, b: Number) -> Bool {
    let signA = a.coefficient.signum()
    let signB = b.coefficient.signum()
    if signA != signB { return signA < signB }
    if signA == 0 { return false }
    if a.magnitude != b.magnitude { return (a.magnitude < b.magnitude) == (signA > 0) }
    return a.aligned < b.aligned
  }

  /// The coefficient with zeros appended up to 38 digits: comparable at equal magnitude.
  private var aligned: Int128 {
    var value = coefficient
    for _ in Int(digitCount)..<Number.maximumDigits { value *= 10 }
    return value
  }
}

extension Number: ExpressibleByIntegerLiteral, CustomStringConvertible {
  public init(integerLiteral value: Int64) { self.init(value) }
  public var description: String { text }
}

/// Reads a number byte by byte. Zeros are held back until a digit that is not zero follows, so the
/// coefficient never ends in zeros and a long run of zeros cannot overflow anything.
private struct NumberScanner {
  private enum Part { case start, integer, fraction, exponentStart, exponent }

  /// Beyond this every exponent is out of range whatever the digits are.
  private static let exponentLimit = 1 << 40

  private var part = Part.start
  private var sawDigit = false
  private var heldZeros = 0
  private var fractionDigits = 0
  private var writtenExponent = 0
  private var exponentIsNegative = false
  private var sawExponentDigit = false
  private var signSeen = false
  private(set) var isNegative = false
  private(set) var coefficient: Int128 = 0
  /// Digits from the first to the last that is not zero; the coefficient is exact up to 38.
  private(set) var digitCount = 0

  /// Whether what was read can end here.
  var isComplete: Bool {
    switch part {
    case .start, .exponentStart: false
    case .integer, .fraction: sawDigit
    case .exponent: sawExponentDigit
    }
  }

  /// Power of ten of the last digit that is not zero.
  var lastDigitExponent: Int {
    (exponentIsNegative ? -writtenExponent : writtenExponent) - fractionDigits + heldZeros
  }

  /// Takes the next byte; false when it cannot stand there.
  mutating func accept(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      acceptDigit(Int(byte - UInt8(ascii: "0")))
      return true
    case UInt8(ascii: "-"), UInt8(ascii: "+"):
      return acceptSign(isMinus: byte == UInt8(ascii: "-"))
    case UInt8(ascii: "."):
      guard part == .start || part == .integer else { return false }
      part = .fraction
      return true
    case UInt8(ascii: "e"), UInt8(ascii: "E"):
      guard (part == .integer || part == .fraction) && sawDigit else { return false }
      part = .exponentStart
      return true
    default:
      return false
    }
  }

  private mutating func acceptSign(isMinus: Bool) -> Bool {
    if part == .start && !signSeen {
      signSeen = true
      isNegative = isMinus
      return true
    }
    guard part == .exponentStart else { return false }
    exponentIsNegative = isMinus
    part = .exponent
    return true
  }

  private mutating func acceptDigit(_ digit: Int) {
    switch part {
    case .exponentStart, .exponent:
      part = .exponent
      sawExponentDigit = true
      if writtenExponent < NumberScanner.exponentLimit {
        writtenExponent = writtenExponent * 10 + digit
      }
    case .start, .integer, .fraction:
      if part == .start { part = .integer }
      if part == .fraction { fractionDigits += 1 }
      sawDigit = true
      acceptSignificant(digit)
    }
  }

  private mutating func acceptSignificant(_ digit: Int) {
    if digit == 0 {
      heldZeros += 1
      return
    }
    let step = digitCount == 0 ? 1 : heldZeros + 1
    heldZeros = 0
    digitCount += step
    guard digitCount <= Number.maximumDigits else { return }
    for _ in 0..<step { coefficient *= 10 }
    coefficient += Int128(digit)
  }
}
