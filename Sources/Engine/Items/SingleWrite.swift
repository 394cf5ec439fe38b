// What PutItem, UpdateItem and DeleteItem have in common: condition, write, answer.
//
// The base table is asked before the item is read, as the service's router does; the indexes are
// asked when it is known what becomes of them. A failed condition costs what a write of the larger
// image would (capacity.md 1.4).

import Capacity
import DataModel
import Expressions
import ServiceAPI

/// A write of one item as a request states it.
struct SingleWrite {
  var request: WireValue
  var table: Table
  var place: ItemPlace
  var key: AttributeMap
  var condition: ConditionExpression?
  var change: ItemChange

  /// Whether the stored item matters beyond its size.
  var needsImage: Bool {
    if case .update = change { return true }
    let returned = request["ReturnValues"]?.text
    return condition != nil || table.needsImages || (returned != nil && returned != "NONE")
  }

  /// The table as the request names it.
  var name: String { request["TableName"]?.text ?? "" }
}

/// What becomes of an item.
enum ItemChange {
  case put(Item)
  case delete
  case update(UpdateExpression)
}

/// ReturnValues.
enum ReturnValues: String {
  case none = "NONE"
  case allOld = "ALL_OLD"
  case updatedOld = "UPDATED_OLD"
  case allNew = "ALL_NEW"
  case updatedNew = "UPDATED_NEW"
}

extension DatabaseState {
  /// Runs a single write and answers it.
  func run(_ single: SingleWrite) throws(ServiceError) -> [UInt8] {
    try answer(single, try perform(single))
  }

  /// Runs a single write.
  func perform(_ single: SingleWrite) throws(ServiceError) -> ItemWrite {
    let table = single.table
    if let throttle = ask(table, .write, at: single.place) { throw error(throttle, of: table) }
    if holds.hold(single.place.key, at: now) { throw Self.conflict }
    let before =
      single.needsImage ? try stored(at: single.place) : try storedSize(at: single.place)
    if let condition = single.condition, !condition.evaluate(before?.item ?? Item()) {
      var attempted: Int?
      if case .put(let item) = single.change { attempted = item.sizeInBytes }
      take(
        WriteCost.failedConditionUnits(stored: before?.size, attempted: attempted), .write,
        from: table, at: single.place)
      let wants = single.request["ReturnValuesOnConditionCheckFailure"]?.text == "ALL_OLD"
      throw .conditionFailed(wants ? before?.item : nil)
    }
    let after = try image(single, before)
    let write = self.write(table, at: single.place, from: before, to: after)
    try perform(write)
    return write
  }

  /// The item after the change; nil when there is none.
  private func image(_ single: SingleWrite, _ before: StoredItem?) throws(ServiceError) -> Item? {
    switch single.change {
    case .put(let item): return item
    case .delete: return nil
    case .update(let update):
      return try updated(before, by: update, key: single.key, in: single.table, isGated: true)
    }
  }

  /// The item an update makes of `before`; nil when nothing was there and nothing comes.
  /// - Parameter isGated: UpdateItem's stricter size gate (capacity.md 1.11).
  func updated(
    _ before: StoredItem?, by update: UpdateExpression, key: AttributeMap, in table: Table,
    isGated: Bool
  ) throws(ServiceError) -> Item? {
    if before == nil, !update.createsItem { return nil }
    let keyItem = Item(key)
    let item = try refusing { () throws(ExpressionFault) in
      try update.apply(to: before?.item, key: keyItem)
    }
    try PrimaryKey.checkIndexKeys(item, in: table)
    let tooLarge = ServiceError.validation(
      "Item size to update has exceeded the maximum allowed size")
    if !ItemLimit.accepts(itemBytes: item.sizeInBytes) { throw tooLarge }
    if isGated {
      let actions = UpdateActions(writing: update.roots.count)
      let accepts = ItemLimit.acceptsUpdate(
        itemBytesAfter: item.sizeInBytes, keyAttributeBytes: keyItem.sizeInBytes,
        actions: actions)
      if !accepts { throw tooLarge }
    }
    try checkNesting(item)
    return item
  }

  private func checkNesting(_ item: Item) throws(ServiceError) {
    for attribute in item.attributes
    where attribute.value.containerDepth > ServiceConstants.nestingDepth {
      throw .validation(AttributeValueFault.nesting.message)
    }
  }

  private func answer(
    _ single: SingleWrite, _ write: ItemWrite
  ) throws(ServiceError) -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    if let returned = returned(single, write), !returned.isEmpty {
      writer.key("Attributes")
      writer.attributes(returned.content)
    }
    writer.consumed(
      ConsumedCapacity(
        write.charge, schema: single.table.schema, tableName: single.name,
        level: single.request.consumedLevel, isTransaction: false))
    if single.request["ReturnItemCollectionMetrics"]?.text == "SIZE",
      let value = single.key[single.table.key.partition.name],
      !single.table.definition.localIndexes.isEmpty
    {
      writer.key("ItemCollectionMetrics")
      try writeCollection(value, of: single.table, &writer)
    }
    writer.endObject()
    return writer.bytes
  }

  /// What ReturnValues asks for.
  func returned(_ single: SingleWrite, _ write: ItemWrite) -> Item? {
    let wanted = (single.request["ReturnValues"]?.text).flatMap(ReturnValues.init(rawValue:))
    switch wanted ?? .none {
    case .none: return nil
    case .allOld: return write.before?.item
    case .allNew: return write.after?.item
    case .updatedOld, .updatedNew:
      guard case .update(let update) = single.change else { return nil }
      let image = wanted == .updatedOld ? write.before?.item : write.after?.item
      return image.map { update.touchedPart(of: $0) }
    }
  }
}
