// What a client does with the parts of a batch that came back unprocessed (features.md 1.3).
//
// BatchGetItem and BatchWriteItem succeed with a list of throttled parts; only when every part was
// throttled does the call itself fail, and then the retry policy of the client applies. Low-level
// SDK clients hand the list to the application; boto3's batch writer sends it again at once; the
// enhanced clients send it again after a back-off. That second sending is a new call: it starts
// with attempt 1 and pays nothing from the retry quota.

public import Randomness
public import Units

/// How unprocessed parts of a batch are sent again.
public struct BatchRedrive: Hashable, Sendable {
  public enum Mode: UInt8, Hashable, Sendable, CaseIterable {
    /// The parts are lost to the application: low-level SDK clients.
    case never
    /// boto3's `batch_writer`: queued again immediately, without a wait.
    case atOnce
    /// Sent again after the policy's wait for throttling errors.
    case backOff
  }

  public var mode: Mode
  /// Calls including the first; parts still unprocessed after that are given up.
  public var maximumRounds: Int

  /// - Parameter maximumRounds: unlimited by default, as in boto3's batch writer.
  public init(_ mode: Mode, maximumRounds: Int = .max) {
    self.mode = mode
    self.maximumRounds = maximumRounds
  }

  /// What to do after call number `round` (1 for the first) of a batch left `unprocessed` parts.
  /// - Parameter previousDelay: the wait before this call, zero for the first.
  public func next(
    unprocessed: Int, round: Int, previousDelay: Nanoseconds, policy: RetryPolicy,
    using generator: inout Generator
  ) -> BatchDecision {
    guard unprocessed > 0 else { return .complete }
    guard mode != .never, round < maximumRounds else { return .giveUp(parts: unprocessed) }
    guard mode == .backOff else { return .resend(parts: unprocessed, after: .zero) }
    let delay = policy.delay(
      after: .throttled, attempt: round, previousDelay: previousDelay, using: &generator)
    return .resend(parts: unprocessed, after: delay)
  }

  /// The outcome of a batch call: it fails as throttled only when every part was throttled.
  /// - Precondition: `0 <= unprocessed <= requested`, `requested > 0`.
  public static func outcome(requested: Int, unprocessed: Int) -> AttemptOutcome {
    precondition(requested > 0 && unprocessed >= 0 && unprocessed <= requested)
    return unprocessed == requested ? .throttled : .success
  }
}

/// What to do after one call of a batch.
public enum BatchDecision: Hashable, Sendable {
  case complete
  case resend(parts: Int, after: Nanoseconds)
  case giveUp(parts: Int)
}
