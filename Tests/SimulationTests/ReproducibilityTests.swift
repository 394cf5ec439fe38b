// A run is a function of scenario and seed: the same on any number of threads, with the same
// arrivals when only capacity changes; and a run cut short is still a whole record.

import Capacity
import Clients
import Results
import Scenarios
import Statistics
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct ReproducibilityTests {
  /// Everything a record says, as text.
  static func text(_ record: RunRecord) -> String {
    let latencies = record.operations.flatMap { row in
      [0.0, 10, 50, 90, 99, 99.9, 100].map { row.response.value(atPercentile: $0) }
        + [Int64(row.response.mean), row.attempt.count, Int64(row.attempt.mean)]
    }
    let counts = record.operations.map {
      [
        $0.requests, $0.succeeded, $0.failed, $0.throttled, $0.timedOut, $0.conditionFailed,
        $0.attempts, $0.unfinished,
      ]
    }
    return "\(latencies)\(counts)\(record.resources)\(record.events)\(record.latencyPerMinute)"
      + "\(record.duration)\(record.processedEvents)\(record.seed)"
  }

  private func text(_ record: RunRecord) -> String { Self.text(record) }

  @Test(arguments: [3, 6, 9] as [UInt64])
  func sameSeedSameRecord(seed: UInt64) {
    var bench = ConservationPropertyTests.bench(seed)
    bench.seconds = min(bench.seconds, 20)
    let first = text(bench.run())
    #expect(first == text(bench.run()))
    #expect(first != text(bench.run(replication: 1)))
  }

  @Test func threadsDoNotMatter() async {
    var bench = ConservationPropertyTests.bench(5)
    bench.seconds = 12
    let scenario = bench.scenario
    let experiment = Experiment(scenario, replications: 3)
    let one = await experiment.run(threads: 1) { _ in true }.map(text)
    let two = await experiment.run(threads: 2) { _ in true }.map(text)
    let many = await experiment.run(threads: 9) { _ in true }.map(text)
    #expect(one == two && two == many)
    #expect(one.count == 3)
    #expect(Set(one).count == 3, "replications are different")
    #expect(one[0] == text(Simulator(scenario, replication: 0).run(replication: 0) { _ in true }))
  }

  /// Common random numbers: another capacity meets the same requests for the same keys.
  @Test func capacityDoesNotChangeWhatIsAskedFor() {
    func run(_ capacity: Int) -> RunRecord {
      var bench = Bench(seconds: 130, [.plain("t", .provisioned(capacity, 1), bytes: 9_000)])
      bench.model.capacity.initialBurst = 0
      bench.open(
        30, [.one(.get, [OperationPart.part(.get).with { $0.keys = .zipf(exponent: 0.9) }])],
        arrivals: .poisson, client: ClientSpec())
      return bench.run()
    }
    let (scarce, ample) = (run(10), run(1_000))
    #expect(scarce.resources[0].read.totalThrottles > 0)
    #expect(scarce.requests == ample.requests)
    #expect(scarce.resources[0].read.demanded == ample.resources[0].read.demanded)
    #expect(scarce.resources[0].hotKeys.map(\.key) == ample.resources[0].hotKeys.map(\.key))
    #expect(scarce.resources[0].hotKeys.map(\.units) == ample.resources[0].hotKeys.map(\.units))
  }

  /// Without limits the end of an attempt is handled when it is sent; a limit that never binds
  /// makes it wait for its time, and must change nothing.
  @Test(arguments: [RetryMode.none, .exponential, .fullJitter, .adaptive])
  func limitsThatNeverBindChangeNothing(mode: RetryMode) {
    func run(_ connections: Int?) -> RunRecord {
      var bench = Bench(seconds: 100, [.plain("t", .provisioned(10, 15), bytes: 3_000)])
      bench.model.capacity.initialBurst = 0.01
      bench.model.latency = LatencySettings()
      bench.open(
        15, [.get, .put], arrivals: .poisson,
        client: ClientSpec(
          retries: RetrySettings(mode: mode, maximumAttempts: 4), timeout: .milliseconds(5),
          connections: connections))
      return bench.run()
    }
    let (free, bound) = (run(nil), run(1_000_000))
    #expect(free.attempts > 300 && free.succeeded > 50)
    #expect(free.attempts == bound.attempts)
    #expect(free.operations.map(\.succeeded) == bound.operations.map(\.succeeded))
    #expect(free.operations.map(\.throttled) == bound.operations.map(\.throttled))
    #expect(free.operations.map(\.timedOut) == bound.operations.map(\.timedOut))
    #expect(free.operations.map(\.response.total) == bound.operations.map(\.response.total))
    #expect("\(free.resources)" == "\(bound.resources)")
  }

  /// A request's arrivals do not depend on the other traffic either.
  @Test func trafficsAreIndependentStreams() {
    var bench = Bench(seconds: 60, [.plain()])
    bench.open(20, [.get], arrivals: .poisson)
    let alone = bench.run()
    bench.open(20, [.put], arrivals: .poisson)
    let together = bench.run()
    #expect(alone.operations[0].requests == together.operations[0].requests)
    #expect(alone.resources[0].read.consumed == together.resources[0].read.consumed)
  }

  struct Length: CustomTestStringConvertible {
    var seconds: Double
    var minutes: Int
    var testDescription: String { "\(seconds) s" }
  }

  @Test(arguments: [
    Length(seconds: 0.5, minutes: 1), Length(seconds: 1, minutes: 1),
    Length(seconds: 59.999, minutes: 1), Length(seconds: 60, minutes: 1),
    Length(seconds: 60.000000001, minutes: 2), Length(seconds: 60.5, minutes: 2),
    Length(seconds: 61, minutes: 2), Length(seconds: 120, minutes: 2),
    Length(seconds: 179, minutes: 3), Length(seconds: 180, minutes: 3),
  ])
  func seriesHaveOneEntryPerStartedMinute(_ length: Length) {
    var bench = Bench(seconds: length.seconds, [.plain("t", .provisioned(10, 10))])
    bench.open(20, [.get, .put])
    let record = bench.run()
    expectSeries(record, length.minutes)
    #expect(record.duration == Nanoseconds(seconds: length.seconds))
    #expect(!record.interrupted)
    // Arrivals at 0, 50 ms, ...: none is lost at the seams.
    let arrivals = Int64((length.seconds * 20).rounded(.up))
    #expect(record.requests == arrivals)
    let demanded = record.resources[0].read.demanded + record.resources[0].write.demanded
    #expect(demanded.reduce(0, +) == 2 * arrivals)
  }

  private func expectSeries(_ record: RunRecord, _ minutes: Int) {
    for resource in record.resources {
      for axis in [resource.read, resource.write] {
        #expect(axis.consumed.count == minutes)
        #expect(axis.demanded.count == minutes)
        #expect(axis.limit.count == minutes)
        #expect(axis.throttles.map(\.count) == [minutes, minutes, minutes, minutes])
      }
    }
    #expect(record.latencyPerMinute.count == minutes)
  }

  @Test(arguments: [1, 59, 60, 61, 90, 120] as [Int64])
  func interruptionLeavesAConsistentRecord(seconds: Int64) {
    var bench = Bench(seconds: 600, [.plain("t", .provisioned(10, 10))])
    bench.open(20, [.get, .put], client: ClientSpec())
    var told: [Int64] = []
    let record = Simulator(bench.scenario, replication: 0).run(replication: 3) { progress in
      told.append(progress.at.nanoseconds / 1_000_000_000)
      #expect(progress.replication == 3 && progress.duration == .seconds(600))
      return progress.at.nanoseconds < seconds * 1_000_000_000
    }
    #expect(told == Array(1...seconds))
    #expect(record.interrupted)
    #expect(record.duration == .seconds(seconds))
    expectSeries(record, Int((seconds + 59) / 60))
    #expect(record.requests == 20 * seconds)
    for row in record.operations {
      #expect(row.requests == row.succeeded + row.failed + row.unfinished)
    }
    #expect(record.events.allSatisfy { $0.at.nanoseconds <= seconds * 1_000_000_000 })
  }

  @Test func experimentsEndWhenTold() async {
    var bench = Bench(seconds: 600, [.plain()])
    bench.open(20, [.get])
    let records = await Experiment(bench.scenario, replications: 3).run(threads: 2) { _ in false }
    // The third had not begun when the first ended.
    #expect((1...2).contains(records.count))
    #expect(records.allSatisfy { $0.interrupted && $0.duration == .seconds(1) })
  }

  /// Latencies count from warm-up on; capacity and money from the start.
  @Test func warmUpCutsLatenciesOnly() {
    var bench = Bench(seconds: 100, [.plain()])
    bench.warmUpSeconds = 40
    bench.open(10, [.get])
    let record = bench.run()
    #expect(record.warmUp == .seconds(40))
    #expect(record.requests == 600)
    #expect(record.resources[0].read.totalConsumed.inUnits == 1_000)
  }
}
