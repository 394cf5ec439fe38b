// The request shapes of batches and transactions.
//
// That a batch names at least one table, and how many keys it may hold, is checked by the
// operations: the service words those refusals otherwise.

import Capacity

extension Shape {
  static let batchGetItem = Shape.structure(
    typeName: "BatchGetItemInput",
    [
      ShapeMember(
        "RequestItems",
        .map(
          .structure(
            typeName: "KeysAndAttributes",
            [
              ShapeMember("Keys", .list(attributes, .none), required: true),
              ShapeMember("AttributesToGet", .list(.anyText, BoundRule(min: 1))),
              ShapeMember("ConsistentRead", .boolean),
              ShapeMember("ProjectionExpression", .anyText),
              ShapeMember("ExpressionAttributeNames", names),
            ]), typeName: "KeysAndAttributes", .none)),
      ShapeMember("ReturnConsumedCapacity", returnConsumedCapacity),
    ])

  static let batchWriteItem = Shape.structure(
    typeName: "BatchWriteItemInput",
    [
      ShapeMember(
        "RequestItems",
        .map(
          .list(
            .structure(
              typeName: "WriteRequest",
              [
                ShapeMember(
                  "PutRequest",
                  .structure(
                    typeName: "PutRequest", [ShapeMember("Item", attributes, required: true)])),
                ShapeMember(
                  "DeleteRequest",
                  .structure(
                    typeName: "DeleteRequest", [ShapeMember("Key", attributes, required: true)])),
              ]), .none), typeName: "java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>",
          .none)),
      ShapeMember("ReturnConsumedCapacity", returnConsumedCapacity),
      ShapeMember("ReturnItemCollectionMetrics", returnItemCollectionMetrics),
    ])

  private static let transactionBound = BoundRule(
    min: 1, max: ServiceConstants.transactionItems)

  static let transactGetItems = Shape.structure(
    typeName: "TransactGetItemsInput",
    [
      ShapeMember(
        "TransactItems",
        .list(
          .structure(
            typeName: "TransactGetItem",
            [
              ShapeMember(
                "Get",
                .structure(
                  typeName: "Get",
                  [
                    ShapeMember("TableName", tableName, required: true),
                    ShapeMember("Key", attributes, required: true),
                    ShapeMember("ProjectionExpression", .anyText),
                    ShapeMember("ExpressionAttributeNames", names),
                  ]), required: true)
            ]), transactionBound), required: true),
      ShapeMember("ReturnConsumedCapacity", returnConsumedCapacity),
    ])

  /// A Put, Update, Delete or ConditionCheck of a transaction.
  private static func action(_ name: String, _ further: [ShapeMember]) -> ShapeMember {
    let members: [ShapeMember] = [
      ShapeMember("TableName", tableName, required: true),
      ShapeMember("ExpressionAttributeNames", names),
      ShapeMember("ExpressionAttributeValues", attributes),
      ShapeMember("ReturnValuesOnConditionCheckFailure", returnOnFailure),
    ]
    return ShapeMember(name, .structure(typeName: name, members + further))
  }

  static let transactWriteItems = Shape.structure(
    typeName: "TransactWriteItemsInput",
    [
      ShapeMember(
        "TransactItems",
        .list(
          .structure(
            typeName: "TransactWriteItem",
            [
              action(
                "ConditionCheck",
                [
                  ShapeMember("Key", attributes, required: true),
                  ShapeMember("ConditionExpression", .anyText, required: true),
                ]),
              action(
                "Put",
                [
                  ShapeMember("Item", attributes, required: true),
                  ShapeMember("ConditionExpression", .anyText),
                ]),
              action(
                "Delete",
                [
                  ShapeMember("Key", attributes, required: true),
                  ShapeMember("ConditionExpression", .anyText),
                ]),
              action(
                "Update",
                [
                  ShapeMember("Key", attributes, required: true),
                  ShapeMember("UpdateExpression", .anyText, required: true),
                  ShapeMember("ConditionExpression", .anyText),
                ]),
            ]), transactionBound), required: true),
      ShapeMember("ClientRequestToken", .text(TextRule(min: 1, max: 36))),
      ShapeMember("ReturnConsumedCapacity", returnConsumedCapacity),
      ShapeMember("ReturnItemCollectionMetrics", returnItemCollectionMetrics),
    ])
}
