// A table under constant load is a leaky bucket whose times have closed forms (capacity.md 3.1);
// a lost refill, a double charge or a tick out of order would move them.

import Capacity
import Clients
import Results
import Scenarios
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct BucketRunTheoryTests {
  struct Case: CustomTestStringConvertible {
    var capacity: Int
    var demand: Double
    /// Share of the 300 s burst held at the start.
    var burst: Double
    var testDescription: String { "\(demand)/s on \(capacity), burst \(burst)" }

    /// Seconds until the burst is used up: capacity x 300 x burst / (demand - capacity).
    var exhaustion: Double { Double(capacity) * 300 * burst / (demand - Double(capacity)) }
  }

  @Test(arguments: [
    Case(capacity: 10, demand: 50, burst: 1), Case(capacity: 10, demand: 20, burst: 0.5),
    Case(capacity: 15, demand: 60, burst: 1), Case(capacity: 20, demand: 25, burst: 0.1),
    Case(capacity: 30, demand: 40, burst: 0),
  ])
  func firstThrottleComesWhenTheBurstIsUsedUp(_ test: Case) throws {
    var bench = Bench(
      seconds: test.exhaustion + 60, [.plain("t", .provisioned(test.capacity, 1))])
    bench.model.capacity.initialBurst = test.burst
    bench.open(test.demand, [.get])
    let record = bench.run()
    let reads = record.resources[0].read
    let first = try #require(reads.firstThrottle).inSeconds
    #expect(abs(first - test.exhaustion) <= 1, "first throttle at \(first) s")
    // Over the whole run: what the bucket held plus what it was granted, and at most one request
    // of debt.
    let granted = Double(test.capacity) * (300 * test.burst + test.exhaustion + 60)
    let consumed = reads.totalConsumed.inUnits
    #expect(consumed <= granted + 1 && consumed >= granted - 2, "\(consumed) of \(granted)")
    #expect(reads.totalThrottles == record.failed)
    #expect(reads.total(.provisionedThroughputExceeded) == reads.totalThrottles)
  }

  @Test func admittedRateEqualsCapacityOnceTheBurstIsGone() {
    var bench = Bench(seconds: 240, [.plain("t", .provisioned(10, 1))])
    bench.model.capacity.initialBurst = 0
    bench.open(25, [.get])
    let reads = bench.run().resources[0].read
    // Half-units: 10 units/s for 60 s in every minute, exact to the request that straddles it.
    #expect(reads.consumed.count == 4)
    for minute in reads.consumed { #expect(abs(minute - 1_200) <= 2, "\(minute)") }
    #expect(reads.demanded == [3_000, 3_000, 3_000, 3_000])
    #expect(reads.limit == [10, 10, 10, 10])
    #expect(reads.throttledSeconds == 240)
    #expect(reads.longestThrottledStretch == 240)
    // Of 15 requests/s refused over 240 s, at one unit each, whichever side the boundary falls.
    #expect(abs(reads.refused - 7_200) <= 2)
  }

  /// 60 s at 20/s on 10 units use 600; 60 s without traffic return 600.
  @Test func whatAnIdleMinuteReturnsTheNextBurstUses() throws {
    var bench = Bench(seconds: 600, [.plain("t", .provisioned(10, 1))])
    bench.model.capacity.initialBurst = 0.3
    var rate: [RateSegment] = []
    for _ in 0..<5 {
      rate.append(RateSegment(duration: .minutes(1), from: 20, to: 20))
      rate.append(RateSegment(duration: .minutes(1), from: 0, to: 0))
    }
    bench.open(rate, [.get])
    let balanced = bench.run()
    #expect(balanced.resources[0].read.totalThrottles == 0)
    // At 25/s each on-minute uses 900 of the 900 held; the second finds 600 and lasts 40 s.
    bench.traffic = []
    rate = rate.map { RateSegment(duration: $0.duration, from: $0.from * 1.25, to: $0.to * 1.25) }
    bench.open(rate, [.get])
    let first = try #require(bench.run().resources[0].read.firstThrottle).inSeconds
    #expect(abs(first - 160) <= 1, "\(first)")
  }

  /// Requests larger than what is held pass and leave a debt (capacity.md 3.2): with 5 units per
  /// request on 10 units/s two requests a second are admitted, not fewer.
  @Test func largeRequestsAreAdmittedIntoDebt() {
    var bench = Bench(seconds: 120, [.plain("t", .provisioned(10, 1), bytes: 5 * 4_096)])
    bench.model.capacity.initialBurst = 0
    bench.open(10, [.get])
    let record = bench.run()
    #expect(abs(record.succeeded - 240) <= 1, "\(record.succeeded)")
  }

  @Test func readsAndWritesDrawOnSeparateBuckets() {
    var bench = Bench(seconds: 60, [.plain("t", .provisioned(5, 20))])
    bench.model.capacity.initialBurst = 0
    bench.open(20, [.get, .put])
    let record = bench.run()
    #expect(record.resources[0].write.totalThrottles == 0)
    #expect(record.resources[0].read.totalThrottles > 0)
    #expect(record.operations[1].failed == 0)
  }

  /// A single key cannot use more than a partition's 3,000 units (capacity.md 2), though the table
  /// has 12,000; the refusals carry the key range's reason.
  @Test func oneKeyIsBoundByItsPartition() {
    var bench = Bench(seconds: 4, [.plain("t", .provisioned(12_000, 1), bytes: 40_000)])
    bench.open(
      500, [.one(.get, [OperationPart.part(.get).with { $0.keys = .weighted([1]) }], .strong)])
    let reads = bench.run().resources[0].read
    // 3,000 units/s for 4 s and one second's worth in the partition's bucket at the start.
    #expect(abs(reads.totalConsumed.inUnits - 15_000) <= 20, "\(reads.totalConsumed.inUnits)")
    #expect(reads.total(.keyRangeThroughputExceeded) == reads.totalThrottles)
    #expect(reads.totalThrottles > 0)
  }
}
