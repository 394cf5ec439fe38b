// Reads from a copy and writes that reach the copies late.
//
// Without lag there is no history and every read goes straight to the store. Strong and
// transactional reads, conditions and updates never look here: they see the newest image.
// The store gets an item and its entries in one atomic batch whatever the copies show.

import Capacity
import ServiceAPI
import Storage

extension DatabaseState {
  /// The copy that answers a read; nil: the newest image does.
  func replica(for consistency: ReadConsistency) -> Replica? {
    consistency == .eventual ? history?.chooseReplica() : nil
  }

  /// What `replica` holds under a key.
  func image(under key: [UInt8], on replica: Replica?) throws(ServiceError) -> [UInt8]? {
    if let replica, let past = history?.image(under: key, on: replica, at: now) {
      return past.bytes
    }
    return try store.get(key)
  }

  /// The item that `replica` holds at a place.
  func stored(at place: ItemPlace, on replica: Replica?) throws(ServiceError) -> StoredItem? {
    guard let bytes = try image(under: place.key, on: replica) else { return nil }
    guard let item = ItemReader.decode(bytes) else {
      throw .internalFailure("A stored item is damaged")
    }
    return item
  }

  /// Visits the pairs that `replica` holds within the bounds of `scan`, until `visit` answers
  /// false: the store's, with images of the copy in their places.
  func scan(
    _ scan: KeyScan, on replica: Replica?, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> Bool
  ) throws(ServiceError) {
    guard let replica, let touched = history?.keys(in: scan), !touched.isEmpty else {
      return try store.scan(scan, visit)
    }
    let isForward = scan.direction == .ascending
    var next = 0
    var goesOn = true
    try store.scan(scan) { key, value in
      while goesOn, next < touched.count {
        let candidate = touched[next]
        let isBefore =
          isForward
          ? candidate.lexicographicallyPrecedes(key) : key.lexicographicallyPrecedes(candidate)
        guard isBefore else { break }
        next += 1
        // The store has nothing here any more; the copy may.
        let past = history?.image(under: candidate, on: replica, at: now)
        if let bytes = past?.bytes { goesOn = visit(candidate, bytes) }
      }
      guard goesOn else { return false }
      if next < touched.count, touched[next] == key {
        next += 1
        if let past = history?.image(under: key, on: replica, at: now) {
          if let bytes = past.bytes { goesOn = visit(key, bytes) }
          return goesOn
        }
      }
      goesOn = visit(key, value)
      return goesOn
    }
    while goesOn, next < touched.count {
      let past = history?.image(under: touched[next], on: replica, at: now)
      if let bytes = past?.bytes { goesOn = visit(touched[next], bytes) }
      next += 1
    }
  }

  /// What the changes of `writes` are about to replace, in their order; nil when no copy lags.
  func imagesForCopies(of writes: [ItemWrite]) throws(ServiceError) -> [[[UInt8]?]]? {
    if history == nil { return nil }
    var replaced: [[[UInt8]?]] = []
    for write in writes {
      var images: [[UInt8]?] = []
      for change in write.batch.changes { images.append(try store.get(change.key)) }
      replaced.append(images)
    }
    return replaced
  }

  /// Keeps what stored writes replaced for the copies that get them late.
  func keep(_ replaced: [[[UInt8]?]], of writes: [ItemWrite]) {
    for (write, images) in zip(writes, replaced) { keep(images, of: write) }
    history?.sweep(at: now)
  }

  /// Keeps the images that the changes of a write replaced, in the order of the changes.
  private func keep(_ images: [[UInt8]?], of write: ItemWrite) {
    let globals = write.table.indexes.filter(\.definition.isGlobal).map(\.prefix)
    var landings: [(prefix: [UInt8], landing: Landing)] = []
    for (change, image) in zip(write.batch.changes, images) {
      let global = globals.first { change.key.starts(with: $0) }
      let lags = global == nil ? history?.tablesLag : history?.indexesLag
      guard lags == true else { continue }
      // The table and its local indexes land together, every global index by itself.
      let prefix = global ?? write.table.prefix
      var landing = landings.first { $0.prefix == prefix }?.landing
      if landing == nil {
        landing = history?.land(prefix + write.place.key, isIndex: global != nil, at: now)
        if let landing { landings.append((prefix, landing)) }
      }
      if let landing { history?.keep(image, under: change.key, until: landing) }
    }
  }
}
