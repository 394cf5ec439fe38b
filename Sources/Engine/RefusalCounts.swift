// Requests that were not served, counted under the names of CloudWatch's metrics (capacity.md 6).
//
// Counted per request where the throttle events beside them are counted per event: a batch counts
// when it is refused as a whole. Served requests are not counted here; nothing is added to their
// path.

import Capacity
import ServiceAPI

/// Counts of refused requests by metric, table and operation.
struct RefusalCounts {
  /// By sample: the metric's name and labels as Prometheus writes them.
  private var counts: [String: Int] = [:]

  private static let metrics = [
    "ConditionalCheckFailedRequests", "SystemErrors", "ThrottledRequests", "TransactionConflict",
    "UserErrors",
  ]

  mutating func count(_ error: ServiceError, of operation: String, _ request: WireValue) {
    counts[Self.sample(error, operation, request), default: 0] += 1
    let actions = request["TransactItems"]?.elements ?? []
    for (reason, action) in zip(error.cancellations, actions)
    where reason.code == "TransactionConflict" {
      let name = action.members?.first?.value["TableName"]?.text ?? ""
      counts[Self.conflict(name), default: 0] += 1
    }
  }

  private static func conflict(_ table: String) -> String {
    "TransactionConflict{TableName=\"\(TableName.name(of: table))\"}"
  }

  private static func sample(
    _ error: ServiceError, _ operation: String, _ request: WireValue
  ) -> String {
    if error.status >= 500 { return "SystemErrors{Operation=\"\(operation)\"}" }
    if let resource = error.throttled.first?.resource {
      return "ThrottledRequests{TableName=\"\(table(resource))\",Operation=\"\(operation)\"}"
    }
    if error.code == "ConditionalCheckFailedException" {
      let name = TableName.name(of: request["TableName"]?.text ?? "")
      return "ConditionalCheckFailedRequests{TableName=\"\(name)\"}"
    }
    if error.code == "TransactionConflictException" {
      return conflict(request["TableName"]?.text ?? "")
    }
    return "UserErrors"
  }

  /// The table in the ARN of a table or index.
  private static func table(_ resource: String) -> String {
    let parts = resource.split(separator: "/")
    return parts.count > 1 ? String(parts[1]) : resource
  }

  /// The counters in Prometheus' text format, in order of names.
  var text: String {
    let samples = counts.sorted { $0.key < $1.key }
    var text = ""
    for metric in Self.metrics {
      text += "# TYPE \(metric) counter\n"
      for (sample, count) in samples where sample.hasPrefix(metric) {
        text += "\(sample) \(count)\n"
      }
    }
    return text
  }
}

extension ThrottleCause {
  /// CloudWatch's name of the throttle events of this cause.
  func metric(_ axis: CapacityAxis) -> String {
    let name = axis == .read ? "Read" : "Write"
    return switch self {
    case .provisionedThroughputExceeded: "\(name)ProvisionedThroughputThrottleEvents"
    case .keyRangeThroughputExceeded: "\(name)KeyRangeThroughputThrottleEvents"
    case .accountLimitExceeded: "\(name)AccountLimitThrottleEvents"
    case .maxOnDemandThroughputExceeded: "\(name)MaxOnDemandThroughputThrottleEvents"
    }
  }
}
