// The request shapes of the operations on tables.
//
// The name of a table to be created or addressed has at least three characters here, but one where
// items are addressed; a missing one is refused before everything else (ServiceCatalog).

extension Shape {
  static let newTableName = Shape.text(
    TextRule(min: 3, max: 255, pattern: TableName.pattern))
  private static let units = Shape.integer(typeName: "Long", BoundRule(min: 1))

  static let provisionedThroughput = Shape.structure(
    typeName: "ProvisionedThroughput",
    [
      ShapeMember("ReadCapacityUnits", units, required: true),
      ShapeMember("WriteCapacityUnits", units, required: true),
    ])
  static let onDemandThroughput = Shape.structure(
    typeName: "OnDemandThroughput",
    [
      ShapeMember("MaxReadRequestUnits", .integer(typeName: "Long", .none)),
      ShapeMember("MaxWriteRequestUnits", .integer(typeName: "Long", .none)),
    ])
  private static let warmThroughput = Shape.structure(
    typeName: "WarmThroughput",
    [
      ShapeMember("ReadUnitsPerSecond", units), ShapeMember("WriteUnitsPerSecond", units),
    ])
  static let billingMode = Shape.oneOf("PROVISIONED", "PAY_PER_REQUEST")
  private static let tableClass = Shape.oneOf("STANDARD", "STANDARD_INFREQUENT_ACCESS")
  private static let streamSpecification = Shape.structure(
    typeName: "StreamSpecification",
    [
      ShapeMember("StreamEnabled", .boolean, required: true),
      ShapeMember(
        "StreamViewType", .oneOf("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")),
    ])
  static let encryption = Shape.structure(
    typeName: "SSESpecification",
    [
      ShapeMember("Enabled", .boolean), ShapeMember("SSEType", .oneOf("AES256", "KMS")),
      ShapeMember("KMSMasterKeyId", .anyText),
    ])
  private static let tags = Shape.list(
    .structure(
      typeName: "Tag",
      [
        ShapeMember("Key", .text(TextRule(min: 1, max: 128)), required: true),
        ShapeMember("Value", .text(TextRule(min: 0, max: 256)), required: true),
      ]), .none)

  private static func keySchema(most: Int) -> Shape {
    .list(
      .structure(
        typeName: "KeySchemaElement",
        [
          ShapeMember("AttributeName", .text(TextRule(min: 1, max: 255)), required: true),
          ShapeMember("KeyType", .oneOf("HASH", "RANGE"), required: true),
        ]), BoundRule(min: 1, max: most))
  }

  private static let attributeDefinitions = Shape.list(
    .structure(
      typeName: "AttributeDefinition",
      [
        ShapeMember("AttributeName", .text(TextRule(min: 1, max: 255)), required: true),
        ShapeMember("AttributeType", .oneOf("B", "N", "S"), required: true),
      ]), .none)
  private static let projection = Shape.structure(
    typeName: "Projection",
    [
      ShapeMember("ProjectionType", .oneOf("ALL", "INCLUDE", "KEYS_ONLY")),
      ShapeMember(
        "NonKeyAttributes", .list(.text(TextRule(min: 1, max: 255)), BoundRule(min: 1, max: 100))),
    ])

  private static func index(_ typeName: String, keysMost: Int) -> [ShapeMember] {
    [
      ShapeMember("IndexName", indexName, required: true),
      ShapeMember("KeySchema", keySchema(most: keysMost), required: true),
      ShapeMember("Projection", projection, required: true),
    ]
  }

  /// Up to four partition and four sort attributes.
  private static let globalIndex =
    index("GlobalSecondaryIndex", keysMost: 8) + [
      ShapeMember("ProvisionedThroughput", provisionedThroughput),
      ShapeMember("OnDemandThroughput", onDemandThroughput),
      ShapeMember("WarmThroughput", warmThroughput),
    ]

  static let globalIndexes = Shape.list(
    .structure(typeName: "GlobalSecondaryIndex", globalIndex), .none)
  static let localIndexes = Shape.list(
    .structure(typeName: "LocalSecondaryIndex", index("LocalSecondaryIndex", keysMost: 2)), .none)

  static let createTable = Shape.structure(
    typeName: "CreateTableInput",
    [
      ShapeMember("TableName", newTableName, required: true),
      ShapeMember("AttributeDefinitions", attributeDefinitions, required: true),
      ShapeMember("KeySchema", keySchema(most: 2), required: true),
      ShapeMember("BillingMode", billingMode),
      ShapeMember("ProvisionedThroughput", provisionedThroughput),
      ShapeMember("LocalSecondaryIndexes", localIndexes),
      ShapeMember("GlobalSecondaryIndexes", globalIndexes),
      ShapeMember("StreamSpecification", streamSpecification),
      ShapeMember("SSESpecification", encryption),
      ShapeMember("Tags", tags),
      ShapeMember("TableClass", tableClass),
      ShapeMember("DeletionProtectionEnabled", .boolean),
      ShapeMember("WarmThroughput", warmThroughput),
      ShapeMember("OnDemandThroughput", onDemandThroughput),
      ShapeMember("ResourcePolicy", .anyText),
    ])

  static let updateTable = Shape.structure(
    typeName: "UpdateTableInput",
    [
      ShapeMember("TableName", newTableName, required: true),
      ShapeMember("AttributeDefinitions", attributeDefinitions),
      ShapeMember("BillingMode", billingMode),
      ShapeMember("ProvisionedThroughput", provisionedThroughput),
      ShapeMember("GlobalSecondaryIndexUpdates", .list(globalIndexUpdate, .none)),
      ShapeMember("StreamSpecification", streamSpecification),
      ShapeMember("SSESpecification", encryption),
      ShapeMember("TableClass", tableClass),
      ShapeMember("DeletionProtectionEnabled", .boolean),
      ShapeMember("WarmThroughput", warmThroughput),
      ShapeMember("OnDemandThroughput", onDemandThroughput),
    ] + replicaMembers)

  private static let globalIndexUpdate = Shape.structure(
    typeName: "GlobalSecondaryIndexUpdate",
    [
      ShapeMember(
        "Update",
        .structure(
          typeName: "UpdateGlobalSecondaryIndexAction",
          [
            ShapeMember("IndexName", indexName, required: true),
            ShapeMember("ProvisionedThroughput", provisionedThroughput),
            ShapeMember("OnDemandThroughput", onDemandThroughput),
            ShapeMember("WarmThroughput", warmThroughput),
          ])),
      ShapeMember(
        "Create", .structure(typeName: "CreateGlobalSecondaryIndexAction", globalIndex)),
      ShapeMember(
        "Delete",
        .structure(
          typeName: "DeleteGlobalSecondaryIndexAction",
          [ShapeMember("IndexName", indexName, required: true)])),
    ])

  /// DescribeTable, DeleteTable and the other operations that only name a table.
  static let tableAlone = Shape.structure(
    typeName: "DescribeTableInput", [ShapeMember("TableName", newTableName, required: true)])

  static let updateTimeToLive = Shape.structure(
    typeName: "UpdateTimeToLiveInput",
    [
      ShapeMember("TableName", newTableName, required: true),
      ShapeMember(
        "TimeToLiveSpecification",
        .structure(
          typeName: "TimeToLiveSpecification",
          [
            ShapeMember("Enabled", .boolean, required: true),
            ShapeMember("AttributeName", .text(TextRule(min: 1, max: 255)), required: true),
          ]), required: true),
    ])

  static let listTables = Shape.structure(
    typeName: "ListTablesInput",
    [
      ShapeMember(
        "ExclusiveStartTableName",
        .text(TextRule(min: 3, max: 255, pattern: TableName.pattern))),
      ShapeMember("Limit", .integer(typeName: "Integer", BoundRule(min: 1, max: 100))),
    ])

  private static let resourceArn = Shape.text(TextRule(min: 1, max: 1_283))

  static let tagResource = Shape.structure(
    typeName: "TagResourceInput",
    [
      ShapeMember("ResourceArn", resourceArn, required: true),
      ShapeMember("Tags", tags, required: true),
    ])

  static let getResourcePolicy = Shape.structure(
    typeName: "GetResourcePolicyInput", [ShapeMember("ResourceArn", resourceArn, required: true)])

  static let deleteResourcePolicy = Shape.structure(
    typeName: "DeleteResourcePolicyInput",
    [
      ShapeMember("ResourceArn", resourceArn, required: true),
      ShapeMember("ExpectedRevisionId", .text(TextRule(min: 1, max: 255))),
    ])

  static let putResourcePolicy = Shape.structure(
    typeName: "PutResourcePolicyInput",
    [
      ShapeMember("ResourceArn", resourceArn, required: true),
      ShapeMember("Policy", .anyText, required: true),
      ShapeMember("ExpectedRevisionId", .text(TextRule(min: 1, max: 255))),
      ShapeMember("ConfirmRemoveSelfResourceAccess", .boolean),
    ])

  static let untagResource = Shape.structure(
    typeName: "UntagResourceInput",
    [
      ShapeMember("ResourceArn", resourceArn, required: true),
      ShapeMember("TagKeys", .list(.text(TextRule(min: 1, max: 128)), .none), required: true),
    ])

  static let listTagsOfResource = Shape.structure(
    typeName: "ListTagsOfResourceInput",
    [
      ShapeMember("ResourceArn", resourceArn, required: true),
      ShapeMember("NextToken", .anyText),
    ])

  static let empty = Shape.structure(typeName: "DescribeLimitsInput", [])
}
