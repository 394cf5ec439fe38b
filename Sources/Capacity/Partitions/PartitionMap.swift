// The partitions of one table or index: contiguous ranges of a 64-bit position, each with its own
// ceiling on reads and writes.
//
// A position orders items as the service does, by (hash of the partition key, sort key): its upper
// 40 bits are the hash, its lower 24 bits the place of the item inside its collection. The real
// hash is unpublished; any good one does (capacity.md 2). Partitions keep their number for life: a
// split leaves the lower half with the parent's number and counts and appends the upper half.
//
// Each partition has a short bucket per axis at 3,000 read and 1,000 write units/s, or one bucket
// for both when the ceiling is combined (capacity.md 2, 3.2; X2). All partitions share one rate.
// Reads are charged to the leader whatever their consistency, as the published ceiling has it,
// unless `replicaReadUnits` spreads the eventually consistent ones over three replicas: then
// FollowerBuckets keeps what the two followers have left.
//
// Partitions are split, never merged (capacity.md 2; X16).

public import Units

/// Two of these per partition, read first: one cache line each.
struct PartitionCell: Sendable {
  var bucket: BucketLevel
  /// Half-units over the partition's life.
  var consumed: Int64 = 0
  /// Refusals by the partition's own ceiling.
  var throttles: Int64 = 0
  var secondEnd: Int64 = 0
  var secondConsumed: Int64 = 0
  var peakSecond: Int64 = 0
  /// Number of the position sampler that watches the partition, or -1.
  var sampler: Int32 = -1
}

/// What changes rarely about a partition.
struct PartitionRange: Sendable {
  var lowest: UInt64
  /// Inclusive.
  var highest: UInt64
  var bytes: Int64
  var createdAt: Instant?
  /// Partition it was split from; 0 for the first ones.
  var parent = 0
}

/// The partitions of one table or index in one region.
public struct PartitionMap: Sendable {
  /// Bits of a position below the hash of the partition key.
  public static let sortBits = 24

  struct Slot: Sendable {
    var lowest: UInt64
    var partition: Int32
  }

  /// Slots of the first and of the last position of a part of the space.
  struct SlotRange: Sendable {
    var low: Int32
    var high: Int32
  }

  /// In order of position.
  private(set) var slots: [Slot] = []
  /// By 1/2^k of the space.
  private(set) var directory: [SlotRange] = []
  private(set) var directoryShift: UInt64 = 0
  var cells: [PartitionCell] = []
  /// By partition number.
  var ranges: [PartitionRange] = []
  let readRate: BucketRate
  let writeRate: BucketRate
  /// 1, or 0 when both axes draw on the first bucket.
  let writeBucket: Int
  private let writeWeight: Int64
  /// nil: eventually consistent reads count against the leader like all others.
  private(set) var followers: FollowerBuckets?

  /// `count` ranges of equal width that share `bytes` evenly.
  /// - Precondition: `count` is at least 1.
  public init(count: Int, bytes: ByteCount, settings: CapacitySettings, at start: Instant) {
    let depth = Nanoseconds(seconds: settings.partitionBurstSeconds)
    let isCombined = settings.combinedPartitionLimit
    readRate = BucketRate(unitsPerSecond: ServiceConstants.partitionReadUnits, depth: depth)
    writeRate =
      isCombined
      ? readRate : BucketRate(unitsPerSecond: ServiceConstants.partitionWriteUnits, depth: depth)
    writeBucket = isCombined ? 0 : 1
    writeWeight = isCombined ? ServiceConstants.readUnitsPerWriteUnit : 1
    followers = settings.replicaReadUnits.map { FollowerBuckets(unitsPerReplica: $0) }
    let count = UInt64(max(count, 1))
    for index in 0..<count {
      let lowest = Self.boundary(index, of: count)
      let highest = index + 1 == count ? .max : Self.boundary(index + 1, of: count) - 1
      let share = bytes.count / Int64(count) + (Int64(index) < bytes.count % Int64(count) ? 1 : 0)
      slots.append(Slot(lowest: lowest, partition: Int32(index)))
      ranges.append(PartitionRange(lowest: lowest, highest: highest, bytes: share))
      appendCells(at: start)
    }
    rebuildDirectory()
  }

  /// `index`/`count` of the space, rounded down to a hash boundary.
  private static func boundary(_ index: UInt64, of count: UInt64) -> UInt64 {
    let quotient = count.dividingFullWidth((high: index, low: 0)).quotient
    return collection(of: quotient)
  }

  public var count: Int { ranges.count }

  /// A position from a 64-bit hash of the partition key and a 32-bit rank of the sort key.
  /// Only the upper 40 and 24 bits count.
  public static func position(keyHash: UInt64, sortRank: UInt32 = 0) -> UInt64 {
    collection(of: keyHash) | UInt64(sortRank >> 8)
  }

  /// First position of the collection that `position` lies in.
  static func collection(of position: UInt64) -> UInt64 {
    position & ~((1 << UInt64(sortBits)) - 1)
  }

  /// Partitions needed for a throughput and a size (capacity.md 2 and 2.1), at least 1.
  ///
  /// Independent ceilings: max(ceil(reads/3000), ceil(writes/1000), ceil(bytes/10 GB)); a new
  /// on-demand table at 12,000/4,000 has 4. Combined: ceil(reads/3000 + writes/1000) in place of
  /// the first two; 1,000/500 has 1, 1,000/1,000 has 2, 5,000/2,000 has 4.
  public static func countNeeded(
    _ throughput: WarmThroughput, bytes: ByteCount, isCombined: Bool = false
  ) -> Int {
    let reads = max(throughput.readUnitsPerSecond, 0)
    let writes = max(throughput.writeUnitsPerSecond, 0)
    let (readCeiling, writeCeiling) = (
      CapacityAxis.read.partitionCeiling, CapacityAxis.write.partitionCeiling
    )
    let weight = Int(ServiceConstants.readUnitsPerWriteUnit)
    let forTraffic =
      isCombined
      ? ceiling(reads + writes * weight, readCeiling)
      : max(ceiling(reads, readCeiling), ceiling(writes, writeCeiling))
    let forSize = ceiling(Int(max(bytes.count, 0)), Int(ServiceConstants.partitionBytes.count))
    return max(1, forTraffic, forSize)
  }

  private static func ceiling(_ amount: Int, _ step: Int) -> Int {
    amount / step + (amount % step == 0 ? 0 : 1)
  }

  // MARK: - Per request

  /// Number of the partition that owns `position`; O(1) for even ranges, O(log count) at worst.
  @inline(__always)
  public func partition(at position: UInt64) -> Int {
    let entry = directory[Int(truncatingIfNeeded: position >> directoryShift)]
    var low = Int(entry.low)
    var high = Int(entry.high)
    while low < high {
      let middle = (low + high + 1) >> 1
      if slots[middle].lowest <= position { low = middle } else { high = middle - 1 }
    }
    return Int(slots[low].partition)
  }

  /// Refills; nil when the partition's ceiling leaves room on `axis`, else what is missing.
  /// A refusal is counted. `floor` is the level in grains down to which requests pass.
  @inline(__always)
  mutating func refuses(
    _ partition: Int, _ axis: CapacityAxis, isEventual: Bool, at now: Instant, above floor: Int64
  ) -> CapacityUnits? {
    if isEventual, followers != nil { return refusesEventual(partition, at: now) }
    let cell = partition * 2 + (axis == .read ? 0 : writeBucket)
    let bucket = cells[cell].refilled(at: now, axis == .read ? readRate : writeRate)
    if bucket.grains > floor { return nil }
    cells[partition * 2 + axis.rawValue].throttles += 1
    let missing = bucket.shortfall(above: floor).halves
    let weight = axis == .read ? 1 : writeWeight
    return CapacityUnits(halves: (missing + weight - 1) / weight)
  }

  /// Deducts and counts; returns the partition's sampler or -1.
  @inline(__always)
  mutating func consume(
    _ partition: Int, _ axis: CapacityAxis, isEventual: Bool, halves: Int64, at now: Instant
  ) -> Int32 {
    if followers != nil, isEventual || (axis == .write && writeBucket == 0) {
      return consumeOnReplicas(partition, axis, halves: halves, at: now)
    }
    let own = partition * 2 + axis.rawValue
    let shared = partition * 2 + (axis == .read ? 0 : writeBucket)
    let rate = axis == .read ? readRate : writeRate
    // One access to the array in the usual case: each costs a uniqueness check.
    if own == shared { return cells[own].spend(halves, counting: halves, rate, at: now) }
    _ = cells[shared].spend(halves * writeWeight, counting: 0, rate, at: now)
    return cells[own].count(halves, at: now)
  }

  /// `refuses` for a read that one of the three replicas serves.
  private mutating func refusesEventual(_ partition: Int, at now: Instant) -> CapacityUnits? {
    guard let replica = followers?.replica(partition) else { return nil }
    let level =
      replica == 0
      ? cells[partition * 2].refilled(at: now, readRate)
      : followers?.refilled(partition, replica, at: now, readRate)
    guard let level, level.grains <= 0 else { return nil }
    followers?.next(partition)
    cells[partition * 2].throttles += 1
    return level.shortfall(above: 0)
  }

  /// `consume` for an eventually consistent read, which one replica serves, and for a write under
  /// a combined ceiling, which all replicas apply.
  private mutating func consumeOnReplicas(
    _ partition: Int, _ axis: CapacityAxis, halves: Int64, at now: Instant
  ) -> Int32 {
    if axis == .write {
      followers?.write(partition, halves: halves * writeWeight, at: now, readRate)
      _ = cells[partition * 2].spend(halves * writeWeight, counting: 0, readRate, at: now)
      return cells[partition * 2 + 1].count(halves, at: now)
    }
    if let (replica, grains) = followers?.read(partition, halves: halves, at: now, readRate),
      replica == 0
    {
      cells[partition * 2].bucket.refill(at: now, readRate)
      cells[partition * 2].bucket.grains -= grains
    }
    return cells[partition * 2].count(halves, at: now)
  }

  /// Time until the partition's ceiling leaves room on `axis`.
  func timeUntilAdmitting(_ partition: Int, _ axis: CapacityAxis, at now: Instant) -> Nanoseconds {
    let rate = axis == .read ? readRate : writeRate
    var bucket = cells[partition * 2 + (axis == .read ? 0 : writeBucket)].bucket
    bucket.refill(at: now, rate)
    return bucket.timeUntil(above: 0, rate)
  }

  /// Adds to (or, negative, takes from) the data stored in the partition that owns `position`.
  public mutating func addBytes(_ bytes: Int64, position: UInt64) {
    let index = partition(at: position)
    ranges[index].bytes = max(0, ranges[index].bytes + bytes)
  }

  // MARK: - Many requests at once

  func offer(_ partition: Int, _ axis: CapacityAxis, floor: Int64) -> BucketOffer {
    let cell = partition * 2 + (axis == .read ? 0 : writeBucket)
    return BucketOffer(cells[cell].bucket, axis == .read ? readRate : writeRate, floor: floor)
  }

  mutating func settle(_ partition: Int, _ axis: CapacityAxis, halves: Double, at now: Instant) {
    let cell = partition * 2 + (axis == .read ? 0 : writeBucket)
    cells[cell].bucket.settle(halves, axis == .read ? readRate : writeRate, at: now)
  }

  mutating func count(_ partition: Int, _ axis: CapacityAxis, halves: Int64, peakSecond: Int64) {
    let cell = partition * 2 + axis.rawValue
    cells[cell].consumed += halves
    cells[cell].peakSecond = max(cells[cell].peakSecond, peakSecond)
  }

  mutating func countRefusals(_ partition: Int, _ axis: CapacityAxis, _ count: Int64) {
    cells[partition * 2 + axis.rawValue].throttles += count
  }

  mutating func setLevel(_ partition: Int, _ axis: CapacityAxis, _ level: BucketLevel) {
    cells[partition * 2 + (axis == .read ? 0 : writeBucket)].bucket = level
  }

  // MARK: - Splitting

  /// Cuts `partition` in two: positions from `cut` on go to a new partition, whose number is
  /// returned. The data is divided by width; the new bucket starts full. O(count).
  /// - Precondition: `cut` lies above the partition's first position and not above its last.
  mutating func split(_ partition: Int, at cut: UInt64, now: Instant) -> Int {
    let child = divide(partition, at: cut, now: now)
    sortSlots()
    return child
  }

  /// Doubles the number of partitions, each cut in its middle, until there are at least `needed`:
  /// how the service grows a table whose throughput is raised beyond what its partitions carry
  /// (capacity.md 2: 4 -> 8). Partitions too narrow to cut stay. O(count).
  mutating func double(until needed: Int, now: Instant) {
    while count < needed {
      let before = count
      for partition in 0..<before {
        guard let cut = middle(of: partition) else { continue }
        _ = divide(partition, at: cut, now: now)
      }
      if count == before { break }
    }
    sortSlots()
  }

  /// The hash boundary nearest the middle of a partition; nil inside a single collection.
  func middle(of partition: Int) -> UInt64? {
    let range = ranges[partition]
    let cut = Self.collection(of: range.lowest + (range.highest - range.lowest) / 2 + 1)
    return cut > range.lowest ? cut : nil
  }

  private mutating func divide(_ partition: Int, at cut: UInt64, now: Instant) -> Int {
    let parent = ranges[partition]
    precondition(cut > parent.lowest && cut <= parent.highest, "a cut lies inside its partition")
    let moved = Int128(parent.highest - cut) + 1
    let width = Int128(parent.highest - parent.lowest) + 1
    let bytes = Int64(Int128(parent.bytes) * moved / width)
    ranges[partition].highest = cut - 1
    ranges[partition].bytes -= bytes
    let child = ranges.count
    ranges.append(
      PartitionRange(
        lowest: cut, highest: parent.highest, bytes: bytes, createdAt: now, parent: partition))
    slots.append(Slot(lowest: cut, partition: Int32(child)))
    appendCells(at: now)
    return child
  }

  private mutating func appendCells(at now: Instant) {
    cells.append(PartitionCell(bucket: .init(grains: readRate.capacity, refilledAt: now)))
    cells.append(PartitionCell(bucket: .init(grains: writeRate.capacity, refilledAt: now)))
    followers?.append(BucketLevel(grains: readRate.capacity, refilledAt: now))
  }

  private mutating func sortSlots() {
    slots.sort { $0.lowest < $1.lowest }
    rebuildDirectory()
  }

  private mutating func rebuildDirectory() {
    var bits = 2
    while 1 << bits < slots.count * 4 { bits += 1 }
    directoryShift = UInt64(64 - bits)
    directory.removeAll(keepingCapacity: true)
    var slot = 0
    func reached(_ position: UInt64) -> Int32 {
      while slot + 1 < slots.count, slots[slot + 1].lowest <= position { slot += 1 }
      return Int32(slot)
    }
    for entry in 0..<UInt64(1 << bits) {
      let first = entry << directoryShift
      let low = reached(first)
      directory.append(SlotRange(low: low, high: reached(first | (1 << directoryShift - 1))))
    }
  }

  /// Number of the partition that another one was split from.
  func parent(of partition: Int) -> Int { ranges[partition].parent }

  // MARK: - Watching

  func consumed(_ partition: Int, _ axis: CapacityAxis) -> Int64 {
    cells[partition * 2 + axis.rawValue].consumed
  }

  func sampler(of partition: Int) -> Int32 { cells[partition * 2].sampler }

  mutating func setSampler(_ sampler: Int32, of partition: Int) {
    cells[partition * 2].sampler = sampler
    cells[partition * 2 + 1].sampler = sampler
  }

  /// Partition numbers in order of position.
  public var inOrder: [Int] { slots.map { Int($0.partition) } }

  /// Last position of a partition.
  public func end(of partition: Int) -> UInt64 { ranges[partition].highest }

  /// What happened in one partition so far.
  public func statistics(of partition: Int) -> PartitionStatistics {
    let (read, write) = (cells[partition * 2], cells[partition * 2 + 1])
    let range = ranges[partition]
    return PartitionStatistics(
      partition: partition, lowest: range.lowest, highest: range.highest,
      bytes: ByteCount(range.bytes), createdAt: range.createdAt,
      read: AxisStatistics(
        consumed: CapacityUnits(halves: read.consumed), throttles: read.throttles,
        peakSecond: CapacityUnits(halves: max(read.peakSecond, read.secondConsumed))),
      write: AxisStatistics(
        consumed: CapacityUnits(halves: write.consumed), throttles: write.throttles,
        peakSecond: CapacityUnits(halves: max(write.peakSecond, write.secondConsumed))))
  }
}

extension PartitionCell {
  /// The bucket after a refill.
  @inline(__always)
  fileprivate mutating func refilled(at now: Instant, _ rate: BucketRate) -> BucketLevel {
    bucket.refill(at: now, rate)
    return bucket
  }

  /// Deducts `halves` from the bucket and counts `counting` of them.
  @inline(__always)
  fileprivate mutating func spend(
    _ halves: Int64, counting: Int64, _ rate: BucketRate, at now: Instant
  ) -> Int32 {
    bucket.refill(at: now, rate)
    bucket.grains -= halves * BucketRate.grainsPerHalf
    return count(counting, at: now)
  }

  /// Counts a consumption by the whole second it falls in; returns the sampler.
  @inline(__always)
  mutating func count(_ halves: Int64, at now: Instant) -> Int32 {
    consumed += halves
    if now.nanoseconds >= secondEnd {
      peakSecond = max(peakSecond, secondConsumed)
      secondConsumed = 0
      secondEnd = now.nanoseconds - now.nanoseconds % 1_000_000_000 + 1_000_000_000
    }
    secondConsumed += halves
    return sampler
  }
}
