// The request shapes of the streams API, of change data capture to Kinesis and of insights.
//
// Bounds are the service model's. A Limit above the page's maximum is no broken constraint:
// ListStreams and DescribeStream serve their maximum, GetRecords refuses in its own words.

extension Shape {
  private static let streamArn = Shape.text(TextRule(min: 37, max: 1_024))
  private static let shardId = Shape.text(TextRule(min: 28, max: 65))
  private static let positive = Shape.integer(typeName: "Integer", BoundRule(min: 1))

  static let listStreams = Shape.structure(
    typeName: "ListStreamsInput",
    [
      ShapeMember(
        "TableName", .text(TextRule(min: 3, max: 255, pattern: TableName.pattern))),
      ShapeMember("Limit", positive),
      ShapeMember("ExclusiveStartStreamArn", streamArn),
    ])

  static let describeStream = Shape.structure(
    typeName: "DescribeStreamInput",
    [
      ShapeMember("StreamArn", streamArn, required: true),
      ShapeMember("Limit", positive),
      ShapeMember("ExclusiveStartShardId", shardId),
      ShapeMember(
        "ShardFilter",
        .structure(
          typeName: "ShardFilter",
          [ShapeMember("Type", .oneOf("CHILD_SHARDS")), ShapeMember("ShardId", shardId)])),
    ])

  static let getShardIterator = Shape.structure(
    typeName: "GetShardIteratorInput",
    [
      ShapeMember("StreamArn", streamArn, required: true),
      ShapeMember("ShardId", shardId, required: true),
      ShapeMember(
        "ShardIteratorType",
        .oneOf("TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"),
        required: true),
      ShapeMember("SequenceNumber", .text(TextRule(min: 21, max: 40))),
    ])

  private static let precision = Shape.structure(
    typeName: "KinesisStreamingConfiguration",
    [
      ShapeMember("ApproximateCreationDateTimePrecision", .oneOf("MILLISECOND", "MICROSECOND"))
    ])

  static let describeKinesisDestination = Shape.structure(
    typeName: "DescribeKinesisStreamingDestinationInput",
    [ShapeMember("TableName", tableName, required: true)])

  static let changeKinesisDestination = Shape.structure(
    typeName: "KinesisStreamingDestinationInput",
    [
      ShapeMember("TableName", tableName, required: true),
      ShapeMember("StreamArn", streamArn, required: true),
      ShapeMember("EnableKinesisStreamingConfiguration", precision),
      ShapeMember("UpdateKinesisStreamingConfiguration", precision),
    ])

  static let describeContributorInsights = Shape.structure(
    typeName: "DescribeContributorInsightsInput",
    [ShapeMember("TableName", tableName, required: true), ShapeMember("IndexName", indexName)])

  static let listContributorInsights = Shape.structure(
    typeName: "ListContributorInsightsInput",
    [
      ShapeMember("TableName", tableName), ShapeMember("NextToken", .text(TextRule())),
      ShapeMember("MaxResults", .integer(typeName: "Integer", BoundRule(max: 100))),
    ])

  static let updateContributorInsights = Shape.structure(
    typeName: "UpdateContributorInsightsInput",
    [
      ShapeMember("TableName", tableName, required: true), ShapeMember("IndexName", indexName),
      ShapeMember("ContributorInsightsAction", .oneOf("ENABLE", "DISABLE"), required: true),
      ShapeMember(
        "ContributorInsightsMode", .oneOf("ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS")),
    ])

  static let getRecords = Shape.structure(
    typeName: "GetRecordsInput",
    [
      ShapeMember("ShardIterator", .text(TextRule(min: 1, max: 2_048)), required: true),
      ShapeMember("Limit", positive),
    ])
}
