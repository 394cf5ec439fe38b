// The account's and a table's quota on provisioned throughput.
//
// An account may provision 80,000 read and 80,000 write units/s over all its tables and indexes in
// a region, and 40,000 of each per table or index by default; both can be raised (capacity.md 4,
// A). On-demand tables do not count against the account. A request over a quota is refused as a
// whole, by the control plane, before any capacity changes.

/// Provisioned units/s in use and allowed in one account and region.
public struct AccountQuota: Hashable, Sendable {
  public enum Outcome: Hashable, Sendable {
    case granted
    /// The table or index would exceed its own quota.
    case exceedsTableQuota(Int)
    /// The account would exceed its quota.
    case exceedsAccountQuota(Int)
  }

  public var account: WarmThroughput
  public var table: WarmThroughput
  private var used = WarmThroughput(readUnitsPerSecond: 0, writeUnitsPerSecond: 0)

  /// nil takes the service's defaults: 80,000 per account, 40,000 per table or index.
  public init(account: WarmThroughput? = nil, table: WarmThroughput? = nil) {
    func both(_ units: Int) -> WarmThroughput {
      WarmThroughput(readUnitsPerSecond: units, writeUnitsPerSecond: units)
    }
    self.account = account ?? both(ServiceConstants.accountQuotaUnits)
    self.table = table ?? both(ServiceConstants.tableQuotaUnits)
  }

  /// Units/s provisioned on `axis` over all tables and indexes.
  public func provisioned(_ axis: CapacityAxis) -> Int { used[axis] }

  /// Changes one table's or index's provisioned units/s on `axis`, if the quotas allow it.
  /// Lowering always succeeds. `from` is 0 for a new table, `to` is 0 for a deleted one.
  public mutating func change(_ axis: CapacityAxis, from: Int, to: Int) -> Outcome {
    if to > from {
      if to > table[axis] { return .exceedsTableQuota(table[axis]) }
      if used[axis] - from + to > account[axis] { return .exceedsAccountQuota(account[axis]) }
    }
    used[axis] += to - from
    return .granted
  }
}
