// Exact Zipf ranks in constant time and memory for any exponent above zero.
//
// Rejection-inversion after Hörmann and Derflinger (ACM TOMACS 6(3):169-184, 1996), the form of
// Apache Commons RNG's RejectionInversionZipfSampler (load-generators.md section 4.1). Not the
// approximation of Gray et al. that YCSB uses: that one is off by up to 19 % on early ranks, and
// the share of the hottest key is what decides whether a partition throttles.
//
// Logarithms and exponentials are `Portable`, so a rank is the same on every machine.

public import Randomness

/// Draws rank r of 0 ..< count with probability proportional to (r + 1)^-exponent.
public struct ZipfSampler: Hashable, Sendable {
  public let count: UInt64
  public let exponent: Double
  /// 1 - exponent.
  private let power: Double
  private let integralAtFirst: Double
  private let integralSpan: Double
  private let acceptance: Double
  /// The same for numbers from `ZipfInverse.farFrom` on.
  private let far: Double
  private let countAsDouble: Double
  /// Sum of all weights.
  private let normalizer: Double
  private let exp = Portable.Exponential()
  private var inverses: ZipfInverse

  /// - Precondition: `count` in 1 ... 2^52 and `exponent > 0`.
  public init(count: UInt64, exponent: Double) {
    precondition(count > 0 && count <= 1 << 52, "Zipf needs 1 to 2^52 ranks")
    precondition(exponent > 0 && exponent.isFinite, "Zipf needs an exponent above 0")
    self.count = count
    self.exponent = exponent
    self.countAsDouble = Double(count)
    let power = 1 - exponent
    self.power = power
    self.integralAtFirst = Self.integral(1.5, power) - 1
    self.integralSpan = Self.integral(Double(count) + 0.5, power) - integralAtFirst
    let weightOfSecond = Portable.exp(-exponent * Portable.log(2))
    self.acceptance =
      2 - Self.inverse(Self.integral(2.5, power) - weightOfSecond, power, exp)
    far = Self.farAcceptance(exponent, count: countAsDouble, acceptance: acceptance, integralSpan)
    self.normalizer = Self.weightSum(count, exponent)
    let exp = exp
    inverses = ZipfInverse(
      exponent: exponent, first: integralAtFirst, span: integralSpan
    ) { Self.inverse($0, power, exp) }
  }

  /// How far above x a number k of 8 or more may lie and be taken for certain.
  ///
  /// k is rejected where u is below H(k + 1/2) - k^-s. As x^-s is convex, that exceeds H(k - 1/2)
  /// by at most s(s + 1) (k - 1/2)^(-s - 2) / 24, and its x exceeds k - 1/2 by at most that over
  /// k^-s: for k of 8 and more, s up to 4, by less than 3/4 of s(s + 1) / 768. The rest keeps clear
  /// of rounding, unless the weights of the last ranks are lost in it.
  private static func farAcceptance(
    _ s: Double, count: Double, acceptance: Double, _ span: Double
  ) -> Double {
    let most = s * (s + 1) / 768
    let isClear = most / 4 * Portable.power(count, -s) > 1e-11 * (1 + span)
    return s <= 4 && isClear ? max(acceptance, 0.5 - most) : acceptance
  }

  /// A rank; 0 is the likeliest.
  public func rank(using generator: inout Generator) -> UInt64 {
    var sampler = self
    return sampler.rankInPlace(using: &generator)
  }

  /// As `rank`, for a sampler that stands in a buffer: mutating only to be passed by address.
  @inline(__always)
  mutating func rankInPlace(using generator: inout Generator) -> UInt64 {
    while true {
      // From the largest rank's end downwards: a unit of 0 is the far end, never taken alone.
      let unit = generator.nextOpenUnit()
      let u = argument(unit)
      if let rank = looked(up: u, unit: unit) { return rank }
      if let rank = computed(u) { return rank }
    }
  }

  /// The rank that `u` leads to, where the table is certain.
  @inline(__always)
  mutating func looked(up u: Double, unit: Double) -> UInt64? {
    guard let near = inverses.number(u, unit: unit, acceptance: acceptance, far: far),
      near <= Int64(bitPattern: count)
    else { return nil }
    return UInt64(bitPattern: near) &- 1
  }

  /// Where a unit (above 0, up to 1) lies between the ends of the integral.
  @inline(__always)
  mutating func argument(_ unit: Double) -> Double { integralAtFirst + unit * integralSpan }

  /// The rank that `u` leads to, by the formulas; nil when it is rejected.
  func computed(_ u: Double) -> UInt64? {
    let x = Self.inverse(u, power, exp)
    // Below 2^53: the way through a whole number rounds down without a call.
    let k = min(max(Double(Int64(x + 0.5)), 1), countAsDouble)
    let isTaken =
      k - x <= acceptance
      || u >= Self.integral(k + 0.5, power) - exp(-exponent * Portable.log(k))
    return isTaken ? UInt64(bitPattern: Int64(k)) &- 1 : nil
  }

  /// The exact probability of `rank`; 0 beyond the last.
  ///
  /// Worked value: rank 0 of 1,000,000 at exponent 0.99 has 6.497 %.
  public func share(ofRank rank: UInt64) -> Double {
    guard rank < count else { return 0 }
    return Portable.power(Double(rank) + 1, -exponent) / normalizer
  }

  /// The probability of the `ranks` likeliest ranks together.
  ///
  /// Worked value: the first 10 of 1,000,000 at exponent 0.99 have 19.2 %.
  public func topShare(_ ranks: UInt64) -> Double {
    ranks >= count ? 1 : (ranks == 0 ? 0 : Self.weightSum(ranks, exponent) / normalizer)
  }

  /// The integral of x^-exponent from 1 to `x`: (x^power - 1) / power, ln x when power is 0.
  private static func integral(_ x: Double, _ power: Double) -> Double {
    let log = Portable.log(x)
    let t = power * log
    if abs(t) < 1e-8 { return log * (1 + t * 0.5) }
    return Portable.expMinusOne(t) / power
  }

  /// The inverse of `integral`.
  private static func inverse(
    _ u: Double, _ power: Double, _ exp: Portable.Exponential
  ) -> Double {
    let t = max(u * power, -1)
    if abs(t) < 1e-8 { return exp(u * (1 - t * 0.5)) }
    return exp(Portable.logOnePlus(t) / power)
  }

  /// 1 + 2^-s + … + n^-s: the first terms one by one, the rest by the Euler-Maclaurin formula.
  ///
  /// Worked values (load-generators.md section 4.1, s = 0.99): 7.7290 for n = 1,000, 15.3918 for
  /// 1,000,000, 23.6034 for 1,000,000,000.
  static func weightSum(_ n: UInt64, _ s: Double) -> Double {
    let direct = min(n, 256)
    var sum = 0.0
    // Smallest first, so that nothing is lost.
    for k in stride(from: direct, through: 1, by: -1) { sum += Portable.power(Double(k), -s) }
    guard n > direct else { return sum }
    let a = Double(direct)
    let b = Double(n)
    let atA = Portable.power(a, -s)
    let atB = Portable.power(b, -s)
    let area = integral(b, 1 - s) - integral(a, 1 - s)
    let first = s / 12 * (atA / a - atB / b)
    let third = s * (s + 1) * (s + 2) / 720 * (atA / (a * a * a) - atB / (b * b * b))
    return sum + area + (atB - atA) / 2 + first - third
  }
}
