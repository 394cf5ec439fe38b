// Why: many requests at a time are worth their speed only while they say what single requests say.
// Closed forms of lasting overload, back-off rings against a slow second implementation, and the
// same small scenarios in both modes.

import Capacity
import Clients
import Foundation
import Results
import Scenarios
import TestSupport
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct AggregateTheoryTests {
  private func aggregate(_ bench: Bench) -> RunRecord {
    AggregateRun(bench.scenario, replication: 0, played: 5_000, singles: .none)
      .run(replication: 0) { _ in true }
  }

  /// n requests/s of one unit on r units/s, M attempts: all r pass, so a request fails with
  /// f^M = 1 - r/n, where f is the chance that an attempt is refused; attempts per request are
  /// (1 - f^M) / (1 - f) (simulation-kernels.md 6).
  @Test(
    "lasting overload has the closed form's failures and throttles",
    arguments: [(909.0, 375, 10), (600, 500, 4), (1_000, 200, 3)])
  func saturated(_ rate: Double, _ limit: Int, _ attempts: Int) {
    var bench = Bench(seconds: 900, [.plain("t", .provisioned(limit, 10))])
    bench.warmUpSeconds = 300
    bench.model.capacity.initialBurst = 0
    let retries = RetrySettings(
      mode: .fullJitter, maximumAttempts: attempts, base: .milliseconds(100), cap: .seconds(20))
    bench.open(rate, [.get], arrivals: .poisson, client: ClientSpec(retries: retries))
    let record = aggregate(bench)
    let failing = 1 - Double(limit) / rate
    let refused = exp(log(failing) / Double(attempts))
    let perRequest = failing == 0 ? 1 : (1 - failing) / (1 - refused)
    // As many wait at the end as were taken along when measuring began.
    let requests = Double(record.requests - record.operations[0].unfinished)
    #expect(abs(Double(record.failed) / requests / failing - 1) < 0.01)
    #expect(abs(Double(record.attempts) / requests / perRequest - 1) < 0.01)
    #expect(record.requests == record.succeeded + record.failed + record.operations[0].unfinished)
    let units = record.resources[0].read.totalConsumed.inUnits
    #expect(abs(units / (Double(limit) * 900) - 1) < 0.002)
  }

  @Test("a burst lasts as long as its bucket: 300 r / (d - r)")
  func burst() throws {
    var bench = Bench(seconds: 900, [.plain("t", .provisioned(100, 10))])
    bench.open(200, [.get])
    let first = try #require(aggregate(bench).resources[0].read.firstThrottle)
    #expect(abs(first.inSeconds - 300) <= 2, "\(first)")
  }

  /// A mixture of many requests has no slowest one, so whoever asks for it needs single requests.
  @Test func anObjectiveOnTheMaximumNeedsSingleRequests() {
    var bench = Bench(seconds: 60, [.plain("t", .plentiful)])
    bench.open(10, [.get])
    var scenario = bench.scenario
    func objective(_ measure: Measure) -> Objective {
      Objective(text: "o", measure: measure, comparison: .less, bound: 1)
    }
    scenario.objectives = [objective(.latencyPercentile(99.9, operation: nil))]
    #expect(MethodChoice.obstacles(scenario).isEmpty)
    scenario.objectives.append(objective(.latencyMax(operation: nil)))
    #expect(
      MethodChoice.obstacles(scenario) == ["the objective o asks for a single slowest request"])
  }

  /// Half of the reads and of the writes are refused, and successes pay for few of the retries.
  /// Whose successes they were must not matter: each refusal gets the same chance of a retry.
  @Test("operations share a scarce retry quota by what they ask for")
  func sharedQuota() {
    var bench = Bench(seconds: 300, [.plain("t", .provisioned(100, 10))])
    bench.model.capacity.initialBurst = 0
    bench.warmUpSeconds = 60
    var read = OperationSpec.get
    read.weight = 20
    var write = OperationSpec.put
    write.weight = 2
    bench.open(
      220, [read, write], arrivals: .poisson,
      client: ClientSpec(retries: RetrySettings(mode: .standard2026)))
    func retriesPerRefusal(_ record: RunRecord) -> [Double] {
      record.operations.map {
        Double($0.attempts - $0.requests) / Double($0.attempts - $0.succeeded)
      }
    }
    let exact = retriesPerRefusal(bench.run())
    let steps = retriesPerRefusal(aggregate(bench))
    #expect(abs(exact[1] / exact[0] - 1) < 0.1, "\(exact)")
    #expect(abs(steps[1] / steps[0] - 1) < 0.1, "\(steps)")
    #expect(abs(steps[0] / exact[0] - 1) < 0.1, "\(steps) for \(exact)")
  }

  // MARK: Rings

  /// Adds up what each tick's refusals return in each later tick, by definition of the window.
  private func slow(_ refused: [Double], low: Int, high: Int) -> [Double] {
    var due = Array(repeating: 0.0, count: refused.count)
    let width = max(1, high - low)
    for (tick, count) in refused.enumerated() {
      for step in 0...width {
        var part = step == 0 || step == width ? 0.5 : 1.0
        if width == 1 { part = step == 0 ? 1 : 0 }
        // Nothing returns in its own tick, and a window starts no earlier than one tick later.
        let place = tick + max(low, 1) + max(0, step - 1)
        if place < due.count { due[place] += count * part / Double(width) }
      }
    }
    return due
  }

  @Test("rings return what was refused, spread over the window", arguments: Seed.some(20))
  func ring(seed: Seed) {
    var generator = seed.generator
    let low = generator.integer(in: 0...1) * generator.integer(in: 1...30)
    let high = low + generator.integer(in: low == 0 ? 1...40 : 0...40)
    var ring = BackoffRing(low: Double(low), high: Double(high))
    let refused = (0..<200).map { _ in Double(generator.integer(in: 0...9)) }
    let expected = slow(refused, low: low, high: high)
    var total = 0.0
    for tick in refused.indices {
      let due = ring.advance()
      total += due
      #expect(abs(due - expected[tick]) < 1e-6, "tick \(tick), window \(low)...\(high)")
      ring.add(refused[tick])
    }
    for _ in 0..<100 { total += ring.advance() }
    #expect(abs(total - refused.reduce(0, +)) < 1e-6)
    #expect(ring.isEmpty)
  }

  // MARK: Both modes

  struct Case: CustomTestStringConvertible {
    var testDescription: String
    /// Largest relative differences of throttles and of consumed units.
    var throttles = 0.03
    var units = 0.01
    var make: @Sendable () -> Bench
  }

  @Test("both modes agree on small scenarios", arguments: Case.all)
  func modes(_ test: Case) {
    let bench = test.make()
    let exact = (0..<3).map { bench.run(replication: $0).figures }
    let steps = (0..<3).map { replication in
      AggregateRun(
        bench.scenario, replication: replication, played: 20_000, singles: .none
      ).run(replication: replication) { _ in true }.figures
    }
    func mean(_ figures: [MethodFigures], _ value: (MethodFigures) -> Double) -> Double {
      figures.reduce(0) { $0 + value($1) } / Double(figures.count)
    }
    func ratio(_ value: (MethodFigures) -> Double) -> Double {
      let slow = mean(exact, value)
      return slow == 0 ? (mean(steps, value) == 0 ? 0 : 1) : mean(steps, value) / slow - 1
    }
    #expect(abs(ratio { Double($0.requests) }) < 0.01)
    #expect(abs(ratio { $0.consumed.inUnits }) < test.units, "\(exact) \(steps)")
    #expect(abs(ratio { Double($0.throttles) }) < test.throttles, "\(exact) \(steps)")
    #expect(abs(ratio { Double($0.failed) }) < test.throttles * 1.5, "\(exact) \(steps)")
  }
}

extension AggregateTheoryTests.Case {
  static let all = [calm, even, table, partition, index, transaction]

  private static let jitter = ClientSpec(
    retries: RetrySettings(
      mode: .fullJitter, maximumAttempts: 5, base: .milliseconds(200), cap: .seconds(5)))

  /// Noise alone: 90,000 Poisson requests vary by 0.33 %, two means of three such runs by 0.27 %
  /// from each other, a quarter of the bound.
  private static let calm = Self(testDescription: "nothing is refused") {
    var bench = Bench(seconds: 300, [.plain("t", .plentiful, bytes: 6_000)])
    bench.open(300, [.get], arrivals: .poisson)
    return bench
  }

  /// A mix without the noise of arrivals: requests of 4 or 12 half-units, sqrt(16 / 30,000) / 8 =
  /// 0.29 % a run, 0.24 % between two means of three.
  private static let even = Self(testDescription: "nothing is refused, even arrivals") {
    var bench = Bench(seconds: 300, [.plain("t", .plentiful, bytes: 6_000)])
    bench.open(100, [.get, .put], arrivals: .constant)
    return bench
  }

  private static let table = Self(testDescription: "a table runs out of burst") {
    var bench = Bench(seconds: 300, [.plain("t", .provisioned(60, 100))])
    bench.model.capacity.initialBurst = 0.1
    bench.open(100, [.get], arrivals: .poisson, client: jitter)
    return bench
  }

  private static let partition = Self(testDescription: "a hot key on one of four partitions") {
    var bench = Bench(seconds: 60, [.plain("t", .plentiful).with { $0.partitions = 4 }])
    bench.model.capacity.splitForHeat = false
    var put = OperationPart.part(.put, bytes: 4_000)
    put.keys = .weighted([0.5])
    bench.open(600, [.one(.put, [put])], arrivals: .poisson, client: jitter)
    return bench
  }

  private static let index = Self(testDescription: "an index holds its table's writes back") {
    let index = IndexSpec.plain(entry: nil, .provisioned(10, 60))
    var bench = Bench(
      seconds: 300, [.plain("t", .plentiful).with { $0.globalIndexes = [index] }])
    bench.model.capacity.initialBurst = 0.05
    bench.open(100, [.put, .get], arrivals: .poisson, client: jitter)
    return bench
  }

  private static let transaction = Self(testDescription: "transactions over two tables") {
    var bench = Bench(
      seconds: 300, [.plain("a", .provisioned(100, 150)), .plain("b", .provisioned(100, 100))])
    bench.model.capacity.initialBurst = 0
    bench.open(
      70, [.one(.transactWrite, [.part(.put), .part(.put, table: 1)])], arrivals: .poisson)
    return bench
  }
}
