// A plan: replications in, verdict, explanation, bill and alternatives out.

import Capacity
public import Pricing
public import Results
public import Scenarios
import Simulation
public import Statistics
import Units

/// Everything `plan` reports.
public struct PlanOutcome: Sendable {
  public var plan: CapacityPlan
  /// The bill of the first replication: its lines add up exactly.
  public var bill: Bill
  /// The monthly total over all replications.
  public var monthlyCost: Estimate
  public var alternatives: [PricedAlternative]
}

/// Turns the records of a scenario's replications into a plan.
public struct Planner: Sendable {
  public let scenario: Scenario

  public init(_ scenario: Scenario) { self.scenario = scenario }

  /// - Precondition: at least one record.
  public func plan(_ records: [RunRecord]) -> PlanOutcome {
    let costing = Costing(scenario)
    let summary = PlanSummary(scenario, records: records)
    let bills = records.map { costing.bill(for: $0) }
    let costs = bills.map(\.total.inDollars)
    let outcomes = ObjectiveEvaluation(summary: summary, monthlyCosts: costs).outcomes()
    let operations = summary.operations()
    let resources = summary.resources()
    let cache = summary.cache()
    let context = FindingContext(
      scenario: scenario, summary: summary, operations: operations, resources: resources,
      cache: cache)
    let interrupted = records.contains(where: \.interrupted)
    let plan = CapacityPlan(
      scenario: facts(interrupted: interrupted, records: records),
      verdict: interrupted ? .undecided : ObjectiveEvaluation.overall(outcomes),
      objectives: outcomes, operations: operations, resources: resources, cache: cache,
      findings: FindingRules.findings(context), record: records[0])
    return PlanOutcome(
      plan: plan, bill: bills[0],
      monthlyCost: Estimate(samples: costs, confidence: scenario.run.confidence),
      alternatives: costing.alternatives(to: records[0], own: bills[0]))
  }

  /// How the run was made, unless every request was simulated.
  private static func methodRows(_ record: RunRecord) -> [FactRow] {
    guard record.method == .aggregate else { return [] }
    let singles =
      record.singleRequests == 0 ? "" : ", \(group(record.singleRequests)) single requests"
    var rows = [
      FactRow("Method", "aggregate: \(group(record.processedEvents)) steps" + singles)
    ]
    if let check = record.methodCheck {
      rows.append(FactRow("Against every request", describe(check)))
    }
    return rows
  }

  private static func describe(_ check: MethodCheck) -> String {
    let (exact, steps) = (check.exact, check.aggregate)
    let units =
      exact.consumed == .zero
      ? 0 : steps.consumed.inUnits / exact.consumed.inUnits - 1
    return "\(check.length) from \(check.start) on: \(group(exact.requests)) requests,"
      + " consumed units \(units < 0 ? "-" : "+")\(percentage(abs(units))),"
      + " throttles \(group(steps.throttles)) for \(group(exact.throttles))"
  }

  private func facts(interrupted: Bool, records: [RunRecord]) -> ScenarioFacts {
    ScenarioFacts(
      name: scenario.name, title: scenario.title, summary: scenario.summary,
      region: scenario.cost.region, seed: scenario.seed, replications: records.count,
      confidence: scenario.run.confidence,
      duration: records.map(\.duration).min() ?? scenario.run.duration,
      warmUp: scenario.run.warmUp, interrupted: interrupted,
      rows: ScenarioDescription(scenario).rows + Self.methodRows(records[0]),
      assumptions: ScenarioDescription(scenario).assumptions)
  }
}
