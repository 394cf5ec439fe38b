// How far many requests at a time are from every request: both methods, run by run.
//
// Runs of one replication have one seed, so what the seed decides (sizes and places of items,
// instants that scale and split) is the same in both, and the difference of a pair is less noisy
// than either run. The mean difference over pairs, with its interval, tells noise from bias; a
// single stretch (`MethodCheck`) cannot. A count that is zero in some runs and a few in others has
// no mean to take shares of; it is held against the requests of a run instead.

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
    /// Mean of steps less exact, in the quantity's unit.
    public var absolute: Estimate
    /// It varies by more than itself from run to run: so near zero, a share of it says nothing.
    public var isRare: Bool
    /// Mean of steps less exact as a share of `exact`, of a rare one as a share of all requests;
    /// zero when both are.
    public var difference: Estimate
    /// The largest difference that is wanted, as a share.
    public var bound: Double
    /// Of a count of requests or attempts: the far end of its difference's interval, as a share of
    /// all requests.
    public var mostOfRequests: Double?

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
  /// Share of all requests that a rare count may differ by.
  public static let rareBound = 0.0001

  /// Compares records of equal replications, in equal order; money is the month's bill.
  /// - Precondition: as many of each, at least one.
  public init(_ scenario: Scenario, exact: [RunRecord], steps: [RunRecord]) {
    precondition(exact.count == steps.count && !exact.isEmpty, "methods are compared in pairs")
    let costing = Costing(scenario)
    let requests =
      exact.reduce(0) { $0 + Double($1.operations.reduce(0) { $0 + $1.requests }) }
      / Double(exact.count)
    func row(_ quantity: String, _ bound: Double, _ value: (RunRecord) -> Double) -> Row {
      let slow = exact.map(value)
      var moments = Moments()
      for value in slow { moments.add(value) }
      let isRare = moments.mean == 0 || moments.standardDeviation > abs(moments.mean)
      let scale = isRare ? max(1, requests) : moments.mean
      let differences = zip(slow, steps).map { value($1) - $0 }
      return Row(
        quantity: quantity, exact: moments.mean,
        absolute: Estimate(samples: differences, confidence: scenario.run.confidence),
        isRare: isRare,
        difference: Estimate(
          samples: differences.map { $0 / scale }, confidence: scenario.run.confidence),
        bound: isRare ? Self.rareBound : bound)
    }
    func count(_ quantity: String, _ value: (RunRecord) -> Double) -> Row {
      var row = row(quantity, Self.unitsBound, value)
      let most = abs(row.absolute.value) + (row.absolute.halfWidth ?? .infinity)
      row.mostOfRequests = most / max(1, requests)
      return row
    }
    var rows: [Row] = []
    for axis in CapacityAxis.allCases {
      let units = axis == .read ? "read units" : "write units"
      rows.append(row(units, Self.unitsBound) { $0.consumed(axis) })
      let refused = axis == .read ? "refused reads" : "refused writes"
      rows.append(count(refused) { $0.throttles(axis) })
    }
    rows.append(
      count("failed requests") { record in
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
