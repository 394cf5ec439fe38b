// What the two followers of each partition have left for eventually consistent reads.
//
// A partition is kept three times; strong reads and writes go to the leader, an eventually
// consistent read to any replica (capacity.md 8, ATC22 3). The published ceiling of 3,000 read
// units/s does not say how it counts the half units of eventually consistent reads. The one
// measurement there is took 4,500 units/s, 9,000 such queries/s, from one partition and explained
// it by its three nodes. It fits nodes that each do 3,000 reads/s: then a half unit costs its node
// as much as a whole unit of a strong read, and each node gives 1,500 (inferred). So the ceiling
// per replica is a setting, and without it there are no followers.
//
// All three have the leader's rate and depth; an eventually consistent half unit weighs 3,000 over
// the setting. Which replica serves a read is a hash of the partition and the number of the read
// there: even, without order, and the same for every driver that asks in the same order.

import Units

/// Buckets of the followers of every partition of a table or index.
struct FollowerBuckets: Sendable {
  /// Leader and followers (capacity.md 8).
  static let replicas: UInt64 = 3

  /// Grains that half an eventually consistent unit takes from the replica that serves it.
  private let grainsPerHalf: Int64
  /// Two per partition.
  private var levels: [BucketLevel] = []
  /// Reads decided so far, by partition.
  private var decided: [UInt64] = []

  /// - Parameter unitsPerReplica: eventually consistent units/s of one replica; 1,500 makes half a
  ///   unit as heavy as one strong unit.
  init(unitsPerReplica: Int) {
    let ceiling = Int64(ServiceConstants.partitionReadUnits)
    grainsPerHalf = BucketRate.grainsPerHalf * ceiling / Int64(max(1, unitsPerReplica))
  }

  /// Adds the next partition, both followers at `level`.
  mutating func append(_ level: BucketLevel) {
    levels.append(level)
    levels.append(level)
    decided.append(0)
  }

  /// The replica that serves the partition's next read; 0 is the leader.
  func replica(_ partition: Int) -> Int {
    var z = decided[partition] &+ UInt64(partition) << 40 &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % Self.replicas)
  }

  /// The next read's turn: the last one was decided.
  mutating func next(_ partition: Int) { decided[partition] += 1 }

  /// What a follower (1 or 2) has after a refill.
  mutating func refilled(
    _ partition: Int, _ replica: Int, at now: Instant, _ rate: BucketRate
  ) -> BucketLevel {
    let place = partition * 2 + replica - 1
    levels[place].refill(at: now, rate)
    return levels[place]
  }

  /// Takes an admitted read from its replica; what it takes from the leader is left to the caller.
  mutating func read(
    _ partition: Int, halves: Int64, at now: Instant, _ rate: BucketRate
  ) -> (replica: Int, grains: Int64) {
    let replica = replica(partition)
    next(partition)
    let grains = halves * grainsPerHalf
    if replica > 0 { spend(grains, at: partition * 2 + replica - 1, now, rate) }
    return (replica, grains)
  }

  /// Takes a write from both followers, which apply it as the leader does.
  mutating func write(_ partition: Int, halves: Int64, at now: Instant, _ rate: BucketRate) {
    for follower in 0..<2 {
      spend(halves * BucketRate.grainsPerHalf, at: partition * 2 + follower, now, rate)
    }
  }

  private mutating func spend(_ grains: Int64, at place: Int, _ now: Instant, _ rate: BucketRate) {
    levels[place].refill(at: now, rate)
    levels[place].grains -= grains
  }
}
