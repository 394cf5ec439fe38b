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
    let count = context.text(events)
    text += " \(count) \(count == "1" ? "event" : "events"), \(reason.apiName)."
    text += timing()
    return Finding(
      severity: .problem, title: title(), explanation: text, remedies: remedies(), isCause: true)
  }

  // MARK: Numbers

  /// Half-units asked for in each whole minute, of every replication.
  private var demands: [[Int64]] { context.demands(position, axis) }

  /// Units/s of the busiest minute.
  private var peak: Double { Double(demands.joined().max() ?? 0) / 120 }

  /// The minute with refusals whose demand exceeds its limit most, in units/s: of all replications,
  /// or of the first few.
  private func worstMinute(
    of replications: Int = .max
  ) -> (minute: Int, demand: Double, limit: Double)? {
    var worst: (minute: Int, demand: Double, limit: Double)?
    let series = context.series(position, axis).prefix(replications)
    for (demand, series) in zip(demands, series) {
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

  /// Where, when first, and what was asked for against what: the headline of a plan. Times are the
  /// first replication's, as in every table and chart, if it throttles at all.
  private func title() -> String {
    let all = context.series(position, axis)
    let times = all.compactMap { $0.firstThrottle(by: cause) }
    let first = all.first?.firstThrottle(by: cause) ?? times.min()
    return "\(summary.name) throttles \(axis == .read ? "reads" : "writes")"
      + (first.map { ", first at \($0)" } ?? "") + ": \(against())"
  }

  private func against() -> String {
    let unit = axis.rateUnit
    switch cause {
    case .provisionedThroughputExceeded:
      let own = worstMinute(of: 1).flatMap { $0.demand - $0.limit >= 0.005 ? $0 : nil }
      guard let worst = own ?? worstMinute(), worst.demand - worst.limit >= 0.005 else {
        return "single seconds ask for more than is provisioned"
      }
      return "\(rateText(worst.demand)) \(unit) asked for, \(rateText(worst.limit)) provisioned,"
        + " burst spent"
    case .keyRangeThroughputExceeded where summary.isOnDemand && peak > row.limitAtStart:
      return "\(rateText(peak)) \(unit) asked for, \(rateText(row.limitAtStart)) served at once"
    case .keyRangeThroughputExceeded:
      let hot = context.hotKey(position, axis).map { ", most of it for key \($0.key.key)" } ?? ""
      let part =
        context.scenario.model.capacity.adaptiveCapacity ? ceiling : "its even part of the capacity"
      return "\(partitions.sentence) asked for more than \(part)\(hot)"
    case .accountLimitExceeded:
      return "\(rateText(peak)) \(unit) asked for, the quota is"
        + " \(group(context.scenario.model.tableQuota))"
    case .maxOnDemandThroughputExceeded:
      return "\(rateText(peak)) \(unit) asked for, the configured maximum is"
        + " \(rateText(row.limitAtEnd.value))"
    }
  }

  /// Partitions of the start and those of them with at least a hundredth of the refusals, in the
  /// first replication.
  private var partitions: (all: Int, refusing: Int, sentence: String) {
    let all = context.record.resources[position].partitions.filter { $0.createdAt == nil }
    let total = all.reduce(0) { $0 + $1.throttles }
    let refusing = all.count { $0.throttles > 0 && $0.throttles * 100 >= total }
    let sentence =
      switch refusing {
      case 0: "a partition is"
      case 1: all.count == 1 ? "its one partition is" : "one of its \(all.count) partitions is"
      case all.count: "all of its \(all.count) partitions are"
      default: "\(refusing) of its \(all.count) partitions are"
      }
    return (all.count, refusing, sentence)
  }

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
      let whole =
        " while the \(noun) as a whole uses \(percentage(row.utilisation.value)) of its"
        + " capacity."
      let (all, refusing, _) = partitions
      if refusing > 1 {
        return "\(group(refusing)) of its \(group(all)) partitions reach their ceiling of"
          + " \(ceiling)\(mixed)\(whole)"
      }
      return "One partition reaches its ceiling of \(ceiling)\(mixed)\(whole)\(place())"
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
    guard let worst = worstMinute(), worst.demand - worst.limit >= 0.005 else {
      return
        "No minute asks for more than is provisioned (at most \(rateText(peak)) \(axis.rateUnit)),"
        + " but single seconds do, and no burst capacity was left to carry them."
    }
    return
      "The minute from \(Instant.start + .minutes(Int64(worst.minute))) on asks for"
      + " \(rateText(worst.demand)) \(axis.rateUnit) with \(rateText(worst.limit)) provisioned:"
      + " \(rateText(worst.demand - worst.limit)) short once the 300 s of burst capacity are spent"
      + (context.summary.records.count > 1 ? ", the worst of all replications." : ".")
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
    let which = all.count > 1 ? " in the earliest replication" : ""
    return
      (isAlone ? " First at" : " All causes together: first at")
      + " \(first)\(which), in \(context.text(row.throttledSeconds)) s of the run, longest stretch"
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
    var list: [String] = []
    if let (hottest, ways) = context.hotKey(position, axis) {
      list.append(
        "Shard the hot partition key \(hottest.key) (\(percentage(hottest.share)) of the units)"
          + " over \(ways) suffixes at least, and more for the chance that two of them meet in one"
          + " partition; no capacity setting lifts the ceiling of one partition.")
      if axis == .read, context.scenario.cache == nil {
        list.append(
          "Put DAX in front of the table: hits of eventually consistent reads do not reach the"
            + " partition.")
      }
    }
    if record.isOnDemand, peak > row.limitAtStart {
      list.append(
        "Pre-warm the \(noun): set warm-throughput to at least \(group(Int(peak.rounded(.up))))"
          + " \(axis.rateUnit) before the traffic comes. The service charges for that once; its"
          + " price is in no public list.")
    }
    let (all, refusing, _) = partitions
    if list.isEmpty, !record.isOnDemand, all > 0, refusing == all {
      list.append(
        "Provision for the whole peak of \(rateText(peak)) \(axis.rateUnit): a \(noun) has at least"
          + " one partition for every \(ceiling) provisioned, and burst cannot pass what its"
          + " partitions serve.")
    }
    if list.isEmpty {
      list.append("Spread the traffic over more partition-key values.")
    }
    return list
  }
}
