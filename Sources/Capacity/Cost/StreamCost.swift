// Units of DynamoDB Streams and of change data capture to Kinesis (capacity.md 1.8).
//
// Neither consumes throughput of the table; both are counted for the bill only.

/// Who reads a stream.
public enum StreamReader: Hashable, Sendable {
  /// GetRecords called by an application: charged.
  case application
  /// A Lambda trigger: free.
  case lambdaTrigger
  /// Replication of a global table: free.
  case globalTableReplication

  /// Whether its calls are charged.
  public var pays: Bool { self == .application }
}

/// What change streams cost.
public enum StreamCost {
  /// Stream read request units: one per GetRecords call of a reader that pays, empty answers too.
  /// Source: capacity.md 1.8.
  public static func readRequestUnits(calls: Int64, reader: StreamReader) -> Int64 {
    reader.pays ? calls : 0
  }

  /// Fewest GetRecords calls that fetch `records` of `bytes` altogether from one shard: a call
  /// returns at most 1,000 records and 1 MB. 0 when there is nothing. Source: capacity.md 1.8.
  public static func fewestCalls(records: Int64, bytes: Int64) -> Int64 {
    guard records > 0 else { return 0 }
    let byCount = (records - 1) / Int64(ServiceConstants.getRecordsCount) + 1
    let byBytes = (max(1, bytes) - 1) / Int64(ServiceConstants.getRecordsBytes) + 1
    return max(byCount, byBytes)
  }

  /// Change-data-capture units of one record: one per KB begun, at least one.
  ///
  /// 1,024 B -> 1, 1,025 B -> 2. Source: capacity.md 1.8.
  public static func changeDataCaptureUnits(bytes: Int) -> Int64 {
    Int64(max(1, (bytes - 1) / ServiceConstants.changeDataCaptureUnitBytes + 1))
  }
}
