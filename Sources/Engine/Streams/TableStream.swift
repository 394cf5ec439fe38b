// A stream of a table's changes: its shards, and what of it lies in storage.
//
// One shard is open for each partition of the table. A shard covers the positions its partition
// had; it closes when the partition is split, with one child for each part, and when it has been
// open for four hours, with one child, so that consumers meet both kinds of lineage. An item has
// one position for life, so its changes stand in one line of shards, each read after its parent.
// Sequence numbers grow over the whole database. Facts: features.md 3.2; the four hours are what
// users observe, the service promises no time.

import Capacity
import DataModel
import ServiceAPI

/// StreamViewType.
enum StreamView: String {
  case keysOnly = "KEYS_ONLY"
  case newImage = "NEW_IMAGE"
  case oldImage = "OLD_IMAGE"
  case newAndOldImages = "NEW_AND_OLD_IMAGES"

  var showsNew: Bool { self == .newImage || self == .newAndOldImages }
  var showsOld: Bool { self == .oldImage || self == .newAndOldImages }
}

/// Sequence numbers as the API writes them: 21 digits, so that texts sort as numbers do.
enum SequenceNumber {
  static func text(_ number: UInt64) -> String {
    let digits = String(number)
    return "1" + String(repeating: "0", count: max(0, 20 - digits.utf8.count)) + digits
  }

  /// nil for a text that is none of ours.
  static func number(_ text: String) -> UInt64? {
    text.utf8.count == 21 && text.hasPrefix("1") ? UInt64(text.dropFirst()) : nil
  }
}

/// A run of one stream's records.
struct StreamShard {
  var number: UInt32
  var parent: UInt32?
  /// Positions of the items whose changes come here, both inclusive.
  var lowest: UInt64
  var highest: UInt64
  /// Wall-clock milliseconds.
  var createdAt: Int64
  var closedAt: Int64?
  /// First sequence number that may be in it.
  var start: UInt64
  /// Last one; nil while it is open.
  var end: UInt64?
  /// The last one that was trimmed; 0: none was.
  var trimmedTo: UInt64 = 0
  /// When the oldest record came, if that is known; not stored.
  var oldest: Int64?

  var isOpen: Bool { end == nil }

  /// `shardId-00000001700000000000-00000001`: time and number.
  var name: String {
    "shardId-" + Self.padded(String(createdAt), 20) + "-"
      + Self.padded(String(number, radix: 16), 8)
  }

  private static func padded(_ text: String, _ digits: Int) -> String {
    String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}

/// A stream, enabled or still readable.
final class TableStream {
  /// In the whole database, never used again.
  let number: UInt32
  let tableNumber: UInt32
  let tableName: String
  let label: String
  let view: StreamView
  let key: KeySchema
  /// Wall-clock milliseconds.
  let createdAt: Int64
  /// When it was disabled; nil while it is enabled.
  var closedAt: Int64?
  /// By number.
  private(set) var shards: [StreamShard] = []
  /// Places in `shards` of the open ones, by position.
  private var open: [Int] = []
  /// Number of the table's partitions when the shards were last fitted to them.
  private var partitions = -1
  /// What lies in storage is this.
  var isSaved = false
  /// By number of the shard; not stored.
  var allowances: [UInt32: ShardAllowance] = [:]

  /// Wall-clock milliseconds after which an open shard gives way to a child.
  static let shardLifetime: Int64 = 4 * 3_600_000
  /// How long records and closed streams can be read, in wall-clock milliseconds.
  static let retention: Int64 = 24 * 3_600_000

  init(number: UInt32, of table: TableDefinition, view: StreamView, label: String, at now: Int64) {
    self.number = number
    tableNumber = table.number
    tableName = table.name
    self.label = label
    self.view = view
    key = table.key
    createdAt = now
  }

  // MARK: Shards

  /// The shard with a name; nil when there is none.
  func shard(named name: String) -> StreamShard? { shards.first { $0.name == name } }

  /// The name of a shard by its number; nil when it is forgotten.
  func name(ofShard number: UInt32) -> String? { shards.first { $0.number == number }?.name }

  /// Sets the first shards up, one for each partition.
  func open(_ map: PartitionMap, start: UInt64, at now: Int64) {
    for partition in map.inOrder {
      let range = map.statistics(of: partition)
      append(parent: nil, from: range.lowest, to: range.highest, start, now)
    }
    partitions = map.count
    noteOpen()
  }

  /// The place of the open shard for `position`, after shards were fitted to the partitions.
  /// - Parameter next: the sequence number to be given next; shards begin and end around it.
  func place(of position: UInt64, _ map: PartitionMap, next: UInt64, at now: Int64) -> Int {
    if map.count != partitions { fit(map, next: next, at: now) }
    let place = openPlace(of: position)
    if now - shards[place].createdAt < Self.shardLifetime { return place }
    divide(place, at: [], next: next, now)
    return openPlace(of: position)
  }

  private func openPlace(of position: UInt64) -> Int {
    var low = 0
    var high = open.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if shards[open[middle]].lowest <= position { low = middle } else { high = middle - 1 }
    }
    return open[low]
  }

  /// Divides open shards wherever the partitions are finer; they are never merged.
  private func fit(_ map: PartitionMap, next: UInt64, at now: Int64) {
    partitions = map.count
    let starts = map.inOrder.map { map.statistics(of: $0).lowest }
    for place in open {
      let shard = shards[place]
      let cuts = starts.filter { $0 > shard.lowest && $0 <= shard.highest }
      if !cuts.isEmpty { divide(place, at: cuts, next: next, now) }
    }
  }

  /// Closes a shard in favour of children that begin at its lowest position and at every cut.
  private func divide(_ place: Int, at cuts: [UInt64], next: UInt64, _ now: Int64) {
    close(place, next: next, now)
    let parent = shards[place]
    let starts = [parent.lowest] + cuts
    for (index, start) in starts.enumerated() {
      let highest = index + 1 < starts.count ? starts[index + 1] - 1 : parent.highest
      append(parent: parent.number, from: start, to: highest, next, now)
    }
    noteOpen()
  }

  private func close(_ place: Int, next: UInt64, _ now: Int64) {
    // A shard that never had a record ends where it began.
    shards[place].end = max(shards[place].start, next - 1)
    shards[place].closedAt = now
    isSaved = false
  }

  private func append(
    parent: UInt32?, from lowest: UInt64, to highest: UInt64, _ start: UInt64, _ now: Int64
  ) {
    shards.append(
      StreamShard(
        number: (shards.last?.number ?? 0) + 1, parent: parent, lowest: lowest, highest: highest,
        createdAt: now, start: start))
    isSaved = false
  }

  private func noteOpen() {
    open = shards.indices.filter { shards[$0].isOpen }
    open.sort { shards[$0].lowest < shards[$1].lowest }
  }

  /// Disables the stream.
  func close(next: UInt64, at now: Int64) {
    closedAt = now
    for place in open { close(place, next: next, now) }
    noteOpen()
  }

  /// Notes a trim: records up to `sequence` are gone, the oldest left came at `oldest`.
  func trim(_ place: Int, to sequence: UInt64, oldest: Int64?) {
    if sequence > shards[place].trimmedTo {
      shards[place].trimmedTo = sequence
      isSaved = false
    }
    shards[place].oldest = oldest
  }

  /// Notes when a shard's oldest record came, where nothing older is known.
  func noteRecord(_ place: Int, at now: Int64) {
    if shards[place].oldest == nil { shards[place].oldest = now }
  }

  /// Forgets shards that were closed before `cutoff` and have no record left.
  func forgetShards(closedBefore cutoff: Int64) {
    let before = shards.count
    shards.removeAll { shard in
      guard let closedAt = shard.closedAt else { return false }
      return closedAt <= cutoff && shard.oldest == nil
    }
    if shards.count < before {
      isSaved = false
      noteOpen()
    }
  }

  /// The last sequence number that the description knows of.
  var lastSequence: UInt64 {
    shards.reduce(0) { max($0, $1.start, $1.end ?? 0, $1.trimmedTo) }
  }

  // MARK: Storage

  /// The stream's description as it is stored: JSON, 64-bit numbers as text.
  func encode() -> [UInt8] {
    var writer = ReplyWriter()
    writer.beginObject()
    writer.member("Number", Int(number))
    writer.member("Table", Int(tableNumber))
    writer.member("TableName", tableName)
    writer.member("Label", label)
    writer.member("View", view.rawValue)
    for (name, attribute) in [("Partition", key.partition), ("Sort", key.sort)] {
      guard let attribute else { continue }
      writer.member(name, attribute.name)
      writer.member(name + "Type", attribute.type.rawValue)
    }
    writer.member("Created", Int(createdAt))
    if let closedAt { writer.member("Closed", Int(closedAt)) }
    writer.key("Shards")
    writer.beginArray()
    for shard in shards { Self.write(shard, &writer) }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  private static func write(_ shard: StreamShard, _ writer: inout ReplyWriter) {
    writer.beginObject()
    writer.member("Number", Int(shard.number))
    if let parent = shard.parent { writer.member("Parent", Int(parent)) }
    writer.member("Lowest", String(shard.lowest))
    writer.member("Highest", String(shard.highest))
    writer.member("Created", Int(shard.createdAt))
    if let closedAt = shard.closedAt { writer.member("Closed", Int(closedAt)) }
    writer.member("Start", String(shard.start))
    if let end = shard.end { writer.member("End", String(end)) }
    writer.member("TrimmedTo", String(shard.trimmedTo))
    writer.endObject()
  }

  /// The stream that `bytes` describe; nil when they describe none.
  init?(_ bytes: [UInt8]) {
    guard let value = WireValue(body: bytes), let number = value["Number"]?.integer,
      let table = value["Table"]?.integer, let name = value["TableName"]?.text,
      let label = value["Label"]?.text, let created = value["Created"]?.integer,
      let view = value["View"]?.text.flatMap(StreamView.init(rawValue:)),
      let partition = Self.attribute(value, "Partition")
    else { return nil }
    self.number = UInt32(number)
    tableNumber = UInt32(table)
    tableName = name
    self.label = label
    self.view = view
    key = KeySchema(partition: partition, sort: Self.attribute(value, "Sort"))
    createdAt = Int64(created)
    closedAt = value["Closed"]?.integer.map(Int64.init)
    isSaved = true
    for element in value["Shards"]?.elements ?? [] {
      guard let shard = Self.shard(element) else { return nil }
      shards.append(shard)
    }
    noteOpen()
  }

  private static func attribute(_ value: WireValue, _ name: String) -> KeyAttribute? {
    guard let text = value[name]?.text,
      let type = value[name + "Type"]?.text.flatMap(ScalarType.init(rawValue:))
    else { return nil }
    return KeyAttribute(name: text, type: type)
  }

  private static func shard(_ value: WireValue) -> StreamShard? {
    func number(_ name: String) -> UInt64? { value[name]?.text.flatMap { UInt64($0) } }
    guard let place = value["Number"]?.integer, let lowest = number("Lowest"),
      let highest = number("Highest"), let start = number("Start"),
      let created = value["Created"]?.integer
    else { return nil }
    return StreamShard(
      number: UInt32(place), parent: value["Parent"]?.integer.map { UInt32($0) }, lowest: lowest,
      highest: highest, createdAt: Int64(created),
      closedAt: value["Closed"]?.integer.map(Int64.init), start: start, end: number("End"),
      trimmedTo: number("TrimmedTo") ?? 0)
  }
}
