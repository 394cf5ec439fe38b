// The engine's face to storage: the store's calls with its failures as the service's.
//
// A failing store is no fault of the request; the client gets InternalServerError and repeats.

import ServiceAPI
import Storage

/// Bytes by key, ordered, changed in atomic batches.
struct Keyspace: Sendable {
  let store: Store

  static func failure(_ error: StorageError) -> ServiceError {
    error.kind == .locked
      ? DatabaseState.inaccessible
      : .internalFailure("Storage failed: \(error.description)")
  }

  func get(_ key: [UInt8]) throws(ServiceError) -> [UInt8]? {
    do throws(StorageError) { return try store.get(key) } catch { throw Self.failure(error) }
  }

  /// Stores a batch; when it is durable, `mark` says.
  func commit(_ batch: WriteBatch) throws(ServiceError) {
    if batch.isEmpty { return }
    do throws(StorageError) { try store.append(batch) } catch { throw Self.failure(error) }
  }

  /// What must be durable before anything of the present state is told.
  var mark: WriteMark { store.mark }

  /// Visits the pairs of `scan` until `visit` answers false.
  func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> Bool
  ) throws(ServiceError) {
    do throws(StorageError) {
      try store.scan(scan) { visit($0, $1) ? .next : .stop }
    } catch {
      throw Self.failure(error)
    }
  }
}

extension Keyspace {
  /// The keys of `scan`, whether or not their values can be read.
  func keys(_ scan: KeyScan) throws(ServiceError) -> [[UInt8]] {
    do throws(StorageError) { return try store.keys(scan) } catch { throw Self.failure(error) }
  }

  /// The store as it is now, to be read at any later time and without the database's lock.
  func view() throws(ServiceError) -> KeyspaceView {
    do throws(StorageError) { return KeyspaceView(view: try store.view()) } catch {
      throw Self.failure(error)
    }
  }

  /// Removes every key that begins with `prefix`.
  func clear(_ prefix: [UInt8]) throws(ServiceError) {
    try clear(from: prefix, to: KeyScan.successor(ofPrefix: prefix), atMost: .max)
  }

  /// Removes keys of a range, the first ones if there are more than `most`, in batches.
  func clear(from lower: [UInt8], to upper: [UInt8]?, atMost most: Int) throws(ServiceError) {
    var left = most
    while left > 0 {
      var batch = WriteBatch()
      for key in try keys(KeyScan(from: lower, to: upper, limit: min(left, 1_000))) {
        batch.delete(key)
      }
      if batch.isEmpty { return }
      left -= batch.changes.count
      try commit(batch)
    }
  }
}

/// A keyspace as it was at one moment.
struct KeyspaceView: Sendable {
  fileprivate let view: StoreView

  func get(_ key: [UInt8]) throws(ServiceError) -> [UInt8]? {
    do throws(StorageError) { return try view.get(key) } catch { throw Keyspace.failure(error) }
  }

  /// Visits the pairs of `scan` until `visit` answers false.
  func scan(
    _ scan: KeyScan, _ visit: (_ key: [UInt8], _ value: [UInt8]) -> Bool
  ) throws(ServiceError) {
    do throws(StorageError) {
      try view.scan(scan) { visit($0, $1) ? .next : .stop }
    } catch {
      throw Keyspace.failure(error)
    }
  }
}
