// What admission needs to know about one table or global secondary index before the first request.
//
// Values only: a scenario's table and index descriptions are turned into one of these each. Keys,
// projections and prices are of no concern to admission.

public import Units

/// Throughput settings, size and quota of one table or index in one region.
public struct ResourceThroughput: Hashable, Sendable {
  public var isIndex: Bool
  public var mode: CapacityMode
  /// nil: a new on-demand table's 12,000/4,000, or the provisioned values (capacity.md 2.1).
  public var warmThroughput: WarmThroughput?
  /// Data stored at the start.
  public var bytes: ByteCount
  /// Partitions at the start; nil derives them from warm throughput and size.
  public var partitions: Int?
  /// A local secondary index keeps item collections in one partition.
  public var hasLocalIndexes: Bool
  /// On-demand quota of this table or index in units/s (40,000 by default).
  public var quota: WarmThroughput

  public init(isIndex: Bool, mode: CapacityMode) {
    self.isIndex = isIndex
    self.mode = mode
    warmThroughput = nil
    bytes = .zero
    partitions = nil
    hasLocalIndexes = false
    quota = WarmThroughput(
      readUnitsPerSecond: ServiceConstants.tableQuotaUnits,
      writeUnitsPerSecond: ServiceConstants.tableQuotaUnits)
  }
}
