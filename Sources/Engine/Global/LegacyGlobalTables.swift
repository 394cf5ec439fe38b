// The calls of version 2017.11.29, and the auto scaling settings of replicas, which are recorded.
//
// A global table of 2017 is made of tables that exist: empty, with the same keys, each with a
// stream of new and old images. It is described by its own calls only.

import DataModel
import ServiceAPI

extension GlobalTables {
  private static func name(_ request: WireValue) -> String {
    TableName.name(of: request["GlobalTableName"]?.text ?? "")
  }

  private static func regions(_ request: WireValue) -> [String] {
    (request["ReplicationGroup"]?.elements ?? []).compactMap { $0["RegionName"]?.text }
  }

  private func legacy(_ name: String) throws(ServiceError) -> GlobalMembership {
    let global = try state(region) { (state) in state.tables[name]?.definition.global }
    if let global, global.version == GlobalMembership.legacy { return global }
    throw ServiceError(
      "GlobalTableNotFoundException",
      message: "Global table not found: Global table with name: '\(name)' does not exist.")
  }

  func createGlobalTable(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let name = Self.name(request)
    let regions = Self.regions(request)
    if Set(regions).count < regions.count || regions.isEmpty {
      throw .validation("ReplicationGroup must name each Region once")
    }
    let wall = try state(region) { (state) in state.wallMilliseconds }
    for member in regions { try checkMember(name, in: member, existing: nil) }
    try checkKeys(name, in: regions)
    for member in regions {
      try state(member) { (state) throws(ServiceError) in
        var global = GlobalMembership(version: GlobalMembership.legacy, createdAt: wall)
        global.replicas = regions.filter { $0 != member }.map {
          GlobalReplica(region: $0, createdAt: wall)
        }
        try state.set(global, of: try state.described(name))
      }
    }
    return try describe(name, regions: regions, wall)
  }

  /// A table that may become a member.
  private func checkMember(
    _ name: String, in member: String, existing: GlobalMembership?
  ) throws(ServiceError) {
    try state(member) { (state) throws(ServiceError) in
      guard let table = state.tables[name] else {
        throw ServiceError("TableNotFoundException", message: "Table not found: \(name)")
      }
      if table.definition.global != nil {
        throw ServiceError(
          existing == nil ? "GlobalTableAlreadyExistsException" : "ReplicaAlreadyExistsException",
          message: "Global table with name: '\(name)' already exists in region: '\(member)'.")
      }
      if table.stream?.view != .newAndOldImages {
        throw .validation(
          "Table \(name) in \(member) must have a stream with NEW_AND_OLD_IMAGES")
      }
      if table.itemCount > 0 { throw .validation("Table \(name) in \(member) must be empty") }
    }
  }

  private func checkKeys(_ name: String, in members: [String]) throws(ServiceError) {
    var keys: Set<KeySchema> = []
    for member in members {
      keys.insert(
        try state(member) { (state) throws(ServiceError) in
          try state.described(name).definition.key
        })
    }
    if keys.count > 1 {
      throw .validation("Table \(name) must have the same key schema in all Regions")
    }
  }

  func describeGlobalTable(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let name = Self.name(request)
    let global = try legacy(name)
    return try describe(
      name, regions: [region] + global.replicas.map(\.region), global.createdAt)
  }

  private func describe(
    _ name: String, regions: [String], _ createdAt: Int64
  ) throws(ServiceError) -> [UInt8] {
    let account = try state(region) { (state) in state.options.account }
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("GlobalTableDescription")
    writer.beginObject()
    writer.key("ReplicationGroup")
    writer.beginArray()
    for member in regions {
      writer.beginObject()
      writer.member("RegionName", member)
      writer.member("ReplicaStatus", "ACTIVE")
      writer.endObject()
    }
    writer.endArray()
    writer.member("GlobalTableArn", "arn:aws:dynamodb::\(account):global-table/\(name)")
    writer.key("CreationDateTime")
    writer.value(epochMilliseconds: createdAt)
    writer.member("GlobalTableStatus", "ACTIVE")
    writer.member("GlobalTableName", name)
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  func listGlobalTables(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let limit = request["Limit"]?.integer ?? 100
    let start = request["ExclusiveStartGlobalTableName"]?.text
    let wanted = request["RegionName"]?.text
    let found = try state(region) { (state) in
      state.tables.values.compactMap { table -> (name: String, regions: [String])? in
        guard let global = table.definition.global, global.version == GlobalMembership.legacy
        else { return nil }
        return (table.name, [self.region] + global.replicas.map(\.region))
      }
    }
    let sorted = found.filter { one in
      (start.map { $0.utf8.lexicographicallyPrecedes(one.name.utf8) } ?? true)
        && (wanted.map(one.regions.contains) ?? true)
    }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("GlobalTables")
    writer.beginArray()
    for one in sorted.prefix(limit) {
      writer.beginObject()
      writer.member("GlobalTableName", one.name)
      writer.key("ReplicationGroup")
      writer.beginArray()
      for member in one.regions {
        writer.beginObject()
        writer.member("RegionName", member)
        writer.endObject()
      }
      writer.endArray()
      writer.endObject()
    }
    writer.endArray()
    if sorted.count > limit {
      writer.member("LastEvaluatedGlobalTableName", sorted[limit - 1].name)
    }
    writer.endObject()
    return writer.bytes
  }

  func updateGlobalTable(
    _ request: WireValue, _ links: RegionGroup.Links
  ) throws(ServiceError) -> [UInt8] {
    let name = Self.name(request)
    for update in request["ReplicaUpdates"]?.elements ?? [] {
      if let added = update["Create"]?["RegionName"]?.text { try join(added, name) }
      if let removed = update["Delete"]?["RegionName"]?.text { try part(removed, name, links) }
    }
    return try describeGlobalTable(request)
  }

  private func part(
    _ removed: String, _ name: String, _ links: RegionGroup.Links
  ) throws(ServiceError) {
    let global = try legacy(name)
    guard global.replicas.contains(where: { $0.region == removed }) else {
      throw ServiceError(
        "ReplicaNotFoundException",
        message: "Replica not found: Replica in region \(removed) is not part of \(name).")
    }
    try drain(name, of: removed, global, links)
    try state(removed) { (state) throws(ServiceError) in
      if let table = state.tables[name] { try state.leave(table) }
    }
    for other in group.regions where other != removed { try forget(removed, of: name, in: other) }
  }

  private func join(_ added: String, _ name: String) throws(ServiceError) {
    let global = try legacy(name)
    try checkMember(name, in: added, existing: global)
    let members = [region] + global.replicas.map(\.region)
    try checkKeys(name, in: members + [added])
    for member in members + [added] {
      try state(member) { (state) throws(ServiceError) in
        let table = try state.described(name)
        var own =
          table.definition.global
          ?? GlobalMembership(version: global.version, createdAt: global.createdAt)
        let others = member == added ? members : [added]
        own.replicas += others.map {
          GlobalReplica(region: $0, createdAt: state.wallMilliseconds)
        }
        try state.set(own, of: table)
        if member == region {
          try state.sendAll(of: table, to: added)
        } else if member != added {
          try state.sendAgain(of: table, waitingFor: region, to: added)
        }
      }
    }
  }

  // MARK: Settings

  func describeSettings(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let name = Self.name(request)
    let members = [region] + (try legacy(name)).replicas.map(\.region)
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("GlobalTableName", name)
    writer.key("ReplicaSettings")
    writer.beginArray()
    for member in members {
      let pair = try state(member) { (state) throws(ServiceError) in
        try state.described(name).definition.provisioned
      }
      writer.beginObject()
      writer.member("RegionName", member)
      writer.member("ReplicaStatus", "ACTIVE")
      writer.key("ReplicaBillingModeSummary")
      writer.beginObject()
      writer.member("BillingMode", pair == nil ? "PAY_PER_REQUEST" : "PROVISIONED")
      writer.endObject()
      writer.member("ReplicaProvisionedReadCapacityUnits", pair?.read ?? 0)
      writer.member("ReplicaProvisionedWriteCapacityUnits", pair?.write ?? 0)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  /// Applied as UpdateTable in each region.
  func updateSettings(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let name = Self.name(request)
    let members = [region] + (try legacy(name)).replicas.map(\.region)
    let mode = request["GlobalTableBillingMode"]?.text
    let write = request["GlobalTableProvisionedWriteCapacityUnits"]?.integer
    for member in members {
      let update = (request["ReplicaSettingsUpdate"]?.elements ?? []).first {
        $0["RegionName"]?.text == member
      }
      let read = update?["ReplicaProvisionedReadCapacityUnits"]?.integer
      let pair = try state(member) { (state) throws(ServiceError) in
        try state.described(name).definition.provisioned
      }
      var writer = ReplyWriter()
      writer.beginObject()
      writer.member("TableName", name)
      if let mode { writer.member("BillingMode", mode) }
      let wanted = ThroughputPair(
        read: read ?? pair?.read ?? 5, write: write ?? pair?.write ?? 5)
      let isProvisioned = mode == "PROVISIONED" || (mode == nil && pair != nil)
      if isProvisioned, wanted != pair {
        writer.key("ProvisionedThroughput")
        writer.beginObject()
        writer.member("ReadCapacityUnits", wanted.read)
        writer.member("WriteCapacityUnits", wanted.write)
        writer.endObject()
      } else if mode == nil {
        continue
      }
      writer.endObject()
      let reply = group.database(member)?.handle("UpdateTable", body: writer.bytes, at: now)
      if let error = reply?.error { throw error }
    }
    return try describeSettings(request)
  }

  // MARK: Auto scaling

  private func scaled(_ name: String) throws(ServiceError) -> GlobalMembership {
    if let global = try? membership(name), global.version == GlobalMembership.current {
      return global
    }
    throw ServiceError(
      "ResourceNotFoundException",
      message: "Global table with name: '\(name)' does not exist.")
  }

  func describeScaling(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let name = TableName.name(of: request["TableName"]?.text ?? "")
    let global = try scaled(name)
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("TableAutoScalingDescription")
    writer.beginObject()
    writer.member("TableName", name)
    writer.member("TableStatus", "ACTIVE")
    writer.key("Replicas")
    writer.beginArray()
    for member in [region] + global.replicas.map(\.region) {
      writer.beginObject()
      writer.member("RegionName", member)
      writer.member("ReplicaStatus", "ACTIVE")
      for (kind, key) in [("Read", "read:" + member), ("Write", "write")] {
        writer.key("ReplicaProvisioned\(kind)CapacityAutoScalingSettings")
        let settings = global.scaling.first { $0.name == key }?.value
        writer.value(
          wire: settings
            ?? .object([WireMember(name: "AutoScalingDisabled", value: .boolean(true))]))
      }
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  /// Records the settings in every region.
  func updateScaling(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let name = TableName.name(of: request["TableName"]?.text ?? "")
    let global = try scaled(name)
    var scaling = global.scaling
    func set(_ key: String, _ update: WireValue?) {
      guard let update else { return }
      scaling.removeAll { $0.name == key }
      scaling.append(WireMember(name: key, value: Self.settings(update)))
    }
    set("write", request["ProvisionedWriteCapacityAutoScalingUpdate"])
    for replica in request["ReplicaUpdates"]?.elements ?? [] {
      set(
        "read:" + (replica["RegionName"]?.text ?? ""),
        replica["ReplicaProvisionedReadCapacityAutoScalingUpdate"])
    }
    for member in [region] + global.replicas.map(\.region) {
      try state(member) { (state) throws(ServiceError) in
        let table = try state.described(name)
        guard var own = table.definition.global else { return }
        own.scaling = scaling
        try state.set(own, of: table)
      }
    }
    return try describeScaling(request)
  }

  /// An update as the description shows it: its policy becomes one of a list.
  private static func settings(_ update: WireValue) -> WireValue {
    var members = (update.members ?? []).filter { $0.name != "ScalingPolicyUpdate" }
    if let policy = update["ScalingPolicyUpdate"] {
      members.append(WireMember(name: "ScalingPolicies", value: .array([policy])))
    }
    return .object(members)
  }
}
