// From simulated draws to the spread of the answer and what it depends on.
//
// Every draw is one replication with the scenario's own seed, so draws differ by their inputs and
// not by luck. Percentiles are nearest-rank order statistics of the draws. Dependence is the rank
// correlation of an input with a result, which needs no further runs and no linearity.

import Pricing
public import Results
public import Scenarios
import Statistics
import Units

/// Summarises draws.
public struct UncertaintyAnalysis: Sendable {
  private let spec: UncertaintySpec
  private let draws: [ScenarioDraw]

  public init(_ spec: UncertaintySpec, draws: [ScenarioDraw]) {
    self.spec = spec
    self.draws = draws
  }

  /// - Parameter records: One of each draw, in order; fewer when the run was ended early.
  public func summary(_ records: [RunRecord]) -> UncertaintySummary? {
    guard records.count >= 2 else { return nil }
    let rows = zip(draws, records).map { result($0.scenario, $1) }
    let values = draws.prefix(rows.count).map(\.values)
    func spread(
      _ name: String, _ unit: ValueUnit, _ quantity: (DrawResult) -> Double
    ) -> OutputSpread {
      let samples = rows.map(quantity)
      let sorted = samples.sorted()
      return OutputSpread(
        name: name, unit: unit, low: Self.rank(5, sorted), median: Self.rank(50, sorted),
        high: Self.rank(95, sorted),
        dependence: spec.inputs.indices.map { input in
          RankCorrelation.coefficient(values.map { $0[input] }, samples)
        })
    }
    return UncertaintySummary(
      draws: rows.count,
      holding: rows[0].holds.map { _ in rows.filter { $0.holds == true }.count },
      inputs: spec.inputs.map {
        UncertainInputRow(path: $0.path, low: $0.low, mid: $0.mid, high: $0.high)
      },
      outputs: [
        spread("throttled", .share, \.throttled), spread("failed", .share, \.failed),
        spread("p99", .seconds, \.p99), spread("cost per month", .dollars, \.dollars),
      ])
  }

  private struct DrawResult {
    var throttled, failed, p99, dollars: Double
    /// nil without objectives.
    var holds: Bool?
  }

  private func result(_ scenario: Scenario, _ record: RunRecord) -> DrawResult {
    let summary = PlanSummary(scenario, records: [record])
    let dollars = Costing(scenario).bill(for: record).total.inDollars
    let outcomes = ObjectiveEvaluation(summary: summary, monthlyCosts: [dollars]).outcomes()
    return DrawResult(
      throttled: summary.requestShare(\.throttled).value,
      failed: summary.requestShare(\.failed).value, p99: summary.responsePercentile(99).value,
      dollars: dollars,
      holds: outcomes.isEmpty ? nil : ObjectiveEvaluation.overall(outcomes) == .pass)
  }

  /// The nearest-rank percentile of a sorted series: (5, 1...64) is the 4th.
  static func rank(_ percent: Double, _ sorted: [Double]) -> Double {
    let rank = Int((percent / 100 * Double(sorted.count)).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1]
  }
}

/// Whether replications say enough.
public struct PrecisionCheck: Sendable {
  private let scenario: Scenario

  public init(_ scenario: Scenario) { self.scenario = scenario }

  /// Whether every objective is decided by its interval, or known to the wanted precision; true
  /// when the scenario asks for none.
  public func isMet(_ records: [RunRecord]) -> Bool {
    guard let precision = scenario.run.precision else { return true }
    let costing = Costing(scenario)
    let costs = records.map { costing.bill(for: $0).total.inDollars }
    let outcomes = ObjectiveEvaluation(
      summary: PlanSummary(scenario, records: records), monthlyCosts: costs
    ).outcomes()
    return outcomes.allSatisfy { outcome in
      if outcome.verdict != .undecided, outcome.measured.halfWidth != nil { return true }
      // Nothing measured: more of the same will not help.
      guard outcome.measured.samples > 0 else { return true }
      return outcome.measured.relativeHalfWidth.map { $0 <= precision } ?? false
    }
  }
}
