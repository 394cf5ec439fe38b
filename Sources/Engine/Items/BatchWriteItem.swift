// BatchWriteItem: up to 25 puts and deletes, each on its own; what capacity refuses comes back.
//
// All are checked before any is done. When capacity refuses every one of them the batch fails:
// with ProvisionedThroughputExceededException where provisioned throughput was the cause, with
// ThrottlingException otherwise (capacity.md 3.4). An item that a transaction holds comes back too
// (inferred: the service documents no error of a batch for it); one whose collection is full fails
// the call.

import Capacity
import DataModel
import ServiceAPI

/// One put or delete of a batch.
private struct BatchWriteEntry {
  var tableName: String
  var table: Table
  var wire: WireValue
  /// nil: a delete.
  var item: Item?
  var key: AttributeMap
  var place: ItemPlace
}

extension DatabaseState {
  func batchWriteItem(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let tables = request["RequestItems"]?.members ?? []
    if tables.isEmpty {
      throw .validation("The requestItems parameter is required for BatchWriteItem")
    }
    try checkWriteCount(tables)
    let entries = try entries(tables)
    try checkDistinct(entries)
    return try write(entries, request)
  }

  private func checkWriteCount(_ tables: [WireMember]) throws(ServiceError) {
    let counts = tables.map { $0.value.elements?.count ?? 0 }
    let most = ServiceConstants.batchWriteItems
    if counts.contains(where: { $0 > most || $0 < 1 }) {
      throw .validation(
        "1 validation error detected: Value '\(Self.dump(tables))' at 'requestItems' "
          + "failed to satisfy constraint: Map value must satisfy constraint: [Member must have "
          + "length less than or equal to 25, Member must have length greater than or equal to 1]")
    }
    if counts.reduce(0, +) > most {
      throw .validation("Too many items requested for the BatchWriteItem call")
    }
  }

  private static func dump(_ tables: [WireMember]) -> String {
    guard case .structure(_, let members)? = ServiceCatalog.shape(of: "BatchWriteItem"),
      let shape = members.first?.shape
    else { return "" }
    return shape.dump(.object(tables))
  }

  private func entries(_ tables: [WireMember]) throws(ServiceError) -> [BatchWriteEntry] {
    typealias Change = (name: String, wire: WireValue, item: Item?, key: AttributeMap)
    var changes: [Change] = []
    for member in tables {
      for wire in member.value.elements ?? [] {
        let put = wire["PutRequest"]
        let delete = wire["DeleteRequest"]
        if put != nil, delete != nil {
          throw .validation(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
              + "the supported datatypes")
        }
        if let put {
          let item = Item(try AttributeDecoding.attributes(put["Item"] ?? .object([])))
          try Self.checkSize(item)
          changes.append((member.name, wire, item, AttributeMap()))
        } else if let delete {
          let key = try AttributeDecoding.attributes(delete["Key"] ?? .object([]))
          changes.append((member.name, wire, nil, key))
        } else {
          throw .validation(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
        }
      }
    }
    var entries: [BatchWriteEntry] = []
    for (name, wire, item, key) in changes {
      let table = try self.table(name)
      let place: ItemPlace
      var keyAttributes = key
      if let item {
        place = try PrimaryKey.place(item: item, in: table)
        try PrimaryKey.checkIndexKeys(item, in: table)
        keyAttributes = table.keyAttributes(of: item)
      } else {
        place = try PrimaryKey.place(key: key, in: table)
      }
      entries.append(
        BatchWriteEntry(
          tableName: name, table: table, wire: wire, item: item, key: keyAttributes, place: place))
    }
    return entries
  }

  private func checkDistinct(_ entries: [BatchWriteEntry]) throws(ServiceError) {
    if Set(entries.map(\.place.key)).count < entries.count {
      throw .validation("Provided list of item keys contains duplicates")
    }
  }

  private func write(
    _ entries: [BatchWriteEntry], _ request: WireValue
  ) throws(ServiceError) -> [UInt8] {
    var left: [BatchWriteEntry] = []
    var done: [BatchWriteEntry] = []
    var charges: [String: WriteCharge] = [:]
    var refusal: ServiceError?
    for entry in entries {
      if let throttle = ask(entry.table, .write, at: entry.place) {
        refusal = refusal ?? error(throttle, of: entry.table, .batchWrite)
        left.append(entry)
        continue
      }
      if holds.hold(entry.place.key, at: now) {
        refusal = refusal ?? Self.conflict
        left.append(entry)
        continue
      }
      let before =
        entry.table.needsImages
        ? try stored(at: entry.place) : try storedSize(at: entry.place)
      let write = self.write(entry.table, at: entry.place, from: before, to: entry.item)
      if let throttle = askIndexes(write) {
        refusal = refusal ?? error(throttle, of: entry.table, .batchWrite)
        left.append(entry)
        continue
      }
      if try exceedsCollection(write) { throw Self.collectionExceeded }
      try commit([write])
      charges[entry.tableName] = charges[entry.tableName].map { $0 + write.charge } ?? write.charge
      done.append(entry)
    }
    if done.isEmpty, let refusal { throw refusal }
    return try answer(done, left, charges, request)
  }

  private func answer(
    _ done: [BatchWriteEntry], _ left: [BatchWriteEntry], _ charges: [String: WriteCharge],
    _ request: WireValue
  ) throws(ServiceError) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("UnprocessedItems")
    writer.beginObject()
    for name in (request["RequestItems"]?.members ?? []).map(\.name) {
      let entries = left.filter { $0.tableName == name }
      if entries.isEmpty { continue }
      writer.key(name)
      writer.value(wire: .array(entries.map(\.wire)))
    }
    writer.endObject()
    if request["ReturnItemCollectionMetrics"]?.text == "SIZE" {
      try writeCollections(done.map { ($0.tableName, $0.table, $0.key) }, &writer)
    }
    var list: [ConsumedCapacity] = []
    for name in (request["RequestItems"]?.members ?? []).map(\.name) {
      guard let charge = charges[name], let table = done.first(where: { $0.tableName == name })
      else { continue }
      let consumed = ConsumedCapacity(
        charge, schema: table.table.schema, tableName: name, level: request.consumedLevel,
        isTransaction: false)
      if let consumed { list.append(consumed) }
    }
    writer.consumed(list: request.consumedLevel == .none ? nil : list)
    writer.endObject()
    return writer.bytes
  }
}
