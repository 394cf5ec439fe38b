// DescribeContinuousBackups and UpdateContinuousBackups: point-in-time recovery on and off.
//
// Switching on starts the log; switching off and on again starts it anew, and a period can be
// changed while it is on (features.md 3.6).

import DataModel
import ServiceAPI

extension DatabaseState {
  func describeContinuousBackups(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    describeRecovery(of: try backedUp(request["TableName"]))
  }

  func updateContinuousBackups(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try backedUp(request["TableName"])
    guard table.clock.status != .creating, table.clock.status != .deleting else {
      throw ServiceError(
        "ContinuousBackupsUnavailableException",
        message: "Backups are being enabled for the table: \(table.name). "
          + "Please retry later")
    }
    let specification = request["PointInTimeRecoverySpecification"]
    let days = specification?["RecoveryPeriodInDays"]?.integer
    if specification?["PointInTimeRecoveryEnabled"]?.flag == true {
      var setting =
        table.definition.recovery
        ?? RecoverySetting(
          enabledAtMilliseconds: wallMilliseconds, days: RecoverySpan.longestDays)
      if let days { setting.days = days }
      table.definition.recovery = setting
    } else {
      if days != nil {
        throw .validation(
          "RecoveryPeriodInDays can only be specified when PointInTimeRecoveryEnabled is true")
      }
      table.definition.recovery = nil
      try store.clear(LoggedChange.prefix(table: table.definition.number))
    }
    try save(table)
    return describeRecovery(of: table)
  }

  private func describeRecovery(of table: Table) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("ContinuousBackupsDescription")
    writer.beginObject()
    writer.member("ContinuousBackupsStatus", "ENABLED")
    writer.key("PointInTimeRecoveryDescription")
    writer.beginObject()
    let span = recoverySpan(of: table)
    writer.member("PointInTimeRecoveryStatus", span == nil ? "DISABLED" : "ENABLED")
    if let span, let setting = table.definition.recovery {
      writer.member("RecoveryPeriodInDays", setting.days)
      writer.key("EarliestRestorableDateTime")
      writer.value(epochMilliseconds: span.earliest)
      writer.key("LatestRestorableDateTime")
      writer.value(epochMilliseconds: span.latest)
    }
    writer.endObject()
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }
}
