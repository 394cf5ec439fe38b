// Why: the generator compares what the service says it consumed with what the model says, request
// by request. Such a comparison is worth something only if the two agree where they should: on the
// engine, for every operation, whatever the items and indexes are.

import Capacity
import DataModel
import RequestStreams
import Scenarios
import ServiceAPI
import Storage
import TestSupport
import Testing
import Units
import Workloads

@testable import Engine
@testable import LoadGeneration

/// A generator's requests given to an engine in this process, one after the other.
struct PredictionBench: ~Copyable {
  let database: Database
  var maker: RequestMaker
  var reader: ResponseReader
  let kinds: [OperationKind]
  private var sequence: UInt64 = 0
  private let stream: TrafficStream

  init(_ scenario: Scenario, _ database: Database) {
    self.database = database
    let maker = RequestMaker(scenario, seed: scenario.seed)
    reader = ResponseReader(maker)
    self.maker = maker
    kinds = scenario.traffic[0].operations.map(\.kind)
    stream = TrafficStream(
      scenario.traffic[0], seed: StreamSeeds.traffic(0, of: scenario.seed))
  }

  /// A database without enforcement that holds the scenario's tables and items.
  static func database(
    _ scenario: Scenario, _ store: Store = .memory(MemoryStore())
  ) throws -> Database {
    var options = DatabaseOptions()
    options.enforcesCapacity = false
    let database = try Database(store: store, options: options)
    let items = InitialItems(scenario)
    for (table, spec) in scenario.tables.enumerated() {
      let made = database.handle("CreateTable", body: TableSetup.body(spec), at: .start)
      try #require(made.error == nil, "\(String(describing: made.error))")
      var next: UInt64 = 0
      while next < UInt64(spec.itemCount) {
        let end = min(UInt64(spec.itemCount), next + 25)
        var body: [UInt8] = []
        items.appendPuts(table, next..<end, to: &body)
        let reply = database.handle("BatchWriteItem", body: body, at: .start)
        try #require(reply.error == nil, "\(String(describing: reply.error))")
        next = end
      }
    }
    return database
  }

  /// Sends the next request; its operation's position and what was predicted and reported, in
  /// half-units by resource.
  mutating func next(isUncertain: Bool) throws -> (Int, predicted: [Int64], reported: [Int64])? {
    let operation = stream.operation(of: sequence)
    let reserved = maker.drawing.reserve(for: maker.operations[operation])
    var draws = RequestDraws(
      seed: stream.seed, sequence: sequence, newest: reserved.newest,
      firstNewItem: reserved.firstNewItem)
    sequence += 1
    let stamp = 1 << 48 | sequence
    maker.draw(operation, &draws, answered: BitRow())
    guard maker.write(operation, stamp: stamp, isUncertain: isUncertain) else { return nil }
    let reply = database.handle(kinds[operation].rawValue, body: maker.body, at: .start)
    if let error = reply.error {
      let isCondition =
        error.code == "ConditionalCheckFailedException"
        || error.cancellations.contains { $0.code == "ConditionalCheckFailed" }
      let text = String(decoding: maker.body, as: UTF8.self)
      try #require(isCondition, "\(error.code): \(error.message ?? "") \(text)")
      let mayFail = maker.items.contains { !$0.holds }
      #expect(mayFail, "a condition failed that should have held")
      return nil
    }
    let mustFail = maker.items.contains { !$0.holds && $0.isSent }
    #expect(!mustFail, "a condition held that should have failed")
    let read = reply.body.withUnsafeBytes {
      reader.read($0, kinds[operation].answerShape, table: maker.items[0].table)
    }
    try #require(read)
    maker.price(operation, stamp: stamp)
    var predicted = [Int64](repeating: 0, count: maker.resourceCount)
    for one in maker.asked { predicted[one.resource] += one.halves }
    for place in maker.items.indices where maker.items[place].isSent {
      let item = maker.items[place]
      switch maker.parts[item.part].action {
      case .put, .update, .delete:
        let after = item.after == 0 ? 0 : maker.image(item, stamp: stamp).size
        maker.acknowledge(place, after: after, stamp: stamp)
      default: break
      }
    }
    return (operation, predicted, reader.reported)
  }
}

@Suite struct LoadPredictionTests {
  static func part(
    _ action: ItemAction, _ count: Int = 1, _ change: (inout OperationPart) -> Void = { _ in }
  ) -> OperationPart {
    var part = OperationPart(action: action, table: 0, keys: .zipf(exponent: 0.8))
    part.count = count
    change(&part)
    return part
  }

  static var operations: [OperationSpec] {
    func moves(_ part: inout OperationPart) {
      part.globalEffects = [.keyMove, .projectedChange]
      part.localEffects = [.keyMove]
    }
    func spec(
      _ name: String, _ kind: OperationKind, _ parts: [OperationPart],
      _ consistency: ReadConsistency = .eventual
    ) -> OperationSpec {
      OperationSpec(name: name, kind: kind, weight: 1, parts: parts, consistency: consistency)
    }
    return [
      spec("get", .get, [part(.get)]), spec("strong", .get, [part(.get)], .strong),
      spec("put", .put, [part(.put)]),
      spec("new", .put, [part(.put) { $0.newItems = 1 }]),
      spec("put moved", .put, [part(.put) { moves(&$0) }]),
      spec("update", .update, [part(.update)]),
      spec("update moved", .update, [part(.update) { moves(&$0) }]),
      spec("resize", .update, [part(.update) { $0.size = .uniform(low: 50, high: 4_000) }]),
      spec("condition", .update, [part(.update) { $0.conditionFailure = 0.4 }]),
      spec("delete", .delete, [part(.delete)]),
      spec("batch write", .batchWrite, [part(.put, 8), part(.delete, 3)]),
      spec("batch get", .batchGet, [part(.get, 20)]),
      spec("transact get", .transactGet, [part(.get, 4)]),
      spec(
        "transact write", .transactWrite,
        [
          part(.put) { $0.newItems = 0.5 }, part(.update, 2), part(.delete),
          part(.conditionCheck) { $0.conditionFailure = 0.2 },
        ]),
    ]
  }

  static func table(_ size: SizeDistribution) -> TableSpec {
    var table = TableSpec(
      name: "orders",
      key: KeySchema(
        partition: KeyAttribute(name: "customerId", type: .string),
        sort: KeyAttribute(name: "orderId", type: .number)),
      mode: .onDemand(maximumRead: nil, maximumWrite: nil))
    table.itemCount = 400
    table.partitionKeyCount = 80
    table.itemSize = size
    var all = IndexSpec(
      name: "byStatus",
      key: KeySchema(
        partition: KeyAttribute(name: "status", type: .string),
        sort: KeyAttribute(name: "createdAt", type: .number)), projection: .all)
    all.partitionKeyCount = 5
    all.share = 0.6
    var some = IndexSpec(
      name: "byTotal", key: KeySchema(partition: KeyAttribute(name: "total", type: .number)),
      projection: .include(["currency", "note"]))
    some.entrySize = 1_100
    some.partitionKeyCount = 50
    let keys = IndexSpec(
      name: "byDate",
      key: KeySchema(
        partition: KeyAttribute(name: "customerId", type: .string),
        sort: KeyAttribute(name: "date", type: .binary)), projection: .keysOnly)
    table.globalIndexes = [all, some]
    table.localIndexes = [keys]
    return table
  }

  @Test(
    arguments: [
      SizeDistribution.constant(1_500), .uniform(low: 100, high: 6_000),
    ], Seed.some(2))
  func `every operation consumes what is predicted`(
    _ size: SizeDistribution, seed: Seed
  ) throws {
    try Self.check(Self.operations, Self.table(size), seed)
  }

  /// A table without global indexes; its local one holds whole items.
  static var collections: TableSpec {
    var table = table(.uniform(low: 200, high: 6_000))
    table.globalIndexes = []
    table.localIndexes[0].projection = .all
    return table
  }

  @Test(arguments: Seed.some(2))
  func `a query reads the items that are predicted`(_ seed: Seed) throws {
    func query(_ name: String, _ count: Int, _ index: IndexReference? = nil) -> OperationSpec {
      OperationSpec(
        name: name, kind: .query, weight: 1, parts: [Self.part(.query, count) { $0.index = index }],
        consistency: .strong)
    }
    let writes = Self.operations.filter { ["put", "new", "resize"].contains($0.name) }
    try Self.check(
      writes + [query("first", 3), query("all", 5), query("local", 2, .local(0))],
      Self.collections, seed)
  }

  /// Sends requests of all operations and holds what each consumed against its prediction.
  private static func check(
    _ operations: [OperationSpec], _ table: TableSpec, _ seed: Seed
  ) throws {
    let scenario = Scenario(
      name: "twin", title: "", summary: "", seed: seed.value, tables: [table],
      traffic: [
        TrafficSpec(
          name: "traffic", demand: .open(arrivals: .constant, rate: []),
          operations: operations, client: ClientSpec())
      ], cache: nil, model: ModelSpec(), run: RunSpec(duration: .hours(1)), cost: CostSpec(),
      objectives: [], path: "")
    var bench = PredictionBench(scenario, try PredictionBench.database(scenario))
    var counts = Array(repeating: 0, count: operations.count)
    for number in 0..<1_500 {
      guard let (operation, predicted, reported) = try bench.next(isUncertain: number % 7 == 0)
      else { continue }
      counts[operation] += 1
      if predicted != reported {
        let name = operations[operation].name
        let body = String(decoding: bench.maker.body.prefix(700), as: UTF8.self)
        Issue.record("\(number) \(name): predicted \(predicted), reported \(reported): \(body)")
        return
      }
    }
    #expect(counts.allSatisfy { $0 > 20 }, "\(counts)")
  }
}
