// Time to live in the simulator against the engine: the same items created at the same instants.
//
// Why: the simulator counts expiries by minute, the engine deletes items one by one; plans and
// trials must agree on how many go, that they cost nothing, and that each leaves a record.

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

@Suite struct ExpiryTwinTests {
  private static let seconds = 360
  private static let perSecond = 10

  /// New items at a constant rate of which every second expires two minutes later.
  private var scenario: Scenario {
    var table = TableSpec(
      name: "sessions", key: .init(partition: .init(name: "pk", type: .string)),
      mode: .onDemand(maximumRead: nil, maximumWrite: nil))
    table.itemCount = 0
    table.itemSize = .constant(1_000)
    table.timeToLive = TimeToLiveSpec(after: .minutes(2), share: 0.5, deletionLag: .zero)
    table.stream = StreamSpec(viewType: "KEYS_ONLY")
    var part = OperationPart(action: .put, table: 0, keys: .uniform)
    part.newItems = 1
    let put = OperationSpec(
      name: "create", kind: .put, weight: 1, parts: [part], consistency: .eventual)
    let each = Double(Self.perSecond)
    let rate = [RateSegment(duration: .seconds(Int64(Self.seconds)), from: each, to: each)]
    return Scenario(
      name: "twin", title: "", summary: "", seed: 1, tables: [table],
      traffic: [
        TrafficSpec(
          name: "traffic", demand: .open(arrivals: .constant, rate: rate), operations: [put],
          client: ClientSpec())
      ],
      cache: nil, model: ModelSpec(), run: RunSpec(duration: .seconds(Int64(Self.seconds))),
      cost: CostSpec(), objectives: [], path: "")
  }

  @Test func `as many items expire in both`() throws {
    let run = Simulator(scenario, replication: 0).run(replication: 0) { _ in true }
    let record = run.resources[0]
    let database = try Database(store: .memory(MemoryStore()), options: options)
    func call(_ operation: String, _ body: String, _ at: Instant) throws {
      let reply = database.handle(operation, body: Array(body.utf8), at: at)
      try #require(reply.error == nil, "\(String(describing: reply.error))")
    }
    _ = database.handle("CreateTable", body: Twin.create(scenario.tables[0]), at: .start)
    try call(
      "UpdateTimeToLive",
      #"{"TableName":"sessions","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"ttl"}}"#,
      .start)
    for number in 0..<(Self.seconds * Self.perSecond) {
      let at = Instant(nanoseconds: Int64(number) * 1_000_000_000 / Int64(Self.perSecond))
      let expiry = 1_700_000_000 + number / Self.perSecond + 120
      let more = number % 2 == 0 ? #","ttl":{"N":"\#(expiry)"}"# : ""
      try call(
        "PutItem", #"{"TableName":"sessions","Item":{"pk":{"S":"\#(number)"}\#(more)}}"#, at)
    }
    let (expired, records, taken) = database.withState { state in
      let table = state.tables["sessions"]
      return (
        table?.expiredItems, table?.streamRecords,
        table?.admission.consumed(.write, at: state.now).halves
      )
    }
    // Created in the first four minutes, half of them expiring; the simulator counts whole minutes
    // and the engine is asked within the last second.
    #expect(record.timeToLiveDeletes == 1_200)
    #expect(expired == 1_200)
    #expect(records == record.streamRecords)
    #expect(taken == record.write.totalConsumed.halves)
  }

  private var options: DatabaseOptions {
    var options = DatabaseOptions()
    options.epochMilliseconds = 1_700_000_000_000
    return options
  }
}
