// Random requests on a whole table against a slow model: linear search and fractions.

import Capacity
import Testing
import Units

@Suite struct AdmissionResourcePropertyTests {
  /// A provisioned table by definition: two table buckets, two buckets per even partition.
  private struct SlowTable {
    var tables: [SlowBucket]
    var partitions: [[SlowBucket]]
    var isCombined: Bool

    init(read: Int, write: Int, count: Int, isCombined: Bool) {
      tables = [read, write].map { SlowBucket(unitsPerSecond: $0, depthSeconds: 300) }
      partitions = (0..<count).map { _ in
        [3_000, 1_000].map { SlowBucket(unitsPerSecond: $0, depthSeconds: 1) }
      }
      self.isCombined = isCombined
    }

    /// Which of the even ranges holds a position, found by trying each.
    func partition(_ position: UInt64) -> Int {
      let hash = Int128(position >> 24)
      return partitions.indices.last { Int128($0) << 40 / Int128(partitions.count) <= hash } ?? 0
    }

    mutating func check(_ axis: CapacityAxis, _ position: UInt64, _ now: Int64) -> Decision {
      tables[axis.rawValue].advance(to: now)
      if let missing = tables[axis.rawValue].shortfallHalves {
        let short = CapacityUnits(halves: missing)
        return .throttled(.provisionedThroughputExceeded, shortfall: short)
      }
      let place = partition(position)
      let bucket = isCombined ? 0 : axis.rawValue
      partitions[place][bucket].advance(to: now)
      guard let missing = partitions[place][bucket].shortfallHalves else { return .admitted }
      let weight: Int64 = isCombined && axis == .write ? 3 : 1
      let short = CapacityUnits(halves: (missing + weight - 1) / weight)
      return .throttled(.keyRangeThroughputExceeded, shortfall: short)
    }

    mutating func consume(_ axis: CapacityAxis, _ halves: Int64, _ position: UInt64, _ now: Int64) {
      let place = partition(position)
      let bucket = isCombined ? 0 : axis.rawValue
      let weight: Int128 = isCombined && axis == .write ? 3 : 1
      tables[axis.rawValue].advance(to: now)
      tables[axis.rawValue].level =
        tables[axis.rawValue].level - Fraction(Int128(halves), over: 2)
      partitions[place][bucket].advance(to: now)
      partitions[place][bucket].level =
        partitions[place][bucket].level - Fraction(Int128(halves) * weight, over: 2)
    }
  }

  /// Requests of a row that goes on for `patience` ns behind the one that was refused last.
  private static func length(_ instants: [Int64], behind place: Int, patience: Int64) -> Int {
    let bound = instants[place] + patience
    return instants[(place + 1)...].firstIndex { $0 >= bound } ?? instants.count
  }

  /// What a row decides, and whom it refuses, if it takes seven eighths and what the last refusal
  /// has patience for.
  private static func admit(
    _ resource: inout ResourceAdmission, _ axis: CapacityAxis,
    _ row: (instants: [Int64], positions: [UInt64], halves: [Int64]), patience: Int64
  ) -> (AdmittedRow, refused: [Int: ThrottleCause]) {
    var refused: [Int: ThrottleCause] = [:]
    let admitted = row.instants.withUnsafeBufferPointer { instants in
      row.positions.withUnsafeBufferPointer { positions in
        row.halves.withUnsafeBufferPointer { halves in
          var asked = AskedUnits(instants: instants, positions: positions, halves: halves)
          asked.count = instants.count - instants.count / 8
          return resource.admit(axis, asked) { place, cause in
            refused[place] = cause
            return length(row.instants, behind: place, patience: patience)
          }
        }
      }
    }
    return (admitted, refused)
  }

  @Test("rows are decided as one request after the other", arguments: 1...20)
  func rowsAreSingleRequests(seed: UInt64) {
    var random = AdmissionRandom(seed: seed)
    let axis: CapacityAxis = seed % 2 == 0 ? .read : .write
    var settings = CapacitySettings()
    settings.initialBurst = seed % 3 == 0 ? 0.001 : 1
    settings.splitAfter = .seconds(2)
    settings.splitDuration = .seconds(1)
    var resource = ResourceThroughput(
      isIndex: seed % 5 == 0, mode: provisioned(read: 4_000, write: 2_500))
    resource.partitions = Int.random(in: 1...6, using: &random)
    var one = ResourceAdmission(resource, settings: settings)
    var row = one
    #expect(one.admitsRows)
    var now: Int64 = 0
    var refusals = 0
    for step in 0..<200 {
      let count = Int.random(in: 1...90, using: &random)
      var instants: [Int64] = []
      for _ in 0..<count {
        now += Int64.random(in: 0...900_000, using: &random)
        instants.append(now)
      }
      let positions = instants.map { _ in
        let hash = UInt64.random(in: 0...(.max), using: &random)
        return hash.multipliedFullWidth(by: hash).high
      }
      let halves = instants.map { _ in Int64.random(in: 1...9, using: &random) }
      // Every refusal makes the row longer or shorter.
      let patience = Int64.random(in: 0...20_000_000, using: &random)
      let (admitted, refused) = Self.admit(
        &row, axis, (instants, positions, halves), patience: patience)
      var decided = 0
      var units = CapacityUnits.zero
      var expected: [Int: ThrottleCause] = [:]
      var length = count - count / 8
      while decided < length {
        let asked = CapacityUnits(halves: halves[decided])
        let decision = one.admit(
          axis, units: asked, position: positions[decided],
          at: Instant(nanoseconds: instants[decided]))
        if case .throttled(let cause, _) = decision {
          expected[decided] = cause
          length = Self.length(instants, behind: decided, patience: patience)
        } else {
          units += asked
        }
        decided += 1
      }
      #expect(admitted.decided == decided && admitted.units == units, "seed \(seed), step \(step)")
      #expect(refused == expected, "seed \(seed), step \(step)")
      refusals += refused.count
      let instant = Instant(nanoseconds: now)
      #expect(row.tick(at: instant) == one.tick(at: instant), "seed \(seed), step \(step)")
    }
    // Enough partitions with full buckets carry all reads.
    #expect(refusals > 0 || (axis == .read && settings.initialBurst == 1))
    let end = Instant(nanoseconds: now)
    #expect(row.memory(at: end) == one.memory(at: end), "seed \(seed)")
    #expect(
      row.partitions.inOrder.map { row.partitions.statistics(of: $0) }
        == one.partitions.inOrder.map { one.partitions.statistics(of: $0) })
    for cause in ThrottleCause.allCases {
      #expect(row.throttles(axis, cause) == one.throttles(axis, cause))
    }
  }

  @Test("decides as the definition does", arguments: 1...40)
  func agreesWithDefinition(seed: UInt64) {
    var random = AdmissionRandom(seed: seed)
    var settings = CapacitySettings()
    settings.combinedPartitionLimit = seed % 4 == 0
    let (read, write) = (
      Int.random(in: 1...9_000, using: &random), Int.random(in: 1...4_000, using: &random)
    )
    let count = Int.random(in: 1...7, using: &random)
    var resource = ResourceThroughput(
      isIndex: false, mode: provisioned(read: read, write: write))
    resource.partitions = count
    var fast = ResourceAdmission(resource, settings: settings)
    var slow = SlowTable(
      read: read, write: write, count: count, isCombined: settings.combinedPartitionLimit)
    var now = Instant.start
    var consumed: [Int64] = [0, 0]
    for step in 0..<1_500 {
      now += Nanoseconds(Int64.random(in: 0...12_000_000, using: &random))
      let axis: CapacityAxis = Bool.random(using: &random) ? .read : .write
      // The square favours low positions, so that one partition is hot.
      let hash = UInt64.random(in: 0...(.max), using: &random)
      let position = PartitionMap.position(keyHash: hash.multipliedFullWidth(by: hash).high)
      let expected = slow.check(axis, position, now.nanoseconds)
      let decision = fast.check(axis, position: position, at: now)
      #expect(decision == expected, "seed \(seed), step \(step)")
      guard decision.isAdmitted else { continue }
      let halves = Int64.random(in: 1...400, using: &random)
      slow.consume(axis, halves, position, now.nanoseconds)
      fast.consume(axis, units: CapacityUnits(halves: halves), position: position, at: now)
      consumed[axis.rawValue] += halves
    }
    for axis in CapacityAxis.allCases {
      #expect(fast.consumed(axis, at: now).halves == consumed[axis.rawValue], "seed \(seed)")
      let byPartition = fast.partitions.inOrder.reduce(Int64(0)) {
        let statistics = fast.partitions.statistics(of: $1)
        return $0 + (axis == .read ? statistics.read : statistics.write).consumed.halves
      }
      #expect(byPartition == consumed[axis.rawValue], "seed \(seed)")
    }
  }
}
