// Why a request is refused, in the service's words (capacity.md 3.4; API_ThrottlingReason).
//
// Sixteen reasons = {Table, Index} x {Read, Write} x four causes, concatenated.

/// The limit that was exceeded.
public enum ThrottleCause: Int, Hashable, Sendable, CaseIterable {
  case provisionedThroughputExceeded = 0
  case keyRangeThroughputExceeded = 1
  case accountLimitExceeded = 2
  case maxOnDemandThroughputExceeded = 3

  /// The cause's part of the API's reason string.
  public var apiName: String {
    switch self {
    case .provisionedThroughputExceeded: "ProvisionedThroughputExceeded"
    case .keyRangeThroughputExceeded: "KeyRangeThroughputExceeded"
    case .accountLimitExceeded: "AccountLimitExceeded"
    case .maxOnDemandThroughputExceeded: "MaxOnDemandThroughputExceeded"
    }
  }
}

/// A throttling reason as the API names it, such as `TableWriteProvisionedThroughputExceeded`.
public struct ThrottlingReason: Hashable, Sendable {
  public var isIndex: Bool
  public var axis: CapacityAxis
  public var cause: ThrottleCause

  public init(isIndex: Bool, axis: CapacityAxis, cause: ThrottleCause) {
    self.isIndex = isIndex
    self.axis = axis
    self.cause = cause
  }

  public var apiName: String {
    (isIndex ? "Index" : "Table") + (axis == .read ? "Read" : "Write") + cause.apiName
  }
}
