// What must hold of a partition map after any sequence of splits; tests call it.
//
// O(count); nothing on a request's path uses it. The set is only counted, never iterated.

public import Units

extension PartitionMap {
  /// nil while the ranges cover the whole space once, in order, and hold `bytes` in all.
  public func violation(bytes: ByteCount? = nil) -> String? {
    let order = inOrder
    if order.count != count { return "\(order.count) slots for \(count) partitions" }
    if Set(order).count != count { return "a partition appears twice" }
    var next: UInt64 = 0
    for (rank, partition) in order.enumerated() {
      let range = ranges[partition]
      if range.lowest != next { return "partition \(partition) leaves a gap or overlaps" }
      if range.highest < range.lowest { return "partition \(partition) is empty" }
      if self.partition(at: range.lowest) != partition { return "lookup misses a first position" }
      if self.partition(at: range.highest) != partition { return "lookup misses a last position" }
      let isLast = rank == count - 1
      if isLast != (range.highest == .max) { return "the space does not end with the last range" }
      next = range.highest &+ 1
    }
    let held = ranges.reduce(Int64(0)) { $0 + $1.bytes }
    if let bytes, held != bytes.count { return "\(held) bytes held, \(bytes.count) expected" }
    return nil
  }
}
