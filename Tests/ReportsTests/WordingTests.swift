// The numbers people act on.
//
// Unit, decimals and uncertainty must belong together, money must be exact, and what was not
// measured must not look like a zero.

import Results
import Statistics
import Testing
import Units

@testable import Reports

@Suite struct WordingTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var value: Double
    var half: Double?
    var unit: ValueUnit
    var text: String
    var testDescription: String { text }
  }

  @Test(arguments: [
    Case(value: 0.012_345, half: 0.000_4, unit: .seconds, text: "12.3 ± 0.4 ms"),
    Case(value: 0.000_83, half: nil, unit: .seconds, text: "830 µs"),
    Case(value: 1.5583, half: 0.0412, unit: .seconds, text: "1.56 ± 0.04 s"),
    Case(value: 0.0247, half: 0.0011, unit: .share, text: "2.47 ± 0.11 %"),
    Case(value: 1, half: 0, unit: .share, text: "100 %"),
    Case(value: 0.000_004_2, half: nil, unit: .share, text: "0.000420 %"),
    Case(value: 182_334, half: 10_940, unit: .count, text: "182,334 ± 10,940"),
    Case(value: 310, half: 0.037, unit: .count, text: "310 ± 0.04"),
    Case(value: 1_493.119, half: 9.4, unit: .dollars, text: "$1,493.12 ± $9.40"),
    Case(value: 12.5, half: nil, unit: .perSecond, text: "12.5 /s"),
    Case(value: .nan, half: 1, unit: .count, text: "-"),
  ])
  func estimates(_ test: Case) {
    let estimate = Estimate(value: test.value, halfWidth: test.half, samples: 3)
    #expect(Wording.estimate(estimate, test.unit) == test.text)
  }

  @Test func nothingMeasured() {
    let none = Estimate(value: 0, halfWidth: nil, samples: 0)
    #expect(Wording.estimate(none, .seconds) == "-")
    #expect(Wording.cell(none, .count).text == "-")
  }

  @Test func cellsKeepUnitAndHalfWidthApart() {
    let cell = Wording.cell(Estimate(value: 0.0123, halfWidth: 0.0004, samples: 3), .seconds)
    #expect(cell.text == "12.3 ms" && cell.detail == "± 0.4")
    let money = Wording.cell(Estimate(value: 12, halfWidth: 3, samples: 3), .dollars)
    #expect(money.text == "$12.00" && money.detail == "± $3.00")
  }

  @Test(arguments: ["0.000000125", "-12.5", "0", "1234567.89", "0.000000000000000001"])
  func moneyIsExact(text: String) throws {
    let money = try #require(Money(decimal: text))
    #expect(Wording.decimal(money) == text)
  }

  @Test func slugs() {
    #expect(slug("orders/byStatus @ eu-west-1") == "orders-bystatus-eu-west-1")
    #expect(slug("***") == "section")
  }
}
