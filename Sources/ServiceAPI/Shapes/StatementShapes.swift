// The request shapes of the PartiQL operations.

import Capacity

extension Shape {
  private static let statementText = Shape.text(TextRule(min: 1, max: 8_192))
  private static let parameters = Shape.list(.attributeValue, BoundRule(min: 1))

  /// What every statement of a request has.
  private static let statement: [ShapeMember] = [
    ShapeMember("Statement", statementText, required: true),
    ShapeMember("Parameters", parameters),
    ShapeMember("ReturnValuesOnConditionCheckFailure", returnOnFailure),
  ]

  static let executeStatement = Shape.structure(
    typeName: "ExecuteStatementInput",
    statement + [
      ShapeMember("ConsistentRead", .boolean),
      ShapeMember("NextToken", .text(TextRule(min: 1, max: 32_768))),
      ShapeMember("ReturnConsumedCapacity", returnConsumedCapacity),
      ShapeMember("Limit", .integer(typeName: "Integer", BoundRule(min: 1))),
    ])

  static let batchExecuteStatement = Shape.structure(
    typeName: "BatchExecuteStatementInput",
    [
      ShapeMember(
        "Statements",
        .list(
          .structure(
            typeName: "BatchStatementRequest",
            statement + [ShapeMember("ConsistentRead", .boolean)]),
          BoundRule(min: 1, max: ServiceConstants.batchStatements)), required: true),
      ShapeMember("ReturnConsumedCapacity", returnConsumedCapacity),
    ])

  static let executeTransaction = Shape.structure(
    typeName: "ExecuteTransactionInput",
    [
      ShapeMember(
        "TransactStatements",
        .list(
          .structure(typeName: "ParameterizedStatement", statement),
          BoundRule(min: 1, max: ServiceConstants.transactionItems)), required: true),
      ShapeMember("ClientRequestToken", .text(TextRule(min: 1, max: 36))),
      ShapeMember("ReturnConsumedCapacity", returnConsumedCapacity),
    ])
}
