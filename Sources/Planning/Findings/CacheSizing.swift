// How large a DAX cluster the simulated load needs, with the arithmetic of the sizing guide and the
// price (features.md 2.2).
//
// The guide weighs rates by a mean item size; the simulator has weighed every request by its own
// size, so its busiest minute goes in as it was counted. Memory is what a node held at the end.

import Capacity
import Pricing
import Results
import Scenarios
import Statistics
import Units

/// The recommended cluster as a finding.
enum CacheSizing {
  /// nil when no minute has a load, or there is no cluster.
  static func finding(_ context: FindingContext, _ cache: CacheSummary) -> Finding? {
    guard let demand = demand(context) else { return nil }
    let scenario = context.scenario
    let costing = Costing(scenario)
    switch DaxSizing.smallest(for: demand) {
    case .shards(let count):
      return Finding(
        severity: .warning, title: "DAX: no single cluster is large enough",
        explanation: load(demand)
          + " Even 11 nodes of the largest type do not carry it with a node lost.",
        remedies: ["Split the keys over \(count) clusters or more, by a hash of the key."])
    case .cluster(let best):
      let own = price(cache.nodeType, cache.nodes, costing)
      let other = price(best.nodeType, best.nodes, costing)
      let isSame = best.nodeType == cache.nodeType && best.nodes == cache.nodes
      var remedies: [String] = []
      if !isSame, let other {
        let instead = own.map { " instead of \($0.description)" } ?? ""
        remedies.append(
          "Take \(best.nodes) nodes of \(best.nodeType) for \(other.description) a month"
            + "\(instead).")
      }
      let cost = isSame ? other.map { " They cost \($0.description) a month." } ?? "" : ""
      return Finding(
        severity: .note,
        title: "DAX: \(best.nodes) nodes of \(best.nodeType) carry the load",
        explanation: load(demand) + arithmetic(demand, best) + cost, remedies: remedies)
    }
  }

  /// What the cluster keeps from its tables, in money, beside what it costs.
  ///
  /// The reads that tables would be asked for without it are `explain`'s arithmetic; what they were
  /// asked for is the run's. Provisioned capacity is priced as used to 70 %. nil for closed loops,
  /// whose rate follows the latency, and without prices.
  static func saving(_ context: FindingContext, _ cache: CacheSummary) -> Finding? {
    let scenario = context.scenario
    let isOpen = scenario.traffic.allSatisfy {
      if case .open = $0.demand { true } else { false }
    }
    let costing = Costing(scenario)
    let hours = costing.rules.monthHours
    guard isOpen, scenario.cache != nil, let own = price(cache.nodeType, cache.nodes, costing)
    else { return nil }
    var (units, worth) = (0.0, 0.0)
    for row in Explanation(scenario).resources where row.axis == .read {
      let summary = context.resources.first { $0.name == row.resource }
      guard let used = summary?.read.consumed.value, row.meanUnits > used else { continue }
      let table = row.resource.prefix { $0 != "/" }
      let tableClass = scenario.tables.first { $0.name == table }?.tableClass ?? .standard
      let item = PriceItem.readUnit(tableClass, isOnDemand: row.isOnDemand)
      guard let price = costing.prices.price(item, in: costing.rules.region) else { return nil }
      let saved = row.meanUnits - used
      let bought = row.isOnDemand ? saved * 3_600 : saved / 0.7
      units += saved
      worth += price.cost(of: Quantity(1)).inDollars * bought * Double(hours)
    }
    guard units > 0 else { return nil }
    let isDear = own.inDollars > worth
    return Finding(
      severity: .note,
      title: "DAX costs \(own.description) a month and saves \(rateText(units)) read units/s, worth"
        + " $\(fixed(worth, 2))",
      explanation:
        "Without the cluster its tables would have to serve those reads as well"
        + " (provisioned ones priced as used to 70 %)."
        + (isDear ? " It is bought for its latency, not for its price." : ""),
      remedies: isDear
        ? ["Provision those reads instead of the cluster if the latency of a hit is not needed."]
        : [])
  }

  /// The busiest minute of all replications, per second.
  private static func demand(_ context: FindingContext) -> DaxDemand? {
    var (reads, writes, memory) = (Int64(0), Int64(0), Int64(0))
    for cache in context.summary.records.compactMap(\.cache) {
      for (read, write) in zip(cache.readLoadPerMinute, cache.writeLoadPerMinute)
      where read + write > reads + writes {
        (reads, writes) = (read, write)
      }
      memory = max(memory, cache.bytesAtEnd.count)
    }
    guard reads + writes > 0 else { return nil }
    // Weighted already: one per normalized read, 25 per write of 1 KB.
    return DaxDemand(
      hitsPerSecond: Int((reads + 59) / 60), missesPerSecond: 0,
      writesPerSecond: Int((writes + 25 * 60 - 1) / (25 * 60)), itemSize: .kilobytes(1),
      workingSet: ByteCount(memory))
  }

  private static func load(_ demand: DaxDemand) -> String {
    "The busiest minute asks for \(group(demand.hitsPerSecond)) normalized requests/s in reads and"
      + " \(group(25 * demand.writesPerSecond)) in writes on every node"
      + " (1 per KB for a hit, 10 for a miss, 25 for a write)."
  }

  /// "10,000 + 250 x 3 = 10,750; x 1.5 to lose a node, is 16,125 of 225,000."
  private static func arithmetic(_ demand: DaxDemand, _ best: DaxCluster) -> String {
    let normalized = demand.normalizedRequests(nodes: best.nodes)
    let room = Double(best.target) / Double(max(1, normalized))
    return " On \(best.nodes) nodes that is \(group(normalized)); times \(trimmed(room, 2)), for"
      + " the loss of a node or 70 % utilisation, \(group(best.target)) of the"
      + " \(group(best.capacity)) that the sizing guide gives them."
  }

  private static func price(_ type: String, _ nodes: Int, _ costing: Costing) -> Money? {
    costing.prices.price(PriceItem.daxNode(type), in: costing.rules.region)?
      .cost(of: Quantity(nodes * costing.rules.monthHours))
  }
}
