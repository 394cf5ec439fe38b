// What a block of 100 reserved units costs, and how many blocks pay off.
//
// Hour model (pricing.md 3): each hour costs R x (hourly + upfront / term hours), used or not,
// and what exceeds R the normal provisioned price. Reserved capacity covers Standard-class tables
// and indexes of one region, not replicated writes; a block never covers another axis.

public import Capacity
public import Units

/// Price of reserved capacity of one axis in a region.
public struct ReservedOffer: Hashable, Sendable {
  public var term: ReservationTerm
  /// Paid once and per hour, for 100 units.
  public var upfront: Price
  public var hourly: Price

  /// nil when the region has no price for this term.
  public init?(_ axis: CapacityAxis, _ term: ReservationTerm, prices: PriceList, region: String) {
    guard
      let upfront = prices.price(PriceItem.reserved(axis, term, "upfront"), in: region),
      let hourly = prices.price(PriceItem.reserved(axis, term, "hourly"), in: region)
    else { return nil }
    self.term = term
    self.upfront = upfront
    self.hourly = hourly
  }

  /// Cost of one reserved unit for one hour, the upfront payment spread over the term:
  /// `(upfront / term hours + hourly) / 100`. Tokyo, reads, 1 year: $0.00006804109589.
  public var effectiveUnitHour: Money {
    let share = upfront.amount.scaled(by: 1, over: Int128(term.hours * upfront.units))
    return share + hourly.amount.scaled(by: 1, over: Int128(hourly.units))
  }

  /// Cost of one block for a month of `hours`, the upfront payment spread over the term.
  public func blockCost(hours: Int) -> Money {
    hourly.amount * hours + upfront.amount.scaled(by: Int128(hours), over: Int128(term.hours))
  }

  /// The number of blocks with the least cost for a month whose hours use `unitMinutes`, at `price`
  /// for a unit-hour that is not reserved; the smaller number when two cost the same.
  ///
  /// Each further block saves no more than the one below it, so the first that does not pay off is
  /// found by bisection. O(hours x log blocks).
  public func bestBlocks(unitMinutes: [Int64], price: Price) -> Int {
    let cost = blockCost(hours: unitMinutes.count)
    let block = Int64(ReservedCapacity.blockUnits * 60)
    func paysOff(_ index: Int) -> Bool {
      var covered: Int128 = 0
      for used in unitMinutes {
        covered += Int128(min(block, max(0, used - Int64(index) * block)))
      }
      return price.cost(of: Quantity(covered, over: 60)) > cost
    }
    var low = 0
    var high = Int(((unitMinutes.max() ?? 0) + block - 1) / block)
    while low < high {
      let middle = (low + high) / 2
      if paysOff(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
