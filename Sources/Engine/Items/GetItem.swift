// GetItem: one item by its key.

import Capacity
import DataModel
import Expressions
import ServiceAPI

/// A read of one item whose request has been checked.
struct ItemRead {
  var tableName: String
  var readConsistency: ReadConsistency
  var consumedLevel: ReturnConsumedCapacity
  var projection: ProjectionExpression?
}

extension DatabaseState {
  func getItem(_ request: WireValue) throws(ServiceError) -> [UInt8] {
    var parameters = try ExpressionParameters(
      request, expressions: [.projection], legacy: ["AttributesToGet"])
    let key = try AttributeDecoding.attributes(request["Key"] ?? .object([]))
    try parameters.readPlaceholders()
    let projection = try parameters.projection()
    try parameters.checkUsed()
    let name = request["TableName"]?.text ?? ""
    let table = try self.table(name)
    let place = try PrimaryKey.place(key: key, in: table)
    if let projection { try KeyNesting.check(projection.nestedRoots, in: table) }
    let read = ItemRead(
      tableName: name, readConsistency: request.readConsistency,
      consumedLevel: request.consumedLevel, projection: projection)
    return try getItem(read, from: table, at: place)
  }

  /// Asks for capacity, reads and answers.
  func getItem(
    _ request: ItemRead, from table: Table, at place: ItemPlace
  ) throws(ServiceError) -> [UInt8] {
    if let throttle = ask(table, .read, at: place, consistency: request.readConsistency) {
      throw error(throttle, of: table)
    }
    let found = try image(
      under: place.key, on: replica(for: request.readConsistency))
    let units = ReadCost.readUnits(
      bytes: found.map(ItemReader.size) ?? 0, consistency: request.readConsistency)
    take(units, .read, from: table, at: place, consistency: request.readConsistency)
    var writer = ReplyWriter(capacity: 64 + (found.map(ItemTranscoder.room) ?? 0))
    writer.beginObject()
    if let found {
      writer.key("Item")
      try Self.write(found, request.projection, to: &writer)
    }
    writer.consumed(
      ConsumedCapacity(
        ReadCharge(table: units), tableName: request.tableName, level: request.consumedLevel,
        isTransaction: false))
    writer.endObject()
    return writer.bytes
  }

  /// Writes a stored item, or the part of it that is wanted.
  static func write(
    _ stored: [UInt8], _ projection: ProjectionExpression?, to writer: inout ReplyWriter
  ) throws(ServiceError) {
    if let projection {
      guard let item = ItemReader.decode(stored)?.item else { throw damagedItem }
      writer.attributes(projection.apply(to: item).content)
    } else if !ItemTranscoder.write(stored, to: &writer) {
      throw damagedItem
    }
  }

  private static var damagedItem: ServiceError {
    .internalFailure("A stored item is damaged")
  }
}

extension WireValue {
  /// ConsistentRead of a request.
  var readConsistency: ReadConsistency {
    self["ConsistentRead"]?.flag == true ? .strong : .eventual
  }
}
