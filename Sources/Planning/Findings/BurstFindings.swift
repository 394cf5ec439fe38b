// Provisioned capacity that only burst keeps from throttling: for the moment, where a run that is
// short enough looks fine, or through a peak that passed.

import Capacity
import Results
import Scenarios
import Units

enum BurstFindings {
  static func find(_ context: FindingContext) -> [Finding] {
    context.record.resources.indices.flatMap { position in
      CapacityAxis.allCases.compactMap {
        finding(context, position, $0) ?? carried(context, position, $0)
      }
    }
  }

  /// Warns when the last five minutes asked for more than the capacity in force and nothing was
  /// throttled yet.
  private static func finding(
    _ context: FindingContext, _ position: Int, _ axis: CapacityAxis
  ) -> Finding? {
    let record = context.record.resources[position]
    let series = axis == .read ? record.read : record.write
    let minutes = 5
    guard !record.isOnDemand, series.totalThrottles == 0, series.consumed.count > minutes,
      let limit = series.limit.last, limit > 0
    else { return nil }
    let whole = series.consumed.dropLast(record.endsInPartialMinute(context.record) ? 1 : 0)
    let units = Double(whole.suffix(minutes).reduce(0, +)) / 120 / Double(minutes)
    let excess = units - Double(limit)
    guard excess > 0 else { return nil }
    let unit = axis == .read ? "RCU" : "WCU"
    let lasts = Nanoseconds(
      seconds: Double(limit) * Double(ServiceConstants.burstSeconds) / excess)
    return Finding(
      severity: .warning,
      title: "\(record.name): \(axis == .read ? "reads" : "writes") run on burst capacity",
      explanation:
        "The last \(minutes) minutes used \(significant(units)) \(unit)/s of \(group(limit))"
        + " provisioned. A full burst of 300 s lasts \(lasts) at that rate; then the table"
        + " throttles, in a longer run if not in this one.",
      remedies: [
        "Provision at least \(group(Int64(units.rounded(.up)))) \(unit), or run longer to see it."
      ])
  }
}

extension BurstFindings {
  /// Says what a peak took out of the burst bucket when nothing was throttled.
  ///
  /// The bucket is replayed minute by minute in the first replication: 300 s of the capacity in
  /// force at the most, full at the start as the scenario says.
  private static func carried(
    _ context: FindingContext, _ position: Int, _ axis: CapacityAxis
  ) -> Finding? {
    let record = context.record.resources[position]
    let series = record.series(axis)
    guard !record.isOnDemand, series.totalThrottles == 0 else { return nil }
    var level = context.scenario.model.capacity.initialBurst
    var lowest = level
    var minutes: [(minute: Int, excess: Double)] = []
    let consumed = context.record.wholeMinutes(series.consumed)
    for (minute, (consumed, limit)) in zip(consumed, series.limit).enumerated() where limit > 0 {
      let use = Double(consumed) / 120 / Double(limit)
      // A minute of unused capacity is a fifth of the bucket.
      level = min(1, level + (1 - use) * 60 / Double(ServiceConstants.burstSeconds))
      lowest = min(lowest, level)
      // Less is what chance makes of a steady rate.
      if use > 1.05 { minutes.append((minute, use - 1)) }
    }
    guard let first = minutes.first, let worst = minutes.max(by: { $0.excess < $1.excess }) else {
      return nil
    }
    let verb = axis == .read ? "reads" : "writes"
    let asked = Double(series.consumed[worst.minute]) / 120
    return Finding(
      severity: .note,
      title: "\(record.name): burst capacity carries \(verb) at the peak, \(rateText(asked))"
        + " \(axis.rateUnit) with \(group(series.limit[worst.minute])) provisioned",
      explanation:
        "In \(counted(minutes.count, "minute")), the first from"
        + " \(Instant.start + .minutes(Int64(first.minute))) on, more was used than provisioned;"
        + " at least \(percentage(max(0, lowest))) of the 300 s of burst was left. The service"
        + " promises no burst: it may take it for its own work.",
      remedies: [
        "Provision \(group(Int64(asked.rounded(.up)))) \(axis.capacityUnit) before the peak, by a"
          + " scheduled minimum for instance, if it must not depend on burst."
      ])
  }
}

extension ResourceRecord {
  /// Whether the last entry of the series covers less than a minute.
  func endsInPartialMinute(_ run: RunRecord) -> Bool {
    run.duration.count % Nanoseconds.minutes(1).count != 0
  }
}
