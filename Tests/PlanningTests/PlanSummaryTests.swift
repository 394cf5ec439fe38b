// Why: every number of a report comes through PlanSummary; here each is worked out by hand from two
// small records, the interval included.
import Results
import Scenarios
import Statistics
import Testing
import Units

@testable import Planning

@Suite struct PlanSummaryTests {
  /// Two runs of 2 min: 150 and 100 read units/s on average, limits 200 and 100.
  private func records() -> [RunRecord] {
    let first = RunRecord.sample(warmUp: .seconds(30)).with {
      $0.resources[0].read.consumed = [12_000, 24_000]
      $0.resources[0].read.limit = [100, 300]
      $0.resources[0].read.peakSecond = 500
      $0.resources[0].read.throttles[0] = [3, 4]
      $0.resources[0].read.throttles[1] = [0, 1]
      $0.resources[0].read.throttledSeconds = 6
      $0.operations[0].requests = 180
      $0.operations[0].succeeded = 160
      $0.operations[0].failed = 10
      $0.operations[0].unfinished = 10
      $0.operations[0].throttled = 45
      $0.operations[0].attempts = 270
      for value in 1...1_000 { $0.operations[0].response.record(Int64(value) * 1_000_000) }
    }
    let second = RunRecord.sample(warmUp: .seconds(30)).with {
      $0.resources[0].read.consumed = [12_000, 12_000]
      $0.resources[0].read.limit = [100, 100]
      $0.operations[0].requests = 90
      $0.operations[0].succeeded = 90
      $0.operations[0].attempts = 90
      $0.operations[0].response.record(2_000_000)
    }
    return [first, second]
  }

  @Test func `capacity is averaged over the run and then over the replications`() throws {
    let summary = PlanSummary(try loaded(ordersText()), records: records())
    let read = try #require(summary.resources().first).read
    #expect(read.consumed.value == 125)
    // t(0.975, 1) = 12.7062; s / sqrt(2) = 25.
    #expect(isClose(try #require(read.consumed.halfWidth), 12.7062 * 25, within: 1e-4))
    #expect(read.consumed.samples == 2)
    #expect(read.peakMinute.value == (200 + 100) / 2)
    #expect(read.peakSecond.value == 125)
    #expect(read.limitAtStart == 100)
    #expect(read.limitAtEnd.value == 200)
    #expect(read.limitMean.value == 150)
    #expect(read.utilisation.value == (0.75 + 1) / 2)
    #expect(read.throttlesByCause.map(\.value) == [3.5, 0.5, 0, 0])
    #expect(read.throttles.value == 4)
    #expect(read.throttledSeconds.value == 3)
  }

  @Test func `shares of requests and rates leave the warm-up out`() throws {
    let summary = PlanSummary(try loaded(ordersText()), records: records())
    let row = summary.operations()[0]
    #expect(row.name == "read")
    #expect(row.requestsPerSecond.value == (2 + 1) / 2.0)
    #expect(isClose(row.succeeded.value, (160.0 / 170 + 1) / 2))
    #expect(row.throttled.value == 0.125)
    #expect(isClose(row.failed.value, 10.0 / 180 / 2))
    #expect(row.attemptsPerRequest.value == 1.25)
    #expect(isClose(row.mean.value, (0.5005 + 0.002) / 2, within: 1e-3))
    #expect(isClose(row.p50.value, (0.5 + 0.002) / 2, within: 1e-3))
    #expect(isClose(row.p99.value, (0.99 + 0.002) / 2, within: 1e-3))
    let slowest = try #require(row.max)
    #expect(isClose(slowest.value, (1 + 0.002) / 2, within: 1e-3))
  }

  @Test func `operations without requests have shares of zero`() throws {
    let row = PlanSummary(try loaded(ordersText()), records: records()).operations()[1]
    #expect(row.requestsPerSecond.value == 0)
    #expect(row.failed.value == 0)
    #expect(row.attemptsPerRequest.value == 0)
  }

  @Test func `a run that ended in its warm-up has finite rates`() throws {
    let record = RunRecord.sample(warmUp: .minutes(2))
    let row = PlanSummary(try loaded(ordersText()), records: [record]).operations()[0]
    #expect(row.requestsPerSecond == Estimate(value: 0, halfWidth: nil, samples: 1))
  }

  @Test func `a partial last minute is no calm one`() throws {
    // 30 s at 80 units/s; the minute's sum alone would say 40.
    let record = RunRecord.sample(minutes: 1).with {
      $0.duration = .seconds(30)
      $0.resources[0].read.consumed = [80 * 60]
    }
    let read = PlanSummary(try loaded(ordersText()), records: [record]).resources()[0].read
    #expect(read.consumed.value == 80)
    #expect(read.peakMinute.value == 80)
  }

  @Test func `replicas are named with their region`() throws {
    let record = RunRecord.sample().with {
      var replica = $0.resources[0]
      replica.region = "eu-west-1"
      $0.resources.append(replica)
    }
    let rows = PlanSummary(try loaded(ordersText()), records: [record]).resources()
    #expect(rows.map(\.name) == ["orders", "orders@eu-west-1"])
  }

  @Test func `the cache's ratios are of its lookups`() throws {
    let scenario = try loaded(ordersText())
    #expect(PlanSummary(scenario, records: [.sample()]).cache()?.nodes == nil)
    let record = RunRecord.sample().with {
      var cache = CacheRecord(nodes: 3, nodeType: "dax.r5.large")
      cache.itemCacheHits = 90
      cache.itemCacheMisses = 30
      cache.evictedItems = 5
      $0.cache = cache
    }
    let row = try #require(PlanSummary(scenario, records: [record]).cache())
    #expect(row.itemHitRatio.value == 0.75)
    #expect(row.queryHitRatio.value == 0)
    #expect(row.evicted.value == 5)
    #expect(row.nodes == 3)
  }
}
