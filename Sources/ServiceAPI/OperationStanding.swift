// What the server does with each operation of the service: three lists that leave none out.
//
// Which operations are built follows from the catalogue of shapes; here are the reasons of the
// others. The page docs/operations.md is written from these lists by their test, and a test with
// real clients holds them against the service's published model and the server's answers.

/// What the server does with an operation.
public enum OperationStanding: Hashable, Sendable {
  /// What the service does.
  case built
  /// Checks, records and describes; says what does not follow from it.
  case recorded(String)
  /// UnknownOperationException; says why.
  case unknown(String)
}

extension ServiceCatalog {
  /// The standing of an operation of the catalogue; of any other name, unknown without a reason.
  public static func standing(of operation: String) -> OperationStanding {
    guard shape(of: operation) != nil else { return .unknown(reasons[operation] ?? "") }
    return withoutEffect[operation].map(OperationStanding.recorded) ?? .built
  }

  /// Operations that are accepted and recorded.
  static let withoutEffect = byOperation([
    (
      "nothing is sent to Kinesis; the table's own stream carries the same changes",
      [
        "DescribeKinesisStreamingDestination", "DisableKinesisStreamingDestination",
        "EnableKinesisStreamingDestination", "UpdateKinesisStreamingDestination",
      ]
    ),
    (
      "there is no auto scaling to set; what is asked for is described",
      ["DescribeTableReplicaAutoScaling", "UpdateTableReplicaAutoScaling"]
    ),
  ])

  /// Operations that are not built.
  static let reasons = byOperation([
    (
      "items come in by BatchWriteItem, ImportTable or `plimsoll fill`",
      ["CancelBulkOperation", "DescribeBulkOperation", "ListBulkOperations", "StartBulkPutItems"]
    ),
    ("there are no vector indexes", ["SearchVectors"]),
  ])

  private static func byOperation(_ groups: [(reason: String, names: [String])]) -> [String: String]
  {
    var found: [String: String] = [:]
    for group in groups {
      for name in group.names { found[name] = group.reason }
    }
    return found
  }
}
