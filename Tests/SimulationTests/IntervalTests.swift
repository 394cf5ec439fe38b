// The intervals of a run add up to it, and two runs of one system do not differ by them.

import Clients
import Results
import Scenarios
import Statistics
import Testing
import Units
import Workloads

@testable import Simulation

/// `compare`, windows and effective samples see a run through its intervals only.
@Suite struct IntervalTests {
  private func bench(seed: UInt64, slower: Double = 1, seconds: Double = 30) -> Bench {
    var bench = Bench(seconds: seconds, [.plain()])
    bench.seed = seed
    bench.warmUpSeconds = 5
    bench.model.latency = LatencySettings()
    let read = bench.model.latency.strongRead
    bench.model.latency.strongRead = LatencySpec(
      median: Nanoseconds(seconds: read.median.inSeconds * slower),
      p99: Nanoseconds(seconds: read.p99.inSeconds * slower))
    bench.model.latency.network = LatencySpec(
      median: .microseconds(1), p99: .microseconds(2))
    bench.open(60, [.get], arrivals: .poisson)
    return bench
  }

  @Test func intervalsAddUpToTheRun() throws {
    let record = bench(seed: 3).run()
    let rows = try #require(record.intervals.operations.first)
    let total = record.operations[0]
    #expect(record.intervals.start == .seconds(5) && record.intervals.length == .seconds(1))
    #expect(rows.count == 25)
    #expect(rows.reduce(0) { $0 + $1.requests } == total.requests)
    #expect(rows.reduce(0) { $0 + $1.attempts } == total.attempts)
    #expect(rows.reduce(0) { $0 + $1.responses } == total.response.count)
    let merged = rows.reduce(into: Histogram()) { $0.merge($1.response) }
    #expect(merged.buckets == total.response.buckets)
  }

  private func stored(_ bench: Bench) -> StoredRun {
    let record = bench.run()
    let rows = record.intervals.operations[0]
    func series(_ quantity: StoredQuantity, _ value: (OperationInterval) -> Double?)
      -> StoredSeries
    {
      StoredSeries(subject: "get", quantity: quantity, values: rows.map(value))
    }
    return StoredRun(
      name: "bench", seed: bench.seed, interrupted: false, intervalSeconds: 1, periodSeconds: 60,
      series: [
        series(.requestsPerSecond) { Double($0.requests) },
        series(.meanSeconds) { $0.responseMean.map { $0 / 1e9 } },
        series(.p50Seconds) { Double($0.response.value(atPercentile: 50)) / 1e9 },
        series(.p99Seconds) { Double($0.response.value(atPercentile: 99)) / 1e9 },
      ])
  }

  /// A hundred pairs of runs of one system with different seeds: at most 5 false alarms at 5 %.
  @Test func equalSystemsDoNotDiffer() {
    var settings = ComparisonSettings()
    settings.minimumEffect = 0
    let alarms = (1...100).count { (pair: UInt64) in
      let comparison = RunComparison(
        stored(bench(seed: 2 * pair)), stored(bench(seed: 2 * pair + 1)), settings: settings)
      return comparison.rows.contains { $0.verdict != .unchanged }
    }
    #expect(alarms <= 5, "\(alarms) of 100")
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>) func fivePercentSlowerIsFound(seed: UInt64) {
    let comparison = RunComparison(
      stored(bench(seed: seed)), stored(bench(seed: seed, slower: 1.05)))
    #expect(comparison.isPaired && comparison.hasRegressions)
  }
}
