// Objectives of a single run, such as a load test: what one run's own samples can say.
//
// "p(99) < 12ms" says that at most 1 % of requests take longer. With t violations among n requests
// MLPerf's rule passes it when so few would be improbable at more than 1 % (and fails it in the
// mirrored case); in between there were too few samples (load-generators.md section 4.7). Requests
// of one run are correlated, so n counts independent ones: what the interval means, varying as they
// do, are worth (Statistics.EffectiveSamples).

import Results
import Scenarios
import Statistics
import Units

/// A verdict on a single run with what it rests on.
struct SingleRunVerdict {
  let record: RunRecord
  let confidence: Double

  /// How many of how many samples break an objective, and the share that must not; nil for measures
  /// whose point decides (counts, extremes, costs) and without samples.
  func tally(
    _ objective: Objective
  ) -> (violations: Int64, samples: Int64, within: Double)? {
    let rows = rows(objective)
    switch objective.measure {
    case .latencyPercentile(let percentile, _):
      let all = rows.reduce(into: Histogram()) { $0.merge($1.response) }
      guard all.count > 0 else { return nil }
      // Values that share a bucket with the bound count as within it.
      let slow = all.count - all.count(atMost: Nanoseconds(seconds: objective.bound).count)
      return (slow, all.count, percentile / 100)
    case .ratio(let part, .requests, _) where part != .attempts && part != .retries:
      let whole = rows.reduce(0) { $0 + $1.requests }
      let some = rows.reduce(0) { $0 + $1.count(part) }
      guard whole > 0, objective.bound > 0, objective.bound < 1 else { return nil }
      return (some, whole, 1 - objective.bound)
    default: return nil
    }
  }

  /// nil where there is no tally.
  func judge(_ objective: Objective) -> (verdict: Verdict, samples: Int64)? {
    guard let seen = tally(objective) else { return nil }
    let rows = rows(objective)
    var effective = seen.samples
    if case .ratio(let part, _, _) = objective.measure {
      let share = Double(seen.violations) / Double(seen.samples)
      effective = EffectiveSamples.count(
        of: seen.samples, deviation: (share * (1 - share)).squareRoot(),
        partMeans: shares(rows.map(\.name), part))
    } else {
      effective = effectiveResponses(
        rows.map(\.name), rows.reduce(into: Histogram()) { $0.merge($1.response) })
    }
    return judge(
      objective.comparison, samples: seen.samples, effective: effective,
      violations: seen.violations, within: seen.within)
  }

  private func rows(_ objective: Objective) -> [OperationTotals] {
    record.totals.filter { row in objective.measure.operation.map { $0 == row.name } ?? true }
  }

  /// At least a share `within` of the samples is to be free of violations.
  private func judge(
    _ comparison: Comparison, samples: Int64, effective: Int64, violations: Int64, within: Double
  ) -> (verdict: Verdict, samples: Int64) {
    let scaled = Double(violations) * Double(effective) / Double(samples)
    // Rounded against the verdict, so that neither rests on a fraction of a sample.
    let most = Int64(scaled.rounded(.up))
    let least = Int64(scaled.rounded(.down))
    let upper =
      PercentileBounds.verdict(
        samples: effective, violations: most, p: within, confidence: confidence) == .met
    let lower =
      PercentileBounds.verdict(
        samples: effective, violations: least, p: within, confidence: confidence) == .missed
    switch comparison {
    case .less, .lessOrEqual:
      return (upper ? .pass : lower ? .fail : .undecided, effective)
    case .greater, .greaterOrEqual:
      return (lower ? .pass : upper ? .fail : .undecided, effective)
    }
  }

  private func effectiveResponses(_ names: [String], _ all: Histogram) -> Int64 {
    let means = perInterval(names) { rows -> Double? in
      let count = rows.reduce(0) { $0 + $1.responses }
      return count == 0 ? nil : rows.reduce(0) { $0 + $1.responseSum } / Double(count)
    }
    return EffectiveSamples.count(
      of: all.count, deviation: all.standardDeviation, partMeans: means)
  }

  private func shares(_ names: [String], _ part: Counter) -> [Double] {
    perInterval(names) { rows in
      let whole = rows.reduce(0) { $0 + $1.requests }
      return whole == 0 ? nil : Double(rows.reduce(0) { $0 + $1.count(part) }) / Double(whole)
    }
  }

  private func perInterval(
    _ names: [String], _ quantity: ([OperationInterval]) -> Double?
  ) -> [Double] {
    let chosen = record.operations.indices.filter { names.contains(record.operations[$0].name) }
    return (0..<record.intervals.count).compactMap { index in
      quantity(chosen.map { record.intervals.operations[$0][index] })
    }
  }
}

extension OperationInterval {
  fileprivate func count(_ counter: Counter) -> Int64 {
    switch counter {
    case .requests: requests
    case .succeeded: succeeded
    case .throttled: throttled
    case .failed: failed
    case .attempts: attempts
    case .timeouts: timedOut
    case .retries: max(0, attempts - requests)
    }
  }
}
