// What is kept of an admission over a restart, and what it shows of heat.
//
// Why: whoever restarts must neither gain tokens nor lose what was earned.

import Capacity
import TestSupport
import Testing
import Units

@Suite struct AdmissionMemoryTests {
  private func table(_ mode: CapacityMode, at start: Instant = .start) -> ResourceAdmission {
    ResourceAdmission(
      ResourceThroughput(isIndex: false, mode: mode), settings: CapacitySettings(), at: start)
  }

  private static let provisioned = CapacityMode.provisioned(
    read: ProvisionedCapacity(units: 100), write: ProvisionedCapacity(units: 1_000))

  @Test(arguments: Seed.some(20)) func `tokens and cuts come back`(_ seed: Seed) {
    var generator = seed.generator
    var first = table(Self.provisioned)
    var now = Instant.start
    for _ in 0..<generator.integer(in: 1...200) {
      now += .milliseconds(Int64(generator.integer(in: 0...500)))
      let axis = generator.pick([CapacityAxis.read, .write])
      let units = CapacityUnits(Int64(generator.integer(in: 1...2_000)))
      first.consume(axis, units: units, position: generator.next(), at: now)
    }
    let growth = WarmThroughput(
      readUnitsPerSecond: generator.integer(in: 0...60_000), writeUnitsPerSecond: 0)
    _ = first.raiseWarmThroughput(to: growth, at: now)
    var second = table(Self.provisioned)
    second.recall(first.memory(at: now), after: .zero, at: .start)
    for axis in CapacityAxis.allCases {
      #expect(second.available(axis, at: .start) == first.available(axis, at: now))
    }
    #expect(second.partitions.count == first.partitions.count)
    // Five minutes refill everything but a debt beyond it: rate x 300 s is the depth.
    var third = table(Self.provisioned)
    third.recall(first.memory(at: now), after: .minutes(5), at: .start)
    let later = now + .minutes(5)
    #expect(third.available(.write, at: .start) == first.available(.write, at: later))
  }

  /// A level held for half an hour counts as the previous peak half an hour later (capacity.md 4).
  @Test func `an on-demand peak comes back`() {
    let mode = CapacityMode.onDemand(maximumRead: nil, maximumWrite: nil)
    var first = table(mode)
    for second in 1...3_700 {
      let now = Instant.start + .seconds(Int64(second))
      first.consume(
        .write, units: CapacityUnits(3_000), position: UInt64(second) << 50, at: now)
      _ = first.tick(at: now)
    }
    let limit = first.currentLimit(.write)
    #expect(limit > 4_000)
    var second = table(mode)
    #expect(second.currentLimit(.write) == 4_000)
    second.recall(first.memory(at: .start + .seconds(3_700)), after: .zero, at: .start)
    #expect(second.currentLimit(.write) == limit)
  }

  @Test func `heat gathers by the second above the threshold`() {
    var table = table(Self.provisioned)
    for second in 1...10 {
      let now = Instant.start + .seconds(Int64(second))
      table.consume(.write, units: CapacityUnits(1_000), position: 0, at: now)
      _ = table.tick(at: now)
    }
    #expect(table.heat(of: 0).hotFor == .seconds(10))
    #expect(table.heat(of: 0).splitReadyAt == nil)
    for second in 11...13 { _ = table.tick(at: .start + .seconds(Int64(second))) }
    #expect(table.heat(of: 0).hotFor == .seconds(7))
  }
}
