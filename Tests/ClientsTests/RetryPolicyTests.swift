// Every mode's waits against the published and measured tables of features.md 1.0 and 1.1: a wrong
// base, growth or cap here moves every retry storm the simulator shows.

import Clients
import Randomness
import Testing
import Units

/// The bounds of the waits of one mode after one outcome, in milliseconds.
struct WaitCase: CustomTestStringConvertible, Sendable {
  let mode: RetryMode
  let outcome: AttemptOutcome
  /// Lowest and highest wait before retry 0, 1, ...; the client gives up after the last.
  let waits: [(low: Double, high: Double)]
  let source: String

  var testDescription: String { "\(mode.rawValue) after \(outcome), \(source)" }

  init(_ mode: RetryMode, _ outcome: AttemptOutcome, upTo highs: [Double], _ source: String) {
    self.init(mode, outcome, highs.map { (0, $0) }, source)
  }

  init(
    _ mode: RetryMode, _ outcome: AttemptOutcome, _ waits: [(low: Double, high: Double)],
    _ source: String
  ) {
    self.mode = mode
    self.outcome = outcome
    self.waits = waits
    self.source = source
  }
}

let legacyWaits = [50.0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800]

let waitCases: [WaitCase] = [
  .init(.standard2026, .throttled, upTo: [1_000, 2_000, 4_000], "1.0 table and measurement"),
  .init(.standard2026, .transactionInProgress, upTo: [1_000, 2_000, 4_000], "1.0 error lists"),
  .init(.standard2026, .serverError, upTo: [25, 50, 100], "1.0 table and measurement"),
  .init(.standard2026, .timeout, upTo: [25, 50, 100], "1.0 table"),
  .init(.standard2026, .connectionError, upTo: [25, 50, 100], "1.0 table"),
  .init(.standard2026, .replicatedWriteConflict, upTo: [25, 50, 100], "1.0 measurement"),
  .init(.adaptive, .throttled, upTo: [1_000, 2_000, 4_000], "1.2: standard below the limiter"),
  .init(.adaptive, .serverError, upTo: [25, 50, 100], "1.2: standard below the limiter"),
  .init(.standard2020, .throttled, upTo: [1_000, 2_000], "1.0 old standard"),
  .init(.standard2020, .serverError, upTo: [1_000, 2_000], "1.0 old standard"),
  .init(.legacyBotocore, .throttled, legacyWaits.map { ($0, $0) }, "1.1 row 1"),
  .init(.legacyBotocore, .serverError, legacyWaits.map { ($0, $0) }, "1.1 row 1"),
  .init(
    .javaV2, .serverError, upTo: [25, 50, 100, 200, 400, 800, 1_600, 3_200], "1.1 Java v2"),
  .init(
    .javaV2, .throttled,
    [
      (250, 500), (500, 1_000), (1_000, 2_000), (2_000, 4_000), (4_000, 8_000), (8_000, 16_000),
      (10_000, 20_000), (10_000, 20_000),
    ], "1.1 Java v2, throttling curve of the mode"),
  .init(.none, .throttled, [], "no retry"),
  .init(.exponential, .throttled, legacyWaits.map { ($0, $0) }, "1.4 with the defaults"),
  .init(.fullJitter, .throttled, upTo: legacyWaits, "1.4 with the defaults"),
  .init(.equalJitter, .serverError, legacyWaits.map { ($0 / 2, $0) }, "1.4 with the defaults"),
]

@Suite struct RetryPolicyTests {
  @Test(arguments: waitCases)
  func waitsFillTheirBounds(_ expected: WaitCase) {
    let draws = 400
    var lows = [Double](repeating: .infinity, count: expected.waits.count)
    var highs = [Double](repeating: 0, count: expected.waits.count)
    for draw in 0..<draws {
      var client = ClientRetryState(.mode(expected.mode))
      var generator = Generator(seed: 11, stream: 1, index: UInt64(draw))
      var previous = Nanoseconds.zero
      for attempt in 1...expected.waits.count + 1 {
        let decision = client.next(
          after: expected.outcome, attempt: attempt, previousDelay: previous, at: .start,
          using: &generator)
        guard attempt <= expected.waits.count else {
          #expect(decision == .giveUp(.attemptsExhausted))
          continue
        }
        guard case .retry(let wait) = decision else {
          Issue.record("gave up after attempt \(attempt): \(decision)")
          return
        }
        previous = wait
        lows[attempt - 1] = min(lows[attempt - 1], wait.inSeconds * 1e3)
        highs[attempt - 1] = max(highs[attempt - 1], wait.inSeconds * 1e3)
      }
    }
    for (index, bound) in expected.waits.enumerated() {
      let slack = (bound.high - bound.low) * 0.03
      #expect(lows[index] >= bound.low && lows[index] <= bound.low + slack, "retry \(index)")
      #expect(highs[index] <= bound.high && highs[index] >= bound.high - slack, "retry \(index)")
    }
  }

  /// features.md 1.1: "M: 0.05, 0.1, ..., 12.8 s, sum 25.55 s".
  @Test func legacyBotocoreWaitsAreTheMeasuredSum() {
    var generator = Generator(seed: 1, stream: 1, index: 1)
    let waits = (1...9).map {
      RetryPolicy.legacyBotocore.delay(
        after: .throttled, attempt: $0, previousDelay: .zero, using: &generator)
    }
    #expect(waits.reduce(.zero, +) == .milliseconds(25_550))
  }

  /// The cap holds before the jitter, so a capped full jitter still reaches down to nothing.
  @Test func capAppliesBeforeJitter() {
    let curve = Backoff(base: .milliseconds(25), cap: .seconds(20), jitter: .full)
    #expect(curve.bound(retry: 9) == .milliseconds(12_800))
    #expect(curve.bound(retry: 10) == .seconds(20))
    #expect(curve.bound(retry: 62) == .seconds(20))
    #expect(curve.bound(retry: 1_000_000) == .seconds(20))
    #expect(curve.delay(retry: 40, previousDelay: .zero, unit: 0.25) == .seconds(5))
    let open = Backoff(base: Nanoseconds(1), jitter: .none)
    #expect(open.bound(retry: 61) == Nanoseconds(1 << 61))
    #expect(open.bound(retry: 62) == Nanoseconds(1 << 62))
    #expect(open.bound(retry: 63) == .unlimited)
  }

  @Test func decorrelatedJitterFollowsThePreviousWait() {
    let curve = Backoff(base: .milliseconds(50), cap: .milliseconds(400), jitter: .decorrelated)
    #expect(curve.delay(retry: 0, previousDelay: .zero, unit: 0) == .milliseconds(50))
    #expect(curve.delay(retry: 0, previousDelay: .zero, unit: 0.5) == .milliseconds(100))
    #expect(
      curve.delay(retry: 5, previousDelay: .milliseconds(100), unit: 0.5) == .milliseconds(175))
    #expect(
      curve.delay(retry: 6, previousDelay: .milliseconds(400), unit: 0.5) == .milliseconds(400))
  }

  /// features.md 1.1, last row: equal jitter from 70 ms after throttles, no delay after others.
  @Test func cacheClientsRetryTwice() {
    let policy = RetryPolicy.daxClient
    #expect(policy.maximumAttempts == 3)
    let throttled = policy.throttleBackoff
    #expect(throttled.delay(retry: 0, previousDelay: .zero, unit: 0) == .milliseconds(35))
    #expect(throttled.delay(retry: 1, previousDelay: .zero, unit: 0.5) == .milliseconds(105))
    #expect(throttled.bound(retry: 30) == .seconds(20))
    #expect(policy.otherBackoff.delay(retry: 5, previousDelay: .zero, unit: 0.9) == .zero)
  }

  @Test func overridesReplaceTheModesValues() {
    let policy = RetryPolicy(
      RetrySettings(
        mode: .standard2026, maximumAttempts: 7, base: .milliseconds(10), cap: .seconds(1)))
    #expect(policy.maximumAttempts == 7)
    #expect(policy.throttleBackoff.bound(retry: 0) == .milliseconds(10))
    #expect(policy.otherBackoff.bound(retry: 20) == .seconds(1))
    #expect(policy.quota.throttleCost == 5)
    #expect(RetryPolicy(RetrySettings(mode: .none, maximumAttempts: 0)).maximumAttempts == 1)
  }

  /// features.md 1.0, row "server hint header": `max(t, min(hint, t + 5 s))`.
  @Test func serverHintStretchesTheWaitByFiveSecondsAtMost() {
    #expect(RetryPolicy.delay(.seconds(2), heeding: .seconds(1)) == .seconds(2))
    #expect(RetryPolicy.delay(.seconds(2), heeding: .seconds(4)) == .seconds(4))
    #expect(RetryPolicy.delay(.seconds(2), heeding: .seconds(60)) == .seconds(7))
  }

  /// Same request, same attempt: same wait, so that simulator and load generator agree.
  @Test func waitsArePureFunctionsOfTheGenerator() {
    for index in 0..<20 as Range<UInt64> {
      var first = Generator(seed: 3, stream: 9, index: index)
      var second = first
      let policy = RetryPolicy.standard2026
      let simulated = policy.delay(
        after: .throttled, attempt: 2, previousDelay: .zero, using: &first)
      let generated = policy.delay(
        after: .throttled, attempt: 2, previousDelay: .zero, using: &second)
      #expect(simulated == generated)
    }
  }
}
