// Threads, waiting, clocks and signals: everything a driver's loops stand on.

import Glibc
import Platform
import Synchronization
import Testing
import Units

@Suite struct ThreadTests {
  @Test func `joined threads have done their work`() throws {
    let count = Atomic(0)
    func run() throws {
      let first = try Worker("first") { for _ in 0..<1_000 { count.add(1, ordering: .relaxed) } }
      let second = try Worker("second") { for _ in 0..<1_000 { count.add(1, ordering: .relaxed) } }
      first.join()
      second.join()
    }
    try run()
    #expect(count.load(ordering: .relaxed) == 2_000)
  }

  @Test func `a waiting thread is woken by a change`() throws {
    let turn = Monitor(0)
    let worker = try Worker("other") {
      for round in 0..<100 {
        _ = turn.wait { $0 == 2 * round + 1 ? true : nil }
        turn.change { $0 += 1 }
      }
    }
    for round in 0..<100 {
      turn.change { $0 += 1 }
      let seen = turn.wait(within: .seconds(20)) { $0 == 2 * round + 2 ? $0 : nil }
      #expect(seen == 2 * round + 2)
    }
    worker.join()
  }

  @Test func `waiting ends when the time is over`() {
    let clock = MonotonicClock()
    let monitor = Monitor(false)
    let answer: Bool? = monitor.wait(within: .milliseconds(20)) { $0 ? true : nil }
    #expect(answer == nil)
    #expect(clock.now() - .start >= .milliseconds(20))
  }

  @Test func `clocks go forward and agree with the calendar`() {
    let clock = MonotonicClock()
    let first = clock.now()
    pause(for: .milliseconds(5))
    let second = clock.now()
    #expect(first >= .start)
    #expect(second - first >= .milliseconds(5))
    // Between 2024-01-01 and 2100-01-01.
    #expect((1_704_067_200..<4_102_444_800).contains(WallClock.secondsSinceEpoch()))
    #expect(WallClock.internetDate(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(availableCores() >= 1)
  }

  @Test func `termination signals are held, fetched and end nothing`() async {
    await #expect(processExitsWith: .exitCode(143)) {
      Signals.holdTermination()
      guard Signals.nextTermination(within: .zero) == nil else { exit(1) }
      pthread_kill(pthread_self(), SIGINT)
      guard Signals.nextTermination(within: .seconds(20)) == .interrupt else { exit(2) }
      pthread_kill(pthread_self(), SIGTERM)
      exit(Signals.waitForTermination().exitCode)
    }
  }

  @Test func `writing to a closed pipe is an error once signals are held`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      Signals.holdTermination()
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { exit(1) }
      close(ends[0])
      do { try FileDescriptor(owning: ends[1], subject: "pipe").write([1]) } catch {
        exit((error as? SystemError)?.code == EPIPE ? 7 : 2)
      }
      exit(3)
    }
  }

  @Test func `a pipe is no terminal`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0, dup2(ends[1], 1) == 1 else { exit(1) }
      exit(!Terminal.isInteractive(.output) && Terminal.columns(.output) == nil ? 7 : 2)
    }
    #expect(ProcessLimits.raiseOpenFiles() > 0)
  }
}
