// What each operation did in each of a run's equal intervals.
//
// Comparisons, sliding windows and the effective number of samples need to know how a run went, not
// only how it ended. A driver keeps its running totals and closes an interval with them; what lies
// between two closings is the interval. Histograms are kept encoded, some hundred bytes each.

public import Statistics
public import Units

/// One operation in one interval.
public struct OperationInterval: Sendable {
  public var requests: Int64 = 0
  public var succeeded: Int64 = 0
  public var failed: Int64 = 0
  public var throttled: Int64 = 0
  public var timedOut: Int64 = 0
  public var attempts: Int64 = 0
  /// Exact sum of the response latencies in ns, and how many there were.
  public var responseSum: Double = 0
  public var responses: Int64 = 0
  /// The response latencies, encoded.
  var payload: [UInt8] = []

  public init() {}

  /// The response latencies in ns.
  public var response: Histogram {
    payload.isEmpty ? Histogram() : Histogram(encodedPayload: payload) ?? Histogram()
  }

  /// Mean response in ns; nil without responses.
  public var responseMean: Double? { responses == 0 ? nil : responseSum / Double(responses) }
}

/// A run's intervals, from the end of the warm-up on; a last one that the run did not fill is left
/// out.
public struct IntervalSeries: Sendable {
  /// Start of the first interval, from the start of the run.
  public private(set) var start: Nanoseconds
  public let length: Nanoseconds
  /// By operation in the order of `RunRecord.operations`, then by interval.
  public private(set) var operations: [[OperationInterval]] = []
  /// Totals at the last closing, response latencies in memory of their own.
  private var former: [OperationRecord] = []

  public init(start: Nanoseconds = .zero, length: Nanoseconds = .seconds(1)) {
    precondition(length > .zero, "an interval needs a length")
    self.start = start
    self.length = length
  }

  /// Complete intervals.
  public var count: Int { operations.first?.count ?? 0 }

  /// When the interval in progress ends.
  public var nextEnd: Nanoseconds { start + length * Int64(count + 1) }

  /// Closes the interval in progress with the operations' totals since the end of the warm-up.
  public mutating func close(_ totals: [OperationRecord]) {
    if operations.isEmpty { operations = Array(repeating: [], count: totals.count) }
    precondition(operations.count == totals.count, "a run has the same operations all along")
    if former.isEmpty {
      former = Array(
        repeating: OperationRecord(traffic: "", name: "", kind: ""), count: totals.count)
    }
    for (position, now) in totals.enumerated() {
      var row = OperationInterval()
      row.requests = now.requests - former[position].requests
      row.succeeded = now.succeeded - former[position].succeeded
      row.failed = now.failed - former[position].failed
      row.throttled = now.throttled - former[position].throttled
      row.timedOut = now.timedOut - former[position].timedOut
      row.attempts = now.attempts - former[position].attempts
      let recent = now.response.since(former[position].response)
      row.responses = recent.count
      row.responseSum = recent.total
      if recent.count > 0 { row.payload = recent.encodedPayload }
      operations[position].append(row)
      former[position].become(now)
    }
  }

  /// Frees what only `close` needs.
  public mutating func finish() { former = [] }

  /// The length that cuts a measured time into about 120 intervals, or each of `windows` into three
  /// or more; whole seconds of the usual steps.
  ///
  /// Worked values: 30 min give 15 s, 10 min 5 s, two weeks 2 h; with a window of 30 s, 10 s.
  public static func length(measured: Nanoseconds, windows: [Nanoseconds] = []) -> Nanoseconds {
    let steps: [Int64] = [
      1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
      86_400,
    ]
    var wanted = Double(measured.count) / 120
    for window in windows { wanted = min(wanted, Double(window.count) / 3) }
    let fitting = steps.last { Double($0) * 1e9 <= max(1e9, wanted * 1.0000001) }
    return .seconds(fitting ?? 1)
  }
}
