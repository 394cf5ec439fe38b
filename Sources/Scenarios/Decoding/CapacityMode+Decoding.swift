// Billing mode and capacity of a table or GSI.
//
// PROVISIONED needs both capacities, PAY_PER_REQUEST refuses them; a capacity is a number of units
// or an auto scaling policy (target 20 to 90 %, capacity.md 5). A policy's `start` is within its
// bounds, since the service moves it there at once.

import Capacity
import Units
import YAML

extension NodeReader {
  /// The text of a scalar without a report.
  var scalarTextOrNil: String? { node.scalar?.text }
}

extension ScenarioDecoder {
  static let mostUnits = 100_000_000

  /// The mode of a table, or of a GSI by its table's `billingMode`.
  func mode(_ fields: Fields, of billingMode: String?) -> CapacityMode {
    let owner = fields.description.noun
    guard billingMode == BillingModeName.onDemand.rawValue else {
      let isKnown = billingMode == BillingModeName.provisioned.rawValue
      if isKnown {
        refuse(fields, ["maximum-throughput"], "PAY_PER_REQUEST")
        for name in ["read-capacity", "write-capacity"] where !fields.isAttempted(name) {
          fields.reader.report(
            "\(owner) with PROVISIONED billing needs '\(name)'",
            expected: "\(name): units per second, or {min: …, max: …}")
        }
      }
      return .provisioned(
        read: fields["read-capacity"].flatMap { capacity($0) } ?? ProvisionedCapacity(units: 1),
        write: fields["write-capacity"].flatMap { capacity($0) } ?? ProvisionedCapacity(units: 1))
    }
    refuse(fields, ["read-capacity", "write-capacity"], "PROVISIONED")
    let maximum = fields.object("maximum-throughput", "maximum-throughput")
    return .onDemand(
      maximumRead: maximum?["read"]?.count(in: 1...Self.mostUnits),
      maximumWrite: maximum?["write"]?.count(in: 1...Self.mostUnits))
  }

  private func refuse(_ fields: Fields, _ names: [String], _ mode: String) {
    for name in names where fields.has(name) {
      faults.report(
        "'\(name)' belongs to \(mode) billing", at: fields.keyRange(name),
        expected: "no '\(name)' here, or billing-mode: \(mode)")
    }
  }

  private func capacity(_ reader: NodeReader) -> ProvisionedCapacity? {
    guard case .mapping = reader.node.content else {
      return reader.count(in: 1...Self.mostUnits).map { ProvisionedCapacity(units: $0) }
    }
    guard let fields = reader.object(ScenarioFormat.autoScaling) else { return nil }
    let minimum = fields["min"]?.count(in: 1...Self.mostUnits)
    let maximum = fields["max"]?.count(in: 1...Self.mostUnits)
    if let minimum, let maximum, minimum > maximum {
      fields["min"]?.report("min \(minimum) is above max \(maximum)", expected: "min <= max")
    }
    let start = fields["start"]?.count(in: 1...Self.mostUnits)
    if let start, let minimum, let maximum, minimum <= maximum,
      !(minimum...maximum).contains(start)
    {
      fields["start"]?.report(
        "start \(start) is outside min and max", expected: "from \(minimum) to \(maximum)")
    }
    let target = fields["target"]?.share(in: 0.2...0.9) ?? 0.7
    let policy = AutoscalingPolicy(
      minimum: minimum ?? 1, maximum: maximum ?? minimum ?? 1,
      targetPercent: Int((target * 100).rounded()),
      scaleOutCooldownSeconds: wholeSeconds(fields["scale-out-cooldown"]),
      scaleInCooldownSeconds: wholeSeconds(fields["scale-in-cooldown"]),
      schedule: (fields["schedule"]?.list(of: "scheduled actions") ?? []).compactMap {
        scheduledAction($0)
      })
    return ProvisionedCapacity(units: start ?? policy.minimum, autoscaling: policy)
  }

  private func scheduledAction(_ reader: NodeReader) -> ScheduledScaling? {
    guard let fields = reader.object(ScenarioFormat.scheduledAction),
      let at = fields["at"].flatMap({ timeOfDay($0) })
    else { return nil }
    if !fields.has("min"), !fields.has("max") {
      reader.report("a scheduled action that changes nothing", expected: "min, max or both")
    }
    let minimum = fields["min"]?.count(in: 1...Self.mostUnits)
    let maximum = fields["max"]?.count(in: 1...Self.mostUnits)
    if let minimum, let maximum, minimum > maximum {
      fields["min"]?.report("min \(minimum) is above max \(maximum)", expected: "min <= max")
    }
    return ScheduledScaling(at: at, minimum: minimum, maximum: maximum)
  }

  private func wholeSeconds(_ reader: NodeReader?) -> Int {
    guard let reader, let duration = reader.duration() else { return 0 }
    if duration.count % 1_000_000_000 != 0 {
      reader.report("a cooldown is whole seconds", expected: "a duration such as 60s")
    }
    return Int(duration.count / 1_000_000_000)
  }

  /// Either axis may be left to the service's default: 12,000/4,000 on demand (capacity.md 2.1),
  /// the provisioned units otherwise.
  func warmThroughput(_ fields: Fields, mode: CapacityMode) -> WarmThroughput? {
    guard let warm = fields.object("warm-throughput", "warm-throughput") else { return nil }
    let fallback: (read: Int, write: Int)
    switch mode {
    case .onDemand: fallback = (12_000, 4_000)
    case .provisioned(let read, let write): fallback = (read.units, write.units)
    }
    return WarmThroughput(
      readUnitsPerSecond: warm["read"]?.count(in: 1...Self.mostUnits) ?? fallback.read,
      writeUnitsPerSecond: warm["write"]?.count(in: 1...Self.mostUnits) ?? fallback.write)
  }
}
