// Where an item is stored, found from its key attributes, and the refusals of attributes that
// cannot be keys.
//
// The words differ by where the attributes come from: a Key must match the schema exactly, an Item
// must contain it, and attributes of index keys may be absent but not of another type. Limits:
// capacity.md 1.11.

import Capacity
import DataModel
import ServiceAPI

/// The storage key of an item and its place among the partitions.
struct ItemPlace: Hashable {
  var key: [UInt8]
  var position: UInt64
}

/// Rules on key attributes.
enum PrimaryKey {
  /// The place of the item a Key names; the key must have the schema's attributes and no others.
  static func place(key: AttributeMap, in table: Table) throws(ServiceError) -> ItemPlace {
    if let fault = table.key.fault(ofKey: Item(key)) { throw .validation(fault.message) }
    return place(of: key, in: table)
  }

  /// The place of a whole item; it must have the key attributes in their types.
  static func place(item: Item, in table: Table) throws(ServiceError) -> ItemPlace {
    if let fault = table.key.fault(ofItem: item) { throw .validation(fault.message) }
    return place(of: item.content, in: table)
  }

  /// The place by attributes already checked.
  static func place(of key: AttributeMap, in table: Table) -> ItemPlace {
    place(of: key, table.key, prefix: table.prefix)
  }

  /// The same in a table known by its key and prefix.
  static func place(
    of key: AttributeMap, _ schema: KeySchema, prefix: [UInt8]
  ) -> ItemPlace {
    var partition: [UInt8] = []
    if let value = key[schema.partition.name] { KeyEncoding.append(value, to: &partition) }
    var sort: [UInt8] = []
    if let attribute = schema.sort, let value = key[attribute.name] {
      KeyEncoding.append(value, to: &sort)
    }
    return place(prefix: prefix, partition: partition, sort: sort)
  }

  static func place(prefix: [UInt8], partition: [UInt8], sort: [UInt8]) -> ItemPlace {
    let hash = KeyEncoding.hash(partition)
    var bytes = prefix
    bytes.reserveCapacity(prefix.count + 8 + partition.count + sort.count)
    KeyEncoding.appendHash(hash, to: &bytes)
    bytes.append(contentsOf: partition)
    bytes.append(contentsOf: sort)
    return ItemPlace(key: bytes, position: KeyEncoding.position(hash: hash, sort: sort[...]))
  }

  /// The place under a key that is complete but for the hash, whose bytes follow the `prefix` bytes
  /// of the prefix; the sort key begins at `sortAt`, where the partition key ends.
  static func place(_ key: consuming [UInt8], prefix: Int, sortAt: Int) -> ItemPlace {
    let hash = KeyEncoding.hash(key[(prefix + KeyEncoding.hashBytes)..<sortAt])
    for byte in 0..<KeyEncoding.hashBytes {
      key[prefix + byte] = UInt8(truncatingIfNeeded: hash >> UInt64(56 - 8 * byte))
    }
    return ItemPlace(key: key, position: KeyEncoding.position(hash: hash, sort: key[sortAt...]))
  }

  /// The place of an item's entry in an index; nil when it lacks a key attribute.
  static func entryPlace(
    _ item: Item, _ index: RunningIndex, in table: Table
  ) -> ItemPlace? {
    entryPlace(item, index.definition, prefix: index.prefix, tableKey: table.key)
  }

  /// The same of an index known by its definition and prefix.
  static func entryPlace(
    _ item: Item, _ index: SecondaryIndex, prefix: [UInt8], tableKey: KeySchema
  ) -> ItemPlace? {
    var partition: [UInt8] = []
    for attribute in index.partition {
      guard let value = item[attribute.name] else { return nil }
      KeyEncoding.append(value, to: &partition)
    }
    var sort: [UInt8] = []
    for attribute in index.sort {
      guard let value = item[attribute.name] else { return nil }
      KeyEncoding.append(value, to: &sort)
    }
    var place = place(prefix: prefix, partition: partition, sort: sort)
    for name in tableKey.attributeNames {
      if let value = item[name] { KeyEncoding.append(value, to: &place.key) }
    }
    return place
  }

  /// Attributes that are keys of an index must have its types and be neither empty nor too long.
  static func checkIndexKeys(_ item: Item, in table: Table) throws(ServiceError) {
    for index in table.indexes { try checkKeys(item, of: index.definition) }
  }

  /// The same in a table known by its indexes.
  static func checkIndexKeys(
    _ item: Item, of indexes: [SecondaryIndex]
  ) throws(ServiceError) {
    for index in indexes { try checkKeys(item, of: index) }
  }

  private static func checkKeys(
    _ item: Item, of index: SecondaryIndex
  ) throws(ServiceError) {
    for attribute in index.keys {
      guard let value = item[attribute.name] else { continue }
      try checkIndexKey(value, attribute, index)
    }
  }

  private static func checkIndexKey(
    _ value: AttributeValue, _ attribute: KeyAttribute, _ index: SecondaryIndex
  ) throws(ServiceError) {
    guard value.scalarType == attribute.type else {
      let fault = AttributeValueFault.indexKeyTypeMismatch(
        attribute.name, expected: attribute.type, actual: value, index: index.name)
      throw .validation(fault.message)
    }
    if value.isEmptyKey {
      let fault = AttributeValueFault.emptyIndexKey(
        attribute.name, attribute.type, index: index.name)
      throw .validation(fault.message)
    }
    guard attribute.type != .number else { return }
    let isPartition = index.partition.contains { $0.name == attribute.name }
    if isPartition, value.sizeInBytes > KeyLimits.partitionBytesMax {
      throw .validation(AttributeValueFault.partitionKeyTooLong.message)
    }
    if !isPartition, value.sizeInBytes > KeyLimits.sortBytesMax {
      throw .validation(AttributeValueFault.sortKeyTooLong.message)
    }
  }
}

extension Table {
  /// The key attributes of an item.
  func keyAttributes(of item: Item) -> AttributeMap {
    item.projected(on: key.attributeNames).content
  }
}
