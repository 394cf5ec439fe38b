// A value guarded by a lock, with waiting: the one place where threads sleep for each other.
//
// `Synchronization.Mutex` has no condition to wait on; where nobody waits, use that. Times are on
// the monotonic clock.

import Glibc
public import Units

/// A value that threads take turns with, and may wait on until it changes.
///
/// `@unchecked Sendable` holds because `state` is touched only between lock and unlock.
public final class Monitor<State: Sendable>: @unchecked Sendable {
  private var state: State
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  public init(_ state: State) {
    self.state = state
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` as the only one inside; must not call this monitor again.
  public func withLock<R>(_ body: (inout State) -> R) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  /// As `withLock`, then wakes every waiting thread.
  public func change<R>(_ body: (inout State) -> R) -> R {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Waits until `ready` returns a value, asking after each change, or until `limit` has passed
  /// (nil then). `ready` runs under the lock and may change the state.
  public func wait<R>(
    within limit: Nanoseconds = .days(365), until ready: (inout State) -> R?
  ) -> R? {
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let end = deadline.tv_nsec + Int(limit.count % 1_000_000_000)
    deadline.tv_sec += Int(limit.count / 1_000_000_000) + end / 1_000_000_000
    deadline.tv_nsec = end % 1_000_000_000
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let answer = ready(&state) { return answer }
      if pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT { return ready(&state) }
    }
  }
}
