// An exact amount of US dollars.
//
// A single read request unit costs 1.25e-7 dollars and a year's bill many millions, so amounts are
// integers of 10^-18 dollars in 128 bits: range 1.7e20 dollars, and no sum or product with a whole
// quantity ever rounds. Rounding happens once, where a line of a bill is shown.

/// An amount of money in attodollars (10^-18 US dollars).
public struct Money: Hashable, Comparable, Sendable {
  public var attodollars: Int128

  public init(attodollars: Int128) { self.attodollars = attodollars }

  public static let zero = Money(attodollars: 0)
  public static let dollar: Int128 = 1_000_000_000_000_000_000

  public static func dollars(_ n: Int) -> Money { .init(attodollars: Int128(n) * dollar) }
  public static func cents(_ n: Int) -> Money { .init(attodollars: Int128(n) * (dollar / 100)) }

  /// An amount written as a plain decimal, such as `0.00000125` or `1.2e-7`; nil when malformed,
  /// finer than an attodollar, beyond the range, or of more than 35 significant digits.
  public init?(decimal text: some StringProtocol) {
    var mantissa: Int128 = 0
    var scale = 0
    var seenPoint = false
    var seenDigit = false
    var negative = false
    var bytes = Array(text.utf8)[...]
    if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      negative = first == UInt8(ascii: "-")
      bytes = bytes.dropFirst()
    }
    while let byte = bytes.first {
      if byte == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        guard mantissa < Int128(10) * Self.dollar * Self.dollar / 100 else { return nil }
        mantissa = mantissa * 10 + Int128(byte - UInt8(ascii: "0"))
        seenDigit = true
        if seenPoint { scale += 1 }
      } else {
        break
      }
      bytes = bytes.dropFirst()
    }
    guard seenDigit else { return nil }
    if let byte = bytes.first {
      guard byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E"),
        let exponent = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)),
        exponent.magnitude < 40
      else { return nil }
      scale -= exponent
    }
    var value = mantissa
    let shift = 18 - scale
    for _ in 0..<abs(shift) {
      if shift > 0 {
        let (next, overflow) = value.multipliedReportingOverflow(by: 10)
        if overflow { return nil }
        value = next
      } else {
        guard value % 10 == 0 else { return nil }
        value /= 10
      }
    }
    self.attodollars = negative ? -value : value
  }

  /// The amount rounded half away from zero to whole cents.
  public var roundedToCents: Money {
    let cent = Self.dollar / 100
    let half = attodollars < 0 ? -cent / 2 : cent / 2
    return Money(attodollars: (attodollars + half) / cent * cent)
  }

  /// The nearest Double, for statistics and charts only.
  public var inDollars: Double { Double(attodollars) / 1e18 }

  /// `numerator / denominator` of the amount, rounded toward zero to an attodollar.
  /// - Precondition: `denominator > 0` and the product fits 128 bits.
  public func scaled(by numerator: Int128, over denominator: Int128) -> Money {
    precondition(denominator > 0, "a share of money needs a positive denominator")
    let whole = attodollars / denominator
    let rest = attodollars % denominator
    return Money(attodollars: whole * numerator + rest * numerator / denominator)
  }

  public static func < (a: Self, b: Self) -> Bool { a.attodollars < b.attodollars }
  public static func + (a: Self, b: Self) -> Self {
    .init(attodollars: a.attodollars + b.attodollars)
  }
  public static func - (a: Self, b: Self) -> Self {
    .init(attodollars: a.attodollars - b.attodollars)
  }
  public static func * (a: Self, b: Int) -> Self { .init(attodollars: a.attodollars * Int128(b)) }
  public static func += (a: inout Self, b: Self) { a.attodollars += b.attodollars }
}
