// Multi-Region strong consistency: a write is acknowledged when another region has it.
//
// Requests on such tables take turns over all regions, so a strong read anywhere sees the last
// write acknowledged anywhere. A write occupies its item for as long as it travels, which the
// item's version tells; one from another region in that time is refused with
// ReplicatedWriteConflictException. A region that reaches none of the other members refuses strong
// reads and writes. What a member has acknowledged, one of any two members has, so whoever reaches
// another one may be brought up to date; the writer's outbox stands for what that one has.
// Facts: features.md 3.7.

import AccessControl
import Randomness
import ServiceAPI
import Synchronization
import Units

extension RegionGroup {
  private static let isolated = ServiceError.internalFailure(
    "The Region cannot reach another member of the multi-Region strongly consistent table")
  private static let transactions = ServiceError.validation(
    "Transactional operations are not supported on multi-Region strongly consistent tables")

  /// A request while strongly consistent tables exist.
  func beginStrong(
    _ operation: String, in region: String, _ body: UnsafeRawBufferPointer, at now: Instant,
    for caller: Caller?
  ) -> Reply {
    guard let database = database(region) else { return Self.reply(Self.isolated) }
    let request = WireValue(body: body) ?? .null
    let members = database.withState { $0.strongTables(operation, request) }
    if members.isEmpty { return database.begin(operation, body: body, at: now, for: caller) }
    if operation.hasPrefix("Transact") || operation == "ExecuteTransaction" {
      return Self.reply(Self.transactions)
    }
    return turn.withLock { links in
      let canServe = members.allSatisfy { member in
        member.others.contains { links.reaches(region, $0) }
      }
      guard canServe else { return Self.reply(Self.isolated) }
      do throws(ServiceError) {
        for other in regions where other != region {
          try carryAll(.strong, from: other, to: region, at: now)
        }
        let reply = database.begin(operation, body: body, at: now, for: caller)
        try hand(on: members, links, from: region, at: now)
        return reply
      } catch {
        return Self.reply(error)
      }
    }
  }

  /// Carries what a region's strongly consistent tables send; throws unless every table has another
  /// member that has got it, which a witness always does.
  private func hand(
    on members: [GlobalMembership], _ links: Links, from region: String, at now: Instant
  ) throws(ServiceError) {
    var failures: [String: ServiceError] = [:]
    for other in regions where other != region && links.reaches(region, other) {
      do throws(ServiceError) {
        try carryAll(.strong, from: region, to: other, at: now)
      } catch {
        failures[other] = error
      }
    }
    for member in members {
      let reached = member.others.filter { links.reaches(region, $0) }
      if let first = reached.first, reached.allSatisfy({ failures[$0] != nil }),
        let failure = failures[first]
      {
        throw failure
      }
    }
  }
}

extension DatabaseState {
  static let replicatedConflict = ServiceError(
    "ReplicatedWriteConflictException",
    message: "The request was rejected because one or more items in the request are being modified "
      + "by a request in another Region.")

  /// The strongly consistent tables of a request that needs them to be so: writes and strongly
  /// consistent reads.
  func strongTables(_ operation: String, _ request: WireValue) -> [GlobalMembership] {
    // What cannot be understood is the operation's to refuse.
    guard let accesses = try? accesses(operation, request) else { return [] }
    let parts =
      [request] + (request["Statements"]?.elements ?? [])
      + (request["RequestItems"]?.members ?? []).map(\.value)
    let isStrong = parts.contains { $0["ConsistentRead"]?.flag == true }
    var names: Set<String> = []
    return accesses.compactMap { access in
      let verb = access.action.dropFirst("dynamodb:".count)
      guard let reads = Self.itemActions[String(verb)] else { return nil }
      let name = TableName.name(of: access.resource)
      guard !reads || isStrong, names.insert(name).inserted,
        let global = tables[name]?.definition.global, global.isStrong
      else { return nil }
      return global
    }
  }

  /// Actions on items, and whether they only read.
  private static let itemActions: [String: Bool] = [
    "GetItem": true, "BatchGetItem": true, "Query": true, "Scan": true, "PartiQLSelect": true,
    "PutItem": false, "UpdateItem": false, "DeleteItem": false, "BatchWriteItem": false,
    "ConditionCheckItem": false, "PartiQLInsert": false, "PartiQLUpdate": false,
    "PartiQLDelete": false,
  ]

  /// Whether a write of another region is still on its way from there.
  func isTravelling(_ version: ItemVersion) -> Bool {
    guard version.region != options.region else { return false }
    var generator = StreamKey(seed: options.lagSeed).child("travel").generator(at: version.time)
    let travel = options.regionLag.draw(&generator).count / 1_000_000
    return wallMilliseconds < version.wallMilliseconds + travel
  }
}
