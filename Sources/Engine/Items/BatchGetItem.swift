// BatchGetItem: up to 100 items by key, from any tables; each is a GetItem of its own.
//
// A key that capacity refuses, or that would bring the answer over 16 MB, comes back unprocessed;
// when capacity has refused all of them, the batch fails as one (capacity.md 3.4).

import Capacity
import DataModel
import Expressions
import ServiceAPI

/// What a batch asks of one table.
private struct BatchGetTable {
  var name: String
  var table: Table
  var request: WireValue
  var keys: [(wire: WireValue, key: AttributeMap, place: ItemPlace)]
  var projection: ProjectionExpression?
}

/// The answer as it grows.
private struct BatchGetAnswer {
  var items: [(name: String, items: [Item])] = []
  var unprocessed: [(name: String, request: WireValue, keys: [WireValue])] = []
  var charges: [ConsumedCapacity] = []
  var bytes = 0
  var servedCount = 0
  var throttle: (Throttle, Table)?
}

extension DatabaseState {
  func batchGetItem(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    let tables = request["RequestItems"]?.members ?? []
    if tables.isEmpty {
      throw .validation("The requestItems parameter is required for BatchGetItem")
    }
    try checkCount(tables)
    var parts: [BatchGetTable] = []
    for member in tables { parts.append(try part(member)) }
    var answer = BatchGetAnswer()
    for part in parts { try read(part, level: request.consumedLevel, into: &answer) }
    if answer.servedCount == 0, let (throttle, table) = answer.throttle {
      var error = error(throttle, of: table)
      error.code = "ProvisionedThroughputExceededException"
      throw error
    }
    return Self.write(answer, level: request.consumedLevel)
  }

  private func checkCount(_ tables: [WireMember]) throws(ServiceError) {
    var total = 0
    for member in tables {
      let count = member.value["Keys"]?.elements?.count ?? 0
      total += count
      if count > ServiceConstants.batchGetItems {
        throw .validation(
          "1 validation error detected: Value at 'RequestItems.\(member.name).member.Keys' failed "
            + "to satisfy constraint: Member must have length less than or equal to 100")
      }
      if count < 1 {
        throw .validation(
          "1 validation error detected: Value '[]' at 'requestItems.\(member.name).member.keys' "
            + "failed to satisfy constraint: Member must have length greater than or equal to 1")
      }
    }
    if total > ServiceConstants.batchGetItems {
      throw .validation("Too many items requested for the BatchGetItem call")
    }
  }

  private func part(_ member: WireMember) throws(ServiceError) -> BatchGetTable {
    var parameters = try ExpressionParameters(
      member.value, expressions: [.projection], legacy: ["AttributesToGet"])
    var keys: [(wire: WireValue, key: AttributeMap)] = []
    for key in member.value["Keys"]?.elements ?? [] {
      keys.append((key, try AttributeDecoding.attributes(key)))
    }
    try parameters.readPlaceholders()
    let projection = try parameters.projection()
    try parameters.checkUsed()
    if Set(keys.map(\.key)).count < keys.count {
      throw .validation("Provided list of item keys contains duplicates")
    }
    let table = try self.table(member.name)
    if let projection { try KeyNesting.check(projection.nestedRoots, in: table) }
    var part = BatchGetTable(
      name: member.name, table: table, request: member.value, keys: [], projection: projection)
    for (wire, key) in keys {
      part.keys.append((wire, key, try PrimaryKey.place(key: key, in: table)))
    }
    return part
  }

  private func read(
    _ part: BatchGetTable, level: ReturnConsumedCapacity, into answer: inout BatchGetAnswer
  ) throws(ServiceError) {
    var found: [Item] = []
    var left: [WireValue] = []
    var units = CapacityUnits.zero
    for (wire, _, place) in part.keys {
      if answer.bytes >= ServiceConstants.batchGetBytes {
        left.append(wire)
        continue
      }
      let consistency = part.request.readConsistency
      if let throttle = ask(part.table, .read, at: place, consistency: consistency) {
        answer.throttle = (throttle, part.table)
        left.append(wire)
        continue
      }
      let item = try stored(at: place, on: replica(for: consistency))
      if let item, answer.bytes + item.size > ServiceConstants.batchGetBytes {
        left.append(wire)
        answer.bytes = ServiceConstants.batchGetBytes
        continue
      }
      let cost = ReadCost.readUnits(bytes: item?.size ?? 0, consistency: consistency)
      take(cost, .read, from: part.table, at: place, consistency: consistency)
      units += cost
      answer.servedCount += 1
      if let item {
        answer.bytes += item.size
        found.append(part.projection?.apply(to: item.item) ?? item.item)
      }
    }
    answer.items.append((part.name, found))
    if !left.isEmpty { answer.unprocessed.append((part.name, part.request, left)) }
    let consumed = ConsumedCapacity(
      ReadCharge(table: units), tableName: part.name, level: level, isTransaction: false)
    if let consumed, left.count < part.keys.count { answer.charges.append(consumed) }
  }

  private static func write(
    _ answer: BatchGetAnswer, level: ReturnConsumedCapacity
  ) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.key("Responses")
    writer.beginObject()
    for (name, items) in answer.items {
      writer.key(name)
      writer.beginArray()
      for item in items { writer.attributes(item.content) }
      writer.endArray()
    }
    writer.endObject()
    writer.key("UnprocessedKeys")
    writer.beginObject()
    for (name, request, keys) in answer.unprocessed {
      writer.key(name)
      writer.beginObject()
      for member in request.members ?? [] where member.name != "Keys" {
        writer.key(member.name)
        writer.value(wire: member.value)
      }
      writer.key("Keys")
      writer.value(wire: .array(keys))
      writer.endObject()
    }
    writer.endObject()
    writer.consumed(list: level == .none ? nil : answer.charges)
    writer.endObject()
    return writer.bytes
  }
}
