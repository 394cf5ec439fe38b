// Means and counts of retries against closed forms: jitter is uniform below its bound, and the
// number of attempts is a truncated geometric variable.

import Clients
import Glibc
import Randomness
import Testing
import Units

/// The mean and standard deviation of the waits of a jitter, as shares of the bound.
struct JitterCase: CustomTestStringConvertible, Sendable {
  let jitter: Jitter
  let low: Double
  let high: Double
  var testDescription: String { "\(jitter): uniform on \(low)...\(high) of the bound" }
}

@Suite struct RetryTheoryTests {
  /// For decorrelated jitter the bound is the base and the first wait 1 to 3 times that.
  @Test(arguments: [
    JitterCase(jitter: .none, low: 1, high: 1), JitterCase(jitter: .full, low: 0, high: 1),
    JitterCase(jitter: .equal, low: 0.5, high: 1),
    JitterCase(jitter: .decorrelated, low: 1, high: 3),
  ])
  func jitterIsUniform(_ expected: JitterCase) {
    let curve = Backoff(base: .milliseconds(80), jitter: expected.jitter)
    var generator = Generator(seed: 21, stream: 1, index: 0)
    let draws = 20_000
    var sum = 0.0
    var squares = 0.0
    for _ in 0..<draws {
      let wait = curve.delay(retry: 0, previousDelay: .zero, unit: generator.nextUnit())
      let share = wait.inSeconds / 0.080
      #expect(share >= expected.low && share <= expected.high)
      sum += share
      squares += share * share
    }
    let mean = sum / Double(draws)
    let variance = squares / Double(draws) - mean * mean
    let width = expected.high - expected.low
    // Four standard errors of mean and variance of a uniform variable.
    let error = 4 * width / (12 * Double(draws)).squareRoot()
    #expect(abs(mean - (expected.low + expected.high) / 2) <= error + 1e-9)
    #expect(abs(variance - width * width / 12) <= 4 * width * width / 13.4 / 141 + 1e-9)
  }

  /// When each attempt fails with chance p on its own, a call makes (1 - p^n) / (1 - p) attempts.
  @Test(arguments: [0.05, 0.3, 0.8])
  func attemptsAreTruncatedGeometric(failure: Double) {
    for mode in [RetryMode.fullJitter, .legacyBotocore] {
      let policy = RetryPolicy.mode(mode)
      var client = ClientRetryState(policy)
      var generator = Generator(seed: 22, stream: 1, index: UInt64(failure * 100))
      let calls = 10_000
      var attempts = 0
      for _ in 0..<calls {
        var attempt = 1
        while generator.nextUnit() < failure {
          let decision = client.next(
            after: .throttled, attempt: attempt, previousDelay: .zero, at: .start,
            using: &generator)
          guard case .retry = decision else { break }
          attempt += 1
        }
        attempts += attempt
      }
      let expected = (1 - pow(failure, Double(policy.maximumAttempts))) / (1 - failure)
      // The variance is below that of the untruncated geometric distribution.
      let error = 4 * failure.squareRoot() / (1 - failure) / Double(calls).squareRoot()
      #expect(abs(Double(attempts) / Double(calls) - expected) < error, "\(mode)")
    }
  }
}
