// Why: a small table in debt refuses the same request again and again, which shares of requests do
// not show. Where few requests come near a limit, the aggregate mode must say what the exact mode
// says, and lose none on the way in and out.

import Capacity
import Clients
import Results
import Scenarios
import Statistics
import TestSupport
import Testing
import Units
import Workloads

@testable import Simulation

@Suite struct SingleRequestsTests {
  /// Reads of 4 units at 1 request/s, 3 units/s of capacity; a busy stretch of 3 requests/s. With
  /// even arrivals both modes ask for the same items at the same times.
  private func bench(_ rate: [RateSegment]) -> Bench {
    var bench = Bench(
      seconds: rate.reduce(0) { $0 + $1.duration.inSeconds },
      [.plain("t", .provisioned(3, 10), bytes: 14_000)])
    bench.model.capacity.initialBurst = 0.2
    bench.open(
      rate, [.get], client: ClientSpec(retries: RetrySettings(mode: .standard2026)))
    return bench
  }

  private func hold(_ rate: Double, _ seconds: Int64) -> [RateSegment] {
    RateSegment.hold(rate, for: .seconds(seconds))
  }

  private func steps(
    _ bench: Bench, _ singles: AggregateRun.SingleRequests = AggregateRun.SingleRequests()
  ) -> RunRecord {
    AggregateRun(bench.scenario, replication: 0, played: 2_000, singles: singles)
      .run(replication: 0) { _ in true }
  }

  @Test("a small table in debt refuses as it does request by request")
  func debt() {
    let bench = bench(hold(0.5, 1_800) + hold(2, 1_800) + hold(0.5, 1_800))
    let exact = bench.run().figures
    let single = steps(bench)
    #expect(exact.throttles > 1_000)
    #expect(single.singleRequests > 1_000)
    func isNear(_ a: Int64, _ b: Int64) -> Bool { abs(Double(a) / Double(b) - 1) < 0.01 }
    #expect(isNear(single.figures.throttles, exact.throttles), "\(single.figures) \(exact)")
    #expect(isNear(single.figures.failed, exact.failed), "\(single.figures) \(exact)")
    #expect(isNear(single.figures.consumed.halves, exact.consumed.halves))
  }

  @Test("steps that follow the arrivals have the exact mode's requests", arguments: Seed.some(3))
  func followed(seed: Seed) {
    var bench = Bench(seconds: 200, [.plain("t", .plentiful)])
    bench.seed = seed.value
    bench.open(40, [.get, .put], arrivals: .poisson)
    let steps = AggregateRun(
      bench.scenario, replication: 0, played: 2_000, followsArrivals: true
    ).run(replication: 0) { _ in true }
    #expect(steps.singleRequests == 0)
    #expect(steps.operations.map(\.requests) == bench.run().operations.map(\.requests))
  }

  @Test("every request ends once, however often the way changes", arguments: Seed.some(4))
  func conservation(seed: Seed) {
    var generator = seed.generator
    var rate: [RateSegment] = []
    for _ in 0..<12 {
      rate += hold(
        Double(generator.integer(in: 1...60)) / 10, Int64(generator.integer(in: 40...160)))
    }
    var bench = bench(rate)
    bench.seed = UInt64(generator.integer(in: 1...1_000_000))
    bench.warmUpSeconds = Double(generator.integer(in: 0...100))
    let limits = AggregateRun.SingleRequests(
      perSecond: Double(generator.integer(in: 0...6)),
      total: Int64(generator.integer(in: 0...3_000)))
    let record = steps(bench, limits)
    let exact = bench.run()
    let row = record.operations[0]
    #expect(row.requests == row.succeeded + row.failed + row.unfinished)
    #expect(row.unfinished >= 0 && row.throttled <= row.requests)
    #expect(row.response.count == row.succeeded + row.failed)
    #expect(row.attempts >= row.requests)
    #expect(abs(Double(row.requests) / Double(exact.operations[0].requests) - 1) < 0.02)
    let units = record.figures.consumed.inUnits / exact.figures.consumed.inUnits
    #expect(abs(units - 1) < 0.03, "\(units) of the exact units, \(limits)")
    let ended = record.latencyPerMinute.reduce(0) { $0 + $1.ended }
    #expect(ended >= row.succeeded + row.failed)
  }
}
