// How long before a due instant the generator stops sleeping.
//
// Why: a margin below the machine's lateness makes every request late, one far above it burns a
// core.

import Testing

@testable import LoadGeneration

@Suite struct WakeUpLatenessTests {
  @Test func `the worst of late counts and fades`() {
    var lateness = WakeUpLateness()
    #expect(lateness.margin == 60_000)
    lateness.learn(20_000)
    #expect(lateness.margin == 60_000)
    lateness.learn(128_000)
    #expect(lateness.margin == 128_000)
    // A 64th less each time.
    lateness.learn(100_000)
    #expect(lateness.margin == 126_000)
    for _ in 0..<1_000 { lateness.learn(10_000) }
    #expect(lateness.margin == 60_000)
    lateness.learn(250_000)
    #expect(lateness.margin == 250_000)
    // Not late but away.
    lateness.learn(40_000_000)
    #expect(lateness.margin == 250_000 - 250_000 / 64)
  }
}
