// Addition and subtraction as update expressions do them: exact, or refused.
//
// The service computes with 38 digits and does not round. A sum that needs more digits is refused
// with the words of an overflow, also when its magnitude is in range (recorded against the service:
// 1e50 + 1 answers "Number overflow. ..."); beyond 9.99...E+125 is an overflow, below 1E-130 an
// underflow. Developer guide: data types, number; update expressions, incrementing.

extension Number {
  /// The exact sum. O(1).
  public func adding(_ other: Number) throws(NumberFault) -> Number {
    guard digitCount > 0 else { return other }
    guard other.digitCount > 0 else { return self }
    let base = Int(Swift.min(exponent, other.exponent))
    let span = Swift.max(magnitude, other.magnitude) - base + 1
    // 40 digits from first to last: at most one is lost by cancelling, and 39 are too many.
    guard span <= Number.maximumDigits + 1 else { throw .overflow }
    if span <= Number.maximumDigits {
      let a = coefficient * Number.powerOfTen(Int(exponent) - base)
      let b = other.coefficient * Number.powerOfTen(Int(other.exponent) - base)
      let (sum, overflow) = a.addingReportingOverflow(b)
      if !overflow { return try Number.normalised(sum, exponent: base) }
    }
    return try addingInParts(other, base: base)
  }

  /// The exact difference. O(1).
  public func subtracting(_ other: Number) throws(NumberFault) -> Number {
    try adding(other.negated)
  }

  /// The number with the other sign; zero stays zero.
  public var negated: Number {
    Number(coefficient: -coefficient, exponent: Int(exponent), digitCount: Int(digitCount))
  }

  /// The sum when it may have 39 digits, more than 128 bits hold: in parts of 10^20.
  private func addingInParts(_ other: Number, base: Int) throws(NumberFault) -> Number {
    let unit = Number.powerOfTen(20)
    let (aHigh, aLow) = parts(above: base)
    let (bHigh, bLow) = other.parts(above: base)
    var high = aHigh + bHigh
    var low = aLow + bLow
    high += low / unit
    low %= unit
    if high > 0, low < 0 {
      high -= 1
      low += unit
    } else if high < 0, low > 0 {
      high += 1
      low -= unit
    }
    if high == 0 { return try Number.normalised(low, exponent: base) }
    if low == 0 { return try Number.normalised(high, exponent: base + 20) }
    // Both parts have one sign now. Move zeros out of the low part, then join if it fits.
    var exponent = base
    var lowDigits = 20
    while low % 10 == 0 {
      low /= 10
      lowDigits -= 1
      exponent += 1
    }
    let highDigits = Number.digits(of: high)
    guard highDigits + lowDigits <= Number.maximumDigits else { throw .overflow }
    return try Number.normalised(
      high * Number.powerOfTen(lowDigits) + low, exponent: exponent)
  }

  /// coefficient x 10^(exponent - base) as high x 10^20 + low, both with the number's sign.
  private func parts(above base: Int) -> (high: Int128, low: Int128) {
    let shift = Int(exponent) - base
    if shift >= 20 { return (coefficient * Number.powerOfTen(shift - 20), 0) }
    let cut = Number.powerOfTen(20 - shift)
    return (coefficient / cut, (coefficient % cut) * Number.powerOfTen(shift))
  }

  /// value x 10^exponent without trailing zeros, in range.
  private static func normalised(
    _ value: Int128, exponent: Int
  ) throws(NumberFault) -> Number {
    guard value != 0 else { return .zero }
    var value = value
    var exponent = exponent
    while value % 10 == 0 {
      value /= 10
      exponent += 1
    }
    let count = digits(of: value)
    let magnitude = exponent + count - 1
    guard count <= maximumDigits, magnitude <= maximumMagnitude else { throw .overflow }
    guard magnitude >= minimumMagnitude else { throw .underflow }
    return Number(coefficient: value, exponent: exponent, digitCount: count)
  }

  private static func digits(of value: Int128) -> Int {
    var count = 0
    var rest = value
    while rest != 0 {
      rest /= 10
      count += 1
    }
    return count
  }

  /// 10^power, power 0...38.
  private static func powerOfTen(_ power: Int) -> Int128 {
    var result: Int128 = 1
    for _ in 0..<power { result *= 10 }
    return result
  }
}
