// Auto scaling and splits in a run: the minutes at which capacity changes follow from the rules of
// capacity.md 2 and 5 and the settings' delays by counting.

import Capacity
import DataModel
import Results
import Scenarios
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct ScalingRunTests {
  private func scaled(_ units: Int, minimum: Int) -> ProvisionedCapacity {
    ProvisionedCapacity(
      units: units, autoscaling: AutoscalingPolicy(minimum: minimum, maximum: 1_000))
  }

  /// Reads of 5 units; `rate` in units/s per stretch of minutes.
  private func reads(_ stretches: [(minutes: Int64, units: Double)], on units: Int) -> Bench {
    let mode = CapacityMode.provisioned(
      read: scaled(units, minimum: 50), write: ProvisionedCapacity(units: 100))
    let minutes = stretches.reduce(0) { $0 + $1.minutes }
    var bench = Bench(seconds: Double(minutes) * 60, [.plain("t", mode, bytes: 20_480)])
    bench.open(
      stretches.map {
        RateSegment(duration: .minutes($0.minutes), from: $0.units / 5, to: $0.units / 5)
      }, [.get])
    return bench
  }

  private func minute(_ number: Int64) -> Instant {
    Instant(nanoseconds: number * 60_000_000_000)
  }

  /// 90 of 100 units: two minutes above 70 %, one until the alarm sees them, two of UpdateTable;
  /// ceil(90 / 0.7) = 129. Then 10 units from minute 10: fifteen minutes below 50 % of 129.
  @Test func scalesOutAfterTwoMinutesAndInAfterFifteen() {
    let record = reads([(10, 90), (20, 10)], on: 100).run()
    let limits = record.resources[0].read.limit
    #expect(limits.count == 30)
    #expect(limits[0..<4].allSatisfy { $0 == 100 })
    #expect(limits[4..<27].allSatisfy { $0 == 129 })
    #expect(limits[27..<30].allSatisfy { $0 == 50 })
    let events = record.events.filter { $0.kind == .scaledOut || $0.kind == .scaledIn }
    #expect(events.map(\.at) == [minute(5), minute(28)])
    #expect(record.resources[0].write.limit.allSatisfy { $0 == 100 })
  }

  /// The second decision falls while the first is on its way; both come into force.
  @Test func everyDecisionTakesEffectUnderRisingTraffic() {
    let record = reads([(2, 90), (6, 150)], on: 100).run()
    #expect(record.resources[0].read.limit == [100, 100, 100, 100, 129, 129, 215, 215])
  }

  /// A run from midnight; at 00:10 the least becomes 300, at 00:14 the most 120: UpdateTable is
  /// called at the minute's end and takes two minutes. Lowering keeps the alarms' right to raise.
  @Test func scheduledActionsMoveTheBounds() {
    var read = scaled(100, minimum: 50)
    read.autoscaling?.schedule = [
      ScheduledScaling(at: .minutes(14), minimum: 50, maximum: 120),
      ScheduledScaling(at: .minutes(10), minimum: 300),
    ]
    let mode = CapacityMode.provisioned(read: read, write: ProvisionedCapacity(units: 100))
    var bench = Bench(seconds: 1_200, [.plain("t", mode, bytes: 20_480)])
    // 65 units/s: 65 % of 100, 54 % of 120, and fewer than fifteen minutes at 300.
    bench.open(13, [.get])
    let record = bench.run()
    let limits = record.resources[0].read.limit
    #expect(limits[0..<11].allSatisfy { $0 == 100 })
    #expect(limits[11..<15].allSatisfy { $0 == 300 })
    #expect(limits[15..<20].allSatisfy { $0 == 120 })
    let events = record.events.filter { $0.kind == .scaledOut || $0.kind == .scaledIn }
    #expect(events.map(\.at) == [minute(12), minute(16)])
    #expect(events.allSatisfy { $0.text.hasSuffix("by a scheduled action") })
  }

  @Test(
    "an action falls into the minute of its time, every day",
    arguments: [(8, 0, 30), (7, 0, 1_410), (0, 0, 990), (7, 30, 1_440), (7, 31, 1)])
  func scheduledTimes(_ hour: Int, _ minutes: Int, _ due: Int) {
    let action = ScheduledScaling(at: .minutes(Int64(hour * 60 + minutes)), minimum: 1)
    let found = (1...2_880).filter {
      action.isDue(
        after: minute(Int64($0) - 1), upTo: minute(Int64($0)),
        timeOfDay: .hours(7) + .minutes(30))
    }
    #expect(found == [due, due + 1_440])
  }

  @Test func oneHotMinuteIsNotEnough() {
    let record = reads([(1, 90), (1, 60), (1, 90), (3, 60)], on: 100).run()
    #expect(record.resources[0].read.limit.allSatisfy { $0 == 100 })
  }

  /// Changes decided shortly before the end are no part of the run.
  @Test func noEventLiesBehindTheEnd() {
    let record = reads([(4, 90)], on: 100).run()
    #expect(record.events.isEmpty)
  }

  /// Both axes fall three times within the hour: four decreases are granted, then one is refused.
  @Test func decreasesEndWithTheAllowance() {
    let mode = CapacityMode.provisioned(
      read: scaled(200, minimum: 1), write: scaled(200, minimum: 1))
    var bench = Bench(seconds: 56 * 60, [.plain("t", mode, bytes: 20_480)])
    func stretches(_ rates: [Double]) -> [RateSegment] {
      rates.map { RateSegment(duration: .minutes(19), from: $0, to: $0) }
    }
    bench.open(stretches([12, 4, 1]), [.get])
    bench.open(stretches([3, 1, 0.25]), [.put])
    let record = bench.run()
    #expect(record.events.filter { $0.kind == .scaledIn }.count == 4)
    let refusals = record.events.filter { $0.kind == .scaleInRefused }
    #expect(refusals.count == 2, "once per axis, however many minutes it lasts")
    #expect(record.resources[0].read.limit.last == 29)
    #expect(record.resources[0].write.limit.last == 29)
    // Starting at half past the hour, the fifth decrease is earned after 30 minutes.
    var scenario = bench.scenario
    scenario.run.startOfWeekSeconds = 1_800
    let later = Simulator(scenario, replication: 0).run(replication: 0) { _ in true }
    #expect(later.events.filter { $0.kind == .scaledIn }.count > 4)
  }

  // MARK: Splits

  /// 5,000 read units/s on the items of one partition key, in reads of 100.
  private func collection(_ change: (inout TableSpec) -> Void = { _ in }) -> Bench {
    var table = TableSpec.plain("t", .provisioned(12_000, 10), items: 5_000, bytes: 409_600)
    table.key.sort = .init(name: "at", type: .number)
    table.partitionKeyCount = 1
    change(&table)
    var bench = Bench(seconds: 600, [table])
    bench.open(50, [.get])
    return bench
  }

  /// One partition gives 3,000 units/s; hot for 5 min, split in 3: then two give 5,000.
  @Test func splitForHeatRaisesTheThroughputOfAPartition() throws {
    let record = collection().run()
    let resource = record.resources[0]
    let split = try #require(record.events.first { $0.kind == .split })
    #expect(abs(split.at.inSeconds - 480) <= 2)
    #expect(resource.partitions.count == 5)
    #expect(resource.partitions.filter { $0.createdAt != nil }.count == 1)
    let perSecond = resource.read.consumed.map { Double($0) / 120 }
    #expect(abs(perSecond[6] - 3_000) < 60, "\(perSecond)")
    #expect(abs(perSecond[9] - 5_000) < 60, "\(perSecond)")
    let refused = resource.read.throttles[ThrottleCause.keyRangeThroughputExceeded.rawValue]
    #expect(refused[6] > 0 && refused[9] == 0, "\(refused)")
    // The ranges still tile the hash space.
    for (left, right) in zip(resource.partitions, resource.partitions.dropFirst()) {
      #expect(left.rangeEnd == right.rangeStart)
    }
  }

  @Test func aSingleHotKeyIsNotSplit() throws {
    var bench = Bench(seconds: 600, [.plain("t", .provisioned(12_000, 10), bytes: 409_600)])
    bench.open(
      50, [.one(.get, [OperationPart.part(.get).with { $0.keys = .weighted([1]) }], .strong)])
    let record = bench.run()
    #expect(!record.events.contains { $0.kind == .split })
    let refused = try #require(record.events.first { $0.kind == .splitRefused })
    #expect(refused.text.contains("one item has most of its traffic"))
    #expect(record.resources[0].partitions.count == 4)
    #expect(abs(Double(record.resources[0].read.consumed[9]) / 120 - 3_000) < 60)
    #expect(record.resources[0].hotKeys.first?.share == 1)
  }

  @Test func aLocalIndexKeepsItsCollectionWhole() {
    let record = collection { $0.localIndexes = [.plain(entry: 100)] }.run()
    #expect(!record.events.contains { $0.kind == .split })
    #expect(record.events.contains { $0.kind == .splitRefused && $0.text.contains("local") })
  }
}
