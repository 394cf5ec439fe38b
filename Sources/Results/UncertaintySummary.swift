// What the answer is when the question is not certain: the spread of the results over draws of the
// inputs, and which input it comes from.

/// Results over draws.
public struct UncertaintySummary: Sendable {
  /// Scenarios that were drawn and simulated.
  public var draws: Int
  /// Draws in which every objective holds; nil when the scenario sets none.
  public var holding: Int?
  public var inputs: [UncertainInputRow]
  public var outputs: [OutputSpread]

  public init(
    draws: Int, holding: Int?, inputs: [UncertainInputRow], outputs: [OutputSpread]
  ) {
    self.draws = draws
    self.holding = holding
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// An uncertain input as the file writes it.
public struct UncertainInputRow: Hashable, Sendable {
  public var path: String
  public var low: String
  public var mid: String
  public var high: String

  public init(path: String, low: String, mid: String, high: String) {
    self.path = path
    self.low = low
    self.mid = mid
    self.high = high
  }
}

/// One result over all draws.
public struct OutputSpread: Sendable {
  public var name: String
  public var unit: ValueUnit
  /// The 5th, 50th and 95th percentile of the draws.
  public var low: Double
  public var median: Double
  public var high: Double
  /// Rank correlation with each input, in their order, -1...1.
  public var dependence: [Double]

  public init(
    name: String, unit: ValueUnit, low: Double, median: Double, high: Double, dependence: [Double]
  ) {
    self.name = name
    self.unit = unit
    self.low = low
    self.median = median
    self.high = high
    self.dependence = dependence
  }
}
