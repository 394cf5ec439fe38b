// Hand-made plans for the report tests: every value is chosen here, none is simulated.
//
// `orders` has one of everything the pages can show: a throttling provisioned table with an index,
// auto scaling, splits, hot keys, DAX, an unpriced line. `empty` has nothing at all.

import Capacity
import Pricing
import Results
import Statistics
import Units

@testable import Reports

enum PlanFixture {
  static func estimate(_ value: Double, _ half: Double? = nil) -> Estimate {
    Estimate(value: value, halfWidth: half, samples: 5)
  }

  static func dollars(_ text: String) -> Money { Money(decimal: text) ?? .zero }

  /// A wave between 0 and 1 without the C library: a parabola per half period.
  static func wave(_ minute: Int, period: Int) -> Double {
    let phase = Double(minute % period) / Double(period) * 2
    let x = phase < 1 ? phase : phase - 1
    let bump = 4 * x * (1 - x)
    return phase < 1 ? 0.5 + bump / 2 : 0.5 - bump / 2
  }

  /// A repeatable jitter in -1...1.
  static func jitter(_ minute: Int, _ salt: Int) -> Double {
    let mixed = UInt64(minute &* 2_654_435_761 &+ salt &* 40_503) &* 0x9E37_79B9_7F4A_7C15
    return Double(mixed >> 40) / Double(1 << 23) - 1
  }

  static func axis(_ mean: Double, limit: Double, throttles: [Double]) -> AxisSummary {
    AxisSummary(
      consumed: estimate(mean, mean * 0.012), peakMinute: estimate(mean * 1.8, 3),
      peakSecond: estimate(mean * 2.1, 5), limitAtStart: limit, limitAtEnd: estimate(limit, 0),
      limitMean: estimate(limit, 0), utilisation: estimate(mean / limit, 0.01),
      throttlesByCause: throttles.map { estimate($0, $0 * 0.06) },
      throttles: estimate(throttles.reduce(0, +), throttles.reduce(0, +) * 0.06),
      throttledSeconds: estimate(throttles.reduce(0, +) > 0 ? 1_312 : 0, 41))
  }

  static func series(
    minutes: Int, mean: Double, swing: Double, limit: Int64, salt: Int
  ) -> AxisSeries {
    var out = AxisSeries()
    for minute in 0..<minutes {
      let shape = 1 + swing * (2 * wave(minute, period: max(2, minutes)) - 1)
      let demand = mean * shape * (1 + 0.05 * jitter(minute, salt))
      let served = min(demand, Double(limit))
      let refused = demand - served
      out.demanded.append(Int64(demand * 120))
      out.consumed.append(Int64(served * 120))
      out.limit.append(limit)
      for cause in 0..<4 { out.throttles[cause].append(cause == 0 ? Int64(refused * 60) : 0) }
      if refused > 0 {
        if out.firstThrottle == nil { out.firstThrottle = .start + .minutes(Int64(minute)) }
        out.throttledSeconds += 50
        out.longestThrottledStretch = max(out.longestThrottledStretch, 233)
        out.refused += Int64(refused * 120)
      }
    }
    out.peakSecond = (out.consumed.max() ?? 0) / 55
    return out
  }

  static func operation(
    _ name: String, _ kind: String, rate: Double, p50: Double, throttled: Double
  ) -> OperationSummary {
    OperationSummary(
      traffic: "checkout", name: name, kind: kind, requestsPerSecond: estimate(rate, rate * 0.004),
      succeeded: estimate(1 - throttled / 20, 0.0004), throttled: estimate(throttled, 0.0031),
      failed: estimate(throttled / 20, 0.0004), attemptsPerRequest: estimate(1 + throttled, 0.004),
      mean: estimate(p50 * 1.3, p50 * 0.02), p50: estimate(p50, p50 * 0.01),
      p90: estimate(p50 * 2.1, p50 * 0.03),
      p99: estimate(p50 * (throttled > 0 ? 380 : 4.2), p50 * 0.4),
      p999: estimate(p50 * (throttled > 0 ? 1_200 : 6.3), p50 * 0.8),
      max: estimate(p50 * (throttled > 0 ? 1_900 : 14), p50 * 2))
  }

  static func partitions(_ count: Int, read: Double, write: Double, hot: Int) -> [PartitionRecord] {
    (0..<count).map { index in
      let factor = index == hot ? 3.1 : 1 + 0.2 * jitter(index, 7)
      return PartitionRecord(
        rangeStart: Double(index) / Double(count), rangeEnd: Double(index + 1) / Double(count),
        consumedRead: CapacityUnits(halves: Int64(read * factor * 14_400)),
        consumedWrite: CapacityUnits(halves: Int64(write * factor * 14_400)),
        throttles: index == hot ? 4_211 : 0, peakReadSecond: Int64(read * factor * 3),
        peakWriteSecond: Int64(min(write * factor * 3, 2_000)),
        createdAt: index == hot + 1 ? .start + .minutes(93) : nil)
    }
  }

  static func record(minutes: Int) -> RunRecord {
    var run = RunRecord(seed: 42, duration: .minutes(Int64(minutes)), warmUp: .minutes(5))
    var table = ResourceRecord(
      table: "orders", index: nil, region: "eu-west-1", isOnDemand: false)
    table.read = series(minutes: minutes, mean: 900, swing: 0.6, limit: 2_000, salt: 1)
    table.write = series(minutes: minutes, mean: 310, swing: 0.7, limit: 600, salt: 2)
    for minute in minutes / 2..<minutes { table.write.limit[minute] = 800 }
    for minute in minutes / 4..<minutes / 2 {
      table.write.throttles[ThrottleCause.keyRangeThroughputExceeded.rawValue][minute] =
        Int64(40 + minute % 13)
      table.write.refused += 90
      table.write.throttledSeconds += 7
    }
    table.write.firstThrottle = .start + .minutes(Int64(minutes / 4))
    table.write.longestThrottledStretch = 9
    table.partitions = partitions(8, read: 310, write: 220, hot: 2)
    table.hotKeys = [
      HotKey(key: "customerId-000123", units: 1_482_001, throttles: 4_198, share: 0.183),
      HotKey(key: "customerId-004711", units: 211_002, throttles: 13, share: 0.026),
    ]
    var index = ResourceRecord(
      table: "orders", index: "byStatus", region: "eu-west-1", isOnDemand: false)
    index.write = series(minutes: minutes, mean: 300, swing: 0.7, limit: 400, salt: 3)
    run.resources = [table, index]
    var cache = CacheRecord(nodes: 3, nodeType: "dax.r5.large")
    for minute in 0..<minutes {
      let share = 0.93 - 0.8 / Double(minute + 2)
      cache.hitsPerMinute.append(Int64(54_000 * share))
      cache.missesPerMinute.append(Int64(54_000 * (1 - share)))
      let load = wave(minute, period: max(2, minutes))
      let slow = load > 0.8 ? 60.0 : 1
      let noise = 1 + 0.1 * jitter(minute, 9)
      run.latencyPerMinute.append(
        LatencyMinute(
          p50: Int64(2_900_000 * noise), p90: Int64(6_100_000 * noise),
          p99: Int64(12_400_000 * noise * slow), p999: Int64(21_000_000 * noise * slow * 2),
          ended: 54_000))
    }
    run.cache = cache
    run.events = [
      CapacityEvent(
        at: .start + .minutes(21), kind: .burstExhausted, resource: "orders/byStatus",
        text: "300 s of burst were spent in 96 s of demand at 1.4 times the provisioned 400 WCU."),
      CapacityEvent(
        at: .start + .minutes(22), kind: .firstThrottle, resource: "orders/byStatus",
        text: "IndexWriteProvisionedThroughputExceeded"),
      CapacityEvent(
        at: .start + .minutes(Int64(minutes / 2)), kind: .scaledOut, resource: "orders",
        text: "write capacity 600 → 800 (target 70 %, two minutes above it)"),
      CapacityEvent(
        at: .start + .minutes(93), kind: .split, resource: "orders",
        text: "partition 3 split for heat: 94 % of its ceiling for 5 min"),
    ]
    return run
  }

  static func plan(minutes: Int) -> CapacityPlan {
    let none = axis(0, limit: 1, throttles: [0, 0, 0, 0])
    let resources = [
      ResourceSummary(
        name: "orders", isIndex: false, isOnDemand: false,
        read: axis(900, limit: 2_000, throttles: [0, 0, 0, 0]),
        write: axis(310, limit: 600, throttles: [0, 4_211, 0, 0]),
        partitionsAtEnd: estimate(8, 0)),
      ResourceSummary(
        name: "orders/byStatus", isIndex: true, isOnDemand: false, read: none,
        write: axis(300, limit: 400, throttles: [182_334, 0, 0, 0]),
        partitionsAtEnd: estimate(1, 0)),
    ]
    return CapacityPlan(
      scenario: facts(minutes), verdict: .fail, objectives: objectives,
      operations: [
        operation("placeOrder", "PutItem", rate: 310.4, p50: 0.0041, throttled: 0.0714),
        operation("readOrder", "GetItem", rate: 512.7, p50: 0.00083, throttled: 0),
        operation("listOpen", "Query", rate: 74.2, p50: 0.0032, throttled: 0),
      ], resources: resources,
      cache: CacheSummary(
        nodes: 3, nodeType: "dax.r5.large", itemHitRatio: estimate(0.912, 0.002),
        queryHitRatio: Estimate(value: 0, halfWidth: nil, samples: 0), throttled: estimate(0, 0),
        evicted: estimate(18_112, 240), memoryUsed: estimate(6.2e9, 1e7)),
      findings: findings, remedies: remedies, record: record(minutes: minutes))
  }

  static func facts(_ minutes: Int) -> ScenarioFacts {
    ScenarioFacts(
      name: "04-back-pressure", title: "Orders with an index that is too small",
      summary: "A shop's order table: checkout writes, status pages read through DAX, and an index "
        + "on <status> & date that was given too few write units.",
      region: "eu-west-1", seed: 42, replications: 5, confidence: 0.95,
      duration: .minutes(Int64(minutes)), warmUp: .minutes(5), interrupted: false,
      rows: [
        FactRow(
          "Table orders", "PROVISIONED 2,000 RCU / 600 WCU, 40,000,000 items of about 1.2 KB"),
        FactRow("Index byStatus", "KEYS_ONLY, 400 WCU"),
        FactRow("Traffic checkout", "Poisson, 300 to 1,300 requests/s over the day"),
        FactRow("Client", "standard-2026: 4 attempts, full jitter"),
      ],
      assumptions: [
        FactRow("partition burst", "1 s of the ceiling"),
        FactRow("split for heat", "after 5 min above 90 %"),
      ])
  }

  static let objectives: [ObjectiveOutcome] = [
    ObjectiveOutcome(
      text: "p(99) < 10ms", measured: estimate(1.5583, 0.0412), bound: 0.01, unit: .seconds,
      verdict: .fail),
    ObjectiveOutcome(
      text: "throttled / requests < 0.1%", measured: estimate(0.0247, 0.0011), bound: 0.001,
      unit: .share, verdict: .fail),
    ObjectiveOutcome(
      text: "cost < 1,500 USD", measured: estimate(1_493.12, 9.4), bound: 1_500, unit: .dollars,
      verdict: .undecided),
    ObjectiveOutcome(
      text: "cache_hit_ratio > 0.9", measured: estimate(0.912, 0.002), bound: 0.9, unit: .share,
      verdict: .pass),
  ]

  static let findings: [Finding] = [
    Finding(
      severity: .problem,
      title: "orders/byStatus throttles writes, first at 0:01:00: 507 write units/s asked for, 400"
        + " provisioned, burst spent",
      explanation: "Writes to the index ask for 510 WCU/s at the peak; 400 are provisioned. Base "
        + "writes that touch the index are refused with it.",
      remedies: [
        "Provision at least 560 WCU on orders/byStatus, or scale it at a target of 70 %.",
        "Leave `status` out of the index key for orders that are closed (sparse index).",
      ], isCause: true),
    Finding(
      severity: .warning, title: "One customer makes 18.3 % of the traffic",
      explanation: "customerId-000123 keeps partition 3 at its ceiling of 1,000 WCU/s.",
      remedies: ["Shard the key: customerId#0 to customerId#3."]),
    Finding(
      severity: .note, title: "Reads hold with room to spare",
      explanation: "The cache answers 91.2 % of them.", remedies: []),
  ]

  static let remedies: [RemedyOutcome] = [
    RemedyOutcome(
      title: "Set write-capacity of orders/byStatus to 560 WCU", replications: 2, verdict: .pass,
      throttled: estimate(0, 0), failed: estimate(0, 0), p99: estimate(0.0089, 0.0001),
      monthlyCost: estimate(912.4, 0.3), costDifference: estimate(86.05, 0.01)),
    RemedyOutcome(
      title: "Switch orders to PAY_PER_REQUEST", replications: 2, verdict: .fail,
      throttled: estimate(0.0004, 0.0001), failed: estimate(0, 0), p99: estimate(0.0121, 0.0004),
      monthlyCost: estimate(640.2, 2.5), costDifference: estimate(-186.15, 2.4)),
  ]

  static let bill = Bill(
    title: "04-back-pressure", region: "eu-west-1",
    lines: [
      BillLine(
        resource: "orders", usageType: "EU-WriteCapacityUnit-Hrs",
        description: "Provisioned write capacity", quantity: "511,000 WCU-hours",
        unitPrice: dollars("0.000735"), per: "WCU-hour", amount: dollars("375.585"),
        source: "AWS price list, 2026-10-30"),
      BillLine(
        resource: "orders", usageType: "EU-ReadCapacityUnit-Hrs",
        description: "Provisioned read capacity", quantity: "1,460,000 RCU-hours",
        unitPrice: dollars("0.000147"), per: "RCU-hour", amount: dollars("214.62"),
        source: "AWS price list, 2026-10-30"),
      BillLine(
        resource: "DAX", usageType: "EU-NodeUsage:dax.r5.large",
        description: "Cluster nodes, \"on demand\"", quantity: "2,190 node-hours",
        unitPrice: nil, per: "node-hour", amount: nil, source: ""),
    ], total: dollars("590.205"),
    assumptions: ["A month has 730 hours.", "An hour is billed at its highest capacity."],
    warnings: ["dax_node_dax.r5.large in eu-west-1 is unpriced: give a price in the scenario."])

  static let alternatives: [PricedAlternative] = [
    PricedAlternative(
      name: "on-demand", monthly: dollars("1211.40"), difference: dollars("621.195"),
      note: "No throttles at this load; cheaper below 14.9 % utilisation.", isComplete: true),
    PricedAlternative(
      name: "auto scaled at 70 %", monthly: dollars("441.87"), difference: dollars("-148.335"),
      note: "Follows the day; the index would still need a higher maximum.", isComplete: true),
    PricedAlternative(
      name: "reserved 1 year", monthly: dollars("312.08"), difference: dollars("-278.125"),
      note: "Needs blocks of 100 units and an upfront payment.", isComplete: false),
  ]

  static func orders(minutes: Int) -> ReportInput {
    ReportInput(
      plan: plan(minutes: minutes), bill: bill, alternatives: alternatives,
      command: "./plimsoll plan scenarios/04-back-pressure.yaml", version: "0.1.0")
  }

  static let empty = ReportInput(
    plan: CapacityPlan(
      scenario: ScenarioFacts(
        name: "empty", title: "", summary: "", region: "us-east-1", seed: 1, replications: 1,
        confidence: 0.95, duration: .seconds(30), warmUp: .zero, interrupted: true, rows: [],
        assumptions: []), verdict: .undecided, objectives: [], operations: [], resources: [],
      cache: nil, findings: [],
      record: RunRecord(seed: 1, duration: .seconds(30), warmUp: .zero)),
    bill: Bill(
      title: "", region: "us-east-1", lines: [], total: .zero, assumptions: [], warnings: []),
    alternatives: [], command: "plimsoll plan empty.yaml", version: "0.1.0")
}
