// An exact amount of what is billed: unit-hours, requests, GB-months.
//
// Half units, minutes of an hour and bytes of a gigabyte all divide evenly into a fraction of two
// 128-bit integers, so a line's quantity and its amount are exact and never pass through a Double.
// Fractions are kept reduced; the denominators that occur (2, 60, 2^30, a month's hours, a run's
// minutes) keep sums far from overflow.

/// A non-negative exact fraction.
public struct Quantity: Hashable, Comparable, Sendable {
  public let numerator: Int128
  /// Always positive and without common factor with the numerator.
  public let denominator: Int128

  /// `numerator / denominator`.
  /// - Precondition: `denominator > 0`.
  public init(_ numerator: Int128, over denominator: Int128 = 1) {
    precondition(denominator > 0, "a quantity needs a positive denominator")
    let divisor = Self.greatestCommonDivisor(numerator, denominator)
    self.numerator = numerator / divisor
    self.denominator = denominator / divisor
  }

  /// A whole number.
  public init(_ whole: some BinaryInteger) { self.init(Int128(whole), over: 1) }

  public static let zero = Quantity(Int128(0))

  public var isZero: Bool { numerator == 0 }

  /// The nearest Double, for display and charts only.
  public var inDouble: Double { Double(numerator) / Double(denominator) }

  /// The smallest whole number that is not less.
  public var roundedUp: Int128 {
    numerator >= 0 ? (numerator + denominator - 1) / denominator : numerator / denominator
  }

  public static func < (a: Self, b: Self) -> Bool {
    a.numerator * b.denominator < b.numerator * a.denominator
  }

  public static func + (a: Self, b: Self) -> Self {
    if a.denominator == b.denominator {
      return .init(a.numerator + b.numerator, over: a.denominator)
    }
    return .init(
      a.numerator * b.denominator + b.numerator * a.denominator,
      over: a.denominator * b.denominator)
  }

  public static func - (a: Self, b: Self) -> Self { a + .init(-b.numerator, over: b.denominator) }
  public static func += (a: inout Self, b: Self) { a = a + b }

  public static func * (a: Self, b: Self) -> Self {
    // Reduced crosswise first, so that the products stay small.
    let left = Quantity(a.numerator, over: b.denominator)
    let right = Quantity(b.numerator, over: a.denominator)
    return .init(
      left.numerator * right.numerator, over: left.denominator * right.denominator)
  }

  private static func greatestCommonDivisor(_ a: Int128, _ b: Int128) -> Int128 {
    var (a, b) = (a < 0 ? -a : a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
