// A change of the scenario that was simulated to see whether it helps.
//
// Trials see the same arrivals, keys and sizes as the run they are compared with (common random
// numbers), so differences of cost and latency carry little noise.

public import Statistics

/// What one remedy does, by simulation.
public struct RemedyOutcome: Sendable {
  /// What to change, in the imperative: "Set write-capacity of orders to 400 WCU".
  public var title: String
  /// Replications that were simulated with the change.
  public var replications: Int
  /// Of the scenario's objectives; pass means that nothing is refused when it sets none.
  public var verdict: Verdict
  /// Shares of all requests, 0...1.
  public var throttled: Estimate
  public var failed: Estimate
  /// 99th percentile of the response latency over all operations, in seconds.
  public var p99: Estimate
  /// Dollars a month with the change, and how many more than without it.
  public var monthlyCost: Estimate
  public var costDifference: Estimate
  /// false: the change brings something that no price list has, so both are lower bounds.
  public var isPriced: Bool

  public init(
    title: String, replications: Int, verdict: Verdict, throttled: Estimate, failed: Estimate,
    p99: Estimate, monthlyCost: Estimate, costDifference: Estimate, isPriced: Bool = true
  ) {
    self.isPriced = isPriced
    self.title = title
    self.replications = replications
    self.verdict = verdict
    self.throttled = throttled
    self.failed = failed
    self.p99 = p99
    self.monthlyCost = monthlyCost
    self.costDifference = costDifference
  }
}
