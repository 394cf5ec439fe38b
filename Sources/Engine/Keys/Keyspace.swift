// The engine's face to storage: the store's calls with its failures as the service's.
//
// A failing store is no fault of the request; the client gets InternalServerError and repeats.

import ServiceAPI
import Storage

/// Bytes by key, ordered, changed in atomic batches.
struct Keyspace: Sendable {
  let store: Store

  private static func failure(_ error: StorageError) -> ServiceError {
    .internalFailure("Storage failed: \(error.description)")
  }

  func get(_ key: [UInt8]) throws(ServiceError) -> [UInt8]? {
    do throws(StorageError) { return try store.get(key) } catch { throw Self.failure(error) }
  }

  func commit(_ batch: WriteBatch) throws(ServiceError) {
    if batch.isEmpty { return }
    do throws(StorageError) { try store.write(batch) } catch { throw Self.failure(error) }
  }

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
