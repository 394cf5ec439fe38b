// Consumers of a stream in the simulator against the engine: as many GetRecords calls for the same
// changes at the same instants.
//
// Why: calls are what a consumer pays for. The simulator works them out from the records of each
// poll's interval; here a consumer polls the engine's shard and goes on while pages come back full.

import Capacity
import Clients
import DataModel
import Results
import Scenarios
import ServiceAPI
import Storage
import Testing
import Units
import Workloads

@testable import Engine
@testable import Simulation

@Suite struct StreamConsumerTwinTests {
  private static let seconds = 60
  private static let perSecond = 30

  private static func scenario(batch: Int) -> Scenario {
    var table = TableSpec(
      name: "invoices", key: .init(partition: .init(name: "pk", type: .string)),
      mode: .provisioned(
        read: ProvisionedCapacity(units: 100), write: ProvisionedCapacity(units: 100)))
    table.itemCount = 0
    table.itemSize = .constant(1_000)
    table.stream = StreamSpec(viewType: "NEW_IMAGE", payingConsumers: 2, batch: batch)
    var part = OperationPart(action: .put, table: 0, keys: .uniform)
    part.newItems = 1
    let put = OperationSpec(
      name: "create", kind: .put, weight: 1, parts: [part], consistency: .eventual)
    let each = Double(perSecond)
    let rate = [RateSegment(duration: .seconds(Int64(seconds)), from: each, to: each)]
    return Scenario(
      name: "twin", title: "", summary: "", seed: 1, tables: [table],
      traffic: [
        TrafficSpec(
          name: "traffic", demand: .open(arrivals: .constant, rate: rate), operations: [put],
          client: ClientSpec())
      ],
      cache: nil, model: ModelSpec(), run: RunSpec(duration: .seconds(Int64(seconds))),
      cost: CostSpec(), objectives: [], path: "")
  }

  /// A consumer of the one shard of a stream.
  private struct Consumer {
    let database: Database
    let batch: Int
    var iterator: String
    var calls = 0
    var records = 0

    init(_ database: Database, batch: Int) throws {
      self.database = database
      self.batch = batch
      iterator = ""
      let table = try call("DescribeTable", #"{"TableName":"invoices"}"#, .start)
      let arn = try #require(table["Table"]?["LatestStreamArn"]?.text)
      let stream = try call("DescribeStream", #"{"StreamArn":"\#(arn)"}"#, .start)
      let shards = stream["StreamDescription"]?["Shards"]?.elements ?? []
      #expect(shards.count == 1)
      let shard = try #require(shards.first?["ShardId"]?.text)
      let first = try call(
        "GetShardIterator",
        #"{"StreamArn":"\#(arn)","ShardId":"\#(shard)","ShardIteratorType":"TRIM_HORIZON"}"#,
        .start)
      iterator = try #require(first["ShardIterator"]?.text)
    }

    private func call(_ operation: String, _ body: String, _ at: Instant) throws -> WireValue {
      let reply = database.handle(operation, body: Array(body.utf8), at: at)
      try #require(reply.error == nil, "\(String(describing: reply.error))")
      return try #require(WireValue(body: reply.body))
    }

    mutating func poll(at now: Instant) throws {
      var isFull = true
      while isFull {
        let page = try call(
          "GetRecords", #"{"ShardIterator":"\#(iterator)","Limit":\#(batch)}"#, now)
        let found = page["Records"]?.elements?.count ?? 0
        iterator = try #require(page["NextShardIterator"]?.text)
        calls += 1
        records += found
        isFull = found == batch
      }
    }
  }

  /// Batches that divide what comes in a second, and that do not.
  @Test(arguments: [7, 10, 31, 1_000])
  func `as many calls in both`(batch: Int) throws {
    let scenario = Self.scenario(batch: batch)
    let record = Simulator(scenario, replication: 0).run(replication: 0) { _ in true }.resources[0]
    let database = try Database(store: .memory(MemoryStore()), options: DatabaseOptions())
    _ = database.handle("CreateTable", body: Twin.create(scenario.tables[0]), at: .start)
    var consumers = try [0, 1].map { _ in try Consumer(database, batch: batch) }
    for second in 0...Self.seconds {
      let start = Instant.start + .seconds(Int64(second))
      for consumer in consumers.indices where second > 0 { try consumers[consumer].poll(at: start) }
      for number in 0..<Self.perSecond where second < Self.seconds {
        let offset = Nanoseconds(Int64(number) * 1_000_000_000 / Int64(Self.perSecond))
        let put = #"{"TableName":"invoices","Item":{"pk":{"S":"\#(second)-\#(number)"}}}"#
        let reply = database.handle("PutItem", body: Array(put.utf8), at: start + offset)
        try #require(reply.error == nil, "\(String(describing: reply.error))")
      }
    }
    let changes = Self.seconds * Self.perSecond
    #expect(consumers.allSatisfy { $0.records == changes })
    #expect(record.streamRecords == Int64(changes))
    #expect(record.streamReads == Int64(consumers.map(\.calls).reduce(0, +)))
  }
}
