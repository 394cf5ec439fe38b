// Whether a table belongs in Standard or Standard-IA, with the region's own price ratios.
//
// Standard-IA costs about 1.25 times as much for throughput and 0.4 times as much for storage, but
// the ratios differ by region and axis (pricing.md 2), so the comparison prices the same usage in
// both classes. AWS's rule of thumb (go when storage exceeds 0.4167 of throughput) is the special
// case of exactly 1.25 and 0.4.

public import Capacity
public import Units

/// Standard-IA prices as multiples of Standard ones.
public struct TableClassRatios: Hashable, Sendable {
  public var throughput: Quantity
  public var storage: Quantity

  /// - Precondition: throughput is dearer and storage cheaper in Standard-IA.
  public init(throughput: Quantity, storage: Quantity) {
    precondition(throughput > Quantity(1) && storage < Quantity(1), "ratios of another class")
    self.throughput = throughput
    self.storage = storage
  }

  /// Ratios that AWS's cost template assumes.
  public static let assumed = TableClassRatios(
    throughput: Quantity(Int128(5), over: 4), storage: Quantity(Int128(2), over: 5))

  /// Storage over throughput cost, at Standard prices, above which Standard-IA is cheaper:
  /// `(t - 1) / (1 - s)`. For 1.25 and 0.4: 0.4167.
  public var breakEven: Double {
    (throughput.inDouble - 1) / (1 - storage.inDouble)
  }

  /// The same cost in Standard-IA. 1,407 and 2,584 become 2,792.35.
  public func infrequentAccess(throughput cost: Money, storage stored: Money) -> Money {
    cost.scaled(by: throughput.numerator, over: throughput.denominator)
      + stored.scaled(by: storage.numerator, over: storage.denominator)
  }
}

/// One table or index priced in both table classes.
public struct TableClassAdvice: Sendable {
  public var resource: String
  public var current: TableClass
  /// Monthly cost of throughput and storage in each class.
  public var standard: Money
  public var infrequentAccess: Money
  /// Storage over throughput at Standard prices, and where the classes cost the same for this mix
  /// of reads and writes; nil when one of them is nothing or a ratio has the wrong side of 1.
  public var storageShare: Double?
  public var breakEven: Double?

  public var cheaper: TableClass {
    infrequentAccess < standard ? .standardInfrequentAccess : .standard
  }
}

extension BillBuilder {
  /// Prices one resource in both classes, without free tier and reserved capacity (which only the
  /// Standard class has); nil when a price is missing.
  public func tableClassAdvice(for resource: ResourceUsage, runMinutes: Int) -> TableClassAdvice? {
    var builder = self
    builder.rules.freeTier = false
    builder.rules.reserved = nil
    func costs(_ tableClass: TableClass) -> (throughput: Money, storage: Money)? {
      var variant = ResourceUsage(
        name: resource.name, region: resource.region, isOnDemand: resource.isOnDemand)
      variant.isIndex = resource.isIndex
      variant.isReplicated = resource.isReplicated
      variant.read = resource.read
      variant.write = resource.write
      variant.tableClass = tableClass
      let throughput = builder.bill(
        for: BilledUsage(runMinutes: runMinutes, resources: [variant]), title: "")
      variant.storage = resource.storage
      let both = builder.bill(
        for: BilledUsage(runMinutes: runMinutes, resources: [variant]), title: "")
      guard both.isComplete else { return nil }
      return (throughput.total, both.total - throughput.total)
    }
    guard let standard = costs(.standard), let infrequent = costs(.standardInfrequentAccess) else {
      return nil
    }
    var advice = TableClassAdvice(
      resource: resource.name, current: resource.tableClass,
      standard: standard.throughput + standard.storage,
      infrequentAccess: infrequent.throughput + infrequent.storage, storageShare: nil,
      breakEven: nil)
    guard standard.throughput > .zero, standard.storage > .zero else { return advice }
    advice.storageShare = standard.storage.inDollars / standard.throughput.inDollars
    let throughput = infrequent.throughput.inDollars / standard.throughput.inDollars
    let storage = infrequent.storage.inDollars / standard.storage.inDollars
    if throughput > 1, storage < 1 { advice.breakEven = (throughput - 1) / (1 - storage) }
    return advice
  }
}
