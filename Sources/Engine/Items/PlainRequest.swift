// PutItem and GetItem in their plainest form: a table, an item or a key, nothing to evaluate.
//
// Most requests are like that. They are read straight into the stored form (WireTranscoder) and run
// without the general machinery; everything else, and whatever is refused before capacity is asked,
// takes the general way. A plain request ends as the same request there: same bytes stored, same
// answer, same units.

import Capacity
import DataModel
import ServiceAPI
import Storage

/// What a plain request holds.
struct PlainRequest: ~Copyable {
  private let isWrite: Bool
  private var isStrong = false
  /// Where the table's name stands.
  private var tableName = 0..<0
  /// Holds the attributes.
  private var transcoder: WireTranscoder

  private init(isWrite: Bool, _ body: UnsafeRawBufferPointer) {
    self.isWrite = isWrite
    transcoder = WireTranscoder(body)
  }

  /// Whether requests of an operation may be plain.
  static func canBe(_ operation: String) -> Bool {
    operation == "PutItem" || operation == "GetItem"
  }

  /// nil unless the whole body is plain.
  static func read(_ operation: String, body: UnsafeRawBufferPointer) -> PlainRequest? {
    guard canBe(operation) else { return nil }
    let isWrite = operation == "PutItem"
    var request = PlainRequest(isWrite: isWrite, body)
    guard request.read() else { return nil }
    return request
  }

  private mutating func read() -> Bool {
    guard transcoder.take(UInt8(ascii: "{")) else { return false }
    var hasContent = false
    repeat {
      guard let name = transcoder.text(), transcoder.take(UInt8(ascii: ":")) else { return false }
      if transcoder.isEqual(name, "TableName"), tableName.isEmpty {
        guard let text = transcoder.text() else { return false }
        tableName = text
      } else if transcoder.isEqual(name, isWrite ? "Item" : "Key"), !hasContent {
        guard transcoder.readItem() else { return false }
        hasContent = true
      } else if !isWrite, transcoder.isEqual(name, "ConsistentRead") {
        guard let flag = transcoder.flag() else { return false }
        isStrong = flag
      } else {
        return false
      }
    } while transcoder.take(UInt8(ascii: ","))
    guard transcoder.take(UInt8(ascii: "}")) else { return false }
    transcoder.skipSpace()
    return transcoder.isAtEnd && hasContent && ItemLimit.accepts(itemBytes: transcoder.size)
  }

  /// Runs the request; nil when the general way must, which also knows about lagging replicas.
  func run(_ state: DatabaseState) throws(ServiceError) -> [UInt8]? {
    // What changes state, or has indexes that may, is settled by the general way.
    guard state.history == nil, let table = state.table(named: transcoder.content(tableName)),
      table.clock.status == .active, table.indexes.isEmpty, table.inaccessibleSince == nil,
      !isWrite || !table.isObserved && table.definition.recovery == nil
    else { return nil }
    guard let place = place(in: table) else { return nil }
    if isWrite { return try put(state, table, place) }
    let read = ItemRead(
      tableName: table.name, readConsistency: isStrong ? .strong : .eventual, consumedLevel: .none)
    return try state.getItem(read, from: table, at: place)
  }

  private func put(
    _ state: DatabaseState, _ table: Table, _ place: ItemPlace
  ) throws(ServiceError) -> [UInt8] {
    if let throttle = state.ask(table, .write, at: place) {
      throw state.error(throttle, of: table)
    }
    if state.holds.hold(place.key, at: state.now) { throw DatabaseState.conflict }
    try state.commit(
      PlainWrite(
        table: table, place: place, size: transcoder.size, stored: transcoder.item()))
    return Self.emptyAnswer
  }

  private static let emptyAnswer = Array("{}".utf8)

  // MARK: The key

  private func place(in table: Table) -> ItemPlace? {
    let schema = table.key
    let attributes = schema.sort == nil ? 1 : 2
    guard isWrite || transcoder.attributes.count == attributes else { return nil }
    guard let partition = entry(of: schema.partition) else { return nil }
    var key: [UInt8] = []
    key.reserveCapacity(
      table.prefix.count + KeyEncoding.hashBytes + Int(partition.end - partition.start)
        + KeyEncoding.numberBytes)
    key.append(contentsOf: table.prefix)
    for _ in 0..<KeyEncoding.hashBytes { key.append(0) }
    guard append(partition, as: schema.partition.type, KeyLimits.partitionBytesMax, to: &key)
    else { return nil }
    let sortStart = key.count
    if let attribute = schema.sort {
      guard let sort = entry(of: attribute),
        append(sort, as: attribute.type, KeyLimits.sortBytesMax, to: &key)
      else { return nil }
    }
    return PrimaryKey.place(key, prefix: table.prefix.count, sortAt: sortStart)
  }

  private func entry(of attribute: KeyAttribute) -> WireTranscoder.Entry? {
    var name = attribute.name
    return name.withUTF8 { name in
      let stored = transcoder.stored
      return transcoder.attributes.first { entry in
        entry.nameCount == name.count && stored.has(name, at: entry.name.lowerBound)
      }
    }
  }

  /// Appends the encoded value of a key attribute; false when it cannot be a key.
  private func append(
    _ entry: WireTranscoder.Entry, as type: ScalarType, _ limit: Int, to key: inout [UInt8]
  ) -> Bool {
    let stored = transcoder.stored
    let (value, end) = (Int(entry.value), Int(entry.end))
    var at = value + 1
    while at < end, stored[at] >= 0x80 { at += 1 }
    guard at < end else { return false }
    let bytes = UnsafeRawBufferPointer(rebasing: stored[(at + 1)..<end])
    switch (ItemTag(rawValue: stored[value]), type) {
    case (.string, .string), (.binary, .binary):
      guard !bytes.isEmpty, bytes.count <= limit else { return false }
      KeyEncoding.append(bytes, to: &key)
    case (.number, .number):
      guard case .success(let number) = Number.parse(utf8: bytes) else { return false }
      KeyEncoding.append(.number(number), to: &key)
    default: return false
    }
    return true
  }
}
