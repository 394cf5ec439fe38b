// What one partition did, for reports: the counts behind a heat chart.
//
// A refusal is counted here only when the partition's own ceiling refused; refusals by a
// table-level limit are counted by ResourceAdmission. After a split the lower half keeps the
// parent's counts, so that sums over partitions stay the totals of the table.

public import Units

/// Counts of one axis.
public struct AxisStatistics: Hashable, Sendable {
  public var consumed: CapacityUnits
  /// Refusals by the partition's own ceiling.
  public var throttles: Int64
  /// Highest consumption in one whole second of the run.
  public var peakSecond: CapacityUnits

  public init(consumed: CapacityUnits, throttles: Int64, peakSecond: CapacityUnits) {
    self.consumed = consumed
    self.throttles = throttles
    self.peakSecond = peakSecond
  }
}

/// One partition: its range, data and counts.
public struct PartitionStatistics: Hashable, Sendable {
  public var partition: Int
  /// First and last position it owns, both inclusive.
  public var lowest: UInt64
  public var highest: UInt64
  public var bytes: ByteCount
  /// When a split made it; nil for the ones the run started with.
  public var createdAt: Instant?
  public var read: AxisStatistics
  public var write: AxisStatistics

  public init(
    partition: Int, lowest: UInt64, highest: UInt64, bytes: ByteCount, createdAt: Instant?,
    read: AxisStatistics, write: AxisStatistics
  ) {
    self.partition = partition
    self.lowest = lowest
    self.highest = highest
    self.bytes = bytes
    self.createdAt = createdAt
    self.read = read
    self.write = write
  }

  /// The range as shares of the whole space, [start, end) in 0...1, for display.
  public var rangeStart: Double { Double(lowest) / 0x1p64 }
  public var rangeEnd: Double { highest == .max ? 1 : Double(highest + 1) / 0x1p64 }
}
