// The model's assumptions: one key per field of CapacitySettings and LatencySettings.
//
// What is absent keeps its default, which stands with its source in those types.

import Capacity
import Units
import YAML

extension ScenarioDecoder {
  /// - Parameter operations: The names of all traffic's.
  func model(_ reader: NodeReader?, operations: [String]) -> ModelSpec {
    var model = ModelSpec()
    guard let fields = reader?.object(ScenarioFormat.object("model")) else { return model }
    if let burst = fields["initial-burst"].flatMap({ initialBurst($0) }) {
      model.capacity.initialBurst = burst
    }
    func seconds(_ name: String, _ keyPath: WritableKeyPath<CapacitySettings, Double>) {
      guard let span = fields[name]?.duration() else { return }
      model.capacity[keyPath: keyPath] = span.inSeconds
    }
    func span(
      _ name: String, _ keyPath: WritableKeyPath<CapacitySettings, Nanoseconds>,
      atLeast minimum: Nanoseconds = .zero
    ) {
      guard let span = fields[name]?.duration(atLeast: minimum) else { return }
      model.capacity[keyPath: keyPath] = span
    }
    seconds("partition-burst", \.partitionBurstSeconds)
    seconds("on-demand-burst", \.onDemandBurstSeconds)
    seconds("index-buffer", \.indexBufferSeconds)
    span("token-lease", \.tokenLease, atLeast: .milliseconds(1))
    span("split-after", \.splitAfter)
    span("split-duration", \.splitDuration)
    span("on-demand-peak-after", \.onDemandPeakAfter)
    span("on-demand-sustained", \.onDemandSustained, atLeast: .seconds(1))
    span("metric-delay", \.metricDelay)
    span("update-table-duration", \.updateTableDuration)
    if let reads = fields["replica-reads"], reads.scalarTextOrNil != "off" {
      model.capacity.replicaReadUnits = reads.count(in: 1...ServiceConstants.partitionReadUnits)
    }
    model.capacity.adaptiveCapacity =
      fields["adaptive-capacity"]?.flag() ?? model.capacity.adaptiveCapacity
    if let routers = fields["admission-routers"], routers.scalarTextOrNil != "off" {
      model.capacity.admissionRouters = routers.count(in: 1...100_000)
    }
    let limit = fields["partition-limit"]?.choice([("independent", false), ("combined", true)])
    model.capacity.combinedPartitionLimit = limit ?? model.capacity.combinedPartitionLimit
    let cancelled = fields["cancelled-transactions"]?
      .choice([
        ("nothing", CancelledTransactionCharge.nothing), ("prepare", .prepare), ("full", .full),
      ])
    model.capacity.cancelledTransactions = cancelled ?? model.capacity.cancelledTransactions
    model.transactionConflicts =
      fields["transaction-conflicts"]?.flag() ?? model.transactionConflicts
    model.capacity.splitForHeat = fields["split-for-heat"]?.flag() ?? model.capacity.splitForHeat
    model.capacity.splitThreshold =
      fields["split-threshold"]?.share(in: 0.01...1) ?? model.capacity.splitThreshold
    model.capacity.splitHotKeyShare =
      fields["split-hot-key-share"]?.share(in: 0.01...1) ?? model.capacity.splitHotKeyShare
    if let latency = fields.object("latency", "latency") {
      read(latency, into: &model.latency)
      model.latency.operations = laws(latency["operations"], operations)
    }
    model.tableQuota = fields["table-quota"]?.count(in: 1...Self.mostUnits) ?? model.tableQuota
    model.accountQuota =
      fields["account-quota"]?.count(in: 1...Self.mostUnits) ?? model.accountQuota
    return model
  }

  private func initialBurst(_ reader: NodeReader) -> Double? {
    switch reader.scalarTextOrNil {
    case "full": 1
    case "empty": 0
    default: reader.share()
    }
  }

  /// A latency by its median and p99.
  func percentiles(_ fields: Fields) -> LatencySpec? {
    guard let median = fields["median"]?.duration(atLeast: Nanoseconds(1)),
      let p99 = fields["p99"]?.duration(atLeast: Nanoseconds(1))
    else { return nil }
    if p99 < median {
      fields["p99"]?.report("p99 is below the median", expected: "at least \(median)")
    }
    let p90 = fields["p90"]?.duration(atLeast: Nanoseconds(1))
    if let p90, p90 < median || p90 > p99 {
      fields["p90"]?.report(
        "p90 lies outside of median and p99", expected: "\(median) to \(p99)")
    }
    return LatencySpec(median: median, p90: p90, p99: p99)
  }

  /// Laws of single operations; reports names that no operation has.
  private func laws(_ reader: NodeReader?, _ operations: [String]) -> [String: LatencySpec] {
    var laws: [String: LatencySpec] = [:]
    for (name, range, value) in reader?.freeMap(of: "latencies") ?? [] {
      guard operations.contains(name) else {
        faults.report(
          "no operation is called '\(name)'", at: range,
          expected: NodeReader.oneOf(operations),
          suggestion: nearestName(to: name, among: operations))
        continue
      }
      guard let written = value.object(ScenarioFormat.object("percentiles")) else { continue }
      laws[name] = percentiles(written)
    }
    return laws
  }

  private func read(_ fields: Fields, into latency: inout LatencySettings) {
    let keys: [(String, WritableKeyPath<LatencySettings, LatencySpec>)] = [
      ("eventual-read", \.eventualRead), ("strong-read", \.strongRead), ("write", \.write),
      ("query", \.query), ("transaction-phase", \.transactionPhase), ("cache-hit", \.cacheHit),
      ("network", \.network), ("throttled", \.throttled),
    ]
    for (name, keyPath) in keys {
      guard let written = fields.object(name, "percentiles"), let spec = percentiles(written)
      else { continue }
      latency[keyPath: keyPath] = spec
    }
    if let slope = fields["per-kilobyte"]?.duration() { latency.perKilobyte = slope }
  }
}
