// Admission of many requests at once, for drivers that advance time in steps.
//
// The same buckets, counts and heat as request by request: a step reads what a bucket holds and how
// fast it fills, decides for itself how many of its requests pass, and puts back what they took. A
// bucket's level after a step is min(depth, level + rate x step - taken), so a step in which tokens
// were discarded at the cap and later missed must be short; the driver chooses its steps for that.
// Levels are in half-units as Double here: a step's requests are an expectation, not a request.

public import Units

/// What a bucket offers a step.
public struct BucketOffer: Hashable, Sendable {
  /// Half-units above the level down to which requests pass, as of the last settlement.
  public var halves: Double
  /// Half-units per second.
  public var rate: Double
  /// Most half-units it holds.
  public var depth: Double

  public init(halves: Double, rate: Double, depth: Double) {
    self.halves = halves
    self.rate = rate
    self.depth = depth
  }
}

extension ResourceAdmission {
  /// The table-level bucket of an axis.
  ///
  /// Mutating, as the other questions here, though it only reads: so it is asked in place, where a
  /// plain one would copy the whole value, with a reference count for each of its arrays.
  public mutating func offer(_ axis: CapacityAxis) -> BucketOffer {
    axis == .read
      ? BucketOffer(read.bucket, read.rate, floor: read.floor)
      : BucketOffer(write.bucket, write.rate, floor: write.floor)
  }

  /// The bucket of a partition's ceiling on an axis; a ceiling that both axes share is asked for
  /// reads.
  public mutating func offer(_ axis: CapacityAxis, partition: Int) -> BucketOffer {
    partitions.offer(partition, axis, floor: axis == .read ? read.floor : write.floor)
  }

  /// Settles the table level for a step that ends at `now` and took `halves`.
  public mutating func settle(_ axis: CapacityAxis, halves: Double, at now: Instant) {
    if axis == .read {
      read.bucket.settle(halves, read.rate, at: now)
    } else {
      write.bucket.settle(halves, write.rate, at: now)
    }
  }

  /// Settles a partition's bucket for a step that ends at `now` and took `halves`.
  public mutating func settle(
    _ axis: CapacityAxis, partition: Int, halves: Double, at now: Instant
  ) {
    partitions.settle(partition, axis, halves: halves, at: now)
  }

  /// Puts a level that a driver has tracked by itself into force: of a partition's bucket, or of
  /// the table level when `partition` is nil.
  public mutating func setLevel(
    _ axis: CapacityAxis, partition: Int?, halves: Double, at now: Instant
  ) {
    let floor = self[axis].floor
    let level = BucketLevel(
      grains: floor + Int64(halves * Double(BucketRate.grainsPerHalf)), refilledAt: now)
    if let partition {
      partitions.setLevel(partition, axis, level)
    } else {
      self[axis].bucket = level
    }
  }

  /// Counts what a step consumed in a partition; `peakSecond` is its busiest second's part.
  public mutating func count(
    _ axis: CapacityAxis, partition: Int, halves: Int64, peakSecond: Int64
  ) {
    if axis == .read { read.consumed += halves } else { write.consumed += halves }
    partitions.count(partition, axis, halves: halves, peakSecond: peakSecond)
  }

  /// Counts refusals by the table level (`partition` nil) or by a partition's ceiling.
  public mutating func countRefusals(
    _ axis: CapacityAxis, _ cause: ThrottleCause, _ count: Int64, partition: Int?
  ) {
    self[axis].throttles[cause] += count
    if let partition { partitions.countRefusals(partition, axis, count) }
  }

  /// The cause of a refusal at table level.
  public mutating func cause(_ axis: CapacityAxis) -> ThrottleCause {
    axis == .read ? read.cause : write.cause
  }

  /// Whether positions of a partition's traffic are wanted, to find where to cut it.
  public mutating func wantsPositions(of partition: Int) -> Bool {
    partitions.sampler(of: partition) >= 0
  }

  public var partitionCount: Int {
    mutating get { partitions.count }
  }

  /// Shows `halves` consumed at a position to the heat tracker.
  public mutating func observe(
    _ axis: CapacityAxis, partition: Int, halves: Int64, position: UInt64
  ) {
    let sampler = partitions.sampler(of: partition)
    if sampler >= 0 { heat.observe(sampler, axis, halves: halves, position: position) }
  }
}

extension BucketOffer {
  init(_ level: BucketLevel, _ rate: BucketRate, floor: Int64) {
    let grains = Double(BucketRate.grainsPerHalf)
    halves = Double(level.grains - floor) / grains
    self.rate = Double(rate.grainsPerNanosecond)
    depth = Double(rate.capacity - floor) / grains
  }
}

extension BucketLevel {
  /// Grants the time up to `now` and takes `halves`, in one: only what is left is capped.
  mutating func settle(_ halves: Double, _ rate: BucketRate, at now: Instant) {
    let elapsed = Double(max(0, now.nanoseconds - refilledAt.nanoseconds))
    let granted = elapsed * Double(rate.grainsPerNanosecond)
    let sum = Double(grains) + granted - halves * Double(BucketRate.grainsPerHalf)
    grains = sum >= Double(rate.capacity) ? rate.capacity : Int64(max(sum, -9e18))
    refilledAt = max(refilledAt, now)
  }
}

extension PartitionMap {
  /// Half-units/s that one partition serves on an axis.
  public static func ceiling(_ axis: CapacityAxis) -> Double {
    Double(axis.partitionCeiling * 2)
  }
}
