// The endpoint's answers, read in one pass: items to values, the rest as the cache needs it.

import DataModel
import DaxProtocol
import JSON

/// What an answer holds; members that an operation does not have stay empty.
struct EndpointReply {
  var item: Item?
  var attributes: Item?
  var items: [Item]?
  var count: Int?
  var scannedCount: Int?
  var lastEvaluatedKey: Item?
  var consumed: [ConsumedUnits] = []
  /// By table; an empty name where the operation knows its table.
  var collections: [(table: String, metrics: [CollectionMetrics])] = []
  /// BatchGetItem's responses.
  var responses: [String: [Item]] = [:]
  /// TransactGetItems' responses; nil where there is no item.
  var transactionItems: [Item?] = []
  var unprocessedKeys: [String: [Item]] = [:]
  /// Whole items of puts, keys of deletes.
  var unprocessedWrites: [String: [UnprocessedWrite]] = [:]
  /// DescribeTable's description.
  var table: JSONValue?
  /// Of an error.
  var errorType: String?
  var message: String?
  var reasons: [CancellationReason] = []

  struct UnprocessedWrite {
    var item: Item
    var isPut: Bool
  }

  /// Reads the body of an answer.
  init(_ body: [UInt8]) throws(DaxError) {
    var reply = EndpointReply()
    var isGood = true
    body.withUnsafeBytes { buffer in
      var reader = JSONReader(buffer)
      do throws(JSONFault) {
        try reader.beginObject()
        while let key = try reader.nextKey() { try reply.read(key.string, from: &reader) }
        try reader.finish()
      } catch {
        isGood = false
      }
    }
    guard isGood else {
      throw DaxError(
        "InternalServerError", "The endpoint's answer cannot be understood", status: 500)
    }
    self = reply
  }

  private init() {}

  private mutating func read(
    _ name: String, from reader: inout JSONReader
  ) throws(JSONFault) {
    if try reader.readNullIfNext() { return }
    switch name {
    case "Item": item = try Self.item(from: &reader)
    case "Attributes": attributes = try Self.item(from: &reader)
    case "Items": items = try Self.items(from: &reader)
    case "Count": count = try Int(truncatingIfNeeded: reader.readNumberText().integer ?? 0)
    case "ScannedCount":
      scannedCount = try Int(truncatingIfNeeded: reader.readNumberText().integer ?? 0)
    case "LastEvaluatedKey": lastEvaluatedKey = try Self.item(from: &reader)
    case "ConsumedCapacity":
      let value = try reader.readValue()
      consumed = (value.elements ?? [value]).compactMap(Self.consumed)
    case "ItemCollectionMetrics": readCollections(try reader.readValue())
    case "Responses": try readResponses(from: &reader)
    case "UnprocessedKeys": try readUnprocessedKeys(from: &reader)
    case "UnprocessedItems": try readUnprocessedItems(from: &reader)
    case "__type": errorType = try reader.readString()
    case "message", "Message": message = try reader.readString()
    case "CancellationReasons":
      try reader.beginArray()
      while try reader.nextElement() { reasons.append(try Self.reason(from: &reader)) }
    case "Table": table = try reader.readValue()
    default: try reader.skipValue()
    }
  }

  private static func item(from reader: inout JSONReader) throws(JSONFault) -> Item {
    var fault: AttributeValueFault?
    return try Item.read(from: &reader, fault: &fault)
  }

  private static func items(from reader: inout JSONReader) throws(JSONFault) -> [Item] {
    var items: [Item] = []
    try reader.beginArray()
    while try reader.nextElement() { items.append(try item(from: &reader)) }
    return items
  }

  private static func reason(
    from reader: inout JSONReader
  ) throws(JSONFault) -> CancellationReason {
    var reason = CancellationReason(code: nil, message: nil)
    try reader.beginObject()
    while let key = try reader.nextKey() {
      if try reader.readNullIfNext() { continue }
      switch key.string {
      case "Code": reason.code = try reader.readString()
      case "Message": reason.message = try reader.readString()
      case "Item": reason.item = try item(from: &reader)
      default: try reader.skipValue()
      }
    }
    return reason
  }

  private mutating func readResponses(from reader: inout JSONReader) throws(JSONFault) {
    guard try reader.peek() == .array else {
      try reader.beginObject()
      while let table = try reader.nextKey() {
        responses[table.string] = try Self.items(from: &reader)
      }
      return
    }
    try reader.beginArray()
    while try reader.nextElement() {
      var found: Item?
      try reader.beginObject()
      while let key = try reader.nextKey() {
        if key.equals("Item") {
          found = try Self.item(from: &reader)
        } else {
          try reader.skipValue()
        }
      }
      transactionItems.append(found)
    }
  }

  private mutating func readUnprocessedKeys(from reader: inout JSONReader) throws(JSONFault) {
    try reader.beginObject()
    while let table = try reader.nextKey() {
      try reader.beginObject()
      while let key = try reader.nextKey() {
        if key.equals("Keys") {
          unprocessedKeys[table.string] = try Self.items(from: &reader)
        } else {
          try reader.skipValue()
        }
      }
    }
  }

  private mutating func readUnprocessedItems(from reader: inout JSONReader) throws(JSONFault) {
    try reader.beginObject()
    while let table = try reader.nextKey() {
      try reader.beginArray()
      while try reader.nextElement() {
        try readUnprocessedWrite(of: table.string, from: &reader)
      }
    }
  }

  /// {"PutRequest":{"Item":{...}}} or {"DeleteRequest":{"Key":{...}}}.
  private mutating func readUnprocessedWrite(
    of table: String, from reader: inout JSONReader
  ) throws(JSONFault) {
    try reader.beginObject()
    while let kind = try reader.nextKey() {
      let isPut = kind.equals("PutRequest")
      try reader.beginObject()
      while try reader.nextKey() != nil {
        let item = try Self.item(from: &reader)
        unprocessedWrites[table, default: []].append(UnprocessedWrite(item: item, isPut: isPut))
      }
    }
  }

  private static func consumed(_ value: JSONValue) -> ConsumedUnits? {
    guard let table = value["TableName"]?.string, let units = value["CapacityUnits"]?.double
    else { return nil }
    var consumed = ConsumedUnits(table: table, units: units)
    consumed.readUnits = value["ReadCapacityUnits"]?.double
    consumed.writeUnits = value["WriteCapacityUnits"]?.double
    consumed.tableUnits = value["Table"]?["CapacityUnits"]?.double
    consumed.globalIndexes = indexes(value["GlobalSecondaryIndexes"])
    consumed.localIndexes = indexes(value["LocalSecondaryIndexes"])
    return consumed
  }

  private static func indexes(_ value: JSONValue?) -> [(name: String, units: Double)] {
    (value?.members ?? []).map { ($0.name, $0.value["CapacityUnits"]?.double ?? 0) }
  }

  private mutating func readCollections(_ value: JSONValue) {
    if value["ItemCollectionKey"] != nil {
      collections = [("", [Self.metrics(value)].compactMap { $0 })]
      return
    }
    for table in value.members ?? [] {
      collections.append(
        (table.name, (table.value.elements ?? []).compactMap(Self.metrics)))
    }
  }

  private static func metrics(_ value: JSONValue) -> CollectionMetrics? {
    guard let key = value["ItemCollectionKey"]?.members?.first?.value,
      let range = value["SizeEstimateRangeGB"]?.elements, range.count == 2,
      let part = key.members?.first, let text = part.value.string
    else { return nil }
    let attribute: AttributeValue
    switch part.name {
    case "N": attribute = .number(Number(text) ?? .zero)
    case "B": attribute = .binary(Base64.bytes(of: text) ?? [])
    default: attribute = .string(text)
    }
    return CollectionMetrics(
      key: attribute, low: range[0].double ?? 0, high: range[1].double ?? 0)
  }
}
