// One run: a database on a disk that misbehaves, a client that repeats, and a model beside them.
//
// Which faults a run has, and how often, is drawn from its seed (swarm testing: runs with few kinds
// of faults get deeper than runs with all). Time is virtual and one thread does everything, so a
// seed replays exactly. After every step the store is read as a fresh process would read it.

import Capacity
import ServiceAPI
import Storage
import TestSupport
import Testing
import Units

@testable import Engine

/// What can go wrong.
enum Fault: CaseIterable {
  /// The process ends; what was not synced is lost from some write on.
  case crash
  /// A write fails and changes nothing.
  case refusedWrite
  /// A write takes effect and reports an error.
  case lostAnswer
  /// No write succeeds for a while.
  case fullDisk
  /// A read fails.
  case refusedRead
  /// Syncs come late.
  case slowDisk
  /// Time leaps, forwards or backwards.
  case clockJump
}

/// A run of one seed.
struct ChaosRun {
  private static let accounts = ["a", "b", "c"]
  private static let total = 300

  let seed: Seed
  private var generator: TestGenerator
  private let faults: Set<Fault>
  private var options = DatabaseOptions()
  private var disk: FaultyStore
  private var database: Database
  private var now = Instant.start
  private var step = 0
  /// What the present state is, as the model says.
  private var model = ChaosModel()
  /// States after each write since the last sync, that one first: what a crash may leave.
  private var unsynced: [ChaosModel] = []
  /// A transfer whose answer was lost, and the state before it.
  private var doubtful: (body: String, after: ChaosModel, wasDone: Bool)?
  private var transfers = 0
  private var trail = StreamTrail()
  /// Write units of table Model and its index that answers have told since the start, in halves.
  private var toldHalves = 0
  /// A store that lost an answer could not be asked either: counts are right after a restart.
  private var mayMiscount = false

  init(_ seed: Seed) throws {
    self.seed = seed
    generator = seed.generator
    var drawn = Set<Fault>()
    for fault in Fault.allCases where generator.pick([true, false]) { drawn.insert(fault) }
    faults = drawn
    options.epochMilliseconds = 1_700_000_000_000
    options.enforcesCapacity = generator.pick([true, false])
    options.collectionLimit = generator.pick([ServiceConstants.itemCollectionBytes, ByteCount(90)])
    options.transactionPhase = generator.pick([.none, DelayDistribution(median: .milliseconds(4))])
    options.readLag = generator.pick([.none, DelayDistribution(median: .milliseconds(5))])
    options.indexLag = generator.pick([.none, DelayDistribution(median: .milliseconds(5))])
    disk = Self.disk(.memory(MemoryStore()), drawn)
    database = try Database(store: .faulty(disk), options: options)
    for body in ChaosModel.tables { #expect(call("CreateTable", body).error == nil) }
    for name in Self.accounts {
      let balance = Self.total / Self.accounts.count
      let put = #"{"TableName":"Accounts","Item":{"pk":{"S":"\#(name)"},"n":{"N":"\#(balance)"}}}"#
      #expect(call("PutItem", put).error == nil)
      model.balances[#"{"S":"\#(name)"}"#] = balance
    }
    sync()
  }

  private static func disk(_ base: Store, _ faults: Set<Fault>) -> FaultyStore {
    var plan = FaultPlan()
    plan.holdsSyncs = faults.contains(.slowDisk)
    return FaultyStore(base, plan)
  }

  private var place: String { "\(seed.testDescription), step \(step), \(faults)" }

  private func call(_ operation: String, _ body: String) -> Reply {
    let bytes = Array(body.utf8)
    return bytes.withUnsafeBytes { database.begin(operation, body: $0, at: now) }
  }

  private mutating func chance(_ one: Int) -> Bool { generator.integer(in: 1...one) == 1 }

  // MARK: Steps

  /// Runs `steps` steps.
  mutating func run(_ steps: Int) throws {
    for number in 0..<steps {
      step = number
      moveTime()
      prepareFaults()
      try act()
      if !disk.isHoldingSyncs || chance(5) { sync() }
      if faults.contains(.crash), chance(20) { try crash() }
    }
  }

  private mutating func moveTime() {
    now += .milliseconds(Int64(generator.integer(in: 0...12)))
    guard faults.contains(.clockJump), chance(15) else { return }
    let hours = Nanoseconds.hours(Int64(generator.integer(in: 1...30)))
    // Tokens are kept for ten minutes; a client does not repeat for longer.
    doubtful = nil
    // Backwards never beyond the start of the process.
    now = generator.pick([now + hours, max(.start, now - hours)])
  }

  /// Decides what the disk does to the calls of the next operation.
  private mutating func prepareFaults() {
    var plan = FaultPlan()
    plan.holdsSyncs = disk.isHoldingSyncs
    let next = disk.writes + 1
    if faults.contains(.refusedWrite), chance(8) { plan.refusedWrites = [next] }
    if faults.contains(.lostAnswer), chance(8) { plan.unacknowledgedWrites = [next] }
    if faults.contains(.fullDisk), chance(8) { plan.fullFromWrite = next }
    if faults.contains(.refusedRead), chance(8) {
      plan.refusedReads = [disk.reads + generator.integer(in: 1...3)]
    }
    if !plan.unacknowledgedWrites.isEmpty, !plan.refusedReads.isEmpty { mayMiscount = true }
    disk.setPlan(plan)
  }

  private mutating func act() throws {
    if let last = doubtful {
      doubtful = nil
      return try transfer(last.body, last.wasDone ? model : last.after)
    }
    switch generator.integer(in: 0...9) {
    case 0...2: try put()
    case 3: try delete()
    case 4...5: try batch()
    case 6: read()
    default: try transfer()
    }
  }

  private mutating func randomItem() -> ModelItem {
    var item: ModelItem = [
      "pk": #"{"S":"p\#(generator.integer(in: 0...2))"}"#,
      "sk": #"{"N":"\#(generator.integer(in: 0...4))"}"#,
    ]
    if generator.pick([true, false]) { item["g"] = #"{"S":"g\#(generator.integer(in: 0...2))"}"# }
    if generator.pick([true, false]) { item["l"] = #"{"N":"\#(generator.integer(in: -3...3))"}"# }
    if generator.pick([true, false]) { item["x"] = #"{"S":"\#(generator.integer(in: 0...99))"}"# }
    return item
  }

  private mutating func put() throws {
    let item = randomItem()
    var after = model
    after.items[ChaosModel.key(item)] = item
    let reply = call(
      "PutItem", #"{"TableName":"Model",\#(Self.asking),"Item":\#(ChaosModel.text(item))}"#)
    try settle(reply, after: after)
  }

  private mutating func delete() throws {
    let key = ChaosModel.key(randomItem())
    var after = model
    after.items[key] = nil
    let body = #"{"TableName":"Model",\#(Self.asking),"Key":\#(key)}"#
    try settle(call("DeleteItem", body), after: after)
  }

  /// Two puts of different items, each by itself: what fails may have done one of them.
  private mutating func batch() throws {
    let (first, second) = (randomItem(), randomItem())
    guard ChaosModel.key(first) != ChaosModel.key(second) else { return }
    var (one, other, both) = (model, model, model)
    one.items[ChaosModel.key(first)] = first
    other.items[ChaosModel.key(second)] = second
    both.items.merge(one.items) { $1 }
    both.items[ChaosModel.key(first)] = first
    both.items[ChaosModel.key(second)] = second
    let puts = [first, second].map { #"{"PutRequest":{"Item":\#(ChaosModel.text($0))}}"# }
    let reply = call(
      "BatchWriteItem",
      #"{\#(Self.asking),"RequestItems":{"Model":[\#(puts.joined(separator: ","))]}}"#)
    let isWhole = reply.error == nil && !String(decoding: reply.body, as: UTF8.self).contains("Put")
    try settle(reply, among: isWhole ? [both] : [model, one, other, both], through: [one, other])
  }

  /// A read must be answered, with what no sync is needed for, or be told to wait.
  private func read() {
    let reply = call("Scan", #"{"TableName":"Model","ConsistentRead":true}"#)
    if reply.error == nil {
      #expect(database.isDurable(reply) == (disk.unsynced == 0), "a read may tell, \(place)")
    }
  }

  /// Money from one account to another, once, however often the request is repeated.
  private mutating func transfer() throws {
    let from = generator.pick(Self.accounts)
    let to = generator.pick(Self.accounts.filter { $0 != from })
    let amount = generator.integer(in: 1...150)
    var after = model
    after.balances[#"{"S":"\#(from)"}"#, default: 0] -= amount
    after.balances[#"{"S":"\#(to)"}"#, default: 0] += amount
    transfers += 1
    func update(_ name: String, _ sign: String, _ condition: String) -> String {
      #"{"Update":{"TableName":"Accounts","Key":{"pk":{"S":"\#(name)"}},"UpdateExpression":"#
        + #""SET n = n \#(sign) :x","ExpressionAttributeValues":{":x":{"N":"\#(amount)"}}"#
        + condition + "}}"
    }
    let body =
      #"{"ClientRequestToken":"\#(seed.value)-\#(transfers)","TransactItems":["#
      + update(from, "-", #","ConditionExpression":"n >= :x""#) + "," + update(to, "+", "") + "]}"
    try transfer(body, after)
  }

  private mutating func transfer(_ body: String, _ after: ChaosModel) throws {
    let reply = call("TransactWriteItems", body)
    try settle(reply, after: after)
    // Not known to the client: it asks again, with the same token.
    if reply.status >= 500 { doubtful = (body, after, model == after) }
  }

  // MARK: Checks

  private static let asking = #""ReturnConsumedCapacity":"TOTAL""#

  /// What the metrics say was consumed is what clients were told; where an answer may have been
  /// lost, or a batch was refused after some of it was done, as much more as one request can have
  /// taken.
  private mutating func checkUnits(_ reply: Reply, isBatch: Bool) {
    let consumed = WireValue(body: reply.body)?["ConsumedCapacity"]
    for one in consumed?.elements ?? [consumed ?? .null] where one["TableName"]?.text == "Model" {
      guard case .number(let text)? = one["CapacityUnits"] else { continue }
      toldHalves += Int(2 * (Double(text) ?? 0))
    }
    let counted = database.withState { state in
      guard let table = state.tables["Model"] else { return Int64(0) }
      let indexes = table.indexes.compactMap(\.admission) + [table.admission]
      return indexes.reduce(0) { $0 + $1.consumed(.write, at: state.now).halves }
    }
    // Two items, each with an entry taken from and one put into either index.
    let isSure = reply.error == nil || (reply.status < 500 && !isBatch)
    let most = isSure && !faults.contains(.lostAnswer) ? 0 : 2 * 2 * 5
    #expect(
      (0...most).contains(Int(counted) - toldHalves), "units told are units counted, \(place)")
    toldHalves = Int(counted)
  }

  private mutating func settle(_ reply: Reply, after: ChaosModel) throws {
    let possible =
      reply.error == nil ? [after] : reply.status >= 500 ? [model, after] : [model]
    try settle(reply, among: possible, through: [])
  }

  /// Finds the state in the store among the possible ones; `through` are those in between.
  private mutating func settle(
    _ reply: Reply, among possible: [ChaosModel], through: [ChaosModel]
  ) throws {
    checkUnits(reply, isBatch: !through.isEmpty)
    let found = try ChaosAudit(disk.base).content(place)
    #expect(possible.contains(found), "after \(reply.error?.code ?? "success"), \(place)")
    #expect(found.balances.values.reduce(0, +) == Self.total, "money is conserved, \(place)")
    try trail.follow(disk.base, to: found.items, place)
    model = found
    unsynced += through + [found]
    if reply.error == nil {
      #expect(database.isDurable(reply) == (disk.unsynced == 0), "acknowledged early, \(place)")
    }
    if mayMiscount { return }
    let table = WireValue(body: call("DescribeTable", #"{"TableName":"Model"}"#).body)?["Table"]
    #expect(table?["ItemCount"]?.integer == found.items.count, "counted live, \(place)")
  }

  private mutating func sync() {
    disk.sync()
    unsynced = [model]
    trail.sync()
  }

  /// Starts again with what the disk kept.
  private mutating func crash() throws {
    let kept = try disk.afterCrash(keeping: generator.integer(in: 0...disk.unsynced))
    disk = Self.disk(.memory(kept), faults)
    options.epochMilliseconds += now.nanoseconds / 1_000_000
    now = .start
    mayMiscount = false
    toldHalves = 0
    database = try Database(store: .faulty(disk), options: options)
    let found = try ChaosAudit(disk.base).content(place)
    #expect(unsynced.contains(found), "acknowledged writes survive, \(place)")
    #expect(found.balances.values.reduce(0, +) == Self.total, "money is conserved, \(place)")
    try trail.crash(leaving: disk.base, with: found.items, place)
    if let last = doubtful { doubtful = (last.body, last.after, found == last.after) }
    if found != model, doubtful?.wasDone == false { doubtful = nil }
    model = found
    unsynced = [model]
  }
}
