// Why: a bill is right to the cent only if no step before the last one rounds.
import Testing
import Units

@Suite struct MoneyTests {
  @Test(
    arguments: [
      ("0", 0), ("1", 1_000_000_000_000_000_000), ("0.01", 10_000_000_000_000_000),
      ("1.25e-7", 125_000_000_000), ("0.00000125", 1_250_000_000_000), ("1.2E-7", 120_000_000_000),
      ("-0.5", -500_000_000_000_000_000), ("+2", 2_000_000_000_000_000_000),
      (".5", 500_000_000_000_000_000),
      ("5.", 5_000_000_000_000_000_000), ("1e2", 100_000_000_000_000_000_000), ("0e39", 0),
      ("0.000000000000000001", 1), ("1e-18", 1), ("10e-19", 1),
      ("0.1000000000000000000000", 100_000_000_000_000_000),
      ("-0", 0), ("00012", 12_000_000_000_000_000_000),
      ("100000000000000000000", 100_000_000_000_000_000_000_000_000_000_000_000_000),
    ] as [(String, Int128)])
  func decimals(_ text: String, _ attodollars: Int128) {
    #expect(Money(decimal: text)?.attodollars == attodollars)
  }

  @Test(arguments: [
    "", " ", "-", "+", ".", "-.", "e5", "1e", "1e+", "1.2.3", "1,000", "$1", "0x10", "1 ", " 1",
    "--1",
    "nan", "inf", "1e-19", "0.0000000000000000001", "1e40", "1e-40", "1e30",
    "1e99999999999999999999",
    "1e-9223372036854775808", "1e9223372036854775807", "1e1e1", "١",
    "170141183460469231732", "99999999999999999999999999999999999999999999",
  ]) func refused(_ text: String) {
    #expect(Money(decimal: text) == nil)
  }

  @Test func aSubstringIsRead() {
    #expect(Money(decimal: "price,0.25,usd".split(separator: ",")[1]) == .cents(25))
  }

  @Test(arguments: [
    ("0.004", "0"), ("0.005", "0.01"), ("-0.005", "-0.01"), ("-0.004999", "0"),
    ("1.994999", "1.99"),
    ("1.995", "2"), ("12.34", "12.34"), ("0", "0"),
  ]) func rounding(_ text: String, _ expected: String) throws {
    #expect(try #require(Money(decimal: text)).roundedToCents == Money(decimal: expected))
  }

  @Test(
    arguments: [
      ("1", 1, 3, 333_333_333_333_333_333), ("-1", 1, 3, -333_333_333_333_333_333),
      ("2", 2, 3, 1_333_333_333_333_333_333), ("0.65", 730, 1, 474_500_000_000_000_000_000),
      ("1e-18", 1, 2, 0), ("-1e-18", 1, 2, 0), ("3e-18", -1, 2, -1), ("5", 0, 7, 0),
      ("1000000", 999_999_999_999, 1_000_000_000_000, 999_999_999_999_000_000_000_000),
    ] as [(String, Int128, Int128, Int128)])
  func scaling(_ text: String, _ top: Int128, _ bottom: Int128, _ attodollars: Int128) throws {
    let amount = try #require(Money(decimal: text))
    #expect(amount.scaled(by: top, over: bottom).attodollars == attodollars)
  }

  @Test func scalingNeedsAPositiveDenominator() async {
    await #expect(processExitsWith: .failure) { _ = Money.cents(1).scaled(by: 1, over: 0) }
    await #expect(processExitsWith: .failure) { _ = Money.cents(1).scaled(by: 1, over: -2) }
  }

  @Test func overflowStopsInsteadOfWrapping() async {
    await #expect(processExitsWith: .failure) { _ = Money(attodollars: .max) + .cents(1) }
    await #expect(processExitsWith: .failure) { _ = Money(attodollars: .max) * 2 }
  }

  /// A billion writes of one unit at $0.625 a million, priced one by one and at once.
  @Test func sumsAreExact() throws {
    let unit = try #require(Money(decimal: "0.000000625"))
    var sum = Money.zero
    for _ in 0..<1_000 { sum += unit }
    #expect(sum == unit * 1_000)
    #expect(unit * 1_000_000_000 == .dollars(625))
    #expect(sum - sum == .zero)
    #expect(Money.cents(1) < .cents(2))
    #expect(Money.cents(150).inDollars == 1.5)
  }
}
