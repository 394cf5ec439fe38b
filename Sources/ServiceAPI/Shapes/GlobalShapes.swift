// The request shapes of global tables: the calls of 2017 and the parts of UpdateTable.

extension Shape {
  private static let positive = Shape.integer(typeName: "Long", BoundRule(min: 1))
  private static let globalName = Shape.text(
    TextRule(min: 3, max: 255, pattern: TableName.pattern))
  private static let region = ShapeMember("RegionName", .anyText, required: true)

  private static func action(_ name: String, _ more: [ShapeMember] = []) -> ShapeMember {
    ShapeMember(name, .structure(typeName: name + "ReplicaAction", [region] + more))
  }

  private static let overrides: [ShapeMember] = [
    ShapeMember("KMSMasterKeyId", .anyText),
    ShapeMember(
      "ProvisionedThroughputOverride",
      .structure(
        typeName: "ProvisionedThroughputOverride", [ShapeMember("ReadCapacityUnits", positive)])),
    ShapeMember(
      "TableClassOverride", .oneOf("STANDARD", "STANDARD_INFREQUENT_ACCESS")),
  ]

  /// UpdateTable's members about replicas.
  static let replicaMembers: [ShapeMember] = [
    ShapeMember(
      "ReplicaUpdates",
      .list(
        .structure(
          typeName: "ReplicationGroupUpdate",
          [action("Create", overrides), action("Update", overrides), action("Delete")]),
        BoundRule(min: 1))),
    ShapeMember("MultiRegionConsistency", .oneOf("EVENTUAL", "STRONG")),
    ShapeMember(
      "GlobalTableWitnessUpdates",
      .list(
        .structure(
          typeName: "GlobalTableWitnessGroupUpdate", [action("Create"), action("Delete")]),
        BoundRule(min: 1, max: 1))),
  ]

  static let createGlobalTable = Shape.structure(
    typeName: "CreateGlobalTableInput",
    [
      ShapeMember("GlobalTableName", globalName, required: true),
      ShapeMember(
        "ReplicationGroup",
        .list(
          .structure(typeName: "Replica", [ShapeMember("RegionName", .anyText)]), .none),
        required: true),
    ])

  static let globalTableAlone = Shape.structure(
    typeName: "DescribeGlobalTableInput",
    [ShapeMember("GlobalTableName", globalName, required: true)])

  static let listGlobalTables = Shape.structure(
    typeName: "ListGlobalTablesInput",
    [
      ShapeMember("ExclusiveStartGlobalTableName", globalName),
      ShapeMember("Limit", .integer(typeName: "Integer", BoundRule(min: 1))),
      ShapeMember("RegionName", .anyText),
    ])

  static let updateGlobalTable = Shape.structure(
    typeName: "UpdateGlobalTableInput",
    [
      ShapeMember("GlobalTableName", globalName, required: true),
      ShapeMember(
        "ReplicaUpdates",
        .list(
          .structure(typeName: "ReplicaUpdate", [action("Create"), action("Delete")]), .none),
        required: true),
    ])

  static let updateGlobalTableSettings = Shape.structure(
    typeName: "UpdateGlobalTableSettingsInput",
    [
      ShapeMember("GlobalTableName", globalName, required: true),
      ShapeMember("GlobalTableBillingMode", .oneOf("PROVISIONED", "PAY_PER_REQUEST")),
      ShapeMember("GlobalTableProvisionedWriteCapacityUnits", positive),
      ShapeMember(
        "ReplicaSettingsUpdate",
        .list(
          .structure(
            typeName: "ReplicaSettingsUpdate",
            [region, ShapeMember("ReplicaProvisionedReadCapacityUnits", positive)]),
          BoundRule(min: 1))),
    ])

  static let updateReplicaAutoScaling = Shape.structure(
    typeName: "UpdateTableReplicaAutoScalingInput",
    [ShapeMember("TableName", tableName, required: true)])
}
