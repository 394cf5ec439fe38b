// PutItem: a whole item under its key, replacing what was there.

import Capacity
import DataModel
import Expressions
import ServiceAPI

extension DatabaseState {
  func putItem(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var parameters = try ExpressionParameters(
      request, expressions: [.condition], legacy: ["Expected", "ConditionalOperator"])
    let item = Item(try AttributeDecoding.attributes(request["Item"] ?? .object([])))
    try Self.checkSize(item)
    try Self.checkReturnValues(request)
    let expected = try parameters.expected()
    try parameters.readPlaceholders()
    let condition = try parameters.condition(.condition) ?? expected
    try parameters.checkUsed()
    let table = try self.table(request["TableName"]?.text ?? "")
    let place = try PrimaryKey.place(item: item, in: table)
    try PrimaryKey.checkIndexKeys(item, in: table)
    try KeyNesting.check(condition, in: table)
    return try run(
      SingleWrite(
        request: request, table: table, place: place, key: table.keyAttributes(of: item),
        condition: condition, change: .put(item)))
  }

  static func checkSize(_ item: Item) throws(ServiceError) {
    if ItemLimit.accepts(itemBytes: item.sizeInBytes) { return }
    throw .validation("Item size has exceeded the maximum allowed size")
  }

  /// Writes other than updates return the old image or nothing.
  static func checkReturnValues(_ request: WireValue) throws(ServiceError) {
    guard let text = request["ReturnValues"]?.text, text != "NONE", text != "ALL_OLD" else {
      return
    }
    throw .validation("ReturnValues can only be ALL_OLD or NONE")
  }
}

/// Expressions must not look into key attributes, which are scalars.
enum KeyNesting {
  static func check(_ roots: [String], in table: Table) throws(ServiceError) {
    let indexKeys = table.indexes.flatMap { $0.definition.keys.map(\.name) }
    let fault = KeyAccess.nestedFault(
      roots, key: table.key.attributeNames, indexKeys: indexKeys)
    if let fault { throw .validation(fault.message) }
  }

  static func check(_ condition: ConditionExpression?, in table: Table) throws(ServiceError) {
    if let condition { try check(condition.nestedRoots, in: table) }
  }
}
