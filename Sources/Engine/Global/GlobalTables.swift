// The operations that concern several regions: who answers them, and the settings regions share.
//
// UpdateTable's ReplicaUpdates (version 2019.11.21) and the calls of 2017 both end as a membership
// written into every region's table. Settings of 2019's tables that the service keeps equal (time
// to live, global indexes, billing and throughput) are repeated in the other regions. Each of these
// operations has the group's turn from beginning to end. Permissions: developer guide, V2gt_IAM.

import AccessControl
import ServiceAPI
import Synchronization
import Units

/// One control request at one region.
struct GlobalTables {
  let group: RegionGroup
  let region: String
  let now: Instant
  let caller: Caller?

  static let legacyOperations = [
    "CreateGlobalTable", "DescribeGlobalTable", "DescribeGlobalTableSettings",
    "DescribeTableReplicaAutoScaling", "ListGlobalTables", "UpdateGlobalTable",
    "UpdateGlobalTableSettings", "UpdateTableReplicaAutoScaling",
  ]
  static let operations = Set(
    legacyOperations + ["UpdateTable", "UpdateTimeToLive", "DeleteTable"])

  func handle(
    _ operation: String, _ body: UnsafeRawBufferPointer, _ database: Database
  ) -> Reply {
    do throws(ServiceError) {
      let request = try ServiceCatalog.read(operation, body: body)
      return try group.turn.withLock { (links) throws(ServiceError) in
        try answer(operation, request, body, database, links)
      }
    } catch {
      return RegionGroup.reply(error)
    }
  }

  private func answer(
    _ operation: String, _ request: WireValue, _ body: UnsafeRawBufferPointer,
    _ database: Database, _ links: RegionGroup.Links
  ) throws(ServiceError) -> Reply {
    if let caller {
      try state(region) { (state) throws(ServiceError) in
        try state.authorize(operation, request, caller)
      }
    }
    if let body = try answer(operation, request, links) {
      try group.waitUntilDurable()
      return Reply(status: 200, body: body)
    }
    let name = TableName.name(of: request["TableName"]?.text ?? "")
    let global = try? membership(name)
    if operation == "DeleteTable", let global {
      try state(region) { (state) throws(ServiceError) in
        try state.checkDeletable(try state.described(name))
      }
      try drain(name, of: region, global, links)
    }
    let reply = database.begin(operation, body: body, at: now, for: caller)
    if reply.error == nil, let global {
      if operation == "DeleteTable" {
        try state(region) { (state) throws(ServiceError) in
          if let table = state.tables[name] { try state.leave(table) }
        }
        for other in group.regions where other != region {
          try forget(region, of: name, in: other)
        }
        group.noteStrong()
      } else if global.version == GlobalMembership.current {
        repeatElsewhere(operation, request, global)
      }
      try group.waitUntilDurable()
    }
    return reply
  }

  /// nil: an operation of the region's own.
  private func answer(
    _ operation: String, _ request: WireValue, _ links: RegionGroup.Links
  ) throws(ServiceError) -> [UInt8]? {
    switch operation {
    case "CreateGlobalTable": try createGlobalTable(request)
    case "DescribeGlobalTable": try describeGlobalTable(request)
    case "DescribeGlobalTableSettings": try describeSettings(request)
    case "DescribeTableReplicaAutoScaling": try describeScaling(request)
    case "ListGlobalTables": try listGlobalTables(request)
    case "UpdateGlobalTable": try updateGlobalTable(request, links)
    case "UpdateGlobalTableSettings": try updateSettings(request)
    case "UpdateTableReplicaAutoScaling": try updateScaling(request)
    case "UpdateTable":
      ReplicaUpdates.members.contains { request[$0] != nil }
        ? try updateReplicas(request, links) : nil
    default: nil
    }
  }

  // MARK: Regions

  /// Runs `body` on a region's state.
  func state<R: Sendable>(
    _ region: String, _ body: (DatabaseState) throws(ServiceError) -> R
  ) throws(ServiceError) -> R {
    guard let database = group.database(region) else { throw unsupported(region) }
    return try database.withThrowingState { (state) throws(ServiceError) -> R in
      state.begin(at: now)
      return try body(state)
    }
  }

  func unsupported(_ region: String) -> ServiceError {
    .validation(
      "Region \(region) is not supported. The latest version of global tables are only supported "
        + "in the following regions: [\(group.regions.joined(separator: ", "))]")
  }

  /// A table's part in a global table; nil: it is none of a global table.
  func membership(_ name: String) throws(ServiceError) -> GlobalMembership? {
    try state(region) { (state) throws(ServiceError) in
      try state.described(name).definition.global
    }
  }

  /// Refuses what the caller may not do to a table in another region.
  func authorize(_ actions: [String], on name: String, in other: String) throws(ServiceError) {
    guard let caller else { return }
    try state(other) { (state) throws(ServiceError) in
      for action in actions {
        let access = AccessRequest(action: "dynamodb:" + action, resource: state.arn(name))
        if let refusal = state.refusal(of: access, caller) { throw refusal }
      }
    }
  }

  /// Carries all that a member has for the others to them, before it is one no more. Every member
  /// must be reachable: what one of them lacks could not be brought later.
  func drain(
    _ name: String, of removed: String, _ global: GlobalMembership, _ links: RegionGroup.Links
  ) throws(ServiceError) {
    let members = Set([region] + global.replicas.map(\.region))
    for member in group.regions where members.contains(member) && member != removed {
      guard links.reaches(removed, member) else {
        throw .internalFailure("Region \(removed) cannot reach Region \(member)")
      }
      try group.carryAll(.all(of: name), from: removed, to: member, at: now)
    }
  }

  /// Takes a region out of the membership of one region's table.
  func forget(_ removed: String, of name: String, in other: String) throws(ServiceError) {
    try state(other) { (state) throws(ServiceError) in
      guard let table = state.tables[name], var global = table.definition.global,
        global.replicas.contains(where: { $0.region == removed })
      else { return }
      global.replicas.removeAll { $0.region == removed }
      try state.forgetReplication(of: table, to: removed)
      if global.replicas.isEmpty, global.version == GlobalMembership.current {
        try state.leave(table)
      } else {
        try state.set(global, of: table)
      }
      // Items that the removed region wrote would have been deleted by it.
      if table.definition.timeToLiveAttribute != nil { try state.scheduleExpiries(of: table) }
    }
  }

  // MARK: Shared settings

  /// Repeats what the service keeps equal in all regions.
  private func repeatElsewhere(
    _ operation: String, _ request: WireValue, _ global: GlobalMembership
  ) {
    let shared = [
      "TableName", "TimeToLiveSpecification", "GlobalSecondaryIndexUpdates", "AttributeDefinitions",
      "BillingMode", "ProvisionedThroughput",
    ]
    let members = (request.members ?? []).filter { shared.contains($0.name) }
    guard members.count > 1 else { return }
    var writer = ReplyWriter()
    writer.value(wire: .object(members))
    for replica in global.replicas {
      _ = group.database(replica.region)?.handle(operation, body: writer.bytes, at: now)
    }
  }
}
