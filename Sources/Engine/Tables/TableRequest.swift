// Reads the parts that CreateTable and UpdateTable share from a request: keys, indexes, throughput.
//
// Shapes have been checked; what is refused here is what compares members with each other. Texts
// and their order are the service's.

import Capacity
import DataModel
import ServiceAPI

/// The pieces of a table's description in a request.
enum TableRequest {
  static func attributes(_ value: WireValue?) -> [KeyAttribute] {
    (value?.elements ?? []).map { element in
      KeyAttribute(
        name: element["AttributeName"]?.text ?? "",
        type: ScalarType(rawValue: element["AttributeType"]?.text ?? "") ?? .string)
    }
  }

  static func pair(_ value: WireValue?) -> ThroughputPair? {
    guard let value, let read = value["ReadCapacityUnits"]?.integer,
      let write = value["WriteCapacityUnits"]?.integer
    else { return nil }
    return ThroughputPair(read: read, write: write)
  }

  static func maximum(_ value: WireValue?) -> OnDemandMaximum {
    func limit(_ name: String) -> Int? {
      value?[name]?.integer.flatMap { $0 < 0 ? nil : $0 }
    }
    return OnDemandMaximum(
      read: limit("MaxReadRequestUnits"), write: limit("MaxWriteRequestUnits"))
  }

  static func warm(_ value: WireValue?) -> ThroughputPair? {
    guard let value else { return nil }
    return ThroughputPair(
      read: value["ReadUnitsPerSecond"]?.integer ?? 0,
      write: value["WriteUnitsPerSecond"]?.integer ?? 0)
  }

  static func tags(_ value: WireValue?) -> [ResourceTag] {
    (value?.elements ?? []).map {
      ResourceTag(key: $0["Key"]?.text ?? "", value: $0["Value"]?.text ?? "")
    }
  }

  /// One element of a KeySchema.
  struct KeyElement {
    var name: String
    var isPartition: Bool
  }

  static func elements(_ value: WireValue?) -> [KeyElement] {
    (value?.elements ?? []).map {
      KeyElement(
        name: $0["AttributeName"]?.text ?? "", isPartition: $0["KeyType"]?.text == "HASH")
    }
  }

  private static func checkDefined(
    _ keys: [KeyElement], _ attributes: [KeyAttribute]
  ) throws(ServiceError) {
    let defined = attributes.map(\.name)
    guard keys.contains(where: { !defined.contains($0.name) }) else { return }
    throw .invalidParameter(
      "Some index key attributes are not defined in AttributeDefinitions. Keys: "
        + "[\(keys.map(\.name).joined(separator: ", "))], AttributeDefinitions: "
        + "[\(defined.joined(separator: ", "))]")
  }

  private static func checkOrder(_ keys: [KeyElement]) throws(ServiceError) {
    if keys.count > 1, keys[0].name == keys[1].name {
      throw .validation(
        "Both the Hash Key and the Range Key element in the KeySchema have the same name")
    }
    guard keys.first?.isPartition == true else {
      throw .validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    }
    if keys.count > 1, keys[1].isPartition {
      throw .validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
    }
  }

  /// The key of the table.
  static func tableKey(
    _ value: WireValue?, _ attributes: [KeyAttribute]
  ) throws(ServiceError) -> KeySchema {
    let keys = elements(value)
    if keys.count > attributes.count {
      throw .validation("Invalid KeySchema: Some index key attribute have no definition")
    }
    try checkDefined(keys, attributes)
    try checkOrder(keys)
    let resolved = resolve(keys, attributes)
    return KeySchema(partition: resolved[0], sort: resolved.count > 1 ? resolved[1] : nil)
  }

  private static func resolve(
    _ keys: [KeyElement], _ attributes: [KeyAttribute]
  ) -> [KeyAttribute] {
    keys.compactMap { key in attributes.first { $0.name == key.name } }
  }

  private static func projection(
    _ value: WireValue?
  ) throws(ServiceError) -> Projection {
    let names = (value?["NonKeyAttributes"]?.elements ?? []).compactMap(\.text)
    let type = value?["ProjectionType"]?.text
    guard let type else { throw .invalidParameter("Unknown ProjectionType: null") }
    if type != "INCLUDE", !names.isEmpty {
      throw .invalidParameter("ProjectionType is \(type), but NonKeyAttributes is specified")
    }
    switch type {
    case "ALL": return .all
    case "KEYS_ONLY": return .keysOnly
    default:
      if names.isEmpty {
        throw .invalidParameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
      }
      return .include(names)
    }
  }

  /// A local index; `number` is its number inside the table.
  static func localIndex(
    _ value: WireValue, _ attributes: [KeyAttribute], table: KeySchema, number: UInt16
  ) throws(ServiceError) -> SecondaryIndex {
    let name = value["IndexName"]?.text ?? ""
    let keys = elements(value["KeySchema"])
    try checkDefined(keys, attributes)
    try checkOrder(keys)
    guard keys.count == 2 else {
      throw .invalidParameter("Index KeySchema does not have a range key for index: \(name)")
    }
    guard keys[0].name == table.partition.name else {
      throw .invalidParameter(
        "Index KeySchema does not have the same leading hash key as table KeySchema for index: "
          + "\(name). index hash key: \(keys[0].name), table hash key: \(table.partition.name)")
    }
    let resolved = resolve(keys, attributes)
    return SecondaryIndex(
      number: number, name: name, isGlobal: false, partition: [resolved[0]],
      sort: [resolved[1]], projection: try projection(value["Projection"]))
  }

  /// A global index: one to four partition attributes, then up to four sort attributes.
  static func globalIndex(
    _ value: WireValue, _ attributes: [KeyAttribute], isOnDemand: Bool, number: UInt16
  ) throws(ServiceError) -> SecondaryIndex {
    let name = value["IndexName"]?.text ?? ""
    let keys = elements(value["KeySchema"])
    try checkDefined(keys, attributes)
    try checkGlobalOrder(keys)
    let provisioned = pair(value["ProvisionedThroughput"])
    let projection = try projection(value["Projection"])
    if isOnDemand, provisioned != nil {
      throw .invalidParameter(
        "ProvisionedThroughput should not be specified for index: \(name) when BillingMode is "
          + "PAY_PER_REQUEST")
    }
    if !isOnDemand, provisioned == nil {
      throw .invalidParameter(
        "ProvisionedThroughput is not specified for index: \(name)")
    }
    var index = SecondaryIndex(
      number: number, name: name, isGlobal: true,
      partition: resolve(keys.filter(\.isPartition), attributes),
      sort: resolve(keys.filter { !$0.isPartition }, attributes), projection: projection)
    index.provisioned = provisioned
    index.maximum = maximum(value["OnDemandThroughput"])
    index.warm = warm(value["WarmThroughput"])
    return index
  }

  private static func checkGlobalOrder(_ keys: [KeyElement]) throws(ServiceError) {
    if keys.count <= 2 && keys.filter(\.isPartition).count <= 1 { return try checkOrder(keys) }
    guard keys.first?.isPartition == true else {
      throw .validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    }
    let partitions = keys.prefix { $0.isPartition }.count
    let sorts = keys.count - partitions
    guard keys.dropFirst(partitions).allSatisfy({ !$0.isPartition }), partitions <= 4, sorts <= 4
    else {
      throw .validation(
        "Invalid KeySchema: HASH key types must precede RANGE key types, at most 4 of each")
    }
    guard Set(keys.map(\.name)).count == keys.count else {
      throw .validation(
        "Both the Hash Key and the Range Key element in the KeySchema have the same name")
    }
  }
}
