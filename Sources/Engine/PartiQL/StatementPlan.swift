// From a statement to the request it stands for.
//
// INSERT is PutItem on condition that nothing is there; UPDATE is UpdateItem on condition that the
// item is there and the rest of WHERE holds; DELETE is DeleteItem on condition that the item is
// absent or the rest holds. From here on they are those operations: same checks, same capacity,
// same charges (developer guide, PartiQL statements).

import DataModel
import Expressions
import PartiQL
import ServiceAPI

/// A writing statement, worked out as far as the write of an item.
struct StatementWrite {
  var name: String
  var table: Table
  var place: ItemPlace
  var key: AttributeMap
  var condition: ConditionExpression?
  /// nil: EXISTS, which only checks.
  var change: ItemChange?
  var returning: Returning?
  var isInsert = false
}

extension DatabaseState {
  static let duplicateMessage = "Duplicate primary key exists in table"

  /// The statement of a request or of one member of a request.
  static func statement(_ request: WireValue) throws(ServiceError) -> Statement {
    var parameters: [AttributeValue] = []
    for parameter in request["Parameters"]?.elements ?? [] {
      parameters.append(try AttributeDecoding.value(parameter))
    }
    do throws(StatementFault) {
      return try Statement.parse(request["Statement"]?.text ?? "", parameters: parameters)
    } catch {
      throw .validation(error.message)
    }
  }

  /// Plans a statement that writes, or checks in a transaction that writes.
  func plan(_ statement: Statement) throws(ServiceError) -> StatementWrite {
    switch statement {
    case .insert(let insert): return try plan(insert)
    case .update(let update): return try plan(update)
    case .delete(let delete):
      var write = try target(delete.table, delete.condition)
      write.write.change = .delete
      write.write.returning = delete.returning
      if let rest = write.rest {
        let absent = Condition.notExists(DocumentPath(write.write.table.key.partition.name))
        write.write.condition = ConditionExpression(.or([absent, rest]))
      }
      return write.write
    case .exists(let select): return try plan(check: select)
    case .select: throw .validation("Only statements that write can be run here")
    }
  }

  private func plan(_ insert: InsertStatement) throws(ServiceError) -> StatementWrite {
    try Self.checkSize(insert.item)
    let table = try self.table(insert.table)
    let place = try PrimaryKey.place(item: insert.item, in: table)
    try PrimaryKey.checkIndexKeys(insert.item, in: table)
    let absent = Condition.notExists(DocumentPath(table.key.partition.name))
    return StatementWrite(
      name: insert.table, table: table, place: place, key: table.keyAttributes(of: insert.item),
      condition: ConditionExpression(absent), change: .put(insert.item), isInsert: true)
  }

  private func plan(_ update: UpdateStatement) throws(ServiceError) -> StatementWrite {
    let expression = try refusing { () throws(ExpressionFault) in
      try UpdateExpression.checked(update.actions)
    }
    var (write, rest) = try target(update.table, update.condition)
    try check(expression, in: write.table)
    write.change = .update(expression)
    write.returning = update.returning
    write.condition = presence(in: write.table, and: rest)
    return write
  }

  private func plan(check select: SelectStatement) throws(ServiceError) -> StatementWrite {
    guard select.index == nil, select.order.isEmpty else { throw Self.noSingleRead }
    let table = try self.table(select.table)
    guard let item = NamedItem(select.condition, schema: table.key), let rest = item.rest else {
      throw Self.noSingleRead
    }
    var write = try target(select.table, select.condition).write
    write.condition = presence(in: table, and: rest)
    return write
  }

  private static let noSingleRead = ServiceError.validation(
    "EXISTS() must contain a single item read with additional condition")

  /// That an item is there and that a condition holds.
  private func presence(in table: Table, and rest: Condition?) -> ConditionExpression {
    let present = Condition.exists(DocumentPath(table.key.partition.name))
    return ConditionExpression(rest.map { .and([present, $0]) } ?? present)
  }

  /// The item that a WHERE clause names by its full key.
  private func target(
    _ name: String, _ condition: Condition?
  ) throws(ServiceError) -> (write: StatementWrite, rest: Condition?) {
    let table = try self.table(name)
    guard let item = NamedItem(condition, schema: table.key) else {
      throw .validation(
        "Where clause does not contain a mandatory equality on all key attributes")
    }
    let place = try PrimaryKey.place(key: item.key, in: table)
    if let rest = item.rest { try KeyNesting.check(ConditionExpression(rest), in: table) }
    return (StatementWrite(name: name, table: table, place: place, key: item.key), item.rest)
  }

  /// The ReturnValues that RETURNING stands for.
  static func values(_ returning: Returning?) -> ReturnValues {
    switch returning {
    case nil: .none
    case .allOld: .allOld
    case .allNew: .allNew
    case .modifiedOld: .updatedOld
    case .modifiedNew: .updatedNew
    }
  }

  /// Runs a writing statement alone; the item is what RETURNING asks for.
  func run(
    _ plan: StatementWrite, _ request: WireValue
  ) throws(ServiceError) -> (item: Item?, write: ItemWrite) {
    guard let change = plan.change else {
      throw .validation("EXISTS can only be used in ExecuteTransaction write requests.")
    }
    let values = Self.values(plan.returning).rawValue
    var members = [WireMember(name: "ReturnValues", value: .string(values))]
    let onFailure = "ReturnValuesOnConditionCheckFailure"
    if let value = request[onFailure] { members.append(WireMember(name: onFailure, value: value)) }
    let single = SingleWrite(
      request: .object(members), table: plan.table, place: plan.place, key: plan.key,
      condition: plan.condition, change: change)
    do throws(ServiceError) {
      let write = try perform(single)
      let item = returned(single, write)
      return (item?.isEmpty == false ? item : nil, write)
    } catch {
      guard plan.isInsert, error.code == "ConditionalCheckFailedException" else { throw error }
      var duplicate = ServiceError("DuplicateItemException", message: Self.duplicateMessage)
      duplicate.item = error.item
      throw duplicate
    }
  }
}
