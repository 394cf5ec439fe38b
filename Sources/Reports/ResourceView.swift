// One axis of one table or index as the pages look at it.
//
// It joins the summary over all replications with the first replication's series, and turns half-
// units per minute into units/s. Pages and CSV files take both from here, so they cannot disagree.

import Capacity
import Results
import Statistics
import Units

/// Read or write side of a table or index.
struct ResourceView {
  var name: String
  var isIndex: Bool
  var isOnDemand: Bool
  var axis: CapacityAxis
  var summary: AxisSummary
  var record: ResourceRecord?

  var series: AxisSeries? { record.map { axis == .read ? $0.read : $0.write } }
  var label: String { "\(name) \(Wording.name(axis))s" }
  var limitName: String { isOnDemand ? "on-demand limit" : "provisioned" }

  func reason(_ cause: ThrottleCause) -> ThrottlingReason {
    ThrottlingReason(isIndex: isIndex, axis: axis, cause: cause)
  }

  /// Something was consumed or refused.
  var isActive: Bool {
    summary.consumed.value > 0 || summary.throttles.value > 0
      || series.map { $0.demanded.contains { $0 > 0 } || $0.totalThrottles > 0 } ?? false
  }

  /// Both axes of every resource, in plan order.
  static func all(_ plan: CapacityPlan) -> [ResourceView] {
    plan.resources.enumerated().flatMap { position, summary in
      let record = record(of: summary, at: position, in: plan.record)
      return CapacityAxis.allCases.map { axis in
        ResourceView(
          name: summary.name, isIndex: summary.isIndex, isOnDemand: summary.isOnDemand,
          axis: axis, summary: axis == .read ? summary.read : summary.write, record: record)
      }
    }
  }

  /// Records stand in the summaries' order; a record of another name is never taken.
  private static func record(
    of summary: ResourceSummary, at position: Int, in run: RunRecord
  ) -> ResourceRecord? {
    let matches: (ResourceRecord) -> Bool = {
      $0.name == summary.name || "\($0.name)@\($0.region)" == summary.name
    }
    if run.resources.indices.contains(position), matches(run.resources[position]) {
      return run.resources[position]
    }
    return run.resources.first(where: matches)
  }
}

extension RunRecord {
  /// Seconds that minute `index` lasted: 60, less in the last one of a run that ends inside it.
  func seconds(ofMinute index: Int) -> Double {
    let rest = duration.inSeconds - Double(index) * 60
    return rest > 0 && rest < 60 ? rest : 60
  }

  /// Half-units per minute as units/s.
  func unitsPerSecond(_ halves: [Int64]) -> [Double] {
    halves.enumerated().map { Double($0.element) / 2 / seconds(ofMinute: $0.offset) }
  }
}

/// What one partition can serve, in units/s (capacity.md 2).
enum PartitionCeiling {
  static let read = Double(ServiceConstants.partitionReadUnits)
  static let write = Double(ServiceConstants.partitionWriteUnits)
  static let inWords =
    "\(group(ServiceConstants.partitionReadUnits)) read and "
    + "\(group(ServiceConstants.partitionWriteUnits)) write units/s"
}
