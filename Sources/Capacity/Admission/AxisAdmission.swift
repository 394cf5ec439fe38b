// One axis of a table or index: its table-level bucket, limit and counts.
//
// Kept apart from ResourceAdmission so that a request touches one axis only. The table level is
// asked before the partition: the service's request router sees the table's tokens first, the
// partition's leader its own (capacity.md 3.1, ATC22 4.2).

import Units

/// What an admitted request takes, and where.
struct SpentUnits {
  var halves: Int64
  var position: UInt64
  /// Any replica of the partition may have served it.
  var isEventual = false
}

/// The table-level state of one axis.
struct AxisAdmission: Sendable {
  let axis: CapacityAxis
  var bucket: BucketLevel
  var rate: BucketRate
  /// Level in grains down to which requests pass: 0, or below with an index buffer.
  var floor: Int64 = 0
  /// The cause of a refusal at this level.
  var cause: ThrottleCause
  /// Units/s.
  var limit: Int
  /// Half-units admitted in all.
  var consumed: Int64 = 0
  var throttles = ThrottleCounts()
  /// nil while provisioned.
  var scaling: OnDemandScaling?
  /// Highest units/s ever provisioned.
  var provisionedMax: Int
  let buffer: GlobalSecondaryIndexBuffer

  /// Puts a limit into force at `now`; tokens above the new depth are discarded.
  mutating func setLimit(_ units: Int, depth: Nanoseconds, _ cause: ThrottleCause, at now: Instant)
  {
    bucket.refill(at: now, rate)
    limit = units
    rate = BucketRate(unitsPerSecond: units, depth: depth)
    bucket.grains = min(bucket.grains, rate.capacity)
    floor = buffer.floor(rate)
    self.cause = cause
  }

  /// Checks the table-level bucket, then the partition's.
  @inline(__always)
  mutating func check(
    _ partitions: inout PartitionMap, isEventual: Bool, position: UInt64, at now: Instant
  ) -> Decision {
    bucket.refill(at: now, rate)
    if bucket.grains <= floor { return refusal() }
    let partition = partitions.partition(at: position)
    if let missing = partitions.refuses(
      partition, axis, isEventual: isEventual, at: now, above: floor)
    {
      throttles[.keyRangeThroughputExceeded] += 1
      return .throttled(.keyRangeThroughputExceeded, shortfall: missing)
    }
    return .admitted
  }

  /// Counts and makes a refusal by the table level.
  private mutating func refusal() -> Decision {
    throttles[cause] += 1
    return .throttled(cause, shortfall: bucket.shortfall(above: floor))
  }

  /// Checks both buckets, and deducts and counts if both leave room: the partition is looked up
  /// once.
  @inline(__always)
  mutating func admit(
    _ spent: SpentUnits, _ partitions: inout PartitionMap, _ heat: inout HeatTracker,
    at now: Instant
  ) -> Decision {
    bucket.refill(at: now, rate)
    if bucket.grains <= floor { return refusal() }
    let partition = partitions.partition(at: spent.position)
    if let missing = partitions.refuses(
      partition, axis, isEventual: spent.isEventual, at: now, above: floor)
    {
      throttles[.keyRangeThroughputExceeded] += 1
      return .throttled(.keyRangeThroughputExceeded, shortfall: missing)
    }
    spend(spent, partition, &partitions, &heat, at: now)
    return .admitted
  }

  /// Deducts from both buckets and counts.
  @inline(__always)
  mutating func consume(
    _ spent: SpentUnits, _ partitions: inout PartitionMap, _ heat: inout HeatTracker,
    at now: Instant
  ) {
    bucket.refill(at: now, rate)
    let partition = partitions.partition(at: spent.position)
    spend(spent, partition, &partitions, &heat, at: now)
  }

  @inline(__always)
  private mutating func spend(
    _ spent: SpentUnits, _ partition: Int, _ partitions: inout PartitionMap,
    _ heat: inout HeatTracker, at now: Instant
  ) {
    bucket.grains -= spent.halves * BucketRate.grainsPerHalf
    consumed += spent.halves
    let sampler = partitions.consume(
      partition, axis, isEventual: spent.isEventual, halves: spent.halves, at: now)
    if sampler >= 0 {
      heat.observe(sampler, axis, halves: spent.halves, position: spent.position)
    }
  }
}
