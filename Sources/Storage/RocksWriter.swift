// The way of writes into RocksDB: gathered, then given to the library many at a time.
//
// The thread of the group commit gives them; so does whoever needs the library to have them, as a
// scan does, or finds no room. The journal holds them for the next start until then, except where
// no write is acknowledged before the device has it.

import CRocksDB
import Platform
import Synchronization
import Units

/// What writes go through, safe from any thread.
///
/// `@unchecked Sendable` holds because RocksDB's handles are safe from any thread, and `batch` is
/// used under `turn` only.
final class RocksWriter: @unchecked Sendable {
  /// Bytes of writes that may wait; the journal's file takes twice that.
  private static let room = 1 << 20

  private let path: String
  private let database: OpaquePointer
  private let durability: Durability
  private let writing: OpaquePointer?
  private let batch: OpaquePointer?
  private let pending: PendingWrites
  private let failed = WriteFailure()
  /// Held by who gives writes to the library.
  private let turn = Mutex(())

  /// Gives the library, first, what the journal of an earlier owner has beyond it.
  init(_ database: OpaquePointer, at path: String, _ durability: Durability) throws(StorageError) {
    self.path = path
    self.database = database
    self.durability = durability
    writing = rocksdb_writeoptions_create()
    batch = rocksdb_writebatch_create()
    let name = path + "/plimsoll.pending"
    guard durability != .sync || FileSystem.kind(of: name) == .file else {
      pending = PendingWrites(after: 0, room: Self.room, journal: nil)
      return
    }
    var journal: WriteJournal
    do throws(SystemError) { journal = try WriteJournal(name, room: Self.room) } catch {
      throw StorageError(path, error)
    }
    let missing = journal.missing(after: rocksdb_get_latest_sequence_number(database))
    if !missing.isEmpty {
      let changes = missing.flatMap(\.changes)
      let failure =
        Self.give(changes, to: database, writing, batch, path)
        ?? rocksError(path) { rocksdb_flush_wal(database, 1, $0) }
      if let failure { throw failure }
    }
    journal.forget()
    var kept: WriteJournal?
    if durability != .sync { kept = consume journal }
    pending = PendingWrites(
      after: rocksdb_get_latest_sequence_number(database), room: Self.room, journal: kept)
  }

  deinit {
    rocksdb_writeoptions_destroy(writing)
    rocksdb_writebatch_destroy(batch)
  }

  /// Why no more writes are taken, nil while all went well.
  var failure: StorageError? { failed.error }

  /// The change of `key` that the library has not got yet.
  func find(_ key: [UInt8]) -> WriteBatch.Change? { pending.find(key) }

  /// All changes that the library has not got.
  func waiting() -> [WriteBatch.Change] { pending.all() }

  /// Takes a batch; `taken` is called when later reads see it and before the next is taken.
  func add(_ batch: WriteBatch, _ taken: () -> Void) throws(StorageError) {
    while true {
      switch pending.add(batch, taken) {
      case .taken: return
      case .full: if let failure = give() { throw failure }
      case .tooLarge:
        if let failure = give() { throw failure }
        return
      }
    }
  }

  /// Gives the library all that has been taken.
  func give() -> StorageError? {
    turn.withLock { _ in
      if let failure = failed.error { return failure }
      let changes = pending.leave()
      if changes.isEmpty { return nil }
      if let failure = Self.give(changes, to: database, writing, batch, path) {
        failed.note(failure)
        return failure
      }
      pending.gone()
      return nil
    }
  }

  /// Gives the library all that has been taken, and has it on the device if the mode says so.
  func settle() -> StorageError? {
    give() ?? (durability == .none ? nil : rocksError(path) { rocksdb_flush_wal(database, 1, $0) })
  }

  private static func give(
    _ changes: [WriteBatch.Change], to database: OpaquePointer, _ writing: OpaquePointer?,
    _ batch: OpaquePointer?, _ path: String
  ) -> StorageError? {
    rocksdb_writebatch_clear(batch)
    for change in changes {
      switch change {
      case .put(let key, let value):
        key.withCharacters { key, keyCount in
          value.withCharacters { rocksdb_writebatch_put(batch, key, keyCount, $0, $1) }
        }
      case .delete(let key):
        key.withCharacters { rocksdb_writebatch_delete(batch, $0, $1) }
      }
    }
    return rocksError(path) { rocksdb_write(database, writing, batch, $0) }
  }
}
