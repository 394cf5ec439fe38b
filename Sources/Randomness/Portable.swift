// Elementary functions with the same last bit on every machine.
//
// The C library picks variants by processor (with or without fused multiply-add), so its last bit
// may differ between machines, and a draw that becomes a whole number (a key, a byte count, a
// nanosecond) would then differ once in a while. These use IEEE operations only (the fused one to
// make a table); argument reduction and coefficients of log, and the halves of ln 2, are those of
// fdlibm (Sun Microsystems, 1993; freely distributable), errors below one unit in the last place.
// exp looks up 2^(i/128) and needs no division: log-normal and Zipf draws wait for little else.

/// Elementary functions that give the same bits on every machine.
public enum Portable {
  @inlinable static var ln2High: Double { 6.93147180369123816490e-01 }
  @inlinable static var ln2Low: Double { 1.90821492927058770002e-10 }

  /// e to the power of `x`; 0 below -745.1, infinity above 709.7.
  public static func exp(_ x: Double) -> Double { Exponential()(x) }

  /// exp with its table in hand, for loops that draw: reaching a global costs a call each time.
  ///
  /// `@inlinable`: called, it is 11 % of a simulated request, whose log-normal draws it makes.
  public struct Exponential: Hashable, Sendable {
    @usableFromInline let powers: PowersOfTwo

    public init() { powers = powersOfTwo }

    /// e to the power of `x`: what `Portable.exp` says.
    @inlinable @inline(__always)
    public func callAsFunction(_ x: Double) -> Double {
      // Up to here no scale leaves the range of normal numbers.
      guard x.magnitude < 707 else { return beyond(x) }
      let (y, k) = reduced(x)
      return y * power(k)
    }

    /// Two to the power of `k`, a normal number.
    @inlinable @inline(__always)
    func power(_ k: Int) -> Double {
      Double(bitPattern: UInt64(bitPattern: Int64(k + 1_023)) << 52)
    }

    /// e to the power of each of two numbers, with the bits that one at a time gives: the processor
    /// has them in one register.
    @inlinable @inline(__always)
    public func ofBoth(_ x: SIMD2<Double>) -> SIMD2<Double> {
      guard x[0].magnitude < 707, x[1].magnitude < 707 else {
        return SIMD2(self(x[0]), self(x[1]))
      }
      let (perUnit, toWhole) = (128 * 1.44269504088896338700, 0x1.8p52)
      let (high, low) = (ln2High / 128, ln2Low / 128)
      let shifted: SIMD2<Double> = x * perUnit + toWhole
      let k: SIMD2<Double> = shifted - toWhole
      let r: SIMD2<Double> = (x - k * high) - k * low
      let square: SIMD2<Double> = r * r
      let (third, fifth): (Double, Double) = (1.0 / 6, 1.0 / 24)
      let lower: SIMD2<Double> = 0.5 + r * third
      let upper: SIMD2<Double> = fifth + r / 120
      let series: SIMD2<Double> = (r + square * lower) + square * square * upper
      let first = Int(Int32(truncatingIfNeeded: shifted[0].bitPattern))
      let second = Int(Int32(truncatingIfNeeded: shifted[1].bitPattern))
      let (one, other) = (powers.entries[first & 127], powers.entries[second & 127])
      let powersHigh = SIMD2(one.high, other.high)
      let powersLow = SIMD2(one.low, other.low)
      let y: SIMD2<Double> = powersHigh + (powersLow + powersHigh * series)
      return y * SIMD2(power(first >> 7), power(second >> 7))
    }

    @usableFromInline @inline(never)
    func beyond(_ x: Double) -> Double {
      guard x <= 709.782712893384 else { return x.isNaN ? x : .infinity }
      guard x >= -745.1332191019411 else { return 0 }
      let (y, k) = reduced(x)
      return scaled(y, byPowerOfTwo: k)
    }

    /// e to the power of `x` as y times two to the power of k.
    @inlinable @inline(__always)
    func reduced(_ x: Double) -> (y: Double, k: Int) {
      // x is k/128 ln 2 + r with |r| below 0.0028, where five terms of the series are enough.
      // Adding and taking away 1.5 x 2^52 rounds to the nearest even whole number, without a call.
      let shifted = x * (128 * 1.44269504088896338700) + 0x1.8p52
      let k = shifted - 0x1.8p52
      let r = (x - k * (ln2High / 128)) - k * (ln2Low / 128)
      let square = r * r
      let series = (r + square * (0.5 + r * (1.0 / 6))) + square * square * (1.0 / 24 + r / 120)
      // The number stands in the low bits of the sum.
      let whole = Int(Int32(truncatingIfNeeded: shifted.bitPattern))
      let power = powers.entries[whole & 127]
      return (power.high + (power.low + power.high * series), whole >> 7)
    }
  }

  private static let powersOfTwo = PowersOfTwo()

  @inline(__always)
  fileprivate static func scaled(_ y: Double, byPowerOfTwo k: Int) -> Double {
    if k >= -1_021, k <= 1_023 { return y * Double(bitPattern: UInt64(k + 1_023) << 52) }
    if k > 1_023 { return y * 0x1p1023 * Double(bitPattern: UInt64(k - 1_023 + 1_023) << 52) }
    return y * Double(bitPattern: UInt64(k + 1_000 + 1_023) << 52) * 0x1p-1000
  }

  /// The natural logarithm of `x`; -infinity at 0, not-a-number below.
  public static func log(_ x: Double) -> Double {
    guard x > 0 else { return x == 0 ? -.infinity : .nan }
    guard x < .infinity else { return x }
    var bits = x.bitPattern
    var k = 0
    if bits < 1 << 52 {
      bits = (x * 0x1p54).bitPattern
      k = -54
    }
    // The significand goes to the interval sqrt(1/2) ..< sqrt(2) around 1.
    let high = (bits >> 32) &+ (0x3FF0_0000 - 0x3FE6_A09E)
    k += Int(high >> 20) - 0x3FF
    let top = (high & 0xF_FFFF) &+ 0x3FE6_A09E
    let f = Double(bitPattern: top << 32 | bits & 0xFFFF_FFFF) - 1
    let half = 0.5 * f * f
    let s = f / (2 + f)
    let z = s * s
    let w = z * z
    let even =
      w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    let rest = 1.818357216161805012e-01 + w * 1.479819860511658591e-01
    let odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * rest))
    return s * (half + even + odd) + Double(k) * ln2Low - half + f + Double(k) * ln2High
  }

  /// e to the power of `x`, less 1, accurate near 0 (Kahan's correction).
  public static func expMinusOne(_ x: Double) -> Double {
    let u = exp(x)
    if u == 1 { return x }
    let less = u - 1
    if less == -1 || u == .infinity { return less }
    return less * (x / log(u))
  }

  /// The logarithm of 1 + `x`, accurate near 0 (Kahan's correction).
  public static func logOnePlus(_ x: Double) -> Double {
    let u = 1 + x
    if u == 1 { return x }
    if u == .infinity { return x }
    return log(u) * (x / (u - 1))
  }

  /// `base` to the power of `exponent` for a positive base; relative error about
  /// 1e-16 x |exponent x ln base|.
  public static func power(_ base: Double, _ exponent: Double) -> Double {
    base == 0 ? (exponent == 0 ? 1 : 0) : exp(exponent * log(base))
  }

  /// The sine of `turns` full turns: sine(turns: 0.25) is exactly 1.
  public static func sine(turns: Double) -> Double {
    let quarter = (turns * 4).rounded(.toNearestOrEven)
    // At most an eighth of a turn is left, where the Taylor series converges at once.
    let angle = (turns - quarter / 4) * (2 * Double.pi)
    let square = angle * angle
    let position = quarter.truncatingRemainder(dividingBy: 4)
    switch position < 0 ? position + 4 : position {
    case 0: return seriesSine(angle, square)
    case 1: return seriesCosine(square)
    case 2: return -seriesSine(angle, square)
    default: return -seriesCosine(square)
    }
  }

  private static func seriesSine(_ angle: Double, _ square: Double) -> Double {
    var term = 1.0
    for n in stride(from: 16.0, through: 2, by: -2) { term = 1 - square / (n * (n + 1)) * term }
    return angle * term
  }

  private static func seriesCosine(_ square: Double) -> Double {
    var term = 1.0
    for n in stride(from: 15.0, through: 1, by: -2) { term = 1 - square / (n * (n + 1)) * term }
    return term
  }
}

/// 2^(i/128) for i in 0 ..< 128, as the nearest Double and what that lacks.
@usableFromInline struct PowersOfTwo: Hashable, @unchecked Sendable {
  @usableFromInline struct Entry {
    @usableFromInline var high: Double
    @usableFromInline var low: Double

    /// The product, exact to about 2^-104.
    static func * (a: Entry, b: Entry) -> Entry {
      let high = a.high * b.high
      let low = (-high).addingProduct(a.high, b.high) + (a.high * b.low + a.low * b.high)
      return Entry(high: high + low, low: low - ((high + low) - high))
    }

    /// The root: one Newton step behind the rounded one.
    var root: Entry {
      let first = high.squareRoot()
      let rest = (high.addingProduct(-first, first) + low) / (2 * first)
      return Entry(high: first + rest, low: rest - ((first + rest) - first))
    }
  }

  /// Lives as long as the process.
  @usableFromInline let entries: UnsafeMutablePointer<Entry>

  init() {
    entries = .allocate(capacity: 128)
    var step = Entry(high: 2, low: 0)
    for _ in 0..<7 { step = step.root }
    var power = Entry(high: 1, low: 0)
    for index in 0..<128 {
      (entries + index).initialize(to: power)
      power = power * step
    }
  }
}
