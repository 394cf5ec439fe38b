// One write of one item, whoever asked for it: the images, the storage changes, the cost.
//
// Everything about a write is known before anything is done: which entries of which indexes go and
// come, what each costs and where. PutItem, UpdateItem, DeleteItem, batches and transactions differ
// in how they find the image after, and in what happens when capacity refuses.

import Capacity
import DataModel
import ServiceAPI
import Storage

/// A write worked out, not yet done.
struct ItemWrite {
  var table: Table
  var place: ItemPlace
  var before: StoredItem?
  var after: StoredItem?
  var charge: WriteCharge
  var origin = ChangeOrigin.client
  /// Global indexes that the write costs something, with the places to ask at.
  var indexTouches: [IndexTouch] = []
  /// What becomes of every index's counts.
  var indexChanges: [IndexChange] = []
  /// The item collection that grows or shrinks, of a table with local indexes.
  var collection: CollectionChange?
  /// Changes of the item and its index entries in storage.
  var batch = WriteBatch()

  /// A global index's part in a write.
  struct IndexTouch {
    var index: Int
    var position: UInt64
    var units: CapacityUnits
  }

  /// An entry with its place among the partitions of its index.
  struct PlacedEntry {
    var position: UInt64
    var bytes: Int
  }

  /// The entry that an index loses and the one that it gains.
  struct IndexChange {
    var index: Int
    var lost: PlacedEntry?
    var gained: PlacedEntry?

    var items: Int { (gained == nil ? 0 : 1) - (lost == nil ? 0 : 1) }
    var bytes: Int { (gained?.bytes ?? 0) - (lost?.bytes ?? 0) }
  }
}

extension DatabaseState {
  /// The stored item at a place.
  func stored(at place: ItemPlace) throws(ServiceError) -> StoredItem? {
    guard let bytes = try store.get(place.key) else { return nil }
    guard let item = ItemReader.decode(bytes) else {
      throw .internalFailure("A stored item is damaged")
    }
    return item
  }

  /// The size alone of what is stored at a place, as an item without attributes. For writes that
  /// need no image: no condition, no index, nothing returned.
  func storedSize(at place: ItemPlace) throws(ServiceError) -> StoredItem? {
    try store.get(place.key).map { StoredItem(item: Item(), size: ItemReader.size($0)) }
  }

  /// Works out the write that replaces `before` with `after` at `place`.
  func write(
    _ table: Table, at place: ItemPlace, from before: StoredItem?, to after: Item?
  ) -> ItemWrite {
    let image = after.map { StoredItem(item: $0, size: $0.sizeInBytes) }
    let charge =
      table.indexes.isEmpty
      ? WriteCharge(table: WriteCost.writeUnits(before: before?.size, after: image?.size))
      : WriteCost.charge(before: before?.item, after: after, schema: table.schema)
    var write = ItemWrite(
      table: table, place: place, before: before, after: image, charge: charge)
    if let image {
      write.batch.put(place.key, ItemWriter.encode(image.item, size: image.size))
    } else if before != nil {
      write.batch.delete(place.key)
    }
    for index in table.indexes.indices { addIndex(index, to: &write) }
    addCollection(to: &write)
    return write
  }

  private func addIndex(_ index: Int, to write: inout ItemWrite) {
    let table = write.table
    let running = table.indexes[index]
    guard running.clock.status != .deleting else { return }
    let old = write.before.flatMap { PrimaryKey.entryPlace($0.item, running, in: table) }
    let new = write.after.flatMap { PrimaryKey.entryPlace($0.item, running, in: table) }
    guard old != nil || new != nil else { return }
    if let old, old != new { write.batch.delete(old.key) }
    let gone = write.before.flatMap { running.schema.entry(for: $0.item, tableKey: table.key) }
    let come = write.after.flatMap { running.schema.entry(for: $0.item, tableKey: table.key) }
    if let new, let come { write.batch.put(new.key, ItemWriter.encode(come)) }
    func placed(_ place: ItemPlace?, _ entry: Item?) -> ItemWrite.PlacedEntry? {
      guard let place, let entry else { return nil }
      return ItemWrite.PlacedEntry(position: place.position, bytes: entry.sizeInBytes)
    }
    write.indexChanges.append(
      ItemWrite.IndexChange(index: index, lost: placed(old, gone), gained: placed(new, come)))
    let globals = write.charge.globalIndexes
    guard index < globals.count, globals[index] > .zero, let place = new ?? old else { return }
    write.indexTouches.append(
      ItemWrite.IndexTouch(index: index, position: place.position, units: globals[index]))
  }

  /// Whether every touched index admits the write; the table is asked before its item is read.
  func askIndexes(_ write: ItemWrite) -> Throttle? {
    for touch in write.indexTouches {
      if let throttle = ask(write.table, index: touch.index, .write, position: touch.position) {
        return throttle
      }
    }
    return nil
  }

  /// Does a stored write's books: capacity taken, counts and sizes kept.
  func settleBooks(_ write: ItemWrite) {
    let table = write.table
    take(write.charge.fromTable, .write, from: table, at: write.place)
    for touch in write.indexTouches {
      table.indexes[touch.index].admission?.consume(
        .write, units: touch.units, position: touch.position, at: now)
      if table.insights != nil { noteInsights(write, touch) }
    }
    count(write)
  }

  /// Counts what a write has consumed of an index under the key that it consumed it for.
  private func noteInsights(_ write: ItemWrite, _ touch: ItemWrite.IndexTouch) {
    let running = write.table.indexes[touch.index]
    let name = running.definition.name
    guard write.table.insights?[name] != nil else { return }
    let places = [write.after, write.before].compactMap { image in
      image.flatMap { PrimaryKey.entryPlace($0.item, running, in: write.table) }
    }
    guard let place = places.first else { return }
    write.table.insights?[name]?.consumed(touch.units, .write, by: place.key)
  }

  /// Keeps counts and sizes; takes no capacity.
  func count(_ write: ItemWrite) {
    let table = write.table
    let bytes = (write.after?.size ?? 0) - (write.before?.size ?? 0)
    table.itemCount += (write.after == nil ? 0 : 1) - (write.before == nil ? 0 : 1)
    table.byteCount += bytes
    table.admission.addBytes(Int64(bytes), position: write.place.position)
    for change in write.indexChanges {
      table.indexes[change.index].itemCount += change.items
      table.indexes[change.index].byteCount += change.bytes
      if let lost = change.lost {
        table.indexes[change.index].admission?.addBytes(
          -Int64(lost.bytes), position: lost.position)
      }
      if let gained = change.gained {
        table.indexes[change.index].admission?.addBytes(
          Int64(gained.bytes), position: gained.position)
      }
    }
  }

  /// Asks the indexes and the item collection, and writes.
  func perform(_ write: consuming ItemWrite) throws(ServiceError) {
    if let throttle = askIndexes(write) { throw error(throttle, of: write.table) }
    if try exceedsCollection(write) { throw Self.collectionExceeded }
    try commit([write])
  }
}
