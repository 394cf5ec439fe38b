// Which rules look at a plan, and what they may look at.
//
// A finding names the mechanism, the place and the shortage with numbers, and says what to change.
// Rules are plain functions of the summary; a new rule is a function and a line in `all`.

import Capacity
import Results
import Scenarios
import Statistics
import Units

/// What rules read.
struct FindingContext {
  let scenario: Scenario
  let summary: PlanSummary
  let operations: [OperationSummary]
  /// Rows in the order of every record's resources.
  let resources: [ResourceSummary]
  let cache: CacheSummary?

  /// First replication: its series and events illustrate what all replications show.
  var record: RunRecord { summary.records[0] }

  /// One axis of one table or index in every replication.
  func series(_ position: Int, _ axis: CapacityAxis) -> [AxisSeries] {
    summary.records.map { $0.resources[position].series(axis) }
  }

  /// Half-units asked of one axis in each whole minute, of every replication.
  func demands(_ position: Int, _ axis: CapacityAxis) -> [[Int64]] {
    summary.records.map { $0.wholeMinutes($0.resources[position].series(axis).demanded) }
  }

  /// Units/s that carry every replication's demand: with burst capacity at the least, and without.
  func neededCapacity(_ position: Int, _ axis: CapacityAxis) -> (least: Int, noBurst: Int) {
    let replays = demands(position, axis).map {
      BurstReplay(demand: $0, initialBurst: scenario.model.capacity.initialBurst)
    }
    return (replays.map { $0.leastCapacity() }.max() ?? 1, replays.map(\.peakMinute).max() ?? 1)
  }

  /// The hottest key of a table or index where it alone fills half a partition, and over how many
  /// keys it must be spread at least, so that each of them fits beside a partition's part of the
  /// other traffic and leaves a tenth of the ceiling free.
  ///
  /// 1,125 of 9,000 write units/s on 14 partitions: beside 7,875 / 14 = 562 there is room for
  /// 0.9 x 1,000 - 562 = 338, so 4 keys.
  func hotKey(_ position: Int, _ axis: CapacityAxis) -> (key: HotKey, ways: Int)? {
    let record = summary.records[0].resources[position]
    let peak = Double(demands(position, axis).joined().max() ?? 0) / 120
    let ceiling = Double(axis.partitionCeiling)
    guard let hottest = record.hotKeys.first, hottest.share * peak > ceiling * 0.5 else {
      return nil
    }
    let partitions = record.partitions.count { $0.createdAt == nil }
    let others = partitions == 0 ? 0 : (1 - hottest.share) * peak / Double(partitions)
    let room = max(0.9 * ceiling - others, 0.1 * ceiling)
    return (hottest, max(2, Int((hottest.share * peak / room).rounded(.up))))
  }

  /// "1,234 ± 56" with as many decimals as its size deserves.
  func text(_ estimate: Estimate) -> String {
    let digits = estimate.value >= 100 ? 0 : 2
    let value = trimmed(estimate.value, digits)
    let margin = trimmed(estimate.halfWidth ?? 0, digits)
    return margin == "0" ? value : "\(value) ± \(margin)"
  }

  /// An operation's name, with its traffic's where several have it.
  func name(_ row: OperationSummary) -> String {
    let isShared = operations.contains { $0.name == row.name && $0.traffic != row.traffic }
    return isShared ? "\(row.traffic): \(row.name)" : row.name
  }

  /// Whether some traffic on a table waits for answers before it asks for more: closed loops and
  /// clients with a limit of requests in progress. Then throttling lowers what is asked for.
  func isElastic(_ table: String) -> Bool {
    scenario.traffic.contains { traffic in
      var waits = traffic.client.concurrency != nil
      if case .closed = traffic.demand { waits = true }
      return waits
        && traffic.operations.contains { operation in
          operation.parts.contains { scenario.tables[$0.table].name == table }
        }
    }
  }

  /// The scaling policy of one axis of a table or index; nil when it has a fixed value.
  func policy(of record: ResourceRecord, _ axis: CapacityAxis) -> AutoscalingPolicy? {
    guard let table = scenario.tables.first(where: { $0.name == record.table }) else { return nil }
    let mode =
      record.index.flatMap { name in table.globalIndexes.first { $0.name == name }?.mode }
      ?? table.mode
    guard case .provisioned(let read, let write) = mode else { return nil }
    return axis == .read ? read.autoscaling : write.autoscaling
  }
}

/// "1 scale-out action", "3 scale-out actions".
func counted(_ count: Int, _ noun: String) -> String {
  "\(group(count)) \(noun)\(count == 1 ? "" : "s")"
}

/// Units/s in a sentence: no decimals from 10 on, two below.
func rateText(_ units: Double) -> String { units >= 10 ? fixed(units, 0) : trimmed(units, 2) }

extension CapacityAxis {
  /// What a rate on this axis counts.
  var rateUnit: String { self == .read ? "read units/s" : "write units/s" }

  /// What a provisioned value on this axis counts.
  var capacityUnit: String { self == .read ? "RCU" : "WCU" }

  /// Units/s one partition serves on this axis.
  var partitionCeiling: Int {
    self == .read ? ServiceConstants.partitionReadUnits : ServiceConstants.partitionWriteUnits
  }
}

/// All rules, and the order of what they find.
enum FindingRules {
  typealias Rule = @Sendable (FindingContext) -> [Finding]

  static let all: [Rule] = [
    ThrottleFindings.find, BurstFindings.find, HeatFindings.find, ScalingFindings.find,
    ConflictFindings.find, ClientFindings.find, CacheFindings.find, IdleCapacityFindings.find,
  ]

  /// Findings of every rule, most serious first; equal ones in rule order.
  static func findings(_ context: FindingContext) -> [Finding] {
    let found = all.flatMap { $0(context) }
    return found.enumerated().sorted {
      $0.element.severity != $1.element.severity
        ? $0.element.severity > $1.element.severity : $0.offset < $1.offset
    }.map(\.element)
  }
}
