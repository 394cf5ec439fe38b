// Units of DynamoDB Streams and of change data capture to Kinesis (capacity.md 1.8).
//
// Neither consumes throughput of the table; both are counted for the bill only.

/// What change streams cost.
public enum StreamCost {
  /// Change-data-capture units of one record: one per KB begun, at least one.
  ///
  /// 1,024 B -> 1, 1,025 B -> 2. Source: capacity.md 1.8.
  public static func changeDataCaptureUnits(bytes: Int) -> Int64 {
    Int64(max(1, (bytes - 1) / ServiceConstants.changeDataCaptureUnitBytes + 1))
  }
}
