// What the generator wants to know of an answer, read in one pass without building a tree: units by
// table and index, sizes of items, what came back unprocessed, and what went wrong.
//
// Sizes are measured from the wire by the service's rule, so what a read should have cost is known
// whatever the item is. Only errors make strings.

import DataModel
import JSON
import RequestStreams

/// The kinds of answers that differ in form.
enum AnswerShape {
  case item, write, page, batchGet, batchWrite, transactGet, transactWrite
}

/// A key that came back.
struct ReturnedKey {
  var table: Int
  var partition: UInt64
  var sort: UInt64
}

/// One item of an answer, as far as it was looked at.
struct ReturnedItem {
  var table: Int
  var size = 0
  var partition: UInt64?
  var sort: UInt64?
  var stamp: UInt64?
  var checksum: UInt64?
  /// Filler that does not read as it was written is known only with the item's number.
  var data: UnsafeRawBufferPointer?

  /// Whether it is the item that a request named.
  func names(_ item: DrawnItem) -> Bool {
    table == item.table && partition == item.identity.partitionKey
      && (sort ?? 0) == item.identity.sortNumber
  }
}

/// Why the service refused.
struct Refusal {
  var code = ""
  var message = ""
  var throttling: [(reason: String, resource: String)] = []
  /// Codes by position; "None" for actions that were not the cause.
  var cancellations: [String] = []
}

/// Reads answers; its buffers are used again for the next one.
struct ResponseReader {
  private let names: [[UInt8]]
  private let layouts: UnsafeMutableBufferPointer<ItemLayout>
  private let resources: [Int]
  private let indexNames: [[[UInt8]]]
  /// Half-units by resource, local indexes with their table.
  private(set) var reported: [Int64]
  /// The answer says what was consumed.
  private(set) var hasCapacity = false
  private(set) var items: [ReturnedItem] = []
  private(set) var unprocessed: [ReturnedKey] = []
  private(set) var refusal = Refusal()
  private var arms: [(name: UnsafeRawBufferPointer, halves: Int64)] = []

  init(_ maker: borrowing RequestMaker) {
    layouts = maker.layouts
    names = layouts.map { Array($0.name.utf8) }
    resources = maker.tables.map(\.resource)
    indexNames = layouts.indices.map { maker.globalIndexNames($0).map { Array($0.utf8) } }
    reported = Array(repeating: 0, count: maker.resourceCount)
    items.reserveCapacity(128)
    unprocessed.reserveCapacity(128)
  }

  /// Reads the answer of a request that succeeded; false when it is not the service's JSON.
  /// - Parameter table: of a single-table operation.
  mutating func read(
    _ body: UnsafeRawBufferPointer, _ shape: AnswerShape, table: Int
  ) -> Bool {
    for place in reported.indices { reported[place] = 0 }
    hasCapacity = false
    items.removeAll(keepingCapacity: true)
    unprocessed.removeAll(keepingCapacity: true)
    var reader = JSONReader(body)
    do throws(JSONFault) {
      try reader.beginObject()
      while let key = try reader.nextKey() { try member(key, &reader, shape, table) }
      return true
    } catch {
      return false
    }
  }

  private mutating func member(
    _ key: JSONText, _ reader: inout JSONReader, _ shape: AnswerShape, _ table: Int
  ) throws(JSONFault) {
    if key.equals("ConsumedCapacity") {
      if try reader.peek() == .array {
        try reader.beginArray()
        while try reader.nextElement() { try capacity(&reader) }
      } else {
        try capacity(&reader)
      }
    } else if key.equals("Item"), shape == .item {
      items.append(try item(&reader, table))
    } else if key.equals("Items"), shape == .page {
      try reader.beginArray()
      while try reader.nextElement() { items.append(try item(&reader, table)) }
    } else if key.equals("Responses"), shape == .transactGet {
      try transacted(&reader)
    } else if key.equals("Responses"), shape == .batchGet {
      try reader.beginObject()
      while let name = try reader.nextKey() {
        let table = self.table(name)
        try reader.beginArray()
        while try reader.nextElement() { items.append(try item(&reader, table)) }
      }
    } else if key.equals("UnprocessedKeys") {
      try unprocessedKeys(&reader)
    } else if key.equals("UnprocessedItems") {
      try unprocessedItems(&reader)
    } else {
      try reader.skipValue()
    }
  }

  /// One item or nothing for each action of TransactGetItems; which table is not said.
  private mutating func transacted(_ reader: inout JSONReader) throws(JSONFault) {
    try reader.beginArray()
    while try reader.nextElement() {
      try reader.beginObject()
      var found = ReturnedItem(table: -1)
      while let key = try reader.nextKey() {
        if key.equals("Item") { found = try item(&reader, 0) } else { try reader.skipValue() }
      }
      items.append(found)
    }
  }

  /// Position of a table by its name; 0 when unknown, which no answer to our requests is.
  private func table(_ name: JSONText) -> Int {
    for (position, known) in names.enumerated() where known.elementsEqual(name.bytes) {
      return position
    }
    return 0
  }

  // MARK: Capacity

  private mutating func capacity(_ reader: inout JSONReader) throws(JSONFault) {
    guard try reader.peek() == .object else { return try reader.skipValue() }
    try reader.beginObject()
    var table = 0
    var tableUnits: Int64 = -1
    var total: Int64 = 0
    var indexes: Int64 = 0
    hasCapacity = true
    while let key = try reader.nextKey() {
      if key.equals("TableName") {
        table = self.table(try reader.readText())
      } else if key.equals("CapacityUnits") {
        total = try halves(&reader)
      } else if key.equals("Table") {
        tableUnits = try arm(&reader)
      } else if key.equals("LocalSecondaryIndexes") {
        try reader.beginObject()
        while try reader.nextKey() != nil { indexes += try arm(&reader) }
      } else if key.equals("GlobalSecondaryIndexes") {
        try globalIndexes(&reader)
      } else {
        try reader.skipValue()
      }
    }
    // Without arms the total is the table's.
    reported[resources[table]] += (tableUnits < 0 ? total : tableUnits) + indexes
    for arm in arms {
      let place = indexNames[table].firstIndex { $0.elementsEqual(arm.name) }
      if let place { reported[resources[table] + 1 + place] += arm.halves }
    }
    arms.removeAll(keepingCapacity: true)
  }

  /// The arms of global indexes, kept until their table's name has been read too.
  private mutating func globalIndexes(_ reader: inout JSONReader) throws(JSONFault) {
    try reader.beginObject()
    while let name = try reader.nextKey() {
      let units = try arm(&reader)
      arms.append((name.bytes, units))
    }
  }

  private func arm(_ reader: inout JSONReader) throws(JSONFault) -> Int64 {
    var units: Int64 = 0
    try reader.beginObject()
    while let key = try reader.nextKey() {
      if key.equals("CapacityUnits") {
        units = try halves(&reader)
      } else {
        try reader.skipValue()
      }
    }
    return units
  }

  /// A number of units in halves: 2, 2.0 and 2.5.
  private func halves(_ reader: inout JSONReader) throws(JSONFault) -> Int64 {
    let text = try reader.readNumberText().bytes
    var whole: Int64 = 0
    var place = 0
    while place < text.count, text[place] >= 48, text[place] <= 57 {
      whole = whole &* 10 &+ Int64(text[place] - 48)
      place += 1
    }
    guard place < text.count else { return whole * 2 }
    let value = Double(String(decoding: text, as: UTF8.self)) ?? 0
    return Int64((value * 2).rounded())
  }

  // MARK: Items

  private func item(_ reader: inout JSONReader, _ table: Int) throws(JSONFault) -> ReturnedItem {
    var found = ReturnedItem(table: table)
    let layout = layouts.baseAddress.unsafelyUnwrapped + table
    try reader.beginObject()
    while let name = try reader.nextKey() {
      found.size += try attribute(name, &reader, layout, &found)
    }
    return found
  }

  /// Size of an attribute; keys and our own attributes are noted.
  private func attribute(
    _ name: JSONText, _ reader: inout JSONReader, _ layout: UnsafeMutablePointer<ItemLayout>,
    _ found: inout ReturnedItem
  ) throws(JSONFault) -> Int {
    let nameBytes = name.hasEscapes ? name.content.count : name.bytes.count
    try reader.beginObject()
    var size = 0
    while let type = try reader.nextKey() {
      guard type.equals("S") else {
        if type.equals("N") || type.equals("B") {
          size = try scalar(type, name, &reader, layout, &found)
        } else {
          size = try MeasuredValue.size(type, &reader)
        }
        continue
      }
      let text = try reader.readText()
      size = text.hasEscapes ? text.content.count : text.bytes.count
      switch layout.pointee.role(of: name) {
      case .partition: found.partition = layout.pointee.number(of: text, keys: 0)
      case .sort: found.sort = layout.pointee.number(of: text, keys: 1)
      case .version where text.bytes.count == ItemLayout.versionBytes:
        found.stamp = Decimal.hex(UnsafeRawBufferPointer(rebasing: text.bytes[..<16]))
        found.checksum = Decimal.hex(UnsafeRawBufferPointer(rebasing: text.bytes[16...]))
      case .data: found.data = text.bytes
      default: break
      }
    }
    return nameBytes + size
  }

  private func scalar(
    _ type: JSONText, _ name: JSONText, _ reader: inout JSONReader,
    _ layout: UnsafeMutablePointer<ItemLayout>, _ found: inout ReturnedItem
  ) throws(JSONFault) -> Int {
    let isNumber = type.equals("N")
    let text = try reader.readText()
    switch layout.pointee.role(of: name) {
    case .partition: found.partition = layout.pointee.number(of: text, keys: 0)
    case .sort: found.sort = layout.pointee.number(of: text, keys: 1)
    default: break
    }
    return isNumber ? MeasuredValue.number(text) : MeasuredValue.binary(text)
  }

  // MARK: Unprocessed

  private mutating func unprocessedKeys(_ reader: inout JSONReader) throws(JSONFault) {
    try reader.beginObject()
    while let name = try reader.nextKey() {
      let table = self.table(name)
      try reader.beginObject()
      while let key = try reader.nextKey() {
        guard key.equals("Keys") else {
          try reader.skipValue()
          continue
        }
        try reader.beginArray()
        while try reader.nextElement() { note(try item(&reader, table)) }
      }
    }
  }

  private mutating func unprocessedItems(_ reader: inout JSONReader) throws(JSONFault) {
    try reader.beginObject()
    while let name = try reader.nextKey() {
      let table = self.table(name)
      try reader.beginArray()
      while try reader.nextElement() {
        // {"PutRequest": {"Item": {...}}} or {"DeleteRequest": {"Key": {...}}}
        try reader.beginObject()
        while try reader.nextKey() != nil {
          try reader.beginObject()
          while try reader.nextKey() != nil { note(try item(&reader, table)) }
        }
      }
    }
  }

  private mutating func note(_ item: ReturnedItem) {
    unprocessed.append(
      ReturnedKey(table: item.table, partition: item.partition ?? 0, sort: item.sort ?? 0))
  }

  // MARK: Refusals

  /// Reads the body of an error.
  mutating func readRefusal(_ body: UnsafeRawBufferPointer) {
    refusal = Refusal()
    guard let tree = try? JSONValue.parse(Array(body)) else { return }
    let type = tree["__type"]?.string ?? tree["code"]?.string ?? ""
    refusal.code = String(type.split(separator: "#").last ?? "")
    refusal.message = tree["message"]?.string ?? tree["Message"]?.string ?? ""
    let reasons = tree["ThrottlingReasons"] ?? tree["throttlingReasons"]
    for entry in reasons?.elements ?? [] {
      refusal.throttling.append((entry["reason"]?.string ?? "", entry["resource"]?.string ?? ""))
    }
    for entry in tree["CancellationReasons"]?.elements ?? [] {
      refusal.cancellations.append(entry["Code"]?.string ?? "None")
    }
  }
}

extension ItemLayout {
  enum Role { case partition, sort, version, data, other }

  /// What an attribute is, by its name.
  func role(of name: JSONText) -> Role {
    if matches(name, versionName) { return .version }
    if matches(name, dataName) { return .data }
    if matches(name, keys[0]) { return .partition }
    if hasSortKey, matches(name, keys[1]) { return .sort }
    return .other
  }

  private func matches(_ name: JSONText, _ own: String) -> Bool {
    name.bytes.count == own.utf8.count && name.bytes.elementsEqual(own.utf8)
  }

  private func matches(_ name: JSONText, _ slot: KeySlot) -> Bool {
    let start = slot.opening.lowerBound + 1
    return name.bytes.count == slot.nameBytes
      && texts[start..<start + slot.nameBytes].elementsEqual(name.bytes)
  }

  /// The number that a key's text was made from; nil: we did not make it.
  func number(of text: JSONText, keys position: Int) -> UInt64? {
    let slot = keys[position]
    switch slot.type {
    case .string:
      guard text.bytes.count >= slot.prefix.count + 9,
        texts[slot.prefix].elementsEqual(text.bytes[..<slot.prefix.count])
      else { return nil }
      return Self.decimal(text.bytes[slot.prefix.count...])
    case .number: return Self.decimal(text.bytes[...])
    case .binary:
      guard let bytes = Base64.bytes(of: text.bytes), bytes.count == 8 else { return nil }
      return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  private static func decimal(_ text: Slice<UnsafeRawBufferPointer>) -> UInt64? {
    guard !text.isEmpty, text.count <= 19 else { return nil }
    var value: UInt64 = 0
    for byte in text {
      guard byte >= 48, byte <= 57 else { return nil }
      value = value * 10 + UInt64(byte - 48)
    }
    return value
  }
}

/// Sizes of values straight from the wire.
enum MeasuredValue {
  /// Bytes of a value whose type descriptor has been read.
  static func size(_ type: JSONText, _ reader: inout JSONReader) throws(JSONFault) -> Int {
    if type.equals("S") {
      let text = try reader.readText()
      return text.hasEscapes ? text.content.count : text.bytes.count
    }
    if type.equals("N") { return number(try reader.readText()) }
    if type.equals("B") { return binary(try reader.readText()) }
    if type.equals("BOOL") || type.equals("NULL") {
      try reader.skipValue()
      return 1
    }
    if type.equals("M") {
      var size = ItemSize.containerBytes
      try reader.beginObject()
      while let name = try reader.nextKey() {
        size += ItemSize.elementBytes + name.content.count + (try nested(&reader))
      }
      return size
    }
    var size = 0
    let isList = type.equals("L")
    let (isNumbers, isBytes) = (type.equals("NS"), type.equals("BS"))
    try reader.beginArray()
    while try reader.nextElement() {
      if isList {
        size += ItemSize.elementBytes + (try nested(&reader))
      } else {
        let text = try reader.readText()
        size += isNumbers ? number(text) : isBytes ? binary(text) : text.content.count
      }
    }
    return size + (isList ? ItemSize.containerBytes : 0)
  }

  private static func nested(_ reader: inout JSONReader) throws(JSONFault) -> Int {
    var size = 0
    try reader.beginObject()
    while let type = try reader.nextKey() { size = try Self.size(type, &reader) }
    return size
  }

  static func number(_ text: JSONText) -> Int {
    var value: UInt64 = 0
    for byte in text.bytes {
      guard byte >= 48, byte <= 57, text.bytes.count <= 19 else {
        return Number(text.string)?.sizeInBytes ?? 1
      }
      value = value * 10 + UInt64(byte - 48)
    }
    return Decimal.numberBytes(value)
  }

  /// Bytes that base64 text stands for.
  static func binary(_ text: JSONText) -> Int {
    let bytes = text.bytes
    let padding = bytes.suffix(2).count { $0 == UInt8(ascii: "=") }
    return bytes.count / 4 * 3 - padding
  }
}
