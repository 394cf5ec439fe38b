// On-demand limits against the guide's examples: doubling, the 30-minute rule, switches, quotas.

import Capacity
import Testing
import Units

@Suite struct AdmissionOnDemandTests {
  /// Feeds `perSecond` for `minutes`, a tick a minute; the limit before each tick.
  private func feed(
    _ scaling: inout OnDemandScaling, _ perSecond: Int64, minutes: Int64, from now: inout Instant,
    total: inout CapacityUnits
  ) {
    for _ in 0..<minutes {
      now += .minutes(1)
      total += CapacityUnits(perSecond * 60)
      _ = scaling.tick(consumed: total, at: now)
    }
  }

  private func withoutPressure() -> CapacitySettings {
    var settings = CapacitySettings()
    settings.splitForHeat = false
    return settings
  }

  @Test("50,000 sustained makes 100,000, and that 200,000 (capacity.md 4)")
  func doubling() {
    var scaling = OnDemandScaling(warm: 60_000, quota: 1_000_000, settings: withoutPressure())
    var (now, total) = (Instant.start, CapacityUnits.zero)
    feed(&scaling, 50_000, minutes: 30, from: &now, total: &total)
    #expect(scaling.limit == 60_000)
    feed(&scaling, 50_000, minutes: 1, from: &now, total: &total)
    #expect(scaling.previousPeak == 50_000 && scaling.limit == 100_000)
    feed(&scaling, 100_000, minutes: 30, from: &now, total: &total)
    #expect(scaling.limit == 100_000)
    feed(&scaling, 100_000, minutes: 1, from: &now, total: &total)
    #expect(scaling.limit == 200_000)
    // Never shrinks: no scale-in is documented.
    feed(&scaling, 0, minutes: 3_000, from: &now, total: &total)
    #expect(scaling.limit == 200_000)
  }

  @Test("a level shorter than a minute is averaged over it and does not count in full")
  func sustained() {
    var scaling = OnDemandScaling(warm: 1_000, quota: 1_000_000, settings: withoutPressure())
    var (now, total) = (Instant.start, CapacityUnits.zero)
    for second in 0..<Int64(2_400) {
      now += .seconds(1)
      if second % 60 < 6 { total += CapacityUnits(9_000) }
      _ = scaling.tick(consumed: total, at: now)
    }
    #expect(scaling.previousPeak == 900)
  }

  @Test("a peak counts 30 minutes after it was reached even when traffic has fallen")
  func oldPeakCounts() {
    var scaling = OnDemandScaling(warm: 4_000, quota: 40_000, settings: withoutPressure())
    var (now, total) = (Instant.start, CapacityUnits.zero)
    feed(&scaling, 3_500, minutes: 1, from: &now, total: &total)
    feed(&scaling, 10, minutes: 29, from: &now, total: &total)
    #expect(scaling.limit == 4_000)
    feed(&scaling, 10, minutes: 1, from: &now, total: &total)
    #expect(scaling.limit == 7_000)
  }

  @Test("a new table sustains 12,000 reads and 4,000 writes on 4 partitions (capacity.md 4)")
  func newTable() {
    var table = onDemand()
    #expect(table.currentLimit(.read) == 12_000)
    #expect(table.currentLimit(.write) == 4_000)
    #expect(table.partitions.count == 4)
    let load = SteadyLoad(axis: .write, requestsPerSecond: 400, units: 10)
    let outcome = load.run(&table, from: .start, for: .seconds(60), position: scattered)
    #expect(outcome.totalRefused == 0)
  }

  private func onDemand() -> ResourceAdmission {
    ResourceAdmission(
      ResourceThroughput(
        isIndex: false, mode: .onDemand(maximumRead: nil, maximumWrite: nil)),
      settings: CapacitySettings())
  }

  @Test("traffic that presses doubles the limit after 5 + 3 minutes, up to the quota")
  func pressure() {
    var table = onDemand()
    let load = SteadyLoad(axis: .write, requestsPerSecond: 100, units: 60)
    let first = load.run(&table, from: .start, for: .seconds(479), position: scattered)
    #expect(table.currentLimit(.write) == 4_000)
    #expect(first.refused[.keyRangeThroughputExceeded, default: 0] > 0)
    let second = load.run(
      &table, from: .start + .seconds(479), for: .seconds(2), position: scattered)
    #expect(table.currentLimit(.write) == 8_000)
    #expect(
      (first.events + second.events).contains(
        .onDemandGrew(axis: .write, from: 4_000, to: 8_000, cause: .pressure)))
    #expect(table.partitions.count == 8)
    #expect(table.partitions.violation() == nil)
    #expect(table.currentLimit(.read) == 12_000)
  }

  @Test("the quota ends growth and then names itself (capacity.md 3.4, 4)")
  func quota() {
    var scaling = OnDemandScaling(warm: 30_000, quota: 40_000, settings: withoutPressure())
    #expect(scaling.cause == .keyRangeThroughputExceeded)
    var (now, total) = (Instant.start, CapacityUnits.zero)
    feed(&scaling, 30_000, minutes: 31, from: &now, total: &total)
    #expect(scaling.limit == 40_000 && scaling.capability == 60_000)
    #expect(scaling.cause == .accountLimitExceeded)
    scaling.maximum = 500
    #expect(scaling.limit == 500)
    #expect(scaling.cause == .maxOnDemandThroughputExceeded)
  }

  struct SwitchCase: CustomTestStringConvertible {
    var testDescription: String
    var earlier: WarmThroughput
    var read: Int
    var write: Int
  }

  @Test(
    "provisioned -> on-demand keeps the highest ever provisioned (capacity.md 4)",
    arguments: [
      SwitchCase(
        testDescription: "8,000 writes and 24,000 reads stay",
        earlier: .init(readUnitsPerSecond: 24_000, writeUnitsPerSecond: 8_000), read: 24_000,
        write: 8_000),
      SwitchCase(
        testDescription: "10,000/10,000 earlier, 10/10 now: at least 10,000 of each",
        earlier: .init(readUnitsPerSecond: 10_000, writeUnitsPerSecond: 10_000), read: 12_000,
        write: 10_000),
      SwitchCase(
        testDescription: "a small table gets a new table's floor",
        earlier: .init(readUnitsPerSecond: 100, writeUnitsPerSecond: 100), read: 12_000,
        write: 4_000),
    ])
  func switchToOnDemand(_ example: SwitchCase) {
    var table = ResourceAdmission(
      ResourceThroughput(
        isIndex: false,
        mode: provisioned(
          read: example.earlier.readUnitsPerSecond, write: example.earlier.writeUnitsPerSecond)),
      settings: CapacitySettings())
    table.setProvisioned(.read, units: 10, at: .start)
    table.setProvisioned(.write, units: 10, at: .start)
    table.setMode(.onDemand(maximumRead: nil, maximumWrite: nil), at: .start)
    #expect(table.isOnDemand)
    #expect(table.currentLimit(.read) == example.read)
    #expect(table.currentLimit(.write) == example.write)
    #expect(table.partitions.count * 3_000 >= example.read)
    table.setMode(provisioned(read: 5, write: 6), at: .start)
    #expect(!table.isOnDemand && table.currentLimit(.write) == 6)
  }

  @Test("pre-warming raises limit and partitions, never lowers them (capacity.md 2.1)")
  func preWarming() {
    var table = onDemand()
    let warm = WarmThroughput(readUnitsPerSecond: 12_000, writeUnitsPerSecond: 20_000)
    #expect(
      table.raiseWarmThroughput(to: warm, at: .start)
        == [.onDemandGrew(axis: .write, from: 4_000, to: 20_000, cause: .warmThroughput)])
    #expect(table.partitions.count == 32)
    let low = WarmThroughput(readUnitsPerSecond: 1, writeUnitsPerSecond: 1)
    #expect(table.raiseWarmThroughput(to: low, at: .start).isEmpty)
    #expect(table.currentLimit(.write) == 20_000)
  }

  @Test("account quota: 80,000 over all, 40,000 each (capacity.md 4)")
  func accountQuota() {
    var quota = AccountQuota()
    #expect(quota.change(.read, from: 0, to: 40_001) == .exceedsTableQuota(40_000))
    #expect(quota.change(.read, from: 0, to: 40_000) == .granted)
    #expect(quota.change(.read, from: 0, to: 40_000) == .granted)
    #expect(quota.change(.read, from: 0, to: 1) == .exceedsAccountQuota(80_000))
    #expect(quota.change(.write, from: 0, to: 1) == .granted)
    #expect(quota.change(.read, from: 40_000, to: 39_999) == .granted)
    #expect(quota.change(.read, from: 0, to: 1) == .granted)
    #expect(quota.provisioned(.read) == 80_000 && quota.provisioned(.write) == 1)
  }
}
