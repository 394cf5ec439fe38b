// Where one way to pay becomes cheaper than another, from a region's own prices.
//
// A unit of on-demand throughput used every second of an hour costs 3,600 requests; a provisioned
// unit costs its hour whether used or not. The ratio of the two is the utilisation at which they
// cost the same (pricing.md 3: us-east-1 28.9 %, 13.3 % with a 1-year reservation, which in turn
// pays off against provisioned from 46 % of the hours on). Shares are Doubles: shown, not billed.

public import Capacity
import Units

/// Break-even shares of one axis in one region.
public struct BreakEven: Hashable, Sendable {
  public var axis: CapacityAxis
  /// Utilisation above which provisioned capacity is cheaper than on-demand, 0...1.
  public var provisionedUtilisation: Double
  /// Utilisation above which capacity reserved for 1 year is cheaper than on-demand; nil: unpriced.
  public var reservedUtilisation: Double?
  /// Share of the hours a unit must be in use to be cheaper reserved than provisioned.
  public var reservedShareOfHours: Double?

  /// nil when the region has no price for on-demand or provisioned units of this class.
  public init?(
    _ axis: CapacityAxis, prices: PriceList, region: String, tableClass: TableClass = .standard,
    isReplicated: Bool = false
  ) {
    let item = ThroughputItem(axis, isReplicated: isReplicated, tableClass: tableClass)
    guard
      let onDemand = prices.price(item.onDemandItem, in: region),
      let provisioned = prices.price(item.provisionedItem, in: region)
    else { return nil }
    let fullHour = onDemand.cost(of: Quantity(3_600)).inDollars
    let unitHour = provisioned.cost(of: Quantity(1)).inDollars
    guard fullHour > 0, unitHour > 0 else { return nil }
    self.axis = axis
    self.provisionedUtilisation = unitHour / fullHour
    let offer =
      tableClass == .standard && !item.isReplicated
      ? ReservedOffer(axis, .oneYear, prices: prices, region: region) : nil
    let reserved = offer?.effectiveUnitHour.inDollars
    self.reservedUtilisation = reserved.map { $0 / fullHour }
    self.reservedShareOfHours = reserved.map { $0 / unitHour }
  }

  /// "Reads: provisioned is cheaper than on-demand above 28.9 % utilisation, ...".
  public var sentence: String {
    var text =
      (axis == .read ? "Reads" : "Writes")
      + ": provisioned is cheaper than on-demand above \(percentage(provisionedUtilisation))"
      + " utilisation"
    if let reservedUtilisation, let reservedShareOfHours {
      text +=
        ", reserved for 1 year above \(percentage(reservedUtilisation)), and reserved than"
        + " provisioned from \(percentage(reservedShareOfHours)) of the hours on"
    }
    return text + "."
  }
}
