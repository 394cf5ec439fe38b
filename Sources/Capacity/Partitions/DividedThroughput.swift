// The old scheme: a table's provisioned throughput divided evenly over its partitions.
//
// Before adaptive capacity and global admission control a partition had a fixed share of the
// table's throughput, and of its burst, whatever the others did with theirs; a split halved the
// share ("throughput dilution"; capacity.md 2, 3.1, ATC22 4). 3,200 units/s on four partitions are
// 800 each; raised to 6,000 they are split over eight, 750 each; 400 over four leave a partition
// that is asked for 150 with 100. An option, to reproduce what was measured in those years and to
// show what adaptive capacity is worth; split for heat is a setting of its own.
//
// A share is 1 / weight of the table. Every share's bucket has the table's rate and depth, and a
// unit taken from it weighs `weight` units: exact in integers, whatever the weight and the rate.

import Units

/// What each partition's share of the throughput has left on one axis.
struct DividedThroughput: Sendable {
  /// By partition: how often its share goes into the table's throughput.
  private var weights: [Int64]
  private var levels: [BucketLevel]

  /// Even shares, each filled as the table's bucket is.
  init(count: Int, level: BucketLevel) {
    weights = Array(repeating: Int64(max(1, count)), count: count)
    levels = Array(repeating: level, count: count)
  }

  /// Halves the share of a partition's parent for each partition that has been split off since.
  private mutating func follow(_ partitions: PartitionMap) {
    while levels.count < partitions.count {
      let parent = partitions.parent(of: levels.count)
      weights[parent] *= 2
      weights.append(weights[parent])
      levels.append(levels[parent])
    }
  }

  /// nil when a partition's share leaves room, else what it is short of.
  mutating func refuses(
    _ partition: Int, of partitions: PartitionMap, at now: Instant, _ rate: BucketRate
  ) -> CapacityUnits? {
    follow(partitions)
    levels[partition].refill(at: now, rate)
    if levels[partition].grains > 0 { return nil }
    let missing = levels[partition].shortfall(above: 0).halves
    return CapacityUnits(halves: (missing - 1) / weights[partition] + 1)
  }

  /// Takes what a request consumed from its partition's share, into debt if need be.
  mutating func consume(
    _ partition: Int, of partitions: PartitionMap, halves: Int64, at now: Instant,
    _ rate: BucketRate
  ) {
    follow(partitions)
    levels[partition].refill(at: now, rate)
    levels[partition].grains -= halves * BucketRate.grainsPerHalf * weights[partition]
  }

  /// Goes over to another rate: the time up to `now` is granted at the old one.
  mutating func setRate(_ new: BucketRate, from old: BucketRate, at now: Instant) {
    for partition in levels.indices {
      levels[partition].refill(at: now, old)
      levels[partition].grains = min(levels[partition].grains, new.capacity)
    }
  }
}
