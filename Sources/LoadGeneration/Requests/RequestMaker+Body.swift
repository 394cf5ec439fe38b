// The bodies of the ten operations, byte by byte.
//
// Attribute names always go through ExpressionAttributeNames: a scenario may use reserved words.
// An update sets `v`, what its index effects say, and `d` if the room for it changes; of an item
// whose state is not known it sets everything. The token of a transaction tells a repetition of the
// same request from one that had to be written anew because an answer to it was lost.

import Capacity
import DataModel
import JSON
import RequestStreams
import Scenarios

extension RequestMaker {
  /// Writes the body of the request drawn last; false when nothing of it is left to send.
  mutating func write(_ operation: Int, stamp: UInt64, isUncertain: Bool) -> Bool {
    body.removeAll(keepingCapacity: true)
    let plan = operations[operation]
    switch plan.kind {
    case .get, .put, .update, .delete:
      let item = items[0]
      append(opening: item.table)
      writeAction(item, plan, stamp: stamp, isUncertain: isUncertain)
      body.append(UInt8(ascii: "}"))
    case .query, .scan: writePage(plan)
    case .batchGet, .batchWrite: return writeBatch(plan, stamp: stamp)
    case .transactGet, .transactWrite:
      writeTransaction(plan, stamp: stamp, isUncertain: isUncertain)
    }
    return true
  }

  private mutating func append(opening table: Int) { append(bytes: opening(of: table)) }

  private mutating func append(bytes: [UInt8]) { body.append(contentsOf: bytes) }

  mutating func raw(_ text: StaticString) { JSONBytes.append(raw: text, to: &body) }

  /// The members of one action besides its table.
  private mutating func writeAction(
    _ item: DrawnItem, _ plan: OperationPlan, stamp: UInt64, isUncertain: Bool
  ) {
    let part = parts[item.part]
    let versions = written(item, stamp: stamp)
    var values = Expression()
    switch part.action {
    case .put:
      raw("\"Item\":")
      layouts[item.table].appendItem(image(item, stamp: stamp), versions, to: &body)
    case .update:
      appendKey(item)
      writeUpdate(item, stamp: stamp, isUncertain: isUncertain, &values)
    case .get:
      appendKey(item)
      if plan.consistency == .strong, plan.kind == .get { raw(",\"ConsistentRead\":true") }
    case .delete, .conditionCheck, .query, .scan: appendKey(item)
    }
    if part.conditionFailure > 0 || part.action == .conditionCheck {
      raw(",\"ConditionExpression\":\"")
      raw(item.holds ? "NOT #c = :never\"" : "#c = :never\"")
      values.add(name: "\"#c\":", layouts[item.table].versionName)
      values.add(value: "\":never\":{\"S\":\"never\"}")
    }
    values.close(&body)
  }

  private mutating func appendKey(_ item: DrawnItem) {
    raw("\"Key\":")
    layouts[item.table].appendKey(item.identity, current(item.table), to: &body)
  }

  /// The update expression and its names and values.
  private mutating func writeUpdate(
    _ item: DrawnItem, stamp: UInt64, isUncertain: Bool, _ values: inout Expression
  ) {
    let layout = layouts[item.table]
    let versions = written(item, stamp: stamp)
    let image = image(item, stamp: stamp)
    let setsAll = isUncertain || item.before == 0
    // A moved key may be longer or shorter than the one before: then the rest fills what is left.
    let refills =
      setsAll
      || image.room
        != layout.image(
          item.identity, wanted: item.before, stamp: 0, current(item.table)
        ).room
    var sets: [UInt8] = []
    var removes: [UInt8] = []
    var number: UInt64 = 0
    func mention(isValue: Bool) {
      let words = isValue ? "#\(number) = :\(number)" : "#\(number)"
      if isValue {
        sets += Array((sets.isEmpty ? words : ", " + words).utf8)
      } else {
        removes += Array((removes.isEmpty ? words : ", " + words).utf8)
      }
    }
    for slot in layout.keys.dropFirst(layout.hasSortKey ? 2 : 1) {
      let index = slot.source == .localSort ? layout.globalCount + slot.index : slot.index
      let moves = versions.effects.map { $0[index] == .keyMove } ?? false
      guard setsAll || moves, let key = layout.number(slot, item.identity, versions) else {
        continue
      }
      mention(isValue: true)
      values.add(numbered: number, opening: Array(layout.texts[slot.opening]))
      layout.appendValue(slot, key, to: &values.values)
      number += 1
    }
    for (position, slot) in layout.included.enumerated() {
      let changes = versions.effects.map { $0[slot.index] != .unchanged } ?? false
      guard refills || changes else { continue }
      let length = layout.includedLength(position, room: image.room)
      mention(isValue: length != nil)
      values.add(
        numbered: number, opening: Array(layout.texts[slot.opening]), isValue: length != nil)
      if let length {
        layout.appendIncluded(position, length, image, versions, to: &values.values)
      }
      number += 1
    }
    if image.hasVersion || refills {
      mention(isValue: image.hasVersion)
      values.add(
        numbered: number, opening: layout.opening(.version), isValue: image.hasVersion)
      if image.hasVersion { layout.appendVersion(image, to: &values.values) }
      number += 1
    }
    if refills {
      mention(isValue: image.dataLength >= 0)
      values.add(
        numbered: number, opening: layout.opening(.data), isValue: image.dataLength >= 0)
      if image.dataLength >= 0 { layout.appendData(image, to: &values.values) }
    }
    guard !sets.isEmpty || !removes.isEmpty else { return }
    raw(",\"UpdateExpression\":\"")
    if !sets.isEmpty { append(bytes: Array("SET ".utf8) + sets) }
    if !removes.isEmpty { append(bytes: Array(" REMOVE ".utf8) + removes) }
    raw("\"")
  }

  // MARK: Pages

  private mutating func writePage(_ plan: OperationPlan) {
    let item = items[0]
    let part = parts[item.part]
    let layout = layouts[item.table]
    append(opening: item.table)
    raw("\"Limit\":")
    Decimal.append(UInt64(max(1, part.count)), width: 1, to: &body)
    var slot = layout.keys[0]
    switch part.index {
    case .global(let index):
      append(indexName: index, local: false, item.table)
      slot = layout.keys.first { $0.source == .globalPartition && $0.index == index } ?? slot
    case .local(let index): append(indexName: index, local: true, item.table)
    case nil: break
    }
    if plan.consistency == .strong { raw(",\"ConsistentRead\":true") }
    if part.action == .scan {
      let segments = scanSegments(item.table, count: part.count)
      raw(",\"TotalSegments\":")
      Decimal.append(segments, width: 1, to: &body)
      raw(",\"Segment\":")
      Decimal.append(segmentDraw.multipliedFullWidth(by: segments).high, width: 1, to: &body)
    } else {
      raw(",\"KeyConditionExpression\":\"#p = :p\",\"ExpressionAttributeNames\":{\"#p\":")
      append(bytes: layout.attributeName(slot))
      raw("},\"ExpressionAttributeValues\":{\":p\":")
      append(bytes: layout.attributeType(slot))
      layout.appendValue(slot, item.identity.partitionKey, to: &body)
      raw("}")
    }
    raw("}")
  }

  /// Segments that hold about ten pages each.
  private func scanSegments(_ table: Int, count: Int) -> UInt64 {
    min(1_000_000, max(1, layouts[table].initialItems / UInt64(max(1, count) * 10)))
  }

  private mutating func append(indexName index: Int, local: Bool, _ table: Int) {
    raw(",\"IndexName\":")
    JSONBytes.append(quoted: indexName(table, index, local: local), to: &body)
  }

  // MARK: Batches and transactions

  private mutating func writeBatch(_ plan: OperationPlan, stamp: UInt64) -> Bool {
    raw("{\"ReturnConsumedCapacity\":\"INDEXES\",\"RequestItems\":{")
    var isFirstTable = true
    for table in layouts.indices where items.contains(where: { $0.table == table && $0.isSent }) {
      if !isFirstTable { raw(",") }
      isFirstTable = false
      JSONBytes.append(quoted: layouts[table].name, to: &body)
      raw(plan.kind == .batchGet ? ":{\"Keys\":[" : ":[")
      var isFirst = true
      for position in items.indices where items[position].isSent && items[position].table == table {
        if !isFirst { raw(",") }
        isFirst = false
        writeBatched(items[position], plan, stamp: stamp)
      }
      raw("]")
      if plan.kind == .batchGet {
        raw(plan.consistency == .strong ? ",\"ConsistentRead\":true}" : "}")
      }
    }
    raw("}}")
    return !isFirstTable
  }

  private mutating func writeBatched(_ item: DrawnItem, _ plan: OperationPlan, stamp: UInt64) {
    if plan.kind == .batchGet {
      layouts[item.table].appendKey(item.identity, current(item.table), to: &body)
    } else if item.after == 0 {
      raw("{\"DeleteRequest\":{")
      appendKey(item)
      raw("}}")
    } else {
      raw("{\"PutRequest\":{\"Item\":")
      layouts[item.table].appendItem(
        image(item, stamp: stamp), written(item, stamp: stamp), to: &body)
      raw("}}")
    }
  }

  private mutating func writeTransaction(
    _ plan: OperationPlan, stamp: UInt64, isUncertain: Bool
  ) {
    raw("{\"ReturnConsumedCapacity\":\"INDEXES\",")
    if plan.kind == .transactWrite {
      raw("\"ClientRequestToken\":\"")
      Decimal.appendHex(stamp, digits: 16, to: &body)
      // Other bytes under a token that was used are refused.
      if isUncertain {
        rewrites += 1
        Decimal.append(rewrites, width: 1, to: &body)
      }
      raw("\",")
    }
    raw("\"TransactItems\":[")
    var isFirst = true
    for position in items.indices where items[position].isSent {
      let item = items[position]
      if !isFirst { raw(",") }
      isFirst = false
      switch parts[item.part].action {
      case .get, .query, .scan: raw("{\"Get\":{\"TableName\":")
      case .put: raw("{\"Put\":{\"TableName\":")
      case .update: raw("{\"Update\":{\"TableName\":")
      case .delete: raw("{\"Delete\":{\"TableName\":")
      case .conditionCheck: raw("{\"ConditionCheck\":{\"TableName\":")
      }
      JSONBytes.append(quoted: layouts[item.table].name, to: &body)
      raw(",")
      writeAction(item, plan, stamp: stamp, isUncertain: isUncertain)
      raw("}}")
    }
    raw("]}")
  }
}

/// Names and values of an expression while it is written.
struct Expression {
  private var names: [UInt8] = []
  var values: [UInt8] = []

  /// `reference` with quotes and colon, and the attribute it stands for.
  mutating func add(name reference: StaticString, _ attribute: String) {
    if !names.isEmpty { names.append(UInt8(ascii: ",")) }
    JSONBytes.append(raw: reference, to: &names)
    JSONBytes.append(quoted: attribute, to: &names)
  }

  mutating func add(value: StaticString) {
    if !values.isEmpty { values.append(UInt8(ascii: ",")) }
    JSONBytes.append(raw: value, to: &values)
  }

  /// `#3` stands for the attribute that an opening such as `"total":{"S":"` begins with; unless it
  /// is removed, `:3` begins here and the caller writes on.
  mutating func add(numbered number: UInt64, opening: [UInt8], isValue: Bool = true) {
    let end = ItemLayout.nameEnd(of: opening)
    if !names.isEmpty { names.append(UInt8(ascii: ",")) }
    JSONBytes.append(raw: "\"#", to: &names)
    Decimal.append(number, width: 1, to: &names)
    JSONBytes.append(raw: "\":", to: &names)
    names += opening[..<end]
    guard isValue else { return }
    if !values.isEmpty { values.append(UInt8(ascii: ",")) }
    JSONBytes.append(raw: "\":", to: &values)
    Decimal.append(number, width: 1, to: &values)
    JSONBytes.append(raw: "\"", to: &values)
    values += opening[end...]
  }

  /// Appends what was collected to the request.
  func close(_ body: inout [UInt8]) {
    if !names.isEmpty {
      JSONBytes.append(raw: ",\"ExpressionAttributeNames\":{", to: &body)
      body += names
      body.append(UInt8(ascii: "}"))
    }
    if !values.isEmpty {
      JSONBytes.append(raw: ",\"ExpressionAttributeValues\":{", to: &body)
      body += values
      body.append(UInt8(ascii: "}"))
    }
  }
}

extension ItemLayout {
  enum OwnAttribute { case version, data }

  func opening(_ attribute: OwnAttribute) -> [UInt8] {
    var bytes: [UInt8] = []
    JSONBytes.append(quoted: attribute == .version ? versionName : dataName, to: &bytes)
    JSONBytes.append(raw: ":{\"S\":\"", to: &bytes)
    return bytes
  }

  /// Behind the quoted name of an opening: `{"X":"` are the 7 last bytes with the colon.
  static func nameEnd(of opening: [UInt8]) -> Int { opening.count - 7 }

  /// The attribute's name in quotes.
  func attributeName(_ slot: KeySlot) -> [UInt8] {
    let opening = Array(texts[slot.opening])
    return Array(opening[..<Self.nameEnd(of: opening)])
  }

  /// `{"S":"`.
  func attributeType(_ slot: KeySlot) -> [UInt8] {
    let opening = Array(texts[slot.opening])
    return Array(opening[(Self.nameEnd(of: opening) + 1)...])
  }
}
