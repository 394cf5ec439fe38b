// Items as stored: a binary form that is read without a parser's guesses.
//
//   item = size in bytes as the service counts it | number of attributes | attributes
//   attribute = length and bytes of the name | one byte of type | content
//
// Lengths are variable-length integers. Numbers stand as their text. The size is kept in front so
// that a read knows its cost before it decodes anything.

import DataModel

/// Writes items.
struct ItemWriter {
  private(set) var bytes: [UInt8] = []

  /// The stored form of an item.
  static func encode(_ item: Item) -> [UInt8] { encode(item, size: item.sizeInBytes) }

  /// The stored form of an item whose size is known.
  static func encode(_ item: Item, size: Int) -> [UInt8] {
    var writer = ItemWriter()
    writer.bytes.reserveCapacity(size + size / 8 + 64)
    writer.count(size)
    writer.map(item.content)
    return writer.bytes
  }

  private mutating func count(_ value: Int) {
    var rest = UInt64(value)
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func text(_ text: String) {
    count(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func binary(_ content: [UInt8]) {
    count(content.count)
    bytes.append(contentsOf: content)
  }

  private mutating func map(_ map: AttributeMap) {
    count(map.count)
    for attribute in map.attributes {
      text(attribute.name)
      value(attribute.value)
    }
  }

  private mutating func value(_ value: AttributeValue) {
    bytes.append(ItemTag.tag(of: value).rawValue)
    switch value {
    case .string(let value): text(value)
    case .number(let value): text(value.text)
    case .binary(let value): binary(value)
    case .boolean(let value): bytes.append(value ? 1 : 0)
    case .null: break
    case .stringSet(let values):
      count(values.count)
      for value in values { text(value) }
    case .numberSet(let values):
      count(values.count)
      for value in values { text(value.text) }
    case .binarySet(let values):
      count(values.count)
      for value in values { binary(value) }
    case .list(let values):
      count(values.count)
      for element in values { self.value(element) }
    case .map(let value): map(value)
    }
  }
}

/// The byte that tells an attribute's type.
enum ItemTag: UInt8 {
  case string = 1
  case number, binary, boolean, null, stringSet, numberSet, binarySet, list, map

  static func tag(of value: AttributeValue) -> ItemTag {
    switch value {
    case .string: .string
    case .number: .number
    case .binary: .binary
    case .boolean: .boolean
    case .null: .null
    case .stringSet: .stringSet
    case .numberSet: .numberSet
    case .binarySet: .binarySet
    case .list: .list
    case .map: .map
    }
  }
}

/// Reads what ItemWriter wrote; anything else ends as a damaged item.
struct ItemReader {
  private let bytes: [UInt8]
  private var at = 0
  private var isDamaged = false

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// An item and its size; nil when the bytes are not one.
  static func decode(_ bytes: [UInt8]) -> StoredItem? {
    var reader = ItemReader(bytes)
    let size = reader.count()
    let map = reader.map()
    return reader.isDamaged ? nil : StoredItem(item: Item(map), size: size)
  }

  /// The size of a stored item without reading the rest.
  static func size(_ bytes: [UInt8]) -> Int {
    var reader = ItemReader(bytes)
    return reader.count()
  }

  private mutating func byte() -> UInt8 {
    guard at < bytes.count else {
      isDamaged = true
      return 0
    }
    at += 1
    return bytes[at - 1]
  }

  private mutating func count() -> Int {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 63 {
      let next = byte()
      value |= UInt64(next & 0x7F) << shift
      if next < 0x80 { return Int(value) }
      shift += 7
    }
    isDamaged = true
    return 0
  }

  private mutating func slice() -> ArraySlice<UInt8> {
    let length = count()
    guard !isDamaged, length <= bytes.count - at else {
      isDamaged = true
      return []
    }
    at += length
    return bytes[at - length..<at]
  }

  private mutating func text() -> String { String(decoding: slice(), as: UTF8.self) }

  private mutating func number() -> Number {
    if let number = Number(text()) { return number }
    isDamaged = true
    return .zero
  }

  private mutating func map() -> AttributeMap {
    var map = AttributeMap()
    let count = count()
    for _ in 0..<count where !isDamaged {
      let name = text()
      map[name] = value()
    }
    return map
  }

  private mutating func array<Element>(_ read: (inout ItemReader) -> Element) -> [Element] {
    var elements: [Element] = []
    let count = count()
    for _ in 0..<count where !isDamaged { elements.append(read(&self)) }
    return elements
  }

  private mutating func value() -> AttributeValue {
    switch ItemTag(rawValue: byte()) {
    case .string: return .string(text())
    case .number: return .number(number())
    case .binary: return .binary(Array(slice()))
    case .boolean: return .boolean(byte() == 1)
    case .null: return .null
    case .stringSet: return .stringSet(array { $0.text() })
    case .numberSet: return .numberSet(array { $0.number() })
    case .binarySet: return .binarySet(array { Array($0.slice()) })
    case .list: return .list(array { $0.value() })
    case .map: return .map(map())
    case nil:
      isDamaged = true
      return .null
    }
  }
}

/// An item with its size in bytes, as the service counts it.
struct StoredItem {
  var item: Item
  var size: Int
}
