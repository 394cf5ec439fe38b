// Small pieces for calling RocksDB's C API: error strings, options, byte pointers.
//
// The library reports errors as text; the kind is read from how the text begins
// (rocksdb/status.h: Corruption, IO error, ...).

import CRocksDB
import Units

extension StorageError {
  /// The error that RocksDB described with `text`.
  init(rocks text: String, path: String) {
    let kind: Kind =
      if text.hasPrefix("Corruption") {
        .corrupt
      } else if text.contains("No space left") || text.contains("Disk quota exceeded")
        || text.contains("File too large") || text.contains("NoSpace")
      {
        .full
      } else {
        .failed
      }
    self.init(kind, path: path, detail: text)
  }
}

/// Calls `body`, which may leave an error text that the library allocated.
func rocksError(
  _ path: String, _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Void
) -> StorageError? {
  var text: UnsafeMutablePointer<CChar>?
  body(&text)
  guard let text else { return nil }
  defer { rocksdb_free(text) }
  return StorageError(rocks: String(cString: text), path: path)
}

extension Array where Element == UInt8 {
  /// Copies `count` bytes that C lent.
  init(copying start: UnsafePointer<CChar>?, _ count: Int) {
    self.init(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// The bytes as C's characters, valid during the call.
  func withCharacters<R>(_ body: (UnsafePointer<CChar>?, Int) -> R) -> R {
    withUnsafeBytes { body($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
  }
}

/// RocksDB's options for `settings`; the caller destroys them.
func rocksOptions(_ settings: RocksSettings) -> OpaquePointer? {
  let options = rocksdb_options_create()
  rocksdb_options_set_create_if_missing(options, 1)
  rocksdb_options_set_compression(options, Int32(rocksdb_lz4_compression))
  rocksdb_options_set_write_buffer_size(options, Int(settings.writeBuffer.count))
  rocksdb_options_set_keep_log_file_num(options, 2)
  rocksdb_options_set_info_log_level(options, 2)
  // A record cut off at the end of the log is a crash and is dropped; damage anywhere else is an
  // error. Without any sync the end may be ragged after a power failure: keep what precedes it.
  let recovery =
    settings.durability == .none
    ? rocksdb_point_in_time_recovery : rocksdb_tolerate_corrupted_tail_records_recovery
  rocksdb_options_set_wal_recovery_mode(options, Int32(recovery))
  let table = rocksdb_block_based_options_create()
  let cache = rocksdb_cache_create_lru(Int(settings.cache.count))
  rocksdb_block_based_options_set_block_cache(table, cache)
  rocksdb_cache_destroy(cache)
  rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10))
  rocksdb_options_set_block_based_table_factory(options, table)
  rocksdb_block_based_options_destroy(table)
  return options
}
