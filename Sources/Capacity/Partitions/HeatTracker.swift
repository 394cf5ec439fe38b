// Which partitions are hot, for how long, and where their traffic lies.
//
// A tick (once per simulated second or so) compares each partition's consumption since the last
// tick with a share of its ceiling. Time spent above it adds up and time spent below it is taken
// off again, so a partition that is hot on balance splits although single seconds dip; threshold,
// time and duration are settings because the service publishes none of them (capacity.md 2).
//
// Only partitions that are warm keep a sample of positions: one per 600 read half-units of traffic
// (a write weighs three reads, as in the ceilings), so samples count by units, not by requests. The
// stride varies by a fixed low-discrepancy sequence so that periodic traffic is not aliased.
// Samples live in blocks that ticks allocate; a request only writes into one.

public import Units

/// What a tick of a table or index reports.
public enum AdmissionEvent: Hashable, Sendable {
  case splitStarted(partition: Int, cut: UInt64, cause: SplitCause, readyAt: Instant)
  /// Positions from `cut` on moved from `partition` to `child`.
  case split(partition: Int, child: Int, cut: UInt64, cause: SplitCause)
  case splitRefused(partition: Int, refusal: SplitRefusal)
  /// The on-demand limit rose, in units/s.
  case onDemandGrew(axis: CapacityAxis, from: Int, to: Int, cause: OnDemandGrowth)
}

struct HeatTracker: Sendable {
  /// Samples kept per warm partition, the newest ones.
  static let samplesKept = 256
  /// Fewer samples than this decide nothing.
  static let samplesNeeded = 32
  /// Read half-units per sample: ten samples a second at the ceiling.
  static let stride: Int64 = 600

  private struct Sampler {
    var credit: Int64 = 0
    var written = 0
  }

  private struct Heat {
    var consumedRead: Int64 = 0
    var consumedWrite: Int64 = 0
    var hotFor = Nanoseconds.zero
    var lastRefusal: SplitRefusal?
    var split: PendingSplit?
  }

  private struct PendingSplit {
    var cut: UInt64
    var cause: SplitCause
    var readyAt: Instant
  }

  private let settings: CapacitySettings
  private let keepsCollections: Bool
  /// Grains per nanosecond that count as hot.
  private let hotRead: Int64
  private let hotWrite: Int64
  private var lastTick: Instant
  private var heats: [Heat] = []
  private var samplers: [Sampler] = []
  private var freeSamplers: [Int32] = []
  private var positions: [UInt64] = []

  init(settings: CapacitySettings, keepsCollections: Bool, at start: Instant) {
    self.settings = settings
    self.keepsCollections = keepsCollections
    func hot(_ units: Int) -> Int64 {
      Int64((Double(units) * 2 * min(max(settings.splitThreshold, 0), 1_000)).rounded())
    }
    hotRead = hot(ServiceConstants.partitionReadUnits)
    hotWrite = hot(ServiceConstants.partitionWriteUnits)
    lastTick = start
  }

  /// Counts `halves` consumed at `position` towards a sampler's next sample.
  @inline(__always)
  mutating func observe(_ sampler: Int32, _ axis: CapacityAxis, halves: Int64, position: UInt64) {
    let index = Int(sampler)
    samplers[index].credit -=
      axis == .read ? halves : halves * ServiceConstants.readUnitsPerWriteUnit
    if samplers[index].credit < 0 { keep(index, position) }
  }

  private mutating func keep(_ index: Int, _ position: UInt64) {
    let written = samplers[index].written
    positions[index * Self.samplesKept + written % Self.samplesKept] = position
    samplers[index].written = written + 1
    let spread = Int64((UInt64(written) &* 0x9E37_79B9_7F4A_7C15) >> 54)
    samplers[index].credit = Self.stride / 2 + (spread * Self.stride) >> 10
  }

  // MARK: - Per tick

  /// Finishes splits that are due, starts new ones, and says so in `events`.
  mutating func tick(
    at now: Instant, _ partitions: inout PartitionMap, into events: inout [AdmissionEvent]
  ) {
    let elapsed = now - lastTick
    guard elapsed > .zero else { return }
    lastTick = now
    while heats.count < partitions.count { heats.append(Heat()) }
    let needed = (
      read: Int64(Int128(hotRead) * Int128(elapsed.count) / Int128(BucketRate.grainsPerHalf)),
      write: Int64(Int128(hotWrite) * Int128(elapsed.count) / Int128(BucketRate.grainsPerHalf))
    )
    for partition in 0..<heats.count {
      let isHot = measure(partition, partitions, needed)
      age(partition, isHot: isHot, by: elapsed, &partitions)
      if let split = heats[partition].split {
        if now >= split.readyAt { finish(partition, split, &partitions, now, into: &events) }
      } else if partitions.ranges[partition].bytes > ServiceConstants.partitionBytes.count {
        startForSize(partition, partitions, now, into: &events)
      } else if settings.splitForHeat, isHot, heats[partition].hotFor >= settings.splitAfter {
        startForHeat(partition, partitions, now, into: &events)
      }
    }
  }

  private mutating func measure(
    _ partition: Int, _ partitions: PartitionMap, _ needed: (read: Int64, write: Int64)
  ) -> Bool {
    let reads = partitions.consumed(partition, .read)
    let writes = partitions.consumed(partition, .write)
    let read = reads - heats[partition].consumedRead
    let write = writes - heats[partition].consumedWrite
    heats[partition].consumedRead = reads
    heats[partition].consumedWrite = writes
    if settings.combinedPartitionLimit {
      return read + write * ServiceConstants.readUnitsPerWriteUnit >= needed.read
    }
    return read >= needed.read || write >= needed.write
  }

  private mutating func age(
    _ partition: Int, isHot: Bool, by elapsed: Nanoseconds, _ partitions: inout PartitionMap
  ) {
    let sampler = partitions.sampler(of: partition)
    if isHot {
      heats[partition].hotFor += elapsed
      if sampler < 0 { partitions.setSampler(takeSampler(), of: partition) }
    } else {
      heats[partition].hotFor = max(.zero, heats[partition].hotFor - elapsed)
      guard heats[partition].hotFor == .zero else { return }
      heats[partition].lastRefusal = nil
      if sampler >= 0 {
        freeSamplers.append(sampler)
        partitions.setSampler(-1, of: partition)
      }
    }
  }

  private mutating func takeSampler() -> Int32 {
    if let sampler = freeSamplers.popLast() {
      samplers[Int(sampler)] = Sampler()
      return sampler
    }
    samplers.append(Sampler())
    positions.append(contentsOf: repeatElement(0, count: Self.samplesKept))
    return Int32(samplers.count - 1)
  }

  private mutating func startForHeat(
    _ partition: Int, _ partitions: PartitionMap, _ now: Instant,
    into events: inout [AdmissionEvent]
  ) {
    let sampler = Int(partitions.sampler(of: partition))
    guard sampler >= 0, samplers[sampler].written >= Self.samplesNeeded else { return }
    let choice = SplitForHeat.choose(
      samples: samples(of: sampler), lowest: partitions.ranges[partition].lowest,
      keepsCollections: keepsCollections, hotKeyShare: settings.splitHotKeyShare)
    switch choice {
    case .cut(let cut):
      start(partition, cut, .heat, now, into: &events)
    case .refused(let refusal):
      // Asked again after another spell of heat; told once per spell and reason.
      heats[partition].hotFor = .zero
      if heats[partition].lastRefusal != refusal {
        events.append(.splitRefused(partition: partition, refusal: refusal))
        heats[partition].lastRefusal = refusal
      }
    }
  }

  private mutating func startForSize(
    _ partition: Int, _ partitions: PartitionMap, _ now: Instant,
    into events: inout [AdmissionEvent]
  ) {
    if let cut = partitions.middle(of: partition) {
      start(partition, cut, .size, now, into: &events)
    } else if heats[partition].lastRefusal != .narrowRange {
      events.append(.splitRefused(partition: partition, refusal: .narrowRange))
      heats[partition].lastRefusal = .narrowRange
    }
  }

  private mutating func start(
    _ partition: Int, _ cut: UInt64, _ cause: SplitCause, _ now: Instant,
    into events: inout [AdmissionEvent]
  ) {
    let readyAt = now + settings.splitDuration
    heats[partition].split = PendingSplit(cut: cut, cause: cause, readyAt: readyAt)
    events.append(.splitStarted(partition: partition, cut: cut, cause: cause, readyAt: readyAt))
  }

  private mutating func finish(
    _ partition: Int, _ split: PendingSplit, _ partitions: inout PartitionMap, _ now: Instant,
    into events: inout [AdmissionEvent]
  ) {
    heats[partition].split = nil
    heats[partition].hotFor = .zero
    heats[partition].lastRefusal = nil
    let sampler = partitions.sampler(of: partition)
    if sampler >= 0 { samplers[Int(sampler)] = Sampler() }
    // A growth of the whole table may have moved the range meanwhile.
    let range = partitions.ranges[partition]
    guard split.cut > range.lowest, split.cut <= range.highest else { return }
    let child = partitions.split(partition, at: split.cut, now: now)
    heats.append(Heat())
    events.append(.split(partition: partition, child: child, cut: split.cut, cause: split.cause))
  }

  /// How hot a partition is on balance, and when a split of it is done; nil when none is under way.
  func state(of partition: Int) -> (hotFor: Nanoseconds, splitReadyAt: Instant?) {
    guard partition < heats.count else { return (.zero, nil) }
    return (heats[partition].hotFor, heats[partition].split?.readyAt)
  }

  /// Positions a sampler holds, oldest first.
  private func samples(of sampler: Int) -> [UInt64] {
    let base = sampler * Self.samplesKept
    let written = samplers[sampler].written
    if written <= Self.samplesKept { return Array(positions[base..<base + written]) }
    let oldest = written % Self.samplesKept
    return Array(positions[(base + oldest)..<(base + Self.samplesKept)])
      + positions[base..<(base + oldest)]
  }
}
