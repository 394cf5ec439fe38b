// UpdateTable's members about replicas: regions added to a table and taken from it.
//
// Texts as measured on the service in October 2026, where they are known. Not here: that a
// provisioned table must be auto scaled, since there is no auto scaling to ask.

import ServiceAPI
import Units

/// What a call of UpdateTable asks for.
struct ReplicaUpdates {
  var create: [WireValue] = []
  var update: [WireValue] = []
  var delete: [String] = []
  var witness: String?
  var withoutWitness: String?
  var isStrong: Bool

  static let members = ["ReplicaUpdates", "GlobalTableWitnessUpdates", "MultiRegionConsistency"]

  init(_ request: WireValue) {
    for element in request["ReplicaUpdates"]?.elements ?? [] {
      if let create = element["Create"] { self.create.append(create) }
      if let update = element["Update"] { self.update.append(update) }
      if let region = element["Delete"]?["RegionName"]?.text { delete.append(region) }
    }
    for element in request["GlobalTableWitnessUpdates"]?.elements ?? [] {
      witness = witness ?? element["Create"]?["RegionName"]?.text
      withoutWitness = withoutWitness ?? element["Delete"]?["RegionName"]?.text
    }
    isStrong = request["MultiRegionConsistency"]?.text == "STRONG"
  }

  var created: [String] { create.compactMap { $0["RegionName"]?.text } }
  var updated: [String] { update.compactMap { $0["RegionName"]?.text } }
  var regions: [String] { created + delete + updated }
}

extension GlobalTables {
  func updateReplicas(
    _ request: WireValue, _ links: RegionGroup.Links
  ) throws(ServiceError) -> [UInt8] {
    let name = TableName.name(of: request["TableName"]?.text ?? "")
    let allowed = Set(["TableName"] + ReplicaUpdates.members)
    if (request.members ?? []).contains(where: { !allowed.contains($0.name) }) {
      throw .validation("ReplicaUpdates cannot be combined with other updates of the table")
    }
    let change = ReplicaUpdates(request)
    let global = try membership(name)
    try check(change, name, global)
    for region in change.regions where !links.reaches(self.region, region) {
      throw .internalFailure("Region \(region) cannot be reached")
    }
    for create in change.create { try addReplica(create, of: name, change) }
    for update in change.update { try updateReplica(update, of: name) }
    for region in change.delete { try removeReplica(region, of: name, links) }
    if let witness = change.withoutWitness { try removeWitness(witness, of: name) }
    group.noteStrong()
    return try state(region) { (state) throws(ServiceError) in
      state.describe(try state.described(name), under: "TableDescription")
    }
  }

  // MARK: Checks

  private func check(
    _ change: ReplicaUpdates, _ name: String, _ global: GlobalMembership?
  ) throws(ServiceError) {
    let replicas = global?.replicas.map(\.region) ?? []
    if global?.version == GlobalMembership.legacy {
      throw .validation(
        "Table \(name) is part of a global table of version \(GlobalMembership.legacy)")
    }
    if change.regions.contains(region) {
      throw .validation(
        "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, "
          + "DeleteTable, or UpdateTable as required.")
    }
    for region in change.regions where group.database(region) == nil { throw unsupported(region) }
    let strangers = (change.delete + change.updated).filter { !replicas.contains($0) }
    if !strangers.isEmpty {
      throw .validation(
        "Update global table operation failed because one or more replicas were not part of the "
          + "global table. Please retry the request without these replicas: "
          + "[\(strangers.joined(separator: ", "))].")
    }
    for region in change.created {
      let exists = try state(region) { (state) in state.tables[name] != nil }
      if exists || replicas.contains(region) {
        throw .validation(
          "Failed to create a the new replica of table with name: '\(name)' because one or more "
            + "replicas already existed as tables.")
      }
      try authorize(Self.createActions, on: name, in: region)
    }
    for region in change.delete {
      try authorize(["DeleteTable", "DeleteTableReplica"], on: name, in: region)
    }
    try checkConsistency(change, name, global)
  }

  /// What a replica's creator must be allowed in its region.
  private static let createActions = [
    "CreateTable", "CreateTableReplica", "Scan", "Query", "UpdateItem", "PutItem", "GetItem",
    "DeleteItem", "BatchWriteItem",
  ]

  private func checkConsistency(
    _ change: ReplicaUpdates, _ name: String, _ global: GlobalMembership?
  ) throws(ServiceError) {
    if global?.isStrong == true || (global == nil && change.isStrong) {
      return try checkStrong(change, name, global)
    }
    if change.isStrong {
      throw .validation("MultiRegionConsistency of a global table cannot be changed")
    }
    if change.witness != nil || change.withoutWitness != nil {
      throw .validation("GlobalTableWitnessUpdates need MultiRegionConsistency STRONG")
    }
    if change.create.count + change.delete.count > 1 {
      throw .invalidParameter("more than one create or delete replica actions not allowed")
    }
  }

  /// Exactly three members from the beginning, on an empty table without what such tables lack.
  private func checkStrong(
    _ change: ReplicaUpdates, _ name: String, _ global: GlobalMembership?
  ) throws(ServiceError) {
    if let global {
      let isWhole = global.replicas.count == change.delete.count && change.create.isEmpty
      if !isWhole, !(change.create.isEmpty && change.delete.isEmpty) || change.witness != nil {
        throw .validation(
          "Replicas of a multi-Region strongly consistent table can only be removed together")
      }
      return
    }
    guard change.create.count + (change.witness == nil ? 0 : 1) == 2, !change.create.isEmpty else {
      throw .validation(
        "A multi-Region strongly consistent table needs exactly three Regions: two more replicas, "
          + "or one replica and a witness")
    }
    if change.witness == region || change.created.contains(change.witness ?? "") {
      throw .validation("The witness must be in a Region of its own")
    }
    let sets = Set(
      ([region] + change.created + [change.witness].compactMap(\.self)).map { name in
        name.prefix { $0 != "-" }
      })
    if sets.count > 1 {
      throw .validation(
        "Regions of a multi-Region strongly consistent table must be of one set: "
          + "US, EU or AP Regions")
    }
    try state(region) { (state) throws(ServiceError) in
      try Self.checkStrong(try state.described(name))
    }
  }

  private static func checkStrong(_ table: Table) throws(ServiceError) {
    if table.itemCount > 0 {
      throw .validation("The table must be empty to become strongly consistent across Regions")
    }
    if !table.definition.localIndexes.isEmpty {
      throw .validation(
        "Local secondary indexes are not supported with multi-Region strong consistency")
    }
    if table.definition.timeToLiveAttribute != nil {
      throw .validation("Time to live is not supported with multi-Region strong consistency")
    }
  }

  // MARK: Changes

  private func addReplica(
    _ create: WireValue, of name: String, _ change: ReplicaUpdates
  ) throws(ServiceError) {
    let added = create["RegionName"]?.text ?? ""
    let (definition, wall) = try state(region) { (state) throws(ServiceError) in
      let table = try state.table(name)
      if table.clock.status != .active {
        throw .inUse(
          "Attempt to change a resource which is still in use: Table is being updated: \(name)")
      }
      if table.stream == nil {
        try state.save(table, with: try state.apply(.open(.newAndOldImages), to: table))
      }
      return (table.definition, state.wallMilliseconds)
    }
    var global =
      definition.global ?? GlobalMembership(version: GlobalMembership.current, createdAt: wall)
    global.isStrong = global.isStrong || change.isStrong
    global.witness = global.witness ?? change.witness
    let members = [region] + global.replicas.map(\.region)
    var own = global
    own.replicas = members.map { GlobalReplica(region: $0, createdAt: wall) }
    try state(added) { (state) throws(ServiceError) in
      try state.createReplica(definition, own, create)
    }
    let replica = GlobalReplica(
      region: added, createdAt: wall, tableClass: create["TableClassOverride"]?.text,
      readUnits: create["ProvisionedThroughputOverride"]?["ReadCapacityUnits"]?.integer)
    for member in members {
      try state(member) { (state) throws(ServiceError) in
        let table = try state.described(name)
        var own = table.definition.global ?? global
        own.isStrong = global.isStrong
        own.witness = global.witness
        own.replicas.append(replica)
        try state.set(own, of: table)
        if member == region {
          try state.sendAll(of: table, to: added)
        } else {
          try state.sendAgain(of: table, waitingFor: region, to: added)
        }
      }
    }
  }

  /// Overrides of one replica: its table class and read units.
  private func updateReplica(_ update: WireValue, of name: String) throws(ServiceError) {
    let changed = update["RegionName"]?.text ?? ""
    let tableClass = update["TableClassOverride"]?.text
    let units = update["ProvisionedThroughputOverride"]?["ReadCapacityUnits"]?.integer
    if tableClass == nil, units == nil {
      throw .validation("The update of replica \(changed) has no actions specified")
    }
    try state(changed) { (state) throws(ServiceError) in
      try state.applyOverrides(update, to: try state.described(name))
    }
    for member in [region] + (try membership(name)?.replicas.map(\.region) ?? []) {
      try state(member) { (state) throws(ServiceError) in
        let table = try state.described(name)
        guard var global = table.definition.global,
          let place = global.replicas.firstIndex(where: { $0.region == changed })
        else { return }
        global.replicas[place].tableClass = tableClass ?? global.replicas[place].tableClass
        global.replicas[place].readUnits = units ?? global.replicas[place].readUnits
        try state.set(global, of: table)
      }
    }
  }

  private func removeReplica(
    _ removed: String, of name: String, _ links: RegionGroup.Links
  ) throws(ServiceError) {
    guard let global = try membership(name) else { return }
    let isThere = try state(removed) { (state) throws(ServiceError) in
      guard let table = state.tables[name], table.definition.global != nil else { return false }
      try state.checkDeletable(table)
      return true
    }
    guard isThere else { return try giveUp(removed, of: name, global) }
    try drain(name, of: removed, global, links)
    try state(removed) { (state) throws(ServiceError) in
      try state.leave(try state.described(name))
    }
    for other in group.regions where other != removed { try forget(removed, of: name, in: other) }
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("TableName", name)
    writer.endObject()
    let reply = group.database(removed)?.handle("DeleteTable", body: writer.bytes, at: now)
    if let error = reply?.error { throw error }
    // With no delay it is gone at once.
    try state(removed) { (state) throws(ServiceError) in
      if let table = state.tables[name] { try state.settle(table) }
    }
  }

  /// Takes out a region that has lost its data. The others send each other all that they have: it
  /// may have sent a change to some of them only, or have been filling a new replica.
  private func giveUp(
    _ removed: String, of name: String, _ global: GlobalMembership
  ) throws(ServiceError) {
    let left = ([region] + global.replicas.map(\.region)).filter { $0 != removed }
    for member in left {
      try forget(removed, of: name, in: member)
      try state(member) { (state) throws(ServiceError) in
        let table = try state.described(name)
        guard table.definition.global != nil else { return }
        for other in left where other != member {
          try state.sendAll(of: table, to: other)
        }
      }
    }
  }

  private func removeWitness(_ witness: String, of name: String) throws(ServiceError) {
    for member in [region] + (try membership(name)?.replicas.map(\.region) ?? []) {
      try state(member) { (state) throws(ServiceError) in
        let table = try state.described(name)
        guard var global = table.definition.global, global.witness == witness else { return }
        global.witness = nil
        try state.set(global, of: table)
      }
    }
  }
}
