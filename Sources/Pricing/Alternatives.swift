// The same usage paid for in other ways.
//
// Each alternative changes the usage or the rules in one respect and goes through the same bill, so
// storage, features, caches and transfers stay in every total and differences mean something. Owned
// reserved capacity stays in all of them (it cannot be cancelled) except where another reservation
// is tried in its place.

import Capacity
import Units

/// Prices alternatives to a bill.
public struct AlternativePricer: Sendable {
  public var builder: BillBuilder
  public var scaling = AutoScalingEstimate()

  /// The name of the alternative that is an estimate of auto scaling.
  public static let autoScaledName = "auto scaled"

  public init(builder: BillBuilder) { self.builder = builder }

  /// All alternatives that differ from the usage's own way, in a fixed order: on-demand,
  /// provisioned at the peak, auto scaled, reserved 1 and 3 years, the other table class.
  public func alternatives(to usage: BilledUsage, own: Bill) -> [PricedAlternative] {
    guard !usage.resources.isEmpty else { return [] }
    var out: [PricedAlternative] = []
    if usage.resources.contains(where: { !$0.isOnDemand }) {
      out.append(
        priced("on-demand", onDemand(usage), note: onDemandNote(usage), own: own).likeForLike)
    }
    let peak = provisionedAtPeak(usage)
    let scaled = autoScaled(usage)
    out.append(priced("provisioned at the simulated peak", peak, note: peakNote(peak), own: own))
    out.append(
      priced(Self.autoScaledName, scaled, note: scaledNote(scaled), own: own).likeForLike)
    let isProvisioned = usage.resources.allSatisfy { !$0.isOnDemand }
    let scaledIsLess =
      builder.bill(for: scaled, title: "").total < builder.bill(for: peak, title: "").total
    let base = isProvisioned ? usage : scaledIsLess ? scaled : peak
    let basis =
      isProvisioned
      ? "the scenario's own provisioned capacity"
      : scaledIsLess ? "auto scaled capacity" : "capacity provisioned at the peak"
    for term in ReservationTerm.allCases {
      let name = (isProvisioned ? "" : "provisioned, ") + "reserved \(term.name)"
      out.append(reserved(name, term, on: base, basis: basis, own: own))
    }
    out.append(otherClass(usage, own: own))
    return out
  }

  /// Every table and index on demand, paying for what was consumed.
  public func onDemand(_ usage: BilledUsage) -> BilledUsage {
    changed(usage) { $0.isOnDemand = true }
  }

  /// Every axis provisioned, flat, at its highest minute.
  public func provisionedAtPeak(_ usage: BilledUsage) -> BilledUsage {
    changed(usage) { resource in
      resource.isOnDemand = false
      for axis in CapacityAxis.allCases {
        resource[axis].provisionedUnits = [max(1, resource[axis].demandedUnits.max() ?? 1)]
      }
    }
  }

  /// Every axis provisioned by the auto-scaling estimate.
  public func autoScaled(_ usage: BilledUsage) -> BilledUsage {
    changed(usage) { resource in
      resource.isOnDemand = false
      for axis in CapacityAxis.allCases {
        let units = scaling.provisioned(for: resource[axis].demandedUnits)
        resource[axis].provisionedUnits = units.isEmpty ? [scaling.minimum] : units
      }
    }
  }

  /// The reservation with the least cost for provisioned usage; nil: the term is unpriced.
  ///
  /// Exact in blocks of 100 over the month's hours; the free tier is not considered.
  public func bestReservation(_ term: ReservationTerm, for usage: BilledUsage) -> ReservedCapacity?
  {
    var units: [Int] = []
    for axis in CapacityAxis.allCases {
      let item = ThroughputItem(axis, isReplicated: false, tableClass: .standard).provisionedItem
      guard
        let offer = ReservedOffer(
          axis, term, prices: builder.prices, region: builder.rules.region),
        let price = builder.prices.price(item, in: builder.rules.region)
      else { return nil }
      let blocks = offer.bestBlocks(
        unitMinutes: builder.reservableUnitMinutes(axis, of: usage), price: price)
      units.append(blocks * ReservedCapacity.blockUnits)
    }
    return ReservedCapacity(readUnits: units[0], writeUnits: units[1], term: term)
  }

  private func changed(_ usage: BilledUsage, _ change: (inout ResourceUsage) -> Void) -> BilledUsage
  {
    var copy = usage
    for index in copy.resources.indices { change(&copy.resources[index]) }
    return copy
  }

  private func priced(_ name: String, _ usage: BilledUsage, note: String, own: Bill)
    -> PricedAlternative
  {
    let bill = builder.bill(for: usage, title: name)
    return PricedAlternative(
      name: name, monthly: bill.total, difference: bill.total - own.total, note: note,
      isComplete: bill.isComplete)
  }

  private func reserved(
    _ name: String, _ term: ReservationTerm, on base: BilledUsage, basis: String, own: Bill
  ) -> PricedAlternative {
    var pricer = self
    guard let best = bestReservation(term, for: base) else {
      pricer.builder.rules.reserved = nil
      var out = pricer.priced(
        name, base,
        note: "Reserved capacity for \(term.name) is unpriced in \(builder.rules.region); this is"
          + " \(basis) without it.", own: own)
      out.isComplete = false
      return out
    }
    pricer.builder.rules.reserved = best
    let amounts = "\(group(best.readUnits)) RCU and \(group(best.writeUnits)) WCU"
    var note =
      best.readUnits + best.writeUnits == 0
      ? "No block of 100 units pays off for \(basis)."
      : "\(amounts), the cheapest in blocks of 100 for \(basis);"
        + " \(upfront(best)) are due at the start and cannot be cancelled."
    if builder.rules.reserved != nil { note += " In place of the reservation the scenario states." }
    return pricer.priced(name, base, note: note, own: own)
  }

  private func upfront(_ reserved: ReservedCapacity) -> Money {
    CapacityAxis.allCases.reduce(.zero) { sum, axis in
      let item = PriceItem.reserved(axis, reserved.term, "upfront")
      let price = builder.prices.price(item, in: builder.rules.region)
      return sum + (price?.cost(of: Quantity(reserved.units(axis))) ?? .zero)
    }
  }

  private func otherClass(_ usage: BilledUsage, own: Bill) -> PricedAlternative {
    let isStandard = usage.resources.allSatisfy { $0.tableClass == .standard }
    let target: TableClass = isStandard ? .standardInfrequentAccess : .standard
    let moved = changed(usage) { $0.tableClass = target }
    let words =
      isStandard
      ? "Storage costs less and throughput more; reserved capacity and the free tier do not apply."
      : "Storage costs more and throughput less."
    return priced(
      isStandard ? "Standard-IA" : "Standard", moved,
      note: words + classNote(usage) + " The class may change twice in 30 days." + owedNote,
      own: own)
  }
}

extension PricedAlternative {
  fileprivate var likeForLike: Self {
    var copy = self
    copy.isLikeForLike = true
    return copy
  }
}

extension AlternativePricer {
  private func onDemandNote(_ usage: BilledUsage) -> String {
    let parts = CapacityAxis.allCases.compactMap { axis -> String? in
      guard let share = utilisation(axis, of: usage),
        let even = BreakEven(axis, prices: builder.prices, region: builder.rules.region)
      else { return nil }
      return "\(axis == .read ? "reads" : "writes") use \(percentage(share)) of what is provisioned"
        + " and break even at \(percentage(even.provisionedUtilisation))"
    }
    var text = "No capacity to plan"
    if !parts.isEmpty { text += "; " + parts.joined(separator: ", ") }
    text += "."
    let isRefusing = usage.resources.contains { resource in
      CapacityAxis.allCases.contains { axis in
        resource[axis].demandedHalves.reduce(0, +) > resource[axis].consumedHalves.reduce(0, +)
      }
    }
    if isRefusing {
      text += " What is refused now would be served and billed as well; it is not in this amount."
    }
    return text + owedNote
  }

  /// Which tables belong in the other class, where not all of them do; of a single one how far it
  /// is from that.
  private func classNote(_ usage: BilledUsage) -> String {
    let advice = usage.resources.filter { !$0.isIndex }.compactMap {
      builder.tableClassAdvice(for: $0, runMinutes: usage.runMinutes)
    }
    let moving = advice.filter { $0.cheaper != $0.current }
    if !moving.isEmpty, moving.count < advice.count {
      return " It pays for \(moving.map(\.resource).joined(separator: ", ")) alone."
    }
    guard advice.count == 1, let share = advice[0].storageShare, let even = advice[0].breakEven
    else { return "" }
    return " Storage costs \(percentage(share)) of what throughput does; Standard-IA is cheaper"
      + " above \(percentage(even))."
  }

  private var owedNote: String {
    builder.rules.reserved == nil ? "" : " The stated reserved capacity stays due."
  }

  private func peakNote(_ peak: BilledUsage) -> String {
    let units = CapacityAxis.allCases.map { axis in
      peak.resources.reduce(Int64(0)) { $0 + ($1[axis].provisionedUnits.first ?? 0) }
    }
    return "\(group(units[0])) RCU and \(group(units[1])) WCU in all, the highest minute of each"
      + " table and index; spikes within a minute live on burst capacity."
  }

  private func scaledNote(_ scaled: BilledUsage) -> String {
    let short = scaled.resources.reduce(0) { sum, resource in
      CapacityAxis.allCases.reduce(sum) { sum, axis in
        sum
          + zip(resource[axis].demandedUnits, resource[axis].provisionedUnits)
          .count { $0 > $1 }
      }
    }
    let text = "An estimate at a target of \(scaling.targetPercent) %"
    return short == 0
      ? text + "; demand never exceeds it by the minute."
      : text + "; demand exceeds it in \(group(short)) minutes, counted per table and axis; burst"
        + " capacity or throttling must absorb them."
  }

  /// Consumed over provisioned units of the home region's provisioned resources in the month.
  func utilisation(_ axis: CapacityAxis, of usage: BilledUsage) -> Double? {
    var consumed: Int128 = 0
    var provisioned: Int128 = 0
    for resource in usage.resources
    where !resource.isOnDemand && resource.region == builder.rules.region {
      consumed += builder.fill.total(resource[axis].consumedHalves)
      provisioned += builder.fill.total(resource[axis].provisionedUnits) * 120
    }
    return provisioned == 0 ? nil : Double(consumed) / Double(provisioned)
  }
}
