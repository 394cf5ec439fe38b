// The worked examples V1-V18 of pricing.md section 4, through the real bill.
//
// They are bills, calculator captures and pages published by others, so they check prices, units
// and rules at once. Each case names its source; amounts are compared rounded to cents.

import Capacity
import Testing
import Units

@testable import Pricing

/// One published amount: usage, rules, and what one or all lines must come to.
struct WorkedExample: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var rules: BillingRules
  var usage: BilledUsage
  /// nil: the total.
  var usageType: String?
  var expected: Money
  /// Distance that still counts as equal, as the source's own rounding asks.
  var tolerance = Money.zero

  init(
    _ name: String, _ rules: BillingRules, _ usage: BilledUsage, line: String? = nil,
    expected: String, tolerance: String = "0"
  ) {
    self.testDescription = name
    self.rules = rules
    self.usage = usage
    self.usageType = line
    self.expected = dollars(expected)
    self.tolerance = dollars(tolerance)
  }
}

private let east = "us-east-1"
private let month30 = BillingRules(monthHours: 720)
private let month730 = BillingRules(monthHours: 730)
private let ohio = BillingRules(region: "us-east-2", monthHours: 730)

private let pageExamples: [WorkedExample] = [
  .init(
    "V1: AWS pricing page, 27 GB on average, 25 free",
    BillingRules(monthHours: 720, freeTier: true),
    BilledUsage(
      .stored(east, gigabytes: 0).with {
        $0.storage = .average(.init(bytes: .gigabytes(25)), .init(bytes: .gigabytes(29)))
      }), line: "TimedStorage-ByteHrs", expected: "0.50"),
  .init(
    "V2: AWS pricing page, 60 GB of backups, 15 GB deleted after day 10 of 30", month30,
    BilledUsage(
      .stored(east, gigabytes: 0).with {
        $0.backups = [.kept(.gigabytes(45), hours: nil), .kept(.gigabytes(15), hours: 240)]
      }), expected: "5.00"),
  .init(
    "V2: AWS pricing page, continuous backups of 27 GB", month30,
    BilledUsage(.stored(east, gigabytes: 0).with { $0.pointInTimeRecovery = .gigabytes(27) }),
    expected: "5.40"),
  .init(
    "V2: AWS pricing page, restore of 29 GB", month30,
    BilledUsage().with { $0.transfers.restored = .gigabytes(29) }, expected: "4.35"),
  .init(
    "V3: AWS pricing page, 42,177,000 change data capture units", month30,
    BilledUsage(
      runMinutes: 720 * 60,
      resources: [
        .stored(east, gigabytes: 0).with { $0.captureUnits = 42_177_000 }
      ]), line: "ChangeDataCaptureUnits-Kinesis", expected: "4.22"),
  .init(
    "V3: AWS pricing page, export of 29 GB", month30,
    BilledUsage().with { $0.transfers.exported = .gigabytes(29) }, expected: "2.90"),
  .init(
    "V3: AWS pricing page, one stream read per second for 30 days", month30,
    // Simulated for one hour: 3,600 reads.
    BilledUsage(
      runMinutes: 60,
      resources: [
        .stored(east, gigabytes: 0).with { $0.streamReads = 3_600 }
      ]), line: "Streams-RequestsCount", expected: "0.02"),
  .init(
    "V4: AWS pricing page, three dax.t2.small from day 26", month30,
    BilledUsage(caches: [
      CacheUsage(
        region: east, nodeType: "dax.t2.small", nodes: 3, hours: 120)
    ]), line: "NodeUsage:dax-t2.small", expected: "14.40"),
]

private let steady100 = BilledUsage(
  runMinutes: 1,
  resources: [
    ResourceUsage(name: "t", region: east, isOnDemand: true).with {
      $0.read = .steady(unitsPerSecond: 100)
      $0.write = .steady(unitsPerSecond: 100)
      $0.store(100)
    }
  ])

private let templateExamples: [WorkedExample] = [
  .init(
    "V5: cost template, reads", month30, steady100, line: "ReadRequestUnits", expected: "32.40"),
  .init(
    "V5: cost template, writes", month30, steady100, line: "WriteRequestUnits", expected: "162.00"),
  .init(
    "V5: cost template, storage", month30, steady100, line: "TimedStorage-ByteHrs",
    expected: "25.00"),
  .init(
    "V5: cost template, provisioned reads at 50 %", month30,
    BilledUsage(.provisioned(east, read: 200)), line: "ReadCapacityUnit-Hrs", expected: "18.72"),
  .init(
    "V5: cost template, provisioned writes at 50 %", month30,
    BilledUsage(.provisioned(east, write: 200)), line: "WriteCapacityUnit-Hrs", expected: "93.60"),
  .init(
    "V5: cost template, two regions write twice", month30,
    BilledUsage(
      runMinutes: 1,
      resources: ["us-east-1", "us-west-2"].map { region in
        steady100.resources[0].with {
          $0.region = region
          $0.isReplicated = true
          $0.read = AxisUsage()
          $0.storage = .init(bytes: .zero)
        }
      }), expected: "324.00"),
]

private let capture = ResourceUsage.onDemand("us-east-2", reads: 5_000_000, writes: 10_000_000)

private let calculatorExamples: [WorkedExample] = [
  .init(
    "V6: calculator capture, 10 M writes, 10 M eventual reads, 10 GB", ohio,
    BilledUsage(capture.with { $0.store(10) }), expected: "9.38"),
  .init(
    "V6: calculator capture, backup, continuous backup and restore of 10 GB", ohio,
    BilledUsage(
      .stored("us-east-2", gigabytes: 0).with {
        $0.backups = [.kept(.gigabytes(10), hours: nil)]
        $0.pointInTimeRecovery = .gigabytes(10)
      }
    ).with { $0.transfers.restored = .gigabytes(10) }, expected: "4.50"),
  .init(
    "V6: calculator capture, full and incremental export of 10 GB", ohio,
    BilledUsage().with {
      $0.transfers.exported = .gigabytes(10)
      $0.transfers.incrementalExports = [.gigabytes(10)]
    }, expected: "2.00"),
  .init(
    "V6: calculator capture, import of 10 GB", ohio,
    BilledUsage().with { $0.transfers.imported = .gigabytes(10) }, expected: "1.50"),
  .init(
    "V6: calculator capture, three dax.r5.large", ohio,
    BilledUsage(caches: [CacheUsage(region: "us-east-2", nodeType: "dax.r5.large", nodes: 3)]),
    line: "USE2-NodeUsage:dax-r5.large", expected: "558.45"),
  .init(
    "V6: calculator capture, ten stream requests", ohio,
    BilledUsage(.stored("us-east-2", gigabytes: 0).with { $0.streamReads = 10 }),
    line: "USE2-Streams-RequestsCount", expected: "0.00"),
  .init(
    "V7: demand of 80,000 reads/s and 20,000 writes/s with 2,048 GB", month730,
    BilledUsage(
      ResourceUsage(name: "t", region: east, isOnDemand: true).with {
        $0.read = .steady(unitsPerSecond: 80_000)
        $0.write = .steady(unitsPerSecond: 20_000)
        $0.store(2_048)
      }), expected: "59642.00"),
  .init(
    "V8: 100 WCU, 200 RCU, 50 GB, scenario 2 of the post", month730,
    BilledUsage(.provisioned(east, read: 200, write: 100).with { $0.store(50) }),
    expected: "78.93"),
  .init(
    "V8: 100 RCU and 100 WCU for 720 h", month30,
    BilledUsage(.provisioned(east, read: 100, write: 100)), expected: "56.16"),
  .init(
    "V9: 650,000 write request units", month730, BilledUsage(.onDemand(east, writes: 650_000)),
    expected: "0.41"),
  .init(
    "V9: 550,000 read request units", month730, BilledUsage(.onDemand(east, reads: 550_000)),
    expected: "0.07"),
  .init(
    "V10: 80 M reads, 16 M writes, 80 GB", month730,
    BilledUsage(.onDemand(east, reads: 80_000_000, writes: 16_000_000).with { $0.store(80) }),
    expected: "40.00"),
  .init(
    "V11: us-west-1, 200,000 reads and 100,000 writes",
    BillingRules(region: "us-west-1", monthHours: 730),
    BilledUsage(.onDemand("us-west-1", reads: 200_000, writes: 100_000)), expected: "0.10"),
  .init(
    "V14: peaks of 30.4 h reads and 91.3 h writes on demand", month730,
    BilledUsage(
      ResourceUsage(name: "t", region: east, isOnDemand: true).with {
        $0.read.consumedHalves = twoLevels(
          base: 410_000 * 120, peak: 1_000_000 * 120, peakMinutes: 1_824)
        $0.write.consumedHalves = twoLevels(
          base: 380_000 * 120, peak: 800_000 * 120, peakMinutes: 5_478)
        $0.store(512)
      }), expected: "853312.00", tolerance: "1"),
  .init(
    "V15: provisioned for 365 peak hours", month730,
    BilledUsage(
      ResourceUsage(name: "t", region: east, isOnDemand: false).with {
        $0.read.provisionedUnits = twoLevels(base: 175_000, peak: 275_000, peakMinutes: 365 * 60)
        $0.write.provisionedUnits = twoLevels(base: 175_000, peak: 275_000, peakMinutes: 365 * 60)
        $0.store(512)
      }), expected: "128242.00", tolerance: "1"),
]

@Suite struct WorkedExamplesTests {
  @Test(arguments: pageExamples + templateExamples + calculatorExamples)
  func `the bill reproduces the published amount`(example: WorkedExample) throws {
    let bill = BillBuilder(rules: example.rules).bill(for: example.usage, title: "")
    #expect(bill.isComplete, "\(bill.warnings)")
    let amount = try #require(
      example.usageType.map { bill.amount($0) } ?? bill.total, "no such line: \(bill.lines)")
    let distance = (amount.roundedToCents - example.expected).attodollars.magnitude
    #expect(
      distance <= example.tolerance.attodollars.magnitude,
      "\(amount) instead of \(example.expected)")
  }

  @Test func `V7: a year is twelve exact months`() {
    let bill = BillBuilder(rules: month730).bill(
      for: BilledUsage(
        ResourceUsage(name: "t", region: east, isOnDemand: true).with {
          $0.read = .steady(unitsPerSecond: 80_000)
          $0.write = .steady(unitsPerSecond: 20_000)
          $0.store(2_048)
        }), title: "")
    #expect(bill.total * 12 == .dollars(715_704))
  }

  @Test func `V12: replication and index bill 500 WRU and 700 rWRU`() {
    // Day 1 one region; day 2 a replica; day 3 an index with all attributes (dev guide, global
    // tables billing).
    let regions = ["us-east-1", "us-west-2"]
    var resources = [ResourceUsage.onDemand(east, writes: 100)]
    for region in regions {
      for writes: Int64 in [150, 200] {
        resources.append(.onDemand(region, writes: writes).with { $0.isReplicated = true })
      }
      resources.append(
        .onDemand(region, writes: 200).with {
          $0.isReplicated = true
          $0.isIndex = true
        })
    }
    let bill = BillBuilder(rules: month730).bill(
      for: BilledUsage(runMinutes: 730 * 60, resources: resources), title: "")
    let plain = bill.charged("WriteRequestUnits") + bill.charged("USW2-WriteRequestUnits")
    let replicated =
      bill.charged("ReplWriteRequestUnits") + bill.charged("USW2-ReplWriteRequestUnits")
    #expect(plain == Quantity(500))
    #expect(replicated == Quantity(700))
  }

  @Test func `V13: Standard-IA saves 1,198.65 at the assumed ratios`() {
    let (throughput, storage) = (Money.dollars(1_407), Money.dollars(2_584))
    let moved = TableClassRatios.assumed.infrequentAccess(throughput: throughput, storage: storage)
    #expect(moved == dollars("2792.35"))
    #expect(throughput + storage - moved == dollars("1198.65"))
  }

  @Test(arguments: [
    (ReservationTerm.oneYear, "0.00006804109589"), (.threeYears, "0.00003360121766"),
  ])
  func `V16: effective hour of a reserved read unit in Tokyo`(term: ReservationTerm, text: String)
    throws
  {
    let offer = try #require(
      ReservedOffer(.read, term, prices: .published, region: "ap-northeast-1"))
    let distance = offer.effectiveUnitHour.attodollars - dollars(text).attodollars
    // The source prints 14 decimals: half a unit of the last is 5,000 attodollars.
    #expect(distance.magnitude <= 5_000, "\(offer.effectiveUnitHour)")
  }

  @Test func `V16: a month of reserved capacity bills the effective hour`() throws {
    // 100 reserved and used units for the whole term cost what the effective hour says.
    let rules = BillingRules(
      region: "ap-northeast-1", monthHours: 8_760,
      reserved: ReservedCapacity(readUnits: 100, writeUnits: 0, term: .oneYear))
    let bill = BillBuilder(rules: rules).bill(
      for: BilledUsage(.provisioned("ap-northeast-1", read: 100)), title: "")
    #expect(bill.total == dollars("59.604"))
    // A bill lists what the reservation covers at no cost.
    #expect(bill.amount("APN1-ReadCapacityUnit-Hrs") == .zero)
  }

  @Test func `V17: 23 units reach 86 % of the free unit-hours after 695 hours`() throws {
    let rules = BillingRules(region: "eu-west-1", monthHours: 695, freeTier: true)
    let bill = BillBuilder(rules: rules).bill(
      for: BilledUsage(.provisioned("eu-west-1", read: 23, write: 23)), title: "")
    for type in ["EU-ReadCapacityUnit-Hrs", "EU-WriteCapacityUnit-Hrs"] {
      let line = try #require(bill.lines.first { $0.usageType == type })
      #expect(line.free == Quantity(15_985))
      #expect((line.free.inDouble / 18_600 * 100).rounded() == 86)
      #expect(line.amount == .zero)
    }
  }

  @Test func `V18: cluster sizing of the developer guide`() {
    let demand = DaxDemand(
      hitsPerSecond: 50_000, missesPerSecond: 1_000, writesPerSecond: 100,
      itemSize: .kilobytes(2), utilisationPercent: 80)
    #expect(demand.normalizedRequests(nodes: 3) == 135_000)
    #expect(demand.targetRequests(nodes: 3) == 202_500)
    #expect(
      DaxSizing.smallest(for: demand)
        == .cluster(
          DaxCluster(nodeType: "dax.r5.large", nodes: 3, capacity: 225_000, target: 202_500)))
  }
}
