// ExecuteTransaction: up to 100 statements, all or none: TransactGetItems or TransactWriteItems.
//
// Every statement is read and checked before any runs; what is wrong with one names its place.
// What the data refuse comes as the reasons of a cancellation, a duplicate INSERT as DuplicateItem.

import Capacity
import DataModel
import PartiQL
import ServiceAPI

extension DatabaseState {
  func executeTransaction(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let members = request["TransactStatements"]?.elements ?? []
    var statements: [Statement] = []
    for (place, member) in members.enumerated() {
      statements.append(
        try Self.checking(place) { () throws(ServiceError) in try Self.statement(member) })
    }
    if Set(statements.map(\.isRead)).count > 1 {
      throw .validation(
        "ExecuteTransaction API does not support both read and write operations in the same "
          + "request.")
    }
    return statements.allSatisfy(\.isRead)
      ? try get(statements, request) : try write(statements, members, request)
  }

  /// Says which statement a refusal is about.
  private static func checking<R>(
    _ place: Int, _ body: () throws(ServiceError) -> R
  ) throws(ServiceError) -> R {
    do throws(ServiceError) { return try body() } catch {
      guard error.code == "ValidationException" else { throw error }
      throw .validation(
        "Validation failed in TransactStatements[\(place)]: \(error.message ?? "")")
    }
  }

  private func get(
    _ statements: [Statement], _ request: WireValue
  ) throws(ServiceError) -> [UInt8] {
    var gets: [TransactGet] = []
    var selects: [SelectStatement] = []
    for case (let place, .select(let select)) in statements.enumerated() {
      gets.append(try Self.checking(place) { () throws(ServiceError) in try get(select) })
      selects.append(select)
    }
    let found = try readTogether(&gets)
    let shown = zip(selects, found).map { select, item in item.map { select.project($0.item) } }
    return answer(gets, found, showing: shown, request)
  }

  private func get(_ select: SelectStatement) throws(ServiceError) -> TransactGet {
    if select.index != nil {
      throw .validation("Reads on indices are not supported within transactions.")
    }
    let table = try self.table(select.table)
    guard let item = NamedItem(select.condition, schema: table.key), item.rest == nil,
      select.order.isEmpty
    else {
      throw .validation(
        "Select statements within ExecuteTransaction must specify the primary key in the where "
          + "clause.")
    }
    return TransactGet(name: select.table, table: table, key: item.key)
  }

  private func write(
    _ statements: [Statement], _ members: [WireValue], _ request: WireValue
  ) throws(ServiceError) -> [UInt8] {
    var actions: [TransactAction] = []
    for (place, statement) in statements.enumerated() {
      let plan = try Self.checking(place) { () throws(ServiceError) in
        let write = try self.plan(statement)
        if write.returning != nil {
          throw .validation("RETURNING clause is not supported in ExecuteTransaction.")
        }
        return write
      }
      actions.append(
        TransactAction(
          name: plan.name, table: plan.table, key: plan.key, condition: plan.condition,
          change: plan.change,
          returnsOld: members[place]["ReturnValuesOnConditionCheckFailure"]?.text == "ALL_OLD",
          isInsert: plan.isInsert))
    }
    let charges = try transact(&actions, request)
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("Responses")
    writer.beginArray()
    for _ in statements {
      writer.beginObject()
      writer.endObject()
    }
    writer.endArray()
    writer.consumed(list: request.consumedLevel == .none ? nil : charges.list)
    writer.endObject()
    return writer.bytes
  }
}
