// The sums a record offers are what bills and reports are made of; each is compared with a hand
// count over series whose entries are all different.

import Capacity
import Results
import Statistics
import Testing
import Units

@Suite struct RunRecordTests {
  private var axis: AxisSeries {
    var series = AxisSeries()
    series.consumed = [3, 10, 28]
    series.demanded = [5, 10, 30]
    series.limit = [1, 1, 2]
    series.throttles = [[1, 0, 2], [4, 0, 0], [0, 0, 8], [16, 32, 0]]
    return series
  }

  @Test func totalsOfAnAxis() {
    #expect(axis.totalConsumed == CapacityUnits(halves: 41))
    #expect(axis.totalConsumed.inUnits == 20.5)
    #expect(axis.totalThrottles == 63)
    #expect(axis.total(.provisionedThroughputExceeded) == 3)
    #expect(axis.total(.keyRangeThroughputExceeded) == 4)
    #expect(axis.total(.accountLimitExceeded) == 8)
    #expect(axis.total(.maxOnDemandThroughputExceeded) == 48)
  }

  @Test func emptySeriesHaveNoTotals() {
    let empty = AxisSeries()
    #expect(empty.totalConsumed == .zero)
    #expect(empty.totalThrottles == 0)
    for cause in ThrottleCause.allCases { #expect(empty.total(cause) == 0) }
  }

  @Test func namesOfResources() {
    let table = ResourceRecord(
      table: "orders", index: nil, region: "us-east-1", isOnDemand: false)
    let index = ResourceRecord(
      table: "orders", index: "byStatus", region: "us-east-1", isOnDemand: true)
    #expect(table.name == "orders")
    #expect(index.name == "orders/byStatus")
  }

  @Test func hitRatioCountsBothCaches() {
    var cache = CacheRecord(nodes: 3, nodeType: "dax.r5.large")
    #expect(cache.hitRatio == 0)
    cache.itemCacheHits = 60
    cache.itemCacheMisses = 15
    #expect(cache.hitRatio == 0.8)
    cache.queryCacheHits = 15
    cache.queryCacheMisses = 10
    #expect(cache.hitRatio == 0.75)
  }

  @Test func newRecordsAreEmptyAndWhole() {
    let record = RunRecord(seed: 9, duration: .minutes(2), warmUp: .seconds(30))
    #expect(record.seed == 9)
    #expect(record.duration == .seconds(120) && record.warmUp == .seconds(30))
    #expect(!record.interrupted)
    #expect(record.operations.isEmpty && record.resources.isEmpty && record.events.isEmpty)
    let row = OperationRecord(traffic: "shop", name: "read", kind: "GetItem")
    #expect(row.requests == row.succeeded + row.failed + row.unfinished)
    #expect(row.response.count == 0)
  }
}
