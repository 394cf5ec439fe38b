// Why a measured latency is not what was predicted: what the machine itself says about it.
//
// The prediction has its latencies from a calibration of some seconds. That is a sample, so its
// percentiles have an interval of their own; and it holds as long as the machine stays what it was.
// Whether it did is measured, not presumed: the calibration is repeated after the run, the client
// notes how late it sent, and the kernel how long threads that were ready got no processor.
// A reason is given only for what accounts for at least half of the difference.

public import Statistics
public import Units

/// How a run fared on its machine. All times are in the scenario's time.
public struct MachineRecord: Sendable {
  /// Dispatched - due, in ns.
  public var lag = Histogram()
  /// How long client and engine were ready to run and got no processor, per attempt; nil: the
  /// kernel does not say.
  public var starved: Nanoseconds?

  public init(lag: Histogram = Histogram(), starved: Nanoseconds? = nil) {
    self.lag = lag
    self.starved = starved
  }
}

/// What is known of an endpoint's latency beside the run that was predicted.
public struct LatencyEvidence: Sendable {
  /// Responses of each operation in the calibration before, and in its repetition after the run;
  /// empty: it was not repeated.
  public var before: [Histogram]
  public var after: [Histogram] = []
  public var calibration = MachineRecord()
  public var run = MachineRecord()

  public init(before: [Histogram]) { self.before = before }

  /// How far the calibration's percentile may be from the endpoint's, as factors of it.
  ///
  /// Order statistics at `confidence`; what they do not enclose counts up to the extreme value.
  func doubt(_ operation: Int, _ percentile: Double, _ confidence: Double) -> ClosedRange<Double> {
    guard before.indices.contains(operation), before[operation].count > 0 else { return 1...1 }
    let sample = before[operation]
    let point = Double(max(1, sample.value(atPercentile: percentile)))
    let enclosed =
      sample.interval(atPercentile: percentile, confidence: confidence)
      ?? sample.min...sample.max
    return min(
      1, Double(enclosed.lowerBound) / point)...max(
        1, Double(enclosed.upperBound) / point)
  }
}

extension Validation {
  /// Lets the intervals of latencies hold what the calibration itself leaves open, and names what
  /// the machine did to those outside of them.
  public mutating func weigh(_ evidence: LatencyEvidence) {
    for place in rows.indices {
      guard let (operation, percentile) = rows[place].place else { continue }
      let doubt = evidence.doubt(operation, percentile, confidence)
      let known = rows[place].interval ?? rows[place].predicted...rows[place].predicted
      rows[place].interval =
        known.lowerBound * doubt.lowerBound...known.upperBound * doubt.upperBound
      if !rows[place].isWithinTolerance {
        rows[place].because = evidence.reason(rows[place], operation, percentile)
      }
    }
  }
}

extension LatencyEvidence {
  /// Why a latency is outside of its tolerance.
  fileprivate func reason(
    _ row: ValidationRow, _ operation: Int, _ percentile: Double
  ) -> String {
    let missing = row.measured - row.predicted
    /// Whether a change in seconds goes the same way and at least half as far.
    func explains(_ change: Double) -> Bool {
      change * missing > 0 && abs(change) >= abs(missing) / 2
    }
    func span(_ seconds: Double) -> String { "\(Nanoseconds(seconds: seconds))" }
    func at(_ histogram: Histogram) -> Double {
      histogram.count == 0 ? 0 : Double(histogram.value(atPercentile: percentile)) / 1e9
    }
    if after.indices.contains(operation), after[operation].count >= 100, before[operation].count > 0
    {
      let (first, second) = (at(before[operation]), at(after[operation]))
      if first > 0, explains(row.predicted * (second / first - 1)) {
        return "the machine moved: the calibration gave \(span(first)) before the run and"
          + " \(span(second)) after it"
      }
    }
    let (early, late) = (at(calibration.lag), at(run.lag))
    if explains(late - early) {
      return "the client's core did other work: p\(Int(percentile)) of the lag with which requests"
        + " were sent was \(span(late)), in the calibration \(span(early))"
    }
    if let was = calibration.starved?.inSeconds, let now = run.starved?.inSeconds,
      explains(now - was)
    {
      return "client and engine were ready and got no processor for \(span(now)) per attempt, in"
        + " the calibration for \(span(was))"
    }
    if row.isInside {
      let count = before.indices.contains(operation) ? before[operation].count : 0
      return "chance: \(group(count)) calibrated requests and \(group(Int(percentile)))th"
        + " percentiles of equal runs leave that much open"
    }
    return "not explained: neither a repeated calibration, nor the lag of the client, nor waiting"
      + " for a processor accounts for half of it"
  }
}
