// What a restart keeps of the admission of a table or index.
//
// Kept: what took long to earn or to spend, namely the table-level tokens, the highest provisioned
// throughput, the on-demand peak and growth, and where partitions were cut. Not kept: the short
// buckets of partitions, which start full, the heat that has not yet led to a split, and on-demand
// levels too young to count as a peak. Counters start anew.

/// The lasting part of one axis.
public struct AxisMemory: Hashable, Sendable {
  /// Tokens of the table-level bucket in grains (10^9 to half a unit), negative as debt.
  public var grains: Int64
  /// Highest units/s ever provisioned.
  public var provisionedMax: Int
  /// Units/s; zeros while provisioned.
  public var warm: Int
  public var previousPeak: Int
  public var grown: Int

  public init(grains: Int64, provisionedMax: Int, warm: Int, previousPeak: Int, grown: Int) {
    self.grains = grains
    self.provisionedMax = provisionedMax
    self.warm = warm
    self.previousPeak = previousPeak
    self.grown = grown
  }
}

/// The lasting part of a table's or index's admission.
public struct AdmissionMemory: Hashable, Sendable {
  /// First positions of all partitions but the first, ascending.
  public var cuts: [UInt64]
  public var read: AxisMemory
  public var write: AxisMemory

  public init(cuts: [UInt64], read: AxisMemory, write: AxisMemory) {
    self.cuts = cuts
    self.read = read
    self.write = write
  }
}
