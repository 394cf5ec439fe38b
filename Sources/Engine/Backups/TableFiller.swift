// Fills a table that nobody may use yet: items as they are stored, entries of indexes made anew.
//
// Nothing is charged, as the service charges no writes for restores and imports. It needs no lock:
// the table's keys are its own.

import Capacity
import DataModel
import ServiceAPI
import Storage

/// Numbers and sizes of what a table and its indexes hold.
struct TableContents: Sendable {
  struct Count: Hashable, Sendable {
    var items = 0
    var bytes = 0
    /// Bytes by the first 16 bits of where they lie among the partitions.
    private(set) var byPlace: [UInt16: Int] = [:]

    mutating func add(_ size: Int, at key: [UInt8]) { change(1, size, at: key) }
    mutating func remove(_ size: Int, at key: [UInt8]) { change(-1, -size, at: key) }

    private mutating func change(_ items: Int, _ bytes: Int, at key: [UInt8]) {
      self.items += items
      self.bytes += bytes
      let place = UInt16(truncatingIfNeeded: KeyEncoding.position(ofKey: key) >> 48)
      byPlace[place, default: 0] += bytes
    }

    /// Tells a resource's partitions what they hold. Order does not matter: partitions are cut when
    /// time moves on.
    func tell(_ admission: inout ResourceAdmission) {
      for (place, bytes) in byPlace {
        admission.addBytes(Int64(bytes), position: UInt64(place) << 48)
      }
    }
  }

  var table = Count()
  /// By number of the index.
  var indexes: [UInt16: Count] = [:]
}

/// Puts items into a table.
struct TableFiller {
  private static let batchChanges = 1_000

  let store: Keyspace
  let definition: TableDefinition
  private(set) var contents = TableContents()
  private let prefix: [UInt8]
  private var batch = WriteBatch()
  /// What the batch holds, by key; kept only where items may come twice.
  private var pending: [[UInt8]: [UInt8]] = [:]
  /// Bytes that item collections have gained since the last flush, by where their sizes are stored;
  /// kept only in tables with local indexes.
  private var collections: [[UInt8]: Int] = [:]

  init(_ definition: TableDefinition, in store: Keyspace) {
    self.store = store
    self.definition = definition
    prefix = KeyEncoding.prefix(table: definition.number, index: 0)
  }

  /// Adds an item that was stored in a table of the same key under a key that ended in `suffix`.
  mutating func add(suffix: [UInt8], stored: [UInt8]) throws(ServiceError) {
    let key = prefix + suffix
    batch.put(key, stored)
    contents.table.add(ItemReader.size(stored), at: key)
    if !definition.indexes.isEmpty { try addEntries(of: stored) }
    if batch.changes.count >= Self.batchChanges { try flush() }
  }

  /// Adds an item, in place of one with the same key if there is one.
  mutating func put(_ item: Item) throws(ServiceError) {
    let place = PrimaryKey.place(of: item.content, definition.key, prefix: prefix)
    var old = pending[place.key]
    if old == nil { old = try store.get(place.key) }
    if let old { try removeEntries(of: old, at: place.key) }
    let stored = ItemWriter.encode(item, size: item.sizeInBytes)
    pending[place.key] = stored
    batch.put(place.key, stored)
    contents.table.add(item.sizeInBytes, at: place.key)
    try addEntries(of: stored)
    if batch.changes.count >= Self.batchChanges { try flush() }
  }

  /// Stores what has been added.
  mutating func flush() throws(ServiceError) {
    // Each key by itself: the order of a dictionary does not matter.
    for (key, bytes) in collections {
      CollectionSize.put(try CollectionSize.read(key, from: store) + bytes, under: key, to: &batch)
    }
    collections.removeAll(keepingCapacity: true)
    try store.commit(batch)
    batch.removeAll()
    pending.removeAll(keepingCapacity: true)
  }

  private func decoded(_ stored: [UInt8]) throws(ServiceError) -> Item {
    guard let item = ItemReader.decode(stored)?.item else {
      throw .internalFailure("A stored item is damaged")
    }
    return item
  }

  private func entryKey(_ item: Item, _ index: SecondaryIndex) -> [UInt8]? {
    PrimaryKey.entryPlace(
      item, index, prefix: KeyEncoding.prefix(table: definition.number, index: index.number),
      tableKey: definition.key)?.key
  }

  private mutating func addEntries(of stored: [UInt8]) throws(ServiceError) {
    let item = try decoded(stored)
    var local = ItemReader.size(stored)
    for index in definition.indexes {
      guard let key = entryKey(item, index),
        let entry = index.schema.entry(for: item, tableKey: definition.key)
      else { continue }
      batch.put(key, ItemWriter.encode(entry))
      contents.indexes[index.number, default: .init()].add(entry.sizeInBytes, at: key)
      if !index.isGlobal { local += entry.sizeInBytes }
    }
    addToCollection(of: item, local)
  }

  private mutating func removeEntries(
    of stored: [UInt8], at key: [UInt8]
  ) throws(ServiceError) {
    contents.table.remove(ItemReader.size(stored), at: key)
    let item = try decoded(stored)
    var local = ItemReader.size(stored)
    for index in definition.indexes {
      guard let key = entryKey(item, index),
        let entry = index.schema.entry(for: item, tableKey: definition.key)
      else { continue }
      batch.delete(key)
      contents.indexes[index.number, default: .init()].remove(entry.sizeInBytes, at: key)
      if !index.isGlobal { local += entry.sizeInBytes }
    }
    addToCollection(of: item, -local)
  }

  /// Adds what an item and its entries in local indexes take.
  private mutating func addToCollection(of item: Item, _ bytes: Int) {
    guard !definition.localIndexes.isEmpty, let partition = item[definition.key.partition.name]
    else { return }
    collections[CollectionSize.key(partition, table: definition.number), default: 0] += bytes
  }
}
