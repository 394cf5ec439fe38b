// Deleting what has expired: free of capacity, some time after the moment the item names.
//
// Beside the items stands a queue in storage, ordered by the time an item is due: the second that
// its attribute names, and a lag drawn for that item and second (features.md 3.3: the service
// deletes within a few days). Entries are written in the batch of the item. What comes out of the
// queue is looked at again, so an entry that is out of date does nothing. Until then an expired
// item is an item like others.

import Capacity
import DataModel
import Randomness
import ServiceAPI
import Storage
import Units

extension DatabaseState {
  /// Values further in the past are taken for mistakes: five years, in seconds.
  private static let oldestExpiry: Int64 = 5 * 365 * 86_400

  /// What the keys of a table's queue begin with.
  static func expiryPrefix(_ table: Table) -> [UInt8] {
    [KeyEncoding.expirySpace] + table.prefix[1..<5]
  }

  /// Seconds since 1970 at which an item expires; nil: never.
  static func expiry(of item: Item?, by name: String) -> Int64? {
    guard case .number(let number)? = item?[name] else { return nil }
    return Int64(number.text.prefix { $0 != "." })
  }

  private func isTooOld(_ expiry: Int64) -> Bool {
    expiry < wallMilliseconds / 1_000 - Self.oldestExpiry
  }

  /// The queue's entry for an item that expires; nil for one that never will.
  private func expiryEntry(_ item: Item?, _ key: [UInt8], _ table: Table) -> KeyValue? {
    guard let name = table.definition.timeToLiveAttribute,
      let expiry = Self.expiry(of: item, by: name), expiry > 0, expiry < .max / 2_000
    else { return nil }
    let stream = StreamKey(seed: options.lagSeed).child("expiry")
    var generator = stream.generator(
      at: KeyEncoding.hash(key) &+ UInt64(bitPattern: expiry))
    let lag = options.expiryLag.draw(&generator).count / 1_000_000
    var entry = Self.expiryPrefix(table)
    KeyEncoding.appendHash(UInt64(bitPattern: expiry * 1_000 + lag), to: &entry)
    entry.append(contentsOf: key.dropFirst(table.prefix.count))
    var value: [UInt8] = []
    KeyEncoding.appendHash(UInt64(bitPattern: expiry), to: &value)
    return KeyValue(key: entry, value: value)
  }

  /// Adds what a write changes in the queue.
  func followExpiry(_ write: ItemWrite, _ batch: inout WriteBatch) {
    guard write.table.definition.timeToLiveAttribute != nil else { return }
    let old = expiryEntry(write.before?.item, write.place.key, write.table)
    let new = expiryEntry(write.after?.item, write.place.key, write.table)
    if old == new { return }
    if let old { batch.delete(old.key) }
    if let new { batch.put(new.key, new.value) }
  }

  /// Fills the queue from the items.
  func scheduleExpiries(of table: Table) throws(ServiceError) {
    var lower = table.prefix
    let upper = KeyScan.successor(ofPrefix: table.prefix)
    while true {
      var batch = WriteBatch()
      var last: [UInt8]?
      try store.scan(KeyScan(from: lower, to: upper, limit: 1_000)) { key, value in
        last = key
        let item = ItemReader.decode(value)?.item
        if let entry = expiryEntry(item, key, table) { batch.put(entry.key, entry.value) }
        return true
      }
      try store.commit(batch)
      guard let last else { return }
      lower = KeyScan.successor(of: last)
    }
  }

  // MARK: Deleting

  /// Deletes items whose time has come; false when `most` entries were not enough.
  func expire(most: Int) throws(ServiceError) -> Bool {
    var left = most
    let expiring = tables.values.filter {
      $0.definition.timeToLiveAttribute != nil && $0.inaccessibleSince == nil
    }
    for table in expiring.sorted(by: { $0.definition.number < $1.definition.number }) {
      guard left > 0 else { return false }
      left -= try expire(table, most: left)
    }
    return left > 0
  }

  /// Takes at most `most` entries out of a table's queue; returns how many.
  private func expire(_ table: Table, most: Int) throws(ServiceError) -> Int {
    let prefix = Self.expiryPrefix(table)
    var upper = prefix
    KeyEncoding.appendHash(UInt64(bitPattern: wallMilliseconds + 1), to: &upper)
    var due: [KeyValue] = []
    try store.scan(KeyScan(from: prefix, to: upper, limit: most)) { key, value in
      due.append(KeyValue(key: key, value: value))
      return true
    }
    if due.isEmpty { return 0 }
    var batch = WriteBatch()
    var writes: [ItemWrite] = []
    var keys: Set<[UInt8]> = []
    for entry in due {
      batch.delete(entry.key)
      let key = table.prefix + entry.key.dropFirst(prefix.count + 8)
      guard let write = try deletion(of: key, in: table, entry), keys.insert(key).inserted else {
        continue
      }
      writes.append(write)
    }
    try commit(writes, with: batch)
    table.expiredItems += Int64(writes.count)
    return due.count
  }

  /// The deletion of an item that still expires when its entry says.
  private func deletion(
    of key: [UInt8], in table: Table, _ entry: KeyValue
  ) throws(ServiceError) -> ItemWrite? {
    guard let name = table.definition.timeToLiveAttribute, let bytes = try store.get(key),
      let stored = ItemReader.decode(bytes)
    else { return nil }
    let expiry = Int64(bitPattern: entry.value.reduce(0) { $0 << 8 | UInt64($1) })
    guard Self.expiry(of: stored.item, by: name) == expiry, !isTooOld(expiry) else { return nil }
    // Of a global table's regions the one that wrote the item last deletes it.
    if let global = table.definition.global,
      let writer = try version(of: key, in: table)?.region, writer != options.region,
      global.replicas.contains(where: { $0.region == writer })
    {
      return nil
    }
    let place = PrimaryKey.place(of: stored.item.content, in: table)
    var write = write(table, at: place, from: stored, to: nil)
    write.origin = .expiry
    return write
  }
}
