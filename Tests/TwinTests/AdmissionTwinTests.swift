// Why: plans are made with the simulator and tried out against the engine; they are worth something
// only if both decide alike. Both use the Capacity module, but each has its own way to it: what is
// asked first, when the clock ticks, what a request costs by the images it meets. Every request of
// a random stream goes to both at one instant; answers, causes and units must be the same.

import Capacity
import DataModel
import Foundation
import Scenarios
import TestSupport
import Testing
import Units
import Workloads

@testable import Simulation

/// A scenario, how it is driven, and the answers that must occur for the case to mean anything.
struct TwinCase: CustomTestStringConvertible {
  var testDescription: String
  var tables: [TableSpec]
  var operations: [OperationSpec]
  var rate: Double
  var requests = 800
  /// An idle pause after every so many requests.
  var pauseEvery = 150
  var pause = 12.0
  var initialBurst = 0.02
  /// How long each phase of a transaction holds its items; nil: they are never held.
  var phase: Nanoseconds?
  var change: @Sendable (inout CapacitySettings) -> Void = { _ in }
  var mustOccur: [String]
  /// Whether the first table's write limit is higher in the end.
  var mustGrow = false
  /// Whether a table has a stream; what it has written is compared in the end.
  var mustStream: Bool { tables.contains { $0.stream != nil } }

  func scenario(_ seed: UInt64) -> Scenario {
    var model = ModelSpec()
    model.capacity.initialBurst = initialBurst
    model.transactionConflicts = phase != nil
    if let phase { model.latency.transactionPhase = LatencySpec(median: phase, p99: phase) }
    change(&model.capacity)
    let traffic = TrafficSpec(
      name: "traffic", demand: .open(arrivals: .constant, rate: []), operations: operations,
      client: ClientSpec())
    return Scenario(
      name: "twin", title: "", summary: "", seed: seed, tables: tables, traffic: [traffic],
      cache: nil, model: model, run: RunSpec(duration: .hours(10)), cost: CostSpec(),
      objectives: [], path: "")
  }
}

@Suite struct AdmissionTwinTests {
  @Test(arguments: TwinCase.all, Seed.some(2))
  func `simulator and engine decide every request alike`(_ test: TwinCase, seed: Seed) throws {
    var generator = seed.generator
    let twin = try Twin(test.scenario(seed.value))
    let first = twin.limits().1[1]
    var seconds = 0.0
    var counts: [String: Int] = [:]
    for number in 0..<test.requests {
      seconds -= log(1 - generator.number(in: 0...0.999_999)) / test.rate
      if number % test.pauseEvery == test.pauseEvery - 1 { seconds += test.pause }
      let operation = generator.integer(in: 0...test.operations.count - 1)
      let at = Instant(nanoseconds: Int64(seconds * 1e9))
      let (simulator, engine) = twin.send(operation, at: at)
      counts[simulator.answer, default: 0] += 1
      if simulator != engine {
        Issue.record(
          """
          request \(number) (\(test.operations[operation].name)) at \(seconds) s: \
          the simulator says \(simulator), the engine \(engine)
          """)
        return
      }
      let levels = twin.levels(at: at)
      let limits = twin.limits()
      guard levels.0 == levels.1, limits.0 == limits.1 else {
        Issue.record("after request \(number): tokens \(levels), limits \(limits)")
        return
      }
    }
    let records = twin.streamRecords()
    #expect(records.0 == records.1 && (records.0.reduce(0, +) > 0) == test.mustStream)
    #expect((twin.limits().1[1] > first) == test.mustGrow)
    for answer in ["admitted"] + test.mustOccur {
      #expect((counts[answer] ?? 0) > 0, "\(answer) does not occur: \(counts)")
    }
  }
}

extension TwinCase {
  static let all = [
    provisioned, indexed(30, 6, 4, throttledByA, throttledByB),
    indexed(7, 30, 2, tableWrite, throttledByB),
    indexed(7, 5, 30, tableWrite, throttledByA), capped, hotKey, replicas, growing, batches,
    transactions, conflicts, divided, routed,
  ]

  private static func table(
    _ name: String, _ mode: CapacityMode, items: Int = 40, bytes: Int = 1_500,
    _ indexes: [IndexSpec] = []
  ) -> TableSpec {
    var spec = TableSpec(
      name: name, key: .init(partition: .init(name: "pk", type: .string)), mode: mode)
    spec.itemCount = items
    spec.partitionKeyCount = items
    spec.itemSize = .constant(bytes)
    spec.globalIndexes = indexes
    // Tables of small items have a stream.
    if bytes < 10_000 { spec.stream = StreamSpec(viewType: "NEW_AND_OLD_IMAGES") }
    return spec
  }

  private static func index(_ name: String, _ mode: CapacityMode?, entry: Int?) -> IndexSpec {
    var spec = IndexSpec(
      name: name, key: .init(partition: .init(name: name, type: .string)),
      projection: entry == nil ? .all : .keysOnly)
    spec.mode = mode
    spec.entrySize = entry
    spec.partitionKeyCount = 20
    return spec
  }

  private static func provisioned(_ read: Int, _ write: Int) -> CapacityMode {
    .provisioned(read: ProvisionedCapacity(units: read), write: ProvisionedCapacity(units: write))
  }

  private static func part(
    _ action: ItemAction, table: Int = 0, bytes: Int? = nil, failing: Double = 0,
    effects: [IndexEffect] = []
  ) -> OperationPart {
    var part = OperationPart(action: action, table: table, keys: .uniform)
    part.size = bytes.map { .constant($0) }
    part.conditionFailure = failing
    part.globalEffects = effects
    return part
  }

  private static func one(
    _ name: String, _ kind: OperationKind, _ parts: OperationPart...,
    consistency: ReadConsistency = .eventual
  ) -> OperationSpec {
    OperationSpec(name: name, kind: kind, weight: 1, parts: parts, consistency: consistency)
  }

  private static var writes: [OperationSpec] {
    [
      one("small put", .put, part(.put, bytes: 600)),
      one("large put", .put, part(.put, bytes: 5_000)), one("put", .put, part(.put)),
      one("conditional put", .put, part(.put, failing: 0.4)),
      one("update", .update, part(.update)),
      one("growing update", .update, part(.update, bytes: 3_000, failing: 0.2)),
      one("delete", .delete, part(.delete, failing: 0.3)),
    ]
  }

  private static var reads: [OperationSpec] {
    [
      one("strong get", .get, part(.get), consistency: .strong),
      one("eventual get", .get, part(.get)),
    ]
  }

  private static let tableRead = "TableReadProvisionedThroughputExceeded table/orders"
  private static let tableWrite = "TableWriteProvisionedThroughputExceeded table/orders"

  private static let provisioned = TwinCase(
    testDescription: "a provisioned table", tables: [table("orders", provisioned(1, 14))],
    operations: reads + writes, rate: 25, requests: 1_500,
    mustOccur: [tableRead, tableWrite, "condition failed"])

  /// Writes to a table with two global indexes, the second with keys only.
  private static func indexed(_ table: Int, _ byA: Int, _ byB: Int, _ tight: String...) -> TwinCase
  {
    let indexes = [
      index("byA", provisioned(5, byA), entry: nil), index("byB", provisioned(5, byB), entry: 90),
    ]
    return TwinCase(
      testDescription: "indexes beside a table with \(table), \(byA) and \(byB) write units",
      tables: [self.table("orders", provisioned(30, table), indexes)],
      operations: [
        one("put", .put, part(.put, bytes: 2_000, effects: [.projectedChange, .unchanged])),
        one("moving put", .put, part(.put, bytes: 900, effects: [.projectedChange, .keyMove])),
        one("moving update", .update, part(.update, effects: [.projectedChange, .keyMove])),
        one("delete", .delete, part(.delete, failing: 0.2)),
        one("vain delete", .delete, part(.delete, failing: 0.9)),
      ],
      rate: 14, mustOccur: tight + ["condition failed"])
  }

  private static let throttledByA = "IndexWriteProvisionedThroughputExceeded table/orders/index/byA"
  private static let throttledByB = "IndexWriteProvisionedThroughputExceeded table/orders/index/byB"

  private static let capped = TwinCase(
    testDescription: "an on-demand table with a maximum and a global index",
    tables: [
      table(
        "orders", .onDemand(maximumRead: 5, maximumWrite: 17),
        [index("byA", .onDemand(maximumRead: 10, maximumWrite: 14), entry: nil)])
    ],
    operations: reads + writes.filter { $0.kind != .update }, rate: 25, requests: 1_500,
    mustOccur: [
      "TableReadMaxOnDemandThroughputExceeded table/orders",
      "TableWriteMaxOnDemandThroughputExceeded table/orders",
      "IndexWriteMaxOnDemandThroughputExceeded table/orders/index/byA",
    ])

  /// Updates of two items, one five times as often as the other.
  private static var hot: OperationPart {
    OperationPart(action: .update, table: 0, keys: .weighted([5, 1]))
  }

  /// Updates of 300,000 bytes cost 293 units each; a partition serves 1,000 a second.
  private static let hotKey = TwinCase(
    testDescription: "hot keys of an on-demand table",
    tables: [
      table("orders", .onDemand(maximumRead: nil, maximumWrite: nil), items: 20, bytes: 300_000)
    ],
    operations: [
      one("cold", .update, part(.update)),
      one("hot", .update, hot),
    ],
    rate: 16, requests: 700, change: { $0.splitForHeat = false },
    mustOccur: ["TableWriteKeyRangeThroughputExceeded table/orders"])

  /// Eventually consistent reads of 300,000 bytes cost 37 units each; one replica gives 30 a
  /// second, the leader 3,000 to the strongly consistent ones.
  private static let replicas = TwinCase(
    testDescription: "reads of two hot items from the replicas of their partitions",
    tables: ["orders", "lines"].map { name in
      table(name, .onDemand(maximumRead: nil, maximumWrite: nil), items: 20, bytes: 300_000)
    },
    operations: [
      one("hot get", .get, OperationPart(action: .get, table: 0, keys: .weighted([5, 1]))),
      one("strong get", .get, part(.get), consistency: .strong),
      one("two gets", .batchGet, part(.get), part(.get, table: 1)),
      one("cold", .update, part(.update)),
    ],
    rate: 16, requests: 700,
    change: {
      $0.splitForHeat = false
      $0.combinedPartitionLimit = true
      $0.replicaReadUnits = 30
    },
    mustOccur: ["TableReadKeyRangeThroughputExceeded table/orders", "unprocessed 1"])

  /// The table's limit follows its previous peak, here one minute old instead of thirty.
  private static let growing = TwinCase(
    testDescription: "an on-demand table that grows",
    tables: [
      table("orders", .onDemand(maximumRead: nil, maximumWrite: nil), items: 40, bytes: 300_000)
    ],
    operations: [one("update", .update, part(.update))], rate: 14, requests: 2_400,
    pauseEvery: 1_000, pause: 2.5,
    change: {
      $0.splitForHeat = false
      $0.onDemandPeakAfter = .minutes(1)
    },
    mustOccur: ["TableWriteKeyRangeThroughputExceeded table/orders"], mustGrow: true)

  private static let pair = [table("orders", provisioned(6, 8)), table("lines", provisioned(2, 6))]

  private static let batches = TwinCase(
    testDescription: "batches over two tables", tables: pair,
    operations: [
      one("read", .batchGet, part(.get), part(.get, table: 1)),
      one("strong read", .batchGet, part(.get, table: 1), part(.get), consistency: .strong),
      one("write", .batchWrite, part(.put, bytes: 2_500), part(.put, table: 1, bytes: 700)),
      one("exchange", .batchWrite, part(.delete), part(.put, table: 1)),
    ],
    rate: 12, mustOccur: ["unprocessed 1", "unprocessed 2"])

  /// Transactions and single writes on few items, each held for 120 ms.
  private static let conflicts = TwinCase(
    testDescription: "transactions that conflict",
    tables: [
      table("orders", provisioned(60, 90), items: 4), table("lines", provisioned(60, 90), items: 6),
      table("apart", provisioned(60, 90)),
    ],
    operations: [
      one("write", .transactWrite, part(.put, bytes: 2_500), part(.update, table: 1)),
      one("check", .transactWrite, part(.conditionCheck), part(.put, table: 1)),
      one("read", .transactGet, part(.get), part(.get, table: 1), consistency: .transactional),
      one("update", .update, part(.update)),
      one("batch", .batchWrite, part(.put), part(.delete, table: 2)),
      one("get", .get, part(.get)),
    ],
    rate: 25, requests: 1_500, phase: .milliseconds(60),
    mustOccur: [
      #"cancelled ["TransactionConflict", "None"]"#, #"cancelled ["None", "TransactionConflict"]"#,
      "TransactionConflictException: Transaction is ongoing for the item", "unprocessed 1",
    ])

  private static func spread(_ table: TableSpec) -> TableSpec {
    var spec = table
    spec.warmThroughput = WarmThroughput(readUnitsPerSecond: 8_000, writeUnitsPerSecond: 8_000)
    return spec
  }

  private static let divided = TwinCase(
    testDescription: "throughput divided over eight partitions",
    tables: [spread(table("orders", provisioned(40, 40)))],
    operations: writes + [one("get", .get, part(.get), consistency: .strong)], rate: 25,
    change: { $0.adaptiveCapacity = false },
    mustOccur: ["TableWriteKeyRangeThroughputExceeded table/orders"])

  private static let routed = TwinCase(
    testDescription: "request routers with tokens of their own",
    tables: [table("orders", provisioned(6, 8))],
    operations: writes + [one("get", .get, part(.get), consistency: .strong)], rate: 12,
    change: {
      $0.admissionRouters = 5
      $0.tokenLease = .milliseconds(700)
    },
    mustOccur: [tableWrite])

  private static let transactions = TwinCase(
    testDescription: "transactions over two tables", tables: pair,
    operations: [
      one("read", .transactGet, part(.get), part(.get, table: 1), consistency: .transactional),
      one("write", .transactWrite, part(.put, bytes: 2_500), part(.update, table: 1)),
      one("check", .transactWrite, part(.conditionCheck, failing: 0.3), part(.put, table: 1)),
      one("move", .transactWrite, part(.delete), part(.put, table: 1, bytes: 700)),
    ],
    rate: 8,
    mustOccur: [
      #"cancelled ["throttled", "None"]"#, #"cancelled ["None", "throttled"]"#,
      "condition failed",
    ])
}
