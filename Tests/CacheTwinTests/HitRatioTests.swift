// The cluster that is simulated and the one that is served answer the same stream alike: the hit
// ratio that a plan rests on is the one that people measure.

import Caching
import DataModel
import HTTPClient
import Platform
import Randomness
import Results
import Scenarios
import Server
import Testing
import Units
import Workloads

@testable import DaxServer
@testable import Simulation

/// A server with a table of items of 500 bytes, key included.
private struct Backend {
  let server: DynamoServer
  let client: EndpointClient

  init(items: Int) throws {
    var options = ServerOptions()
    options.port = 0
    options.enforcesCapacity = false
    server = try DynamoServer(options)
    client = EndpointClient(DaxOptions(try Endpoint(server.url)))
    let table = """
      {"TableName":"items","BillingMode":"PAY_PER_REQUEST",\
      "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],\
      "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}
      """
    _ = try client.call("CreateTable", Array(table.utf8))
    let text = String(repeating: "x", count: 500 - 2 - 7 - 1)
    for number in 0..<items {
      let item: Item = ["pk": .string(Self.key(number)), "x": .string(text)]
      var request = EndpointRequest(table: "items")
      request.item("Item", item)
      _ = try client.call("PutItem", request.body)
    }
  }

  /// Seven letters.
  static func key(_ number: Int) -> String { "k" + String(1_000_000 + number).dropFirst() }

  func cluster(_ change: (inout DaxOptions) -> Void) throws -> DaxService {
    var options = DaxOptions(try Endpoint(server.url))
    options.port = 0
    options.enforcesCapacity = false
    change(&options)
    return try DaxService(options)
  }
}

@Suite struct HitRatioTests {
  private static let keys = 1_000
  private static let room = 150
  private static let requests = 6_000

  /// Least recently used with room for 15 % of the keys under Zipf's law. Two runs of 6,000 draws
  /// differ by their draws: the standard error of a ratio near 0.6 is 0.0063 each, so 4 of the
  /// difference's are 0.036.
  @Test func serverAndSimulationAgree() throws {
    let backend = try Backend(items: Self.keys)
    let service = try backend.cluster {
      $0.cache.memoryPerNode = ByteCount(Int64(Self.room * 500))
      $0.cache.itemTimeToLive = .zero
    }
    let connection = try DaxConnection(port: service.ports[0])
    let stream = StreamKey(seed: 11)
    let keys = UInt64(Self.keys)
    let sampler = KeySampler(.zipf(exponent: 0.9), keys: keys, key: stream.child("keys"))
    var generator = stream.generator(at: 0)
    for index in 0..<Self.requests {
      let key = sampler.key(at: UInt64(index), newest: keys - 1, using: &generator)
      let found = try connection.getItem("items", Backend.key(Int(key)))
      #expect(found)
    }
    let served = service.itemLookups(0)
    #expect(served.hits + served.misses == Self.requests)
    #expect(service.itemCount(0) == Self.room)
    let ratio = Double(served.hits) / Double(Self.requests)
    let simulated = try Self.simulated()
    #expect(abs(ratio - simulated) < 0.036, "served \(ratio), simulated \(simulated)")
    #expect(ratio > 0.4 && ratio < 0.8, "\(ratio)")
    service.stop()
    try backend.server.stop()
  }

  private static func simulated() throws -> Double {
    let text = """
      version: 1
      seed: 3
      tables:
        - name: items
          partition-key: pk S
          billing-mode: PAY_PER_REQUEST
          item-count: 1000
          item-size: 500B
      traffic:
        - name: reads
          rate: 100/s
          operations: [{get: items, keys: {zipf: 0.9}}]
      dax: {nodes: 1, node-type: dax.r5.large, item-ttl: 0s, memory-per-node: 75000B}
      run: {duration: 60s}
      """
    guard case .loaded(let scenario, _) = ScenarioLoader.load(text: text, path: "twin.yaml") else {
      Issue.record("the scenario is not valid")
      return 0
    }
    let record = Simulator(scenario, replication: 0).run(replication: 0) { _ in true }
    let cache = try #require(record.cache)
    return Double(cache.itemCacheHits) / Double(cache.itemCacheHits + cache.itemCacheMisses)
  }

  /// Nodes come and go under load: every write that was acknowledged is in the table.
  @Test func lostNodesLoseNoAcknowledgedWrite() throws {
    let backend = try Backend(items: 0)
    let service = try backend.cluster {
      $0.cache.nodes = 3
      $0.cache.replicationDelay = .milliseconds(5)
    }
    let writer = try Writing(service.ports)
    for round in 0..<6 {
      writer.waitForWrites(40)
      service.lose(round % 3)
      writer.waitForWrites(20)
      #expect(service.join(round % 3))
    }
    let acknowledged = writer.stop()
    #expect(acknowledged.count >= 360)
    for number in acknowledged {
      var request = EndpointRequest(table: "items")
      request.item("Key", ["pk": .string(Backend.key(number))])
      let reply = try EndpointReply(try backend.client.call("GetItem", request.body))
      #expect(reply.item != nil, "write \(number) was acknowledged and is lost")
    }
    service.stop()
    try backend.server.stop()
  }
}

/// Puts items through whichever node answers, until told to stop.
private final class Writing: Sendable {
  private let state = Monitor(State())

  private struct State: Sendable {
    var acknowledged: [Int] = []
    var isStopping = false
    var hasEnded = false
  }

  init(_ ports: [UInt16]) throws {
    _ = try Worker("writer") { [state] in
      var connection: DaxConnection?
      var port = 0
      for number in 0..<900_000 {
        if state.withLock({ $0.isStopping }) { break }
        do {
          let open = try connection ?? DaxConnection(port: ports[port])
          connection = open
          try open.putItem("items", Backend.key(number))
          state.change { $0.acknowledged.append(number) }
        } catch {
          connection = nil
          port = (port + 1) % ports.count
        }
      }
      state.change { $0.hasEnded = true }
    }
  }

  /// Waits until so many more writes were acknowledged.
  func waitForWrites(_ count: Int) {
    let target = state.withLock { $0.acknowledged.count } + count
    _ = state.wait(within: .seconds(60)) { $0.acknowledged.count >= target ? true : nil }
  }

  func stop() -> [Int] {
    state.change { $0.isStopping = true }
    return state.wait(within: .seconds(60)) { $0.hasEnded ? $0.acknowledged : nil } ?? []
  }
}
