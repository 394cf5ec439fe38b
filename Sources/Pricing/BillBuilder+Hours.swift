// Throughput by usage type and hour, for charts and for laying beside a bill's hourly detail.
//
// The hours are those of the bill's month: hour h covers month minutes 60 h ..< 60 (h + 1), and the
// run's minutes repeat. Reserved capacity is taken off as on the bill; the free tier, which
// is monthly, is not.

public import Capacity
public import Units

/// One usage type of one resource in each hour of the month.
public struct HourlyThroughput: Sendable {
  public var resource: String
  public var region: String
  public var axis: CapacityAxis
  public var usageType: String
  /// Name of the unit in the plural: "RRU", "WCU-hours".
  public var unit: String
  /// Charged in each hour.
  public var quantities: [Quantity]
  /// nil: unpriced.
  public var amounts: [Money]?
}

extension BillBuilder {
  /// Hourly throughput of all resources, in the order of the bill's lines.
  public func throughputByHour(of usage: BilledUsage) -> [HourlyThroughput] {
    var reserved = ReservedHours(rules: rules)
    var out: [HourlyThroughput] = []
    for resource in usage.resources {
      for axis in CapacityAxis.allCases {
        let item = resource.item(axis)
        let quantities: [Quantity]
        if resource.isOnDemand {
          quantities = fill.hourlyTotals(resource[axis].consumedHalves)
            .map { Quantity(Int128($0), over: 2) }
        } else {
          var hours = fill.billedUnitMinutes(resource[axis].provisionedUnits, rule: rules.hourRule)
          if isReservable(axis, of: resource) { hours = reserved.uncovered(hours, axis) }
          quantities = hours.map { Quantity(Int128($0), over: 60) }
        }
        let price = prices.price(
          resource.isOnDemand ? item.onDemandItem : item.provisionedItem, in: resource.region)
        out.append(
          HourlyThroughput(
            resource: resource.name, region: resource.region, axis: axis,
            usageType: usageTypePrefix(region: resource.region)
              + (resource.isOnDemand ? item.onDemandUsageType : item.provisionedUsageType),
            unit: resource.isOnDemand
              ? item.requestUnitName : item.capacityUnitName + "-hours",
            quantities: quantities,
            amounts: price.map { price in quantities.map { price.cost(of: $0) } }))
      }
    }
    return out
  }
}
