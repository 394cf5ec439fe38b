// From usage to a month's bill, line by line as on a real one.
//
// Lines carry the usage-type names of a real bill (pricing.md 3). Quantities and amounts are exact;
// they are rounded to cents only where they are shown, so a total is the exact sum of exact lines
// and may differ by a cent from the sum of what is printed. A missing price leaves its line without
// an amount and out of the total, with a warning. Storage, features, caches and transfers stand in
// BillBuilder+Features.swift.

public import Capacity
import Units

/// Computes bills from usage by one set of rules and prices.
public struct BillBuilder: Sendable {
  public var prices: PriceList
  public var rules: BillingRules

  public init(rules: BillingRules, prices: PriceList = .published) {
    self.rules = rules
    self.prices = prices
  }

  var fill: MonthFill { MonthFill(monthHours: rules.monthHours) }

  /// The bill of a month that repeats the run.
  public func bill(for usage: BilledUsage, title: String) -> Bill {
    var draft = BillDraft(prices: prices)
    var reserved = ReservedHours(rules: rules)
    for resource in usage.resources {
      for axis in CapacityAxis.allCases {
        if resource.isOnDemand {
          addRequests(axis, of: resource, to: &draft)
        } else {
          addCapacity(axis, of: resource, reserved: &reserved, to: &draft)
        }
      }
      addStorage(of: resource, to: &draft)
      addFeatures(of: resource, runMinutes: usage.runMinutes, to: &draft)
      addWarmThroughput(of: resource, to: &draft)
    }
    for axis in CapacityAxis.allCases { addReserved(axis, reserved, to: &draft) }
    for cache in usage.caches { addNodes(of: cache, to: &draft) }
    for key in usage.keys { addKey(key, to: &draft) }
    addTransfers(usage.transfers, to: &draft)
    return Bill(
      title: title, region: rules.region, lines: draft.lines, total: draft.total,
      assumptions: assumptions(for: usage, inferred: draft.inferred), warnings: draft.warnings)
  }

  /// Unit-minutes of provisioned capacity billed in each hour of the month, over all resources that
  /// reserved capacity of the home region can cover.
  public func reservableUnitMinutes(_ axis: CapacityAxis, of usage: BilledUsage) -> [Int64] {
    var sum = Array(repeating: Int64(0), count: rules.monthHours)
    for resource in usage.resources where isReservable(axis, of: resource) {
      let hours = fill.billedUnitMinutes(resource[axis].provisionedUnits, rule: rules.hourRule)
      for hour in sum.indices { sum[hour] += hours[hour] }
    }
    return sum
  }

  /// Reserved capacity covers the Standard class in its region, and no replicated writes.
  func isReservable(_ axis: CapacityAxis, of resource: ResourceUsage) -> Bool {
    !resource.isOnDemand && resource.region == rules.region && resource.tableClass == .standard
      && !resource.item(axis).isReplicated
  }

  private func addRequests(
    _ axis: CapacityAxis, of resource: ResourceUsage, to draft: inout BillDraft
  ) {
    let item = resource.item(axis)
    draft.add(
      Charge(
        resource: resource.name, region: resource.region, usageType: item.onDemandUsageType,
        item: item.onDemandItem,
        description: axis == .read
          ? "On-demand reads"
          : item.isReplicated ? "On-demand replicated writes" : "On-demand writes",
        unit: item.requestUnitName,
        used: Quantity(fill.total(resource[axis].consumedHalves), over: 2)))
  }

  private func addCapacity(
    _ axis: CapacityAxis, of resource: ResourceUsage, reserved: inout ReservedHours,
    to draft: inout BillDraft
  ) {
    let item = resource.item(axis)
    let hours = fill.billedUnitMinutes(resource[axis].provisionedUnits, rule: rules.hourRule)
    let provisioned = Quantity(hours.reduce(Int128(0)) { $0 + Int128($1) }, over: 60)
    let covered = isReservable(axis, of: resource) ? reserved.cover(hours, axis) : .zero
    let used = provisioned - covered
    let unit = item.capacityUnitName + "-hours"
    let free =
      rules.freeTier && resource.tableClass == .standard
      ? draft.ledger.take(used, of: FreeAllowance.unitHours(item), region: resource.region) : .zero
    var description =
      axis == .read
      ? "Provisioned read capacity"
      : item.isReplicated ? "Provisioned replicated write capacity" : "Provisioned write capacity"
    if !covered.isZero {
      description += ", \(covered) further \(unit) covered by reserved capacity"
    }
    draft.add(
      Charge(
        resource: resource.name, region: resource.region, usageType: item.provisionedUsageType,
        item: item.provisionedItem, description: description, unit: unit, used: used, free: free,
        isListedAtZero: !covered.isZero))
  }

  /// Reserved capacity is charged for every hour of the month; the upfront payment is spread over
  /// the hours of the term.
  private func addReserved(
    _ axis: CapacityAxis, _ hours: ReservedHours, to draft: inout BillDraft
  ) {
    guard let reserved = rules.reserved else { return }
    let blocks = reserved.blocks(axis)
    guard blocks > 0 else { return }
    let units = blocks * ReservedCapacity.blockUnits
    let name = axis == .read ? "RCU" : "WCU"
    let type =
      usageTypePrefix(region: rules.region)
      + "HeavyUsage:dynamodb.\(axis == .read ? "read" : "write")"
    let committed = Quantity(units * rules.monthHours)
    let use = hours.covered[axis.rawValue].inDouble / committed.inDouble
    for part in ["hourly", "upfront"] {
      let item = PriceItem.reserved(axis, reserved.term, part)
      let price = prices.price(item, in: rules.region)
      let isHourly = part == "hourly"
      let charged =
        isHourly
        ? committed : Quantity(Int128(units * rules.monthHours), over: Int128(reserved.term.hours))
      let once = price.map { "\($0.cost(of: Quantity(units)))" } ?? "unpriced"
      draft.add(
        BillLine(
          resource: "reserved capacity", usageType: type,
          description: isHourly
            ? "\(group(units)) \(name) reserved for \(reserved.term.name), \(percentage(use)) used"
            : "Upfront payment of \(once) spread over \(reserved.term.name)",
          quantity: isHourly
            ? amountText(committed, name + "-hours")
            : "\(group(units)) \(name) for \(rules.monthHours) of \(group(reserved.term.hours)) h",
          unitPrice: price?.amount, per: price?.per ?? "100 units",
          amount: price?.cost(of: charged),
          source: price?.origin ?? "not in the price list", charged: charged))
      draft.remark(on: price, item: item, region: rules.region, isNeeded: true)
    }
    if units != reserved.units(axis) {
      draft.note(
        "reserved capacity is sold in blocks of 100: \(group(reserved.units(axis))) \(name)"
          + " are billed as \(group(units))")
    }
  }
}

/// Reserved unit-minutes of each hour of the month that no resource has used yet.
struct ReservedHours {
  private var left: [[Int64]]
  /// Unit-hours covered so far by axis.
  private(set) var covered: [Quantity] = [.zero, .zero]

  init(rules: BillingRules) {
    left = CapacityAxis.allCases.map { axis in
      let units = (rules.reserved?.blocks(axis) ?? 0) * ReservedCapacity.blockUnits
      return Array(repeating: Int64(units * 60), count: rules.monthHours)
    }
  }

  /// Covers what is left of each hour; resources are served in the order of the usage.
  mutating func cover(_ hours: [Int64], _ axis: CapacityAxis) -> Quantity {
    let rest = uncovered(hours, axis)
    let sum = zip(hours, rest).reduce(Int128(0)) { $0 + Int128($1.0 - $1.1) }
    return Quantity(sum, over: 60)
  }

  /// What remains of each hour after the reservation has covered its part.
  mutating func uncovered(_ hours: [Int64], _ axis: CapacityAxis) -> [Int64] {
    var rest = hours
    var sum: Int128 = 0
    for hour in hours.indices {
      let part = min(hours[hour], left[axis.rawValue][hour])
      left[axis.rawValue][hour] -= part
      rest[hour] -= part
      sum += Int128(part)
    }
    covered[axis.rawValue] += Quantity(sum, over: 60)
    return rest
  }
}
