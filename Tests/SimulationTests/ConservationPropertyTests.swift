// Nothing may appear or vanish: requests, attempts and units of random mixes under shortage are
// counted twice, by different parts of the record, and must agree.

import Capacity
import Clients
import Randomness
import Results
import Scenarios
import Statistics
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct ConservationPropertyTests {
  /// A table, an index, a mix of every kind and a client, all drawn from `seed`.
  static func bench(_ seed: UInt64) -> Bench {
    var generator = Generator(seed: seed, stream: 99, index: 0)
    func pick(_ low: Int, _ high: Int) -> Int { low + Int(generator.below(UInt64(high - low + 1))) }
    // Some cross a minute.
    let seconds = seed % 6 == 0 ? pick(60, 70) : pick(10, 30)
    var bench = Bench(seconds: Double(seconds) + 0.5)
    bench.seed = seed
    bench.model.capacity.initialBurst = 0.02
    bench.tables = [
      TableSpec.plain("a", .provisioned(pick(5, 60), pick(5, 60)), bytes: pick(100, 6_000)).with {
        $0.globalIndexes = [.plain(entry: 200, .provisioned(20, pick(5, 60)))]
        $0.localIndexes = [.plain("local", entry: 100)]
      },
      .plain("b", seed % 2 == 0 ? .onDemand : .provisioned(40, 40), bytes: pick(100, 3_000)),
    ]
    let operations: [OperationSpec] = [
      .get, .put, .one(.update, [OperationPart.part(.update, bytes: 700).failing(0.2)]),
      .one(.put, [.part(.put, newItems: 0.5)], weight: 2), .one(.delete, [.part(.delete)]),
      .one(.query, [.part(.query, count: pick(1, 40))]),
      .one(.scan, [.part(.scan, count: pick(1, 40))]),
      .one(.batchGet, [.part(.get, count: 5), .part(.get, table: 1, count: 3)]),
      .one(.batchWrite, [.part(.put, count: 4), .part(.delete, table: 1, count: 3)]),
      .one(.transactGet, [.part(.get), .part(.get, table: 1)]),
      .one(
        .transactWrite,
        [
          OperationPart.part(.put, newItems: 1), .part(.update, table: 1),
          .part(.conditionCheck).failing(0.1),
        ]),
    ]
    let modes = RetryMode.allCases
    let client = ClientSpec(
      retries: RetrySettings(mode: modes[pick(0, modes.count - 1)]),
      timeout: .milliseconds(seed % 3 == 0 ? 3 : 60_000),
      concurrency: seed % 4 == 1 ? pick(1, 20) : nil,
      connections: seed % 4 == 2 ? pick(1, 20) : nil, instances: pick(1, 3),
      batchBackoff: seed % 2 == 0)
    bench.model.latency = LatencySettings()
    bench.open(Double(pick(10, 40)), operations, arrivals: .poisson, client: client)
    return bench
  }

  @Test(arguments: Array(1...12) as [UInt64])
  func booksBalance(seed: UInt64) {
    let record = Self.bench(seed).run()
    let note: Comment = "seed \(seed)"
    #expect(record.requests > 100, note)
    for row in record.operations {
      #expect(row.requests == row.succeeded + row.failed + row.unfinished, note)
      #expect(row.unfinished >= 0 && row.attempts >= row.requests - row.unfinished, note)
      #expect(row.throttled <= row.requests && row.timedOut <= row.requests, note)
      #expect(row.conditionFailed <= row.succeeded, note)
      #expect(row.response.count == row.succeeded + row.failed, note)
      #expect(row.attempt.count == row.succeeded, note)
    }
    for resource in record.resources {
      let read = resource.partitions.reduce(CapacityUnits.zero) { $0 + $1.consumedRead }
      let write = resource.partitions.reduce(CapacityUnits.zero) { $0 + $1.consumedWrite }
      #expect(read == resource.read.totalConsumed, note)
      #expect(write == resource.write.totalConsumed, note)
      for axis in [resource.read, resource.write] { checkSeries(axis, record, note) }
    }
    let ended = record.latencyPerMinute.reduce(0) { $0 + $1.ended }
    #expect(ended == record.succeeded + record.failed, note)
  }

  private func checkSeries(_ axis: AxisSeries, _ record: RunRecord, _ note: Comment) {
    let minutes = Int((record.duration.inSeconds / 60).rounded(.up))
    #expect(axis.consumed.count == minutes, note)
    #expect(axis.demanded.count == minutes, note)
    #expect(axis.limit.count == minutes, note)
    #expect(axis.throttles.allSatisfy { $0.count == minutes }, note)
    #expect(record.latencyPerMinute.count == minutes, note)
    #expect((axis.totalThrottles == 0) == (axis.firstThrottle == nil), note)
    #expect((axis.totalThrottles == 0) == (axis.throttledSeconds == 0), note)
    #expect(axis.longestThrottledStretch <= axis.throttledSeconds, note)
    #expect(axis.peakSecond <= axis.consumed.reduce(0, +), note)
  }

  /// Demand counts a request once, whatever becomes of it: with every request of one unit it is the
  /// number of requests sent, while the attempts are many more.
  @Test func demandCountsEachRequestOnce() {
    var bench = Bench(seconds: 90, [.plain("t", .provisioned(1, 1), bytes: 500)])
    bench.model.capacity.initialBurst = 0
    let retries = RetrySettings(
      mode: .exponential, maximumAttempts: 5, base: .milliseconds(20), cap: .milliseconds(20))
    bench.open(20, [.put], client: ClientSpec(retries: retries))
    let record = bench.run()
    #expect(record.resources[0].write.demanded == [2_400, 1_200])
    #expect(record.attempts > 4 * record.requests)
    #expect(record.resources[0].write.totalConsumed.inUnits == Double(record.succeeded))
    // Each refused attempt asked for one unit.
    #expect(record.resources[0].write.refused == 2 * record.resources[0].write.totalThrottles)
    #expect(record.attempts == record.succeeded + record.resources[0].write.totalThrottles)
  }

  /// What is consumed is what the requests that succeeded cost, by hand: items of 9,000 B take 3
  /// read units and 9 write units, a page of thirty 33, an index entry of 1,500 B 2.
  @Test func consumptionIsTheSumOverSuccesses() {
    var bench = Bench(
      seconds: 90,
      [
        TableSpec.plain("t", .provisioned(60, 40), bytes: 9_000).with {
          $0.globalIndexes = [.plain(entry: 1_500, .provisioned(60, 2))]
        }
      ])
    bench.model.capacity.initialBurst = 0.05
    bench.open(
      40,
      [
        .get, .put, .one(.query, [.part(.query, count: 30)]),
        .one(.update, [OperationPart.part(.update).with { $0.globalEffects = [.unchanged] }]),
        .one(.transactWrite, [OperationPart.part(.update)]),
      ], arrivals: .poisson)
    bench.model.capacity.cancelledTransactions = .nothing
    let record = bench.run()
    let good = record.operations.map { Double($0.succeeded) }
    #expect(good.allSatisfy { $0 > 20 } && record.operations.allSatisfy { $0.failed > 20 })
    let (table, index) = (record.resources[0], record.resources[1])
    #expect(table.read.totalConsumed.inUnits == 3 * good[0] + 33 * good[2])
    #expect(table.write.totalConsumed.inUnits == 9 * good[1] + 9 * good[3] + 18 * good[4])
    #expect(index.write.totalConsumed.inUnits == 2 * good[1] + 2 * good[4])
    #expect(index.write.totalThrottles > 0 && table.write.totalThrottles > 0)
  }

  /// New items are counted once each, whatever the operation that creates them.
  @Test func itemsAndBytesGrowByWhatIsCreated() {
    var bench = Bench(
      seconds: 10, [.plain("a", items: 1_000, bytes: 100), .plain("b", items: 50, bytes: 200)])
    bench.open(
      20,
      [
        .one(
          .transactWrite,
          [
            .part(.put, count: 2, bytes: 300, newItems: 1),
            .part(.put, table: 1, bytes: 200, newItems: 1),
          ]), .one(.batchWrite, [.part(.put, count: 5, bytes: 300, newItems: 1)]),
      ])
    // The first answer of each request is lost: everything is sent twice.
    bench.model.latency = .constant(service: 10)
    bench.traffic[0].client = ClientSpec(
      retries: RetrySettings(mode: .exponential, maximumAttempts: 2), timeout: .milliseconds(5))
    let record = bench.run()
    let transactions = record.operations[0].requests
    let batches = record.operations[1].requests
    #expect(transactions + batches == 200)
    let a = record.resources[0]
    #expect(a.itemsAtEnd - a.itemsAtStart == transactions * 2 + batches * 5)
    #expect(
      a.bytesAtEnd.count - a.bytesAtStart.count == 300 * (transactions * 2 + batches * 5))
    let b = record.resources[1]
    #expect(b.itemsAtEnd - b.itemsAtStart == transactions)
    #expect(b.bytesAtEnd.count - b.bytesAtStart.count == 200 * transactions)
  }
}
