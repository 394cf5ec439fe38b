// Why: findings are the answer people act on. Each rule is shown to fire on a hand-made record with
// the right numbers in its sentences, and to stay silent on the nearest record that gives no cause.
import Capacity
import Results
import Scenarios
import Statistics
import Testing
import Units

@testable import Planning

let scaledCapacity = "read-capacity: {min: 100, max: 400, target: 70%};write-capacity: 50"

extension RunRecord {
  /// Half of the reads' capacity is used, so that idleness is no finding.
  static var halfUsed: RunRecord {
    .sample().with { $0.resources[0].read.consumed = [6_000, 6_000] }
  }
}

/// The only finding whose title contains `part`.
func only(
  _ part: String, _ all: [Finding], _ location: SourceLocation = #_sourceLocation
) throws -> Finding {
  let found = all.filter { $0.title.contains(part) }
  #expect(found.count == 1, "\(all.map(\.title))", sourceLocation: location)
  return try #require(found.first, sourceLocation: location)
}

@Suite struct FindingRulesTests {
  // MARK: Throttling

  @Test func `calm tables give nothing to say`() throws {
    let calm = RunRecord.halfUsed.with {
      $0.resources[0].read.consumed = [6_000, 6_000]
      $0.resources[0].read.demanded = [6_000, 6_000]
    }
    #expect(findings(try loaded(ordersText()), calm).map(\.title) == [])
  }

  @Test func `a shortage names the minute, the missing units and what would hold`() throws {
    // Replications differ: the remedy must cover the busier one. 60 (400 - r) <= 300 r: 67; the
    // mean of the two minutes is (400 + 20) / 2 = 210.
    let busy = RunRecord.halfUsed.with {
      $0.resources[0].read.ask([400, 20], throttles: 1_200, .provisionedThroughputExceeded)
    }
    let calmer = RunRecord.halfUsed.with {
      $0.resources[0].read.ask([20, 300], throttles: 800, .provisionedThroughputExceeded)
    }
    let found = try only("throttles reads", findings(try loaded(ordersText()), calmer, busy))
    #expect(found.severity == .problem)
    #expect(
      found.title
        == "orders throttles reads, first at 0:00:07: 400 read units/s asked for, 100 provisioned,"
        + " burst spent")
    #expect(found.isCause)
    #expect(
      found.explanation.contains(" events, TableReadProvisionedThroughputExceeded. First at"))
    #expect(found.explanation.contains(" 1,000 ± "), "\(found.explanation)")
    #expect(
      found.explanation.hasPrefix(
        "The minute from 0:00:00 on asks for 400 read units/s with 100 provisioned: 300 short"),
      "\(found.explanation)")
    #expect(
      found.explanation.contains(
        "First at 0:00:07 in the earliest replication, in 9 s of the run, longest stretch 4 s"))
    #expect(
      found.remedies[0]
        == "Set read-capacity of orders to at least 210 RCU (burst capacity then carries the peaks,"
        + " if demand is even within each minute), or to 400 so that no minute needs burst.")
    #expect(found.remedies[1].contains("PAY_PER_REQUEST, or let auto scaling"))
  }

  @Test func `one event is not events`() throws {
    let record = RunRecord.halfUsed.with {
      $0.resources[0].write.ask([60, 60], throttles: 1, .provisionedThroughputExceeded)
    }
    let found = try only("throttles writes", findings(try loaded(ordersText()), record))
    #expect(
      found.explanation.contains(" 1 event, TableWriteProvisionedThroughputExceeded."))
    #expect(
      found.remedies[0]
        == "Set write-capacity of orders to at least 60 WCU, so that no minute needs burst.")
  }

  @Test func `seconds that go over in minutes that fit are told from a shortage`() throws {
    let record = RunRecord.halfUsed.with {
      $0.resources[0].read.ask([80, 70], throttles: 5, .provisionedThroughputExceeded)
    }
    let found = try only("throttles reads", findings(try loaded(ordersText()), record))
    #expect(found.title.hasSuffix(": single seconds ask for more than is provisioned"))
    #expect(found.explanation.hasPrefix("No minute asks for more than is provisioned (at most 80"))
    #expect(found.remedies[0].hasPrefix("Raise read-capacity of orders above the present 100 RCU"))
  }

  @Test func `several causes share their seconds`() throws {
    let record = RunRecord.halfUsed.with {
      $0.resources[0].read.ask([400, 20], throttles: 10, .provisionedThroughputExceeded)
      $0.resources[0].read.ask([400, 20], throttles: 20, .keyRangeThroughputExceeded)
    }
    let found = findings(try loaded(ordersText()), record)
    #expect(found.count == 2)
    for finding in found {
      #expect(finding.explanation.contains(" All causes together: first at 0:00:07, in 9 s"))
    }
  }

  @Test(arguments: ["concurrency: 4", ""])
  func `clients that wait would ask for more`(client: String) throws {
    let scenario = try loaded(ordersText(sections: ["client: {\(client)}"]))
    let record = RunRecord.halfUsed.with {
      $0.resources[0].read.ask([400, 20], throttles: 10, .provisionedThroughputExceeded)
    }
    let found = try only("throttles reads", findings(scenario, record))
    let text = "Set read-capacity of orders to at least 400 RCU, the demand of its busiest minute"
    #expect(found.remedies[0].hasPrefix(text) == !client.isEmpty, "\(found.remedies)")
  }

  @Test func `a cancelled transaction is not retried`() throws {
    let record = reads(1_001, failed: 40).with { $0.operations[0].kind = "TransactGetItems" }
    let found = try only("read:", findings(try loaded(ordersText()), record))
    #expect(
      found.explanation
        == "A request takes 1 attempt on average; clients do not retry a cancelled transaction.")
  }

  @Test func `an index tells that it pushed back on its table`() throws {
    let scenario = try loaded(
      ordersText(table: [
        "global-secondary-indexes:",
        "  - {name: byDay, partition-key: day S, read-capacity: 10, write-capacity: 10}",
      ]))
    let record = RunRecord.halfUsed.with {
      var index = ResourceRecord(
        table: "orders", index: "byDay", region: "us-east-1", isOnDemand: false)
      index.read = .flat(minutes: 2, limit: 10)
      index.write = .flat(minutes: 2, limit: 10)
      index.write.ask([30, 30], throttles: 9, .provisionedThroughputExceeded)
      $0.resources.append(index)
    }
    let found = try only("orders/byDay throttles writes", findings(scenario, record))
    #expect(found.explanation.contains("IndexWriteProvisionedThroughputExceeded"))
    #expect(found.explanation.contains("throttled the write to the base table"))
    #expect(found.remedies[0].hasPrefix("Set write-capacity of orders/byDay to at least 30 WCU"))
    #expect(found.remedies[1].hasPrefix("Project less into the index"))
  }

  @Test func `a hot key is to be sharded by its load`() throws {
    let scenario = try loaded(ordersText(capacity: "read-capacity: 9000;write-capacity: 50"))
    let record = RunRecord.halfUsed.with {
      $0.resources[0].read = .flat(minutes: 2, limit: 9_000)
      $0.resources[0].read.consumed = [540_000, 540_000]
      $0.resources[0].read.ask([8_000, 8_000], throttles: 50, .keyRangeThroughputExceeded)
      $0.resources[0].hotKeys = [HotKey(key: "id-7", units: 1, throttles: 50, share: 0.5)]
    }
    let found = try only("throttles reads", findings(scenario, record))
    #expect(found.explanation.contains("TableReadKeyRangeThroughputExceeded"))
    #expect(
      found.title.hasSuffix(
        "a partition is asked for more than 3,000 read units/s, most of it for key id-7"))
    #expect(
      found.explanation.hasPrefix(
        "One partition reaches its ceiling of 3,000 read units/s while the table as a whole uses"
          + " 50.0 % of its capacity."), "\(found.explanation)")
    // 4,000 units/s over shards that stay below nine tenths of 3,000 each.
    #expect(
      found.remedies[0].hasPrefix(
        "Shard the hot partition key id-7 (50.0 % of the units) over 2 suffixes at least"))
    #expect(found.remedies[1].hasPrefix("Put DAX in front"))
  }

  /// 14 partitions share what is not the hot key's: 8,000 x 7/8 / 14 = 500 of 1,000, so that the
  /// 1,000 of the key fit in parts of at most 400.
  @Test func `a hot key's shards leave room for the other keys of their partition`() throws {
    let record = RunRecord.halfUsed.with {
      $0.resources[0].write.ask([8_000, 8_000], throttles: 50, .keyRangeThroughputExceeded)
      $0.resources[0].hotKeys = [HotKey(key: "id-7", units: 1, throttles: 50, share: 0.125)]
      $0.resources[0].partitions = partitions(throttles: [50] + Array(repeating: 0, count: 13))
    }
    let found = try only("throttles writes", findings(try loaded(ordersText()), record))
    #expect(found.title.contains(": one of its 14 partitions is asked for more than 1,000 write"))
    #expect(found.remedies[0].contains("over 3 suffixes at least"))
    #expect(found.explanation.contains("One partition reaches its ceiling"))
  }

  @Test func `partitions that are all too small are not called one hot partition`() throws {
    let record = RunRecord.halfUsed.with {
      $0.resources[0].write.ask([2_100, 2_100], throttles: 50, .keyRangeThroughputExceeded)
      $0.resources[0].partitions = partitions(throttles: [48, 2])
    }
    let found = try only("throttles writes", findings(try loaded(ordersText()), record))
    #expect(found.title.contains(": all of its 2 partitions are asked for more than 1,000"))
    #expect(found.explanation.hasPrefix("2 of its 2 partitions reach their ceiling of 1,000"))
    #expect(found.remedies[0].hasPrefix("Provision for the whole peak of 2,100 write units/s"))
  }

  private func partitions(throttles: [Int64]) -> [PartitionRecord] {
    throttles.enumerated().map { position, count in
      let width = 1 / Double(throttles.count)
      return PartitionRecord(
        rangeStart: Double(position) * width, rangeEnd: Double(position + 1) * width,
        consumedRead: .zero, consumedWrite: .zero, throttles: count, peakReadSecond: 0,
        peakWriteSecond: 0, createdAt: nil)
    }
  }

  @Test func `spread-out heat is not blamed on a key`() throws {
    let record = RunRecord.halfUsed.with {
      $0.resources[0].write.ask([900, 900], throttles: 50, .keyRangeThroughputExceeded)
      $0.resources[0].hotKeys = [HotKey(key: "id-7", units: 1, throttles: 50, share: 0.01)]
    }
    let found = try only("throttles writes", findings(try loaded(ordersText()), record))
    #expect(found.remedies == ["Spread the traffic over more partition-key values."])
  }

  @Test(arguments: [(Int64(9_000), true), (3_900, false)])
  func `pre-warming is proposed when demand outgrows the start`(peak: Int64, isProposed: Bool)
    throws
  {
    let scenario = try loaded(ordersText(mode: "PAY_PER_REQUEST", capacity: ""))
    let record = RunRecord.halfUsed.with {
      $0.resources[0].isOnDemand = true
      $0.resources[0].write = .flat(minutes: 2, limit: 4_000)
      $0.resources[0].write.limit = [4_000, 8_000]
      $0.resources[0].write.ask([peak, 100], throttles: 50, .keyRangeThroughputExceeded)
    }
    let found = try only("throttles writes", findings(scenario, record))
    #expect(
      found.explanation.contains(
        "the on-demand limit is 4,000 at the start and 8,000 at the end, and one partition serves"
          + " at most 1,000 write units/s."), "\(found.explanation)")
    let text = "Pre-warm the table: set warm-throughput to at least 9,000 write units/s"
    #expect(found.remedies.contains { $0.hasPrefix(text) } == isProposed)
  }

  @Test(arguments: [(Int64(500), "Demand reaches 500 read units/s, above"), (80, "Single seconds")])
  func `a configured maximum is named`(peak: Int64, start: String) throws {
    let scenario = try loaded(ordersText(mode: "PAY_PER_REQUEST", capacity: ""))
    let record = RunRecord.halfUsed.with {
      $0.resources[0].isOnDemand = true
      $0.resources[0].read.ask([peak, peak], throttles: 50, .maxOnDemandThroughputExceeded)
    }
    let found = try only("throttles reads", findings(scenario, record))
    #expect(found.explanation.hasPrefix(start))
    #expect(found.explanation.contains("maximum on-demand throughput of 100"))
    #expect(found.remedies[0].hasPrefix("Raise maximum-throughput"))
  }

  @Test func `the quota is named`() throws {
    let scenario = try loaded(ordersText(mode: "PAY_PER_REQUEST", capacity: ""))
    let record = RunRecord.halfUsed.with {
      $0.resources[0].isOnDemand = true
      $0.resources[0].read.ask([50_000, 0], throttles: 50, .accountLimitExceeded)
    }
    let found = try only("throttles reads", findings(scenario, record))
    #expect(
      found.explanation.hasPrefix(
        "Demand reaches 50,000 read units/s, above the quota of 40,000 per table and index."))
  }

  // MARK: Burst

  /// 100 RCU save 30,000 units; two minutes at 150 take 6,000 of them, a fifth.
  @Test func `burst that carried a peak is told, with what was left of it`() throws {
    let record = RunRecord.sample(minutes: 10).with {
      $0.resources[0].read.consumed = [40, 40, 150, 150, 40, 40, 40, 40, 40, 40].map { $0 * 120 }
    }
    let found = try only("burst", findings(try loaded(ordersText()), record))
    #expect(
      found.title
        == "orders: burst capacity carries reads at the peak, 150 read units/s with 100 provisioned"
    )
    #expect(found.severity == .note)
    #expect(found.explanation.hasPrefix("In 2 minutes, the first from 0:02:00 on, more was used"))
    #expect(found.explanation.contains("at least 80.0 % of the 300 s of burst was left"))
    // Steady rates meet their capacity by chance in some minute.
    let steady = record.with {
      $0.resources[0].read.consumed = Array(repeating: 103 * 120, count: 10)
    }
    #expect(!findings(try loaded(ordersText()), steady).contains { $0.severity == .note })
  }

  // MARK: Heat

  private func warm(_ halves: Int64) -> RunRecord {
    RunRecord.halfUsed.with {
      $0.resources[0].partitions = [Int64(100), halves].enumerated().map { position, peak in
        PartitionRecord(
          rangeStart: Double(position) / 2, rangeEnd: Double(position + 1) / 2, consumedRead: .zero,
          consumedWrite: .zero, throttles: 0, peakReadSecond: 0, peakWriteSecond: peak,
          createdAt: nil)
      }
      $0.resources[0].hotKeys = [HotKey(key: "id-3", units: 9, throttles: 0, share: 0.25)]
    }
  }

  @Test func `a partition near its ceiling is a warning before it throttles`() throws {
    let scenario = try loaded(ordersText())
    let found = try only("one partition runs", findings(scenario, warm(1_600)))
    #expect(found.title == "orders: one partition runs at 80.0 % of its write ceiling")
    #expect(found.severity == .warning)
    #expect(found.explanation.contains("800 of 1,000 write units/s"))
    #expect(found.explanation.contains("owns 50.0 % of the hash range"))
    #expect(found.explanation.contains("id-3, has 25.0 %"))
    #expect(findings(scenario, warm(1_598)).isEmpty)
  }

  @Test func `a partition that throttles is not warned about twice`() throws {
    let record = warm(2_000).with {
      $0.resources[0].write.ask([900, 900], throttles: 5, .keyRangeThroughputExceeded)
    }
    #expect(findings(try loaded(ordersText()), record).map(\.severity) == [.problem])
  }
}
