// Exponential and normal variates by the ziggurat method.
//
// Marsaglia and Tsang, "The Ziggurat Method for Generating Random Variables" (Journal of
// Statistical Software 5(8), 2000), 256 layers of equal area, widened to 53-bit abscissas: layer
// index, sign and abscissa come from disjoint bits of one draw (Doornik's correction). About 1 % of
// the draws leave the fast path. The tails need no logarithm: the exponential is memoryless, and
// the normal's tail (Marsaglia 1964) is written with two exponentials.
//
// Tables are computed once with `Portable`, so variates are bit-identical on every machine. They
// are reached through pointers of one global that lives as long as the process: arrays cost twice
// as much per draw (simulation-kernels.md section 10). The fast path is inlinable, the rest a call.

/// One ziggurat: for each of 256 layers the fast-path limit, the width per unit and the density.
///
/// Loops that draw keep one: reaching the global costs a call each time.
@frozen public struct Ziggurat: @unchecked Sendable {
  /// 53-bit abscissas below this are inside the layer for certain.
  @usableFromInline let limit: UnsafeMutablePointer<UInt64>
  /// Layer width / 2^53.
  @usableFromInline let width: UnsafeMutablePointer<Double>
  /// Density at the layer's right edge.
  @usableFromInline let density: UnsafeMutablePointer<Double>

  /// - Parameters:
  ///   - edge: where the tail begins.
  ///   - area: of each layer (and of the base with the tail).
  init(
    edge: Double, area: Double, density curve: (Double) -> Double, inverse: (Double) -> Double
  ) {
    limit = .allocate(capacity: 256)
    width = .allocate(capacity: 256)
    density = .allocate(capacity: 256)
    limit.initialize(repeating: 0, count: 256)
    width.initialize(repeating: 0, count: 256)
    density.initialize(repeating: 0, count: 256)
    let base = area / curve(edge)
    limit[0] = UInt64(edge / base * 0x1p53)
    width[0] = base * 0x1p-53
    density[0] = 1
    width[255] = edge * 0x1p-53
    density[255] = curve(edge)
    var outer = edge
    for layer in stride(from: 254, through: 1, by: -1) {
      let inner = inverse(area / outer + curve(outer))
      limit[layer + 1] = UInt64(inner / outer * 0x1p53)
      width[layer] = inner * 0x1p-53
      density[layer] = curve(inner)
      outer = inner
    }
    // limit[1] stays 0: the topmost layer always compares with the curve.
  }
}

private let exponentialEdge = 7.697_117_470_131_05
private let normalEdge = 3.654_152_885_361_008_8

private let exponentialZiggurat = Ziggurat(
  edge: exponentialEdge, area: 0.003_949_659_822_581_557, density: { Portable.exp(-$0) },
  inverse: { -Portable.log($0) })

private let normalZiggurat = Ziggurat(
  edge: normalEdge, area: 0.004_928_673_233_974_655, density: { Portable.exp(-0.5 * $0 * $0) },
  inverse: { (-2 * Portable.log($0)).squareRoot() })

extension Ziggurat {
  /// The exponential distribution of mean 1.
  public static var exponential: Ziggurat { exponentialZiggurat }
  /// The normal distribution of mean 0 and standard deviation 1.
  public static var normal: Ziggurat { normalZiggurat }
}

extension Generator {
  /// An exponential variate of mean 1.
  @inlinable public mutating func exponential() -> Double { exponential(.exponential) }

  /// An exponential variate of mean 1, from `Ziggurat.exponential` in hand.
  @inlinable @inline(__always)
  public mutating func exponential(_ tables: Ziggurat) -> Double {
    let bits = next()
    let layer = Int(truncatingIfNeeded: bits & 0xFF)
    let abscissa = bits >> 11
    let x = unsignedToDouble(abscissa) * tables.width[layer]
    if abscissa < tables.limit[layer] { return x }
    return exponentialEdgeCase(layer, x)
  }

  @usableFromInline @inline(never)
  mutating func exponentialEdgeCase(_ firstLayer: Int, _ firstX: Double) -> Double {
    var layer = firstLayer
    var x = firstX
    var offset = 0.0
    let tables = exponentialZiggurat
    while true {
      if layer == 0 {
        // Beyond the edge the variate starts afresh: the distribution has no memory.
        offset += exponentialEdge
      } else {
        let low = tables.density[layer]
        if low + nextUnit() * (tables.density[layer - 1] - low) < Portable.exp(-x) {
          return offset + x
        }
      }
      let bits = next()
      layer = Int(truncatingIfNeeded: bits & 0xFF)
      x = unsignedToDouble(bits >> 11) * tables.width[layer]
      if bits >> 11 < tables.limit[layer] { return offset + x }
    }
  }

  /// A normal variate of mean 0 and standard deviation 1.
  @inlinable public mutating func normal() -> Double { normal(.normal) }

  /// A normal variate of mean 0 and standard deviation 1, from `Ziggurat.normal` in hand.
  @inlinable @inline(__always)
  public mutating func normal(_ tables: Ziggurat) -> Double {
    let bits = next()
    let layer = Int(truncatingIfNeeded: bits & 0xFF)
    let abscissa = bits >> 11
    let x = unsignedToDouble(abscissa) * tables.width[layer]
    let size = abscissa < tables.limit[layer] ? x : normalEdgeCase(layer, x)
    // Bit 8 is in neither the layer nor the abscissa.
    return Double(bitPattern: size.bitPattern | (bits & 0x100) << 55)
  }

  @usableFromInline @inline(never)
  mutating func normalEdgeCase(_ firstLayer: Int, _ firstX: Double) -> Double {
    var layer = firstLayer
    var x = firstX
    let tables = normalZiggurat
    while true {
      if layer == 0 {
        while true {
          let beyond = exponential() / normalEdge
          if 2 * exponential() > beyond * beyond { return normalEdge + beyond }
        }
      }
      let low = tables.density[layer]
      if low + nextUnit() * (tables.density[layer - 1] - low) < Portable.exp(-0.5 * x * x) {
        return x
      }
      let bits = next()
      layer = Int(truncatingIfNeeded: bits & 0xFF)
      x = unsignedToDouble(bits >> 11) * tables.width[layer]
      if bits >> 11 < tables.limit[layer] { return x }
    }
  }
}
