// What auto scaling did, and whether it came in time.

import Capacity
import Results
import Scenarios
import Units

enum ScalingFindings {
  static func find(_ context: FindingContext) -> [Finding] {
    let throttled = context.resources.indices.flatMap { position in
      CapacityAxis.allCases.flatMap { scaling(context, position, $0) }
    }
    return throttled + refusedDecreases(context)
  }

  /// Throttles of provisioned capacity on an axis that scales: below the policy's maximum it came
  /// too late, at the maximum it could not go on.
  private static func scaling(
    _ context: FindingContext, _ position: Int, _ axis: CapacityAxis
  ) -> [Finding] {
    let record = context.record.resources[position]
    guard let policy = context.policy(of: record, axis) else { return [] }
    let series = record.series(axis)
    let refusals = series.throttles[ThrottleCause.provisionedThroughputExceeded.rawValue]
    var late: Int64 = 0
    var atMaximum: Int64 = 0
    // A minute's limit is the one at its end: what was refused in a minute that began below the
    // maximum was refused by that.
    for (minute, (count, limit)) in zip(refusals, series.limit).enumerated() {
      let start = minute > 0 ? series.limit[minute - 1] : limit
      if min(start, limit) < Int64(policy.maximum) { late += count } else { atMaximum += count }
    }
    var found: [Finding] = []
    if late > 0 { found.append(tooLate(context, position, axis, policy)) }
    if atMaximum > 0 {
      found.append(
        Finding(
          severity: .warning,
          title: "\(context.resources[position].name): auto scaling is at its maximum of"
            + " \(group(policy.maximum)) \(axis.capacityUnit)",
          explanation:
            "\(group(atMaximum)) of the throttle events fell into minutes in which the policy could"
            + " not raise capacity any further.",
          remedies: ["Raise the policy's maximum, or reduce the demand."]))
    }
    return found
  }

  private static func tooLate(
    _ context: FindingContext, _ position: Int, _ axis: CapacityAxis, _ policy: AutoscalingPolicy
  ) -> Finding {
    let name = context.resources[position].name
    let verb = axis == .read ? "reads" : "writes"
    // An event's text names the unit of its axis.
    let actions = context.record.events.filter {
      $0.resource == name && $0.kind == .scaledOut && $0.text.contains(axis.capacityUnit)
    }
    let capacity = context.scenario.model.capacity
    let reaction = capacity.metricDelay + capacity.updateTableDuration + .minutes(2)
    let first = context.record.resources[position].series(axis).firstThrottle
    return Finding(
      severity: .warning,
      title: "\(name): auto scaling of \(verb) reacts too late for this traffic",
      explanation:
        "Scaling out needs two minutes above \(policy.targetPercent) %, the metric's delay and the"
        + " update: about \(reaction)."
        + (first.map { " The first throttle came at \($0);" } ?? "")
        + " the run saw \(counted(actions.count, "scale-out action")).",
      remedies: [
        "Raise the policy's minimum (now \(group(policy.minimum))) to what the steepest rise"
          + " needs, lower the target, or schedule a higher minimum before known peaks."
      ])
  }

  private static func refusedDecreases(_ context: FindingContext) -> [Finding] {
    let refused = context.record.events.filter { $0.kind == .scaleInRefused }
    guard let first = refused.first else { return [] }
    return [
      Finding(
        severity: .note,
        title: "Scale-in was refused \(counted(refused.count, "time")): the decreases of the day"
          + " were used up",
        explanation:
          "The first at \(first.at) on \(first.resource). A table has four decreases at the start"
          + " of"
          + " a day and gains one per hour, four at most; capacity stays higher, and is billed,"
          + " meanwhile.",
        remedies: ["Set a scale-in cooldown so that the allowance lasts through the day."])
    ]
  }
}
