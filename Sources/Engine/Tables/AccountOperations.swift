// Tags, limits and endpoints.

import Capacity
import DataModel
import ServiceAPI

extension DatabaseState {
  func describeLimits(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("AccountMaxReadCapacityUnits", quota.account.readUnitsPerSecond)
    writer.member("AccountMaxWriteCapacityUnits", quota.account.writeUnitsPerSecond)
    writer.member("TableMaxReadCapacityUnits", quota.table.readUnitsPerSecond)
    writer.member("TableMaxWriteCapacityUnits", quota.table.writeUnitsPerSecond)
    writer.endObject()
    return writer.bytes
  }

  func describeEndpoints(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("Endpoints")
    writer.beginArray()
    writer.beginObject()
    writer.member("Address", "dynamodb.\(options.region).amazonaws.com")
    writer.member("CachePeriodInMinutes", 1_440)
    writer.endObject()
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  // MARK: Tags

  /// The table that an ARN names.
  private func tagged(_ request: WireValue) throws(ServiceError) -> Table {
    let text = request["ResourceArn"]?.text ?? ""
    guard text.hasPrefix("arn:") else {
      throw .validation("Invalid TableArn: Invalid ResourceArn provided as input \(text)")
    }
    let name = TableName.name(of: text)
    guard text == arn(name) else {
      throw ServiceError(
        "AccessDeniedException",
        message: "User: arn:aws:iam::\(options.account):root is not authorized to perform this "
          + "operation on resource: \(text)")
    }
    do throws(ServiceError) { return try described(name) } catch {
      throw ServiceError(
        "ResourceNotFoundException",
        message: "Requested resource not found: ResourcArn: \(text) "
          + "not found")
    }
  }

  func tagResource(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try tagged(request)
    let added = TableRequest.tags(request["Tags"])
    if added.isEmpty { throw .validation("Atleast one Tag needs to be provided as Input.") }
    if Set(added.map(\.key)).count < added.count {
      throw .validation("Duplicate Tag keys found in the request")
    }
    var tags = table.definition.tags.filter { tag in !added.contains { $0.key == tag.key } }
    tags += added
    if tags.count > 50 {
      throw .validation("The number of tags exceeds the limit of 50 tags per resource")
    }
    table.definition.tags = tags
    try save(table)
    return []
  }

  func untagResource(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try tagged(request)
    let keys = (request["TagKeys"]?.elements ?? []).compactMap(\.text)
    if keys.isEmpty { throw .validation("Atleast one Tag Key needs to be provided as Input.") }
    table.definition.tags.removeAll { keys.contains($0.key) }
    try save(table)
    return []
  }

  func listTagsOfResource(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let table = try tagged(request)
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("Tags")
    writer.beginArray()
    for tag in table.definition.tags {
      writer.beginObject()
      writer.member("Key", tag.key)
      writer.member("Value", tag.value)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }
}
