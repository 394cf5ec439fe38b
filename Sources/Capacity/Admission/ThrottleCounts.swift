// Counts by throttle cause, inline: no dictionary and no array on the path of a request.

/// Throttle events by cause.
public struct ThrottleCounts: Hashable, Sendable {
  private var provisioned: Int64 = 0
  private var keyRange: Int64 = 0
  private var account: Int64 = 0
  private var maximum: Int64 = 0

  public init() {}

  public static func += (counts: inout Self, more: Self) {
    counts.provisioned += more.provisioned
    counts.keyRange += more.keyRange
    counts.account += more.account
    counts.maximum += more.maximum
  }

  public subscript(cause: ThrottleCause) -> Int64 {
    get {
      switch cause {
      case .provisionedThroughputExceeded: provisioned
      case .keyRangeThroughputExceeded: keyRange
      case .accountLimitExceeded: account
      case .maxOnDemandThroughputExceeded: maximum
      }
    }
    set {
      switch cause {
      case .provisionedThroughputExceeded: provisioned = newValue
      case .keyRangeThroughputExceeded: keyRange = newValue
      case .accountLimitExceeded: account = newValue
      case .maxOnDemandThroughputExceeded: maximum = newValue
      }
    }
  }
}
