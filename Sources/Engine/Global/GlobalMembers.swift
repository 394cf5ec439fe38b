// What a region's database does when its table joins or leaves a global table, and how it is
// described then. A replica has its own number, stream, tags and recovery; keys, indexes and
// capacity are those of the table it is a replica of.

import Capacity
import ServiceAPI
import Storage
import Units

extension DatabaseState {
  /// Creates a table after the definition of another region's.
  func createReplica(
    _ model: TableDefinition, _ global: GlobalMembership, _ create: WireValue
  ) throws(ServiceError) {
    var definition = model
    definition.number = nextTableNumber
    definition.identifier = newIdentifier(of: nextTableNumber)
    definition.createdAtMilliseconds = wallMilliseconds
    definition.streamViewType = nil
    definition.streamLabel = nil
    definition.tags = []
    definition.isProtected = false
    definition.kinesisDestinations = []
    definition.insights = [:]
    definition.recovery = nil
    definition.restore = nil
    definition.policies = []
    definition.global = global
    definition.encryptionKey = try replicaKey(model, create)
    try reserveQuota(for: definition)
    nextTableNumber += 1
    let table = start(definition, at: now)
    table.clock = StatusClock(.creating, until: now + scaled(options.tableDelay))
    for index in table.indexes.indices { table.indexes[index].clock = table.clock }
    try keep(table, under: definition.encryptionKey)
    tables[definition.name] = table
    try save(table, with: try apply(.open(.newAndOldImages), to: table))
    try applyOverrides(create, to: table)
  }

  /// The key of a replica: what its KMSMasterKeyId says, or this region's key of the same name.
  private func replicaKey(
    _ model: TableDefinition, _ create: WireValue
  ) throws(ServiceError) -> String? {
    guard let key = create["KMSMasterKeyId"]?.text ?? model.encryptionKey else { return nil }
    let name = key.split(separator: ":", maxSplits: 5).last.map(String.init) ?? key
    let isWhole = create["KMSMasterKeyId"] != nil || !key.hasPrefix("arn:")
    let own = isWhole ? key : "arn:aws:kms:\(options.region):\(options.account):" + name
    return try encryptionKey(
      .object([
        WireMember(name: "Enabled", value: .boolean(true)),
        WireMember(name: "KMSMasterKeyId", value: .string(own)),
      ]))
  }

  /// Applies a replica's own table class and read units.
  func applyOverrides(_ request: WireValue, to table: Table) throws(ServiceError) {
    if let name = request["TableClassOverride"]?.text {
      table.definition.tableClass = TableClass(rawValue: name)
    }
    if let units = request["ProvisionedThroughputOverride"]?["ReadCapacityUnits"]?.integer,
      table.definition.provisioned != nil
    {
      table.definition.provisioned?.read = units
      table.admission.setProvisioned(.read, units: units, at: now)
    }
    try save(table)
  }

  /// Changes and keeps a table's part in a global table.
  func set(_ global: GlobalMembership?, of table: Table) throws(ServiceError) {
    if table.definition.global == nil, global != nil {
      try keep(table, under: table.definition.encryptionKey)
    }
    table.definition.global = global
    try save(table)
  }

  /// Ends a table's part in a global table; it stays as it is.
  func leave(_ table: Table) throws(ServiceError) {
    try set(nil, of: table)
    try forgetReplication(of: table)
  }

  /// The members of a description that a global table has.
  func writeGlobal(_ table: Table, _ writer: inout ReplyWriter) {
    guard let global = table.definition.global else { return }
    writer.member("GlobalTableVersion", global.version)
    guard global.version == GlobalMembership.current else { return }
    writer.member("MultiRegionConsistency", global.isStrong ? "STRONG" : "EVENTUAL")
    writer.key("Replicas")
    writer.beginArray()
    for replica in global.replicas { write(replica, of: table, &writer) }
    writer.endArray()
    if let witness = global.witness {
      writer.key("GlobalTableWitnesses")
      writer.beginArray()
      writer.beginObject()
      writer.member("RegionName", witness)
      writer.member("WitnessStatus", "ACTIVE")
      writer.endObject()
      writer.endArray()
    }
  }

  func status(of replica: GlobalReplica) -> String {
    let delay = options.tableDelay.count / 1_000_000
    return wallMilliseconds < replica.createdAt + delay ? "CREATING" : "ACTIVE"
  }

  private func write(_ replica: GlobalReplica, of table: Table, _ writer: inout ReplyWriter) {
    writer.beginObject()
    writer.member("RegionName", replica.region)
    writer.member("ReplicaStatus", status(of: replica))
    if let units = replica.readUnits {
      writer.key("ProvisionedThroughputOverride")
      writer.beginObject()
      writer.member("ReadCapacityUnits", units)
      writer.endObject()
    }
    if let name = replica.tableClass {
      writer.key("ReplicaTableClassSummary")
      writer.beginObject()
      writer.member("TableClass", name)
      writer.endObject()
    }
    writer.endObject()
  }
}
