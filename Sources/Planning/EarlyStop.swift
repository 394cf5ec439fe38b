// When a probe of the capacity search has seen enough: a load test takes real time, so it ends as
// soon as its answer is certain.
//
// Missed is certain when more requests broke an objective than all of the probe's may. Where every
// second is like every other (sustained capacity), MLPerf's early stopping also decides, both ways,
// by the binomial distribution of the violations among effective samples (load-generators.md
// section 4.7). It is asked again and again, so it asks for 99.9 %. Burst capacity is about the
// end of a supply: that a probe holds shows only when it is over.

public import Results
public import Scenarios
public import Statistics
import Units

/// Watches a probe.
public struct EarlyStop: Sendable {
  private let objectives: [Objective]
  private let measured: Nanoseconds
  private let isSteady: Bool
  /// Intervals at which it looks next: a tenth more each time, since looking costs time, and the
  /// more often one looks the more often chance deceives.
  private var nextLook = 1

  private static let confidence = 0.999
  /// Before this much was measured nothing is decided.
  private static let shortest = Nanoseconds.seconds(5)
  /// With fewer intervals the number of independent samples is not known well enough.
  private static let intervalsMin = 20

  /// - Parameter isSteady: every second of the probe is like every other.
  public init(_ scenario: Scenario, isSteady: Bool) {
    objectives = scenario.objectives
    measured = scenario.run.duration - scenario.run.warmUp
    self.isSteady = isSteady
  }

  /// What the probe will say, if that is certain by now; nil to go on.
  ///
  /// - Parameter record: the probe so far, its operations' totals and complete intervals.
  public mutating func verdict(on record: RunRecord) -> ThresholdVerdict? {
    let count = record.intervals.count
    let elapsed = record.intervals.length * Int64(count)
    guard elapsed >= min(Self.shortest, measured), count >= nextLook else { return nil }
    nextLook = count + max(1, count / 10)
    let judge = SingleRunVerdict(record: record, confidence: Self.confidence)
    let isSteady = isSteady && count >= Self.intervalsMin
    var allHold = isSteady
    for objective in objectives {
      guard objective.window == nil, let seen = judge.tally(objective) else {
        allHold = false
        continue
      }
      let expected = Double(seen.samples) * max(1, measured.inSeconds / elapsed.inSeconds)
      if objective.comparison.isUpper,
        Double(seen.violations) > (1 - seen.within) * expected
      {
        return .missed
      }
      let verdict = judge.judge(objective)?.verdict
      if isSteady, verdict == .fail { return .missed }
      if verdict != .pass { allHold = false }
    }
    return allHold ? .met : nil
  }
}
