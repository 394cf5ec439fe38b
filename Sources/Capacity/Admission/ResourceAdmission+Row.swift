// Admission of a row of requests, one behind the other.
//
// What `admit` does for each, in one loop: arrays are reached through pointers, the table's bucket
// and the counts stand in registers. For drivers that know several requests before any other event;
// a refusal may lead to one more of them, or to such an event, so the driver then says how far the
// row goes on.

import Units

/// Requests on one axis of one table or index, in the order of their instants. Valid while the
/// owner of the storage lives.
public struct AskedUnits {
  /// In ns.
  public var instants: UnsafeBufferPointer<Int64>
  public var positions: UnsafeBufferPointer<UInt64>
  public var halves: UnsafeBufferPointer<Int64>
  /// Requests in the row: all of the storage at first, less where there is room for more.
  public var count: Int

  /// - Precondition: one of each per request.
  public init(
    instants: UnsafeBufferPointer<Int64>, positions: UnsafeBufferPointer<UInt64>,
    halves: UnsafeBufferPointer<Int64>
  ) {
    precondition(positions.count == instants.count && halves.count == instants.count)
    self.instants = instants
    self.positions = positions
    self.halves = halves
    count = instants.count
  }
}

/// What became of a row.
public struct AdmittedRow {
  /// Requests that were admitted or refused, from the first on.
  public var decided = 0
  /// What the admitted ones took.
  public var units = CapacityUnits.zero
}

extension ResourceAdmission {
  /// Whether rows can be asked for: one bucket of the table and one of the partition decide.
  public var admitsRows: Bool {
    read.isPlain && write.isPlain && partitions.followers == nil && partitions.writeBucket == 1
  }

  /// `admit` for the requests of a row. Refusals are counted.
  /// - Parameter refused: Told each refused one's place and the cause; returns how many requests
  ///   the row has then. It may put some behind that place or take some off the end, but must not
  ///   ask this table or index for anything.
  /// - Precondition: `admitsRows`.
  public mutating func admit(
    _ axis: CapacityAxis, _ asked: AskedUnits, refused: (Int, ThrottleCause) -> Int
  ) -> AdmittedRow {
    axis == .read
      ? read.admit(asked, &partitions, &heat, refused)
      : write.admit(asked, &partitions, &heat, refused)
  }
}

extension AxisAdmission {
  /// No router and no share stands between a request and the table's bucket.
  fileprivate var isPlain: Bool { routers == nil && shares == nil }

  fileprivate mutating func admit(
    _ asked: AskedUnits, _ partitions: inout PartitionMap, _ heat: inout HeatTracker,
    _ refused: (Int, ThrottleCause) -> Int
  ) -> AdmittedRow {
    var row = AdmittedRow()
    let (rate, floor, cause) = (rate, floor, cause)
    var (level, count) = (bucket, asked.count)
    var (taken, refusals, ofPartitions) = (Int64(0), Int64(0), Int64(0))
    precondition(count <= asked.instants.count)
    partitions.withRow(axis) { cells in
      while row.decided < count {
        let place = row.decided
        let now = Instant(nanoseconds: asked.instants[place])
        row.decided += 1
        level.refill(at: now, rate)
        if level.grains <= floor {
          refusals += 1
          count = min(refused(place, cause), asked.instants.count)
          continue
        }
        let position = asked.positions[place]
        let cell = cells.cell(at: position)
        cell.pointee.bucket.refill(at: now, cells.rate)
        if cell.pointee.bucket.grains <= floor {
          cell.pointee.throttles += 1
          ofPartitions += 1
          count = min(refused(place, .keyRangeThroughputExceeded), asked.instants.count)
          continue
        }
        let halves = asked.halves[place]
        level.grains -= halves * BucketRate.grainsPerHalf
        taken += halves
        let sampler = cell.pointee.spend(halves, at: now)
        if sampler >= 0 { heat.observe(sampler, axis, halves: halves, position: position) }
      }
    }
    bucket = level
    consumed += taken
    throttles[cause] += refusals
    throttles[.keyRangeThroughputExceeded] += ofPartitions
    row.units = CapacityUnits(halves: taken)
    return row
  }
}

/// The buckets of one axis of all partitions, through pointers.
struct PartitionRow {
  fileprivate let cells: UnsafeMutablePointer<PartitionCell>
  fileprivate let directory: UnsafePointer<PartitionMap.SlotRange>
  fileprivate let slots: UnsafePointer<PartitionMap.Slot>
  fileprivate let shift: UInt64
  fileprivate let axis: Int
  let rate: BucketRate

  /// The cell of the partition that owns `position`; as `PartitionMap.partition(at:)`.
  @inline(__always)
  func cell(at position: UInt64) -> UnsafeMutablePointer<PartitionCell> {
    let entry = directory[Int(truncatingIfNeeded: position >> shift)]
    var low = Int(entry.low)
    var high = Int(entry.high)
    while low < high {
      let middle = (low + high + 1) >> 1
      if slots[middle].lowest <= position { low = middle } else { high = middle - 1 }
    }
    return cells + (Int(slots[low].partition) * 2 + axis)
  }
}

extension PartitionMap {
  /// Lets `body` work on the cells of an axis in place.
  @inline(__always)
  fileprivate mutating func withRow(_ axis: CapacityAxis, _ body: (PartitionRow) -> Void) {
    let (directory, slots) = (directory, slots)
    let (shift, rate) = (directoryShift, axis == .read ? readRate : writeRate)
    cells.withUnsafeMutableBufferPointer { cells in
      directory.withUnsafeBufferPointer { directory in
        slots.withUnsafeBufferPointer { slots in
          guard let cells = cells.baseAddress, let directory = directory.baseAddress,
            let slots = slots.baseAddress
          else { return }
          body(
            PartitionRow(
              cells: cells, directory: directory, slots: slots, shift: shift,
              axis: axis.rawValue, rate: rate))
        }
      }
    }
  }
}

extension PartitionCell {
  /// Deducts and counts; returns the sampler. The bucket was refilled.
  @inline(__always)
  fileprivate mutating func spend(_ halves: Int64, at now: Instant) -> Int32 {
    bucket.grains -= halves * BucketRate.grainsPerHalf
    return count(halves, at: now)
  }
}
