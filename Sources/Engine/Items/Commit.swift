// The one place where changes of items become stored: every operation's writes end here.
//
// What a commit holds is seen whole: the images before and after of each item (`ItemWrite.before`,
// `.after`), in the order in which they take effect. What must be stored together with the items
// (entries of indexes, sizes of item collections, a transaction's token, the log for recovery,
// stream records, changes for other regions) goes into the same atomic batch; what follows from
// them (copies that lag, the books) comes after it. Writes whose request needs no images hold sizes
// alone, see `storedSize` and `PlainWrite`.

import Capacity
import ServiceAPI
import Storage

extension DatabaseState {
  /// Stores `writes`, which are of different items, and `more` in one atomic batch, and does their
  /// books. When it throws, nothing is booked that is not stored: a failing store may have taken
  /// the batch and lost the answer, so it is asked; the client cannot know and repeats.
  func commit(_ writes: [ItemWrite], with more: WriteBatch? = nil) throws(ServiceError) {
    var batch: WriteBatch
    if writes.count == 1 {
      batch = writes[0].batch
    } else {
      batch = WriteBatch()
      for write in writes { batch.append(write.batch) }
    }
    try addCollectionSizes(of: writes, to: &batch)
    if let more { batch.append(more) }
    try remember(writes, in: &batch)
    let described = try follow(writes, in: &batch)
    let replaced = try imagesForCopies(of: writes)
    let stored = StoredWrites(writes: writes, described: described, replaced: replaced)
    try keep(batch) { finish(stored) }
  }

  /// The short way for one item of a table that has no indexes and that nothing follows.
  func commit(_ write: PlainWrite) throws(ServiceError) {
    if case .memory(let memory) = store.store {
      let before: [UInt8]?
      do throws(StorageError) {
        before = try memory.exchange(write.place.key, write.stored)
      } catch {
        throw Keyspace.failure(error)
      }
      return settle(write, before: before.map(ItemReader.size))
    }
    let before = try store.get(write.place.key).map(ItemReader.size)
    var batch = WriteBatch()
    batch.put(write.place.key, write.stored)
    try keep(batch) { settle(write, before: before) }
  }

  /// The books of a plain write.
  private func settle(_ write: PlainWrite, before: Int?) {
    let table = write.table
    take(
      WriteCost.writeUnits(before: before, after: write.size), .write, from: table,
      at: write.place)
    let bytes = write.size - (before ?? 0)
    if before == nil { table.itemCount += 1 }
    table.byteCount += bytes
    table.admission.addBytes(Int64(bytes), position: write.place.position)
  }

  /// Stores a batch and does what follows.
  private func keep(_ batch: WriteBatch, _ finish: () -> Void) throws(ServiceError) {
    do throws(ServiceError) {
      try store.commit(batch)
    } catch {
      hasLostAnswer = true
      if hasTakenEffect(batch) { finish() }
      throw error
    }
    finish()
  }

  /// What follows when writes are stored.
  private func finish(_ stored: StoredWrites) {
    for stream in stored.described { stream.isSaved = true }
    if let replaced = stored.replaced { keep(replaced, of: stored.writes) }
    for write in stored.writes {
      switch write.origin {
      case .client, .replica:
        settleBooks(write)
        if write.table.definition.global != nil {
          write.table.replicatedUnits += write.charge.fromTable
        }
      // The service deletes expired items for free, and fills new replicas so.
      case .expiry, .copy: count(write)
      }
    }
  }

  private func hasTakenEffect(_ batch: WriteBatch) -> Bool {
    for change in batch.changes {
      let stored: [UInt8]?
      do throws(ServiceError) { stored = try store.get(change.key) } catch { return false }
      switch change {
      case .put(_, let value): if stored != value { return false }
      case .delete: if stored != nil { return false }
      }
    }
    return true
  }
}

/// The replacement of an item of which only the sizes matter.
struct PlainWrite {
  var table: Table
  var place: ItemPlace
  /// As the service counts it.
  var size: Int
  var stored: [UInt8]
}

/// Writes on their way into storage, with what is to be told when they are there.
private struct StoredWrites {
  var writes: [ItemWrite]
  /// Streams whose descriptions are in the batch.
  var described: [TableStream]
  /// Images that copies still show.
  var replaced: [[[UInt8]?]]?
}

extension WriteBatch {
  /// Adds the changes of another batch behind these.
  mutating func append(_ other: WriteBatch) {
    for change in other.changes {
      switch change {
      case .put(let key, let value): put(key, value)
      case .delete(let key): delete(key)
      }
    }
  }
}
