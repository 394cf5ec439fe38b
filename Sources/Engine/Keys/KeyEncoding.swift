// Storage keys: byte strings whose order is the service's order.
//
//   space | table number | index number | hash of the partition key | partition key | sort key
//   and for an entry of an index: | the table's partition key | the table's sort key
//
// The hash comes first because the service scatters partition keys: a Scan goes by hash, a segment
// of a parallel Scan and a partition are ranges of it. Behind it every attribute is encoded so that
// bytes compare as values do: text and binary with 00 escaped as 00 FF and ended by 00 01, numbers
// in a fixed width. Types are known from the schema, so none is written.

import Capacity
import DataModel

/// First bytes of storage keys: what a key is about. No two are equal, since raw values differ.
enum KeySpace: UInt8, CaseIterable {
  /// Descriptions of tables, of streams, of backups, of exports and imports.
  case table = 0x01
  case stream = 0x02
  case backup = 0x03
  case transfer = 0x04
  /// Client tokens of transactions.
  case token = 0x05
  /// What tables keep of their admission.
  case capacity = 0x06
  /// Items, index entries and sizes of item collections.
  case item = 0x10
  case streamRecord = 0x11
  /// Items of backups.
  case backupItem = 0x12
  /// Changes for point-in-time recovery.
  case changeLog = 0x13
  /// When items expire.
  case expiry = 0x14
  /// Changes on their way to other regions.
  case outbox = 0x15
  /// Versions of the items of global tables.
  case version = 0x16
}

/// Builds storage keys.
enum KeyEncoding {
  static let itemSpace = KeySpace.item.rawValue
  static let tableSpace = KeySpace.table.rawValue
  static let backupSpace = KeySpace.backup.rawValue
  static let transferSpace = KeySpace.transfer.rawValue
  static let backupItemSpace = KeySpace.backupItem.rawValue
  static let changeLogSpace = KeySpace.changeLog.rawValue
  static let tokenSpace = KeySpace.token.rawValue
  static let capacitySpace = KeySpace.capacity.rawValue
  static let streamSpace = KeySpace.stream.rawValue
  static let streamRecordSpace = KeySpace.streamRecord.rawValue
  static let expirySpace = KeySpace.expiry.rawValue
  static let outboxSpace = KeySpace.outbox.rawValue
  static let versionSpace = KeySpace.version.rawValue
  static let prefixBytes = 7
  static let hashBytes = 8
  static let numberBytes = 19

  /// What every key of one table's items (index 0) or of one of its indexes begins with.
  static func prefix(table: UInt32, index: UInt16) -> [UInt8] {
    [
      itemSpace, UInt8(truncatingIfNeeded: table >> 24), UInt8(truncatingIfNeeded: table >> 16),
      UInt8(truncatingIfNeeded: table >> 8), UInt8(truncatingIfNeeded: table),
      UInt8(truncatingIfNeeded: index >> 8), UInt8(truncatingIfNeeded: index),
    ]
  }

  /// What the sizes of one table's item collections are stored under: the number of no index.
  static func collectionPrefix(table: UInt32) -> [UInt8] { prefix(table: table, index: .max) }

  static func appendHash(_ hash: UInt64, to key: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) {
      key.append(UInt8(truncatingIfNeeded: hash >> UInt64(shift)))
    }
  }

  /// A well-mixed 64-bit hash of an encoded partition key: FNV-1a with a final avalanche. The
  /// service's own is unpublished; any good one does (capacity.md 2).
  static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    value = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ (value >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return value ^ (value >> 33)
  }

  /// The first position of the collection that a storage key of an item or entry lies in.
  static func position(ofKey key: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0
    for byte in key.dropFirst(prefixBytes).prefix(hashBytes) { hash = hash << 8 | UInt64(byte) }
    return position(hash: hash, sort: [])
  }

  /// The place of an item among the partitions: the upper bits of the hash, then the first bytes of
  /// the sort key.
  static func position(hash: UInt64, sort: ArraySlice<UInt8>) -> UInt64 {
    var place: UInt64 = 0
    for byte in 0..<3 {
      let index = sort.startIndex + byte
      place = place << 8 | (index < sort.endIndex ? UInt64(sort[index]) : 0)
    }
    return (hash >> UInt64(PartitionMap.sortBits)) << UInt64(PartitionMap.sortBits) | place
  }

  // MARK: Attributes

  /// Appends a key attribute; other types than the three scalar ones append nothing.
  static func append(_ value: AttributeValue, to key: inout [UInt8]) {
    switch value {
    case .string(let text):
      appendEscaped(text.utf8, to: &key)
      appendTerminator(to: &key)
    case .binary(let content):
      appendEscaped(content, to: &key)
      appendTerminator(to: &key)
    case .number(let number): append(number, to: &key)
    case .boolean, .null, .stringSet, .numberSet, .binarySet, .list, .map: break
    }
  }

  /// Appends a text or binary by its bytes.
  static func append(_ bytes: UnsafeRawBufferPointer, to key: inout [UInt8]) {
    if bytes.contains(0) {
      appendEscaped(bytes, to: &key)
    } else {
      key.append(contentsOf: bytes)
    }
    appendTerminator(to: &key)
  }

  /// Appends a text or binary without its end, for ranges of all that begin with it.
  static func appendPrefix(_ value: AttributeValue, to key: inout [UInt8]) {
    switch value {
    case .string(let text): appendEscaped(text.utf8, to: &key)
    case .binary(let content): appendEscaped(content, to: &key)
    default: append(value, to: &key)
    }
  }

  private static func appendEscaped(_ bytes: some Sequence<UInt8>, to key: inout [UInt8]) {
    for byte in bytes {
      key.append(byte)
      if byte == 0 { key.append(0xFF) }
    }
  }

  private static func appendTerminator(to key: inout [UInt8]) {
    key.append(0)
    key.append(1)
  }

  /// Sign, power of ten of the leading digit, digits aligned to 38; all inverted below zero.
  private static func append(_ number: Number, to key: inout [UInt8]) {
    var digits = number.coefficient.magnitude
    guard digits != 0 else {
      key.append(0x80)
      for _ in 1..<numberBytes { key.append(0) }
      return
    }
    for _ in Int(number.digitCount)..<Number.maximumDigits { digits *= 10 }
    let mask: UInt8 = number.isNegative ? 0xFF : 0
    let magnitude = UInt16(number.magnitude - Number.minimumMagnitude)
    key.append(number.isNegative ? 0x40 : 0xC0)
    key.append(UInt8(magnitude >> 8) ^ mask)
    key.append(UInt8(magnitude & 0xFF) ^ mask)
    for shift in stride(from: 120, through: 0, by: -8) {
      key.append(UInt8(truncatingIfNeeded: digits >> UInt128(shift)) ^ mask)
    }
  }

  /// The first key behind all that begin with `prefix`; nil when there is none.
  static func successor(_ prefix: [UInt8]) -> [UInt8]? {
    var key = prefix
    while let last = key.popLast() {
      if last < 0xFF {
        key.append(last + 1)
        return key
      }
    }
    return nil
  }
}
