// The tables of a scenario as CreateTable requests.

import Capacity
import DataModel
public import JSON
public import Scenarios

/// What CreateTable says for a scenario's table.
public enum TableSetup {
  /// Units to provision instead of the scenario's; nil: the scenario's.
  public static func body(_ table: TableSpec, provisioning units: Int? = nil) -> [UInt8] {
    var writer = JSONWriter(indented: false)
    writer.beginObject()
    writer.member("TableName", table.name)
    var types: [String: ScalarType] = [:]
    var order: [String] = []
    for key in [table.key] + (table.globalIndexes + table.localIndexes).map(\.key) {
      for attribute in [key.partition, key.sort].compactMap({ $0 })
      where types[attribute.name] == nil {
        types[attribute.name] = attribute.type
        order.append(attribute.name)
      }
    }
    writer.key("AttributeDefinitions")
    writer.beginArray()
    for name in order {
      writer.beginObject()
      writer.member("AttributeName", name)
      writer.member("AttributeType", (types[name] ?? .string).rawValue)
      writer.endObject()
    }
    writer.endArray()
    write(table.key, &writer)
    write(table.mode, isIndex: false, units, &writer)
    if table.tableClass != .standard { writer.member("TableClass", table.tableClass.rawValue) }
    write(table.warmThroughput, &writer)
    write("GlobalSecondaryIndexes", table.globalIndexes, table.mode, units, &writer)
    write("LocalSecondaryIndexes", table.localIndexes, nil, units, &writer)
    if let stream = table.stream {
      writer.key("StreamSpecification")
      writer.beginObject()
      writer.member("StreamEnabled", true)
      writer.member("StreamViewType", stream.viewType)
      writer.endObject()
    }
    writer.endObject()
    return Array(writer.text.utf8)
  }

  private static func write(_ key: KeySchema, _ writer: inout JSONWriter) {
    writer.key("KeySchema")
    writer.beginArray()
    for (attribute, type) in [(key.partition, "HASH"), (key.sort, "RANGE")]
      as [(KeyAttribute?, String)]
    {
      guard let attribute else { continue }
      writer.beginObject()
      writer.member("AttributeName", attribute.name)
      writer.member("KeyType", type)
      writer.endObject()
    }
    writer.endArray()
  }

  private static func write(
    _ mode: CapacityMode, isIndex: Bool, _ units: Int?, _ writer: inout JSONWriter
  ) {
    switch mode {
    case .provisioned(let read, let write):
      writer.key("ProvisionedThroughput")
      writer.beginObject()
      writer.member("ReadCapacityUnits", units ?? read.units)
      writer.member("WriteCapacityUnits", units ?? write.units)
      writer.endObject()
    case .onDemand(let read, let write):
      if !isIndex { writer.member("BillingMode", "PAY_PER_REQUEST") }
      guard read != nil || write != nil else { return }
      writer.key("OnDemandThroughput")
      writer.beginObject()
      writer.member("MaxReadRequestUnits", read ?? -1)
      writer.member("MaxWriteRequestUnits", write ?? -1)
      writer.endObject()
    }
  }

  private static func write(_ warm: WarmThroughput?, _ writer: inout JSONWriter) {
    guard let warm else { return }
    writer.key("WarmThroughput")
    writer.beginObject()
    writer.member("ReadUnitsPerSecond", warm.readUnitsPerSecond)
    writer.member("WriteUnitsPerSecond", warm.writeUnitsPerSecond)
    writer.endObject()
  }

  /// - Parameter mode: of the table, for global indexes; nil for local ones.
  private static func write(
    _ name: String, _ indexes: [IndexSpec], _ mode: CapacityMode?, _ units: Int?,
    _ writer: inout JSONWriter
  ) {
    guard !indexes.isEmpty else { return }
    writer.key(name)
    writer.beginArray()
    for index in indexes {
      writer.beginObject()
      writer.member("IndexName", index.name)
      write(index.key, &writer)
      writer.key("Projection")
      writer.beginObject()
      writer.member("ProjectionType", index.projection.apiName)
      if case .include(let names) = index.projection {
        writer.key("NonKeyAttributes")
        writer.beginArray()
        for name in names { writer.value(name) }
        writer.endArray()
      }
      writer.endObject()
      if let mode { write(index.mode ?? mode, isIndex: true, units, &writer) }
      write(index.warmThroughput, &writer)
      writer.endObject()
    }
    writer.endArray()
  }

  /// UpdateTable that gives a table and its global indexes the scenario's provisioned units, or
  /// `units`, where they have others; nil: there is nothing to change, or it is on demand.
  /// - Parameter description: The table as DescribeTable has it. The service refuses a change to
  ///   what is.
  public static func update(
    _ table: TableSpec, provisioning units: Int?, from description: JSONValue?
  ) -> [UInt8]? {
    guard case .provisioned = table.mode else { return nil }
    let there = description?["GlobalSecondaryIndexes"]?.elements ?? []
    let indexes = table.globalIndexes.filter { index in
      let one = there.first { $0["IndexName"]?.string == index.name }
      return differs(index.mode ?? table.mode, units, from: one)
    }
    let isOther = differs(table.mode, units, from: description)
    guard isOther || !indexes.isEmpty else { return nil }
    var writer = JSONWriter(indented: false)
    writer.beginObject()
    writer.member("TableName", table.name)
    if isOther { write(table.mode, isIndex: false, units, &writer) }
    if !indexes.isEmpty {
      writer.key("GlobalSecondaryIndexUpdates")
      writer.beginArray()
      for index in indexes {
        writer.beginObject()
        writer.key("Update")
        writer.beginObject()
        writer.member("IndexName", index.name)
        write(index.mode ?? table.mode, isIndex: true, units, &writer)
        writer.endObject()
        writer.endObject()
      }
      writer.endArray()
    }
    writer.endObject()
    return Array(writer.text.utf8)
  }

  private static func differs(
    _ mode: CapacityMode, _ units: Int?, from description: JSONValue?
  ) -> Bool {
    guard case .provisioned(let read, let write) = mode,
      let there = description?["ProvisionedThroughput"]
    else { return false }
    return there["ReadCapacityUnits"]?.integer != Int64(units ?? read.units)
      || there["WriteCapacityUnits"]?.integer != Int64(units ?? write.units)
  }
}
