// Why: `explain` is what people check a scenario's arithmetic with. Units of every kind of
// operation are worked out by hand from the rounding rules (capacity.md 1.2 to 1.6), and the
// simulator, which charges item by item, must spend the same per request.
import Capacity
import Pricing
import Results
import Scenarios
import Testing
import Units

@testable import Planning

/// An operation on the tables below and its units per request.
struct ExplainedOperation: CustomTestStringConvertible, Sendable {
  var operation: String
  /// Units on "items", its indexes and "wide".
  var units: [String: Double]
  var arithmetic: String?
  /// Share by which the simulated mean may differ: draws of new items, conditions and membership.
  var tolerance = 0.0
  var testDescription: String { operation }

  init(
    _ operation: String, _ units: [String: Double], _ arithmetic: String? = nil,
    within tolerance: Double = 0
  ) {
    self.operation = operation
    self.units = units
    self.arithmetic = arithmetic
    self.tolerance = tolerance
  }
}

// Items of 3,000 B: 1 x 4 KB, 3 x 1 KB. Wide ones of 10,000 B: 3 x 4 KB, 10 x 1 KB. byStatus keeps
// 200 B of every item, byDay all of half of them, byName (local) 1,500 B: 2 x 1 KB.
private let operations: [ExplainedOperation] = [
  .init("get: items", ["items": 0.5], "2.93 KB → 1 × 4 KB × 0.5"),
  .init("get: items, consistency: strong", ["items": 1], "2.93 KB → 1 × 4 KB × 1"),
  .init("get: wide", ["wide": 1.5], "9.77 KB → 3 × 4 KB × 0.5"),
  .init("get: wide, consistency: strong", ["wide": 3]),
  // 10 x 3,000 B = 30,000 B, rounded once to 8 x 4 KB.
  .init("query: items, items: 10", ["items": 4], "10 × 2.93 KB = 29.3 KB → 8 × 4 KB × 0.5"),
  .init("query: items, items: 10, consistency: strong", ["items": 8]),
  .init("query: items, index: byStatus, items: 50", ["items/byStatus": 1.5]),
  .init("query: items, index: byDay, items: 10", ["items/byDay": 4]),
  .init("query: items, index: byName, items: 20", ["items": 4]),
  // 350 items bring the page beyond 1 MB: 1,050,000 B.
  // 2,857 such pages and one of 50 items; a few that cross into another partition cost more.
  .init("scan: items", ["items": (2_857 * 128.5 + 18.5) / 2_858], within: 0.02),
  // 100 keys of 10 items, 3 a page: 3 x 3 pages of 9,000 B (3 x 4 KB) and 3,000 B.
  .init("query: items, items: 3, pages: all", ["items": 3 * 1.5 + 0.5]),
  .init("query: items, items: 3, pages: 2", ["items": 3]),
  .init(
    "scan: wide, items: 3, consistency: strong", ["wide": (333_333 * 8 + 3) / 333_334],
    within: 0.01),
  .init("put: wide", ["wide": 10], "9.77 KB → 10 × 1 KB"),
  .init("put: wide, item-size: 500B", ["wide": 10]),
  .init("put: wide, item-size: 500B, new-items: 100%", ["wide": 1]),
  .init(
    "put: wide, item-size: 500B, new-items: 50%", ["wide": 5.5], "9.77 KB → 10 × 1 KB (new: 1)",
    within: 0.1),
  .init("put: wide, item-size: 11000B", ["wide": 11]),
  .init("update: wide", ["wide": 10]),
  .init("delete: wide", ["wide": 10], within: 0.01),
  .init("put: items", ["items": 5, "items/byDay": 1.5], within: 0.1),
  .init(
    "put: items, new-items: 100%", ["items": 5, "items/byStatus": 1, "items/byDay": 1.5],
    within: 0.1),
  .init(
    "update: items, index-changes: {byStatus: key}",
    ["items": 5, "items/byStatus": 2, "items/byDay": 1.5], within: 0.1),
  .init(
    "update: items, index-changes: {byDay: none, byName: none}", ["items": 3]),
  .init("update: items, item-size: 5000B", ["items": 7, "items/byDay": 2.5], within: 0.1),
  .init(
    "delete: items", ["items": 5, "items/byStatus": 1, "items/byDay": 1.5], within: 0.1),
  .init("put: items, condition-fails: 100%", ["items": 3]),
  .init("put: items, condition-fails: 25%", ["items": 4.5, "items/byDay": 1.125], within: 0.12),
  .init(
    "update: wide, item-size: 20000B, condition-fails: 25%", ["wide": 0.75 * 20 + 0.25 * 10],
    within: 0.1),
  .init("delete: wide, condition-fails: 100%", ["wide": 10]),
  .init("batch-get: items, items: 7", ["items": 3.5], "2.93 KB → 1 × 4 KB × 0.5 × 7 items"),
  .init(
    "batch-get: [{get: items, items: 2}, {get: wide}]", ["items": 1, "wide": 1.5]),
  .init("batch-write: wide, items: 5", ["wide": 50], "9.77 KB → 10 × 1 KB × 5 items"),
  .init(
    "batch-write: items, items: 5, new-items: 100%",
    ["items": 25, "items/byStatus": 5, "items/byDay": 7.5], within: 0.1),
  .init("transact-get: items, items: 4", ["items": 8], "2.93 KB → 1 × 4 KB × 2 × 4 items"),
  .init("transact-get: wide", ["wide": 6]),
  // The table's arm doubles, the indexes' do not.
  .init(
    "transact-write: [{update: items}, {check: wide}]",
    ["items": 8, "items/byDay": 1.5, "wide": 20], within: 0.1),
  // Half of them are cancelled: prepared on the tables, not written to the indexes.
  .init(
    "transact-write: [{update: items, condition-fails: 50%}, {check: wide}]",
    ["items": 4.5 + 1, "items/byDay": 0.75, "wide": 15], within: 0.15),
  .init(
    "transact-write: [{put: wide, items: 3}]", ["wide": 60], "9.77 KB → 10 × 1 KB × 2 × 3 items"),
]

private func text(_ operation: String) -> String {
  """
  version: 1
  tables:
    - name: items
      partition-key: id S
      sort-key: at N
      billing-mode: PROVISIONED
      read-capacity: 40000
      write-capacity: 40000
      item-count: 1M
      partition-keys: 100k
      item-size: 3000B
      global-secondary-indexes:
        - name: byStatus
          partition-key: status S
          projection: KEYS_ONLY
          entry-size: 200B
          partition-keys: 1000
          read-capacity: 40000
          write-capacity: 40000
        - name: byDay
          partition-key: day S
          partition-keys: 1000
          share: 50%
          read-capacity: 40000
          write-capacity: 40000
      local-secondary-indexes:
        - {name: byName, sort-key: name S, projection: {INCLUDE: [a]}, entry-size: 1500B}
    - name: wide
      partition-key: id S
      billing-mode: PROVISIONED
      read-capacity: 40000
      write-capacity: 40000
      item-count: 1M
      item-size: 10000B
  traffic:
    - name: app
      arrivals: constant
      rate: 50/s
      operations:
        - {\(operation), name: op}
  run: {duration: 20s, replications: 1}
  """
}

@Suite struct ExplanationTests {
  /// Of sizes evenly from 200 B to 1,800 B 825 in 1,601 fit 1 KB: one in two takes a second unit. A
  /// put over an item pays for the larger of two such sizes: 1 - (825 / 1,601)^2 = 0.7345.
  @Test(arguments: [
    ("{put: orders, name: write, new-items: 100%}", 1.4847),
    ("{put: orders, name: write}", 1.7345),
    ("{update: orders, name: write}", 1.4847),
  ])
  func `sizes that straddle a block are charged by their mean`(
    operation: String, units: Double
  ) throws {
    let scenario = try loaded(
      ordersText()
        .replacing("item-size: 1KB", with: "item-size: {uniform: {from: 200B, to: 1800B}}")
        .replacing("{put: orders, name: write, weight: 1}", with: operation))
    let charge = try #require(Explanation(scenario).operations.last?.charges.first)
    #expect(isClose(charge.unitsPerRequest, units, within: 1e-4), "\(charge.unitsPerRequest)")
  }

  /// Consumed units per request on every table and index that consumed any.
  private func simulatedUnits(_ scenario: Scenario) -> [String: Double] {
    let record = simulated(scenario)
    let requests = Double(record.operations[0].requests)
    var units: [String: Double] = [:]
    for resource in record.resources {
      let sum = resource.read.totalConsumed + resource.write.totalConsumed
      if sum > .zero { units[resource.name] = sum.inUnits / requests }
    }
    return units
  }

  @Test(arguments: operations)
  func `units follow the rounding rules and what is simulated`(_ example: ExplainedOperation)
    throws
  {
    let scenario = try loaded(text(example.operation))
    let explained = Explanation(scenario)
    let found = try #require(explained.operations.first)
    var units: [String: Double] = [:]
    for charge in found.charges { units[charge.resource, default: 0] += charge.unitsPerRequest }
    #expect(Set(units.keys) == Set(example.units.keys), "\(found.charges)")
    for (resource, expected) in example.units {
      #expect(isClose(units[resource] ?? 0, expected), "\(resource): \(found.charges)")
    }
    if let arithmetic = example.arithmetic {
      #expect(found.charges.first?.arithmetic == arithmetic)
    }
    let measured = simulatedUnits(scenario)
    #expect(Set(measured.keys) == Set(units.keys), "\(measured)")
    for (resource, expected) in units {
      let value = measured[resource] ?? 0
      #expect(
        isClose(value, expected, within: max(1e-9, example.tolerance)),
        "\(resource): \(value) simulated, \(expected) explained")
    }
  }

  /// Items of 500 or 1,500 B, 1 or 2 blocks of 1 KB, as many of either: a put over another item is
  /// charged for the larger of two, 1.75. byDay keeps all of an item, byStatus at most 1,200 B.
  @Test(arguments: [
    ExplainedOperation("get: mixed", ["mixed": 0.5], "1,000 B on average → 1 × 4 KB × 0.5"),
    .init(
      "update: mixed", ["mixed": 1.5, "mixed/byDay": 1.5, "mixed/byStatus": 1.5],
      "1,000 B on average → 1.5 × 1 KB"),
    .init(
      "put: mixed", ["mixed": 1.75, "mixed/byDay": 1.75, "mixed/byStatus": 1.75],
      "1,000 B on average, old or new → 1.75 × 1 KB"),
    .init(
      "put: mixed, new-items: 100%", ["mixed": 1.5, "mixed/byDay": 1.5, "mixed/byStatus": 1.5]),
    .init(
      "put: mixed, item-size: 1100B, index-changes: {byDay: key}",
      ["mixed": 2, "mixed/byDay": 3.5, "mixed/byStatus": 2]),
    .init("delete: mixed, condition-fails: 100%", ["mixed": 1.5]),
    .init("batch-get: mixed, items: 8", ["mixed": 4]),
    // Sums of 5,000 to 15,000 B by binomial shares: 2.8828 blocks of 4 KB on average. A normal law
    // has no such steps.
    .init("query: mixed, items: 10", ["mixed": 2.8828 / 2], within: 0.03),
  ])
  func `units are expectations over sizes`(_ example: ExplainedOperation) throws {
    let scenario = try loaded(
      """
      version: 1
      tables:
        - name: mixed
          partition-key: id S
          sort-key: at N
          billing-mode: PAY_PER_REQUEST
          item-count: 1M
          partition-keys: 100k
          item-size: {weighted: [{size: 500B, weight: 1}, {size: 1500B, weight: 1}]}
          global-secondary-indexes:
            - {name: byDay, partition-key: day S, partition-keys: 1000}
            - name: byStatus
              partition-key: status S
              partition-keys: 1000
              projection: {INCLUDE: [a]}
              entry-size: 1200B
      traffic:
        - name: app
          arrivals: constant
          rate: 100/s
          operations: [{\(example.operation), name: op}]
      run: {duration: 20s, replications: 1}
      """)
    let found = try #require(Explanation(scenario).operations.first)
    let measured = simulatedUnits(scenario)
    #expect(Set(found.charges.map(\.resource)) == Set(example.units.keys))
    for charge in found.charges {
      let expected = try #require(example.units[charge.resource])
      let tolerance = max(1e-9, example.tolerance)
      #expect(isClose(charge.unitsPerRequest, expected, within: tolerance), "\(charge)")
      #expect(isClose(measured[charge.resource] ?? 0, expected, within: 0.05), "\(measured)")
    }
    if let text = example.arithmetic { #expect(found.charges.first?.arithmetic == text) }
  }

  // MARK: Load

  private func load(_ rate: String, arrivals: String = "poisson", run: String = "10m") throws
    -> Explanation
  {
    Explanation(
      try loaded(
        ordersText().replacing("rate: 10/s", with: "rate: \(rate)")
          .replacing("arrivals: constant", with: "arrivals: \(arrivals)")
          .replacing("duration: 2m", with: "duration: \(run)")))
  }

  /// A rate, the arrivals, and mean and peak requests/s over ten minutes.
  @Test(arguments: [
    ("100/s", "poisson", 100.0, 100.0),
    ("[{ramp: {from: 0/s, to: 100/s}, for: 10m}]", "poisson", 50, 100),
    // The run sees the first half of the ramp only.
    ("[{ramp: {from: 0/s, to: 100/s}, for: 20m}]", "poisson", 25, 50),
    // Half of the run is idle.
    ("[{hold: 100/s, for: 5m}]", "poisson", 50, 100),
    ("[{hold: 100/s, for: 5m}, {hold: 20/s, for: 5m}]", "poisson", 60, 100),
    ("60/s", "{on-off: {on: 10s, off: 50s}}", 60, 360),
  ])
  func `rates are those of the run`(rate: String, arrivals: String, mean: Double, peak: Double)
    throws
  {
    let explanation = try load(rate, arrivals: arrivals)
    // Two operations of equal weight: a read of half a unit, a write of one.
    let read = explanation.operations[0]
    #expect(isClose(read.meanRate, mean / 2))
    #expect(isClose(read.peakRate, peak / 2))
    let rows = explanation.resources
    #expect(rows.map(\.axis) == [.read, .write])
    #expect(isClose(rows[0].meanUnits, mean / 4))
    #expect(isClose(rows[1].peakUnits, peak / 2))
    #expect(rows.map(\.limit) == [100, 50])
    #expect(rows.map(\.partitionCeiling) == [3_000, 1_000])
    #expect(rows.allSatisfy { !$0.isOnDemand })
  }

  @Test func `closed loops are bounded by users over think time`() throws {
    let scenario = try loaded(
      ordersText().replacing("arrivals: constant", with: "users: 30")
        .replacing("rate: 10/s", with: "think-time: 2s"))
    let explanation = Explanation(scenario)
    #expect(explanation.operations.map(\.peakRate) == [7.5, 7.5])
    #expect(explanation.operations.map(\.meanRate) == [7.5, 7.5])
  }

  @Test func `the hottest key's share is the distribution's`() throws {
    // Zipf with exponent 1 over 4 keys: 1 / (1 + 1/2 + 1/3 + 1/4) = 0.48.
    let scenario = try loaded(
      ordersText().replacing("item-count: 1000", with: "item-count: 4")
        .replacing("name: read,", with: "name: read, keys: {zipf: 1},")
        .replacing("name: write,", with: "name: write, keys: {zipf: 1}, new-items: 100%,"))
    let rows = Explanation(scenario).resources
    #expect(isClose(rows[0].hottestShare, 0.48))
    #expect(isClose(rows[0].hottestPeakUnits, 0.48 * 2.5))
    // Items that are created have keys of their own.
    #expect(rows[1].hottestShare == 0)
  }

  @Test func `on-demand limits are a new table's, its warm throughput or its maximum`() throws {
    func limits(_ rows: [String]) throws -> [Double] {
      let scenario = try loaded(ordersText(table: rows, mode: "PAY_PER_REQUEST", capacity: ""))
      #expect(Explanation(scenario).resources.allSatisfy { $0.isOnDemand })
      return Explanation(scenario).resources.map(\.limit)
    }
    #expect(try limits([]) == [12_000, 4_000])
    #expect(try limits(["warm-throughput: {read: 20000, write: 9000}"]) == [20_000, 9_000])
    #expect(try limits(["maximum-throughput: {read: 500}"]) == [500, 4_000])
  }

  // MARK: Money

  @Test func `the month is priced at the mean load`() throws {
    // 100 RCU and 50 WCU for 730 h: 9.49 + 23.73; 1,000 items store less than a cent.
    let provisioned = try loaded(ordersText())
    #expect(
      Explanation(provisioned).bill(for: provisioned).total.roundedToCents
        == Money(decimal: "33.22"))
    // 2.5 reads/s and 5 writes/s: 6.57 M x 0.125 + 13.14 M x 0.625.
    let onDemand = try loaded(ordersText(mode: "PAY_PER_REQUEST", capacity: ""))
    #expect(
      Explanation(onDemand).bill(for: onDemand).total.roundedToCents == Money(decimal: "9.03"))
  }

  @Test func `replicas are priced with their writes`() throws {
    let scenario = try loaded(
      ordersText(table: ["replicas: [us-west-2]"], mode: "PAY_PER_REQUEST", capacity: ""))
    let bill = Explanation(scenario).bill(for: scenario)
    let writes = bill.lines.filter { $0.usageType.hasSuffix("ReplWriteRequestUnits") }
    // 13.14 M x 0.625 in each region.
    #expect(
      writes.map { $0.amount?.roundedToCents }
        == Array(
          repeating: Money(decimal: "8.21"), count: 2))
    #expect(bill.lines.contains { $0.usageType.contains("AWS-Out-Bytes") })
  }
}
