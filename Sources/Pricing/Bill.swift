// A month's bill: lines by usage type as on a real one, and the assumptions behind them.

public import Units

/// One line of a bill.
public struct BillLine: Sendable {
  /// "orders", "orders/byStatus", "DAX", "account".
  public var resource: String
  /// As on a real bill, for example `USW2-WriteCapacityUnit-Hrs`.
  public var usageType: String
  public var description: String
  /// In the unit of the price, as text with its unit: "146,000 WCU-hours".
  public var quantity: String
  /// nil: unpriced. Such a line is left out of the total and warned about; it is never zero.
  public var unitPrice: Money?
  /// What one price applies to: "WCU-hour", "million WRU", "GB-month".
  public var per: String
  public var amount: Money?
  /// Where the price comes from and its date.
  public var source: String
  /// The quantity that is charged, and the part of the usage that is free, in single units.
  public var charged: Quantity
  public var free: Quantity

  public init(
    resource: String, usageType: String, description: String, quantity: String, unitPrice: Money?,
    per: String, amount: Money?, source: String, charged: Quantity = .zero, free: Quantity = .zero
  ) {
    self.resource = resource
    self.usageType = usageType
    self.description = description
    self.quantity = quantity
    self.unitPrice = unitPrice
    self.per = per
    self.amount = amount
    self.source = source
    self.charged = charged
    self.free = free
  }

  /// The unit price with all its digits, "$0.283" or "$0.0000002"; "unpriced" without one.
  public var unitPriceText: String { unitPrice?.exactText ?? "unpriced" }
}

extension Money {
  /// Dollars with all digits and at least cents: "$0.283", "$30.00".
  var exactText: String {
    let whole = attodollars.magnitude / Self.dollar.magnitude
    var digits = String(attodollars.magnitude % Self.dollar.magnitude)
    digits = String(repeating: "0", count: 18 - digits.utf8.count) + digits
    while digits.utf8.count > 2, digits.hasSuffix("0") { digits.removeLast() }
    return (attodollars < 0 ? "-$" : "$") + group(whole) + "." + digits
  }
}

/// A month's bill.
public struct Bill: Sendable {
  public var title: String
  public var region: String
  public var lines: [BillLine]
  /// Sum of the priced lines.
  public var total: Money
  /// Month length, hour rule, free tier, GB definition: one sentence each.
  public var assumptions: [String]
  /// "dax_node_dax.r7i.large in eu-west-1 is unpriced: ...".
  public var warnings: [String]

  public init(
    title: String, region: String, lines: [BillLine], total: Money, assumptions: [String],
    warnings: [String]
  ) {
    self.title = title
    self.region = region
    self.lines = lines
    self.total = total
    self.assumptions = assumptions
    self.warnings = warnings
  }

  /// Whether every line is priced; otherwise the total is a lower bound.
  public var isComplete: Bool { lines.allSatisfy { $0.amount != nil } }
}

/// Another way to pay for the same traffic.
public struct PricedAlternative: Sendable {
  /// "on-demand", "provisioned at the simulated peak", "reserved 1 year"...
  public var name: String
  public var monthly: Money
  /// Minus the scenario's own total; negative is cheaper.
  public var difference: Money
  /// What it means for throttling or commitment, and the break-even in words.
  public var note: String
  /// false: some part is unpriced, so the total is a lower bound.
  public var isComplete: Bool
  /// Whether it serves the same traffic without a commitment and without being cut to its peak.
  public var isLikeForLike: Bool

  public init(
    name: String, monthly: Money, difference: Money, note: String, isComplete: Bool,
    isLikeForLike: Bool = false
  ) {
    self.isLikeForLike = isLikeForLike
    self.name = name
    self.monthly = monthly
    self.difference = difference
    self.note = note
    self.isComplete = isComplete
  }
}
