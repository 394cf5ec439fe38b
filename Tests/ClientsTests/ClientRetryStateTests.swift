// Quota and classes of errors against what was measured with real clients (features.md 1.0): they
// decide when a client stops retrying at all.

import Clients
import Randomness
import Testing
import Units

/// A run of calls against a service that always answers the same.
struct OutageCase: CustomTestStringConvertible, Sendable {
  let mode: RetryMode
  let outcome: AttemptOutcome
  let calls: Int
  let retries: Int
  let firstCallAttempts: Int
  let source: String
  var testDescription: String { "\(mode.rawValue), \(calls) calls, always \(outcome): \(source)" }
}

let outageCases = [
  OutageCase(
    mode: .standard2026, outcome: .serverError, calls: 30, retries: 35, firstCallAttempts: 4,
    source: "1.0 M: exactly 35 retries in total"),
  OutageCase(
    mode: .standard2026, outcome: .throttled, calls: 30, retries: 90, firstCallAttempts: 4,
    source: "1.0 M: 4 attempts each"),
  OutageCase(
    mode: .standard2026, outcome: .throttled, calls: 50, retries: 100, firstCallAttempts: 4,
    source: "1.0: 500 tokens at 5"),
  OutageCase(
    mode: .standard2026, outcome: .timeout, calls: 30, retries: 35, firstCallAttempts: 4,
    source: "1.0: timeouts no longer special"),
  OutageCase(
    mode: .standard2020, outcome: .serverError, calls: 80, retries: 100, firstCallAttempts: 3,
    source: "1.0 old standard: cost 5"),
  OutageCase(
    mode: .standard2020, outcome: .timeout, calls: 80, retries: 50, firstCallAttempts: 3,
    source: "1.0 old standard: cost 10"),
  OutageCase(
    mode: .javaV2, outcome: .throttled, calls: 100, retries: 800, firstCallAttempts: 9,
    source: "1.1: throttle cost 0"),
  OutageCase(
    mode: .javaV2, outcome: .serverError, calls: 100, retries: 100, firstCallAttempts: 9,
    source: "1.1: exception cost 5"),
  OutageCase(
    mode: .legacyBotocore, outcome: .throttled, calls: 100, retries: 900, firstCallAttempts: 10,
    source: "1.1: no quota"),
  OutageCase(
    mode: .none, outcome: .throttled, calls: 10, retries: 0, firstCallAttempts: 1, source: "none"),
]

@Suite struct ClientRetryStateTests {
  @Test(arguments: outageCases)
  func quotaStopsRetriesAsMeasured(_ expected: OutageCase) {
    var client = ClientRetryState(.mode(expected.mode))
    var generator = Generator(seed: 5, stream: 1, index: 0)
    var retries = 0
    for call in 0..<expected.calls {
      var attempt = 1
      while case .retry = client.next(
        after: expected.outcome, attempt: attempt, previousDelay: .zero, at: .start,
        using: &generator)
      {
        attempt += 1
        retries += 1
      }
      if call == 0 { #expect(attempt == expected.firstCallAttempts) }
    }
    #expect(retries == expected.retries)
  }

  /// The first call takes 42 of 500 tokens; its success gives back the last 14 only, and each call
  /// without a retry one more, never above 500 (features.md 1.0, "refund on 2xx").
  @Test func refundsReturnTheLastRetryOnly() {
    var client = ClientRetryState(.standard2026)
    var generator = Generator(seed: 6, stream: 1, index: 0)
    for attempt in 1...3 {
      _ = client.next(
        after: .serverError, attempt: attempt, previousDelay: .zero, at: .start, using: &generator)
    }
    #expect(client.quota.tokens == 458)
    client.succeeded(lastFailure: .serverError, at: .start)
    #expect(client.quota.tokens == 472)
    client.succeeded(lastFailure: nil, at: .start)
    #expect(client.quota.tokens == 473)
    client.succeeded(lastFailure: .throttled, at: .start)
    #expect(client.quota.tokens == 478)
    for _ in 0..<100 { client.succeeded(lastFailure: nil, at: .start) }
    #expect(client.quota.tokens == 500)
  }

  /// A refused retry takes nothing: a throttle (5) may still pass where an error (14) may not.
  @Test func emptyQuotaReturnsTheErrorAtOnce() {
    var client = ClientRetryState(.standard2026)
    var generator = Generator(seed: 7, stream: 1, index: 0)
    func decide(_ outcome: AttemptOutcome) -> RetryDecision {
      client.next(
        after: outcome, attempt: 1, previousDelay: .zero, at: .start, using: &generator)
    }
    for _ in 0..<35 { _ = decide(.serverError) }
    #expect(client.quota.tokens == 10)
    #expect(decide(.serverError) == .giveUp(.quotaExhausted))
    #expect(client.quota.tokens == 10)
    guard case .retry = decide(.throttled) else {
      Issue.record("10 tokens pay for a retry after a throttle")
      return
    }
    #expect(client.quota.tokens == 5)
  }

  /// features.md 1.0 "NOT retried".
  @Test(arguments: [
    AttemptOutcome.conditionFailed, .rejected, .transactionCancelled, .transactionConflict,
  ])
  func otherErrorsGoToTheCaller(_ outcome: AttemptOutcome) {
    for mode in RetryMode.allCases {
      var client = ClientRetryState(.mode(mode))
      var generator = Generator(seed: 8, stream: 1, index: 0)
      let untouched = generator
      let decision = client.next(
        after: outcome, attempt: 1, previousDelay: .zero, at: .start, using: &generator)
      #expect(decision == .giveUp(.notRetryable), "\(mode)")
      #expect(client.quota.tokens == client.policy.quota.capacity)
      #expect(generator == untouched, "a decision that needs no number draws none")
    }
  }
}
