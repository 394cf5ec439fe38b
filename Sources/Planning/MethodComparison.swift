// How far many requests at a time are from every request: both methods, run by run.
//
// Runs of one replication have one seed, so what the seed decides (sizes and places of items,
// instants that scale and split) is the same in both, and the difference of a pair is less noisy
// than either run. The mean difference over pairs, with its interval, tells noise from bias; a
// single stretch (`MethodCheck`) cannot.

import Capacity
import Pricing
public import Results
public import Scenarios
public import Statistics
import Units

/// Both methods on the same replications.
public struct MethodComparison: Sendable {
  /// One quantity under both methods.
  public struct Row: Sendable {
    public var quantity: String
    /// Mean over the runs that simulated every request.
    public var exact: Double
    /// Mean of steps less exact as a share of `exact`; zero when both are.
    public var difference: Estimate
    /// The largest difference that is wanted, as a share.
    public var bound: Double

    /// What the interval says about the bound.
    public var standing: Standing {
      let halfWidth = difference.halfWidth ?? .infinity
      if abs(difference.value) + halfWidth <= bound { return .within }
      return abs(difference.value) - halfWidth > bound ? .apart : .undecided
    }
  }

  public enum Standing: String, Sendable {
    case within
    /// The interval holds values on both sides of the bound: more replications would tell.
    case undecided = "within noise"
    case apart
  }

  public let rows: [Row]

  /// Shares that refusals and consumed units, and bills, may differ by.
  public static let unitsBound = 0.01
  public static let billBound = 0.005

  /// Compares records of equal replications, in equal order; money is the month's bill.
  /// - Precondition: as many of each, at least one.
  public init(_ scenario: Scenario, exact: [RunRecord], steps: [RunRecord]) {
    precondition(exact.count == steps.count && !exact.isEmpty, "methods are compared in pairs")
    let costing = Costing(scenario)
    func row(_ quantity: String, _ bound: Double, _ value: (RunRecord) -> Double) -> Row {
      let slow = exact.map(value)
      let mean = slow.reduce(0, +) / Double(slow.count)
      let scale = mean == 0 ? 1 : mean
      return Row(
        quantity: quantity, exact: mean,
        difference: Estimate(
          samples: zip(slow, steps).map { (value($1) - $0) / scale },
          confidence: scenario.run.confidence),
        bound: bound)
    }
    var rows: [Row] = []
    for axis in CapacityAxis.allCases {
      let units = axis == .read ? "read units" : "write units"
      rows.append(row(units, Self.unitsBound) { $0.consumed(axis) })
      let refused = axis == .read ? "refused reads" : "refused writes"
      rows.append(row(refused, Self.unitsBound) { $0.throttles(axis) })
    }
    rows.append(
      row("failed requests", Self.unitsBound) { record in
        record.operations.reduce(0) { $0 + Double($1.failed) }
      })
    rows.append(
      row("bill of a month, $", Self.billBound) { costing.bill(for: $0).total.inDollars })
    self.rows = rows.filter { $0.exact != 0 || $0.difference.value != 0 }
  }
}

extension RunRecord {
  fileprivate func consumed(_ axis: CapacityAxis) -> Double {
    resources.reduce(0) { $0 + $1[axis].totalConsumed.inUnits }
  }

  fileprivate func throttles(_ axis: CapacityAxis) -> Double {
    resources.reduce(0) { $0 + Double($1[axis].totalThrottles) }
  }
}

extension ResourceRecord {
  fileprivate subscript(axis: CapacityAxis) -> AxisSeries { axis == .read ? read : write }
}
