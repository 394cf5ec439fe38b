// Limits by axis: what admission, partitions and scaling ask for as "this axis's".

import Units

extension ServiceConstants {
  /// Unused capacity a provisioned table or index retains, as a span of its rate.
  static let burst = Nanoseconds.seconds(Int64(burstSeconds))
  /// What a new on-demand table or index serves at once.
  static let newOnDemandThroughput = WarmThroughput(
    readUnitsPerSecond: onDemandInitialReadUnits, writeUnitsPerSecond: onDemandInitialWriteUnits)
  /// Read units that weigh as much as one write unit under a combined ceiling (capacity.md 9, X2).
  static let readUnitsPerWriteUnit = Int64(partitionReadUnits / partitionWriteUnits)
}

extension CapacityAxis {
  /// Units/s one partition serves on this axis.
  var partitionCeiling: Int {
    self == .read ? ServiceConstants.partitionReadUnits : ServiceConstants.partitionWriteUnits
  }
}

extension WarmThroughput {
  /// The value of one axis in units/s.
  subscript(axis: CapacityAxis) -> Int {
    get { axis == .read ? readUnitsPerSecond : writeUnitsPerSecond }
    set {
      if axis == .read { readUnitsPerSecond = newValue } else { writeUnitsPerSecond = newValue }
    }
  }
}
