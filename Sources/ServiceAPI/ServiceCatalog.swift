// Every operation of the service's two APIs by name, and the shape of those that are built.
//
// The one list: the router, the engine's registry and the test against the service's published
// model read it. A name that has no shape answers UnknownOperationException, like a name that is
// not listed. Names: the service's API models of November 2026 (features.md 3.9).

/// The service's operations.
public enum ServiceCatalog {
  /// What precedes an operation's name in X-Amz-Target.
  public static let targetPrefixes: [StaticString] = [
    "DynamoDB_20120810", "DynamoDBStreams_20120810",
  ]

  /// Names of DynamoDB_20120810, 62 of them.
  public static let operations = [
    "BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "CancelBulkOperation",
    "CreateBackup", "CreateGlobalTable", "CreateTable", "DeleteBackup", "DeleteItem",
    "DeleteResourcePolicy", "DeleteTable", "DescribeBackup", "DescribeBulkOperation",
    "DescribeContinuousBackups", "DescribeContributorInsights", "DescribeEndpoints",
    "DescribeExport", "DescribeGlobalTable", "DescribeGlobalTableSettings", "DescribeImport",
    "DescribeKinesisStreamingDestination", "DescribeLimits", "DescribeTable",
    "DescribeTableReplicaAutoScaling", "DescribeTimeToLive",
    "DisableKinesisStreamingDestination", "EnableKinesisStreamingDestination",
    "ExecuteStatement", "ExecuteTransaction", "ExportTableToPointInTime", "GetItem",
    "GetResourcePolicy", "ImportTable", "ListBackups", "ListBulkOperations",
    "ListContributorInsights", "ListExports", "ListGlobalTables", "ListImports", "ListTables",
    "ListTagsOfResource", "PutItem", "PutResourcePolicy", "Query", "RestoreTableFromBackup",
    "RestoreTableToPointInTime", "Scan", "SearchVectors", "StartBulkPutItems", "TagResource",
    "TransactGetItems", "TransactWriteItems", "UntagResource", "UpdateContinuousBackups",
    "UpdateContributorInsights", "UpdateGlobalTable", "UpdateGlobalTableSettings", "UpdateItem",
    "UpdateKinesisStreamingDestination", "UpdateTable", "UpdateTableReplicaAutoScaling",
    "UpdateTimeToLive",
  ]

  /// Names of DynamoDBStreams_20120810.
  public static let streamOperations = [
    "DescribeStream", "GetRecords", "GetShardIterator", "ListStreams",
  ]

  /// The request shape of an operation that is built.
  public static func shape(of operation: String) -> Shape? { shapes[operation] }

  private static let shapes: [String: Shape] = [
    "BatchExecuteStatement": .batchExecuteStatement,
    "BatchGetItem": .batchGetItem,
    "BatchWriteItem": .batchWriteItem,
    "CreateBackup": .createBackup,
    "CreateGlobalTable": .createGlobalTable,
    "DescribeGlobalTable": .globalTableAlone,
    "DescribeGlobalTableSettings": .globalTableAlone,
    "DescribeTableReplicaAutoScaling": .tableAlone,
    "ListGlobalTables": .listGlobalTables,
    "UpdateGlobalTable": .updateGlobalTable,
    "UpdateGlobalTableSettings": .updateGlobalTableSettings,
    "UpdateTableReplicaAutoScaling": .updateReplicaAutoScaling,
    "CreateTable": .createTable,
    "DeleteBackup": .backupAlone,
    "DeleteItem": .deleteItem,
    "DeleteTable": .tableAlone,
    "DeleteResourcePolicy": .deleteResourcePolicy,
    "DescribeBackup": .backupAlone,
    "DescribeContinuousBackups": .tableAlone,
    "DescribeContributorInsights": .describeContributorInsights,
    "DescribeEndpoints": .empty,
    "DescribeExport": .describeExport,
    "DescribeImport": .describeImport,
    "DescribeKinesisStreamingDestination": .describeKinesisDestination,
    "DescribeLimits": .empty,
    "DescribeStream": .describeStream,
    "DescribeTable": .tableAlone,
    "DescribeTimeToLive": .tableAlone,
    "DisableKinesisStreamingDestination": .changeKinesisDestination,
    "EnableKinesisStreamingDestination": .changeKinesisDestination,
    "ExecuteStatement": .executeStatement,
    "ExecuteTransaction": .executeTransaction,
    "ExportTableToPointInTime": .exportTableToPointInTime,
    "GetItem": .getItem,
    "GetRecords": .getRecords,
    "GetShardIterator": .getShardIterator,
    "GetResourcePolicy": .getResourcePolicy,
    "ImportTable": .importTable,
    "ListBackups": .listBackups,
    "ListContributorInsights": .listContributorInsights,
    "ListExports": .listExports,
    "ListImports": .listImports,
    "ListStreams": .listStreams,
    "ListTables": .listTables,
    "ListTagsOfResource": .listTagsOfResource,
    "PutItem": .putItem,
    "PutResourcePolicy": .putResourcePolicy,
    "Query": .query,
    "RestoreTableFromBackup": .restoreTableFromBackup,
    "RestoreTableToPointInTime": .restoreTableToPointInTime,
    "Scan": .scan,
    "TagResource": .tagResource,
    "TransactGetItems": .transactGetItems,
    "TransactWriteItems": .transactWriteItems,
    "UntagResource": .untagResource,
    "UpdateContinuousBackups": .updateContinuousBackups,
    "UpdateContributorInsights": .updateContributorInsights,
    "UpdateItem": .updateItem,
    "UpdateKinesisStreamingDestination": .changeKinesisDestination,
    "UpdateTable": .updateTable,
    "UpdateTimeToLive": .updateTimeToLive,
  ]

  /// Operations whose missing TableName is refused in other words, before all else.
  private static let namingOperations: Set<String> = [
    "CreateTable", "UpdateTable", "DeleteTable", "DescribeTable", "UpdateTimeToLive",
    "DescribeTimeToLive", "DescribeContinuousBackups",
  ]

  /// Reads and checks a body up to its constraints.
  public static func read(
    _ operation: String, body: UnsafeRawBufferPointer
  ) throws(ServiceError) -> WireValue {
    guard let shape = shapes[operation] else { throw .unknownOperation }
    guard let value = WireValue(body: body), case .object = value else {
      throw .serialization(nil)
    }
    if let fault = shape.typeFault(value) { throw fault }
    if namingOperations.contains(operation), value["TableName"] == nil {
      throw .validation("The parameter 'TableName' is required but was not present in the request")
    }
    if let fault = shape.constraintFault(value) { throw fault }
    return value
  }
}
