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

  /// nil for measures whose point decides (counts, extremes, costs) and without samples.
  func judge(_ objective: Objective) -> (verdict: Verdict, samples: Int64)? {
    let rows = record.totals.filter { name in
      objective.measure.operation.map { $0 == name.name } ?? true
    }
    switch objective.measure {
    case .latencyPercentile(let percentile, _):
      let all = rows.reduce(into: Histogram()) { $0.merge($1.response) }
      guard all.count > 0 else { return nil }
      // Values that share a bucket with the bound count as within it.
      let slow = all.count - all.count(atMost: Nanoseconds(seconds: objective.bound).count)
      return judge(
        objective.comparison, samples: all.count,
        effective: effectiveResponses(rows.map(\.name), all), violations: slow,
        within: percentile / 100)
    case .ratio(let part, .requests, _) where part != .attempts && part != .retries:
      let whole = rows.reduce(0) { $0 + $1.requests }
      let some = rows.reduce(0) { $0 + $1.count(part) }
      guard whole > 0, objective.bound > 0, objective.bound < 1 else { return nil }
      let share = Double(some) / Double(whole)
      let effective = EffectiveSamples.count(
        of: whole, deviation: (share * (1 - share)).squareRoot(),
        partMeans: shares(rows.map(\.name), part))
      return judge(
        objective.comparison, samples: whole, effective: effective, violations: some,
        within: 1 - objective.bound)
    default: return nil
    }
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
    let totals = (0..<record.intervals.count).map { record.totals(of: $0..<$0 + 1) }
    return totals.compactMap { rows in
      Measure.ratio(part, .requests, operation: nil).value(
        of: rows.filter { names.contains($0.name) })
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
