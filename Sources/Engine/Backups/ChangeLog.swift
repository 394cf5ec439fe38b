// The log behind point-in-time recovery: for every change of an item, what it replaced.
//
//   space | table number | 0 0 | milliseconds since 1970 | sequence number
//     -> 1 or 0: was there an item | length of its key | its key behind the table's prefix | item
//
// An entry is written in the batch of the change itself, so log and table never disagree. A past
// moment is the table of today with the oldest image since that moment in place of every item that
// has changed since; nothing else need be kept, and entries older than the recovery period go.

import DataModel
import ServiceAPI
import Storage

/// What point-in-time recovery of a table was switched on with.
struct RecoverySetting: Hashable, Sendable {
  var enabledAtMilliseconds: Int64
  var days: Int
}

/// From when to when a table can be restored, in milliseconds since 1970.
struct RecoverySpan {
  static let longestDays = 35
  static let longestMilliseconds = Int64(longestDays) * 86_400_000

  var earliest: Int64
  var latest: Int64
}

/// One change: the image that it replaced.
struct LoggedChange {
  /// The item's key behind the table's prefix.
  var suffix: [UInt8]
  /// nil: there was no item.
  var before: [UInt8]?

  var bytes: [UInt8] {
    var bytes: [UInt8] = [before == nil ? 0 : 1]
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: suffix.count >> shift)) }
    return bytes + suffix + (before ?? [])
  }

  init(suffix: [UInt8], before: [UInt8]?) {
    self.suffix = suffix
    self.before = before
  }

  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 5 else { return nil }
    let length = bytes[1...4].reduce(0) { $0 << 8 | Int($1) }
    guard bytes.count >= 5 + length else { return nil }
    suffix = Array(bytes[5..<(5 + length)])
    before = bytes[0] == 0 ? nil : Array(bytes[(5 + length)...])
  }

  /// What the keys of a table's log begin with.
  static func prefix(table: UInt32) -> [UInt8] {
    var key = KeyEncoding.prefix(table: table, index: 0)
    key[0] = KeyEncoding.changeLogSpace
    return key
  }

  /// The first key of a millisecond.
  static func key(table: UInt32, milliseconds: Int64, sequence: UInt64? = nil) -> [UInt8] {
    var key = prefix(table: table)
    KeyEncoding.appendHash(UInt64(max(0, milliseconds)), to: &key)
    if let sequence { KeyEncoding.appendHash(sequence, to: &key) }
    return key
  }
}

extension DatabaseState {
  /// Adds what writes replace to the logs of tables that can be restored.
  func remember(_ writes: [ItemWrite], in batch: inout WriteBatch) throws(ServiceError) {
    for write in writes where write.table.definition.recovery != nil {
      // Plain writes come here by themselves; nothing else might ever prune.
      try pruneChangeLogs()
      let before = try store.get(write.place.key)
      if before == nil, write.after == nil { continue }
      let change = LoggedChange(
        suffix: Array(write.place.key.dropFirst(write.table.prefix.count)), before: before)
      changeSequence += 1
      let key = LoggedChange.key(
        table: write.table.definition.number, milliseconds: wallMilliseconds,
        sequence: changeSequence)
      batch.put(key, change.bytes)
    }
  }

  /// Removes what no restore can need any more, a little at a time. Once a minute.
  func pruneChangeLogs() throws(ServiceError) {
    let minute = wallMilliseconds / 60_000
    guard minute != lastPruning else { return }
    lastPruning = minute
    for name in tables.keys.sorted() {
      guard let table = tables[name], let span = recoverySpan(of: table) else { continue }
      let number = table.definition.number
      try store.clear(
        from: LoggedChange.prefix(table: number),
        to: LoggedChange.key(table: number, milliseconds: span.earliest), atMost: 10_000)
    }
    for backup in backups.values.sorted(by: { $0.number < $1.number })
    where backup.kind == .system
      && backup.createdAtMilliseconds + RecoverySpan.longestMilliseconds < wallMilliseconds
    {
      try remove(backup)
    }
  }

  /// From when to when a table can be restored; nil when recovery is off. The service's latest
  /// moment is about five minutes ago; here it is now.
  func recoverySpan(of table: Table) -> RecoverySpan? {
    guard let setting = table.definition.recovery else { return nil }
    let period = Int64(setting.days) * 86_400_000
    return RecoverySpan(
      earliest: max(setting.enabledAtMilliseconds, wallMilliseconds - period),
      latest: wallMilliseconds)
  }
}

/// A table as it was at a moment.
struct PastCut: Sendable {
  var table: UInt32
  /// Milliseconds since 1970; changes of this millisecond belong to the cut.
  var moment: Int64
  var view: KeyspaceView

  /// Visits the items, keys without the table's prefix. Memory: the keys changed since.
  func visit(
    _ body: (_ suffix: [UInt8], _ stored: [UInt8]) throws(ServiceError) -> Void
  ) throws(ServiceError) {
    let before = try changedSince()
    let prefix = KeyEncoding.prefix(table: table, index: 0)
    try DatabaseState.each(under: prefix, of: view) { (suffix, stored) throws(ServiceError) in
      if before[suffix] == nil { try body(suffix, stored) }
    }
    for (suffix, image) in before.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      if let image { try body(suffix, image) }
    }
  }

  /// The images at the moment of all items that have changed since.
  func changedSince() throws(ServiceError) -> [[UInt8]: [UInt8]?] {
    var images: [[UInt8]: [UInt8]?] = [:]
    var isDamaged = false
    let prefix = LoggedChange.prefix(table: table)
    let range = KeyScan(
      from: LoggedChange.key(table: table, milliseconds: moment + 1),
      to: KeyScan.successor(ofPrefix: prefix))
    try view.scan(range) { _, value in
      guard let change = LoggedChange(value) else {
        isDamaged = true
        return false
      }
      if images[change.suffix] == nil { images[change.suffix] = .some(change.before) }
      return true
    }
    if isDamaged { throw .internalFailure("The change log is damaged") }
    return images
  }
}
