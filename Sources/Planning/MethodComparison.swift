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

/// Both methods on the same replications, added pair by pair.
public struct MethodComparison {
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

  /// Shares that refusals and consumed units, and bills, may differ by.
  public static let unitsBound = 0.01
  public static let billBound = 0.005
  /// Share of all requests that a rare count may differ by.
  public static let rareBound = 0.0001

  /// One quantity of every pair so far.
  private struct Samples {
    var quantity: String
    var bound: Double
    var isCount: Bool
    var value: (RunRecord) -> Double
    var exact = Moments()
    var differences = Moments()
  }

  private let confidence: Double
  private var quantities: [Samples] = []
  private var requests = Moments()

  /// Holds no pair yet; money is the month's bill of `scenario`.
  public init(_ scenario: Scenario) {
    confidence = scenario.run.confidence
    for axis in CapacityAxis.allCases {
      quantities.append(
        Samples(
          quantity: axis == .read ? "read units" : "write units", bound: Self.unitsBound,
          isCount: false, value: { $0.consumed(axis) }))
      quantities.append(
        Samples(
          quantity: axis == .read ? "refused reads" : "refused writes", bound: Self.unitsBound,
          isCount: true, value: { $0.throttles(axis) }))
    }
    quantities.append(
      Samples(
        quantity: "failed requests", bound: Self.unitsBound, isCount: true,
        value: { $0.operations.reduce(0) { $0 + Double($1.failed) } }))
    let costing = Costing(scenario)
    quantities.append(
      Samples(
        quantity: "bill of a month, $", bound: Self.billBound, isCount: false,
        value: { costing.bill(for: $0).total.inDollars }))
  }

  /// Adds the records of one replication by both methods; nothing of them is kept but sums.
  public mutating func add(exact: RunRecord, steps: RunRecord) {
    requests.add(exact.operations.reduce(0) { $0 + Double($1.requests) })
    for index in quantities.indices {
      let value = quantities[index].value(exact)
      quantities[index].exact.add(value)
      quantities[index].differences.add(quantities[index].value(steps) - value)
    }
  }

  /// What the pairs so far say of each quantity that either method saw.
  public var rows: [Row] {
    quantities.compactMap { samples in
      let mean = samples.exact.mean
      let absolute = samples.differences.estimate(confidence: confidence)
      guard mean != 0 || absolute.value != 0 else { return nil }
      let isRare = mean == 0 || samples.exact.standardDeviation > abs(mean)
      let everyone = max(1, requests.mean)
      let scale = isRare ? everyone : abs(mean)
      let halfWidth = absolute.halfWidth
      return Row(
        quantity: samples.quantity, exact: mean, absolute: absolute, isRare: isRare,
        difference: Estimate(
          value: absolute.value / scale, halfWidth: halfWidth.map { $0 / scale },
          samples: absolute.samples),
        bound: isRare ? Self.rareBound : samples.bound,
        mostOfRequests: samples.isCount
          ? (abs(absolute.value) + (halfWidth ?? .infinity)) / everyone : nil)
    }
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
