// Rules of a bill that no published example covers alone: hour rules, free tier, table classes,
// reserved capacity, unpriced items, tiers.

import Capacity
import Testing
import Units

@testable import Pricing

private let east = "us-east-1"

private func bill(_ usage: BilledUsage, _ rules: BillingRules = BillingRules()) -> Bill {
  BillBuilder(rules: rules).bill(for: usage, title: "test")
}

@Suite struct BillRulesTests {
  // Thirty minutes at 100 units, thirty at 200, so max, mean and any sample differ by hand.
  private var stepped: BilledUsage {
    BilledUsage(
      runMinutes: 60,
      resources: [
        ResourceUsage(name: "t", region: east, isOnDemand: false).with {
          $0.write.provisionedUnits =
            Array(repeating: 100, count: 30) + Array(repeating: 200, count: 30)
        }
      ])
  }

  @Test func `an hour costs its highest minute or its mean`() {
    let type = "WriteCapacityUnit-Hrs"
    #expect(bill(stepped).charged(type) == Quantity(200 * 730))
    #expect(bill(stepped, BillingRules(hourRule: .mean)).charged(type) == Quantity(150 * 730))
  }

  @Test func `a sampled hour costs one of its minutes, the same one each time`() {
    let fill = MonthFill(monthHours: 7_300)
    let series = stepped.resources[0].write.provisionedUnits
    let hours = fill.billedUnitMinutes(series, rule: .sample(seed: 7))
    #expect(hours == fill.billedUnitMinutes(series, rule: .sample(seed: 7)))
    #expect(hours != fill.billedUnitMinutes(series, rule: .sample(seed: 8)))
    #expect(Set(hours) == [6_000, 12_000])
    // Half the minutes are high: a binomial count with deviation 43, bounds at six of them.
    let high = hours.count { $0 == 12_000 }
    #expect((3_390...3_910).contains(high), "\(high)")
  }

  @Test func `the free tier is shared by the tables of a region and given in each region`() {
    let rules = BillingRules(monthHours: 744, freeTier: true)
    let out = bill(
      BilledUsage(
        .provisioned(east, read: 20).with { $0.store(20) },
        .provisioned(east, read: 20).with { $0.store(20) },
        .provisioned("us-west-2", read: 25).with { $0.store(25) }), rules)
    // 40 x 744 - 18,600 unit-hours and 40 - 25 GB remain in us-east-1, nothing in us-west-2.
    #expect(out.charged("ReadCapacityUnit-Hrs") == Quantity(11_160))
    #expect(out.charged("TimedStorage-ByteHrs") == Quantity(15))
    #expect(out.total == dollars("5.2008"))
  }

  @Test func `the free tier has no part for on-demand, Standard-IA and backups`() {
    let rules = BillingRules(freeTier: true)
    let out = bill(
      BilledUsage(
        .onDemand(east, reads: 1_000_000, writes: 1_000_000).with {
          $0.tableClass = .standardInfrequentAccess
          $0.store(10)
          $0.pointInTimeRecovery = .gigabytes(10)
        },
        .provisioned(east, read: 1).with { $0.tableClass = .standardInfrequentAccess }), rules)
    #expect(out.lines.allSatisfy { $0.free.isZero })
    // 0.155 + 0.78 + 10 x 0.1 + 10 x 0.2 + 730 x 0.00016
    #expect(out.total == dollars("4.0518"))
    #expect(out.amount("IA-ReadRequestUnits") == dollars("0.155"))
    #expect(out.amount("IA-TimedStorage-ByteHrs") == dollars("1"))
  }

  @Test func `replicated capacity has its own free hours and no reservation`() {
    let rules = BillingRules(
      monthHours: 744, freeTier: true,
      reserved: ReservedCapacity(readUnits: 0, writeUnits: 100, term: .oneYear))
    let out = bill(
      BilledUsage(.provisioned(east, write: 25).with { $0.isReplicated = true }), rules)
    #expect(out.charged("ReplWriteCapacityUnit-Hrs") == .zero)
    #expect(
      out.lines.contains { $0.usageType == "ReplWriteCapacityUnit-Hrs" && $0.amount == .zero })
    // The reservation is owed although nothing uses it: 744 x 0.0128 + 150 x 744 / 8760.
    let owed = dollars("9.5232") + Money.dollars(150).scaled(by: 744, over: 8_760)
    #expect(out.total == owed)
  }

  @Test func `overheads are 100 bytes per item and 48 more on a global table`() {
    var table = ResourceUsage(name: "t", region: east, isOnDemand: true)
    table.storage = .init(bytes: .gigabytes(1), items: 1_000)
    #expect(table.billedBytes == .gigabytes(1) + ByteCount(100_000))
    table.isReplicated = true
    #expect(table.billedBytes == .gigabytes(1) + ByteCount(148_000))
    table.isIndex = true
    #expect(table.billedBytes == .gigabytes(1) + ByteCount(100_000))
  }

  @Test func `a missing price is left out of the total and warned about, never zero`() throws {
    let rules = BillingRules(region: "eu-west-1")
    let usage = BilledUsage(
      .stored("eu-west-1", gigabytes: 100),
      caches: [CacheUsage(region: "eu-west-1", nodeType: "dax.r7i.large", nodes: 3)])
    let out = bill(usage, rules)
    let line = try #require(out.lines.first { $0.resource == "DAX" })
    #expect(line.amount == nil && line.unitPrice == nil)
    #expect(!out.isComplete)
    #expect(out.total == dollars("28.3"))
    #expect(
      out.warnings.contains { $0.contains("dax_node_dax.r7i.large in eu-west-1 is unpriced") })
    var prices = PriceList.published
    _ = prices.override(item: "dax_node_dax.r7i.large", in: "eu-west-1", dollars: "0.3")
    let priced = BillBuilder(rules: rules, prices: prices).bill(for: usage, title: "")
    #expect(priced.isComplete && priced.warnings.isEmpty)
    #expect(priced.total == dollars("28.3") + dollars("657"))
  }

  @Test func `raised warm throughput is unpriced unless the scenario states a price`() {
    let usage = BilledUsage(
      .stored(east, gigabytes: 1).with {
        $0.raisedWarmReadUnits = 28_000
        $0.raisedWarmWriteUnits = 6_000
      })
    let out = bill(usage)
    #expect(!out.isComplete && out.total == dollars("0.25"))
    #expect(out.warnings.count == 2)
    var prices = PriceList.published
    for item in ["warm_throughput_read", "warm_throughput_write"] {
      #expect(prices.override(item: item, in: east, dollars: "0.001") == .applied)
    }
    let own = BillBuilder(rules: BillingRules(), prices: prices).bill(for: usage, title: "")
    #expect(own.isComplete && own.total == dollars("34.25"))
  }

  @Test func `a region without prices is one warning with the nearest name`() {
    let out = bill(
      BilledUsage(.onDemand("us-esat-1", reads: 1, writes: 1)), BillingRules(region: "us-esat-1"))
    #expect(out.total == .zero && !out.isComplete)
    #expect(out.warnings.count == 1)
    #expect(out.warnings[0].contains("us-east-1"))
  }

  @Test func `inferred and doubtful prices are named`() {
    let out = bill(
      BilledUsage(
        .stored("eu-west-1", gigabytes: 1).with { $0.pointInTimeRecovery = .gigabytes(1) }),
      BillingRules(region: "eu-west-1"))
    #expect(out.assumptions.contains { $0.contains("pitr_backup_storage (eu-west-1)") })
    let mumbai = bill(
      BilledUsage(.provisioned("ap-south-1", read: 100)),
      BillingRules(
        region: "ap-south-1",
        reserved: ReservedCapacity(readUnits: 100, writeUnits: 0, term: .threeYears)))
    #expect(mumbai.warnings.contains { $0.contains("reserved_3yr_rcu_upfront") })
  }

  /// Tiers of 10, 50 and 150 TB at 0.09, 0.085, 0.07 and 0.05 (pricing.md 2).
  @Test(arguments: [
    (Int64(100), false, "9"), (Int64(10_240), false, "921.6"), (Int64(10_241), false, "921.685"),
    (Int64(51_200), false, "4403.2"), (Int64(153_700), false, "11576.2"),
    (Int64(100), true, "0"), (Int64(10_340), true, "921.6"),
  ])
  func `data out to the internet is billed in tiers`(gb: Int64, freeTier: Bool, expected: String) {
    let usage = BilledUsage().with { $0.transfers.internetOut = .gigabytes(gb) }
    let out = bill(usage, BillingRules(freeTier: freeTier))
    #expect(out.isComplete)
    #expect(out.total == dollars(expected))
  }

  @Test func `an upper tier that is not sourced is unpriced`() {
    let usage = BilledUsage().with { $0.transfers.internetOut = .gigabytes(10_241) }
    let out = bill(usage, BillingRules(region: "us-west-1"))
    #expect(out.total == dollars("921.6") && !out.isComplete)
  }

  @Test func `data to another region uses the pair's price when there is one`() {
    let usage = BilledUsage().with {
      $0.transfers.interRegionOut = [.init(target: "ap-northeast-3", bytes: .gigabytes(10))]
    }
    let tokyo = bill(usage, BillingRules(region: "ap-northeast-1"))
    #expect(tokyo.amount("APN1-APN3-AWS-Out-Bytes") == dollars("0.9"))
    #expect(bill(usage).amount("USE1-APN3-AWS-Out-Bytes") == dollars("0.2"))
  }

  @Test func `an incremental export is charged for at least 10 MB`() {
    let usage = BilledUsage().with {
      $0.transfers.incrementalExports = Array(repeating: .kilobytes(1), count: 1_024)
    }
    #expect(bill(usage).charged("IncrementalExportDataSize-Bytes") == Quantity(10))
  }

  @Test func `scheduled backups keep keep/every copies`() {
    let usage = BilledUsage(
      .stored(east, gigabytes: 0).with {
        $0.backups = [.scheduled(.gigabytes(10), every: .days(1), keep: .days(7))]
      })
    #expect(bill(usage).charged("TimedBackupStorage-ByteHrs") == Quantity(70))
  }

  @Test func `unit prices are shown with all their digits`() throws {
    let usage = BilledUsage(
      .provisioned("eu-west-1", read: 1).with { $0.store(1) },
      caches: [CacheUsage(region: "eu-west-1", nodeType: "dax.r7i.large", nodes: 1)])
    let lines = bill(usage, BillingRules(region: "eu-west-1")).lines
    #expect(lines.map(\.unitPriceText) == ["$0.000147", "$0.283", "unpriced"])
    #expect(lines.map(\.per) == ["RCU-hour", "GB-month", "node-hour"])
    #expect(dollars("1234.5").exactText == "$1,234.50")
  }

  @Test func `the total is the exact sum of exact amounts, not of rounded ones`() {
    // Three amounts of 0.004 show as zero cents each and sum to 0.012.
    let tables = (0..<3).map { _ in ResourceUsage.onDemand(east, reads: 32_000) }
    let out = bill(BilledUsage(runMinutes: 1, resources: tables))
    #expect(out.lines.allSatisfy { $0.amount == dollars("0.004") })
    #expect(out.total == dollars("0.012"))
    #expect(out.assumptions.contains { $0.contains("rounded to cents only for display") })
  }
}

@Suite struct ReservedCapacityTests {
  @Test func `a reservation covers tables in order and the rest costs the normal rate`() throws {
    let rules = BillingRules(
      reserved: ReservedCapacity(readUnits: 0, writeUnits: 150, term: .oneYear))
    let out = bill(
      BilledUsage(
        .provisioned(east, write: 120), .provisioned(east, write: 120),
        .provisioned("us-west-2", write: 50)), rules)
    let writes = out.lines.filter { $0.usageType == "WriteCapacityUnit-Hrs" }
    // 150 are billed as 200: 120 and 80 covered, 40 left.
    #expect(writes.map(\.charged) == [.zero, Quantity(40 * 730)])
    #expect(out.charged("USW2-WriteCapacityUnit-Hrs") == Quantity(50 * 730))
    #expect(out.warnings.contains { $0.contains("blocks of 100") })
    let heavy = out.lines.filter { $0.usageType == "HeavyUsage:dynamodb.write" }
    #expect(heavy.first?.amount == dollars("18.688"))
    #expect(heavy.last?.amount == Money.dollars(300).scaled(by: 730, over: 8_760))
    #expect(heavy.last?.description.contains("$300.00") == true)
  }

  @Test func `three years are unpriced where the region has no offer`() {
    let rules = BillingRules(
      region: "us-east-2",
      reserved: ReservedCapacity(readUnits: 100, writeUnits: 0, term: .threeYears))
    let out = bill(BilledUsage(.provisioned("us-east-2", read: 200)), rules)
    #expect(!out.isComplete)
    #expect(out.lines.filter { $0.amount == nil }.count == 2)
  }

  @Test(arguments: [
    (1, "54"), (3, "77"),
  ])
  func `effective discounts are those of the documentation`(years: Int, percent: String) throws {
    let term: ReservationTerm = years == 1 ? .oneYear : .threeYears
    let offer = try #require(ReservedOffer(.write, term, prices: .published, region: east))
    let discount = 1 - offer.effectiveUnitHour.inDollars / 0.00065
    #expect("\(Int((discount * 100).rounded()))" == percent)
  }

  /// Two callers for 730 hours: 2 x 12 x 730 = 17,520 requests at 0.03 per 10,000 are 0.05256.
  @Test func `keys cost a dollar a version and their requests`() throws {
    var usage = BilledUsage(runMinutes: 1)
    usage.keys = [
      EncryptionKeyUsage(name: "orders", region: "us-east-1", versions: 3, callers: 2),
      EncryptionKeyUsage(name: nil, region: "eu-west-1", callers: 1),
    ]
    let whole = bill(usage)
    #expect(whole.amount("KMS-Keys") == dollars("3"))
    #expect(whole.amount("KMS-Requests") == dollars("0.05256"))
    #expect(whole.amount("EU-KMS-Requests") == dollars("0.02628"))
    #expect(whole.total == dollars("3.07884"))
    #expect(whole.assumptions.contains { $0.contains("kms_requests (eu-west-1)") })
    // The free 20,000 are shared by all regions: 26,280 - 20,000 = 6,280 are left to pay.
    #expect(bill(usage, BillingRules(freeTier: true)).total == dollars("3.01884"))
  }
}
