// Objectives against what was simulated: pass, fail or undecided.
//
// An objective passes when the whole confidence interval satisfies it, fails when none of it does,
// and is undecided in between or when nothing was measured. With one replication there is no
// interval; then the point estimate decides, and the report says so.

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
    let (measured, unit) = measure(objective.measure)
    return ObjectiveOutcome(
      text: objective.text, measured: measured, bound: objective.bound, unit: unit,
      verdict: verdict(measured, objective))
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

  /// The measured quantity of every replication as an estimate, in the measure's unit. A quantity
  /// that some replication could not measure (no requests) has no samples and stays undecided.
  private func measure(_ measure: Measure) -> (Estimate, ValueUnit) {
    switch measure {
    case .latencyPercentile(let percentile, let operation):
      return (
        latency(operation) { Double($0.value(atPercentile: percentile)) / 1e9 }, .seconds
      )
    case .latencyMean(let operation): return (latency(operation) { $0.mean / 1e9 }, .seconds)
    case .latencyMax(let operation): return (latency(operation) { Double($0.max) / 1e9 }, .seconds)
    case .ratio(let part, let whole, let operation):
      return (
        estimate {
          let denominator = count(whole, operation, in: $0)
          return denominator == 0
            ? nil : Double(count(part, operation, in: $0)) / Double(denominator)
        }, .share
      )
    case .count(let counter, let operation):
      return (estimate { Double(count(counter, operation, in: $0)) }, .count)
    case .monthlyCost:
      return (
        Estimate(samples: monthlyCosts, confidence: summary.scenario.run.confidence), .dollars
      )
    case .cacheHitRatio:
      return (
        estimate {
          guard let cache = $0.cache, cache.itemCacheHits + cache.itemCacheMisses > 0 else {
            return nil
          }
          return share(cache.itemCacheHits, cache.itemCacheHits + cache.itemCacheMisses)
        }, .share
      )
    }
  }

  private func estimate(_ quantity: (RunRecord) -> Double?) -> Estimate {
    let samples = summary.records.compactMap(quantity)
    guard samples.count == summary.records.count else {
      return Estimate(value: .nan, halfWidth: nil, samples: 0)
    }
    return Estimate(samples: samples, confidence: summary.scenario.run.confidence)
  }

  private func latency(
    _ operation: String?, _ quantity: (Histogram) -> Double
  ) -> Estimate {
    estimate { record in
      var merged = Histogram()
      for row in selected(operation, in: record) { merged.merge(row.response) }
      return merged.count == 0 ? nil : quantity(merged)
    }
  }

  private func selected(_ operation: String?, in record: RunRecord) -> [OperationRecord] {
    record.operations.filter { operation == nil || $0.name == operation }
  }

  private func count(_ counter: Counter, _ operation: String?, in record: RunRecord) -> Int64 {
    selected(operation, in: record).reduce(0) { sum, row in
      switch counter {
      case .requests: sum + row.requests
      case .succeeded: sum + row.succeeded
      case .throttled: sum + row.throttled
      case .failed: sum + row.failed
      case .attempts: sum + row.attempts
      case .timeouts: sum + row.timedOut
      case .retries: sum + max(0, row.attempts - row.requests)
      }
    }
  }
}
