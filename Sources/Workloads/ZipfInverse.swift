// The inverse that a Zipf draw needs, from a table: a rank without a logarithm or an exponential.
//
// Rejection-inversion asks for x with H(x) = u, H the integral of x^-s, and takes the whole number
// nearest to x. Over a narrow cell of u, x is its value in the middle times a short Taylor series:
// dx/du = x^s, and every further derivative is a product of powers of x. The series is off by less
// than 10^-11 of x; where that could change a decision, the table says nothing and the sampler
// computes. So ranks are those of the formulas, whatever the table holds.

import Randomness

/// The inverse of the integral of x^-s in cells of equal width.
struct ZipfInverse: Hashable, Sendable {
  /// By cell: x in its middle, and x^(s - 1), which scales the series; zeros where it is no use.
  private var cells: [SIMD2<Double>] = []
  private let first: Double
  private let width: Double
  /// Of the second to the fifth power.
  private let coefficients: SIMD4<Double>

  static let count = 512
  /// Half a cell in the series' terms, beyond which five terms are too few.
  private static let reach = 0.03
  /// Bound on the series' error, as a share of x and beside it.
  private static let error = 1e-11
  private static let least = 1e-6

  /// - Parameters:
  ///   - exponent: s.
  ///   - first: the lowest u.
  ///   - span: the highest u less the lowest.
  ///   - inverse: x of a u.
  init(exponent s: Double, first: Double, span: Double, inverse: (Double) -> Double) {
    self.first = first
    width = span / Double(Self.count)
    coefficients = [
      s / 2, s * (2 * s - 1) / 6, s * (2 * s - 1) * (3 * s - 2) / 24,
      s * (2 * s - 1) * (3 * s - 2) * (4 * s - 3) / 120,
    ]
    cells = (0..<Self.count).map { cell in
      let x = inverse(first + (Double(cell) + 0.5) * width)
      let scale = Portable.power(x, s - 1)
      let isNear = scale * width / 2 * (1 + s) < Self.reach
      return isNear ? [x, scale] : [0, 0]
    }
  }

  /// From this number on `far` holds.
  static let farFrom: Int64 = 8

  /// The number (1 the likeliest) that u leads to, when it is certain and taken at once: no more
  /// than `acceptance` above x, or `far` from `farFrom` on. nil: compute it.
  /// - Parameters:
  ///   - unit: where u lies in its span, 0...1.
  @inline(__always)
  mutating func number(_ u: Double, unit: Double, acceptance: Double, far: Double) -> Int64? {
    let cell = min(Int(unit * Double(Self.count)), Self.count - 1)
    let entry = cells[cell]
    let y = entry.y * (u - (first + (Double(cell) + 0.5) * width))
    let c = coefficients
    let series = 1 + y * (1 + y * (c.x + y * (c.y + y * (c.z + y * c.w))))
    let half = entry.x * series + 0.5
    guard half >= 1, half < 1e15 else { return nil }
    let number = Int64(half)
    let part = half - Double(number)
    let margin = Self.least + Self.error * half
    // Not taken at once, or too near the next number.
    let limit = number >= Self.farFrom ? far : acceptance
    guard 0.5 - part < limit - margin, part > margin, part < 1 - margin else { return nil }
    return number
  }
}
