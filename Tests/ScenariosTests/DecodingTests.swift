// What each section of the file becomes. The scenarios are small and the expected values are
// written out from the format's description (scenarios/README.md), so a decoder cannot agree with
// itself.

import Caching
import Capacity
import Clients
import DataModel
import Scenarios
import Testing
import Units
import Workloads

@Suite("Decoding")
struct DecodingTests {
  static let orders = """
    version: 1
    tables:
      - name: orders
        partition-key: customerId S
        sort-key: orderId S
        billing-mode: PAY_PER_REQUEST
        item-count: 10k
        item-size: 1KB
        global-secondary-indexes:
          - {name: byStatus, partition-key: status S, sort-key: createdAt N, projection: KEYS_ONLY}
          - {name: byDay, partition-key: day S, share: 25%}
        local-secondary-indexes:
          - name: byTotal
            sort-key: total N
            projection: {INCLUDE: [currency]}
            entry-size: 90B
      - name: stock
        partition-key: sku B
        billing-mode: PAY_PER_REQUEST
        item-count: 500
        item-size: 300B

    """

  private func operations(_ lines: String) throws -> [OperationSpec] {
    let text =
      Self.orders + "traffic:\n  - name: t\n    rate: {hold: 1/s, for: 1m}\n    operations:\n"
      + lines.split(separator: "\n").map { "      \($0)\n" }.joined()
    return try loaded(text).0.traffic[0].operations
  }

  private func rate(_ yaml: String, run: String = "") throws -> [RateSegment] {
    let text =
      Self.orders + "traffic:\n  - name: t\n    rate: \(yaml)\n    operations: [{get: orders}]\n"
      + run + "\n"
    guard case .open(_, let rate) = try loaded(text).0.traffic[0].demand else { return [] }
    return rate
  }

  private func segment(_ seconds: Int64, _ from: Double, _ to: Double) -> RateSegment {
    RateSegment(duration: .seconds(seconds), from: from, to: to)
  }

  @Test func tableDefaults() throws {
    let (scenario, _) = try loaded(Self.orders)
    #expect(scenario.name == "test" && scenario.title == "test" && scenario.seed == 1)
    #expect(scenario.traffic.isEmpty && scenario.cache == nil && scenario.objectives.isEmpty)
    let table = scenario.tables[0]
    #expect(table.mode == .onDemand(maximumRead: nil, maximumWrite: nil))
    #expect(table.partitionKeyCount == 1_000)
    #expect(scenario.tables[1].partitionKeyCount == 500)
    #expect(table.itemSize == .constant(1_024))
    #expect(table.tableClass == .standard && table.warmThroughput == nil && table.stream == nil)
    #expect(scenario.cost == CostSpec())
    let model = ModelSpec()
    #expect(scenario.model.capacity == model.capacity && scenario.model.latency == model.latency)
  }

  @Test func indexes() throws {
    let table = try loaded(Self.orders).0.tables[0]
    let byStatus = table.globalIndexes[0]
    #expect(byStatus.projection == .keysOnly)
    // status 6 + 36, createdAt 9 + 8, customerId 10 + 36, orderId 7 + 36.
    #expect(byStatus.entrySize == 148)
    #expect(byStatus.partitionKeyCount == 1_000)
    #expect(byStatus.mode == .onDemand(maximumRead: nil, maximumWrite: nil))
    let byDay = table.globalIndexes[1]
    #expect(byDay.projection == .all && byDay.entrySize == nil && byDay.share == 0.25)
    #expect(byDay.partitionKeyCount == 2_500)
    let byTotal = table.localIndexes[0]
    #expect(byTotal.key.partition.name == "customerId" && byTotal.key.sort?.type == .number)
    #expect(byTotal.projection == .include(["currency"]) && byTotal.entrySize == 90)
    #expect(byTotal.mode == nil)
  }

  @Test func autoScalingAndFeatures() throws {
    let (scenario, _) = try loaded(
      """
      version: 1
      tables:
        - name: orders
          partition-key: id S
          billing-mode: PROVISIONED
          read-capacity: {start: 100, min: 50, max: 1k, target: 60%, scale-out-cooldown: 60s}
          write-capacity: {min: 5, max: 10}
          warm-throughput: {read: 24k}
          table-class: STANDARD_INFREQUENT_ACCESS
          item-count: 1
          item-size: {histogram: [{from: 1B, to: 1KB, weight: 3}, {from: 1KB, to: 4KB, weight: 1}]}
          stream: {view: NEW_IMAGE, consumers: 2, poll: 250ms, kinesis: on}
          time-to-live: {after: 90d, share: 50%, deletion-lag: 1h}
          backups: {every: 1d, keep: 4w}
          replicas: [eu-west-1, us-gov-west-1]
          partitions: 4
      """)
    let table = scenario.tables[0]
    #expect(
      table.mode
        == .provisioned(
          read: ProvisionedCapacity(
            units: 100,
            autoscaling: AutoscalingPolicy(
              minimum: 50, maximum: 1_000, targetPercent: 60, scaleOutCooldownSeconds: 60)),
          write: ProvisionedCapacity(
            units: 5, autoscaling: AutoscalingPolicy(minimum: 5, maximum: 10, targetPercent: 70))))
    #expect(
      table.warmThroughput == WarmThroughput(readUnitsPerSecond: 24_000, writeUnitsPerSecond: 5))
    #expect(table.tableClass == .standardInfrequentAccess)
    #expect(
      table.itemSize
        == .histogram([
          SizeBucket(low: 1, high: 1_024, weight: 3),
          SizeBucket(low: 1_024, high: 4_096, weight: 1),
        ]))
    #expect(
      table.stream
        == StreamSpec(
          viewType: "NEW_IMAGE", payingConsumers: 2, pollInterval: .milliseconds(250), kinesis: true
        ))
    #expect(
      table.timeToLive
        == TimeToLiveSpec(after: .days(90), share: 0.5, deletionLag: .hours(1)))
    #expect(table.backups == BackupSpec(every: .days(1), keep: .days(28)))
    #expect(table.replicas == ["eu-west-1", "us-gov-west-1"])
    #expect(table.partitions == 4)
  }

  @Test func operationsAndTheirParts() throws {
    let specs = try operations(
      """
      - {get: orders, consistency: strong, keys: latest}
      - {update: orders, index-changes: {byStatus: key, byTotal: none}}
      - {query: orders, index: byTotal, items: 20, consistency: strong}
      - {scan: stock}
      - {scan: orders, index: byStatus, name: sweep, weight: 0.5}
      - {batch-write: orders, items: 25, new-items: 100%}
      - {batch-get: [{get: orders, items: 10}, {get: stock}], consistency: strong}
      - transact-write: [{put: orders}, {update: stock}, {check: stock, condition-fails: 1%}]
      """)
    #expect(
      specs.map(\.name) == [
        "get orders", "update orders", "query orders.byTotal", "scan stock", "sweep",
        "batch-write orders", "batch-get orders+stock", "transact-write orders+stock+stock",
      ])
    #expect(specs[0].consistency == .strong)
    #expect(specs[0].parts[0].keys == .latest(exponent: 0.99))
    #expect(specs[1].parts[0].globalEffects == [.keyMove, .projectedChange])
    #expect(specs[1].parts[0].localEffects == [.unchanged])
    #expect(specs[2].parts[0].index == .local(0) && specs[2].parts[0].count == 20)
    // 1,048,576 / 300 = 3,495.25: the item that crosses 1 MB is evaluated too.
    #expect(specs[3].parts[0].count == 3_496)
    // 1,048,576 / 148 = 7,084.97
    #expect(specs[4].parts[0].count == 7_085 && specs[4].weight == 0.5)
    #expect(specs[5].kind == .batchWrite && specs[5].parts[0].action == .put)
    #expect(specs[5].parts[0].count == 25 && specs[5].parts[0].newItems == 1)
    // KEYS_ONLY entries stay, the others change.
    #expect(specs[5].parts[0].globalEffects == [.unchanged, .projectedChange])
    #expect(specs[6].parts.map(\.count) == [10, 1] && specs[6].consistency == .strong)
    #expect(specs[7].parts.map(\.action) == [.put, .update, .conditionCheck])
    #expect(specs[7].parts.map(\.table) == [0, 1, 1])
    #expect(specs[7].parts[2].conditionFailure == 0.01)
    #expect(specs[7].consistency == .transactional)
  }

  @Test func rates() throws {
    #expect(try rate("500/s", run: "run: {duration: 1m}") == [segment(60, 500, 500)])
    #expect(
      try rate(
        "[{hold: 60/min, for: 5m}, {ramp: {from: 1/s, to: 9/s}, for: 1m}, {hold: 2/s}]",
        run: "run: {duration: 10m}")
        == [segment(300, 1, 1), segment(60, 1, 9), segment(240, 2, 2)])
    #expect(
      try rate("{steps: [1/s, 2/s], each: 30s}") == [segment(30, 1, 1), segment(30, 2, 2)])
    #expect(
      try rate(
        "{spike: {base: 1/s, peak: 9/s, after: 5s, rise: 10s, hold: 20s, fall: 5s}, for: 1m}")
        == [
          segment(5, 1, 1), segment(10, 1, 9), segment(20, 9, 9), segment(5, 9, 1),
          segment(20, 1, 1),
        ])
    let sine = try rate("{sine: {low: 0/s, high: 100/s, period: 64s}, for: 64s}")
    #expect(sine.count == 64 && abs(sine[15].to - 100) < 1e-9 && abs(sine[47].to) < 1e-9)
    // The run starts on Saturday at 20:00, the peak; Monday's rate is not reduced.
    let diurnal = try rate(
      "{diurnal: {low: 0/s, high: 100/s, peak-at: \"20:00\", weekend: 50%}, for: 2d}",
      run: "run: {starts: \"2026-11-07 20:00\"}")
    #expect(abs((diurnal.first?.from ?? 0) - 50) < 1e-9)
    #expect(abs((diurnal.last?.to ?? 0) - 100) < 1e-9)
    let total = diurnal.reduce(Nanoseconds.zero) { $0 + $1.duration }
    #expect(total == .days(2))
  }

  @Test func traces() throws {
    let csv = "timestamp,value\n2026-01-01 00:00:00,600\n2026-01-01 00:05:00,300\n"
    func demand(_ piece: String) throws -> [RateSegment] {
      let text =
        Self.orders
        + "traffic:\n  - name: t\n    rate: \(piece)\n    operations: [{get: orders}]\n"
      guard
        case .open(_, let rate) = try loaded(
          text, path: "somewhere/x.yaml", files: ["somewhere/a.csv": csv]
        ).0.traffic[0].demand
      else { return [] }
      return rate
    }
    #expect(
      try demand("{trace: {file: a.csv, scale: 50}}") == [
        segment(300, 100, 100), segment(300, 50, 50),
      ])
    #expect(
      try demand("{trace: {file: a.csv, value: requests-per-second}, for: 6m}")
        == [segment(300, 600, 600), segment(60, 300, 300)])
  }

  @Test func clientsInheritKeyByKey() throws {
    let (scenario, _) = try loaded(
      Self.orders + """
        client: {timeout: 2s, instances: 4, batch-backoff: false}
        traffic:
          - name: users
            users: 20
            think-time: 500ms
            operations: [{get: orders}]
            client:
              retries: {policy: full-jitter, max-attempts: 5, base: 50ms, cap: 20s}
              connections: 50
          - name: bursts
            arrivals: {on-off: {on: 10s, off: 50s}}
            rate: 1/s
            operations: [{get: orders}]
        run: {duration: 5m}

        """)
    guard case .closed(20, .milliseconds(500), .minutes(5)) = scenario.traffic[0].demand else {
      Issue.record("another demand than written")
      return
    }
    #expect(
      scenario.traffic[0].client
        == ClientSpec(
          retries: RetrySettings(
            mode: .fullJitter, maximumAttempts: 5, base: .milliseconds(50), cap: .seconds(20)),
          timeout: .seconds(2), connections: 50, instances: 4, batchBackoff: false))
    #expect(
      scenario.traffic[1].client
        == ClientSpec(timeout: .seconds(2), instances: 4, batchBackoff: false))
    guard case .open(.onOff(.seconds(10), .seconds(50)), _) = scenario.traffic[1].demand else {
      Issue.record("another arrival process than written")
      return
    }
  }

  @Test func theOtherSections() throws {
    let (scenario, _) = try loaded(
      Self.orders + """
        dax:
          {nodes: 3, node-type: dax.r5.large, query-ttl: 0, tables: [stock], memory-per-node: 13GB}
        cost:
          region: eu-west-1
          month: calendar
          hour-rule: mean
          free-tier: true
          reserved: {read: 100, write: 300, term: 3-years}
          horizon: 1 year
          internet-out: 512MB
          restores: 2GB
          prices: {dax_node_dax.r7i.large: 0.30}
        model:
          initial-burst: 50%
          partition-limit: combined
          index-buffer: 1500ms
          replica-reads: 1500
          latency: {write: {median: 5ms, p99: 20ms}, per-kilobyte: 10us}
          table-quota: 80k
        run: {duration: 1d, warm-up: 90s, replications: 5, confidence: 99%, starts: 2026-12-01}
        objectives:
          - mean{sweep} <= 5ms
          - med < 4ms
          - failed{sweep} / requests < 1%
          - retries < 5k
          - hit-ratio >= 90%
          - cost < $1500
        traffic:
          - {name: t, rate: 1/s, operations: [{scan: stock, name: sweep}]}

        """)
    let cache = try #require(scenario.cache)
    #expect(cache.tables == [1] && cache.settings.nodes == 3)
    #expect(cache.settings.queryTimeToLive == .zero && cache.settings.itemTimeToLive == .minutes(5))
    #expect(cache.settings.memoryPerNode == .gigabytes(13))
    #expect(scenario.cost.month == .calendar && scenario.cost.hourRule == .mean)
    #expect(scenario.cost.freeTier && scenario.cost.horizonMonths == 12)
    #expect(scenario.cost.reserved == ReservedSpec(read: 100, write: 300, term: .threeYears))
    #expect(scenario.cost.internetOutGigabytes == 0.5 && scenario.cost.restoreGigabytes == 2)
    #expect(
      scenario.cost.priceOverrides == [
        PriceOverride(item: "dax_node_dax.r7i.large", dollars: "0.30")
      ]
    )
    #expect(scenario.model.capacity.initialBurst == 0.5)
    #expect(scenario.model.capacity.combinedPartitionLimit)
    #expect(scenario.model.capacity.indexBufferSeconds == 1.5)
    #expect(scenario.model.capacity.replicaReadUnits == 1_500)
    #expect(
      scenario.model.latency.write == LatencySpec(median: .milliseconds(5), p99: .milliseconds(20)))
    #expect(scenario.model.latency.perKilobyte == .microseconds(10))
    #expect(scenario.model.tableQuota == 80_000)
    // 2026-12-01 is a Tuesday.
    #expect(scenario.run.startDate == "2026-12-01" && scenario.run.startOfWeekSeconds == 86_400)
    #expect(scenario.run.warmUp == .seconds(90) && scenario.run.replications == 5)
    #expect(
      scenario.objectives.map(\.measure) == [
        .latencyMean(operation: "sweep"), .latencyPercentile(50, operation: nil),
        .ratio(.failed, .requests, operation: "sweep"), .count(.retries, operation: nil),
        .cacheHitRatio, .monthlyCost,
      ])
    #expect(scenario.objectives.map(\.bound) == [0.005, 0.004, 0.01, 5_000, 0.9, 1_500])
    #expect(
      scenario.objectives.map(\.comparison) == [
        .lessOrEqual, .less, .less, .less, .greaterOrEqual, .less,
      ])
  }

  /// Windows, confidence and the spelling of k6, in one grammar.
  @Test func objectivesWithClauses() throws {
    let (scenario, _) = try loaded(
      Self.orders + """
        run: {duration: 10m}
        objectives:
          - "p(99) < 12ms over 30s with confidence 99%"
          - "response{op:sweep}: p(99.9) < 1s"
          - "response: max < 2s"
          - {check: throttled / requests < 5% over 10s, abort: true, after: 15s}
          - {check: failed < 10}
        traffic:
          - {name: t, rate: 1/s, operations: [{scan: stock, name: sweep}]}

        """)
    let objectives = scenario.objectives
    #expect(objectives.map(\.window) == [.seconds(30), nil, nil, .seconds(10), nil])
    #expect(objectives.map(\.confidence) == [0.99, nil, nil, nil, nil])
    #expect(objectives.map(\.abortAfter) == [nil, nil, nil, .seconds(15), nil])
    #expect(objectives.map(\.bound) == [0.012, 1, 2, 0.05, 10])
    #expect(objectives[1].measure == .latencyPercentile(99.9, operation: "sweep"))
    #expect(objectives[2].measure == .latencyMax(operation: nil))
  }

  @Test(arguments: [
    "p(99) < 1s over 10", "p(99) < 1s over 100ms", "cost < 5 USD over 1m",
    "p(99) < 1s with confidence 20%", "p(99) < 1s with confidence 0.99", "request: p(99) < 1s",
    "response{op:seep}: p(99) < 1s",
  ]) func faultyClausesAreRefused(text: String) throws {
    let (scenario, _) = try loaded(
      Self.orders + """
        run: {duration: 10m}
        traffic:
          - {name: t, rate: 1/s, operations: [{scan: stock, name: sweep}]}

        """)
    guard case .failure(let fault) = ScenarioLoader.objective(text, in: scenario, option: "--slo")
    else {
      Issue.record("accepted")
      return
    }
    #expect(fault.diagnostics.count == 1)
    guard case .success = ScenarioLoader.objective("med < 1s", in: scenario, option: "--slo")
    else {
      Issue.record("refused")
      return
    }
  }
}
