// The store on disk: RocksDB through its C API.
//
// Chosen for atomic batches, snapshots, checkpoints by hard links and no limit on key lengths
// (engine-spikes.md section 4). One process owns a directory: a lock file names the owner, so that
// a second one gets a clear error. Not a general wrapper: one column family, one comparator
// (bytes), the options of `RocksSettings`.

import CRocksDB
import Platform
import Synchronization
import Units

/// An ordered map in a directory, safe from any thread.
///
/// `@unchecked Sendable` holds because RocksDB's handles are safe from any thread (rocksdb/db.h)
/// and are destroyed only by `close`, which waits until no call is inside.
public final class RocksStore: KeyValueStore, @unchecked Sendable {
  public let path: String
  private let settings: RocksSettings
  private let database: OpaquePointer
  private let reading: OpaquePointer?
  private let lock: Mutex<FileDescriptor?>
  private let entrance = Entrance()
  private let commits: GroupCommit
  private let writer: RocksWriter
  private let recent: RecentValues?

  /// Opens the store in the directory at `path`, made if absent.
  public init(at path: String, _ settings: RocksSettings = RocksSettings()) throws(StorageError) {
    self.path = path
    self.settings = settings
    recent = settings.recent > .zero ? RecentValues(budget: Int(settings.recent.count)) : nil
    do throws(SystemError) { try FileSystem.makeDirectory(path) } catch {
      throw StorageError(path, error)
    }
    lock = Mutex(try Self.takeLock(path))
    let options = rocksOptions(settings)
    defer { rocksdb_options_destroy(options) }
    var opened: OpaquePointer?
    let failure = rocksError(path) { opened = rocksdb_open(options, path, $0) }
    if let failure { throw failure }
    guard let opened else { throw StorageError(.failed, path: path, detail: "not opened") }
    let writer: RocksWriter
    do throws(StorageError) {
      writer = try RocksWriter(opened, at: path, settings.durability)
    } catch {
      rocksdb_close(opened)
      throw error
    }
    self.writer = writer
    database = opened
    reading = rocksdb_readoptions_create()
    let interval = settings.durability == .sync ? .zero : settings.groupCommitInterval
    commits = GroupCommit(every: interval) { writer.settle() }
    do throws(SystemError) { try commits.start() } catch { throw StorageError(path, error) }
  }

  deinit { try? close() }

  /// Whether a store lies in the folder at `path`: `init` makes one where there is none.
  public static func exists(at path: String) -> Bool {
    FileSystem.kind(of: path + "/CURRENT") == .file
  }

  /// Becomes the one owner of the directory, or says who is.
  private static func takeLock(_ path: String) throws(StorageError) -> FileDescriptor {
    var owner: [UInt8] = []
    do throws(SystemError) {
      let file = try FileDescriptor(opening: path + "/plimsoll.lock", for: .update)
      if try file.lockExclusively() {
        try file.truncate()
        try file.write(Array("\(ProcessLimits.processID)".utf8))
        return file
      }
      _ = try file.read(32, into: &owner)
    } catch { throw StorageError(path, error) }
    let name =
      owner.isEmpty ? "another process" : "process " + String(decoding: owner, as: UTF8.self)
    throw StorageError(
      .inUse, path: path,
      detail: "\(name) has it open; stop that process or use another directory")
  }

  private var closed: StorageError { StorageError(.closed, path: path, detail: "") }

  // MARK: Reading

  public func get(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
    guard entrance.enter() else { throw closed }
    defer { entrance.leave() }
    guard let recent else { return try getNewest(key) }
    switch recent.find(key) {
    case .value(let value): return value
    case .nothing(let ticket):
      let value = try getNewest(key)
      if let value { recent.keep(value, under: key, ticket) }
      return value
    }
  }

  private func getNewest(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
    switch writer.find(key) {
    case .put(_, let value): value
    case .delete: nil
    case nil: try get(key, reading)
    }
  }

  fileprivate func get(
    _ key: [UInt8], _ options: OpaquePointer?
  ) throws(StorageError) -> [UInt8]? {
    var slice: OpaquePointer?
    let failure = rocksError(path) { error in
      key.withCharacters { slice = rocksdb_get_pinned(database, options, $0, $1, error) }
    }
    if let failure { throw failure }
    guard let slice else { return nil }
    defer { rocksdb_pinnableslice_destroy(slice) }
    var count = 0
    let start = rocksdb_pinnableslice_value(slice, &count)
    return [UInt8](copying: start, count)
  }

  public func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError) {
    guard entrance.enter() else { throw closed }
    defer { entrance.leave() }
    if writer.give() == nil {
      try self.scan(scan, nil, visit)
    } else {
      // Writes are refused from now on; what had been taken is read from where it waits.
      try scan.merging(writer.waiting(), visit) { wide, visit throws(StorageError) in
        try self.scan(wide, nil, visit)
      }
    }
  }

  fileprivate func scan(
    _ scan: KeyScan, _ snapshot: OpaquePointer?,
    _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError) {
    guard !scan.isEmpty else { return }
    let failure = scan.lower.withCharacters { lower, lowerCount in
      (scan.upper ?? []).withCharacters { upper, upperCount in
        let options = rocksdb_readoptions_create()
        defer { rocksdb_readoptions_destroy(options) }
        if let snapshot { rocksdb_readoptions_set_snapshot(options, snapshot) }
        // The bounds spare the search through deleted keys beyond them.
        if lowerCount > 0 {
          rocksdb_readoptions_set_iterate_lower_bound(options, lower, lowerCount)
        }
        if scan.upper != nil {
          rocksdb_readoptions_set_iterate_upper_bound(options, upper, upperCount)
        }
        let iterator = rocksdb_create_iterator(database, options)
        defer { rocksdb_iter_destroy(iterator) }
        return walk(iterator, scan, visit)
      }
    }
    if let failure { throw failure }
  }

  private func walk(
    _ iterator: OpaquePointer?, _ scan: KeyScan,
    _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) -> StorageError? {
    switch scan.direction {
    case .ascending: rocksdb_iter_seek_to_first(iterator)
    case .descending: rocksdb_iter_seek_to_last(iterator)
    }
    var rest = scan.limit
    while rest > 0, rocksdb_iter_valid(iterator) != 0 {
      var keyCount = 0
      let key = rocksdb_iter_key(iterator, &keyCount)
      var valueCount = 0
      let value = rocksdb_iter_value(iterator, &valueCount)
      let step = visit([UInt8](copying: key, keyCount), [UInt8](copying: value, valueCount))
      if step == .stop { break }
      rest -= 1
      switch scan.direction {
      case .ascending: rocksdb_iter_next(iterator)
      case .descending: rocksdb_iter_prev(iterator)
      }
    }
    return rocksError(path) { rocksdb_iter_get_error(iterator, $0) }
  }

  public func view() throws(StorageError) -> RocksView {
    guard entrance.enter() else { throw closed }
    defer { entrance.leave() }
    if let failure = writer.give() { throw failure }
    return RocksView(self, rocksdb_create_snapshot(database))
  }

  // MARK: Writing

  public func write(_ batch: WriteBatch) throws(StorageError) {
    try append(batch)
    if let failure = waitUntilDurable(mark) { throw failure }
  }

  public var mark: WriteMark {
    guard settings.durability == .sync else { return .none }
    return WriteMark(number: commits.mark)
  }

  public func isDurable(_ mark: WriteMark) -> Bool {
    mark == .none || commits.isDurable(mark.number)
  }

  public func whenDurable(_ mark: WriteMark, _ call: @escaping @Sendable (StorageError?) -> Void) {
    guard mark != .none else { return call(nil) }
    commits.whenDurable(mark.number, call)
  }

  public func append(_ batch: WriteBatch) throws(StorageError) {
    guard entrance.enter() else { throw closed }
    defer { entrance.leave() }
    if let failure = writer.failure ?? commits.failure { throw failure }
    try writer.add(batch) { recent?.replace(batch) }
    commits.note()
  }

  public func flush() throws(StorageError) {
    guard entrance.enter() else { throw closed }
    defer { entrance.leave() }
    if let failure = commits.failure ?? flushed() { throw failure }
  }

  /// Gives the library what waits and has all on the device.
  private func flushed() -> StorageError? {
    writer.give() ?? rocksError(path) { rocksdb_flush_wal(database, 1, $0) }
  }

  public func checkpoint(to target: String) throws(StorageError) {
    guard entrance.enter() else { throw closed }
    defer { entrance.leave() }
    if let failure = writer.give() { throw failure }
    var maker: OpaquePointer?
    var failure = rocksError(path) { maker = rocksdb_checkpoint_object_create(database, $0) }
    if let failure { throw failure }
    defer { rocksdb_checkpoint_object_destroy(maker) }
    failure = rocksError(target) { rocksdb_checkpoint_create(maker, target, 0, $0) }
    if let failure { throw failure }
  }

  // MARK: Closing

  public func close() throws(StorageError) {
    guard entrance.shut() else { return }
    commits.stop()
    let failure = commits.failure ?? flushed()
    rocksdb_readoptions_destroy(reading)
    rocksdb_close(database)
    lock.withLock {
      $0?.unlock()
      $0 = nil
    }
    if let failure { throw failure }
  }

  fileprivate func read<R>(
    _ body: (RocksStore) throws(StorageError) -> R
  ) throws(StorageError) -> R {
    guard entrance.enter() else { throw closed }
    defer { entrance.leave() }
    return try body(self)
  }

  fileprivate func release(_ snapshot: OpaquePointer?) {
    guard entrance.enter() else { return }
    defer { entrance.leave() }
    rocksdb_release_snapshot(database, snapshot)
  }
}

/// A store on disk as it was at one moment; unreadable after the store is closed.
///
/// `@unchecked Sendable` holds because a snapshot handle is immutable; it is released once, when
/// the last reference to the view goes.
public final class RocksView: KeyValueReader, @unchecked Sendable {
  private let store: RocksStore
  private let snapshot: OpaquePointer?
  private let reading: OpaquePointer?

  fileprivate init(_ store: RocksStore, _ snapshot: OpaquePointer?) {
    self.store = store
    self.snapshot = snapshot
    reading = rocksdb_readoptions_create()
    rocksdb_readoptions_set_snapshot(reading, snapshot)
  }

  deinit {
    rocksdb_readoptions_destroy(reading)
    store.release(snapshot)
  }

  public func get(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
    try store.read { store throws(StorageError) in try store.get(key, reading) }
  }

  public func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> ScanStep
  ) throws(StorageError) {
    try store.read { store throws(StorageError) in try store.scan(scan, snapshot, visit) }
  }
}
