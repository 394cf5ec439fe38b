// The same tables twice, in the simulator and in the engine, and requests that go to both.
//
// A request is made by the simulator: operation, keys and conditions come from its draws. The same
// request is then written as the service's JSON and given to the engine at the same instant.
// Placement differs by nature (the simulator hashes numbers, the engine hashes values), so each key
// gets a name that the engine puts into the partition in which the simulator has it. What is
// compared is what a client or an operator can see: who was admitted, the cause of a refusal, and
// what was taken from which table and index.

import Capacity
import DataModel
import Randomness
import RequestStreams
import Scenarios
import ServiceAPI
import Storage
import Testing
import Units

@testable import Engine
@testable import Simulation

/// What became of a request on one side.
struct Verdict: Equatable, CustomStringConvertible {
  /// "admitted", the reason and resource of a throttle, or what else the client was told.
  var answer: String
  /// Half-units taken, by table and index in their order.
  var taken: [Int64]

  var description: String { "\(answer), took \(taken.map { Double($0) / 2 })" }
}

/// One item that a request names.
struct TwinItem {
  var part: Int
  var item: UInt64
  /// Where the simulator puts it and its entries of global indexes.
  var position: UInt64
  var indexPositions: [UInt64]
  /// Size in the simulator before the request; 0: it does not exist.
  var before: Int
}

/// Both sides.
final class Twin {
  var simulator: Simulator
  private(set) var database: Database
  let scenario: Scenario
  private var sequence: UInt64 = 0
  private var second: Int64 = 0
  var names: [String: String] = [:]
  /// Tables and indexes in the order of the simulator's resources.
  let resources: [(table: String, index: String?)]

  init(_ scenario: Scenario) throws {
    self.scenario = scenario
    simulator = Simulator(scenario, replication: 0)
    resources = scenario.tables.flatMap { table in
      [(table.name, nil)] + table.globalIndexes.map { (table.name, $0.name) }
    }
    var options = DatabaseOptions()
    options.capacity = scenario.model.capacity
    if scenario.model.transactionConflicts {
      options.transactionPhase = DelayDistribution(
        median: scenario.model.latency.transactionPhase.median)
    }
    options.epochMilliseconds = 1_700_000_000_000
    // The tables are filled without enforcement; the database under test then starts on them with
    // its buckets as new, as the simulator does.
    let store = Store.memory(MemoryStore())
    options.enforcesCapacity = false
    let loader = try Database(store: store, options: options)
    for table in scenario.tables {
      let reply = loader.handle("CreateTable", body: Self.create(table), at: .start)
      try #require(reply.error == nil, "\(String(describing: reply.error))")
    }
    database = loader
    try fill()
    options.enforcesCapacity = true
    database = try Database(store: store, options: options)
  }

  /// Gives the engine the items that the simulator starts with.
  private func fill() throws {
    for (position, table) in scenario.tables.enumerated() {
      for number in 0..<UInt64(table.itemCount) {
        let place = simulator.tables[position].position(of: number, sortPlace: 0)
        let size = simulator.tables[position].firstSize(of: number)
        let item = TwinItem(
          part: 0, item: number, position: place,
          indexPositions: indexPositions(position, number), before: 0)
        let attributes = self.attributes(item, table: position, size: size, version: 0)
        let body = #"{"TableName":"\#(table.name)","Item":{\#(attributes)}}"#
        let reply = database.handle("PutItem", body: Array(body.utf8), at: .start)
        try #require(reply.error == nil, "\(String(describing: reply.error))")
      }
    }
  }

  // MARK: Requests

  /// Sends the next request, of the traffic's operation at `operation`, to both sides.
  func send(_ operation: Int, at now: Instant) -> (simulator: Verdict, engine: Verdict) {
    while (second + 1) * 1_000_000_000 <= now.nanoseconds {
      second += 1
      simulator.secondEnded(at: second * 1_000_000_000)
    }
    let spec = scenario.traffic[0].operations[operation]
    let items = preview(operation, at: now)
    let first = simulate(spec, operation, items, at: now)
    let wire = WireRequest(self, spec, items, version: sequence + 1, fails: isCondition(first))
    let before = engineTaken(at: now)
    let reply = database.handle(wire.operation, body: Array(wire.body.utf8), at: now)
    let taken = zip(engineTaken(at: now), before).map { $0 - $1 }
    sequence += 1
    if reply.error == nil { noteMoves(spec, items) }
    return (first, Verdict(answer: wire.answer(reply), taken: taken))
  }

  /// Entries that were moved stay where they are now.
  private func noteMoves(_ spec: OperationSpec, _ items: [TwinItem]) {
    for item in items {
      let part = spec.parts[item.part]
      for (index, effect) in part.globalEffects.enumerated() where effect == .keyMove {
        let key = indexKey(item, table: part.table, index: index, version: sequence)
        names[indexName(item, table: part.table, index: index)] = key
      }
    }
  }

  private func isCondition(_ verdict: Verdict) -> Bool { verdict.answer == "condition failed" }

  /// The items that the simulator will draw for its next request; nothing is changed.
  private func preview(_ operation: Int, at now: Instant) -> [TwinItem] {
    let number = simulator.fleets[0].firstOperation + operation
    let plan = simulator.operations[number]
    let seed = simulator.fleets[0].seed
    let table = simulator.parts[plan.firstPart].table
    var attempt = Attempt(
      slot: 0, plan: simulator.operations.address(number), now: now,
      draws: RequestDraws(
        seed: seed, sequence: sequence, newest: simulator.tables[table].nextNewItem,
        firstNewItem: 0))
    var items: [TwinItem] = []
    for part in plan.firstPart..<plan.firstPart + plan.partCount {
      for _ in 0..<simulator.parts[part].count {
        let table = simulator.parts[part].table
        let place = simulator.place(part, &attempt)
        items.append(
          TwinItem(
            part: part - plan.firstPart, item: place.item, position: place.position,
            indexPositions: indexPositions(table, place.item),
            before: simulator.tables[table].size(of: place)))
        if simulator.parts[part].conditionFailure > 0 { _ = attempt.draws.generator.nextUnit() }
      }
    }
    return items
  }

  private func indexPositions(_ table: Int, _ item: UInt64) -> [UInt64] {
    simulator.tables[table].indexes.map { $0.place(of: item, version: 0).position }
  }

  private func simulate(
    _ spec: OperationSpec, _ operation: Int, _ items: [TwinItem], at now: Instant
  ) -> Verdict {
    var request = PendingRequest(
      fleet: 0, sequence: sequence, operation: Int32(operation), instance: 0,
      due: now.nanoseconds)
    request.attempts = 1
    let slot = simulator.requests.take()
    simulator.requests[slot] = request
    let held = items.map { item in
      simulator.holds.holds(
        HeldItem(table: spec.parts[item.part].table, site: 0, item: item.item),
        at: now.nanoseconds)
    }
    let taken = simulatorTaken()
    let throttles = simulatorThrottles()
    let answer = simulator.serve(slot, fleet: 0, at: now)
    let answered = simulator.requests[slot].answered
    simulator.requests.release(slot)
    let refusals = zip(simulatorThrottles(), throttles).map { new, old in
      zip(new, old).map { $0 - $1 }
    }
    return Verdict(
      answer: answer.state == .conflicted
        ? conflict(spec, held, refusals)
        : text(answer.state, spec, items.count, answered.count, refusals),
      taken: zip(simulatorTaken(), taken).map { $0 - $1 })
  }

  /// A conflict with a transaction: per item of another transaction, plain for a single write.
  private func conflict(
    _ spec: OperationSpec, _ held: [Bool], _ refusals: [[Int64]]
  ) -> String {
    if spec.kind != .transactGet, spec.kind != .transactWrite {
      return "TransactionConflictException: Transaction is ongoing for the item"
    }
    let codes = zip(spec.parts, held).map { part, isHeld in
      let isRefused = resources.indices.contains {
        resources[$0].table == scenario.tables[part.table].name
          && refusals[$0].contains { $0 > 0 }
      }
      return isRefused ? "throttled" : isHeld ? "TransactionConflict" : "None"
    }
    return "cancelled \(codes)"
  }

  /// The simulator's answer in the words of `WireRequest.answer`.
  private func text(
    _ state: AttemptState, _ spec: OperationSpec, _ count: Int, _ answered: Int,
    _ refusals: [[Int64]]
  ) -> String {
    switch state {
    case .succeeded: return "admitted"
    case .conditionFailed: return "condition failed"
    case .partlyThrottled: return "unprocessed \(count - answered)"
    case .timedOut, .conflicted, .inProgress, .morePages, .idle: return "\(state)"
    case .cancelled:
      let refused = spec.parts.map { part in
        resources.indices.contains {
          resources[$0].table == scenario.tables[part.table].name
            && refusals[$0].contains { $0 > 0 }
        }
      }
      return "cancelled \(refused.map { $0 ? "throttled" : "None" })"
    case .throttled:
      if spec.kind == .batchGet || spec.kind == .batchWrite { return "unprocessed \(count)" }
      for (position, resource) in resources.enumerated() {
        for (cause, number) in zip(ThrottleCause.allCases, refusals[position]) where number > 0 {
          let axis: CapacityAxis = spec.kind.isWrite ? .write : .read
          let reason = ThrottlingReason(
            isIndex: resource.index != nil, axis: axis, cause: cause)
          let path = resource.index.map { "/index/" + $0 } ?? ""
          return "\(reason.apiName) table/\(resource.table)\(path)"
        }
      }
      return "throttled without a cause"
    }
  }

  // MARK: Books

  private func simulatorTaken() -> [Int64] {
    resources.indices.map { position in
      CapacityAxis.allCases.reduce(0) {
        $0 + simulator.resources[position].admission.consumed($1, at: .start).halves
      }
    }
  }

  private func simulatorThrottles() -> [[Int64]] {
    resources.indices.map { position in
      ThrottleCause.allCases.map { cause in
        CapacityAxis.allCases.reduce(0) {
          $0 + simulator.resources[position].admission.throttles($1, cause)
        }
      }
    }
  }

  /// The engine's admission of every table and index.
  private func admissions() -> [ResourceAdmission] {
    let resources = resources
    return database.withState { state in
      resources.compactMap { resource in
        let table = state.tables[resource.table]
        guard let index = resource.index else { return table?.admission }
        return table.flatMap { table in
          table.index(named: index).flatMap { table.indexes[$0].admission }
        }
      }
    }
  }

  private func engineTaken(at now: Instant) -> [Int64] {
    admissions().map { admission in
      CapacityAxis.allCases.reduce(0) { $0 + admission.consumed($1, at: now).halves }
    }
  }

  /// Tokens left at table level, reads and writes of every resource: simulator, then engine.
  func levels(at now: Instant) -> ([Int64], [Int64]) {
    let mine = resources.indices.flatMap { position in
      CapacityAxis.allCases.map {
        simulator.resources[position].admission.available($0, at: now).halves
      }
    }
    let theirs = admissions().flatMap { admission in
      CapacityAxis.allCases.map { admission.available($0, at: now).halves }
    }
    return (mine, theirs)
  }

  /// Stream records written by table: simulator, then engine.
  func streamRecords() -> ([Int64], [Int64]) {
    let mine = scenario.tables.indices.map {
      simulator.resources[simulator.tables[$0].resource].streamRecords
    }
    let theirs = database.withState { state in
      scenario.tables.map { state.tables[$0.name]?.streamRecords ?? -1 }
    }
    return (mine, theirs)
  }

  /// Units/s served at table level: simulator, then engine.
  func limits() -> ([Int], [Int]) {
    let mine = resources.indices.flatMap { position in
      CapacityAxis.allCases.map { simulator.resources[position].admission.currentLimit($0) }
    }
    return (mine, admissions().flatMap { one in CapacityAxis.allCases.map(one.currentLimit) })
  }
}
