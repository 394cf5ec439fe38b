// A bill while its lines are added: prices looked up, free quantities used up, doubts collected.

import Units

/// One thing to charge for, before its price is known.
struct Charge {
  var resource: String
  var region: String
  /// Without the region's prefix.
  var usageType: String
  var item: String
  var description: String
  /// Name of the unit in the plural: "WCU-hours".
  var unit: String
  var used: Quantity
  /// Part of `used` that costs nothing.
  var free = Quantity.zero
  /// A line is shown although nothing was used, as a bill does for what a reservation covers.
  var isListedAtZero = false
}

/// Free quantities that are left.
struct FreeTierLedger {
  private struct Key: Hashable {
    var allowance: String
    var region: String
  }

  let prices: PriceList
  private var taken: [Key: Quantity] = [:]

  init(prices: PriceList) { self.prices = prices }

  /// Takes up to `wanted` of an allowance; a `region` of "*" is shared by all regions.
  mutating func take(_ wanted: Quantity, of allowance: String, region: String) -> Quantity {
    let key = Key(allowance: allowance, region: region)
    let left = Quantity(prices.allowance(allowance) ?? 0) - (taken[key] ?? .zero)
    let part = min(left, wanted)
    taken[key, default: .zero] += part
    return part
  }
}

/// Lines, sum and remarks of a bill in the making.
struct BillDraft {
  let prices: PriceList
  var lines: [BillLine] = []
  var total = Money.zero
  var warnings: [String] = []
  var inferred: [String] = []
  var ledger: FreeTierLedger

  init(prices: PriceList) {
    self.prices = prices
    self.ledger = FreeTierLedger(prices: prices)
  }

  /// Adds a line unless nothing was used.
  mutating func add(_ charge: Charge) {
    guard !charge.used.isZero || charge.isListedAtZero else { return }
    let charged = charge.used - charge.free
    let price = prices.price(charge.item, in: charge.region)
    let amount = charged.isZero ? Money.zero : price?.cost(of: charged)
    add(
      BillLine(
        resource: charge.resource,
        usageType: usageTypePrefix(region: charge.region) + charge.usageType,
        description: charge.description,
        quantity: amountText(charged, charge.unit, free: charge.free), unitPrice: price?.amount,
        per: price?.per ?? prices.measure(of: charge.item)?.per ?? charge.unit, amount: amount,
        source: price?.origin ?? "not in the price list", charged: charged, free: charge.free))
    remark(on: price, item: charge.item, region: charge.region, isNeeded: !charged.isZero)
  }

  /// Adds a finished line.
  mutating func add(_ line: BillLine) {
    lines.append(line)
    if let amount = line.amount { total += amount }
  }

  /// Remembers once per item and region that a price is missing, inferred or doubtful.
  mutating func remark(on price: Price?, item: String, region: String, isNeeded: Bool) {
    guard isNeeded else { return }
    guard let price else {
      guard prices.regions.contains(region) else {
        let nearest = prices.suggestion(forRegion: region).map { " (nearest name: \($0))" } ?? ""
        note("region \(region) has no prices in the list\(nearest): its lines are unpriced")
        return
      }
      note("\(item) in \(region) is unpriced: its lines are left out of the total")
      return
    }
    if price.isDoubtful { note("the price of \(item) in \(region) is doubtful: \(price.source)") }
    let name = "\(item) (\(region))"
    if price.isInferred, !inferred.contains(name) { inferred.append(name) }
  }

  mutating func note(_ warning: String) {
    if !warnings.contains(warning) { warnings.append(warning) }
  }
}

/// "146,000 WCU-hours", with the free part behind it when there is one.
func amountText(_ charged: Quantity, _ unit: String, free: Quantity = .zero) -> String {
  let text = "\(charged) \(unit)"
  return free.isZero ? text : "\(text) (and \(free) free)"
}

extension Quantity: CustomStringConvertible {
  /// Whole numbers grouped; others without decimals from 10,000 on, with up to three below, and
  /// with three significant digits below 1.
  public var description: String {
    if denominator == 1 { return group(numerator) }
    let value = inDouble
    if value >= 10_000 { return fixed(value, 0) }
    return value < 1 ? significant(value) : trimmed(value, 3)
  }
}
