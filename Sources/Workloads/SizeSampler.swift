// How large an item is: draws from a `SizeDistribution`, in whole bytes.
//
// Sizes stay inside what the service stores: 1 to 409,600 bytes (capacity.md section 1: 400 KB,
// names and values together). Besides drawing, a sampler knows its distribution function, from
// which the expected number of 4 KB or 1 KB units follows exactly; rounding the mean would not do.

public import Randomness

/// Draws item sizes in bytes.
public struct SizeSampler: Sendable {
  private enum Shape { case constant, uniform, lognormal, weighted, histogram }

  /// The largest item the service stores, in bytes.
  public static let largest = 409_600

  public let distribution: SizeDistribution
  private let shape: Shape
  private let low: Int
  private let high: Int
  /// Of the logarithm of the size.
  private let center: Double
  private let spread: Double
  private let normals = Ziggurat.normal
  private let exp = Portable.Exponential()
  private let alias: AliasTable
  /// Ranges of the weighted list or histogram; both ends inclusive.
  private let ranges: [ClosedRange<Int>]

  /// - Precondition: ranges in order; weights with a positive sum; a percentile other than 0.5 in
  ///   (0, 1) and positive sizes for `lognormal`. Sizes are moved into 1 ... 409,600.
  public init(_ distribution: SizeDistribution) {
    self.distribution = distribution
    var low = 1
    var high = 1
    var center = 0.0
    var spread = 0.0
    var weights: [Double] = [1]
    var ranges: [ClosedRange<Int>] = []
    switch distribution {
    case .constant(let bytes):
      shape = .constant
      low = Self.clamp(bytes)
      high = low
    case .uniform(let first, let last):
      shape = .uniform
      low = Self.clamp(first)
      high = max(low, Self.clamp(last))
    case .lognormal(let median, let percentile, let value):
      shape = .lognormal
      center = Portable.log(median)
      let distance = NormalDistribution.quantile(percentile)
      spread = distance == 0 ? 0 : (Portable.log(value) - center) / distance
      precondition(center.isFinite && spread.isFinite, "log-normal sizes need positive percentiles")
    case .weighted(let sizes):
      shape = .weighted
      weights = sizes.map(\.weight)
      ranges = sizes.map { Self.clamp($0.bytes)...Self.clamp($0.bytes) }
    case .histogram(let buckets):
      shape = .histogram
      weights = buckets.map(\.weight)
      ranges = buckets.map { Self.clamp($0.low)...max(Self.clamp($0.low), Self.clamp($0.high)) }
    }
    self.low = low
    self.high = high
    self.center = center
    self.spread = abs(spread)
    self.alias = ranges.isEmpty ? .unused : AliasTable(weights)
    self.ranges = ranges
  }

  private static func clamp(_ bytes: Int) -> Int { min(max(bytes, 1), largest) }

  /// A size in bytes, 1 ... 409,600.
  public func bytes(using generator: inout Generator) -> Int {
    switch shape {
    case .constant: return low
    case .uniform: return Self.draw(low...high, &generator)
    case .lognormal:
      let drawn = exp(center + spread * generator.normal(normals))
      let size = min(max(drawn, 1), Double(Self.largest))
      // To the nearest, without the call that `rounded()` is.
      let whole = Int(size)
      return size - Double(whole) < 0.5 ? whole : whole + 1
    case .weighted: return ranges[alias.position(using: &generator)].lowerBound
    case .histogram: return Self.draw(ranges[alias.position(using: &generator)], &generator)
    }
  }

  private static func draw(_ range: ClosedRange<Int>, _ generator: inout Generator) -> Int {
    range.lowerBound + Int(generator.below(UInt64(range.upperBound - range.lowerBound + 1)))
  }

  /// The share of the items of at most `bytes` bytes.
  public func share(atMost bytes: Int) -> Double {
    guard bytes >= 1 else { return 0 }
    guard bytes < Self.largest else { return 1 }
    switch shape {
    case .constant, .uniform: return Self.share(of: low...high, atMost: bytes)
    case .lognormal:
      // Drawn sizes are rounded, so `bytes` stands for everything below bytes + 1/2.
      let distance = Portable.log(Double(bytes) + 0.5) - center
      if spread == 0 { return distance > 0 ? 1 : 0 }
      return NormalDistribution.cumulative(distance / spread)
    case .weighted, .histogram:
      var sum = 0.0
      for (range, share) in zip(ranges, alias.shares) {
        sum += share * Self.share(of: range, atMost: bytes)
      }
      return min(1, sum)
    }
  }

  private static func share(of range: ClosedRange<Int>, atMost bytes: Int) -> Double {
    if bytes < range.lowerBound { return 0 }
    if bytes >= range.upperBound { return 1 }
    return Double(bytes - range.lowerBound + 1) / Double(range.upperBound - range.lowerBound + 1)
  }

  /// The expected size in bytes.
  public var mean: Double {
    switch shape {
    case .constant, .uniform: return Double(low + high) / 2
    case .lognormal: return lognormalMoment(1)
    case .weighted, .histogram:
      return zip(ranges, alias.shares).reduce(0) { sum, pair in
        sum + pair.1 * Double(pair.0.lowerBound + pair.0.upperBound) / 2
      }
    }
  }

  /// The variance of the size in bytes².
  ///
  /// Worked value: 1 and 3 bytes, evenly: 1.
  public var variance: Double {
    let square: Double
    switch shape {
    case .constant, .uniform: square = Self.meanSquare(low...high)
    case .lognormal: square = lognormalMoment(2)
    case .weighted, .histogram:
      square = zip(ranges, alias.shares).reduce(0) { $0 + $1.1 * Self.meanSquare($1.0) }
    }
    return max(0, square - mean * mean)
  }

  /// Of whole numbers drawn evenly: (n² - 1) / 12 for n of them, and their mean squared.
  private static func meanSquare(_ range: ClosedRange<Int>) -> Double {
    let count = Double(range.count)
    let middle = Double(range.lowerBound + range.upperBound) / 2
    return middle * middle + (count * count - 1) / 12
  }

  /// The mean of the k-th power of the size, k = 1 or 2: e^(k center + (k spread)²/2), with the
  /// parts outside 1 ... 409,600 moved to the ends.
  private func lognormalMoment(_ k: Double) -> Double {
    let largest = Double(Self.largest)
    func power(_ size: Double) -> Double { k == 1 ? size : size * size }
    if spread == 0 { return power(min(max(Portable.exp(center).rounded(), 1), largest)) }
    let bottom = -center / spread
    let top = (Portable.log(largest) - center) / spread
    let inside =
      NormalDistribution.cumulative(top - k * spread)
      - NormalDistribution.cumulative(bottom - k * spread)
    return NormalDistribution.cumulative(bottom)
      + Portable.exp(k * center + k * k * spread * spread / 2) * inside
      + power(largest) * (1 - NormalDistribution.cumulative(top))
  }

  /// The expected number of whole blocks of `block` bytes that an item plus `overhead` bytes fills:
  /// the mean of (size + overhead) / block, rounded up.
  ///
  /// The sum over j of the probability that more than j blocks are needed.
  /// Worked value: sizes evenly from 1 to 8,192 in blocks of 4,096: 1.5.
  /// - Precondition: `block > 0`, `overhead >= 0`.
  /// - Complexity: O((409,600 + overhead) / block).
  public func expectedBlocks(of block: Int, overhead: Int = 0) -> Double {
    precondition(block > 0 && overhead >= 0, "blocks need a size")
    var sum = 0.0
    var covered = 0
    while covered < Self.largest + overhead {
      sum += 1 - share(atMost: covered - overhead)
      covered += block
    }
    return sum
  }
}
