// Unit prices by region and item.
//
// A price that is not in the list is nil, "unpriced": a bill says so and leaves it out of the
// total, because a zero would be a lie. The published list is the generated table; a scenario may
// set or replace single prices. Facts: pricing.md 1-2.

import Capacity
public import Units

/// A unit price with its origin.
public struct Price: Hashable, Sendable {
  /// Price of `units` units.
  public var amount: Money
  /// 1, 100 or 1,000,000.
  public var units: Int
  /// What one price applies to, in words: "million WRU", "WCU-hour", "GB-month".
  public var per: String
  public var source: String
  /// Date of the source, or "inferred".
  public var asOf: String
  /// Built from a ratio or another region's price instead of read for this region.
  public var isInferred: Bool
  /// Marked in the list as doubtful: it breaks a ratio that holds elsewhere, or is old.
  public var isDoubtful: Bool

  public init(
    amount: Money, units: Int, per: String, source: String, asOf: String, isInferred: Bool = false,
    isDoubtful: Bool = false
  ) {
    self.amount = amount
    self.units = units
    self.per = per
    self.source = source
    self.asOf = asOf
    self.isInferred = isInferred
    self.isDoubtful = isDoubtful
  }

  /// What `quantity` units cost, exact to an attodollar.
  public func cost(of quantity: Quantity) -> Money {
    amount.scaled(by: quantity.numerator, over: quantity.denominator * Int128(units))
  }

  /// Source and date as one text.
  public var origin: String { "\(source), \(asOf)" }
}

/// What became of a price that a scenario states.
public enum PriceOverrideOutcome: Hashable, Sendable {
  case applied
  /// No item of that name in any region, with the nearest known name.
  case unknownItem(nearest: String?)
  /// Not a plain non-negative decimal number.
  case malformedPrice
}

/// All known prices.
public struct PriceList: Sendable {
  struct Key: Hashable {
    var region: String
    var item: String
  }

  /// Regions with prices, in alphabetical order.
  public internal(set) var regions: [String] = []
  /// All item names, in the table's order.
  public internal(set) var items: [String] = []
  /// Free quantities by name, the same in every region.
  var allowances: [String: Int] = [:]
  var units: [String: String] = [:]
  private var prices: [Key: Price] = [:]

  init() {}

  /// Number of (region, item) prices.
  public var count: Int { prices.count }

  /// The price of an item in a region; nil: unpriced.
  public func price(_ item: String, in region: String) -> Price? {
    prices[Key(region: region, item: item)]
  }

  /// A quantity that is free every month, such as `freetier_rcu_hours`; nil when there is none.
  public func allowance(_ name: String) -> Int? { allowances[name] }

  mutating func set(_ price: Price, for item: String, in region: String) {
    prices[Key(region: region, item: item)] = price
  }

  /// Sets or replaces one price, in dollars per the item's own unit.
  ///
  /// Items that only differ by a DAX node type (`dax_node_dax.r7i.large`) or a target region
  /// (`data_transfer_interregion_out_to_eu-west-1`), and `warm_throughput_read` and `_write`, are
  /// accepted without being in the list.
  public mutating func override(item: String, in region: String, dollars: String)
    -> PriceOverrideOutcome
  {
    guard let measure = measure(of: item) else {
      return .unknownItem(nearest: nearestNames(to: item, among: items, limit: 1).first)
    }
    guard let amount = Money(decimal: dollars), amount >= .zero else { return .malformedPrice }
    set(
      Price(
        amount: amount, units: measure.units, per: measure.per, source: "stated by the scenario",
        asOf: "as given"), for: item, in: region)
    return .applied
  }

  /// What a price of the item applies to, known or not in any region; nil: no such item.
  func measure(of item: String) -> PriceMeasure? {
    if let unit = units[item] { return PriceMeasure(tableUnit: unit) }
    if item.hasPrefix("dax_node_dax.") { return PriceMeasure(tableUnit: "per_node_hour") }
    if item.hasPrefix(PriceItem.interRegion + "_to_") { return PriceMeasure(tableUnit: "per_GB") }
    let isWarm = CapacityAxis.allCases.contains { PriceItem.warmThroughput($0) == item }
    return isWarm ? PriceMeasure(tableUnit: "per_unit_once") : nil
  }

  /// The known region whose name is nearest to a misspelt one; nil when none is near.
  public func suggestion(forRegion name: String) -> String? {
    nearestNames(to: name, among: regions, limit: 1).first
  }
}

/// A unit of the price table as a number of units and words.
struct PriceMeasure {
  var units: Int
  var per: String

  init(tableUnit: String) {
    var text = Substring(tableUnit)
    if text.hasPrefix("per_") { text = text.dropFirst(4) }
    units = 1
    switch text {
    case "million_CDC_units": (units, per) = (1_000_000, "million change data capture units")
    case "100_units_hour": (units, per) = (100, "100 units, hour")
    case "100_units_one_time": (units, per) = (100, "100 units, once")
    case "request_above_2.5M_month": per = "request"
    default:
      if text.hasPrefix("million_") {
        (units, per) = (1_000_000, "million " + text.dropFirst(8))
      } else if text.hasPrefix("GB_") && text != "GB_month" {
        per = "GB " + text.dropFirst(3)
      } else {
        per = text.split(separator: "_").joined(separator: "-")
      }
    }
  }
}

/// At most `limit` names within a third of the typed length by edit distance, nearest first, ties
/// in the order of `names`. Cost: the product of the lengths for each name.
func nearestNames(to typed: String, among names: [String], limit: Int) -> [String] {
  let allowed = max(2, typed.utf8.count / 3)
  let ranked = names.enumerated().map { ($0, $1, editDistance(typed, $1)) }
    .filter { $0.2 <= allowed }
    .sorted { ($0.2, $0.0) < ($1.2, $1.0) }
  return ranked.prefix(limit).map { $0.1 }
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into another
/// (optimal string alignment). "us-esat-1" to "us-east-1" is 1.
func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.utf8), Array(b.utf8))
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var best = min(last[j] + (a[i] == b[j] ? 0 : 1), min(last[j + 1], row[j]) + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        best = min(best, beforeLast[j - 1] + 1)
      }
      row.append(best)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
