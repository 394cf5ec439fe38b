// Latency of an endpoint in the terms of the scenario's model, measured and not fitted to the run
// that it then predicts.
//
// Response times of a run that nothing refused become medians, 90th and 99th percentiles of laws in
// `model.latency`: one for each operation, since an UpdateItem reads before it writes and a page
// takes longer than an item, and one for each kind of operation, for other scenarios and for
// operations that are too rare. They hold everything between the due instant and the answer, so the
// network's own share is set to nothing. Behind a DAX cluster it is the attempts that reached the
// tables. Refusals are not seen in such a run: they are given the latency of writes, or of reads
// where there are none.

import Capacity
public import Results
public import Scenarios
public import Statistics
import Units

/// The measured latencies.
public struct LatencyCalibration: Sendable {
  public let settings: LatencySettings
  /// What was measured of each operation, in the order of the scenario's.
  public let operations: [Histogram]
  /// How `operations` went along the run; nil behind a cluster.
  public let intervals: IntervalSeries?
  /// Requests that were measured.
  public var samples: Int64 { operations.reduce(0) { $0 + $1.count } }

  /// Fewer requests do not make a law.
  private static let fewest: Int64 = 100

  /// From the operations of a run, which are in the order of the scenario's.
  public init(_ scenario: Scenario, _ record: RunRecord) {
    var settings = LatencySettings()
    // A law of no width: what it adds is what was rounded up.
    settings.network = LatencySpec(median: Nanoseconds(1), p99: Nanoseconds(1))
    settings.perKilobyte = .zero
    let specs = scenario.traffic.flatMap(\.operations)
    let measured = record.operations.map { scenario.cache == nil ? $0.response : $0.attempt }
    func law(_ belongs: (OperationSpec) -> Bool) -> LatencySpec? {
      var all = Histogram()
      for (spec, histogram) in zip(specs, measured) where belongs(spec) { all.merge(histogram) }
      guard all.count >= Self.fewest else { return nil }
      return LatencySpec(
        median: Nanoseconds(all.value(atPercentile: 50)),
        p90: Nanoseconds(all.value(atPercentile: 90)),
        p99: Nanoseconds(all.value(atPercentile: 99)))
    }
    let isRead = { (spec: OperationSpec) in spec.kind == .get || spec.kind == .batchGet }
    if let eventual = law({ isRead($0) && $0.consistency == .eventual }) {
      settings.eventualRead = eventual
    }
    if let strong = law({ isRead($0) && $0.consistency == .strong }) {
      settings.strongRead = strong
    }
    if let query = law({ $0.kind == .query || $0.kind == .scan }) { settings.query = query }
    let write = law {
      [.put, .update, .delete, .batchWrite].contains($0.kind)
    }
    if let write { settings.write = write }
    if let whole = law({ $0.kind == .transactGet || $0.kind == .transactWrite }) {
      // Two phases of half the time each.
      settings.transactionPhase = LatencySpec(
        median: Nanoseconds(whole.median.count / 2), p99: Nanoseconds(whole.p99.count / 2))
    }
    settings.throttled = write ?? law { _ in true } ?? settings.throttled
    for spec in specs {
      settings.operations[spec.name] = law { $0.name == spec.name }
    }
    self.settings = settings
    operations = measured
    intervals = scenario.cache == nil ? record.intervals : nil
  }

  /// The fragment that a scenario file takes.
  public var fragment: String {
    func law(_ spec: LatencySpec) -> String {
      let p90 = spec.p90.map { ", p90: \($0.count / 1_000)us" } ?? ""
      return "{median: \(spec.median.count / 1_000)us\(p90), p99: \(spec.p99.count / 1_000)us}"
    }
    func key(_ name: String) -> String {
      if name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" }) { return name }
      let parts = name.split(separator: "'", omittingEmptySubsequences: false)
      return "'" + parts.joined(separator: "''") + "'"
    }
    let own = settings.operations.sorted { $0.key < $1.key }
    return """
      # Measured latencies of an endpoint, for a scenario's model section.
      model:
        latency:
          eventual-read: \(law(settings.eventualRead))
          strong-read: \(law(settings.strongRead))
          write: \(law(settings.write))
          query: \(law(settings.query))
          transaction-phase: \(law(settings.transactionPhase))
          throttled: \(law(settings.throttled))
          network: {median: 1us, p99: 1us}
          per-kilobyte: 0us

      """ + (own.isEmpty ? "" : "    operations:\n")
        + own.map { "      \(key($0.key)): \(law($0.value))\n" }.joined()
  }
}
