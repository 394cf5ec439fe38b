// Remedies tried out: each candidate simulated with the arrivals, keys and sizes of the run it is
// to mend, judged and priced like the run itself.
//
// Two replications suffice, since differences are taken pair by pair over common random numbers.
// Trials run one after the other, each on all threads, and give the same bytes on any number.

import Capacity
import Pricing
public import Results
public import Scenarios
public import Simulation
import Statistics
import Units

/// Candidates for a planned scenario, ready to be simulated.
public struct RemedyTrials: Sendable {
  private let scenario: Scenario
  private let records: [RunRecord]
  private let candidates: [Remedy]

  /// How trials are run: as the run that they are to mend.
  private let method: RunMethod

  /// Replications of every trial.
  public let replications: Int

  /// - Precondition: at least one record.
  public init(_ scenario: Scenario, records: [RunRecord]) {
    self.scenario = scenario
    method = records.first?.method ?? .exact
    self.records = records
    // A month takes seconds each time: then the simplest few, once.
    let isExact = method == .exact
    replications = isExact ? min(2, records.count) : 1
    let summary = PlanSummary(scenario, records: records)
    let context = FindingContext(
      scenario: scenario, summary: summary, operations: summary.operations(),
      resources: summary.resources(), cache: summary.cache())
    let found =
      records.contains(where: \.interrupted) ? [] : RemedyCandidates(context: context).all()
    // What the aggregate method cannot run would take hours request by request.
    let runnable = found.filter {
      isExact || MethodChoice.obstacles($0.applied(to: scenario)).isEmpty
    }
    candidates = Array(runnable.prefix(isExact ? 8 : 3))
  }

  public var isEmpty: Bool { candidates.isEmpty }

  /// What each candidate is, in the order of the trials.
  public var titles: [String] { candidates.map(\.title) }

  /// Simulates every candidate and ranks them: those that meet every objective first, cheapest
  /// first, then the others by what they still refuse.
  /// - Parameters:
  ///   - threads: Replications in progress at once, at least 1.
  ///   - observe: As in `Experiment.run`, with the trial's position; false ends the trials.
  public func run(
    threads: Int, observe: @escaping @Sendable (Int, SimulationProgress) -> Bool
  ) async -> [RemedyOutcome] {
    var outcomes: [RemedyOutcome] = []
    for (position, remedy) in candidates.enumerated() {
      let changed = remedy.applied(to: scenario)
      let trial = await Experiment(changed, replications: replications, method: method)
        .run(threads: threads) { observe(position, $0) }
      if trial.count < replications || trial.contains(where: \.interrupted) { break }
      outcomes.append(outcome(remedy, changed, trial))
    }
    return Self.ranked(outcomes)
  }

  /// - Parameter changed: The scenario with the remedy.
  func outcome(_ remedy: Remedy, _ changed: Scenario, _ trial: [RunRecord]) -> RemedyOutcome {
    let summary = PlanSummary(changed, records: trial)
    let costing = Costing(changed)
    let bills = trial.map { costing.bill(for: $0) }
    let costs = bills.map(\.total.inDollars)
    let before = Costing(scenario)
    let former = records.map { before.bill(for: $0) }
    let differences = zip(costs, former).map { $0 - $1.total.inDollars }
    let throttled = summary.requestShare(\.throttled)
    let outcomes = ObjectiveEvaluation(summary: summary, monthlyCosts: costs).outcomes()
    let verdict =
      outcomes.isEmpty
      ? (throttled.value == 0 ? Verdict.pass : .fail) : ObjectiveEvaluation.overall(outcomes)
    let confidence = scenario.run.confidence
    return RemedyOutcome(
      title: remedy.title, replications: trial.count, verdict: verdict, throttled: throttled,
      failed: summary.requestShare(\.failed), p99: summary.responsePercentile(99),
      monthlyCost: Estimate(samples: costs, confidence: confidence),
      costDifference: Estimate(samples: differences, confidence: confidence),
      isPriced: bills[0].isComplete || !former[0].isComplete)
  }

  static func ranked(_ outcomes: [RemedyOutcome]) -> [RemedyOutcome] {
    func rank(_ outcome: RemedyOutcome) -> (Int, Double, Double) {
      outcome.verdict == .pass
        ? (0, outcome.monthlyCost.value, outcome.throttled.value)
        : (1, outcome.throttled.value, outcome.monthlyCost.value)
    }
    return outcomes.enumerated().sorted {
      let (a, b) = (rank($0.element), rank($1.element))
      return a == b ? $0.offset < $1.offset : a < b
    }.map(\.element)
  }
}

extension PlanSummary {
  /// A counter over all operations as a share of all requests.
  func requestShare(_ counter: @escaping (OperationRecord) -> Int64) -> Estimate {
    estimate { record in
      share(
        record.operations.reduce(0) { $0 + counter($1) },
        record.operations.reduce(0) { $0 + $1.requests })
    }
  }

  /// A percentile of the response latency of all operations together, in seconds.
  func responsePercentile(_ percentile: Double) -> Estimate {
    estimate { record in
      var merged = Histogram()
      for row in record.operations { merged.merge(row.response) }
      return Double(merged.value(atPercentile: percentile)) / 1e9
    }
  }
}
