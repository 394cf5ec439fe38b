// What clients do around a request must show in counts and times: attempts, back-off, timeouts,
// back-pressure of an index. Expected values follow from the policy's settings by hand.

import Capacity
import Clients
import Results
import Scenarios
import Statistics
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct ClientRunTests {
  /// A table that admits nothing: the first request takes the only token and owes for hours.
  private func starved(_ client: ClientSpec, seconds: Double = 60) -> Bench {
    var bench = Bench(seconds: seconds, [.plain("t", .provisioned(1, 1), bytes: 400_000)])
    bench.model.capacity.initialBurst = 0.001
    bench.open(2, [.put], client: client)
    return bench
  }

  struct Attempts: CustomTestStringConvertible {
    var mode: RetryMode
    var count: Int64
    init(_ mode: RetryMode, _ count: Int64) { (self.mode, self.count) = (mode, count) }
    var testDescription: String { "\(mode.rawValue): \(count)" }
  }

  @Test(arguments: [
    Attempts(.none, 1), Attempts(.standard2020, 3), Attempts(.standard2026, 4),
    Attempts(.javaV2, 9), Attempts(.legacyBotocore, 10), Attempts(.exponential, 10),
    Attempts(.fullJitter, 10), Attempts(.equalJitter, 10), Attempts(.decorrelatedJitter, 10),
  ])
  func attemptsUnderPermanentThrottlingAreThePolicysMaximum(_ expected: Attempts) {
    let (mode, attempts) = (expected.mode, expected.count)
    // One client process per request, so that no quota runs out.
    let client = ClientSpec(
      retries: RetrySettings(mode: mode, base: .milliseconds(1), cap: .milliseconds(4)),
      instances: 120)
    let record = starved(client).run()
    #expect(record.requests == 120)
    #expect(record.succeeded == 1)
    #expect(record.failed == 119)
    #expect(record.attempts == 1 + 119 * attempts)
    #expect(record.operations[0].throttled == 119)
    #expect(record.resources[0].write.totalThrottles == 119 * attempts)
  }

  /// The retry quota of one process: 500 tokens at 5 per throttle are 100 retries, then none.
  @Test func quotaEndsRetries() {
    let client = ClientSpec(
      retries: RetrySettings(mode: .standard2026, base: .milliseconds(1), cap: .milliseconds(1)))
    let record = starved(client).run()
    // The first request succeeds at once and can add nothing to a full quota.
    #expect(record.attempts == record.requests + 100)
  }

  /// Ten refusals of 1 ms and waits of 50, 100, 200 ... 12,800 ms: 25.56 s in all.
  @Test func backOffShowsInTheResponseTime() {
    let client = ClientSpec(retries: RetrySettings(mode: .exponential), instances: 10)
    let record = starved(client, seconds: 120).run()
    let response = record.operations[0].response
    let expected = 25_560.0
    #expect(abs(Double(response.value(atPercentile: 50)) / 1e6 / expected - 1) < 0.01)
    // Requests that came in the last 25.56 s are still at it.
    #expect(record.operations[0].unfinished == 51 || record.operations[0].unfinished == 52)
  }

  @Test func timeoutsCountAndStillConsume() {
    var bench = Bench(seconds: 60, [.plain()])
    bench.model.latency = .constant(service: 20)
    let client = ClientSpec(
      retries: RetrySettings(mode: .exponential, maximumAttempts: 3, base: .milliseconds(1)),
      timeout: .milliseconds(10), instances: 60)
    bench.open(1, [.put], client: client)
    let record = bench.run()
    #expect(record.failed == 60)
    #expect(record.attempts == 180)
    #expect(record.operations[0].timedOut == 60)
    #expect(record.operations[0].throttled == 0)
    // Every one of the three attempts was processed and charged; demand counts the request.
    #expect(record.resources[0].write.totalConsumed.inUnits == 180)
    #expect(record.resources[0].write.demanded == [120])
    // 3 x 10 ms and waits of 1 and 2 ms.
    #expect(abs(record.operations[0].response.value(atPercentile: 50) - 33_000_000) < 400_000)
  }

  /// A batch that is not answered in time is sent again whole.
  @Test func timedOutBatchesAreChargedWhole() {
    var bench = Bench(seconds: 10, [.plain()])
    bench.model.latency = .constant(service: 20)
    let client = ClientSpec(
      retries: RetrySettings(mode: .exponential, maximumAttempts: 2), timeout: .milliseconds(10))
    bench.open(1, [.one(.batchWrite, [.part(.put, count: 10)])], client: client)
    let record = bench.run()
    #expect(record.resources[0].write.totalConsumed.inUnits == 200)
  }

  /// The unprocessed part of a batch is sent again until all is done; nothing is charged twice.
  @Test func batchesAreRedrivenUntilDone() {
    var bench = Bench(seconds: 100, [.plain("t", .provisioned(1, 13), bytes: 500)])
    bench.model.capacity.initialBurst = 0.0005
    bench.open(0.5, [.one(.batchWrite, [.part(.put, count: 25)])], client: ClientSpec())
    let record = bench.run()
    #expect(record.requests == 50)
    // The bucket starts at 2 units and gains 1 between calls of 25: the first 20 come back in part.
    #expect(record.operations[0].throttled > 15)
    #expect(record.failed == 0)
    let consumed = record.resources[0].write.totalConsumed.inUnits
    #expect(consumed >= Double(record.succeeded * 25))
    #expect(consumed <= Double(record.requests * 25))
    #expect(record.resources[0].write.demanded == [1_500, 1_000])
  }

  @Test func indexBackPressureRefusesWritesAndChargesNothing() {
    var bench = Bench(
      seconds: 60,
      [
        TableSpec.plain("t", .provisioned(1_000, 1_000)).with {
          $0.globalIndexes = [.plain(entry: 100, .provisioned(1_000, 5))]
        }
      ])
    bench.model.capacity.initialBurst = 0.001
    bench.open(20, [.put])
    let record = bench.run()
    let (table, index) = (record.resources[0], record.resources[1])
    #expect(abs(record.succeeded - 300) <= 2, "\(record.succeeded)")
    #expect(table.write.totalConsumed.inUnits == Double(record.succeeded))
    #expect(index.write.totalConsumed.inUnits == Double(record.succeeded))
    #expect(table.write.totalThrottles == 0)
    #expect(index.write.total(.provisionedThroughputExceeded) == record.failed)
    #expect(table.itemsAtEnd == table.itemsAtStart)
    let event = record.events.first { $0.kind == .firstThrottle }
    #expect(event?.resource == "t/byOther")
    #expect(event?.text.contains("IndexWriteProvisionedThroughputExceeded") == true)
  }

  /// A transaction refused for one table leaves the others as they were, but for its preparation.
  @Test func throttledTransactionsWriteNothing() {
    var bench = Bench(
      seconds: 60,
      [.plain("a", .plentiful, bytes: 100), .plain("b", .provisioned(1, 1), bytes: 400_000)])
    bench.model.capacity.initialBurst = 0.001
    bench.open(
      1, [.one(.transactWrite, [.part(.put, bytes: 100, newItems: 1), .part(.put, table: 1)])])
    let record = bench.run()
    #expect(record.succeeded == 1)
    #expect(record.failed == 59)
    #expect(record.resources[0].itemsAtEnd - record.resources[0].itemsAtStart == 1)
    // 2 for the one that committed, 1 for each one prepared in vain.
    #expect(record.resources[0].write.totalConsumed.inUnits == 2 + 59)
    #expect(record.resources[1].write.totalConsumed.inUnits == 2 * 391)
  }

  /// Adaptive mode learns to send about what is admitted: with 10 units/s and 40 requests/s most
  /// waits move from retries to the client's own bucket.
  @Test func adaptiveClientsSlowDown() {
    func attempts(_ mode: RetryMode) -> Int64 {
      var bench = Bench(seconds: 60, [.plain("t", .provisioned(1, 10))])
      bench.model.capacity.initialBurst = 0
      let retries = RetrySettings(mode: mode, base: .milliseconds(50))
      bench.open(40, [.put], client: ClientSpec(retries: retries))
      return bench.run().attempts
    }
    let (adaptive, standard) = (attempts(.adaptive), attempts(.standard2026))
    #expect(adaptive < standard * 3 / 4, "\(adaptive) and \(standard)")
  }
}
