// A simulation held against a measurement of the same scenario: predicted, measured, error.
//
// Replication 0 of the simulation draws the very requests that the load generator sends, so its
// numbers are the prediction; the other replications say how far one run may lie from another, as a
// prediction interval (mean ± t x s x sqrt(1 + 1/n)). A row is inside when it is within its
// tolerance of the prediction, or within that interval where chance has a part in it. Nothing is
// fitted here.

import Capacity
import Statistics
public import Units

/// One number that was predicted and measured.
public struct ValidationRow: Sendable {
  /// What kind of number it is; decides tolerance and spelling.
  public enum Kind: Sendable {
    case count, units, ratio, latency, time
  }

  public var subject: String
  public var quantity: String
  public var kind: Kind
  /// The prediction, and its interval when there are several replications.
  public var predicted: Double
  public var interval: ClosedRange<Double>?
  public var measured: Double
  /// What made it differ, where that is known and no fault of the prediction.
  public var because = ""
  /// Of a latency: the operation's position, and the percentile.
  var place: (operation: Int, percentile: Double)?

  public init(
    subject: String, quantity: String, kind: Kind, predicted: Double,
    interval: ClosedRange<Double>?, measured: Double
  ) {
    self.subject = subject
    self.quantity = quantity
    self.kind = kind
    self.predicted = predicted
    self.interval = interval
    self.measured = measured
  }

  /// Measured less predicted: seconds for times, else as a share of the prediction (of 1 when that
  /// is 0).
  public var error: Double {
    let difference = measured - predicted
    if kind == .time { return difference }
    return predicted == 0 ? difference : difference / abs(predicted)
  }

  /// What the error may be: 2 % of counts, units and ratios, 10 % of latencies, 2 s of times.
  public var tolerance: Double {
    switch kind {
    case .count, .units, .ratio: 0.02
    case .latency: 0.10
    case .time: 2
    }
  }

  public var isWithinTolerance: Bool { abs(error) <= tolerance }
  public var isWithinInterval: Bool { interval?.contains(measured) ?? false }
  public var isInside: Bool { isWithinTolerance || isWithinInterval }
}

/// Throttle events of one table or index and axis in every minute.
public struct ThrottleMinutes: Sendable {
  public var subject: String
  public var predicted: [Int64]
  public var measured: [Int64]
}

/// What the measured side can be held to.
public struct ValidationScope: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// How many requests there were.
  public static let requests = ValidationScope(rawValue: 1)
  /// What became of them, retries included.
  public static let outcomes = ValidationScope(rawValue: 2)
  /// Consumed units as the endpoint reports them.
  public static let units = ValidationScope(rawValue: 4)
  /// Throttles, their causes and times.
  public static let throttles = ValidationScope(rawValue: 8)
  /// Latencies.
  public static let latency = ValidationScope(rawValue: 16)
  public static let all: ValidationScope = [.requests, .outcomes, .units, .throttles, .latency]
}

/// Everything that was compared.
public struct Validation: Sendable {
  public var rows: [ValidationRow] = []
  public var minutes: [ThrottleMinutes] = []
  /// What was not compared, and why.
  public var omissions: [String] = []

  /// Whether every row is inside.
  public var holds: Bool { rows.allSatisfy(\.isInside) }

  let predictions: [RunRecord]
  let confidence: Double
  private let cached: Set<Int>

  /// - Parameters:
  ///   - predictions: the simulation's replications, number 0 first.
  ///   - measured: the same scenario, driven for real.
  ///   - cached: positions of operations that a cluster without a network answered in part: their
  ///     latency is not compared.
  /// - Precondition: at least one replication.
  public init(
    predictions: [RunRecord], measured: RunRecord, scope: ValidationScope = .all,
    confidence: Double = 0.95, cached: Set<Int> = []
  ) {
    precondition(!predictions.isEmpty, "a validation needs a prediction")
    self.predictions = predictions
    self.confidence = confidence
    self.cached = cached
    for (position, row) in measured.operations.enumerated() {
      addOperation(position, row, scope)
    }
    for (position, resource) in measured.resources.enumerated() {
      guard position < predictions[0].resources.count else { break }
      addAxis(position, \.read, resource, scope)
      addAxis(position, \.write, resource, scope)
    }
    addCache(measured)
  }

  private mutating func add(
    _ subject: String, _ quantity: String, _ kind: ValidationRow.Kind, _ measured: Double,
    _ predicted: (RunRecord) -> Double?
  ) {
    guard let first = predicted(predictions[0]) else { return }
    let values = predictions.compactMap(predicted)
    rows.append(
      ValidationRow(
        subject: subject, quantity: quantity, kind: kind, predicted: first,
        interval: interval(values), measured: measured))
  }

  /// Where another run's value lies with the confidence asked for; nil with fewer than three.
  private func interval(_ values: [Double]) -> ClosedRange<Double>? {
    guard values.count >= 3 else { return nil }
    var moments = Moments()
    for value in values { moments.add(value) }
    let t = StudentDistribution.quantile(
      (1 + confidence) / 2, degreesOfFreedom: Double(values.count - 1))
    let half = t * moments.standardDeviation * (1 + 1 / Double(values.count)).squareRoot()
    return moments.mean - half...moments.mean + half
  }

  private mutating func addOperation(
    _ position: Int, _ row: OperationRecord, _ scope: ValidationScope
  ) {
    guard position < predictions[0].operations.count, row.requests > 0 else { return }
    func of(_ quantity: @escaping (OperationRecord) -> Double?) -> (RunRecord) -> Double? {
      { quantity($0.operations[position]) }
    }
    if scope.contains(.requests) {
      add(row.name, "requests", .count, Double(row.requests), of { Double($0.requests) })
    }
    if scope.contains(.outcomes) {
      add(row.name, "succeeded", .count, Double(row.succeeded), of { Double($0.succeeded) })
      add(row.name, "failed", .count, Double(row.failed), of { Double($0.failed) })
      let attempts = Double(row.attempts) / Double(row.requests)
      add(
        row.name, "attempts per request", .ratio, attempts,
        of { $0.requests == 0 ? nil : Double($0.attempts) / Double($0.requests) })
    }
    if scope.contains(.throttles) {
      add(
        row.name, "throttled requests", .count, Double(row.throttled), of { Double($0.throttled) })
    }
    guard scope.contains(.latency), row.response.count > 0 else { return }
    if cached.contains(position) {
      omissions.append(
        "latency of \(row.name): the DAX cluster is part of the client here, without a network")
      return
    }
    for percentile in [50.0, 90, 99] where row.response.count >= Int64(1_000 / (100 - percentile)) {
      add(
        row.name, "p\(Int(percentile))", .latency,
        Double(row.response.value(atPercentile: percentile)) / 1e9,
        of {
          $0.response.count == 0
            ? nil : Double($0.response.value(atPercentile: percentile)) / 1e9
        })
      rows[rows.count - 1].place = (position, percentile)
    }
  }

  /// Names the timeouts that a fast clock made in the run or in the calibration before it: there a
  /// delay of the machine that runs both sides counts many times, and the client gives up on
  /// answers that come.
  ///
  /// - Parameter timeouts: The client's, by operation.
  public mutating func explainTimeouts(
    in measured: RunRecord, clockSpeed: Int, timeouts: [Nanoseconds]
  ) {
    guard clockSpeed > 1 else { return }
    for (position, row) in measured.operations.enumerated()
    where timeouts.indices.contains(position) {
      let difference = row.timedOut - predictions[0].operations[position].timedOut
      guard difference != 0 else { continue }
      let timeout = timeouts[position]
      for place in rows.indices where rows[place].subject == row.name && !rows[place].isInside {
        guard rows[place].kind == .count || rows[place].kind == .ratio else { continue }
        rows[place].because =
          "\(group(abs(difference))) requests \(difference > 0 ? "more" : "fewer") than predicted"
          + " met the client's timeout of \(timeout), which is"
          + " \(Nanoseconds(timeout.count / Int64(clockSpeed))) of this machine on a clock"
          + " x\(clockSpeed): the machine's delays, not the service's"
      }
    }
  }

  private mutating func addAxis(
    _ position: Int, _ axis: KeyPath<ResourceRecord, AxisSeries>, _ resource: ResourceRecord,
    _ scope: ValidationScope
  ) {
    let word = axis == \ResourceRecord.read ? "read" : "write"
    let series = resource[keyPath: axis]
    let expected = predictions[0].resources[position][keyPath: axis]
    guard series.totalConsumed.halves + expected.totalConsumed.halves > 0 else { return }
    func of(_ quantity: @escaping (AxisSeries) -> Double?) -> (RunRecord) -> Double? {
      { quantity($0.resources[position][keyPath: axis]) }
    }
    if scope.contains(.units) {
      add(
        resource.name, "\(word) units", .units, series.totalConsumed.inUnits,
        of { $0.totalConsumed.inUnits })
    }
    guard scope.contains(.throttles) else { return }
    for cause in ThrottleCause.allCases where series.total(cause) + expected.total(cause) > 0 {
      add(
        resource.name, "\(word) throttles, \(Self.words(cause))", .count,
        Double(series.total(cause)), of { Double($0.total(cause)) })
    }
    guard series.totalThrottles + expected.totalThrottles > 0 else { return }
    minutes.append(
      ThrottleMinutes(
        subject: "\(resource.name) \(word)", predicted: Self.perMinute(expected),
        measured: Self.perMinute(series)))
    if let first = series.firstThrottle {
      add(
        resource.name, "first \(word) throttle", .time, first.inSeconds,
        of { $0.firstThrottle?.inSeconds })
    }
    addExhaustion(resource, word, series, expected)
  }

  /// The end of the burst: the first refusal for want of provisioned throughput.
  private mutating func addExhaustion(
    _ resource: ResourceRecord, _ word: String, _ series: AxisSeries, _ expected: AxisSeries
  ) {
    guard !resource.isOnDemand, expected.total(.provisionedThroughputExceeded) > 0,
      expected.total(.provisionedThroughputExceeded) == expected.totalThrottles,
      let predicted = expected.firstThrottle, let measured = series.firstThrottle
    else { return }
    rows.append(
      ValidationRow(
        subject: resource.name, quantity: "\(word) burst exhausted", kind: .time,
        predicted: predicted.inSeconds, interval: nil, measured: measured.inSeconds))
  }

  private mutating func addCache(_ measured: RunRecord) {
    guard predictions[0].cache != nil else { return }
    guard let cache = measured.cache else {
      omissions.append(
        "cache hit ratio: the requests went to the tables and not through a DAX cluster")
      return
    }
    let ratios: [(String, (CacheRecord) -> Double)] = [
      ("hit ratio", \.hitRatio), ("item cache hit ratio", \.itemHitRatio),
      ("query cache hit ratio", \.queryHitRatio),
    ]
    for (name, ratio) in ratios {
      add("DAX", name, .ratio, ratio(cache)) { $0.cache.map(ratio) }
    }
    add("DAX", "throttled by nodes", .count, Double(cache.throttledRequests)) {
      $0.cache.map { Double($0.throttledRequests) }
    }
  }

  private static func perMinute(_ series: AxisSeries) -> [Int64] {
    let length = series.throttles.map(\.count).max() ?? 0
    return (0..<length).map { minute in
      series.throttles.reduce(0) { $0 + ($1.indices.contains(minute) ? $1[minute] : 0) }
    }
  }

  private static func words(_ cause: ThrottleCause) -> String {
    switch cause {
    case .provisionedThroughputExceeded: "provisioned throughput exceeded"
    case .keyRangeThroughputExceeded: "key range throughput exceeded"
    case .maxOnDemandThroughputExceeded: "on-demand maximum exceeded"
    case .accountLimitExceeded: "account limit exceeded"
    }
  }
}
