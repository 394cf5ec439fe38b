// The thread that makes recent writes durable together.
//
// In batch mode it syncs a few milliseconds after the first write, and nobody waits for it. In sync
// mode it syncs at once, and again while somebody waits: all writes that came during one sync share
// the next. Writers only leave a mark; the first mark after a sync wakes the thread. A sync that
// fails stays remembered: from then on the store refuses writes, because earlier acknowledged ones
// are in doubt and later ones would hide that.

import Platform
import Synchronization
import Units

/// Syncs on behalf of many writers.
final class GroupCommit: Sendable {
  private struct Waiter {
    var mark: UInt64
    var call: @Sendable (StorageError?) -> Void
  }

  private struct State {
    var isStopping = false
    var failure: StorageError?
    var waiters: [Waiter] = []
  }

  private let interval: Nanoseconds
  /// How many writes there were.
  private let written = Atomic<UInt64>(0)
  /// How many of them are durable.
  private let synced = Atomic<UInt64>(0)
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

  /// The mark of the latest write.
  var mark: UInt64 { written.load(ordering: .acquiring) }

  func isDurable(_ mark: UInt64) -> Bool { synced.load(ordering: .acquiring) >= mark }

  /// Tells that something was written.
  func note() {
    written.wrappingAdd(1, ordering: .acquiringAndReleasing)
    // Always an exchange: it is ordered against the one in `run`, so a mark found there is one
    // whose sync has not begun yet.
    if !hasNews.exchange(true, ordering: .acquiringAndReleasing) { state.change { _ in } }
  }

  /// Calls `call` when a write that was noted is durable, or never will be.
  func whenDurable(_ mark: UInt64, _ call: @escaping @Sendable (StorageError?) -> Void) {
    let isWaiting = state.withLock { (state: inout State) -> Bool in
      if isDurable(mark) || state.failure != nil { return false }
      state.waiters.append(Waiter(mark: mark, call: call))
      return true
    }
    if !isWaiting { call(isDurable(mark) ? nil : failure) }
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
      if goesOn == true, interval > .zero {
        _ = state.wait(within: interval) { $0.isStopping ? true : nil }
      }
      // Taken back before the sync: a write that comes during it leaves a new mark.
      if hasNews.exchange(false, ordering: .acquiringAndReleasing) { syncOnce() }
      if goesOn == false { return }
    }
  }

  private func syncOnce() {
    let covered = written.load(ordering: .acquiring)
    let error = sync()
    let released = state.withLock { (state: inout State) -> [Waiter] in
      if state.failure == nil { state.failure = error }
      if state.failure != nil {
        hasFailed.store(true, ordering: .releasing)
        defer { state.waiters = [] }
        return state.waiters
      }
      synced.store(covered, ordering: .releasing)
      let released = state.waiters.filter { $0.mark <= covered }
      if !released.isEmpty { state.waiters.removeAll { $0.mark <= covered } }
      return released
    }
    let failure = failure
    for waiter in released { waiter.call(failure) }
  }
}
