// Every figure the service publishes about capacity, in one place, with its source.
//
// Each constant's comment ends with the section of capacity.md it stands in and the confidence
// letter there: A = the service's current documents, B = measured on the real service, C = an older
// document or paper that nothing current contradicts. Figures that are inferred (I) or rest on
// second-hand notes (D) are not constants: they are settings, in CapacitySettings.swift.
//
// Plain integers with the unit at the end of the name; byte quantities that name a capacity of
// storage use ByteCount. KB, MB and GB are binary.

public import Units

/// The published figures of the service.
public enum ServiceConstants {
  // MARK: Units (capacity.md 1.0 to 1.3)

  /// Bytes one strongly consistent read unit covers: 4 KB. (1.0, A)
  public static let readUnitBytes = 4_096
  /// Bytes one write unit covers: 1 KB. (1.0, A)
  public static let writeUnitBytes = 1_024
  /// Half-units per read unit of an eventually consistent read: factor 0.5. (1.0, A)
  public static let eventualReadHalves: Int64 = 1
  /// Half-units per read unit of a strongly consistent read: factor 1. (1.0, A)
  public static let strongReadHalves: Int64 = 2
  /// Half-units per read unit of a transactional read: factor 2. (1.0, A)
  public static let transactionalReadHalves: Int64 = 4
  /// Factor on the base-table units of a transactional write: prepare and commit. (1.6, A and B)
  public static let transactionalWriteFactor: Int64 = 2
  /// Bytes at which a Query or Scan stops evaluating: 1 MB. (1.2, A)
  public static let pageBytes = 1_048_576

  // MARK: Item size beyond the item (capacity.md 1.10)

  /// Bytes billed as storage on top of every item, not part of its size. (1.10, A)
  public static let storageOverheadBytes = 100
  /// Further bytes billed as storage per item of a global table. (1.10, A)
  public static let globalTableStorageOverheadBytes = 48

  // MARK: Streams (capacity.md 1.8)

  /// Largest answer of one GetRecords call: 1 MB. (1.8, A)
  public static let getRecordsBytes = 1_048_576
  /// Most records one GetRecords call returns. (1.8, A)
  public static let getRecordsCount = 1_000
  /// GetRecords calls of a shard within a second, by all its readers. (no documentation; a comment
  /// in the issues of AWS SDK for Java 2, number 470, C)
  public static let getRecordsCallsPerSecond = 5
  /// Bytes that GetRecords returns of a shard within a second. (the same, C)
  public static let getRecordsBytesPerSecond = 2_097_152
  /// DescribeStream calls of an account within a second. (features.md 3.2, A)
  public static let describeStreamCallsPerSecond = 10
  /// Bytes one change-data-capture unit for Kinesis covers: 1 KB. (1.8, A)
  public static let changeDataCaptureUnitBytes = 1_024

  // MARK: Request limits (capacity.md 1.11)

  /// Largest item, attribute names included: 400 KB, inclusive. (1.11, A and B)
  public static let itemBytes = 409_600
  /// Bytes UpdateItem's size gate adds to any update. (1.11, B)
  public static let updateGateBytes = 3
  /// Bytes the gate adds per SET or ADD action. (1.11, B)
  public static let updateGateWritingBytes = 19
  /// Bytes the gate adds per REMOVE or DELETE action. (1.11, B)
  public static let updateGateClearingBytes = 2
  /// Further bytes the gate adds per SET of a list index. (1.11, B)
  public static let updateGateListIndexBytes = 1
  /// Further bytes the gate adds per SET that adds or subtracts. (1.11, B)
  public static let updateGateArithmeticBytes = 50
  /// Most keys of one BatchGetItem. (1.11, A)
  public static let batchGetItems = 100
  /// Largest answer of one BatchGetItem: 16 MB. (1.11, A)
  public static let batchGetBytes = 16_777_216
  /// Most puts and deletes of one BatchWriteItem. (1.11, A)
  public static let batchWriteItems = 25
  /// Largest BatchWriteItem: 16 MB. (1.11, A)
  public static let batchWriteBytes = 16_777_216
  /// Most statements of one BatchExecuteStatement. (1.7, B)
  public static let batchStatements = 25
  /// Most distinct items of one transaction. (1.11, A)
  public static let transactionItems = 100
  /// Largest aggregate size of one transaction's items: 4 MB. (1.11, A)
  public static let transactionBytes = 4_194_304
  /// Seconds a client request token stays valid after its request finished: 10 min. (1.6, A)
  public static let idempotencyTokenSeconds = 600
  /// Longest partition key value in bytes; the shortest is 1. (1.11, A)
  public static let partitionKeyBytes = 2_048
  /// Longest sort key value in bytes; the shortest is 1. (1.11, A)
  public static let sortKeyBytes = 1_024
  /// Most local secondary indexes of a table. (1.11, A)
  public static let localSecondaryIndexes = 5
  /// Most global secondary indexes of a table (adjustable quota). (1.11, A)
  public static let globalSecondaryIndexes = 20
  /// Most projected non-key attributes over all indexes of a table. (1.11, A)
  public static let projectedAttributes = 100
  /// Deepest nesting of lists and maps. (1.11, A)
  public static let nestingDepth = 32
  /// Largest item collection of a table that has local secondary indexes: 10 GB. (1.11, A)
  public static let itemCollectionBytes = ByteCount.gigabytes(10)
  /// Longest expression string: 4 KB. (1.11, A)
  public static let expressionBytes = 4_096
  /// Most operators of an UpdateExpression. (1.11, A)
  public static let updateExpressionOperators = 300
  /// Most operands of IN. (1.11, A)
  public static let inOperands = 100
  /// Largest total of the substitution values of one expression: 2 MB. (1.11, A)
  public static let expressionValuesBytes = 2_097_152

  // MARK: Control plane (capacity.md 1.11)

  /// Most tables and indexes being created, updated or deleted at once. (1.11, A)
  public static let controlPlaneConcurrent = 500
  /// Control-plane requests that change something, per second. (1.11, A)
  public static let controlPlaneRequestsPerSecond = 2_500
  /// DescribeTable and ListTables requests per second. (1.11, A)
  public static let describeTableRequestsPerSecond = 2_500
  /// DescribeTimeToLive requests per second. (1.11, A)
  public static let describeTimeToLiveRequestsPerSecond = 10

  // MARK: Partitions (capacity.md 2)

  /// Read units per second of one partition. (2, A)
  public static let partitionReadUnits = 3_000
  /// Write units per second of one partition. (2, A)
  public static let partitionWriteUnits = 1_000
  /// Bytes at which a partition splits for size: 10 GB. (2, A)
  public static let partitionBytes = ByteCount.gigabytes(10)

  // MARK: Provisioned throughput (capacity.md 3.1, 4)

  /// Seconds of unused throughput a table or index keeps for bursts. (3.1, A)
  public static let burstSeconds = 300
  /// Decreases of provisioned throughput available at the start of a UTC day, and the most that
  /// can be banked. (3.1, A)
  public static let decreasesBanked = 4
  /// Decreases gained per hour, up to `decreasesBanked`. (3.1, A)
  public static let decreasesPerHour = 1
  /// Most decreases in a UTC day: 4 + 23. (3.1, A)
  public static let decreasesPerDay = 27
  /// Smallest provisioned throughput per axis. (4, A)
  public static let provisionedMinimumUnits = 1
  /// Units per second and axis of one table or index, either mode (adjustable quota). (4, A)
  public static let tableQuotaUnits = 40_000
  /// Provisioned units per second and axis over all tables and indexes of an account and Region
  /// (adjustable quota); on-demand tables do not count. (4, A)
  public static let accountQuotaUnits = 80_000

  // MARK: On-demand (capacity.md 2.1, 4)

  /// Read units per second a new on-demand table serves at once. (2.1 and 4, A)
  public static let onDemandInitialReadUnits = 12_000
  /// Write units per second a new on-demand table serves at once. (2.1 and 4, A)
  public static let onDemandInitialWriteUnits = 4_000
  /// Multiple of the previous peak an on-demand table serves at once. (4, A)
  public static let onDemandPeakFactor = 2
  /// Seconds within which exceeding that multiple may throttle: 30 min. (4, A)
  public static let onDemandPeakSeconds = 1_800
  /// Switches from provisioned to on-demand in any 24 hours. (4, A)
  public static let switchesToOnDemandPerDay = 4

  // MARK: Auto scaling (capacity.md 5)

  /// Default target utilisation in percent. (5, A)
  public static let autoscalingTargetPercent = 70
  /// Lowest target utilisation in percent. (5, A)
  public static let autoscalingLowestTargetPercent = 20
  /// Highest target utilisation in percent. (5, A)
  public static let autoscalingHighestTargetPercent = 90
  /// Default minimum of the console, in units per second. (5, A)
  public static let autoscalingConsoleMinimumUnits = 5
  /// Seconds one data point of the alarms covers. (5, B)
  public static let alarmPeriodSeconds = 60
  /// Consecutive data points above the target that scale out. (5, A and B)
  public static let scaleOutDataPoints = 2
  /// Consecutive data points below the low threshold that scale in. (5, A and B)
  public static let scaleInDataPoints = 15
  /// Percentage points between the target and the low threshold. (5, B and C)
  public static let scaleInMarginPercentagePoints = 20
  /// Default cooldown in seconds, either direction. (5, A)
  public static let autoscalingCooldownSeconds = 0
}
