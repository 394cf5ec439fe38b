// A scenario in words: the facts that stand at the head of a report, and the assumptions at its
// end.

import Caching
import Capacity
import Clients
import DataModel
import Results
import Scenarios
import Units
import Workloads

/// Describes a scenario as label and value rows.
struct ScenarioDescription {
  private let scenario: Scenario

  init(_ scenario: Scenario) { self.scenario = scenario }

  /// Tables, traffic, clients, cache.
  var rows: [FactRow] {
    var rows: [FactRow] = []
    for table in scenario.tables {
      rows.append(FactRow("Table \(table.name)", describe(table)))
      for index in table.globalIndexes {
        rows.append(FactRow("GSI \(table.name)/\(index.name)", describe(index)))
      }
      for index in table.localIndexes {
        rows.append(FactRow("LSI \(table.name)/\(index.name)", describe(index)))
      }
    }
    for traffic in scenario.traffic {
      rows.append(FactRow("Traffic \(traffic.name)", describe(traffic)))
    }
    if let cache = scenario.cache {
      rows.append(
        FactRow(
          "DAX",
          "\(cache.settings.nodes) × \(cache.settings.nodeType), item TTL"
            + " \(cache.settings.itemTimeToLive), query TTL \(cache.settings.queryTimeToLive)"))
    }
    return rows
  }

  private func describe(_ table: TableSpec) -> String {
    var parts = [Self.mode(table.mode)]
    parts.append("\(group(table.itemCount)) items, \(Self.size(table.itemSize))")
    if table.key.sort != nil {
      parts.append("\(group(table.partitionKeyCount)) partition-key values")
    }
    if table.tableClass != .standard { parts.append(table.tableClass.rawValue) }
    if let stream = table.stream { parts.append("stream \(stream.viewType)") }
    if let expiry = table.timeToLive { parts.append("TTL \(expiry.after)") }
    if table.pointInTimeRecovery { parts.append("PITR") }
    if let encryption = table.encryption {
      parts.append("key \(encryption.key ?? "alias/aws/dynamodb")")
    }
    if !table.replicas.isEmpty {
      parts.append("replicas in " + table.replicas.joined(separator: ", "))
    }
    return parts.joined(separator: "; ")
  }

  private func describe(_ index: IndexSpec) -> String {
    var parts = [index.projection.apiName]
    if let mode = index.mode { parts.append(Self.mode(mode)) }
    parts.append("\(group(index.partitionKeyCount)) partition-key values")
    if index.share < 1 { parts.append("\(percentage(index.share)) of the items") }
    return parts.joined(separator: "; ")
  }

  private func describe(_ traffic: TrafficSpec) -> String {
    var parts: [String] = []
    switch traffic.demand {
    case .open(let arrivals, let rate):
      let profile = RateProfile(rate)
      let process =
        switch arrivals {
        case .constant: "evenly spaced"
        case .poisson: "Poisson"
        case .onOff(let on, let off): "bursts of \(on) every \(on + off)"
        }
      parts.append(
        "\(process), \(significant(profile.mean)) requests/s on average,"
          + " \(significant(profile.peak * arrivals.peakFactor)) at the peak,"
          + " over \(profile.duration)"
      )
    case .closed(let users, let think, _):
      parts.append("closed loop of \(group(users)) users thinking \(think)")
    }
    let total = traffic.operations.reduce(0) { $0 + $1.weight }
    parts.append(
      traffic.operations.map { "\(percentage($0.weight / total)) \($0.name)" }
        .joined(separator: ", "))
    if let region = traffic.region { parts.append("asks \(region)") }
    if let network = traffic.network { parts.append("network \(Self.spread(network))") }
    parts.append("retries \(traffic.client.retries.mode.rawValue)")
    return parts.joined(separator: "; ")
  }

  static func mode(_ mode: CapacityMode) -> String {
    switch mode {
    case .onDemand(let read, let write):
      var text = mode.apiName
      if let read { text += ", at most \(group(read)) RRU/s" }
      if let write { text += ", at most \(group(write)) WRU/s" }
      return text
    case .provisioned(let read, let write):
      return "\(mode.apiName) \(capacity(read, "RCU")), \(capacity(write, "WCU"))"
    }
  }

  private static func capacity(_ capacity: ProvisionedCapacity, _ unit: String) -> String {
    guard let policy = capacity.autoscaling else { return "\(group(capacity.units)) \(unit)" }
    return
      "\(group(policy.minimum))–\(group(policy.maximum)) \(unit) at \(policy.targetPercent) %"
  }

  static func size(_ size: SizeDistribution) -> String {
    switch size {
    case .constant(let bytes): "\(ByteCount(Int64(bytes))) each"
    case .uniform(let low, let high): "\(ByteCount(Int64(low))) to \(ByteCount(Int64(high)))"
    case .lognormal(let median, let percentile, let value):
      "median \(ByteCount(Int64(median))), p\(trimmed(percentile * 100, 1))"
        + " \(ByteCount(Int64(value)))"
    case .weighted(let sizes): "\(sizes.count) sizes"
    case .histogram(let buckets): "a histogram of \(buckets.count) ranges"
    }
  }

  private static func charge(_ charge: CancelledTransactionCharge) -> String {
    switch charge {
    case .nothing: "consumes nothing"
    case .prepare: "consumes its prepare phase, write units once"
    case .full: "consumes write units twice"
    }
  }

  private static func spread(_ spec: LatencySpec) -> String {
    "median \(spec.median)\(spec.p90.map { ", p90 \($0)" } ?? ""), p99 \(spec.p99)"
  }

  /// Settings that are off unless the scenario says otherwise.
  private var options: [FactRow] {
    let capacity = scenario.model.capacity
    var rows: [FactRow] = []
    if let units = capacity.replicaReadUnits {
      rows.append(
        FactRow("Eventually consistent reads", "from three replicas, \(group(units)) units/s each"))
    }
    if !capacity.adaptiveCapacity {
      rows.append(FactRow("Provisioned throughput", "divided evenly over the partitions"))
    }
    if let routers = capacity.admissionRouters {
      rows.append(
        FactRow(
          "Request routers", "\(group(routers)), whose tokens are good for \(capacity.tokenLease)"))
    }
    if !scenario.model.transactionConflicts {
      rows.append(FactRow("Transactions", "never conflict"))
    }
    return rows
  }

  /// Settings that the service does not publish, with the values of this run.
  var assumptions: [FactRow] {
    let capacity = scenario.model.capacity
    let latency = scenario.model.latency
    let spread = Self.spread
    return options + [
      FactRow("Burst in the bucket at the start", percentage(capacity.initialBurst)),
      FactRow("Depth of a partition's bucket", "\(trimmed(capacity.partitionBurstSeconds, 1)) s"),
      FactRow("Depth of an on-demand bucket", "\(trimmed(capacity.onDemandBurstSeconds, 1)) s"),
      FactRow(
        "Split for heat",
        capacity.splitForHeat
          ? "after \(capacity.splitAfter) above \(percentage(capacity.splitThreshold)) of a"
            + " ceiling, takes \(capacity.splitDuration)" : "off"),
      FactRow(
        "On-demand peak",
        "a level held \(capacity.onDemandSustained) counts after \(capacity.onDemandPeakAfter)"),
      FactRow(
        "Auto scaling",
        "metric delay \(capacity.metricDelay), update \(capacity.updateTableDuration)"),
      FactRow(
        "Index back-pressure",
        capacity.indexBufferSeconds == 0
          ? "at once" : "behind \(trimmed(capacity.indexBufferSeconds, 1)) s of buffered writes"),
      FactRow("Cancelled transaction", Self.charge(capacity.cancelledTransactions)),
      FactRow("Service time, eventual read", spread(latency.eventualRead)),
      FactRow("Service time, strong read", spread(latency.strongRead)),
      FactRow("Service time, write", spread(latency.write)),
      FactRow("Service time, query", spread(latency.query)),
      FactRow("Service time, transaction phase", spread(latency.transactionPhase)),
      FactRow("Network round trip", spread(latency.network)),
      FactRow("Per KB of item data", "\(latency.perKilobyte)"),
    ]
  }
}
