// Queries and Scans of many pages, worked out by hand: which partition pays, how long a walk takes,
// what segments gain, and what a page costs that its client gave up on.

import Capacity
import Clients
import DataModel
import Results
import Scenarios
import Statistics
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct PageRunTests {
  /// 4,000 items of 1,024 B on four partitions: 1,024,000 B each, 250 blocks of 4 KB. A page holds
  /// 1,024 items, 256 blocks, so all but the last end inside a partition: 4 pages.
  private static let fourPartitions = TableSpec.plain(
    "t", .provisioned(12_000, 1), items: 4_000, bytes: 1_024)

  private static func scan(
    _ consistency: ReadConsistency = .strong, pages: Int? = nil, segments: Int = 1
  ) -> OperationSpec {
    var operation = OperationSpec.one(.scan, [.part(.scan, count: 10_000)], consistency)
    operation.pages = pages
    operation.segments = segments
    return operation
  }

  @Test func aWholeScanPaysEachPartitionWhatItHolds() {
    var bench = Bench(seconds: 10, [Self.fourPartitions])
    bench.open(1, [Self.scan()])
    let record = bench.run()
    let requests = Double(record.requests)
    #expect(requests == 10)
    #expect(record.resources[0].read.totalConsumed.inUnits == 1_000 * requests)
    #expect(
      record.resources[0].partitions.map(\.consumedRead.inUnits) == [2_500, 2_500, 2_500, 2_500])
    // The pages of one Scan are one request and one attempt; 4 pages of 2 ms each.
    #expect(record.attempts == record.requests && record.succeeded == record.requests)
    #expect(abs(Double(record.operations[0].response.max) / 1e6 - 8) < 0.1)
    #expect(record.resources[0].read.demanded.reduce(0, +) == 2 * 1_000 * record.requests)
  }

  @Test func eventualReadsCostHalf() {
    var bench = Bench(seconds: 10, [Self.fourPartitions])
    bench.open(1, [Self.scan(.eventual)])
    #expect(bench.run().resources[0].read.totalConsumed.inUnits == 500 * 10)
  }

  /// One of the four pages, each as likely: 1,000 units in four pages.
  @Test func aSinglePageIsOneOfTheWalk() {
    var bench = Bench(seconds: 400, [Self.fourPartitions])
    bench.open(10, [Self.scan(pages: 1)])
    let record = bench.run()
    // A page takes 256, the last 232; 4,000 draws have a standard deviation of 0.2 in the mean.
    let mean = record.resources[0].read.totalConsumed.inUnits / Double(record.requests)
    #expect(abs(mean - 250) < 1)
    #expect(record.resources[0].read.totalThrottles == 0)
  }

  /// Measured on the service: 4.0 strong, 2.0 eventual for one small item (capacity.md 1.2).
  @Test(arguments: [(ReadConsistency.strong, 4.0), (.eventual, 2.0)])
  func aNewOnDemandTableCostsItsFourPartitions(_ consistency: ReadConsistency, _ units: Double) {
    for pages in [1, nil] {
      var bench = Bench(seconds: 5, [.plain("t", .onDemand, items: 1, bytes: 20)])
      bench.open(4, [Self.scan(consistency, pages: pages)])
      let record = bench.run()
      #expect(record.resources[0].read.totalConsumed.inUnits == units * Double(record.requests))
    }
  }

  @Test func segmentsAreReadSideBySide() {
    var bench = Bench(seconds: 1, [Self.fourPartitions])
    bench.traffic = [
      TrafficSpec(
        name: "scan",
        demand: .closed(users: 4, thinkTime: .zero, duration: Nanoseconds(1)),
        operations: [Self.scan(segments: 4)], client: .patient)
    ]
    let record = bench.run()
    // Each segment is a partition of 250 blocks, one page.
    #expect(record.requests == 4)
    #expect(record.resources[0].partitions.map(\.consumedRead.inUnits) == [250, 250, 250, 250])
    #expect(record.operations[0].response.max < 3_000_000)
  }

  /// 100,000 units on 14 partitions: each gives a second of burst at once and 3,000 a second after
  /// that, so a Scan that reads them one after the other takes 100,000 / 3,000 - 14 s at least.
  @Test func aSequentialScanIsBoundByOnePartition() {
    var bench = Bench(
      seconds: 40, [.plain("t", .provisioned(40_000, 1), items: 400_000, bytes: 1_024)])
    bench.traffic = [
      TrafficSpec(
        name: "scan", demand: .closed(users: 1, thinkTime: .zero, duration: Nanoseconds(1)),
        operations: [Self.scan()],
        client: ClientSpec(
          retries: RetrySettings(
            mode: .exponential, maximumAttempts: 100, base: .milliseconds(2),
            cap: .milliseconds(2))))
    ]
    let record = bench.run()
    #expect(record.succeeded == 1)
    let seconds = Double(record.operations[0].response.max) / 1e9
    // A page goes through on a single token, up to 256 units of debt in each partition.
    let bound = 100_000.0 / 3_000 - 14
    #expect(seconds > bound - 14 * 0.1 && seconds < bound + 1.5, "\(seconds) s")
    #expect(record.resources[0].read.total(.keyRangeThroughputExceeded) > 0)
    #expect(record.resources[0].read.total(.provisionedThroughputExceeded) == 0)
  }

  /// 100 items of 1,024 B in each collection, 30 a page: 8 + 8 + 8 + 3 units.
  @Test func aQueryReadsItsCollectionToTheEnd() {
    var table = TableSpec.plain("t", items: 10_000, bytes: 1_024)
    table.key.sort = KeyAttribute(name: "at", type: .number)
    table.partitionKeyCount = 100
    var query = OperationSpec.one(.query, [.part(.query, count: 30)], .strong)
    var bench = Bench(seconds: 10, [table])
    for (pages, units) in [(nil, 27.0), (2, 16), (1, 8)] as [(Int?, Double)] {
      query.pages = pages
      bench.traffic = []
      bench.open(5, [query])
      let record = bench.run()
      #expect(record.resources[0].read.totalConsumed.inUnits == units * 50)
      #expect(record.attempts == 50 && record.succeeded == 50)
    }
  }

  /// The client gives up after 5 ms on pages that take 10: each of its attempts is carried out and
  /// charged, and none gets beyond the first page.
  @Test func anAbandonedPageIsChargedEachTime() {
    var bench = Bench(seconds: 10, [Self.fourPartitions])
    bench.model.latency = .constant(service: 10)
    bench.open(
      1, [Self.scan()],
      client: ClientSpec(
        retries: RetrySettings(mode: .exponential, maximumAttempts: 3), timeout: .milliseconds(5)))
    let record = bench.run()
    #expect(record.attempts == 30 && record.failed == 10)
    #expect(record.resources[0].read.totalConsumed.inUnits == 256 * 30)
  }
}
