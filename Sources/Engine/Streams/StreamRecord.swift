// One change of one item as a stream keeps it.
//
//   record = one byte: event, in bits above it who and which images | wall-clock milliseconds, 8
//            bytes | the key, then the images the view shows: 4 bytes of length and an item
//
// Records stand under their stream, shard and sequence number, so a shard is read by a scan.

import DataModel

/// eventName.
enum StreamEvent: UInt8 {
  case insert, modify, remove

  var apiName: String {
    switch self {
    case .insert: "INSERT"
    case .modify: "MODIFY"
    case .remove: "REMOVE"
    }
  }
}

/// A record of a stream.
struct StreamRecord {
  var event: StreamEvent
  /// Time to live did it, not a client.
  var isByService: Bool
  /// Wall-clock milliseconds.
  var createdAt: Int64
  var key: Item
  var newImage: Item?
  var oldImage: Item?

  /// What it weighs in a page of GetRecords.
  var sizeInBytes: Int {
    key.sizeInBytes + (newImage?.sizeInBytes ?? 0) + (oldImage?.sizeInBytes ?? 0)
  }

  // MARK: Storage

  private static let service: UInt8 = 4
  private static let hasNew: UInt8 = 8
  private static let hasOld: UInt8 = 16

  func encode() -> [UInt8] {
    var bytes = [event.rawValue]
    if isByService { bytes[0] |= Self.service }
    if newImage != nil { bytes[0] |= Self.hasNew }
    if oldImage != nil { bytes[0] |= Self.hasOld }
    KeyEncoding.appendHash(UInt64(bitPattern: createdAt), to: &bytes)
    for case .some(let item) in [key, newImage, oldImage] {
      let content = ItemWriter.encode(item)
      for shift in [24, 16, 8, 0] {
        bytes.append(UInt8(truncatingIfNeeded: content.count >> shift))
      }
      bytes.append(contentsOf: content)
    }
    return bytes
  }

  /// nil when the bytes are no record.
  init?(_ bytes: [UInt8]) {
    guard let flags = bytes.first, let event = StreamEvent(rawValue: flags & 3),
      let createdAt = Self.time(bytes)
    else { return nil }
    var rest = bytes[9...]
    func item() -> Item? {
      guard rest.count >= 4 else { return nil }
      let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      rest = rest.dropFirst(4)
      guard rest.count >= length else { return nil }
      defer { rest = rest.dropFirst(length) }
      return ItemReader.decode(Array(rest.prefix(length)))?.item
    }
    guard let key = item() else { return nil }
    self.event = event
    isByService = flags & Self.service != 0
    self.createdAt = createdAt
    self.key = key
    if flags & Self.hasNew != 0 {
      guard let image = item() else { return nil }
      newImage = image
    }
    if flags & Self.hasOld != 0 {
      guard let image = item() else { return nil }
      oldImage = image
    }
  }

  init(
    _ event: StreamEvent, isByService: Bool, at createdAt: Int64, key: Item, new newImage: Item?,
    old oldImage: Item?
  ) {
    self.event = event
    self.isByService = isByService
    self.createdAt = createdAt
    self.key = key
    self.newImage = newImage
    self.oldImage = oldImage
  }

  /// When a stored record came, without reading the rest.
  static func time(_ bytes: [UInt8]) -> Int64? {
    guard bytes.count >= 9 else { return nil }
    return Int64(bitPattern: bytes[1..<9].reduce(0) { $0 << 8 | UInt64($1) })
  }

  // MARK: Keys

  /// What the keys of a stream's records begin with, or those of one of its shards.
  static func prefix(stream: UInt32, shard: UInt32? = nil) -> [UInt8] {
    var key = [KeyEncoding.streamRecordSpace]
    for number in [stream, shard].compactMap(\.self) {
      for shift in [24, 16, 8, 0] { key.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
    return key
  }

  static func key(stream: UInt32, shard: UInt32, sequence: UInt64) -> [UInt8] {
    var key = prefix(stream: stream, shard: shard)
    KeyEncoding.appendHash(sequence, to: &key)
    return key
  }

  /// The sequence number that a record's key ends with.
  static func sequence(_ key: [UInt8]) -> UInt64 {
    key.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
