// The request shapes of backups, restores and point-in-time recovery.

extension Shape {
  /// A moment in seconds since 1970; fractions are allowed.
  static let time = Shape.integer(typeName: "Timestamp", .none)
  static let backupArn = Shape.text(TextRule(min: 37, max: 1_024))

  static let createBackup = Shape.structure(
    typeName: "CreateBackupInput",
    [
      ShapeMember("TableName", tableName, required: true),
      ShapeMember(
        "BackupName", .text(TextRule(min: 3, max: 255, pattern: TableName.pattern)),
        required: true),
    ])

  static let backupAlone = Shape.structure(
    typeName: "DescribeBackupInput", [ShapeMember("BackupArn", backupArn, required: true)])

  static let listBackups = Shape.structure(
    typeName: "ListBackupsInput",
    [
      ShapeMember("TableName", tableName),
      ShapeMember("Limit", .integer(typeName: "Integer", BoundRule(min: 1, max: 100))),
      ShapeMember("TimeRangeLowerBound", time),
      ShapeMember("TimeRangeUpperBound", time),
      ShapeMember("ExclusiveStartBackupArn", backupArn),
      ShapeMember("BackupType", .oneOf("USER", "SYSTEM", "AWS_BACKUP", "ALL")),
    ])

  private static let overrides: [ShapeMember] = [
    ShapeMember("TargetTableName", newTableName, required: true),
    ShapeMember("BillingModeOverride", billingMode),
    ShapeMember("GlobalSecondaryIndexOverride", globalIndexes),
    ShapeMember("LocalSecondaryIndexOverride", localIndexes),
    ShapeMember("ProvisionedThroughputOverride", provisionedThroughput),
    ShapeMember("OnDemandThroughputOverride", onDemandThroughput),
    ShapeMember("SSESpecificationOverride", encryption),
  ]

  static let restoreTableFromBackup = Shape.structure(
    typeName: "RestoreTableFromBackupInput",
    overrides + [ShapeMember("BackupArn", backupArn, required: true)])

  static let restoreTableToPointInTime = Shape.structure(
    typeName: "RestoreTableToPointInTimeInput",
    overrides + [
      ShapeMember("SourceTableArn", .anyText),
      ShapeMember("SourceTableName", tableName),
      ShapeMember("UseLatestRestorableTime", .boolean),
      ShapeMember("RestoreDateTime", time),
    ])

  static let updateContinuousBackups = Shape.structure(
    typeName: "UpdateContinuousBackupsInput",
    [
      ShapeMember("TableName", tableName, required: true),
      ShapeMember(
        "PointInTimeRecoverySpecification",
        .structure(
          typeName: "PointInTimeRecoverySpecification",
          [
            ShapeMember("PointInTimeRecoveryEnabled", .boolean, required: true),
            ShapeMember(
              "RecoveryPeriodInDays", .integer(typeName: "Integer", BoundRule(min: 1, max: 35))),
          ]), required: true),
    ])
}
