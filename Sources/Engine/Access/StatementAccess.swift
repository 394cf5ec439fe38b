// The access that a PartiQL statement asks for. Developer guide, ql-iam: actions PartiQLSelect,
// PartiQLInsert, PartiQLUpdate and PartiQLDelete; dynamodb:FullTableScan tells a SELECT that reads
// everything from one that names its partitions.

import AccessControl
import DataModel
import Expressions
import PartiQL
import ServiceAPI

extension DatabaseState {
  func statementAccess(
    _ request: WireValue, _ enclosing: String?
  ) throws(ServiceError) -> AccessRequest {
    let statement = try Self.statement(request)
    let name = TableName.name(of: statement.table)
    let table = tables[name]
    var index: String?
    if case .select(let select) = statement { index = select.index }
    var facts = RequestFacts(table: table, index: index)
    let action: String
    switch statement {
    case .select(let select):
      action = "PartiQLSelect"
      facts.add(attributes: Self.names(in: select))
      let whole = index == nil ? "ALL_ATTRIBUTES" : "ALL_PROJECTED_ATTRIBUTES"
      facts.set(
        "dynamodb:Select", select.projection == nil ? whole : "SPECIFIC_ATTRIBUTES")
      read(select.condition, table, index, into: &facts, isSelect: true)
    case .exists(let select):
      action = "ConditionCheckItem"
      facts.add(attributes: Self.names(in: select))
      read(select.condition, table, nil, into: &facts)
    case .insert(let insert):
      action = "PartiQLInsert"
      for attribute in insert.item.attributes {
        facts.add(attributes: [attribute.name])
        facts.add(leading: attribute.value, of: attribute.name)
      }
    case .update(let update):
      action = "PartiQLUpdate"
      facts.add(attributes: update.actions.flatMap(\.paths).map(\.root))
      facts.set("dynamodb:ReturnValues", Self.values(update.returning).rawValue)
      read(update.condition, table, nil, into: &facts)
    case .delete(let delete):
      action = "PartiQLDelete"
      facts.set("dynamodb:ReturnValues", Self.values(delete.returning).rawValue)
      read(delete.condition, table, nil, into: &facts)
    }
    if enclosing == "ExecuteTransaction" { facts.set("dynamodb:EnclosingOperation", enclosing) }
    return AccessRequest(
      action: "dynamodb:" + action, resource: index.map { arn(name, index: $0) } ?? arn(name),
      context: facts.context)
  }

  /// The top-level attributes that a SELECT names before and after its WHERE.
  private static func names(in select: SelectStatement) -> [String] {
    (select.projection ?? []).map(\.root) + select.order.map(\.attribute)
  }

  private func read(
    _ condition: Condition?, _ table: Table?, _ index: String?, into facts: inout RequestFacts,
    isSelect: Bool = false
  ) {
    facts.add(attributes: (condition?.paths ?? []).map(\.root))
    guard let table else { return }
    let place = index.flatMap { table.index(named: $0) }
    let layout =
      place.map {
        KeyLayout(
          partition: table.indexes[$0].definition.partition,
          sort: table.indexes[$0].definition.sort)
      } ?? KeyLayout(table.key)
    guard let path = try? AccessPath.choose(condition, layout: layout) else { return }
    var isScan = true
    if case .partitions(let partitions) = path {
      isScan = false
      for partition in partitions {
        for (attribute, value) in zip(layout.partition, partition.partition) {
          facts.add(leading: value, of: attribute.name)
        }
      }
    }
    if isSelect { facts.set("dynamodb:FullTableScan", isScan ? "true" : "false") }
  }
}
