// On-demand tables in a run: what a new table serves, which cause refuses the rest, and when the
// limit grows (capacity.md 2.1 and 4). Writes of 400 units keep the runs short.

import Capacity
import Results
import Scenarios
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct OnDemandRunTests {
  /// `rate` writes/s of 400 units on a table with partitions to spare.
  private func bench(
    _ rate: Double, seconds: Double, maximum: Int? = nil,
    _ change: (inout TableSpec) -> Void = { _ in }
  ) -> Bench {
    var table = TableSpec.plain(
      "t", .onDemand(maximumRead: nil, maximumWrite: maximum), items: 100_000, bytes: 409_600)
    table.partitions = 32
    change(&table)
    var bench = Bench(seconds: seconds, [table])
    bench.model.capacity.splitForHeat = false
    bench.open(rate, [.put])
    return bench
  }

  @Test func newTableServesFourThousandWrites() {
    let within = bench(9, seconds: 60).run().resources[0].write
    #expect(within.totalThrottles == 0)
    let writes = bench(12.5, seconds: 60).run().resources[0].write
    // One second's burst and 4,000/s, to the request of 400.
    #expect(abs(writes.totalConsumed.inUnits - 244_000) <= 400)
    #expect(writes.total(.keyRangeThroughputExceeded) == writes.totalThrottles)
    #expect(writes.limit == [4_000])
    let reads = bench(1, seconds: 60).run().resources[0].read
    #expect(reads.limit == [12_000])
  }

  @Test func warmThroughputIsServedAtOnce() {
    let warm = WarmThroughput(readUnitsPerSecond: 12_000, writeUnitsPerSecond: 6_000)
    let writes = bench(12.5, seconds: 60) { $0.warmThroughput = warm }.run().resources[0].write
    #expect(writes.totalThrottles == 0)
    #expect(writes.limit == [6_000])
  }

  @Test func configuredMaximumAndQuotaRefuseWithTheirOwnCause() {
    let capped = bench(5, seconds: 60, maximum: 1_000).run().resources[0].write
    #expect(capped.totalThrottles > 0)
    #expect(capped.total(.maxOnDemandThroughputExceeded) == capped.totalThrottles)
    #expect(abs(capped.totalConsumed.inUnits - 61_000) <= 400)
    var bench = bench(7.5, seconds: 60)
    bench.model.tableQuota = 2_000
    let quota = bench.run().resources[0].write
    #expect(quota.total(.accountLimitExceeded) == quota.totalThrottles)
    #expect(quota.limit == [2_000])
  }

  /// 3,000 units/s from the first minute on count as the previous peak when that minute is thirty
  /// minutes old: at 60 + 1,800 s the limit becomes twice 3,000.
  @Test func limitDoublesThirtyMinutesAfterAHigherPeak() {
    let record = bench(7.5, seconds: 1_920).run()
    let limits = record.resources[0].write.limit
    #expect(limits.count == 32)
    #expect(limits.prefix(30).allSatisfy { $0 == 4_000 })
    #expect(limits.suffix(2) == [6_000, 6_000])
    let growth = record.events.filter { $0.kind == .onDemandGrew }
    #expect(growth.map(\.at) == [Instant(nanoseconds: 1_860_000_000_000)])
  }

  /// Pressing against the limit makes partitions split: 5 min of heat, 3 min of splitting.
  @Test func pressureGrowsTheLimitAfterSplits() {
    var bench = bench(12.5, seconds: 540)
    bench.model.capacity.splitForHeat = true
    let record = bench.run()
    let growth = record.events.filter { $0.kind == .onDemandGrew }
    #expect(growth.map(\.at) == [Instant(nanoseconds: 480_000_000_000)])
    #expect(record.resources[0].write.limit.last == 8_000)
    let throttles = record.resources[0].write.throttles[
      ThrottleCause.keyRangeThroughputExceeded.rawValue]
    // The request of the very instant of growth may still find the bucket empty.
    #expect(throttles[7] > 100 && throttles[8] <= 1, "\(throttles)")
  }
}
