// BatchExecuteStatement: up to 25 statements, each on its own, all reads or all writes.
//
// A read is a GetItem: it names the full key and nothing else. What goes wrong with one statement
// is told in its place and stops no other. ReturnValuesOnConditionCheckFailure has no effect here,
// as on the service (public suite, see StatementFault).

import Capacity
import DataModel
import PartiQL
import ServiceAPI

/// What became of one statement.
private struct StatementOutcome {
  /// nil when the statement did not reach its table.
  var tableName: String?
  var item: Item?
  var error: ServiceError?
  var consumed: ConsumedCapacity?
}

extension DatabaseState {
  func batchExecuteStatement(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let members = request["Statements"]?.elements ?? []
    var parsed: [Result<Statement, ServiceError>] = []
    for member in members {
      do throws(ServiceError) {
        parsed.append(.success(try Self.statement(member)))
      } catch {
        parsed.append(.failure(error))
      }
    }
    let kinds = Set(parsed.compactMap { try? $0.get().isRead })
    if kinds.count > 1 {
      throw .validation(
        "BatchExecuteStatement API does not support both read and write operations in the same "
          + "request.")
    }
    var outcomes: [StatementOutcome] = []
    for (place, (member, statement)) in zip(members, parsed).enumerated() {
      if let refusal = deniedStatements[place] {
        outcomes.append(StatementOutcome(error: refusal))
        continue
      }
      switch statement {
      case .failure(let error): outcomes.append(StatementOutcome(error: error))
      case .success(let statement):
        outcomes.append(run(statement, member, level: request.consumedLevel))
      }
    }
    return Self.answer(outcomes, level: request.consumedLevel)
  }

  private func run(
    _ statement: Statement, _ member: WireValue, level: ReturnConsumedCapacity
  ) -> StatementOutcome {
    do throws(ServiceError) {
      if case .select(let select) = statement { return try get(select, member, level: level) }
      let plan = try self.plan(statement)
      let (item, write) = try run(plan, .object([]))
      return StatementOutcome(
        tableName: plan.name, item: item,
        consumed: ConsumedCapacity(
          write.charge, schema: plan.table.schema, tableName: plan.name, level: level,
          isTransaction: false))
    } catch {
      let hasRun = !["ValidationException", "ResourceNotFoundException"].contains(error.code)
      return StatementOutcome(tableName: hasRun ? statement.table : nil, error: error)
    }
  }

  private func get(
    _ select: SelectStatement, _ member: WireValue, level: ReturnConsumedCapacity
  ) throws(ServiceError) -> StatementOutcome {
    let table = try self.table(select.table)
    guard let item = NamedItem(select.condition, schema: table.key), item.rest == nil,
      select.index == nil, select.order.isEmpty
    else {
      throw .validation(
        "Select statements within BatchExecuteStatement must specify the primary key in the where "
          + "clause.")
    }
    let place = try PrimaryKey.place(key: item.key, in: table)
    let consistency = member.readConsistency
    if let throttle = ask(table, .read, at: place, consistency: consistency) {
      throw error(throttle, of: table)
    }
    let found = try stored(at: place, on: replica(for: consistency))
    let units = ReadCost.readUnits(bytes: found?.size ?? 0, consistency: consistency)
    take(units, .read, from: table, at: place, consistency: consistency)
    return StatementOutcome(
      tableName: select.table, item: found.map { select.project($0.item) },
      consumed: ConsumedCapacity(
        ReadCharge(table: units), tableName: select.table, level: level, isTransaction: false))
  }

  private static func answer(
    _ outcomes: [StatementOutcome], level: ReturnConsumedCapacity
  ) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("Responses")
    writer.beginArray()
    for outcome in outcomes {
      writer.beginObject()
      if let error = outcome.error { write(error, to: &writer) }
      if let name = outcome.tableName { writer.member("TableName", name) }
      if let item = outcome.item {
        writer.key("Item")
        writer.attributes(item.content)
      }
      writer.endObject()
    }
    writer.endArray()
    writer.consumed(list: level == .none ? nil : outcomes.compactMap(\.consumed))
    writer.endObject()
    return writer.bytes
  }

  private static func write(_ error: ServiceError, to writer: inout ReplyWriter) {
    writer.key("Error")
    writer.beginObject()
    writer.member("Code", code(of: error))
    if let message = error.message { writer.member("Message", message) }
    writer.endObject()
  }

  /// BatchStatementErrorCodeEnum of the API model.
  private static func code(of error: ServiceError) -> String {
    switch error.code {
    case "ValidationException": "ValidationError"
    case "ThrottlingException": "ThrottlingError"
    case "AccessDeniedException": "AccessDenied"
    case "InternalServerError": "InternalServerError"
    default:
      error.code.hasSuffix("Exception") ? String(error.code.dropLast(9)) : error.code
    }
  }
}
