// UpdateTimeToLive and DescribeTimeToLive: which attribute tells when items expire.
//
// The setting can be changed once an hour, as the service's documentation says (features.md 3.3;
// measured in October 2026 it was half an hour). What is wrong with a request is told before that.

import DataModel
import ServiceAPI
import Units

extension DatabaseState {
  /// How long a setting stands before it can be changed, in wall-clock milliseconds.
  private static let timeToLiveStands: Int64 = 3_600_000

  func describeTimeToLive(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try described(request["TableName"]?.text ?? "")
    let name = table.definition.timeToLiveAttribute
    let sinceChange =
      wallMilliseconds - (table.definition.timeToLiveChangedAtMilliseconds ?? .min / 2)
    let isSettled = sinceChange >= options.tableDelay.count / 1_000_000
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("TimeToLiveDescription")
    writer.beginObject()
    writer.member(
      "TimeToLiveStatus",
      name == nil ? (isSettled ? "DISABLED" : "DISABLING") : (isSettled ? "ENABLED" : "ENABLING"))
    if let name { writer.member("AttributeName", name) }
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  func updateTimeToLive(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try described(request["TableName"]?.text ?? "")
    let specification = request["TimeToLiveSpecification"] ?? .null
    let isEnabled = specification["Enabled"]?.flag ?? false
    let name = specification["AttributeName"]?.text ?? ""
    if table.definition.global?.isStrong == true {
      throw .validation("Time to live is not supported with multi-Region strong consistency")
    }
    try checkTimeToLive(table, isEnabled, name)
    try setTimeToLive(of: table, to: isEnabled ? name : nil)
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("TimeToLiveSpecification")
    writer.beginObject()
    writer.member("Enabled", isEnabled)
    writer.member("AttributeName", name)
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  private func checkTimeToLive(
    _ table: Table, _ isEnabled: Bool, _ name: String
  ) throws(ServiceError) {
    if let current = table.definition.timeToLiveAttribute {
      if current != name {
        throw .validation(
          "TimeToLive is active on a different AttributeName: current AttributeName is \(current)")
      }
      if isEnabled { throw .validation("TimeToLive is already enabled") }
    } else if !isEnabled {
      throw .validation("TimeToLive is already disabled")
    }
    if let changed = table.definition.timeToLiveChangedAtMilliseconds,
      wallMilliseconds - changed < Self.timeToLiveStands
    {
      throw .validation(
        "Time to live has been modified multiple times within a fixed interval")
    }
  }

  /// Sets the attribute and finds out what expires when, or forgets it.
  func setTimeToLive(of table: Table, to name: String?) throws(ServiceError) {
    table.definition.timeToLiveAttribute = name
    table.definition.timeToLiveChangedAtMilliseconds = wallMilliseconds
    try save(table)
    try store.clear(Self.expiryPrefix(table))
    if name != nil { try scheduleExpiries(of: table) }
  }
}
