// Why: a table behind a DAX cluster is planned for the misses alone. When such a scenario is driven
// for real, its tables must see those and nothing else.

import Caching
import HTTPClient
import Results
import Scenarios
import Synchronization
import TestSupport
import Testing
import Units
import Workloads

@testable import LoadGeneration

@Suite struct LoadCacheTests {
  /// 2,000 reads of 100 keys in two seconds, behind a cluster that forgets nothing.
  private static let text = """
    version: 1
    name: cached
    tables:
      - name: items
        partition-key: id S
        billing-mode: PAY_PER_REQUEST
        item-count: 100
        item-size: 200B
    traffic:
      - name: readers
        rate: 1000/s
        operations:
          - {get: items, weight: 3, keys: {zipf: 0.99}}
          - {get: items, name: strong, consistency: strong}
        client: {retries: none, timeout: 20s}
    dax: {nodes: 1, node-type: dax.r5.large, item-ttl: 0s, tables: [items]}
    run: {duration: 2s}

    """

  private static func scenario() throws -> Scenario {
    guard case .loaded(let scenario, _) = ScenarioLoader.load(text: text, path: "cached.yaml")
    else {
      Issue.record("the scenario is not valid")
      throw LoadFault("not valid")
    }
    return scenario
  }

  /// The bodies that reach the table.
  private final class Table: Sendable {
    let bodies = Mutex<[String]>([])

    func server() -> ScriptedServer {
      ScriptedServer { request in
        self.bodies.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
        return .json(
          200,
          #"{"ConsumedCapacity":{"TableName":"items","CapacityUnits":0.5,"#
            + #""Table":{"CapacityUnits":0.5}}}"#)
      }
    }
  }

  @Test func `the table sees what the cluster misses`() throws {
    let table = Table()
    let server = table.server()
    defer { server.stop() }
    var options = LoadOptions([try Endpoint("http://127.0.0.1:\(server.port)")])
    options.inFlightLimit = 64
    options.usesCache = true
    let run = try LoadRun.run(try Self.scenario(), options) { _ in true }
    let cache = try #require(run.record.cache)
    let (reads, strong) = (run.record.operations[0], run.record.operations[1])
    let bodies = table.bodies.withLock { $0 }
    let asked = bodies.filter { !$0.contains("ConsistentRead") }
    #expect(reads.succeeded == reads.requests && reads.attempts == reads.requests)
    #expect(cache.itemCacheHits + cache.itemCacheMisses == reads.requests)
    #expect(cache.itemCacheMisses == Int64(asked.count))
    // Strongly consistent reads pass by the cluster.
    #expect(Int64(bodies.count - asked.count) == strong.requests)
    // That there is no item is kept too: each key is asked for once, unless two requests for it
    // were under way at the same time.
    #expect(Set(asked).count <= 100)
    #expect(asked.count <= Set(asked).count + 200)
    #expect(run.measurement.notes.contains { $0.contains("DAX") })
  }

  @Test func `without the cluster the table sees everything`() throws {
    let table = Table()
    let server = table.server()
    defer { server.stop() }
    var options = LoadOptions([try Endpoint("http://127.0.0.1:\(server.port)")])
    options.inFlightLimit = 64
    let run = try LoadRun.run(try Self.scenario(), options) { _ in true }
    #expect(run.record.cache == nil)
    let requests = run.record.operations.reduce(0) { $0 + $1.requests }
    #expect(Int64(table.bodies.withLock { $0.count }) == requests)
  }
}
