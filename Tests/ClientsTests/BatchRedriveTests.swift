// What a client sends again after a partly throttled batch (features.md 1.3): it multiplies load
// when it is wrong.

import Clients
import Randomness
import Testing
import Units

@Suite struct BatchRedriveTests {
  private func decide(_ redrive: BatchRedrive, unprocessed: Int, round: Int) -> BatchDecision {
    var generator = Generator(seed: 1, stream: 2, index: 3)
    return redrive.next(
      unprocessed: unprocessed, round: round, previousDelay: .zero, policy: .legacyBotocore,
      using: &generator)
  }

  @Test func unprocessedPartsFollowTheMode() {
    #expect(decide(BatchRedrive(.never), unprocessed: 3, round: 1) == .giveUp(parts: 3))
    #expect(
      decide(BatchRedrive(.atOnce), unprocessed: 3, round: 99) == .resend(parts: 3, after: .zero))
    #expect(
      decide(BatchRedrive(.backOff), unprocessed: 3, round: 3)
        == .resend(parts: 3, after: .milliseconds(200)))
    #expect(
      decide(BatchRedrive(.backOff, maximumRounds: 3), unprocessed: 3, round: 3)
        == .giveUp(parts: 3))
    for mode in BatchRedrive.Mode.allCases {
      #expect(decide(BatchRedrive(mode), unprocessed: 0, round: 1) == .complete)
    }
  }

  @Test func aBatchFailsOnlyWhenEveryPartWasThrottled() {
    #expect(BatchRedrive.outcome(requested: 25, unprocessed: 0) == .success)
    #expect(BatchRedrive.outcome(requested: 25, unprocessed: 24) == .success)
    #expect(BatchRedrive.outcome(requested: 25, unprocessed: 25) == .throttled)
  }
}
