// Small scenarios for the simulator's tests, as values: one table, one operation, no noise.
//
// Latencies are constants unless a test sets them, so that times and counts can be worked out by
// hand.

import Capacity
import Clients
import DataModel
import Results
import Scenarios
import Units
import Workloads

@testable import Simulation

/// A scenario under construction.
struct Bench {
  var tables: [TableSpec] = []
  var traffic: [TrafficSpec] = []
  var cache: CacheSpec?
  var model = ModelSpec()
  var seconds: Double
  var warmUpSeconds = 0.0
  var seed: UInt64 = 7

  init(seconds: Double, _ tables: [TableSpec] = []) {
    self.seconds = seconds
    self.tables = tables
    model.latency = .constant()
  }

  var scenario: Scenario {
    var run = RunSpec(duration: Nanoseconds(seconds: seconds))
    run.warmUp = Nanoseconds(seconds: warmUpSeconds)
    return Scenario(
      name: "bench", title: "", summary: "", seed: seed, tables: tables, traffic: traffic,
      cache: cache, model: model, run: run, cost: CostSpec(), objectives: [], path: "")
  }

  /// Adds open-loop traffic.
  mutating func open(
    _ rate: Double, _ operations: [OperationSpec], arrivals: ArrivalProcess = .constant,
    client: ClientSpec = .patient
  ) {
    let segment = RateSegment(duration: Nanoseconds(seconds: seconds), from: rate, to: rate)
    open([segment], operations, arrivals: arrivals, client: client)
  }

  mutating func open(
    _ rate: [RateSegment], _ operations: [OperationSpec], arrivals: ArrivalProcess = .constant,
    client: ClientSpec = .patient
  ) {
    traffic.append(
      TrafficSpec(
        name: "traffic\(traffic.count)", demand: .open(arrivals: arrivals, rate: rate),
        operations: operations, client: client))
  }

  func run(replication: Int = 0) -> RunRecord {
    Simulator(scenario, replication: replication).run(replication: replication) { _ in true }
  }
}

extension ClientSpec {
  /// One attempt, no limits, all the time in the world.
  static var patient: ClientSpec { ClientSpec(retries: RetrySettings(mode: .none)) }
}

extension LatencySettings {
  /// The service takes `service` ms, a refusal `refusal` ms, the network nothing.
  static func constant(service: Int64 = 2, refusal: Int64 = 1) -> LatencySettings {
    var settings = LatencySettings()
    let served = LatencySpec.exactly(.milliseconds(service))
    settings.eventualRead = served
    settings.strongRead = served
    settings.write = served
    settings.query = served
    settings.transactionPhase = served
    settings.cacheHit = .exactly(.microseconds(100))
    settings.network = .exactly(Nanoseconds(1))
    settings.throttled = .exactly(.milliseconds(refusal))
    settings.perKilobyte = .zero
    return settings
  }
}

extension LatencySpec {
  static func exactly(_ span: Nanoseconds) -> LatencySpec { LatencySpec(median: span, p99: span) }
}

extension CapacityMode {
  static func provisioned(_ read: Int, _ write: Int) -> CapacityMode {
    .provisioned(read: ProvisionedCapacity(units: read), write: ProvisionedCapacity(units: write))
  }

  static var plentiful: CapacityMode { .provisioned(30_000, 30_000) }
  static var onDemand: CapacityMode { .onDemand(maximumRead: nil, maximumWrite: nil) }
}

extension TableSpec {
  /// A table with a partition key only.
  static func plain(
    _ name: String = "t", _ mode: CapacityMode = .plentiful, items: Int = 1_000, bytes: Int = 1_000
  ) -> TableSpec {
    var spec = TableSpec(
      name: name, key: KeySchema(partition: KeyAttribute(name: "id", type: .string)), mode: mode)
    spec.itemCount = items
    spec.partitionKeyCount = items
    spec.itemSize = .constant(bytes)
    return spec
  }

  func with(_ change: (inout TableSpec) -> Void) -> TableSpec {
    var copy = self
    change(&copy)
    return copy
  }
}

extension IndexSpec {
  static func plain(
    _ name: String = "byOther", entry: Int?, _ mode: CapacityMode? = nil
  ) -> IndexSpec {
    var spec = IndexSpec(
      name: name, key: KeySchema(partition: KeyAttribute(name: "other", type: .string)),
      projection: entry == nil ? .all : .keysOnly)
    spec.mode = mode
    spec.entrySize = entry
    spec.partitionKeyCount = 500
    return spec
  }
}

extension OperationPart {
  static func part(
    _ action: ItemAction, table: Int = 0, count: Int = 1, bytes: Int? = nil, newItems: Double = 0
  ) -> OperationPart {
    var part = OperationPart(action: action, table: table, keys: .uniform)
    part.count = count
    part.size = bytes.map { .constant($0) }
    part.newItems = newItems
    return part
  }

  /// The same write with a condition that fails for this share.
  func failing(_ share: Double) -> OperationPart { with { $0.conditionFailure = share } }

  func with(_ change: (inout OperationPart) -> Void) -> OperationPart {
    var copy = self
    change(&copy)
    return copy
  }
}

extension OperationSpec {
  static func one(
    _ kind: OperationKind, _ parts: [OperationPart], _ consistency: ReadConsistency = .eventual,
    weight: Double = 1
  ) -> OperationSpec {
    OperationSpec(
      name: kind.rawValue, kind: kind, weight: weight, parts: parts, consistency: consistency)
  }

  /// A strongly consistent GetItem: one unit per 4 KB.
  static var get: OperationSpec { .one(.get, [.part(.get)], .strong) }
  /// A PutItem over an existing item.
  static var put: OperationSpec { .one(.put, [.part(.put)]) }
}

extension RunRecord {
  var requests: Int64 { operations.reduce(0) { $0 + $1.requests } }
  var succeeded: Int64 { operations.reduce(0) { $0 + $1.succeeded } }
  var failed: Int64 { operations.reduce(0) { $0 + $1.failed } }
  var attempts: Int64 { operations.reduce(0) { $0 + $1.attempts } }
}
