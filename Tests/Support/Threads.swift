// Real threads for tests of concurrency: a pool may run fewer than asked for at a time.
import Foundation

/// Runs `body` on `count` threads at once and returns when all are done.
public func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let group = DispatchGroup()
  for number in 0..<count {
    group.enter()
    Thread.detachNewThread {
      body(number)
      group.leave()
    }
  }
  group.wait()
}
