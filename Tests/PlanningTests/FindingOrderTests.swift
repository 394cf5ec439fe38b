// Why: findings on scaling, clients and caches, and their order; `FindingRulesTests` has those on
// throttling. Each rule fires with the right numbers, and is silent on the nearest record.

import Capacity
import Results
import Scenarios
import Statistics
import Testing
import Units

@testable import Planning

/// Reads of which some were sent again, and some failed.
func reads(_ attempts: Int64, failed: Int64, timedOut: Int64 = 0) -> RunRecord {
  RunRecord.halfUsed.with {
    $0.operations[0].requests = 1_000
    $0.operations[0].succeeded = 1_000 - failed
    $0.operations[0].failed = failed
    $0.operations[0].throttled = timedOut > 0 ? 0 : attempts - 1_000
    $0.operations[0].timedOut = timedOut
    $0.operations[0].attempts = attempts
    $0.operations[0].response.record(250_000_000, times: 1_000)
  }
}

@Suite struct FindingOrderTests {
  // MARK: Scaling

  @Test func `scaling that came too late is told from scaling that could not go on`() throws {
    let scenario = try loaded(ordersText(capacity: scaledCapacity))
    let late = RunRecord.halfUsed.with {
      $0.resources[0].read.ask([300, 300], throttles: 70, .provisionedThroughputExceeded)
      $0.events = [
        CapacityEvent(at: .start, kind: .scaledOut, resource: "orders", text: "1 → 2 RCU"),
        CapacityEvent(at: .start, kind: .scaledOut, resource: "orders", text: "1 → 2 WCU"),
        CapacityEvent(at: .start, kind: .scaledOut, resource: "other", text: "1 → 2 RCU"),
      ]
    }
    let found = try only("of reads reacts too late", findings(scenario, late))
    // Two minutes of alarm, one of metrics, two of UpdateTable.
    #expect(found.explanation.contains("above 70 %"))
    #expect(found.explanation.contains("about 5 min."))
    #expect(found.explanation.contains("saw 1 scale-out action."))
    #expect(found.remedies[0].contains("minimum (now 100)"))
    let throttling = try only("throttles reads", findings(scenario, late))
    #expect(
      throttling.remedies[0].hasPrefix(
        "Raise the minimum of read-capacity of orders (now 100 RCU): 300 RCU throughout"))

    // The minute in which capacity reached the maximum began below it.
    let arriving = late.with {
      $0.resources[0].read.limit = [100, 400]
      let cause = ThrottleCause.provisionedThroughputExceeded.rawValue
      $0.resources[0].read.throttles[cause] = [0, 70]
    }
    #expect(!findings(scenario, arriving).contains { $0.title.contains("at its maximum") })

    let stuck = late.with { $0.resources[0].read.limit = [400, 400] }
    let all = findings(scenario, stuck)
    #expect(!all.contains { $0.title.contains("too late") })
    let atMaximum = try only("at its maximum", all)
    #expect(atMaximum.title.hasSuffix("maximum of 400 RCU"))
    #expect(atMaximum.explanation.hasPrefix("70 of the throttle events"))
  }

  @Test func `scaling is not blamed for a hot partition, nor without a policy`() throws {
    let hot = RunRecord.halfUsed.with {
      $0.resources[0].read.ask([300, 300], throttles: 70, .keyRangeThroughputExceeded)
    }
    let scenario = try loaded(ordersText(capacity: scaledCapacity))
    #expect(!findings(scenario, hot).contains { $0.title.contains("auto scaling") })
    let short = RunRecord.halfUsed.with {
      $0.resources[0].read.ask([300, 300], throttles: 70, .provisionedThroughputExceeded)
    }
    #expect(
      !findings(try loaded(ordersText()), short).contains { $0.title.contains("auto scaling") })
  }

  @Test(arguments: [(1, "refused 1 time:"), (2, "refused 2 times:")])
  func `refused decreases are counted`(count: Int, text: String) throws {
    let record = RunRecord.halfUsed.with {
      $0.events = (1...count).map { minute in
        CapacityEvent(
          at: .start + .minutes(Int64(minute)), kind: .scaleInRefused, resource: "orders", text: "")
      }
    }
    let found = try only("Scale-in", findings(try loaded(ordersText()), record))
    #expect(found.title.contains(text))
    #expect(found.severity == .note)
    #expect(found.explanation.hasPrefix("The first at 0:01:00 on orders."))
  }

  // MARK: Clients and cache

  @Test func `retries are a warning, failures a problem`() throws {
    let scenario = try loaded(ordersText())
    #expect(findings(scenario, reads(1_050, failed: 0)).isEmpty)
    let retried = try only("read:", findings(scenario, reads(1_200, failed: 0)))
    #expect(retried.title == "read: retries add 20.0 % to the requests on the wire")
    #expect(retried.explanation.contains("20.0 % of the requests meet"))
    #expect(retried.explanation.contains("p99 250 ms"))
    let failed = try only("read:", findings(scenario, reads(3_000, failed: 40)))
    #expect(failed.title == "read: 4.00 % of the requests fail for good")
    #expect(failed.severity == .problem)
    #expect(failed.explanation.contains("A request takes 3 attempts on average; the policy"))
    #expect(failed.explanation.contains("standard-2026"))
    #expect(failed.remedies.count == 1)
  }

  @Test func `a conflict is named, not called throttling`() throws {
    let record = reads(1_000, failed: 40).with { $0.operations[0].conflicts = 40 }
    let found = try only("read:", findings(try loaded(ordersText()), record))
    #expect(found.title == "read: 4.00 % of the requests conflict with a transaction")
    #expect(found.severity == .problem)
    #expect(found.explanation.contains("TransactionConflictException"))
    #expect(found.explanation.contains("SDKs do not retry"))
  }

  /// The worst minute is one in which something was refused: what burst carried is not short.
  @Test func `a shortage is looked for where something was refused`() throws {
    let record = RunRecord.halfUsed.with {
      $0.resources[0].write.ask([400, 60], throttles: 9, .provisionedThroughputExceeded)
      $0.resources[0].write.limit = [50, 50]
      $0.resources[0].write.throttles[ThrottleCause.provisionedThroughputExceeded.rawValue] = [
        0, 9,
      ]
    }
    let found = try only("throttles writes", findings(try loaded(ordersText()), record))
    #expect(found.explanation.hasPrefix("The minute from 0:01:00 on asks for 60 write units/s"))
  }

  /// The first finding is the headline: what refused most, not what is asked first.
  @Test func `the limit that refuses most comes first`() throws {
    let record = RunRecord.halfUsed.with {
      $0.resources[0].write.ask([60, 60], throttles: 2, .provisionedThroughputExceeded)
      $0.resources[0].write.ask([60, 60], throttles: 900, .keyRangeThroughputExceeded)
    }
    let all = findings(try loaded(ordersText()), record)
    #expect(all.allSatisfy { $0.title.contains("first at 0:00:07") })
    // Only the minute is known of a cause that came later.
    let later = record.with {
      let cause = ThrottleCause.provisionedThroughputExceeded.rawValue
      $0.resources[0].write.throttles[cause] = [0, 2]
    }
    let titles = findings(try loaded(ordersText()), later).map(\.title)
    #expect(titles.first?.contains("first at 0:00:07") == true, "\(titles)")
    #expect(titles.last?.contains("first at 0:01:00") == true, "\(titles)")
    let texts = all.map(\.explanation)
    #expect(texts.first?.contains("900 events, TableWriteKeyRange") == true, "\(texts)")
    #expect(texts.dropFirst().contains { $0.contains("2 events, TableWriteProvisioned") })
  }

  @Test func `timeouts are not called throttling`() throws {
    let found = findings(try loaded(ordersText()), reads(3_000, failed: 40, timedOut: 40))
    let failed = try only("read:", found)
    #expect(failed.remedies.count == 1)
    #expect(failed.remedies[0].hasPrefix("Some attempts ran into the timeout of 1 min"))
  }

  private func cached(hits: Int64, misses: Int64, evicted: Int64, throttled: Int64) -> RunRecord {
    RunRecord.halfUsed.with {
      var cache = CacheRecord(nodes: 1, nodeType: "dax.r5.large")
      cache.itemCacheHits = hits
      cache.itemCacheMisses = misses
      cache.evictedItems = evicted
      cache.throttledRequests = throttled
      $0.cache = cache
    }
  }

  /// The sizing guide's example as a busiest minute: 120,000 in reads, 5,000 in writes on each
  /// node; 135,000 on three, 202,500 with a node lost (features.md 2.2).
  @Test func `the cluster is sized with its arithmetic and price`() throws {
    let scenario = try loaded(ordersText())
    var record = cached(hits: 99, misses: 1, evicted: 0, throttled: 0)
    record.cache?.readLoadPerMinute = [60, 7_200_000]
    record.cache?.writeLoadPerMinute = [60, 300_000]
    let found = findings(scenario, record)
    #expect(found.map(\.title) == ["DAX: 3 nodes of dax.r5.large carry the load"])
    let text = try #require(found.first).explanation
    for figure in ["120,000", "5,000", "135,000", "times 1.5", "202,500", "225,000"] {
      #expect(text.contains(figure), "\(text)")
    }
    #expect(
      found.first?.remedies == [
        "Take 3 nodes of dax.r5.large for $558.45 a month instead of $186.15."
      ])
    record.cache?.writeLoadPerMinute = [0, 60 * 25 * 50_000]
    #expect(findings(scenario, record).map(\.severity) == [.warning])
  }

  /// One node: 0.255 $ x 730 h = $186.15 (features.md 2.2, pricing.md). Reads without it:
  /// 50/s of 1 KB, half a unit each; 5 units/s reached the table, so 20 are saved, at 70 % and
  /// $0.00013 an hour: 20 / 0.7 x 730 x 0.00013 = $2.71.
  @Test func `what the cluster saves stands beside what it costs`() throws {
    let scenario = try loaded(
      ordersText(sections: ["dax: {nodes: 1, node-type: dax.r5.large}"])
        .replacing("rate: 10/s", with: "rate: 100/s"))
    let record = cached(hits: 90, misses: 10, evicted: 0, throttled: 0).with {
      $0.resources[0].read.consumed = [600, 600]
    }
    let found = try only("DAX costs", findings(scenario, record))
    #expect(
      found.title == "DAX costs $186.15 a month and saves 20 read units/s, worth $2.71")
    #expect(found.explanation.hasSuffix("It is bought for its latency, not for its price."))
  }

  @Test func `a cache that seldom answers says why`() throws {
    let scenario = try loaded(ordersText())
    #expect(findings(scenario, cached(hits: 85, misses: 15, evicted: 0, throttled: 0)).isEmpty)
    #expect(findings(scenario, cached(hits: 0, misses: 0, evicted: 0, throttled: 0)).isEmpty)
    let cold = try only(
      "DAX answers",
      findings(scenario, cached(hits: 40, misses: 60, evicted: 0, throttled: 0)))
    #expect(cold.title == "DAX answers 40.0 % of its item reads")
    #expect(cold.explanation.contains("Nothing was evicted"))
    #expect(cold.remedies[0].hasPrefix("Lengthen the item TTL"))
    let full = try only(
      "DAX answers",
      findings(scenario, cached(hits: 40, misses: 60, evicted: 1_234, throttled: 0)))
    #expect(full.explanation.contains("1,234 entries were evicted"))
    #expect(full.remedies[0].hasPrefix("Take nodes with more memory"))
  }

  @Test func `a cache that throttles is a problem`() throws {
    let found = try only(
      "DAX throttles",
      findings(
        try loaded(ordersText()), cached(hits: 9, misses: 1, evicted: 0, throttled: 77)))
    #expect(found.title == "DAX throttles: 77 requests refused by its nodes")
    #expect(found.explanation.hasPrefix("1 node of dax.r5.large is asked"))
  }

  // MARK: Idle capacity, order

  @Test func `idle capacity is a note`() throws {
    func using(_ read: Int64, _ write: Int64) -> RunRecord {
      RunRecord.halfUsed.with {
        $0.resources[0].read.consumed = [read * 120, read * 120]
        $0.resources[0].write.consumed = [write * 120, write * 120]
      }
    }
    let scenario = try loaded(ordersText())
    let found = try only("orders uses", findings(scenario, using(28, 5)))
    #expect(found.title == "orders uses 28.0 % of its read and 10.0 % of its write capacity")
    #expect(found.severity == .note)
    #expect(findings(scenario, using(29, 5)).isEmpty)
    #expect(findings(scenario, using(5, 15)).isEmpty)
  }

  @Test func `the most serious comes first`() throws {
    let record = reads(1_200, failed: 0).with {
      $0.resources[0].write.ask([60, 60], throttles: 3, .provisionedThroughputExceeded)
      $0.events = [
        CapacityEvent(at: .start, kind: .scaleInRefused, resource: "orders", text: "")
      ]
    }
    let order = findings(try loaded(ordersText()), record).map(\.severity)
    #expect(order.first == .problem)
    #expect(order == order.sorted(by: >))
    #expect(Set(order.map(\.rawValue)).count == 3)
  }
}
