// Why: requests overtake each other, batches come back in part, answers get lost. What a write
// costs then hangs on an order that its sender does not see. The generator must know what it does
// not know: whatever it compares must agree with the engine to the half unit, and it must still
// compare much of what it sends.

import Capacity
import Engine
import HTTPClient
import LoadGeneration
import Platform
import Results
import Scenarios
import Storage
import Synchronization
import TestSupport
import Testing
import Units
import Workloads

@Suite struct LoadRaceTests {
  /// A way in which an endpoint makes life hard.
  struct Race: CustomTestStringConvertible {
    var testDescription: String
    var enforces = false
    /// Of 1,000 answers, so many are lost after the request was carried out.
    var lost = 0
    var threads = 1
  }

  /// An engine behind a server that holds requests and answers back for up to 20 ms each.
  private static func server(_ database: Database, _ race: Race) -> ScriptedServer {
    let clock = MonotonicClock()
    let origin = clock.now()
    let draws = Mutex(Seed(11).generator)
    return ScriptedServer { request in
      let (before, after, fate) = draws.withLock {
        ($0.integer(in: 0...20), $0.integer(in: 0...20), $0.integer(in: 0...999))
      }
      pause(for: .milliseconds(Int64(before)))
      let target = request.header("x-amz-target") ?? ""
      let reply = database.handle(
        String(target.split(separator: ".").last ?? ""), body: request.body,
        at: .start + (clock.now() - origin))
      pause(for: .milliseconds(Int64(after)))
      if fate < race.lost { return ScriptedServer.Answer([], closes: true) }
      return .json(reply.status, String(decoding: reply.body, as: UTF8.self))
    }
  }

  private static func scenario(_ race: Race) -> Scenario {
    var table = LoadPredictionTests.table(.uniform(low: 100, high: 6_000))
    if race.enforces {
      table.mode = .provisioned(
        read: .init(units: 1_000, autoscaling: nil), write: .init(units: 1_500, autoscaling: nil))
    }
    var client = ClientSpec()
    client.timeout = .seconds(20)
    let demand = Demand.open(
      arrivals: .poisson, rate: [RateSegment(duration: .seconds(4), from: 250, to: 250)])
    return Scenario(
      name: "race", title: "", summary: "", seed: 5, tables: [table],
      traffic: [
        TrafficSpec(
          name: "traffic", demand: demand, operations: LoadPredictionTests.operations,
          client: client)
      ], cache: nil, model: ModelSpec(), run: RunSpec(duration: .seconds(4)), cost: CostSpec(),
      objectives: [], path: "")
  }

  @Test(arguments: [
    Race(testDescription: "overtaking"),
    Race(testDescription: "batches in part", enforces: true),
    Race(testDescription: "lost answers", lost: 20),
    Race(testDescription: "two threads", threads: 2),
  ])
  func `what is compared agrees`(_ race: Race) throws {
    let scenario = Self.scenario(race)
    let store = Store.memory(MemoryStore())
    _ = try PredictionBench.database(scenario, store)
    var options = DatabaseOptions()
    options.enforcesCapacity = race.enforces
    options.capacity.initialBurst = 0
    let server = Self.server(try Database(store: store, options: options), race)
    defer { server.stop() }
    var settings = LoadOptions([try Endpoint("http://127.0.0.1:\(server.port)")])
    settings.threads = race.threads
    settings.inFlightLimit = 64
    settings.verifies = true
    let run = try LoadRun.run(scenario, settings) { _ in true }
    let facts = run.measurement
    #expect(facts.mismatches.isEmpty, "\(facts.mismatches.first.map { "\($0)" } ?? "")")
    #expect(facts.mismatchCount == 0)
    #expect(facts.verification.wrong == 0, "\(facts.verification.examples)")
    #expect(facts.verification.missing == 0, "\(facts.verification.examples)")
    let compared = facts.capacity.reduce(0) { $0 + $1.compared }
    let uncompared = facts.capacity.reduce(0) { $0 + $1.uncompared }
    #expect(uncompared > 0, "no two writes met")
    // Of several threads none knows what the others write: only their reads are compared.
    #expect(compared > (race.threads > 1 ? 100 : 300), "\(compared) compared, \(uncompared) not")
    let refused = facts.operations.reduce(0) { $0 + $1.unprocessed }
    if race.enforces { #expect(refused > 0, "no batch came back in part") }
    let isExpected = facts.exceptions.allSatisfy { Self.expected.contains($0.exception) }
    #expect(isExpected, "\(facts.exceptions)")
  }

  /// What such an endpoint may say; anything else is a request that was made wrongly.
  private static let expected = [
    "ConditionalCheckFailedException", "TransactionCanceledException", "Unprocessed",
    "ProvisionedThroughputExceededException", "TransactionConflictException", "connection lost",
  ]
}
