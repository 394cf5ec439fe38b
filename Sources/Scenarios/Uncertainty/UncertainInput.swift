// A number of the scenario that is known only within bounds.
//
// Anywhere a number stands, a map may stand instead:
//
//   rate: {low: 300/s, mid: 500/s, high: 900/s, confidence: 90%}
//   item-count: {low: 1M, high: 3M, shape: uniform}
//
// The scenario itself is the one with the middles; draws replace each such map by one number. The
// distribution of an interval is Statistics' CalibratedInterval; the uniform one lies between its
// ends.

import Statistics
import Units
import YAML

/// An uncertain number of a scenario file.
public struct UncertainInput: Hashable, Sendable {
  enum Shape: Hashable, Sendable {
    case interval(CalibratedInterval)
    case uniform(low: Double, high: Double)
  }

  /// Keys from the top, list items by their names: `traffic.shop.rate`.
  public let path: String
  /// The bounds as they are written.
  public let low: String
  public let high: String
  public internal(set) var mid: String
  let shape: Shape
  /// The word behind the numbers.
  let unit: String
  /// Drawn numbers are rounded to whole ones.
  let isWhole: Bool
  let range: SourceRange

  /// The number below which a share `probability` lies, in the file's unit.
  func quantile(_ probability: Double) -> Double {
    let value =
      switch shape {
      case .interval(let interval): interval.quantile(probability)
      case .uniform(let low, let high): low + (high - low) * probability
      }
    return isWhole ? value.rounded() : value
  }

  /// A drawn number as it would be written in the file; thousands with three decimals, so that a
  /// count stays whole.
  func text(_ value: Double) -> String {
    trimmed(value, unit.hasPrefix("k") || unit.hasPrefix("K") ? 3 : 6).filter { $0 != "," } + unit
  }
}

/// Which inputs move together.
public struct CorrelatedInputs: Hashable, Sendable {
  /// Positions in the list of inputs.
  public var inputs: [Int]
  /// Correlation of any two of them on the normal scale (a Gaussian copula), 0...1.
  public var correlation: Double
}

/// What a scenario says of its uncertainty.
public struct UncertaintySpec: Hashable, Sendable {
  /// In the order of the file.
  public var inputs: [UncertainInput]
  public var draws = 64
  /// Each input stands in one group at most.
  public var correlated: [CorrelatedInputs] = []
}
