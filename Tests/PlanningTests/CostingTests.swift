// Why: the bill of a plan is only right if the record reaches the price list whole. Published
// amounts (pricing.md section 4, as in PricingTests) are reproduced here from records and scenario
// files, and each rule of the mapping from cents worked out by hand.
import Capacity
import Pricing
import Results
import Scenarios
import Testing
import Units

@testable import Planning

/// What a record and the cost section of a file must come to.
struct CostedRun: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var cost: [String] = []
  var table: [String] = []
  var sections: [String] = []
  /// nil: the total.
  var usageType: String?
  var expected: String
  var change: @Sendable (inout ResourceRecord) -> Void = { _ in }
}

private let month720 = ["region: us-east-1", "month: 720h"]
private let ohio = ["region: us-east-2"]

private func steady(_ read: Int64, _ write: Int64, _ resource: inout ResourceRecord) {
  resource.read.consumed = [read * 120]
  resource.write.consumed = [write * 120]
}

private func store(_ start: Int64, _ end: Int64, _ resource: inout ResourceRecord) {
  resource.bytesAtStart = .gigabytes(start)
  resource.bytesAtEnd = .gigabytes(end)
}

private let costed: [CostedRun] = [
  // A new on-demand table has 4,000 write units/s by itself.
  .init(
    testDescription: "warm throughput beyond a new table's, at a price of one's own",
    cost: month720 + ["prices: {warm_throughput_write: 0.01}"],
    table: ["warm-throughput: {read: 12000, write: 6000}"], usageType: "WarmThroughput",
    expected: "20.00"),
  .init(
    testDescription: "V5: 100 reads/s on demand", cost: month720, usageType: "ReadRequestUnits",
    expected: "32.40"
  ) { steady(100, 100, &$0) },
  .init(
    testDescription: "V5: 100 writes/s on demand", cost: month720, usageType: "WriteRequestUnits",
    expected: "162.00"
  ) { steady(100, 100, &$0) },
  .init(
    testDescription: "V5: 100 GB", cost: month720, usageType: "TimedStorage-ByteHrs",
    expected: "25.00"
  ) { store(100, 100, &$0) },
  .init(
    testDescription: "V1: 25 to 29 GB, 25 free", cost: month720 + ["free-tier: true"],
    usageType: "TimedStorage-ByteHrs", expected: "0.50"
  ) { store(25, 29, &$0) },
  .init(
    testDescription: "V2: continuous backups of 27 GB", cost: month720,
    table: ["point-in-time-recovery: true"], usageType: "TimedPITRStorage-ByteHrs",
    expected: "5.40"
  ) { store(25, 29, &$0) },
  .init(
    testDescription: "V2: restore of 29 GB", cost: month720 + ["restores: 29GB"], expected: "4.35"),
  .init(
    testDescription: "V3: export of 29 GB", cost: month720 + ["exports: 29GB"], expected: "2.90"),
  .init(
    testDescription: "V3: one stream read per second", cost: month720,
    usageType: "Streams-RequestsCount", expected: "0.02"
  ) { $0.streamReads = 60 },
  // 976 a minute are 42,163,200 a month.
  .init(
    testDescription: "V3: nearly 42,177,000 capture units", cost: month720,
    usageType: "ChangeDataCaptureUnits-Kinesis", expected: "4.22"
  ) { $0.captureUnits = 976 },
  .init(
    testDescription: "V6: backup of 10 GB kept all month", cost: ohio,
    table: ["backups: {every: 7d, keep: 7d}"], usageType: "USE2-TimedBackupStorage-ByteHrs",
    expected: "1.00"
  ) { store(10, 10, &$0) },
  .init(
    testDescription: "a daily backup kept a week: seven at a time", cost: ohio,
    table: ["backups: {every: 1d, keep: 7d}"], usageType: "USE2-TimedBackupStorage-ByteHrs",
    expected: "7.00"
  ) { store(10, 10, &$0) },
  .init(
    testDescription: "V6: full and incremental export",
    cost: ohio + [
      "exports: 10GB", "incremental-exports: 10GB",
    ], expected: "2.00"),
  .init(testDescription: "V6: import of 10 GB", cost: ohio + ["imports: 10GB"], expected: "1.50"),
  .init(
    testDescription: "V6: three dax.r5.large", cost: ohio,
    sections: ["dax: {nodes: 3, node-type: dax.r5.large}"],
    usageType: "USE2-NodeUsage:dax-r5.large", expected: "558.45"),
  .init(
    testDescription: "items add 100 bytes each", cost: month720,
    usageType: "TimedStorage-ByteHrs", expected: "2.50"
  ) {
    $0.itemsAtStart = 107_374_182
    $0.itemsAtEnd = 107_374_183
  },
]

@Suite struct CostingTests {
  private func text(
    _ cost: [String], table: [String] = [], sections: [String] = [], mode: String, capacity: String
  ) -> String {
    ordersText(
      table: table, mode: mode, capacity: capacity,
      sections: sections + (cost.isEmpty ? [] : ["cost:"] + cost.map { "  \($0)" }))
  }

  private func onDemand(_ example: CostedRun) throws -> (Scenario, RunRecord) {
    let scenario = try loaded(
      text(
        example.cost, table: example.table, sections: example.sections, mode: "PAY_PER_REQUEST",
        capacity: ""))
    let record = RunRecord.sample(minutes: 1).with {
      $0.resources[0].isOnDemand = true
      $0.resources[0].region = scenario.cost.region
      example.change(&$0.resources[0])
    }
    return (scenario, record)
  }

  @Test(arguments: costed)
  func `a record comes to the published amount`(_ example: CostedRun) throws {
    let (scenario, record) = try onDemand(example)
    let bill = Costing(scenario).bill(for: record)
    #expect(bill.warnings == [])
    let lines = bill.lines.filter { example.usageType == nil || $0.usageType == example.usageType }
    let amount = lines.reduce(Money.zero) { $0 + ($1.amount ?? .zero) }
    #expect(amount.roundedToCents == Money(decimal: example.expected), "\(bill.lines)")
    #expect(example.usageType != nil || amount == bill.total)
  }

  /// The total of 100 WCU and no reads for a month, by the cost section.
  private func hundredUnits(_ cost: [String], starts: String = "2026-11-02") throws -> Money {
    let scenario = try loaded(
      text(
        cost, mode: "PROVISIONED", capacity: "read-capacity: 1;write-capacity: 100"
      ).replacing("run: {", with: "run: {starts: \(starts), "))
    let record = RunRecord.sample(minutes: 1).with {
      $0.resources[0].read.limit = [0]
      $0.resources[0].write.limit = [100]
    }
    return Costing(scenario).bill(for: record).total.roundedToCents
  }

  // 100 x 0.00065 = 0.065 dollars an hour.
  @Test(arguments: [
    ("730h", "2026-11-02", "47.45"), ("720h", "2026-11-02", "46.80"),
    ("calendar", "2026-11-02", "46.80"), ("calendar", "2026-12-31", "48.36"),
    ("calendar", "2026-02-01", "43.68"), ("calendar", "2028-02-29", "45.24"),
    ("calendar", "2000-02-10", "45.24"), ("calendar", "2100-02-10", "43.68"),
  ])
  func `the month has the hours its rule says`(rule: String, starts: String, amount: String) throws
  {
    let total = try hundredUnits(["month: \(rule)"], starts: starts)
    #expect(total == Money(decimal: amount))
  }

  @Test func `the length of every month is the calendar's`() {
    let common = (1...12).map { Costing.daysInMonth(year: 2026, month: $0) }
    #expect(common == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    #expect(
      [1900, 2000, 2024, 2100].map { Costing.daysInMonth(year: $0, month: 2) } == [
        28, 29, 29, 28,
      ])
  }

  @Test(arguments: [("max", "94.90"), ("mean", "71.18")])
  func `the hour rule decides what a changing hour costs`(rule: String, amount: String) throws {
    // 30 min at 100 and 30 min at 200 WCU in every hour of 730.
    let scenario = try loaded(
      text(
        ["hour-rule: \(rule)"], mode: "PROVISIONED", capacity: "read-capacity: 1;write-capacity: 1")
    )
    let record = RunRecord.sample(minutes: 60).with {
      $0.resources[0].read.limit = Array(repeating: 0, count: 60)
      $0.resources[0].write.limit =
        Array(repeating: 100, count: 30) + Array(repeating: 200, count: 30)
    }
    #expect(Costing(scenario).bill(for: record).total.roundedToCents == Money(decimal: amount))
  }

  @Test func `reserved capacity and the free tier reach the rules`() throws {
    let costing = Costing(
      try loaded(
        text(
          ["free-tier: true", "reserved: {read: 200, write: 100, term: 3-years}"],
          mode: "PROVISIONED", capacity: plainCapacity)))
    #expect(
      costing.rules.reserved
        == ReservedCapacity(readUnits: 200, writeUnits: 100, term: .threeYears))
    #expect(costing.rules.freeTier)
    #expect(costing.complaints == [])
  }

  @Test func `a replica doubles replicated writes and pays for what travels`() throws {
    // V5: two regions write 100 WRU/s each: 324.00 dollars in 720 h.
    let scenario = try loaded(
      text(
        month720, table: ["replicas: [us-west-2]"], mode: "PAY_PER_REQUEST", capacity: ""))
    let record = RunRecord.sample(minutes: 1).with {
      $0.resources[0].isOnDemand = true
      $0.resources[0].write.consumed = [12_000]
      $0.resources[0].replicatedWrites = CapacityUnits(halves: 12_000)
      $0.resources[0].streamReads = 120
      var replica = $0.resources[0]
      replica.region = "us-west-2"
      $0.resources.append(replica)
    }
    let bill = Costing(scenario).bill(for: record)
    let writes = bill.lines.filter { $0.usageType.hasSuffix("ReplWriteRequestUnits") }
    #expect(writes.map { $0.amount?.roundedToCents } == [.dollars(162), .dollars(162)])
    #expect(bill.lines.filter { $0.usageType.hasSuffix("Streams-RequestsCount") }.count == 1)
    // 100 KB/s for 720 h: 247.19 GB at 0.02 dollars.
    let transfer = try #require(bill.lines.first { $0.usageType.contains("AWS-Out-Bytes") })
    #expect(transfer.amount?.roundedToCents == Money(decimal: "4.94"))
  }

  @Test func `prices of the file replace the list's, unknown ones are named`() throws {
    let text = text(
      ["prices: {dax_node_dax.r5.large: 1}"],
      sections: [
        "dax: {nodes: 2, node-type: dax.r5.large}"
      ], mode: "PAY_PER_REQUEST", capacity: "")
    let costing = Costing(try loaded(text))
    #expect(costing.complaints == [])
    let line = costing.bill(for: .sample(minutes: 1)).lines.first { $0.resource == "DAX" }
    #expect(line?.amount == .dollars(2 * 730))
    var scenario = try loaded(text)
    scenario.cost.priceOverrides = [
      PriceOverride(item: "ax_node_dax.r5.large", dollars: "1"),
      PriceOverride(item: "dax_node_dax.r5.large", dollars: "much"),
    ]
    #expect(
      Costing(scenario).complaints == [
        "price item 'ax_node_dax.r5.large' is not known; did you mean 'dax_node_dax.r5.large'?",
        "'much' is not an amount of dollars",
      ])
  }

  @Test func `a run that ends inside a minute is not billed as if it idled`() throws {
    let example = costed[1]
    let (scenario, full) = try onDemand(example)
    let whole = Costing(scenario).bill(for: full).total
    #expect(whole > .zero)
    let longer = full.with {
      $0.duration = .seconds(90)
      $0.resources[0].read.consumed = [12_000, 6_000]
      $0.resources[0].write.consumed = [12_000, 6_000]
    }
    #expect(Costing(scenario).bill(for: longer).total == whole)
    let shorter = full.with {
      $0.duration = .seconds(30)
      $0.resources[0].read.consumed = [6_000]
      $0.resources[0].write.consumed = [6_000]
    }
    #expect(Costing(scenario).bill(for: shorter).total == whole)
  }

  @Test func `stream reads of part of a minute become the month's`() throws {
    // 90 reads in 90 s are one a second, as V3's 2,592,000 in 720 h.
    let (scenario, full) = try onDemand(costed[7])
    let record = full.with {
      $0.duration = .seconds(90)
      $0.resources[0].streamReads = 90
    }
    let line = Costing(scenario).bill(for: record).lines.first {
      $0.usageType == "Streams-RequestsCount"
    }
    #expect(line?.amount?.roundedToCents == Money(decimal: "0.02"))
  }

  @Test func `a local index stores its copies with the table`() throws {
    // 10 GB in 1,048,576 items of 10 KB; the index copies 1 KB of each: 1 GB. Overhead twice.
    let scenario = try loaded(
      text(
        month720,
        table: [
          "sort-key: day S", "point-in-time-recovery: true",
          "local-secondary-indexes:",
          "  - {name: byName, sort-key: name S, projection: {INCLUDE: [a]}, entry-size: 1KB}",
        ], mode: "PAY_PER_REQUEST", capacity: ""))
    let record = RunRecord.sample(minutes: 1).with {
      $0.resources[0].isOnDemand = true
      store(10, 10, &$0.resources[0])
      $0.resources[0].itemsAtStart = 1 << 20
      $0.resources[0].itemsAtEnd = 1 << 20
    }
    let usage = Costing(scenario).usage(of: record).resources[0]
    #expect(usage.storage.bytes == .gigabytes(11))
    #expect(usage.storage.items == 2 << 20)
    #expect(usage.pointInTimeRecovery == .gigabytes(11))
  }

  @Test func `tables of one key share it, in every region that has them`() throws {
    let scenario = try loaded(
      text(
        [],
        table: [
          "replicas: [eu-west-1]", "encryption: {key: orders, callers: 3, rotations: 1}",
          "point-in-time-recovery: true",
        ], mode: "PAY_PER_REQUEST", capacity: ""))
    let usage = Costing(scenario).usage(of: .sample(minutes: 1))
    #expect(
      usage.keys == [
        EncryptionKeyUsage(name: "orders", region: "us-east-1", versions: 2, callers: 3),
        EncryptionKeyUsage(name: "orders", region: "eu-west-1", versions: 2, callers: 3),
      ])
  }
}
