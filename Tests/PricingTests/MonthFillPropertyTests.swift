// A month is its run repeated: sums by hours, by minutes and by walking the month must agree.

import Capacity
import Testing
import Units

@testable import Pricing

@Suite struct MonthFillPropertyTests {
  /// The month written out minute by minute, which the real code never does.
  private func month(_ series: [Int64], hours: Int) -> [Int64] {
    var out: [Int64] = []
    while out.count < hours * 60 { out += series }
    return Array(out.prefix(hours * 60))
  }

  @Test(arguments: 0..<40)
  func `hours, minutes and the month written out agree`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let hours = Int.random(in: 1...50, using: &generator)
    let length = Int.random(in: 1...4_000, using: &generator)
    let series = (0..<length).map { _ in Int64.random(in: 0...1_000_000, using: &generator) }
    let fill = MonthFill(monthHours: hours)
    let written = month(series, hours: hours)
    let sum = written.reduce(Int128(0)) { $0 + Int128($1) }
    #expect(fill.total(series) == sum, "seed \(seed)")
    #expect(fill.hourlyTotals(series).reduce(Int128(0)) { $0 + Int128($1) } == sum, "seed \(seed)")
    let blocks = (0..<hours).map { written[($0 * 60)..<($0 * 60 + 60)] }
    #expect(fill.hourlyTotals(series) == blocks.map { $0.reduce(0, +) }, "seed \(seed)")
    let highest = blocks.map { $0.max()! * 60 }
    #expect(fill.billedUnitMinutes(series, rule: .max) == highest, "seed \(seed)")
    let sampled = fill.billedUnitMinutes(series, rule: .sample(seed: UInt64(seed)))
    for (hour, value) in sampled.enumerated() {
      #expect(value % 60 == 0 && blocks[hour].contains(value / 60), "seed \(seed) hour \(hour)")
    }
  }

  @Test(arguments: 0..<20)
  func `the hours of the throughput add up to the lines of the bill`(seed: Int) throws {
    var generator = SplitMix64(seed: UInt64(seed))
    let length = Int.random(in: 1...600, using: &generator)
    func series(_ most: Int64) -> [Int64] {
      (0..<length).map { _ in Int64.random(in: 1...most, using: &generator) }
    }
    var resources: [ResourceUsage] = []
    for index in 0..<4 {
      var resource = ResourceUsage(
        name: "t\(index)", region: "us-east-1", isOnDemand: Bool.random(using: &generator))
      resource.isReplicated = Bool.random(using: &generator)
      resource.tableClass = .random(using: &generator)
      resource.read = AxisUsage(consumedHalves: series(90_000), provisionedUnits: series(900))
      resource.write = AxisUsage(consumedHalves: series(90_000), provisionedUnits: series(900))
      resources.append(resource)
    }
    let usage = BilledUsage(runMinutes: length, resources: resources)
    let rules = BillingRules(
      hourRule: .mean, reserved: ReservedCapacity(readUnits: 300, writeUnits: 500, term: .oneYear))
    let builder = BillBuilder(rules: rules)
    let bill = builder.bill(for: usage, title: "")
    let hours = builder.throughputByHour(of: usage)
    for line in bill.lines where line.resource != "reserved capacity" {
      let series = try #require(
        hours.first { $0.resource == line.resource && $0.usageType == line.usageType })
      #expect(series.quantities.count == 730)
      let quantity = series.quantities.reduce(Quantity.zero, +)
      #expect(quantity == line.charged, "seed \(seed) \(line.usageType)")
      let amount = try #require(series.amounts).reduce(Money.zero, +)
      let distance = (amount - (try #require(line.amount))).attodollars.magnitude
      // Each hour may lose less than one attodollar.
      #expect(distance <= 730, "seed \(seed) \(line.usageType)")
    }
  }

  @Test func `run totals are scaled by the length of the month`() {
    let fill = MonthFill(monthHours: 720)
    #expect(fill.scaled(3_600, runMinutes: 60) == Quantity(2_592_000))
    #expect(fill.scaled(1, runMinutes: 7) == Quantity(Int128(43_200), over: 7))
  }

  @Test(
    arguments: [
      (180, [1, 2, 3], [1, 2, 3]), (150, [1, 2, 3], [1, 2]), (30, [100], [200]), (0, [5], []),
      (600, [1, 2], [1, 2]),
    ] as [(Int, [Int64], [Int64])])
  func `a partial last minute is left out unless it is all there is`(
    seconds: Int, series: [Int64], whole: [Int64]
  ) {
    #expect(MonthFill.wholeMinutes(series, runSeconds: seconds) == whole)
  }
}

extension TableClass {
  static func random(using generator: inout SplitMix64) -> TableClass {
    Bool.random(using: &generator) ? .standard : .standardInfrequentAccess
  }
}

/// Exact fractions against cross-multiplied integers.
@Suite struct QuantityPropertyTests {
  @Test(arguments: 0..<30)
  func `sums, products and order follow the definition`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    func draw(_ low: Int128) -> Int128 {
      low + Int128(Int64.random(in: 0...1_000_000, using: &generator))
    }
    let (a, b, c, d) = (draw(0), draw(1), draw(0), draw(1))
    let (x, y) = (Quantity(a, over: b), Quantity(c, over: d))
    #expect((x + y).numerator * (b * d) == (a * d + c * b) * (x + y).denominator, "seed \(seed)")
    #expect((x * y).numerator * (b * d) == a * c * (x * y).denominator, "seed \(seed)")
    #expect((x - y) + y == x, "seed \(seed)")
    #expect((x < y) == (a * d < c * b), "seed \(seed)")
    #expect(x.roundedUp == (a + b - 1) / b, "seed \(seed)")
  }

  @Test(arguments: [
    (Quantity(146_000), "146,000"), (Quantity(Int128(5), over: 2), "2.5"),
    (Quantity(Int128(1), over: 3_000), "0.000333"), (Quantity(Int128(10), over: 3), "3.333"),
    (Quantity(Int128(1_000_001), over: 3), "333,334"),
  ])
  func `quantities are written for people`(quantity: Quantity, text: String) {
    #expect("\(quantity)" == text)
  }
}
