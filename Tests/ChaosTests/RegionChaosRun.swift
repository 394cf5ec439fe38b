// One run of three regions: disks misbehave, regions crash, are cut off or lose their data.
//
// Time is virtual and one thread does everything, so a seed replays exactly. After every step each
// region's store is read as a fresh process would read it: indexes and sizes agree with the items,
// the stream with their history. In the end, when all is well again, the regions must agree, and
// on no item can the last acknowledged write have been lost, unless its region has lost its data.

import Capacity
import ServiceAPI
import Storage
import TestSupport
import Testing
import Units

@testable import Engine

/// What can go wrong with regions.
enum RegionFault: CaseIterable {
  /// A region's process ends; what was not synced is lost from some write on.
  case crash
  /// A region comes back without its data; its replicas are taken out and added again.
  case lostReplica
  case cutRegion
  case refusedWrite
  case lostAnswer
  case fullDisk
  case refusedRead
  /// Syncs come late, unless replication waits for them.
  case slowDisk
  /// Time leaps, for all that look at it; who has looked does not go back.
  case clockJump
}

/// A run of one seed.
struct RegionChaosRun {
  private static let regions = ["us-east-1", "eu-west-1", "ap-south-1"]
  private static let tables = ["Model", "Accounts"]

  /// A write that somebody asked for.
  private struct Attempt {
    /// nil: a deletion.
    var item: ModelItem?
    var region: Int
    var state: State

    enum State { case pending, acknowledged, doubtful }
  }

  let seed: Seed
  private var generator: TestGenerator
  private let faults: Set<RegionFault>
  private var options = DatabaseOptions()
  private var disks: [FaultyStore] = []
  private var databases: [Database] = []
  private var group = RegionGroup([])
  private var cut: Set<String> = []
  private var trails: [StreamTrail]
  private var now = Instant.start
  /// The latest that any region may have seen.
  private var latest = Instant.start
  private var step = 0
  /// By key, in the order in which they were asked for.
  private var attempts: [String: [Attempt]] = [:]
  private var mayMiscount = false

  init(_ seed: Seed) throws {
    self.seed = seed
    generator = seed.generator
    var drawn = Set<RegionFault>()
    for fault in RegionFault.allCases where generator.pick([true, false]) { drawn.insert(fault) }
    faults = drawn
    trails = Self.regions.map { _ in StreamTrail() }
    options.epochMilliseconds = 1_700_000_000_000
    options.enforcesCapacity = generator.pick([true, false])
    options.regionLag = generator.pick([
      .none, DelayDistribution(median: .milliseconds(30), p99: .milliseconds(200)),
    ])
    for region in Self.regions.indices {
      disks.append(disk(.memory(MemoryStore())))
      databases.append(try database(region))
    }
    join()
    for body in ChaosModel.tables { #expect(call(0, "CreateTable", body).error == nil) }
    for region in Self.regions.indices.dropFirst() { addReplicas(region, at: 0) }
    for disk in disks { disk.sync() }
  }

  private func disk(_ base: Store) -> FaultyStore { FaultyStore(base, plan) }

  private var plan: FaultPlan {
    var plan = FaultPlan()
    plan.holdsSyncs = faults.contains(.slowDisk)
    plan.syncsWhenWaitedFor = true
    return plan
  }

  private func database(_ region: Int) throws -> Database {
    var options = options
    options.region = Self.regions[region]
    return try Database(store: .faulty(disks[region]), options: options)
  }

  private mutating func join() {
    group = RegionGroup(databases)
    for region in cut { _ = group.setCut(region, true) }
  }

  private var place: String { "\(seed.testDescription), step \(step), \(faults)" }

  private func call(_ region: Int, _ operation: String, _ body: String) -> Reply {
    Array(body.utf8).withUnsafeBytes {
      group.begin(operation, in: Self.regions[region], body: $0, at: now)
    }
  }

  private func replicas(_ action: String, _ region: Int, at other: Int) {
    for table in Self.tables {
      let reply = call(
        other, "UpdateTable",
        #"{"TableName":"\#(table)","ReplicaUpdates":["#
          + #"{"\#(action)":{"RegionName":"\#(Self.regions[region])"}}]}"#)
      #expect(reply.error == nil, "\(action) of \(region), \(reply.error as Any), \(place)")
    }
  }

  private func addReplicas(_ region: Int, at other: Int) { replicas("Create", region, at: other) }

  private mutating func chance(_ one: Int) -> Bool { generator.integer(in: 1...one) == 1 }

  // MARK: Steps

  /// Runs `steps` steps, lets everything heal, and compares.
  mutating func run(_ steps: Int) throws {
    for number in 0..<steps {
      step = number
      moveTime()
      for disk in disks { prepareFaults(of: disk) }
      act()
      for disk in disks { disk.setPlan(plan) }
      try check()
      try disturb()
      for region in disks.indices where chance(10) { disks[region].sync() }
    }
    try heal()
  }

  private mutating func moveTime() {
    now += .milliseconds(Int64(generator.integer(in: 1...60)))
    guard faults.contains(.clockJump), chance(15) else { return }
    let hours = Nanoseconds.hours(Int64(generator.integer(in: 1...20)))
    latest = max(latest, now)
    now = generator.pick([now + hours, max(.start, now - hours)])
  }

  private mutating func prepareFaults(of disk: FaultyStore) {
    var plan = plan
    let next = disk.writes + generator.integer(in: 1...3)
    if faults.contains(.refusedWrite), chance(8) { plan.refusedWrites = [next] }
    if faults.contains(.lostAnswer), chance(8) { plan.unacknowledgedWrites = [next] }
    if faults.contains(.fullDisk), chance(8) { plan.fullFromWrite = next }
    if faults.contains(.refusedRead), chance(8) {
      plan.refusedReads = [disk.reads + generator.integer(in: 1...6)]
    }
    if !plan.unacknowledgedWrites.isEmpty, !plan.refusedReads.isEmpty { mayMiscount = true }
    disk.setPlan(plan)
  }

  private mutating func act() {
    switch generator.integer(in: 0...9) {
    case 0...4: put()
    case 5: delete()
    default: _ = group.replicate(at: now)
    }
  }

  private mutating func put() {
    let region = generator.integer(in: 0...2)
    var item: ModelItem = [
      "pk": #"{"S":"p\#(generator.integer(in: 0...2))"}"#,
      "sk": #"{"N":"\#(generator.integer(in: 0...9))"}"#, "x": #"{"S":"\#(step)"}"#,
    ]
    if chance(2) { item["g"] = #"{"S":"g\#(generator.integer(in: 0...2))"}"# }
    if chance(2) { item["l"] = #"{"N":"\#(generator.integer(in: -3...3))"}"# }
    let reply = call(region, "PutItem", #"{"TableName":"Model","Item":\#(ChaosModel.text(item))}"#)
    note(reply, ChaosModel.key(item), Attempt(item: item, region: region, state: .pending))
  }

  private mutating func delete() {
    let region = generator.integer(in: 0...2)
    guard let key = attempts.keys.sorted().randomElement(using: &generator) else { return }
    let reply = call(
      region, "DeleteItem", #"{"TableName":"Model","Key":\#(key),"ReturnValues":"ALL_OLD"}"#)
    // What is not there is not deleted.
    if reply.error == nil, WireValue(body: reply.body)?["Attributes"] == nil { return }
    note(reply, key, Attempt(item: nil, region: region, state: .pending))
  }

  private mutating func note(_ reply: Reply, _ key: String, _ attempt: Attempt) {
    var attempt = attempt
    if let error = reply.error {
      if error.status < 500 { return }
      attempt.state = .doubtful
    }
    attempts[key, default: []].append(attempt)
  }

  // MARK: Misfortunes

  private mutating func disturb() throws {
    for region in disks.indices where disks[region].unsynced == 0 {
      settle(region, .pending, to: .acknowledged)
    }
    if faults.contains(.cutRegion) {
      if chance(8) { cut.insert(generator.pick(Self.regions)) }
      if chance(8) { cut = [] }
      for region in Self.regions { _ = group.setCut(region, cut.contains(region)) }
    }
    if faults.contains(.crash), chance(8) { try crash(generator.integer(in: 0...2)) }
    if faults.contains(.lostReplica), chance(30) { try lose(generator.integer(in: 0...2)) }
  }

  private mutating func settle(_ region: Int, _ old: Attempt.State, to new: Attempt.State) {
    for key in attempts.keys {
      for place in attempts[key, default: []].indices
      where attempts[key]?[place].region == region && attempts[key]?[place].state == old {
        attempts[key]?[place].state = new
      }
    }
  }

  private mutating func crash(_ region: Int) throws {
    let kept = try disks[region].afterCrash(
      keeping: generator.integer(in: 0...disks[region].unsynced))
    settle(region, .pending, to: .doubtful)
    disks[region] = disk(.memory(kept))
    databases[region] = try database(region)
    join()
    let found = try ChaosAudit(disks[region].base).content(place)
    try trails[region].crash(leaving: disks[region].base, with: found.items, place)
  }

  /// A region starts on an empty disk: what only it had is lost, the rest is copied to it again.
  private mutating func lose(_ region: Int) throws {
    settle(region, .pending, to: .doubtful)
    settle(region, .acknowledged, to: .doubtful)
    cut = []
    disks[region] = disk(.memory(MemoryStore()))
    databases[region] = try database(region)
    trails[region] = StreamTrail()
    join()
    let other = (region + 1) % Self.regions.count
    replicas("Delete", region, at: other)
    addReplicas(region, at: other)
  }

  // MARK: Checks

  private mutating func check() throws {
    for region in disks.indices {
      let place = Self.regions[region] + ", " + place
      let found = try ChaosAudit(disks[region].base).content(place)
      try trails[region].follow(disks[region].base, to: found.items, place)
      if disks[region].unsynced == 0 { trails[region].sync() }
      if mayMiscount { continue }
      let reply = call(region, "DescribeTable", #"{"TableName":"Model"}"#)
      let count = WireValue(body: reply.body)?["Table"]?["ItemCount"]?.integer
      #expect(count == found.items.count, "counted live, \(place)")
    }
  }

  private mutating func heal() throws {
    for region in Self.regions { _ = group.setCut(region, false) }
    for region in disks.indices {
      disks[region].sync()
      settle(region, .pending, to: .acknowledged)
    }
    // Every region's clock must move on for its capacity to come back.
    now = max(now, latest)
    for _ in 0..<6 {
      now += .hours(6)
      while group.replicate(at: now) {}
      try check()
    }
    let contents = try disks.map { try ChaosAudit($0.base).content(place).items }
    #expect(contents[1] == contents[0] && contents[2] == contents[0], "regions agree, \(place)")
    for (key, made) in attempts { compare(contents[0][key], made, key) }
    #expect(contents[0].keys.allSatisfy { attempts[$0] != nil }, "nothing from nowhere, \(place)")
  }

  /// The item that all regions have must be the last acknowledged one or one asked for later; with
  /// clocks that differ, any that was asked for.
  private func compare(_ found: ModelItem?, _ made: [Attempt], _ key: String) {
    let last = made.lastIndex { $0.state == .acknowledged }
    let first = faults.contains(.clockJump) ? nil : last
    var possible = made[(first ?? 0)...].map(\.item)
    if first == nil { possible.append(nil) }
    #expect(possible.contains(found), "\(key) is a write that was asked for last, \(place)")
  }
}
