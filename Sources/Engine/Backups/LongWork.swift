// Work on many items that a request starts: copying for backups, restores, exports and imports.
//
// It runs on the request's thread after the database's lock has been given up, on a view of the
// store as it was when the request ran; other requests go on meanwhile. What it leads to is then
// done under the lock. So when the request is answered its work is done, while the answer still
// says CREATING or IN_PROGRESS, as the service's does. A process that dies within it finds the
// half-done rest at its next start and removes it.

import ServiceAPI

/// Something to be done without the lock, and what follows under it.
struct LongWork: Sendable {
  typealias Ending = @Sendable (DatabaseState) throws(ServiceError) -> Void

  /// Does the work; the result is run under the lock.
  let run: @Sendable () throws(ServiceError) -> Ending
  /// Run under the lock when the work has failed.
  let fail: @Sendable (DatabaseState, ServiceError) throws(ServiceError) -> Void
}
