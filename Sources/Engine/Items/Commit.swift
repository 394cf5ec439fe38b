// The one place where changes of items become stored: every operation's writes end here.
//
// What a commit holds is seen whole: the images before and after of each item (`ItemWrite.before`,
// `.after`), in the order in which they take effect. What must be stored together with the items
// (entries of indexes, sizes of item collections, a transaction's token, the log for recovery,
// stream records) goes into the same atomic batch; what follows from them (copies that lag, the
// books) comes after it. Writes whose request needs no images hold sizes alone, see `storedSize`
// and `PlainRequest`.

import ServiceAPI
import Storage

extension DatabaseState {
  /// Stores `writes`, which are of different items, and `more` in one atomic batch, and does their
  /// books. When it throws, nothing is stored and nothing is booked.
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
    let described = follow(writes, in: &batch)
    let replaced = try imagesForCopies(of: writes)
    try store.commit(batch)
    for stream in described { stream.isSaved = true }
    if let replaced { keep(replaced, of: writes) }
    // The service deletes expired items for free.
    for write in writes where write.origin == .client { settleBooks(write) }
    for write in writes where write.origin == .expiry { count(write) }
  }
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
