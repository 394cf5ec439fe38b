// DeleteItem: an item removed by its key; one that is not there is removed too.

import DataModel
import Expressions
import ServiceAPI

extension DatabaseState {
  func deleteItem(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var parameters = try ExpressionParameters(
      request, expressions: [.condition], legacy: ["Expected", "ConditionalOperator"])
    let key = try AttributeDecoding.attributes(request["Key"] ?? .object([]))
    try Self.checkReturnValues(request)
    let expected = try parameters.expected()
    try parameters.readPlaceholders()
    let condition = try parameters.condition(.condition) ?? expected
    try parameters.checkUsed()
    let table = try self.table(request["TableName"]?.text ?? "")
    let place = try PrimaryKey.place(key: key, in: table)
    try KeyNesting.check(condition, in: table)
    return try run(
      SingleWrite(
        request: request, table: table, place: place, key: key, condition: condition,
        change: .delete))
  }
}
