// Objectives against what was simulated: pass, fail or undecided.
//
// An objective passes when the whole confidence interval satisfies it, fails when none of it does,
// and is undecided in between or when nothing was measured. With one run there is no interval over
// replications: shares and percentiles are then judged by the run's own samples (SingleRunVerdict),
// everything else by its value.

import Results
import Scenarios
import Statistics
import Units

/// Judges a scenario's objectives.
struct ObjectiveEvaluation {
  let summary: PlanSummary
  /// The bill of each replication in dollars a month; empty when the scenario is not priced.
  let monthlyCosts: [Double]

  func outcomes() -> [ObjectiveOutcome] { summary.scenario.objectives.map(outcome) }

  /// The worst verdict: fail before undecided before pass; pass without objectives.
  static func overall(_ outcomes: [ObjectiveOutcome]) -> Verdict {
    if outcomes.contains(where: { $0.verdict == .fail }) { return .fail }
    if outcomes.contains(where: { $0.verdict == .undecided }) { return .undecided }
    return .pass
  }

  private func outcome(_ objective: Objective) -> ObjectiveOutcome {
    let confidence = objective.confidence ?? summary.scenario.run.confidence
    let (quantity, unit) = measure(objective)
    let measured = estimate(confidence, quantity)
    var single: (verdict: Verdict, samples: Int64)?
    if summary.records.count == 1, objective.window == nil {
      single = SingleRunVerdict(record: summary.records[0], confidence: confidence)
        .judge(objective)
    }
    return ObjectiveOutcome(
      text: objective.text, measured: measured, bound: objective.bound, unit: unit,
      verdict: single?.verdict ?? verdict(measured, objective), effectiveSamples: single?.samples)
  }

  private func verdict(_ measured: Estimate, _ objective: Objective) -> Verdict {
    guard measured.samples > 0, measured.value.isFinite else { return .undecided }
    let margin = measured.halfWidth ?? 0
    let low = objective.comparison.holds(measured.value - margin, objective.bound)
    let high = objective.comparison.holds(measured.value + margin, objective.bound)
    if low && high { return .pass }
    if !low && !high { return .fail }
    return .undecided
  }

  /// What each replication yields, by its position, and its unit.
  private func measure(_ objective: Objective) -> ((Int) -> Double?, ValueUnit) {
    let records = summary.records
    let ofOperations = { (position: Int) -> Double? in
      objective.window.map { records[position].worst(objective, over: $0) }
        ?? objective.measure.value(of: records[position].totals)
    }
    switch objective.measure {
    case .latencyPercentile, .latencyMean, .latencyMax: return (ofOperations, .seconds)
    case .ratio: return (ofOperations, .share)
    case .count: return (ofOperations, .count)
    case .monthlyCost:
      let costs = monthlyCosts
      return ({ costs.indices.contains($0) ? costs[$0] : nil }, .dollars)
    case .cacheHitRatio:
      return (
        { position in
          guard let cache = records[position].cache,
            cache.itemCacheHits + cache.itemCacheMisses > 0
          else { return nil }
          return share(cache.itemCacheHits, cache.itemCacheHits + cache.itemCacheMisses)
        }, .share
      )
    }
  }

  /// Over all replications. A quantity that one of them could not measure (no requests) has no
  /// samples and stays undecided.
  private func estimate(_ confidence: Double, _ quantity: (Int) -> Double?) -> Estimate {
    let samples = summary.records.indices.compactMap(quantity)
    guard samples.count == summary.records.count else {
      return Estimate(value: .nan, halfWidth: nil, samples: 0)
    }
    return Estimate(samples: samples, confidence: confidence)
  }
}
