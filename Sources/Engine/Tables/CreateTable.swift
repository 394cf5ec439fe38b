// CreateTable: a definition checked, a table set running, its description answered as CREATING.
//
// The order of the checks is the service's as far as it is known: billing, keys, local indexes,
// global indexes, unused definitions, and the existing table last.

import Capacity
import DataModel
import ServiceAPI
import Units

extension DatabaseState {
  func createTable(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var definition = try newDefinition(request)
    let stream = try newStream(request["StreamSpecification"])
    if tables[definition.name] != nil {
      let old = try described(definition.name)
      throw .inUse("Table already exists: \(old.name)")
    }
    try reserveQuota(for: definition)
    definition.number = nextTableNumber
    nextTableNumber += 1
    let table = start(definition, at: now)
    let delay = scaled(options.tableDelay)
    table.clock = StatusClock(.creating, until: now + delay)
    for index in table.indexes.indices {
      table.indexes[index].clock = StatusClock(.creating, until: now + delay)
    }
    try keep(table, under: definition.encryptionKey)
    tables[definition.name] = table
    try save(table, with: try apply(stream, to: table))
    return describe(table, under: "TableDescription")
  }

  /// The table that a request describes.
  func newDefinition(_ request: WireValue) throws(ServiceError) -> TableDefinition {
    let attributes = TableRequest.attributes(request["AttributeDefinitions"])
    let provisioned = try newThroughput(request)
    let key = try TableRequest.tableKey(request["KeySchema"], attributes)
    var definition = TableDefinition(
      number: 0, name: TableName.name(of: request["TableName"]?.text ?? ""),
      identifier: newIdentifier(of: nextTableNumber), attributes: attributes, key: key, indexes: [],
      createdAtMilliseconds: wallMilliseconds)
    definition.provisioned = provisioned
    definition.showsBillingMode = request["BillingMode"]?.text == "PAY_PER_REQUEST"
    definition.maximum = TableRequest.maximum(request["OnDemandThroughput"])
    definition.warm = TableRequest.warm(request["WarmThroughput"])
    if provisioned == nil { definition.switchedToOnDemandAtMilliseconds = wallMilliseconds }
    try checkWarm(definition.warm)
    try addIndexes(request, to: &definition)
    try checkAllUsed(definition)
    definition.tableClass = (request["TableClass"]?.text).flatMap(TableClass.init(rawValue:))
    definition.isProtected = request["DeletionProtectionEnabled"]?.flag ?? false
    definition.tags = TableRequest.tags(request["Tags"])
    if let text = request["ResourcePolicy"]?.text {
      try ResourcePolicy.check(text)
      definition.policies = [
        ResourcePolicy(
          resource: arn(definition.name), text: text, revision: String(wallMilliseconds))
      ]
    }
    definition.encryptionKey = try encryptionKey(request["SSESpecification"])
    return definition
  }

  private func newThroughput(_ request: WireValue) throws(ServiceError) -> ThroughputPair? {
    let pair = TableRequest.pair(request["ProvisionedThroughput"])
    if request["BillingMode"]?.text == "PAY_PER_REQUEST" {
      if pair != nil {
        throw .invalidParameter(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
            + "PAY_PER_REQUEST")
      }
      return nil
    }
    guard let pair else {
      throw .invalidParameter(
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
          + "PROVISIONED")
    }
    try checkBounds(pair)
    return pair
  }

  /// A value that no quota could ever allow.
  func checkBounds(_ pair: ThroughputPair) throws(ServiceError) {
    let most = 1_000_000_000_000
    if pair.read > most {
      throw .validation("Given value \(pair.read) for ReadCapacityUnits is out of bounds")
    }
    if pair.write > most {
      throw .validation("Given value \(pair.write) for WriteCapacityUnits is out of bounds")
    }
  }

  /// Warm throughput can be asked for up to the quota of a table or index.
  func checkWarm(_ warm: ThroughputPair?) throws(ServiceError) {
    guard let warm else { return }
    if warm.read > quota.table.readUnitsPerSecond || warm.write > quota.table.writeUnitsPerSecond {
      throw .limitExceeded(
        "Requested WarmThroughput exceeds the per-table limit. Request a limit increase or lower "
          + "the requested warm throughput.")
    }
  }

  private func addIndexes(
    _ request: WireValue, to definition: inout TableDefinition
  ) throws(ServiceError) {
    var names: [String] = []
    func note(_ name: String) throws(ServiceError) {
      if names.contains(name) { throw .invalidParameter("Duplicate index name: \(name)") }
      names.append(name)
    }
    if let locals = request["LocalSecondaryIndexes"]?.elements {
      if locals.isEmpty { throw .invalidParameter("List of LocalSecondaryIndexes is empty") }
      if definition.key.sort == nil {
        throw .invalidParameter(
          "Table KeySchema does not have a range key, which is required when specifying a "
            + "LocalSecondaryIndex")
      }
      for element in locals {
        let index = try TableRequest.localIndex(
          element, definition.attributes, table: definition.key,
          number: definition.nextIndexNumber)
        try note(index.name)
        definition.indexes.append(index)
        definition.nextIndexNumber += 1
      }
      if locals.count > ServiceConstants.localSecondaryIndexes {
        throw .invalidParameter("Number of LocalSecondaryIndexes exceeds per-table limit of 5")
      }
    }
    if let globals = request["GlobalSecondaryIndexes"]?.elements {
      if globals.isEmpty { throw .invalidParameter("List of GlobalSecondaryIndexes is empty") }
      for element in globals {
        let index = try TableRequest.globalIndex(
          element, definition.attributes, isOnDemand: definition.provisioned == nil,
          number: definition.nextIndexNumber)
        try note(index.name)
        try checkWarm(index.warm)
        definition.indexes.append(index)
        definition.nextIndexNumber += 1
      }
      if globals.count > ServiceConstants.globalSecondaryIndexes {
        throw .invalidParameter(
          "GlobalSecondaryIndex count exceeds the per-table limit of 20")
      }
    }
  }

  /// Every defined attribute must be a key of something.
  func checkAllUsed(_ definition: TableDefinition) throws(ServiceError) {
    var used = Set(definition.key.attributeNames)
    for index in definition.indexes { used.formUnion(index.keys.map(\.name)) }
    guard definition.attributes.contains(where: { !used.contains($0.name) }) else { return }
    if definition.indexes.isEmpty {
      throw .invalidParameter(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in "
          + "AttributeDefinitions")
    }
    let unused = definition.attributes.map(\.name).filter { !used.contains($0) }
    throw .invalidParameter(
      "Some AttributeDefinitions are not used. AttributeDefinitions: "
        + "[\(definition.attributes.map(\.name).joined(separator: ", "))], keys used: "
        + "[\(used.subtracting(unused).sorted().joined(separator: ", "))]")
  }

  /// The stream that CreateTable asks for.
  func newStream(_ value: WireValue?) throws(ServiceError) -> StreamChange {
    guard let value else { return .none }
    let view = (value["StreamViewType"]?.text).flatMap(StreamView.init(rawValue:))
    if value["StreamEnabled"]?.flag == true {
      guard let view else {
        throw .invalidParameter("StreamViewType is required when StreamEnabled is true")
      }
      return .open(view)
    }
    if view != nil {
      throw .invalidParameter("StreamViewType is specified when StreamEnabled is false")
    }
    return .none
  }

  /// A table identifier in the form of a UUID, from the time and the table's number.
  func newIdentifier(of number: UInt32) -> String {
    var bytes: [UInt8] = []
    KeyEncoding.appendHash(UInt64(bitPattern: wallMilliseconds), to: &bytes)
    KeyEncoding.appendHash(UInt64(number), to: &bytes)
    let high = KeyEncoding.hash(bytes)
    let low = KeyEncoding.hash(bytes.reversed())
    var digits: [UInt8] = []
    KeyEncoding.appendHash(high, to: &digits)
    KeyEncoding.appendHash(low, to: &digits)
    digits[6] = digits[6] & 0x0F | 0x40
    digits[8] = digits[8] & 0x3F | 0x80
    var text = ""
    for (index, byte) in digits.enumerated() {
      if [4, 6, 8, 10].contains(index) { text += "-" }
      text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return text
  }
}
