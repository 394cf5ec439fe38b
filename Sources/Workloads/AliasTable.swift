// Draws from a list of weights with one multiplication and one comparison.
//
// Walker's alias method with Vose's linear set-up (IEEE Transactions on Software Engineering 17(9),
// 1991). Column and comparison use the two halves of one 128-bit product. 16 bytes a weight.

public import Randomness

/// Picks position i of a list of weights with probability weight / sum.
public struct AliasTable: Hashable, Sendable {
  /// Of each column, the share that stays, in units of 2^-64.
  private var threshold: [UInt64]
  private var alias: [Int]
  /// The probabilities, for expectations.
  public let shares: [Double]

  /// A table that is never drawn from: it holds no storage, so copies of it cost nothing.
  static let unused = AliasTable()

  private init() {
    threshold = []
    alias = []
    shares = []
  }

  /// - Precondition: at least one weight; none negative, not all zero.
  public init(_ weights: [Double]) {
    let sum = weights.reduce(0, +)
    precondition(
      sum > 0 && sum.isFinite && weights.allSatisfy { $0 >= 0 }, "weights need a positive sum")
    shares = weights.map { $0 / sum }
    let count = weights.count
    threshold = Array(repeating: .max, count: count)
    alias = Array(0..<count)
    var scaled = shares.map { $0 * Double(count) }
    var small = scaled.indices.filter { scaled[$0] < 1 }
    var large = scaled.indices.filter { scaled[$0] >= 1 }
    while let low = small.popLast(), let high = large.last {
      threshold[low] = UInt64(scaled[low] * 0x1p64)
      alias[low] = high
      scaled[high] -= 1 - scaled[low]
      if scaled[high] < 1 {
        large.removeLast()
        small.append(high)
      }
    }
  }

  /// A position, 0 ..< number of weights.
  public func position(using generator: inout Generator) -> Int {
    let product = generator.next().multipliedFullWidth(by: UInt64(threshold.count))
    let column = Int(truncatingIfNeeded: product.high)
    return product.low < threshold[column] ? column : alias[column]
  }
}
