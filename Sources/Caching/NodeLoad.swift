// How busy one cache node is: a bucket that its capacity fills and its requests drain.
//
// The service throttles by CPU utilisation (features.md 2.1) and publishes neither window nor
// threshold; here a node may spend up to one second of capacity at once (inferred, a parameter).
// It admits while anything is left and takes the whole cost, so a large request is never starved
// by small ones and the mean load is exact. Integers only: a token is a normalized request times a
// nanosecond, so that no refill rounds.

public import Units

/// The load of one node.
public struct NodeLoad: Hashable, Sendable {
  private let rate: Int64
  private let full: Int64
  private var tokens: Int64
  private var filledAt = Instant.start

  /// - Precondition: a positive capacity, at most 10^9/s, and at most 9 s of burst.
  public init(normalizedRequestsPerSecond rate: Int, burst: Nanoseconds) {
    precondition(rate > 0 && rate <= 1_000_000_000, "a node bears some load")
    precondition(burst > .zero && burst <= .seconds(9), "burst is a few seconds of capacity")
    self.rate = Int64(rate)
    self.full = Int64(rate) * burst.count
    self.tokens = full
  }

  /// Takes `cost` if the node has anything left.
  public mutating func admit(cost: Int, at now: Instant) -> Bool {
    refill(at: now)
    guard tokens > 0 else { return false }
    tokens -= Int64(cost) * 1_000_000_000
    return true
  }

  /// Takes `cost` whatever is left; later requests wait for the debt.
  public mutating func charge(cost: Int, at now: Instant) {
    refill(at: now)
    tokens -= Int64(cost) * 1_000_000_000
  }

  private mutating func refill(at now: Instant) {
    guard now > filledAt else { return }
    let (gain, overflow) = (now - filledAt).count.multipliedReportingOverflow(by: rate)
    let (sum, overflowToo) = tokens.addingReportingOverflow(gain)
    tokens = overflow || overflowToo ? full : min(full, sum)
    filledAt = now
  }
}
