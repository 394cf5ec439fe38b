// The backlog of writes on their way into a global secondary index.
//
// Index updates are asynchronous; a write to the base table is refused when the index lacks
// capacity (capacity.md 3.3). The service documents the refusal, not a buffer, so by default
// (`indexBufferSeconds` = 0) the index is checked at once. With a buffer, writes the index cannot
// take yet wait, drain at the index's rate, and only a full buffer refuses base writes.
//
// The backlog is the debt of the index's own bucket: a bucket at -d units is a queue of d units
// that drains at the bucket's rate. Burst tokens are used before anything waits, and no second set
// of books can disagree with the first. A hot index partition has its own debt, bounded by the same
// size; the debts of several hot partitions are not added up.

import Units

/// Size of an index's write buffer and what a bucket's level means for it.
struct GlobalSecondaryIndexBuffer: Hashable, Sendable {
  /// In seconds of the index's write capacity; zero holds nothing.
  var depth: Nanoseconds

  init(seconds: Double) { depth = max(.zero, Nanoseconds(seconds: seconds)) }

  /// Level in grains at which the buffer is full: zero or below.
  func floor(_ rate: BucketRate) -> Int64 {
    let (size, overflow) = rate.grainsPerNanosecond.multipliedReportingOverflow(by: depth.count)
    return overflow ? -BucketRate.capacityMax : -min(size, BucketRate.capacityMax)
  }

  /// Half-units waiting, rounded up: the bucket's debt.
  func backlog(_ level: BucketLevel) -> CapacityUnits {
    guard depth > .zero, level.grains < 0 else { return .zero }
    return CapacityUnits(halves: (-level.grains - 1) / BucketRate.grainsPerHalf + 1)
  }
}
