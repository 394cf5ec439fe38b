// Does what is due in a database while no request comes: expiry, trimming, on-demand growth.
//
// Requests move a database's time on as well; this thread looks four times a second, and goes on at
// once where there is more to do.

import Engine
import Platform
import Synchronization
import Units

/// A thread that keeps databases up to date.
final class HouseKeeper: Sendable {
  private let isStopping = Monitor(false)
  private let worker = Mutex<Worker?>(nil)

  /// Starts; `keepHouse` answers whether there is more to do at once.
  init(_ keepHouse: @escaping @Sendable () -> Bool) throws(SystemError) {
    let isStopping = isStopping
    var started: Worker? = try Worker("housekeeping") {
      while true {
        let hasMore = keepHouse()
        let pause: Nanoseconds = hasMore ? .zero : .milliseconds(250)
        if isStopping.wait(within: pause, until: { $0 ? true : nil }) == true { return }
      }
    }
    worker.withLock { $0 = started.take() }
  }

  /// Returns when the thread has ended.
  func stop() {
    isStopping.change { $0 = true }
    if let running = worker.withLock({ $0.take() }) { running.join() }
  }
}
