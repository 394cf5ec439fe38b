// Alternatives differ from the bill in one respect, reservations are the best of all block counts,
// and break-evens are the published ones.

import Capacity
import Testing
import Units

@testable import Pricing

private let east = "us-east-1"

@Suite struct ReservationPropertyTests {
  /// Cost of a month with `blocks` reserved, hour by hour as the reservation tool computes it.
  private func cost(_ blocks: Int, _ hours: [Int64], _ offer: ReservedOffer, _ price: Price)
    -> Money
  {
    let reserved = Int64(blocks * 100 * 60)
    var excess: Int128 = 0
    for used in hours where used > reserved { excess += Int128(used - reserved) }
    return offer.blockCost(hours: hours.count) * blocks
      + price.cost(of: Quantity(excess, over: 60))
  }

  @Test(arguments: 0..<40)
  func `the chosen blocks cost no more than any other number`(seed: Int) throws {
    var generator = SplitMix64(seed: UInt64(seed))
    let region = PriceList.published.regions.filter {
      PriceList.published.price("reserved_1yr_rcu_hourly", in: $0) != nil
    }.randomElement(using: &generator)!
    let axis: CapacityAxis = Bool.random(using: &generator) ? .read : .write
    let name = axis == .read ? "rcu" : "wcu"
    let offer = try #require(
      ReservedOffer(axis, .oneYear, prices: .published, region: region))
    let price = try #require(
      PriceList.published.price("provisioned_\(name)_standard", in: region))
    let most = Int64.random(in: 1...5_000, using: &generator)
    let quiet = Double.random(in: 0...1, using: &generator)
    let hours = (0..<Int.random(in: 1...744, using: &generator)).map { _ in
      Double.random(in: 0...1, using: &generator) < quiet
        ? 0 : Int64.random(in: 0...(most * 60), using: &generator)
    }
    let chosen = offer.bestBlocks(unitMinutes: hours, price: price)
    let all = (0...52).map { cost($0, hours, offer, price) }
    #expect(chosen <= 52)
    #expect(all[chosen] == all.min(), "seed \(seed): \(chosen) in \(region)")
  }

  @Test func `use around the break-even decides`() throws {
    // Reserved write units pay off from 46 % of the hours on (pricing.md 3).
    let offer = try #require(ReservedOffer(.write, .oneYear, prices: .published, region: east))
    let price = try #require(PriceList.published.price("provisioned_wcu_standard", in: east))
    for (busy, blocks) in [(330, 0), (340, 1)] {
      let hours = (0..<730).map { Int64($0 < busy ? 100 * 60 : 0) }
      #expect(offer.bestBlocks(unitMinutes: hours, price: price) == blocks)
    }
  }
}

@Suite struct BreakEvenTests {
  @Test(arguments: CapacityAxis.allCases)
  func `us-east-1 breaks even at the derived shares`(axis: CapacityAxis) throws {
    let even = try #require(BreakEven(axis, prices: .published, region: east))
    #expect(abs(even.provisionedUtilisation - 0.289) < 0.0005)
    #expect(abs(try #require(even.reservedUtilisation) - 0.133) < 0.002)
    #expect(abs(try #require(even.reservedShareOfHours) - 0.46) < 0.005)
  }

  @Test func `at the break-even both modes cost the same`() throws {
    let even = try #require(BreakEven(.write, prices: .published, region: east))
    // 26/90 of 90,000 units.
    #expect(abs(even.provisionedUtilisation - 26.0 / 90) < 1e-12)
    let builder = BillBuilder(rules: BillingRules())
    let demand = BilledUsage(
      runMinutes: 1,
      resources: [
        ResourceUsage(name: "t", region: east, isOnDemand: true).with {
          $0.write = .steady(unitsPerSecond: 26_000, provisioned: 90_000)
        }
      ])
    var provisioned = demand
    provisioned.resources[0].isOnDemand = false
    #expect(
      builder.bill(for: demand, title: "").total == builder.bill(for: provisioned, title: "").total)
  }

  @Test func `an unpriced region has none`() {
    #expect(BreakEven(.read, prices: .published, region: "xx-nowhere-9") == nil)
  }
}

@Suite struct AlternativesTests {
  /// Ten units/s of writes with a ten-fold spike of three minutes in every hour.
  private var spiky: BilledUsage {
    let demand = (0..<60).map { Int64($0 < 3 ? 100 : 10) }
    return BilledUsage(
      runMinutes: 60,
      resources: [
        ResourceUsage(name: "t", region: east, isOnDemand: true).with {
          $0.write.consumedHalves = demand.map { $0 * 120 }
          $0.store(100)
        }
      ])
  }

  private func priced(_ usage: BilledUsage, _ rules: BillingRules = BillingRules())
    -> (own: Bill, all: [PricedAlternative])
  {
    let builder = BillBuilder(rules: rules)
    let own = builder.bill(for: usage, title: "own")
    return (own, AlternativePricer(builder: builder).alternatives(to: usage, own: own))
  }

  @Test func `an on-demand table is compared with every other way`() throws {
    let (own, all) = priced(spiky)
    #expect(
      all.map(\.name) == [
        "provisioned at the simulated peak", "auto scaled", "provisioned, reserved 1 year",
        "provisioned, reserved 3 years", "Standard-IA",
      ])
    for alternative in all {
      #expect(alternative.isComplete)
      #expect(alternative.difference == alternative.monthly - own.total)
    }
    // Writes: (3 x 100 + 57 x 10) x 60 an hour. Storage of 100 GB is in every total.
    #expect(own.total == dollars("48.81625"))
    // 100 WCU and 1 RCU for 730 h; the read axis is never below one unit.
    let peak = try #require(all.first)
    #expect(peak.monthly == dollars("72.5449"))
    #expect(peak.note.contains("1 RCU and 100 WCU"))
    // On-demand Standard-IA: 38.106 M WRU at 0.78 and 10 dollars of storage.
    let other = try #require(all.last)
    #expect(other.monthly == dollars("39.72268"))
    // 100 GB at 0.25 beside 23.81625: (1.25 - 1) / (1 - 0.4) = 0.4167 with this list's ratios.
    #expect(other.note.contains("Storage costs 105.0 % of what throughput does"), "\(other.note)")
    #expect(other.note.contains("cheaper above 41."), "\(other.note)")
  }

  @Test func `a provisioned table is compared with on-demand first`() throws {
    var usage = spiky
    usage.resources[0].isOnDemand = false
    usage.resources[0].write.provisionedUnits = [200]
    let (own, all) = priced(usage)
    #expect(own.total == dollars("119.9"))
    let onDemand = try #require(all.first)
    #expect(onDemand.name == "on-demand" && onDemand.monthly == dollars("48.81625"))
    #expect(onDemand.note.contains("28.9 %"))
    // 200 units in use every hour are best reserved whole: 200 x 730 h at the effective hour.
    let reserved = try #require(all.first { $0.name == "reserved 1 year" })
    let two =
      try #require(ReservedOffer(.write, .oneYear, prices: .published, region: east))
      .blockCost(hours: 730) * 2
    #expect(abs((reserved.monthly - two - .dollars(25)).inDollars) < 1e-12)
    #expect(reserved.note.contains("0 RCU and 200 WCU"))
    #expect(reserved.note.contains("$300.00"))
  }

  @Test func `refused demand sizes the alternatives`() throws {
    var usage = spiky
    usage.resources[0].isOnDemand = false
    usage.resources[0].write.provisionedUnits = [20]
    usage.resources[0].write.demandedHalves = Array(repeating: 500 * 120, count: 60)
    let (_, all) = priced(usage)
    #expect(all[0].note.contains("refused"))
    #expect(all[1].note.contains("500 WCU"))
  }

  @Test func `a term without prices is marked incomplete`() throws {
    var usage = spiky
    usage.resources[0].region = "us-east-2"
    let (_, all) = priced(usage, BillingRules(region: "us-east-2"))
    let three = try #require(all.first { $0.name == "provisioned, reserved 3 years" })
    #expect(!three.isComplete && three.note.contains("unpriced"))
    #expect(all.first { $0.name == "provisioned, reserved 1 year" }?.isComplete == true)
  }

  @Test func `a Standard-IA table is compared with Standard`() {
    var usage = spiky
    usage.resources[0].tableClass = .standardInfrequentAccess
    #expect(priced(usage).all.last?.name == "Standard")
  }
}

@Suite struct AutoScalingEstimateTests {
  let scaling = AutoScalingEstimate()

  @Test func `constant demand is provisioned at the target, 100 for 70`() {
    #expect(
      scaling.provisioned(for: Array(repeating: 70, count: 50)) == Array(repeating: 100, count: 50))
  }

  @Test func `capacity grows in the third minute of a step`() {
    var demand = Array(repeating: Int64(70), count: 60)
    for minute in 30..<60 { demand[minute] = 140 }
    let units = scaling.provisioned(for: demand)
    #expect(units[31] == 100 && units[32] == 200 && units[59] == 200)
    // After the repeat the low level needs fifteen minutes to be followed.
    #expect(units[14] == 200 && units[15] == 100)
  }

  @Test func `capacity shrinks at most 27 times a day`() {
    // Sixteen quiet minutes after every busy two would allow eighty decreases.
    let demand = (0..<1_440).map { Int64($0 % 18 < 2 ? 700 : 70) }
    let units = scaling.provisioned(for: demand)
    let decreases = zip(units, units.dropFirst()).count { $0 > $1 }
    #expect((20...27).contains(decreases), "\(decreases)")
  }

  @Test func `no demand keeps the minimum`() {
    #expect(scaling.provisioned(for: [0, 0, 0]) == [1, 1, 1])
    #expect(scaling.provisioned(for: []) == [])
  }
}

@Suite struct TableClassAdviceTests {
  private func advice(_ gigabytes: Int64, _ region: String = east) throws -> TableClassAdvice {
    let table = ResourceUsage(name: "t", region: region, isOnDemand: false).with {
      $0.read.provisionedUnits = [1_000]
      $0.write.provisionedUnits = [1_000]
      $0.store(gigabytes)
    }
    let builder = BillBuilder(rules: BillingRules(region: region))
    return try #require(builder.tableClassAdvice(for: table, runMinutes: 60))
  }

  @Test func `the assumed ratios break even at 0.4167`() {
    #expect(abs(TableClassRatios.assumed.breakEven - 0.4167) < 0.0001)
  }

  @Test func `advice turns where the two bills are equal`() throws {
    // Throughput 569.4 in Standard and 708.1 in Standard-IA: 138.7 more, 0.15 less per GB.
    for (gigabytes, cheaper) in [
      (Int64(924), TableClass.standard), (925, .standardInfrequentAccess),
    ] {
      let out = try advice(gigabytes)
      #expect(out.cheaper == cheaper)
      let share = try #require(out.storageShare)
      let even = try #require(out.breakEven)
      #expect((share > even) == (cheaper == .standardInfrequentAccess))
      // The region's real ratio is not the assumed 1.25.
      #expect(abs(even - 0.406) < 0.001)
    }
  }

  @Test func `a missing price gives no advice`() {
    let table = ResourceUsage(name: "t", region: "xx-nowhere-9", isOnDemand: true).with {
      $0.read = .steady(unitsPerSecond: 1)
    }
    #expect(BillBuilder(rules: BillingRules()).tableClassAdvice(for: table, runMinutes: 1) == nil)
  }
}

@Suite struct DaxSizingTests {
  @Test(arguments: [(1, 1), (1_024, 1), (1_025, 2), (0, 1), (5_000, 5)] as [(Int64, Int)])
  func `sizes count in whole kilobytes`(bytes: Int64, kilobytes: Int) {
    let demand = DaxDemand(
      hitsPerSecond: 1, missesPerSecond: 0, writesPerSecond: 0, itemSize: ByteCount(bytes))
    #expect(demand.normalizedRequests(nodes: 3) == kilobytes)
  }

  @Test func `the greater of utilisation and node loss counts`() {
    let demand = DaxDemand(
      hitsPerSecond: 70_000, missesPerSecond: 0, writesPerSecond: 0, itemSize: .kilobytes(1))
    // 1/0.7 beats 11/10 but not 3/2.
    #expect(demand.targetRequests(nodes: 11) == 100_000)
    #expect(demand.targetRequests(nodes: 3) == 105_000)
    #expect(demand.targetRequests(nodes: 1) == 100_000)
  }

  @Test func `memory can ask for a larger node than load does`() {
    let demand = DaxDemand(
      hitsPerSecond: 1_000, missesPerSecond: 0, writesPerSecond: 0, itemSize: .kilobytes(1),
      workingSet: .gigabytes(100))
    guard case .cluster(let cluster) = DaxSizing.smallest(for: demand) else {
      Issue.record("a cluster fits")
      return
    }
    #expect(cluster.nodeType == "dax.r5.4xlarge" && cluster.nodes == 3)
  }

  @Test func `more than 40,000 writes of 1 KB a second need several clusters`() {
    func sizing(_ writes: Int) -> DaxSizing {
      .smallest(
        for: DaxDemand(
          hitsPerSecond: 0, missesPerSecond: 0, writesPerSecond: writes, itemSize: .kilobytes(1),
          utilisationPercent: 100))
    }
    // One node's ceiling of a million weighs 25 per write; node loss takes a share of it.
    guard case .shards(let shards) = sizing(40_001) else {
      Issue.record("40,001 writes/s do not fit one cluster")
      return
    }
    #expect(shards == 2)
    guard case .cluster = sizing(36_000) else {
      Issue.record("36,000 writes/s fit eleven nodes")
      return
    }
  }
}
