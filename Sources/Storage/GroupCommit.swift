// The thread that makes recent writes durable together, a few milliseconds after the first of them.
//
// Writers only leave a mark; the first mark after a sync wakes the thread. A sync that fails stays
// remembered: from then on the store refuses writes, because earlier acknowledged ones are in
// doubt and later ones would hide that.

import Platform
import Synchronization
import Units

/// Syncs on behalf of many writers.
final class GroupCommit: Sendable {
  private struct State {
    var isStopping = false
    var failure: StorageError?
  }

  private let interval: Nanoseconds
  private let hasNews = Atomic(false)
  private let hasFailed = Atomic(false)
  private let state = Monitor(State())
  private let sync: @Sendable () -> StorageError?
  private let worker = Mutex<Worker?>(nil)

  init(every interval: Nanoseconds, _ sync: @escaping @Sendable () -> StorageError?) {
    self.interval = interval
    self.sync = sync
  }

  func start() throws(SystemError) {
    var started: Worker? = try Worker("group-commit") { [self] in run() }
    worker.withLock { $0 = started.take() }
  }

  /// Why writes are refused, nil while all syncs succeeded.
  var failure: StorageError? {
    hasFailed.load(ordering: .acquiring) ? state.withLock { $0.failure } : nil
  }

  /// Tells that something was written.
  func note() {
    // Always an exchange: it is ordered against the one in `run`, so a mark found there is one
    // whose sync has not begun yet.
    if !hasNews.exchange(true, ordering: .acquiringAndReleasing) { state.change { _ in } }
  }

  /// Syncs what is marked and ends the thread.
  func stop() {
    state.change { $0.isStopping = true }
    if let running = worker.withLock({ $0.take() }) { running.join() }
  }

  private func run() {
    while true {
      let goesOn: Bool? = state.wait { state in
        if state.isStopping { return false }
        return hasNews.load(ordering: .acquiring) ? true : nil
      }
      if goesOn == true {
        _ = state.wait(within: interval) { $0.isStopping ? true : nil }
      }
      // Taken back before the sync: a write that comes during it leaves a new mark.
      if hasNews.exchange(false, ordering: .acquiringAndReleasing), let error = sync() {
        state.change { if $0.failure == nil { $0.failure = error } }
        hasFailed.store(true, ordering: .releasing)
      }
      if goesOn == false { return }
    }
  }
}
