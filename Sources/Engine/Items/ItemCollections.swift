// Sizes of item collections, and the limit on them.
//
// In a table with local indexes, the items of one partition key and their entries in local indexes
// may take 10 GB together; beyond that, writes that add are refused while reads and writes that
// shrink are not (capacity.md 1.11). Sizes lie in storage beside the items and change in the same
// batch, so they cost no memory and are right after a crash. Tables without local indexes have no
// limit and keep no sizes.

import Capacity
import DataModel
import ServiceAPI
import Storage
import Units

/// The stored sizes of item collections.
enum CollectionSize {
  /// Where the size of a collection is stored.
  static func key(_ partition: AttributeValue, table number: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    KeyEncoding.append(partition, to: &bytes)
    let prefix = KeyEncoding.collectionPrefix(table: number)
    return PrimaryKey.place(prefix: prefix, partition: bytes, sort: []).key
  }

  /// The bytes of a collection.
  static func read(_ key: [UInt8], from store: Keyspace) throws(ServiceError) -> Int {
    guard let bytes = try store.get(key) else { return 0 }
    return bytes.reduce(0) { $0 << 8 | Int($1) }
  }

  /// Makes `size` the bytes of a collection.
  static func put(_ size: Int, under key: [UInt8], to batch: inout WriteBatch) {
    if size > 0 {
      batch.put(key, (0..<8).map { UInt8(truncatingIfNeeded: size >> (56 - 8 * $0)) })
    } else {
      batch.delete(key)
    }
  }
}

/// Bytes that an item collection gains.
struct CollectionChange {
  /// Where its size is stored.
  var key: [UInt8]
  var bytes: Int
}

extension DatabaseState {
  static let collectionExceeded = ServiceError(
    "ItemCollectionSizeLimitExceededException", message: "Collection size exceeded.")

  /// Where the size of a collection is stored.
  func collectionKey(_ partition: AttributeValue, in table: Table) -> [UInt8] {
    CollectionSize.key(partition, table: table.definition.number)
  }

  /// The bytes of a collection as stored.
  func collectionSize(_ key: [UInt8]) throws(ServiceError) -> Int {
    try CollectionSize.read(key, from: store)
  }

  /// Adds what a write does to its collection.
  func addCollection(to write: inout ItemWrite) {
    let table = write.table
    guard !table.definition.localIndexes.isEmpty,
      let partition = (write.after ?? write.before)?.item[table.key.partition.name]
    else { return }
    let item = (write.after?.size ?? 0) - (write.before?.size ?? 0)
    let entries = write.indexChanges.reduce(0) { sum, change in
      table.indexes[change.index].definition.isGlobal ? sum : sum + change.bytes
    }
    write.collection = CollectionChange(
      key: collectionKey(partition, in: table), bytes: item + entries)
  }

  /// Whether a write would bring its collection beyond the limit.
  /// - Parameter earlier: what other writes of the same transaction add to collections.
  func exceedsCollection(
    _ write: ItemWrite, after earlier: [[UInt8]: Int] = [:]
  ) throws(ServiceError) -> Bool {
    guard let change = write.collection, change.bytes > 0 else { return false }
    let size = try collectionSize(change.key) + (earlier[change.key] ?? 0)
    return size + change.bytes > Int(options.collectionLimit.count)
  }

  /// Adds the new sizes of all collections that `writes` change.
  func addCollectionSizes(
    of writes: [ItemWrite], to batch: inout WriteBatch
  ) throws(ServiceError) {
    var sizes: [[UInt8]: Int] = [:]
    for case .some(let change) in writes.map(\.collection) where change.bytes != 0 {
      if sizes[change.key] == nil { sizes[change.key] = try collectionSize(change.key) }
      sizes[change.key, default: 0] += change.bytes
    }
    // Each key by itself: the order of a dictionary does not matter.
    for (key, size) in sizes { CollectionSize.put(size, under: key, to: &batch) }
  }

  /// Writes ItemCollectionMetrics of one collection, as it is now.
  func writeCollection(
    _ partition: AttributeValue, of table: Table, _ writer: inout ReplyWriter
  ) throws(ServiceError) {
    let size = try collectionSize(collectionKey(partition, in: table))
    let gigabytes = Int64(size) / ByteCount.gigabytes(1).count
    writer.beginObject()
    writer.key("ItemCollectionKey")
    writer.attributes([table.key.partition.name: partition])
    // The whole gigabytes that bound the size; how wide the service's range is, it does not say.
    writer.key("SizeEstimateRangeGB")
    writer.beginArray()
    writer.value(CapacityUnits(gigabytes))
    writer.value(CapacityUnits(gigabytes + 1))
    writer.endArray()
    writer.endObject()
  }

  /// Writes ItemCollectionMetrics of what a batch or transaction changed: by table as the request
  /// named it, each collection once.
  func writeCollections(
    _ changed: [(name: String, table: Table, key: AttributeMap)], _ writer: inout ReplyWriter
  ) throws(ServiceError) {
    let indexed = changed.filter { !$0.table.definition.localIndexes.isEmpty }
    if indexed.isEmpty { return }
    writer.key("ItemCollectionMetrics")
    writer.beginObject()
    var names: [String] = []
    for entry in indexed where !names.contains(entry.name) { names.append(entry.name) }
    for name in names {
      writer.key(name)
      writer.beginArray()
      var seen: [AttributeValue] = []
      for entry in indexed where entry.name == name {
        guard let value = entry.key[entry.table.key.partition.name], !seen.contains(value) else {
          continue
        }
        seen.append(value)
        try writeCollection(value, of: entry.table, &writer)
      }
      writer.endArray()
    }
    writer.endObject()
  }
}
