// A table's keys and indexes as far as they decide which index entries an item has.
//
// An index is described by the tuple of its key attribute names, because global indexes may have
// keys of several attributes (capacity.md 1.5); types are checked where requests are.

/// A secondary index: its key attributes and what it copies.
public struct IndexSchema: Hashable, Sendable {
  public var name: String
  /// Partition-key attributes, then sort-key attributes; at least one.
  public var keyAttributes: [String]
  public var projection: Projection

  public init(name: String, keyAttributes: [String], projection: Projection) {
    self.name = name
    self.keyAttributes = keyAttributes
    self.projection = projection
  }

  /// An index with a simple or composite key.
  public init(name: String, key: KeySchema, projection: Projection) {
    self.init(name: name, keyAttributes: key.attributeNames, projection: projection)
  }

  /// The entry the index holds for an item, or nil when the item lacks a key attribute of the index
  /// (sparse index). Index keys, table keys and projected attributes. Source: capacity.md 1.5.
  public func entry(for item: Item, tableKey: KeySchema) -> Item? {
    for name in keyAttributes where item[name] == nil { return nil }
    switch projection {
    case .all:
      return item
    case .keysOnly:
      return item.projected(on: keyAttributes + tableKey.attributeNames)
    case .include(let names):
      return item.projected(on: keyAttributes + tableKey.attributeNames + names)
    }
  }

  /// Whether two items have the same values in the index's key attributes.
  public func hasSameKey(_ a: Item, _ b: Item) -> Bool {
    keyAttributes.allSatisfy { a[$0] == b[$0] }
  }
}

/// A table's primary key and its indexes.
public struct TableSchema: Hashable, Sendable {
  public var key: KeySchema
  public var globalIndexes: [IndexSchema]
  public var localIndexes: [IndexSchema]

  public init(
    key: KeySchema, globalIndexes: [IndexSchema] = [], localIndexes: [IndexSchema] = []
  ) {
    self.key = key
    self.globalIndexes = globalIndexes
    self.localIndexes = localIndexes
  }
}

extension KeySchema {
  /// Partition key, then sort key if there is one.
  public var attributeNames: [String] {
    guard let sort else { return [partition.name] }
    return [partition.name, sort.name]
  }
}

extension Item {
  /// The named attributes that the item has; a name given twice counts once.
  public func projected(on names: [String]) -> Item {
    var result = Item()
    for name in names {
      if let value = self[name] { result[name] = value }
    }
    return result
  }
}
