// When partitions split, where they are cut, and when the service refuses, by capacity.md 2.

import Capacity
import Testing
import Units

@Suite struct PartitionsSplitTests {
  private static func item(_ hash: UInt64, _ rank: UInt64) -> UInt64 { hash << 24 | rank }

  struct CutCase: CustomTestStringConvertible {
    var testDescription: String
    var samples: [UInt64]
    var keepsCollections = false
    var choice: SplitForHeat.Choice
  }

  private static let shuffled: [UInt64] = (0..<100).map { $0 * 37 % 100 }

  @Test(
    "the choice of a cut",
    arguments: [
      CutCase(
        testDescription: "even traffic is cut at the median, not at the middle of the range",
        samples: shuffled.map { item(1_000 + $0, 0) }, choice: .cut(item(1_050, 0))),
      CutCase(
        testDescription: "60 % on one item: the cut isolates it from the colder side",
        samples: shuffled.map { $0 < 60 ? item(500, 0) : item(440 + $0, 0) },
        // Sixty samples at hash 500, forty at 500...539, of which 500 is one: 61 below the cut.
        choice: .cut(item(501, 0))),
      CutCase(
        testDescription: "80 % on one item: one half would be as hot as the whole",
        samples: shuffled.map { $0 < 80 ? item(500, 0) : item(440 + $0, 0) },
        choice: .refused(.hotKey)),
      CutCase(
        testDescription: "a collection is cut inside, by its sort keys",
        samples: shuffled.map { item(7, $0 * 10) }, choice: .cut(item(7, 500))),
      CutCase(
        testDescription: "a collection under a local secondary index is not cut",
        samples: shuffled.map { item(7, $0 * 10) }, keepsCollections: true,
        choice: .refused(.localSecondaryIndex)),
      CutCase(
        testDescription: "under a local secondary index the cut falls between partition keys",
        samples: shuffled.map { item($0 / 10, $0) }, keepsCollections: true,
        choice: .cut(item(5, 0))),
      CutCase(
        testDescription: "ever-increasing sort keys would take all traffic along",
        samples: (0..<100).map { item(7, $0) }, choice: .refused(.increasingKeys)),
      CutCase(
        testDescription: "two growing collections are parted",
        samples: (0..<100).map { item($0 % 2 == 0 ? 3 : 9, $0) }, choice: .cut(item(9, 1))),
      CutCase(
        testDescription: "falling sort keys halve like any others",
        samples: (0..<100).map { item(7, 100 - $0) }, choice: .cut(item(7, 51))),
    ])
  func cut(_ example: CutCase) {
    let choice = SplitForHeat.choose(
      samples: example.samples, lowest: 0, keepsCollections: example.keepsCollections,
      hotKeyShare: 0.8)
    #expect(choice == example.choice)
  }

  private func onePartition(hasLocalIndexes: Bool = false) -> ResourceAdmission {
    var resource = ResourceThroughput(isIndex: false, mode: provisioned(write: 20_000))
    resource.partitions = 1
    resource.hasLocalIndexes = hasLocalIndexes
    return ResourceAdmission(resource, settings: CapacitySettings())
  }

  private let heavy = SteadyLoad(axis: .write, requestsPerSecond: 150, units: 10)

  @Test("overload splits after 5 + 3 minutes and each half takes 1,000 writes/s")
  func overloadSplits() {
    var table = onePartition()
    let before = heavy.run(&table, from: .start, for: .seconds(482), position: scattered)
    #expect(before.events.count == 2)
    guard case .splitStarted(0, let cut, .heat, let readyAt)? = before.events.first else {
      Issue.record("no split started: \(before.events)")
      return
    }
    #expect(readyAt == .start + .seconds(300) + .minutes(3))
    // The sampled median of even traffic is near the middle: 5 sigma of 256 samples.
    #expect(abs(Double(cut) / 0x1p64 - 0.5) < 0.16)
    #expect(table.partitions.count == 2)
    #expect(table.partitions.violation() == nil)
    #expect(abs(before.admitted - 1_000 * 482) < 3_000)
    // 1,500/s over two halves of at most 0.66: all of it passes but what an uneven cut leaves over.
    let after = heavy.run(
      &table, from: .start + .seconds(482), for: .seconds(30), position: scattered)
    #expect(after.totalRefused * 20 < 150 * 30)
    #expect(table.partitions.statistics(of: 1).createdAt == readyAt)
    #expect(table.partitions.statistics(of: 0).createdAt == nil)
  }

  @Test("one hot collection gains 1,000 writes/s with each split (capacity.md 2, LOAD20)")
  func plateausOfOneCollection() {
    var table = onePartition()
    let place: (Int64) -> UInt64 = { index in
      PartitionMap.position(
        keyHash: 12_345 << 40, sortRank: UInt32(truncatingIfNeeded: index &* 2_654_435_769))
    }
    let load = SteadyLoad(axis: .write, requestsPerSecond: 100, units: 30)
    let first = load.run(&table, from: .start, for: .seconds(470), position: place)
    #expect(abs(first.admitted - 1_000 * 470) < 4_000)
    _ = load.run(&table, from: .start + .seconds(470), for: .seconds(30), position: place)
    let second = load.run(&table, from: .start + .seconds(500), for: .seconds(60), position: place)
    #expect(abs(second.admitted - 2_000 * 60) < 6_000)
  }

  struct Refusal: CustomTestStringConvertible {
    var testDescription: String
    var refusal: SplitRefusal
    var hasLocalIndexes = false
    var position: @Sendable (Int64) -> UInt64
  }

  @Test(
    "a split that cannot help is refused, told once and retried",
    arguments: [
      Refusal(testDescription: "one hot item", refusal: .hotKey) { _ in 99 << 24 },
      Refusal(testDescription: "ever-increasing sort keys", refusal: .increasingKeys) {
        PartitionMap.position(keyHash: 99 << 24, sortRank: UInt32($0) << 8)
      },
      Refusal(
        testDescription: "collection under a local secondary index",
        refusal: .localSecondaryIndex, hasLocalIndexes: true
      ) {
        PartitionMap.position(
          keyHash: 99 << 24, sortRank: UInt32(truncatingIfNeeded: $0 &* 2_654_435_769))
      },
    ])
  func refused(_ example: Refusal) {
    var table = onePartition(hasLocalIndexes: example.hasLocalIndexes)
    let outcome = heavy.run(
      &table, from: .start, for: .seconds(900), position: example.position)
    #expect(outcome.events == [.splitRefused(partition: 0, refusal: example.refusal)])
    #expect(table.partitions.count == 1)
    // Once the traffic spreads, the next spell of heat splits after all.
    let spread = heavy.run(
      &table, from: .start + .seconds(900), for: .seconds(900), position: scattered)
    #expect(spread.events.contains { if case .split = $0 { true } else { false } })
  }

  @Test("below the threshold nothing splits, and a minute of calm per minute of heat resets")
  func belowThreshold() {
    var table = onePartition()
    let warm = SteadyLoad(axis: .write, requestsPerSecond: 88, units: 10)
    let calm = SteadyLoad(axis: .write, requestsPerSecond: 10, units: 10)
    var now = Instant.start
    #expect(warm.run(&table, from: now, for: .seconds(900), position: scattered).events.isEmpty)
    now += .seconds(900)
    for _ in 0..<4 {
      #expect(heavy.run(&table, from: now, for: .seconds(240), position: scattered).events.isEmpty)
      now += .seconds(240)
      #expect(calm.run(&table, from: now, for: .seconds(240), position: scattered).events.isEmpty)
      now += .seconds(240)
    }
  }

  @Test("split for heat can be switched off")
  func switchedOff() {
    var settings = CapacitySettings()
    settings.splitForHeat = false
    var resource = ResourceThroughput(isIndex: false, mode: provisioned(write: 20_000))
    resource.partitions = 1
    var table = ResourceAdmission(resource, settings: settings)
    let outcome = heavy.run(&table, from: .start, for: .seconds(900), position: scattered)
    #expect(outcome.events.isEmpty && outcome.totalRefused > 0)
  }

  @Test("above 10 GB a partition splits in half for size (capacity.md 2)")
  func splitForSize() {
    var resource = ResourceThroughput(isIndex: false, mode: provisioned())
    resource.bytes = .gigabytes(10)
    var table = ResourceAdmission(resource, settings: CapacitySettings())
    #expect(table.partitions.count == 1)
    #expect(table.tick(at: .start + .seconds(1)).isEmpty)
    table.addBytes(2, position: 5)
    let middle: UInt64 = 1 << 63
    let readyAt = Instant.start + .seconds(2) + .minutes(3)
    #expect(
      table.tick(at: .start + .seconds(2))
        == [.splitStarted(partition: 0, cut: middle, cause: .size, readyAt: readyAt)])
    #expect(table.tick(at: readyAt - .seconds(1)).isEmpty)
    #expect(
      table.tick(at: readyAt) == [.split(partition: 0, child: 1, cut: middle, cause: .size)])
    let half = ByteCount(ByteCount.gigabytes(5).count + 1)
    #expect(table.partitions.statistics(of: 0).bytes == half)
    #expect(table.partitions.statistics(of: 1).bytes == half)
  }
}
