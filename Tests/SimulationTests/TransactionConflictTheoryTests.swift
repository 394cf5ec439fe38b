// Items held by transactions: an item is a server without a queue, so the share of conflicts is
// Erlang's loss formula, whatever the distribution of the holding time; and what each kind of
// request meets and is charged.

import Capacity
import Clients
import Results
import Scenarios
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct TransactionConflictTheoryTests {
  private static let update = OperationSpec.one(.transactWrite, [.part(.update)])

  struct Holding: CustomTestStringConvertible {
    var rate: Double
    var phase: LatencySpec
    var mean: Double
    var testDescription: String { "\(rate)/s held \(mean) s, median \(phase.median)" }
  }

  /// A log-normal phase of 5 ms on average: its median is 5 ms e^(-1/2) where p99 is e^2.3263 of
  /// it.
  private static let skewed = LatencySpec(
    median: .microseconds(3_033), p99: .microseconds(31_058))

  @Test(arguments: [
    Holding(rate: 50, phase: .exactly(.milliseconds(5)), mean: 0.01),
    Holding(rate: 50, phase: skewed, mean: 0.01),
    Holding(rate: 200, phase: .exactly(.milliseconds(5)), mean: 0.01),
    Holding(rate: 10, phase: .exactly(.milliseconds(5)), mean: 0.01),
  ])
  func conflictsFollowErlangsLossFormula(_ holding: Holding) {
    var bench = Bench(seconds: 20_000 / holding.rate, [.plain("t", items: 1)])
    bench.model.latency.transactionPhase = holding.phase
    bench.open(holding.rate, [Self.update], arrivals: .poisson)
    let record = bench.run()
    let row = record.operations[0]
    let load = holding.rate * holding.mean
    let share = Double(row.conflicts) / Double(row.requests)
    // 20,000 requests: a standard deviation of at most 0.0035, more for the correlation of runs.
    #expect(abs(share - load / (1 + load)) < 0.015, "\(share)")
    #expect(row.failed == row.conflicts && row.throttled == 0)
    #expect(row.attempts == row.requests - row.unfinished || row.attempts == row.requests)
  }

  /// Uniform over n items: each has its own server.
  @Test func conflictsFallWithTheNumberOfItems() {
    var bench = Bench(seconds: 100, [.plain("t", items: 20)])
    bench.model.latency.transactionPhase = .exactly(.milliseconds(5))
    bench.open(200, [Self.update], arrivals: .poisson)
    let record = bench.run()
    let share = Double(record.operations[0].conflicts) / Double(record.requests)
    #expect(abs(share - 0.1 / 1.1) < 0.01, "\(share)")
  }

  @Test(arguments: [KeyDistribution.zipf(exponent: 0.9), .uniform, .weighted([0.1, 0.05])])
  func theExpectedShareIsMet(_ keys: KeyDistribution) {
    var bench = Bench(seconds: 200, [.plain("t", items: 2_000)])
    bench.open(
      200,
      [
        .one(.transactWrite, [OperationPart.part(.update).with { $0.keys = keys }]),
        .one(.get, [.part(.get)]),
      ], arrivals: .poisson)
    let record = bench.run()
    let row = record.operations[0]
    let share = Double(row.conflicts) / Double(row.requests)
    let expected = ConflictShare.expected(bench.scenario)
    // The estimate leaves out that a busy item turns some of its transactions away.
    #expect(abs(share - expected) < 0.1 * expected + 0.0012, "\(share), expected \(expected)")
    #expect(record.operations[1].conflicts == 0 && record.operations[1].failed == 0)
  }

  /// One item that is always held, and one that each transaction has for itself.
  @Test func aConflictCostsThePreparationOfTheOtherItems() {
    for (setting, units) in [
      (CancelledTransactionCharge.nothing, 0.0), (.prepare, 1), (.full, 2),
    ] {
      var bench = Bench(
        seconds: 10, [.plain("hot", items: 1, bytes: 500), .plain("own", bytes: 500)])
      bench.model.capacity.cancelledTransactions = setting
      bench.model.latency.transactionPhase = .exactly(.seconds(100))
      bench.open(
        10,
        [
          .one(
            .transactWrite,
            [.part(.update), OperationPart.part(.update, table: 1).with { $0.keys = .sequential }])
        ])
      let record = bench.run()
      #expect(record.operations[0].conflicts == 99)
      #expect(record.resources[0].write.totalConsumed.inUnits == 2)
      #expect(record.resources[1].write.totalConsumed.inUnits == 2 + 99 * units)
    }
  }

  @Test(arguments: [
    (OperationSpec.one(.put, [.part(.put)]), true), (.one(.delete, [.part(.delete)]), true),
    (.one(.transactGet, [.part(.get)]), true), (.one(.get, [.part(.get)], .strong), false),
    (.one(.query, [.part(.query)]), false), (.one(.batchGet, [.part(.get)]), false),
  ])
  func writesAndTransactionsAreTurnedAway(_ operation: OperationSpec, _ conflicts: Bool) {
    var bench = Bench(seconds: 10, [.plain("t", items: 1)])
    bench.model.latency.transactionPhase = .exactly(.seconds(100))
    bench.open(1, [Self.update])
    bench.open(10, [operation])
    let row = bench.run().operations[1]
    // The transaction is first at the start, or nearly: traffics begin together.
    #expect(row.conflicts >= (conflicts ? 98 : 0) && row.conflicts <= (conflicts ? 100 : 0))
    #expect(row.failed == row.conflicts)
  }

  @Test func theSettingSwitchesThemOff() {
    var bench = Bench(seconds: 10, [.plain("t", items: 1)])
    bench.model.transactionConflicts = false
    bench.open(500, [Self.update], arrivals: .poisson)
    #expect(bench.run().failed == 0)
    #expect(ConflictShare.expected(bench.scenario) == 0)
  }

  /// A client that waits for less time than a transaction takes and sends it once more.
  private func impatient(pause: Nanoseconds) -> RunRecord {
    var bench = Bench(seconds: 10, [.plain("t", bytes: 500)])
    bench.model.latency = .constant(service: 5)
    bench.open(
      10, [Self.update],
      client: ClientSpec(
        retries: RetrySettings(
          mode: .exponential, maximumAttempts: 2, base: pause, cap: pause),
        timeout: .milliseconds(6)))
    return bench.run()
  }

  /// The answer takes 10 ms, the client waits 6 and sends again with the token of the first
  /// attempt: not written a second time, but read (capacity.md 1.6).
  @Test func aRetryOfWhatTookEffectIsARead() {
    let record = impatient(pause: .milliseconds(20))
    #expect(record.attempts == 200)
    #expect(record.resources[0].write.totalConsumed.inUnits == 2 * 100)
    #expect(record.resources[0].read.totalConsumed.inUnits == 2 * 100)
    #expect(record.operations[0].conflicts == 0)
  }

  /// Sent again while it is still under way: TransactionInProgressException, retried, free.
  @Test func aRetryOfWhatIsUnderWayWaits() {
    let record = impatient(pause: .milliseconds(1))
    #expect(record.attempts == 200 && record.failed == 100)
    #expect(record.resources[0].write.totalConsumed.inUnits == 2 * 100)
    #expect(record.resources[0].read.totalConsumed == .zero)
    #expect(record.operations[0].conflicts == 0 && record.operations[0].throttled == 0)
  }
}
