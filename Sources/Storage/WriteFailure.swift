// The first write that the library refused, remembered until the store is closed.
//
// The library's log must not be flushed after an append to it has failed: builds with assertions
// end the process there. And writes behind a failed one could not be made durable. So from then on
// the store refuses writes and leaves the log alone; opening it again recovers what was
// acknowledged.

import Synchronization

/// Why a store takes no more writes, if it does not.
final class WriteFailure: Sendable {
  private let isSet = Atomic(false)
  private let first = Mutex<StorageError?>(nil)

  /// nil while all writes succeeded.
  var error: StorageError? {
    isSet.load(ordering: .acquiring) ? first.withLock { $0 } : nil
  }

  /// Remembers the error unless there was one before.
  func note(_ error: StorageError) {
    first.withLock { if $0 == nil { $0 = error } }
    isSet.store(true, ordering: .releasing)
  }
}
