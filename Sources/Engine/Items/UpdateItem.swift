// UpdateItem: attributes of one item changed; an item that is not there is created.

import DataModel
import Expressions
import ServiceAPI

extension DatabaseState {
  func updateItem(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var parameters = try ExpressionParameters(
      request, expressions: [.update, .condition],
      legacy: ["AttributeUpdates", "Expected", "ConditionalOperator"])
    let key = try AttributeDecoding.attributes(request["Key"] ?? .object([]))
    let legacy = try parameters.attributeUpdates()
    let expected = try parameters.expected()
    try parameters.readPlaceholders()
    let update = try parameters.update() ?? legacy
    let condition = try parameters.condition(.condition) ?? expected
    try parameters.checkUsed()
    let table = try self.table(request["TableName"]?.text ?? "")
    let place = try PrimaryKey.place(key: key, in: table)
    let nothing = try refusing { () throws(ExpressionFault) in
      try UpdateExpression.attributeUpdates([])
    }
    let plan = update ?? nothing
    try check(plan, in: table)
    try KeyNesting.check(condition, in: table)
    return try run(
      SingleWrite(
        request: request, table: table, place: place, key: key, condition: condition,
        change: .update(plan)))
  }

  /// An update may not touch the primary key or look into index keys.
  func check(_ update: UpdateExpression, in table: Table) throws(ServiceError) {
    if let fault = KeyAccess.updateFault(update.roots, key: table.key.attributeNames) {
      throw .validation(fault.message)
    }
    try KeyNesting.check(update.nestedRoots, in: table)
  }
}
