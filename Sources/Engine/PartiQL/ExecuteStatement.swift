// ExecuteStatement: one PartiQL statement.

import Capacity
import DataModel
import PartiQL
import ServiceAPI

extension DatabaseState {
  func executeStatement(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let statement = try Self.statement(request)
    var writer = ReplyWriter()
    writer.beginObject()
    if case .select(let select) = statement {
      let page = try read(select, request)
      writer.items(page.items)
      if let token = page.token { writer.member("NextToken", token) }
      if let key = page.lastKey {
        writer.key("LastEvaluatedKey")
        writer.attributes(key)
      }
      writer.consumed(
        ConsumedCapacity(
          page.charge, index: page.index, tableName: select.table, level: request.consumedLevel,
          isTransaction: false))
    } else {
      if request["NextToken"] != nil { throw .validation("NextToken is for SELECT statements") }
      let plan = try self.plan(statement)
      let (item, write) = try run(plan, request)
      writer.items(item.map { [$0] } ?? [])
      writer.consumed(
        ConsumedCapacity(
          write.charge, schema: plan.table.schema, tableName: plan.name,
          level: request.consumedLevel, isTransaction: false))
    }
    writer.endObject()
    return writer.bytes
  }
}

extension ReplyWriter {
  /// The member Items.
  fileprivate mutating func items(_ items: [Item]) {
    key("Items")
    beginArray()
    for item in items { attributes(item.content) }
    endArray()
  }
}
