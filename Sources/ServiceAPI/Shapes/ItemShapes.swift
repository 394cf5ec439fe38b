// The request shapes of the single-item operations, Query and Scan.
//
// Enumerations stand in the order the service prints them. Query's Limit has no bound here: the
// service checks it later and words it differently.

extension Shape {
  static let tableName = Shape.text(
    TextRule(min: 1, max: 255, pattern: TableName.pattern))
  static let indexName = Shape.text(
    TextRule(min: 3, max: 255, pattern: TableName.pattern))
  static let names = Shape.map(.anyText, typeName: "java.lang.String", .none)
  static let texts = Shape.list(.anyText, .none)

  static let returnConsumedCapacity = Shape.oneOf("INDEXES", "TOTAL", "NONE")
  static let returnItemCollectionMetrics = Shape.oneOf("SIZE", "NONE")
  static let returnValues = Shape.oneOf(
    "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
  static let returnOnFailure = Shape.oneOf("ALL_OLD", "NONE")
  static let conditionalOperator = Shape.oneOf("OR", "AND")
  static let comparisonOperator = Shape.oneOf(
    "IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE",
    "BEGINS_WITH", "GE", "CONTAINS")

  static let condition = Shape.structure(
    typeName: "Condition",
    [
      ShapeMember("AttributeValueList", .list(.attributeValue, .none)),
      ShapeMember("ComparisonOperator", comparisonOperator, required: true),
    ])
  static let conditions = Shape.map(condition, typeName: "Condition", .none)
  static let expected = Shape.map(
    .structure(
      typeName: "ExpectedAttributeValue",
      [
        ShapeMember("Value", .attributeValue),
        ShapeMember("Exists", .boolean),
        ShapeMember("ComparisonOperator", comparisonOperator),
        ShapeMember("AttributeValueList", .list(.attributeValue, .none)),
      ]), typeName: "ExpectedAttributeValue", .none)
  static let attributeUpdates = Shape.map(
    .structure(
      typeName: "AttributeValueUpdate",
      [
        ShapeMember("Value", .attributeValue),
        ShapeMember("Action", .oneOf("ADD", "DELETE", "PUT")),
      ]), typeName: "AttributeValueUpdate", .none)

  /// What the three writes of one item share.
  private static let write: [ShapeMember] = [
    ShapeMember("TableName", tableName, required: true),
    ShapeMember("ReturnConsumedCapacity", returnConsumedCapacity),
    ShapeMember("ReturnItemCollectionMetrics", returnItemCollectionMetrics),
    ShapeMember("ReturnValues", returnValues),
    ShapeMember("ReturnValuesOnConditionCheckFailure", returnOnFailure),
    ShapeMember("ConditionalOperator", conditionalOperator),
    ShapeMember("Expected", expected),
    ShapeMember("ConditionExpression", .anyText),
    ShapeMember("ExpressionAttributeNames", names),
    ShapeMember("ExpressionAttributeValues", attributes),
  ]

  static let putItem = Shape.structure(
    typeName: "PutItemInput", write + [ShapeMember("Item", attributes, required: true)])

  static let deleteItem = Shape.structure(
    typeName: "DeleteItemInput", write + [ShapeMember("Key", attributes, required: true)])

  static let updateItem = Shape.structure(
    typeName: "UpdateItemInput",
    write + [
      ShapeMember("Key", attributes, required: true),
      ShapeMember("AttributeUpdates", attributeUpdates),
      ShapeMember("UpdateExpression", .anyText),
    ])

  static let getItem = Shape.structure(
    typeName: "GetItemInput",
    [
      ShapeMember("TableName", tableName, required: true),
      ShapeMember("Key", attributes, required: true),
      ShapeMember("AttributesToGet", .list(.anyText, BoundRule(min: 1))),
      ShapeMember("ConsistentRead", .boolean),
      ShapeMember("ReturnConsumedCapacity", returnConsumedCapacity),
      ShapeMember("ProjectionExpression", .anyText),
      ShapeMember("ExpressionAttributeNames", names),
    ])

  private static let select = Shape.oneOf(
    "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")

  /// What Query and Scan share.
  private static let read: [ShapeMember] = [
    ShapeMember("TableName", tableName, required: true),
    ShapeMember("IndexName", indexName),
    ShapeMember("Select", select),
    ShapeMember("AttributesToGet", .list(.anyText, BoundRule(min: 1))),
    ShapeMember("ConsistentRead", .boolean),
    ShapeMember("ConditionalOperator", conditionalOperator),
    ShapeMember("ExclusiveStartKey", attributes),
    ShapeMember("ReturnConsumedCapacity", returnConsumedCapacity),
    ShapeMember("ProjectionExpression", .anyText),
    ShapeMember("FilterExpression", .anyText),
    ShapeMember("ExpressionAttributeNames", names),
    ShapeMember("ExpressionAttributeValues", attributes),
  ]

  static let query = Shape.structure(
    typeName: "QueryInput",
    read + [
      ShapeMember("Limit", .integer(typeName: "Integer", .none)),
      ShapeMember("KeyConditions", conditions),
      ShapeMember("QueryFilter", conditions),
      ShapeMember("KeyConditionExpression", .anyText),
      ShapeMember("ScanIndexForward", .boolean),
    ])

  static let scan = Shape.structure(
    typeName: "ScanInput",
    read + [
      ShapeMember("Limit", .integer(typeName: "Integer", BoundRule(min: 1))),
      ShapeMember("ScanFilter", conditions),
      ShapeMember(
        "TotalSegments", .integer(typeName: "Integer", BoundRule(min: 1, max: 1_000_000))),
      ShapeMember("Segment", .integer(typeName: "Integer", BoundRule(min: 0, max: 999_999))),
    ])
}
