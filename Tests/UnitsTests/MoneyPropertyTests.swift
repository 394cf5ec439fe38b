// Why: parsing, scaling and writing amounts must agree for any amount, not only for listed ones.
import TestSupport
import Testing
import Units

@Suite struct MoneyPropertyTests {
  /// Writes an amount digit by digit, independently of `description`.
  private func decimal(_ attodollars: Int128) -> String {
    let digits = String(attodollars.magnitude)
    let padded = String(repeating: "0", count: max(0, 19 - digits.count)) + digits
    return (attodollars < 0 ? "-" : "") + padded.dropLast(18) + "." + padded.suffix(18)
  }

  @Test(arguments: Seed.some(200)) func parsingReadsWhatWasWritten(_ seed: Seed) {
    var generator = seed.generator
    let sign: Int128 = generator.pick([1, -1])
    let amount =
      sign * Int128(generator.magnitude(upTo: .max)) * Int128(generator.magnitude(upTo: 1 << 50))
    #expect(Money(decimal: decimal(amount))?.attodollars == amount)
    #expect(Money(decimal: "\(amount)e-18")?.attodollars == amount)
  }

  @Test(arguments: Seed.some(200)) func scalingIsTheWholeQuotient(_ seed: Seed) {
    var generator = seed.generator
    let amount = Int128(generator.magnitude(upTo: 1 << 60)) * generator.pick([1, -1])
    let top = Int128(generator.magnitude(upTo: 1 << 60))
    let bottom = Int128(generator.magnitude(upTo: 1 << 60)) + 1
    let scaled = Money(attodollars: amount).scaled(by: top, over: bottom)
    #expect(scaled.attodollars == amount * top / bottom, "\(amount) × \(top) / \(bottom)")
  }

  @Test(arguments: Seed.some(200)) func roundingIsNearestCent(_ seed: Seed) {
    var generator = seed.generator
    let amount = Int128(generator.magnitude(upTo: .max)) * generator.pick([1, -1])
    let cent = Money.dollar / 100
    let rounded = Money(attodollars: amount).roundedToCents.attodollars
    #expect(rounded % cent == 0)
    #expect((rounded - amount).magnitude * 2 <= cent.magnitude, "\(amount)")
  }
}
