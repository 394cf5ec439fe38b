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
  /// nil: requests meet the table's bucket itself.
  var routers: RouterTokens?
  /// nil: a partition may use all of the table's throughput.
  var shares: DividedThroughput?

  /// Puts a limit into force at `now`; tokens above the new depth are discarded.
  mutating func setLimit(_ units: Int, depth: Nanoseconds, _ cause: ThrottleCause, at now: Instant)
  {
    bucket.refill(at: now, rate)
    limit = units
    let former = rate
    rate = BucketRate(unitsPerSecond: units, depth: depth)
    shares?.setRate(rate, from: former, at: now)
    bucket.grains = min(bucket.grains, rate.capacity)
    floor = buffer.floor(rate)
    self.cause = cause
  }

  /// Checks the table-level bucket, then the partition's.
  @inline(__always)
  mutating func check(
    _ partitions: inout PartitionMap, isEventual: Bool, position: UInt64, at now: Instant
  ) -> Decision {
    if isTableRefusing(at: now) { return refusal() }
    let partition = partitions.partition(at: position)
    if let missing = partitions.refuses(
      partition, axis, isEventual: isEventual, at: now, above: floor)
    {
      return refusal(missing)
    }
    if let missing = missingShare(partition, &partitions, at: now) { return refusal(missing) }
    return .admitted
  }

  /// Refills the table level; whether it refuses.
  @inline(__always)
  private mutating func isTableRefusing(at now: Instant) -> Bool {
    bucket.refill(at: now, rate)
    if routers == nil { return bucket.grains <= floor }
    return routers?.admits(at: now, from: &bucket, rate, above: floor) == false
  }

  /// What a partition's share of the table's throughput is short of; nil when it leaves room or
  /// throughput is not divided.
  @inline(__always)
  private mutating func missingShare(
    _ partition: Int, _ partitions: inout PartitionMap, at now: Instant
  ) -> CapacityUnits? {
    if shares == nil { return nil }
    guard let missing = shares?.refuses(partition, of: partitions, at: now, rate) else {
      return nil
    }
    partitions.countRefusals(partition, axis, 1)
    return missing
  }

  /// Counts and makes a refusal by a partition.
  private mutating func refusal(_ missing: CapacityUnits) -> Decision {
    throttles[.keyRangeThroughputExceeded] += 1
    return .throttled(.keyRangeThroughputExceeded, shortfall: missing)
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
    if isTableRefusing(at: now) { return refusal() }
    let partition = partitions.partition(at: spent.position)
    if let missing = partitions.refuses(
      partition, axis, isEventual: spent.isEventual, at: now, above: floor)
    {
      return refusal(missing)
    }
    if let missing = missingShare(partition, &partitions, at: now) { return refusal(missing) }
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
    let grains = spent.halves * BucketRate.grainsPerHalf
    bucket.grains -= routers == nil ? grains : routers?.spend(grains, at: now) ?? 0
    shares?.consume(partition, of: partitions, halves: spent.halves, at: now, rate)
    consumed += spent.halves
    let sampler = partitions.consume(
      partition, axis, isEventual: spent.isEventual, halves: spent.halves, at: now)
    if sampler >= 0 {
      heat.observe(sampler, axis, halves: spent.halves, position: spent.position)
    }
  }
}
