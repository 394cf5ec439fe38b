// The promise of batch mode: every write is followed by a sync that began after it, soon, and a
// failed sync is never forgotten.

import Platform
import Synchronization
import Testing
import Units

@testable import Storage

@Suite struct GroupCommitTests {
  @Test func `every mark is followed by a sync that begins after it`() throws {
    // `written` stands for the log, `synced` for what the device has of it.
    let written = Atomic(0)
    let synced = Monitor(0)
    let commits = GroupCommit(every: .milliseconds(1)) {
      let covered = written.load(ordering: .acquiring)
      pause(for: .microseconds(200))
      synced.change { $0 = covered }
      return nil
    }
    try commits.start()
    for number in 1...100 {
      written.store(number, ordering: .releasing)
      commits.note()
      if number % 10 == 0 {
        let reached: Bool? = synced.wait(within: .seconds(20)) { $0 == number ? true : nil }
        #expect(reached == true, "write \(number) was never synced")
      }
    }
    commits.stop()
    #expect(commits.failure == nil)
  }

  @Test func `many marks share a sync`() throws {
    let syncs = Atomic(0)
    let commits = GroupCommit(every: .milliseconds(20)) {
      syncs.add(1, ordering: .relaxed)
      return nil
    }
    try commits.start()
    for _ in 0..<10_000 { commits.note() }
    commits.stop()
    #expect(syncs.load(ordering: .relaxed) >= 1)
    #expect(syncs.load(ordering: .relaxed) < 1_000)
  }

  @Test func `stopping syncs what is marked and does not wait for the interval`() throws {
    let syncs = Atomic(0)
    let commits = GroupCommit(every: .hours(1)) {
      syncs.add(1, ordering: .relaxed)
      return nil
    }
    try commits.start()
    commits.note()
    commits.stop()
    #expect(syncs.load(ordering: .relaxed) == 1)
  }

  @Test func `a failed sync is remembered`() throws {
    let calls = Monitor(0)
    let commits = GroupCommit(every: .milliseconds(1)) {
      let number = calls.change { calls in
        calls += 1
        return calls
      }
      return number == 1 ? StorageError(.full, path: "x", detail: "first") : nil
    }
    try commits.start()
    commits.note()
    _ = calls.wait(within: .seconds(20)) { $0 >= 1 ? true : nil }
    commits.note()
    _ = calls.wait(within: .seconds(20)) { $0 >= 2 ? true : nil }
    commits.stop()
    #expect(commits.failure?.detail == "first")
  }

  @Test func `waiters are told when a sync covers their mark, and of failure`() throws {
    let mayFail = Atomic(false)
    let commits = GroupCommit(every: .zero) {
      pause(for: .microseconds(200))
      return mayFail.load(ordering: .acquiring)
        ? StorageError(.failed, path: "x", detail: "on purpose") : nil
    }
    try commits.start()
    let told = Monitor((durable: 0, failed: 0))
    for _ in 0..<100 {
      commits.note()
      let mark = commits.mark
      commits.whenDurable(mark) { error in
        let isRight = error == nil && commits.isDurable(mark)
        told.change { if isRight { $0.durable += 1 } else { $0.failed += 1 } }
      }
    }
    let all: Bool? = told.wait(within: .seconds(20)) { $0.durable == 100 ? true : nil }
    #expect(all == true)
    mayFail.store(true, ordering: .releasing)
    commits.note()
    commits.whenDurable(commits.mark) { error in
      if error != nil { told.change { $0.failed += 1 } }
    }
    let failure: Bool? = told.wait(within: .seconds(20)) { $0.failed == 1 ? true : nil }
    #expect(failure == true)
    // Later ones hear it at once.
    commits.note()
    commits.whenDurable(commits.mark) { error in
      if error != nil { told.change { $0.failed += 1 } }
    }
    #expect(told.withLock { $0.failed } == 2)
    commits.stop()
  }
}
