// What threads hand on while they work, and get back: nobody copies or allocates a value while
// requests wait. A value is some hundred kilobytes of histograms; copying one meets a hundred pages
// that the kernel has to find first, which takes a millisecond.

import Platform

/// Values of several threads on their way to one that puts them together, and back.
final class HandOver<Value: Sendable>: Sendable {
  private struct Lane {
    /// Handed on, oldest first.
    var ready: [Value] = []
    /// Given back.
    var spare: [Value] = []
  }

  private let lanes: Monitor<[Lane]>

  init(threads: Int) { lanes = Monitor(Array(repeating: Lane(), count: threads)) }

  /// Hands a value of a thread on.
  func give(_ value: Value, thread: Int) {
    lanes.withLock { $0[thread].ready.append(value) }
  }

  /// A value that came back to the thread; nil: none has.
  func spare(thread: Int) -> Value? { lanes.withLock { $0[thread].spare.popLast() } }

  /// The oldest value of each thread; nil: not all have one.
  /// - Parameter all: Of those threads that have one; nil: none has.
  func take(all: Bool = false) -> [(thread: Int, value: Value)]? {
    lanes.withLock { lanes in
      let threads = lanes.indices.filter { !lanes[$0].ready.isEmpty }
      guard all ? !threads.isEmpty : threads.count == lanes.count else { return nil }
      return threads.map { ($0, lanes[$0].ready.removeFirst()) }
    }
  }

  /// Gives a value back to its thread.
  func giveBack(_ value: Value, thread: Int) {
    lanes.withLock { $0[thread].spare.append(value) }
  }
}
