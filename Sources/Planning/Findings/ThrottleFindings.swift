// Where requests were refused: one finding per resource, axis and cause.
//
// What is asked for and how much is missing is taken from the worst minute of any replication, so
// that a remedy covers all of them.

import Capacity
import Results
import Scenarios
import Statistics
import Units

enum ThrottleFindings {
  /// Most events first: the first finding is the plan's headline.
  static func find(_ context: FindingContext) -> [Finding] {
    let all = context.resources.indices.flatMap { position in
      CapacityAxis.allCases.flatMap { axis in
        ThrottleCause.allCases.map { cause in
          Throttling(context: context, position: position, axis: axis, cause: cause)
        }
      }
    }
    return all.enumerated().sorted {
      ($1.element.events.value, $0.offset) < ($0.element.events.value, $1.offset)
    }.compactMap { $0.element.finding() }
  }
}

/// The refusals of one table or index on one axis for one cause.
private struct Throttling {
  let context: FindingContext
  let position: Int
  let axis: CapacityAxis
  let cause: ThrottleCause

  private var summary: ResourceSummary { context.resources[position] }
  private var row: AxisSummary { axis == .read ? summary.read : summary.write }
  private var noun: String { summary.isIndex ? "index" : "table" }
  private var ceiling: String { "\(group(axis.partitionCeiling)) \(axis.rateUnit)" }

  var events: Estimate { row.throttlesByCause[cause.rawValue] }

  func finding() -> Finding? {
    guard events.value > 0 else { return nil }
    let reason = ThrottlingReason(isIndex: summary.isIndex, axis: axis, cause: cause)
    var text = explanation()
    if summary.isIndex, axis == .write {
      text +=
        " Each of these refusals throttled the write to the base table: an index without capacity"
        + " pushes back on its table."
    }
    text += timing()
    let count = context.text(events)
    return Finding(
      severity: .problem,
      title: "\(summary.name) throttles \(axis == .read ? "reads" : "writes"):"
        + " \(count) \(count == "1" ? "event" : "events"), \(reason.apiName)",
      explanation: text, remedies: remedies())
  }

  // MARK: Numbers

  /// Half-units asked for in each whole minute, of every replication.
  private var demands: [[Int64]] { context.demands(position, axis) }

  /// Units/s of the busiest minute.
  private var peak: Double { Double(demands.joined().max() ?? 0) / 120 }

  /// The minute with refusals whose demand exceeds its limit most, in units/s.
  private var worstMinute: (minute: Int, demand: Double, limit: Double)? {
    var worst: (minute: Int, demand: Double, limit: Double)?
    for (demand, series) in zip(demands, context.series(position, axis)) {
      for (minute, (asked, limit)) in zip(demand, series.limit).enumerated() {
        let asked = Double(asked) / 120
        let refusals = series.throttles[cause.rawValue]
        guard !refusals.indices.contains(minute) || refusals[minute] > 0 else { continue }
        if let worst, asked - Double(limit) <= worst.demand - worst.limit { continue }
        worst = (minute, asked, Double(limit))
      }
    }
    return worst
  }

  // MARK: Sentences

  private func explanation() -> String {
    switch cause {
    case .provisionedThroughputExceeded: return shortage()
    case .keyRangeThroughputExceeded where summary.isOnDemand:
      return
        "Demand reaches \(rateText(peak)) \(axis.rateUnit) in its busiest minute; the on-demand"
        + " limit is \(rateText(row.limitAtStart)) at the start and"
        + " \(rateText(row.limitAtEnd.value)) at the end, and one partition serves at most"
        + " \(ceiling)."
    case .keyRangeThroughputExceeded where !context.scenario.model.capacity.adaptiveCapacity:
      let count = context.record.resources[position].partitions.count
      return
        "Throughput is divided evenly over \(counted(count, "partition")): each has"
        + " \(rateText(row.limitAtEnd.value / Double(count))) of the"
        + " \(rateText(row.limitAtEnd.value)) \(axis.rateUnit), and the \(noun) as a whole uses"
        + " \(percentage(row.utilisation.value)) of them."
    case .keyRangeThroughputExceeded:
      let mixed =
        context.scenario.model.capacity.combinedPartitionLimit
        ? ", which reads and writes share here," : ""
      return
        "One partition reaches its ceiling of \(ceiling)\(mixed) while the \(noun) as a whole uses"
        + " \(percentage(row.utilisation.value)) of its capacity.\(place())"
    case .accountLimitExceeded:
      return above(
        "the quota of \(group(context.scenario.model.tableQuota)) per table and index",
        Double(context.scenario.model.tableQuota))
    case .maxOnDemandThroughputExceeded:
      return above(
        "the configured maximum on-demand throughput of \(rateText(row.limitAtEnd.value))",
        row.limitAtEnd.value)
    }
  }

  /// Which partition refused most, by its place in the hash range, in the first replication.
  private func place() -> String {
    let partitions = context.record.resources[position].partitions
    let all = partitions.reduce(0) { $0 + $1.throttles }
    guard let worst = partitions.max(by: { $0.throttles < $1.throttles }), worst.throttles > 0
    else { return "" }
    let part = percentage(Double(worst.throttles) / Double(all))
    return " It owns \(percentage(worst.rangeStart)) to \(percentage(worst.rangeEnd)) of the hash"
      + " range and made \(part) of the partitions' refusals."
  }

  private func shortage() -> String {
    guard let worst = worstMinute, worst.demand - worst.limit >= 0.005 else {
      return
        "No minute asks for more than is provisioned (at most \(rateText(peak)) \(axis.rateUnit)),"
        + " but single seconds do, and no burst capacity was left to carry them."
    }
    return
      "The minute from \(Instant.start + .minutes(Int64(worst.minute))) on asks for"
      + " \(rateText(worst.demand)) \(axis.rateUnit) with \(rateText(worst.limit)) provisioned:"
      + " \(rateText(worst.demand - worst.limit)) short once the 300 s of burst capacity are spent."
  }

  private func above(_ limit: String, _ bound: Double) -> String {
    peak > bound
      ? "Demand reaches \(rateText(peak)) \(axis.rateUnit), above \(limit)."
      : "Single seconds go above \(limit); the busiest minute asks for \(rateText(peak))"
        + " \(axis.rateUnit)."
  }

  private func timing() -> String {
    let all = context.series(position, axis)
    guard let first = all.compactMap(\.firstThrottle).min() else { return "" }
    let longest = all.map(\.longestThrottledStretch).max() ?? 0
    // Seconds are counted for the axis, not for each cause.
    let isAlone = row.throttlesByCause.filter { $0.value > 0 }.count == 1
    return
      (isAlone ? " First at" : " All causes together: first at")
      + " \(first), in \(context.text(row.throttledSeconds)) s of the run, longest stretch"
      + " \(Nanoseconds.seconds(longest))."
  }

  // MARK: Remedies

  private func remedies() -> [String] {
    switch cause {
    case .provisionedThroughputExceeded: return capacityRemedies()
    case .keyRangeThroughputExceeded: return keyRangeRemedies()
    case .accountLimitExceeded:
      return ["Ask for a higher per-table quota, or spread the traffic over several tables."]
    case .maxOnDemandThroughputExceeded:
      return ["Raise maximum-throughput, or accept the refusals as the price of a cost ceiling."]
    }
  }

  private func capacityRemedies() -> [String] {
    let (least, noBurst) = context.neededCapacity(position, axis)
    let policy = context.policy(of: context.record.resources[position], axis)
    var list = [setting(least: least, noBurst: noBurst, policy: policy)]
    if summary.isIndex {
      list.append("Project less into the index, or make it sparse, so that fewer writes reach it.")
      if axis == .read { list.removeLast() }
    } else if policy != nil {
      list.append(
        "Switch the table to PAY_PER_REQUEST if the demand changes faster than auto scaling"
          + " follows.")
    } else {
      list.append(
        "Switch the table to PAY_PER_REQUEST, or let auto scaling follow the demand if it changes"
          + " slowly.")
    }
    return list
  }

  private func setting(least: Int, noBurst: Int, policy: AutoscalingPolicy?) -> String {
    let unit = axis.capacityUnit
    let key = (axis == .read ? "read-capacity" : "write-capacity") + " of \(summary.name)"
    if let policy {
      return
        "Raise the minimum of \(key) (now \(group(policy.minimum)) \(unit)):"
        + " \(group(least)) \(unit)"
        + " throughout would carry this demand, burst capacity included, if it is even within each"
        + " minute."
    }
    if context.isElastic(context.record.resources[position].table),
      noBurst > Int(row.limitAtStart)
    {
      return
        "Set \(key) to at least \(group(noBurst)) \(unit), the demand of its busiest minute, and"
        + " plan again: clients that wait for answers ask for more when they are throttled less."
    }
    if least <= Int(row.limitAtStart) {
      return
        "Raise \(key) above the present \(rateText(row.limitAtStart)) \(unit): its minutes fit, the"
        + " seconds within them do not."
    }
    if least >= noBurst {
      return "Set \(key) to at least \(group(noBurst)) \(unit), so that no minute needs burst."
    }
    return
      "Set \(key) to at least \(group(least)) \(unit) (burst capacity then carries the peaks, if"
      + " demand is even within each minute), or to \(group(noBurst)) so that no minute needs"
      + " burst."
  }

  private func keyRangeRemedies() -> [String] {
    let record = context.record.resources[position]
    let ceiling = Double(axis.partitionCeiling)
    var list: [String] = []
    if let hottest = record.hotKeys.first, hottest.share * peak > ceiling * 0.5 {
      let shards = max(2, Int((hottest.share * peak / (ceiling * 0.7)).rounded(.up)))
      list.append(
        "Shard the hot partition key \(hottest.key) (\(percentage(hottest.share)) of the units)"
          + " over \(shards) suffixes, or more if other hot keys share their partitions; no"
          + " capacity setting lifts the ceiling of one partition.")
      if axis == .read, context.scenario.cache == nil {
        list.append(
          "Put DAX in front of the table: hits of eventually consistent reads do not reach the"
            + " partition.")
      }
    }
    if record.isOnDemand, peak > row.limitAtStart {
      list.append(
        "Pre-warm the \(noun): set warm-throughput to at least \(group(Int(peak.rounded(.up))))"
          + " \(axis.rateUnit) before the traffic comes.")
    }
    if list.isEmpty {
      list.append("Spread the traffic over more partition-key values.")
    }
    return list
  }
}
