// Provisioned capacity that only burst keeps from throttling: a run that is short enough looks
// fine.

import Capacity
import Results
import Units

enum BurstFindings {
  static func find(_ context: FindingContext) -> [Finding] {
    context.record.resources.indices.flatMap { position in
      CapacityAxis.allCases.compactMap { finding(context, position, $0) }
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

extension ResourceRecord {
  /// Whether the last entry of the series covers less than a minute.
  func endsInPartialMinute(_ run: RunRecord) -> Bool {
    run.duration.count % Nanoseconds.minutes(1).count != 0
  }
}
