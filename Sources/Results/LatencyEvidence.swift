// Why a measured latency is not what was predicted: what the machine itself says about it.
//
// The prediction has its latencies from a calibration of some seconds. That is a sample, and so is
// the run: their percentiles have intervals of their own, wider than so many independent requests
// would give, because those of one stall are late together. And it holds as long as the machine
// stays what it was. Whether it did is measured, not presumed: the calibration is repeated after
// the run, the client notes how late it sent, and the kernel how busy the processors were, how long
// threads that were ready got none, and how much of them a hypervisor took. A reason is given only
// for what accounts for at least half of the difference.

public import Statistics
public import Units

/// How a run fared on its machine. All times are in the scenario's time.
public struct MachineRecord: Sendable {
  /// Dispatched - due, in ns.
  public var lag = Histogram()
  /// How long client and engine were ready to run and got no processor, per attempt; nil: the
  /// kernel does not say.
  public var starved: Nanoseconds?
  /// Shares of the processors' time, 0...1: that client and engine used, and that a hypervisor gave
  /// to others; nil: not known.
  public var busy: Double?
  public var stolen: Double?

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
  /// Responses of each operation in the run.
  public var measured: [Histogram] = []
  /// How the calibration and the run went, interval by interval; nil: not known.
  public var calibrationSeries: IntervalSeries?
  public var runSeries: IntervalSeries?
  public var calibration = MachineRecord()
  public var run = MachineRecord()

  public init(before: [Histogram]) { self.before = before }

  /// How far apart calibration and run may be by chance, as factors of the prediction.
  ///
  /// Order statistics at `confidence` of either, the squares of their distances added up.
  func doubt(_ operation: Int, _ percentile: Double, _ confidence: Double) -> ClosedRange<Double> {
    func apart(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
    let calibrated = spread(before, calibrationSeries, operation, percentile, confidence)
    let run = spread(measured, runSeries, operation, percentile, confidence)
    // Where the run's own lies high, its true percentile is lower, and the other way round.
    let down = apart(1 - calibrated.lowerBound, 1 - 1 / run.upperBound)
    let up = apart(calibrated.upperBound - 1, 1 / run.lowerBound - 1)
    return max(0, 1 - down)...1 + up
  }

  /// Where the true percentile of a sample may be, as factors of its own; what order statistics do
  /// not enclose counts up to the extreme value.
  private func spread(
    _ samples: [Histogram], _ series: IntervalSeries?, _ operation: Int, _ percentile: Double,
    _ confidence: Double
  ) -> ClosedRange<Double> {
    guard samples.indices.contains(operation), samples[operation].count > 0 else { return 1...1 }
    let sample = samples[operation]
    let point = Double(max(1, sample.value(atPercentile: percentile)))
    let enclosed =
      sample.interval(
        atPercentile: percentile, confidence: confidence,
        effectiveCount: series?.independent(operation, sample, percentile))
      ?? sample.min...sample.max
    return min(
      1, Double(max(1, enclosed.lowerBound)) / point)...max(
        1, Double(enclosed.upperBound) / point)
  }

  /// The independent requests that those of the calibration and of the run are worth.
  func independent(_ operation: Int, _ percentile: Double) -> (Int64, Int64) {
    func count(_ samples: [Histogram], _ series: IntervalSeries?) -> Int64 {
      guard samples.indices.contains(operation) else { return 0 }
      let sample = samples[operation]
      return series?.independent(operation, sample, percentile) ?? sample.count
    }
    return (count(before, calibrationSeries), count(measured, runSeries))
  }
}

extension IntervalSeries {
  /// How many independent requests those of an operation are worth at a percentile; nil: too few
  /// intervals to know.
  ///
  /// Of n independent ones the share above the percentile p varies by p (1 - p) / n; that share is
  /// looked at in every interval, and the autocorrelation of its series counts
  /// (`EffectiveSamples`). Worked value: 10 intervals of 100 requests, all of the slow tenth in one
  /// of them: the shares 1, 0, 0 ... have a standard error of 0.1, and 0.1 x 0.9 / 0.1^2 is 9.
  func independent(_ operation: Int, _ all: Histogram, _ percentile: Double) -> Int64? {
    guard operations.indices.contains(operation) else { return nil }
    let rows = operations[operation].filter { $0.responses > 0 }
    guard rows.count >= 8 else { return nil }
    let limit = all.value(atPercentile: percentile)
    let counts = rows.map { row in
      (all: Double(row.responses), above: Double(row.responses - row.response.count(atMost: limit)))
    }
    let total = counts.reduce(0) { $0 + $1.all }
    let share = counts.reduce(0) { $0 + $1.above } / total
    guard share > 0, share < 1 else { return nil }
    let mean = total / Double(rows.count)
    let error = EffectiveSamples.mean(counts.map { ($0.above - share * $0.all) / mean }).error
    guard error > 0 else { return nil }
    return min(all.count, max(1, Int64(share * (1 - share) / (error * error))))
  }
}

extension Validation {
  /// Lets the intervals of latencies hold what samples of such lengths leave open, and names what
  /// the machine did to those outside of their tolerance. What leaves more open than half or twice
  /// the prediction excuses no more than that: it cannot show that a prediction holds.
  public mutating func weigh(_ evidence: LatencyEvidence) {
    for place in rows.indices {
      guard let (operation, percentile) = rows[place].place else { continue }
      let doubt = evidence.doubt(operation, percentile, confidence)
      let known = rows[place].interval ?? rows[place].predicted...rows[place].predicted
      rows[place].interval =
        known.lowerBound * max(0.5, doubt.lowerBound)...known.upperBound * min(2, doubt.upperBound)
      if !rows[place].isWithinTolerance {
        rows[place].because = evidence.reason(
          rows[place], operation, percentile, doubt,
          drawn: predictions[0].operations[operation].attempt)
      }
    }
  }
}

extension LatencyEvidence {
  /// Where retries put a predicted response among single answers, and what the calibration itself
  /// has there; nil where too few are known.
  ///
  /// Worked value: of 1,000 responses 140 waited for a retry. Then their median is the 58th
  /// percentile of single answers, which the model's law draws from its median and 90th percentile;
  /// the calibration has measured it.
  private func calibrated(
    _ operation: Int, _ predicted: Double, _ drawn: Histogram
  ) -> (percentile: Double, seconds: Double)? {
    guard drawn.count >= 100, before.indices.contains(operation), before[operation].count >= 100
    else { return nil }
    let below = drawn.count(atMost: Int64(predicted * 1e9))
    let percentile = 100 * Double(below) / Double(drawn.count)
    guard percentile > 0, percentile < 99 else { return nil }
    return (percentile, Double(before[operation].value(atPercentile: percentile)) / 1e9)
  }

  /// Why a latency is outside of its tolerance.
  /// - Parameter drawn: single answers as the simulation drew them.
  fileprivate func reason(
    _ row: ValidationRow, _ operation: Int, _ percentile: Double, _ doubt: ClosedRange<Double>,
    drawn: Histogram
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
    if let was = calibration.stolen, let now = run.stolen, before.indices.contains(operation),
      explains(before[operation].change(of: percentile, delaying: now - was))
    {
      return "the hypervisor took \(percentage(now)) of the processors, in the calibration"
        + " \(percentage(was))"
    }
    if let was = calibration.starved?.inSeconds, let now = run.starved?.inSeconds,
      explains(now - was)
    {
      return "client and engine were ready and got no processor for \(span(now)) per attempt, in"
        + " the calibration for \(span(was))"
    }
    if let was = calibration.busy, let now = run.busy, max(was, now) < 1,
      explains(row.predicted * ((1 - was) / (1 - now) - 1))
    {
      return "client and engine kept the processors busy for \(percentage(now)) of the time, in"
        + " the calibration for \(percentage(was))"
    }
    let (early, late) = (at(calibration.lag), at(run.lag))
    if explains(late - early) {
      return "the client's core did other work: p\(Int(percentile)) of the lag with which requests"
        + " were sent was \(span(late)), in the calibration \(span(early))"
    }
    if after.indices.contains(operation), after[operation].count >= 100, before[operation].count > 0
    {
      let (first, second) = (at(before[operation]), at(after[operation]))
      if first > 0, explains(row.predicted * (second / first - 1)) {
        return "the machine moved: the calibration gave \(span(first)) before the run and"
          + " \(span(second)) after it"
      }
    }
    if let (place, seconds) = calibrated(operation, row.predicted, drawn),
      explains(seconds - row.predicted)
    {
      return "the law of the model: retries make this the \(significant(place))th percentile of"
        + " single answers, for which the calibration has \(span(seconds)) and the law between"
        + " its percentiles \(span(row.predicted))"
    }
    let worth = independent(operation, percentile)
    let open = row.predicted * doubt.lowerBound...row.predicted * doubt.upperBound
    if row.isInside || open.contains(row.measured) {
      return "chance: requests of one stall are late together, so those of the calibration are"
        + " worth \(group(worth.0)) independent ones and those of the run \(group(worth.1)), and"
        + " \(group(Int(percentile)))th percentiles of so few vary as much"
    }
    let again = after.indices.contains(operation) ? ", \(span(at(after[operation]))) after" : ""
    let first = before.indices.contains(operation) ? at(before[operation]) : row.predicted
    return "not explained: a calibration of \(span(first)) before the run\(again), the lag of the"
      + " client (\(span(late)), before \(span(early))), waiting for a processor, the"
      + " hypervisor and the load account for less than half of it"
  }
}

extension Histogram {
  /// What a percentile grows by, in seconds, when a share of the requests is delayed beyond all
  /// others; below 0: when as many are no longer.
  ///
  /// Worked value: with 1 % more of them delayed, the 98th of 100 values takes the place of what
  /// was the 97.02th.
  fileprivate func change(of percentile: Double, delaying share: Double) -> Double {
    guard count > 0, abs(share) < 1 else { return 0 }
    let rank = share >= 0 ? percentile / (1 - share) : percentile * (1 + share)
    let moved = rank >= 100 ? max : value(atPercentile: rank)
    return Double(moved - value(atPercentile: percentile)) / 1e9
  }
}
