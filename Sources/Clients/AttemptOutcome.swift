// How one attempt of a request ended, as far as a retry policy cares.
//
// The cases are the classes of errors the SDKs tell apart (features.md 1.0 "Which errors are
// retried"), not the service's error codes: many codes fall into one class.

/// How one attempt ended, in the classes that SDK retry policies tell apart.
public enum AttemptOutcome: UInt8, Hashable, Sendable, CaseIterable {
  case success
  /// ProvisionedThroughputExceeded, Throttling, RequestLimitExceeded and the like.
  case throttled
  /// TransactionInProgress: the SDKs count it among the throttling errors.
  case transactionInProgress
  /// HTTP 500, 502, 503, 504 and responses with a bad checksum.
  case serverError
  /// No response in time, when connecting or when reading.
  case timeout
  /// The connection was refused or broke.
  case connectionError
  /// ReplicatedWriteConflict: modelled as retryable, not as throttling.
  case replicatedWriteConflict
  case conditionFailed
  /// ValidationException, ResourceNotFound, ResourceInUse: sending it again changes nothing.
  case rejected
  /// TransactionCanceled, also when a throttle was the reason.
  case transactionCancelled
  /// TransactionConflict: one attempt was measured (features.md 1.0).
  case transactionConflict

  /// Whether the SDKs class it as a throttling error.
  public var isThrottling: Bool { self == .throttled || self == .transactionInProgress }

  /// Whether any SDK retry policy sends the request again after it.
  public var isRetryable: Bool {
    switch self {
    case .throttled, .transactionInProgress, .serverError, .timeout, .connectionError,
      .replicatedWriteConflict:
      true
    case .success, .conditionFailed, .rejected, .transactionCancelled, .transactionConflict: false
    }
  }
}
