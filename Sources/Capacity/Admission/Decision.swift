// The answer to "may this request pass?": an expected outcome, so a returned value, not an error.
//
// The cause alone is held here; ResourceAdmission.reason adds table or index and the axis, which
// gives the reason string of the API (capacity.md 3.4).

/// Whether one table or index admits a request.
public enum Decision: Hashable, Sendable {
  case admitted
  /// Refused by `cause`; `shortfall` is what was missing for the next request to pass, rounded up
  /// to half a unit, in units of the request's axis.
  case throttled(ThrottleCause, shortfall: CapacityUnits)

  public var isAdmitted: Bool { self == .admitted }
}
