// Why: a property test is only as good as its seeds: same seed, same case; different, different.
import Testing

@testable import TestSupport

@Suite struct SeedTests {
  /// First outputs of SplitMix64 from state 1234567, as its authors' C code prints them.
  @Test func generatorIsSplitMix64() {
    var generator = Seed(1_234_567).generator
    #expect(
      (0..<5).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test func seedsAreCountedOrChosen() {
    #expect(Seed.chosen(3, asked: nil) == [Seed(1), Seed(2), Seed(3)])
    #expect(Seed.chosen(3, asked: "17") == [Seed(17)])
    #expect(Seed.chosen(2, asked: "none") == [Seed(1), Seed(2)])
    #expect(Seed(17).testDescription == "seed 17")
  }

  @Test(arguments: Seed.some(20)) func drawsStayInRange(_ seed: Seed) {
    var generator = seed.generator
    for _ in 0..<200 {
      #expect((-3...4).contains(generator.integer(in: -3...4)))
      #expect((0...1_000).contains(generator.magnitude(upTo: 1_000)))
      #expect((0...Int64.max).contains(generator.magnitude(upTo: .max)))
      #expect((0.5...0.75).contains(generator.number(in: 0.5...0.75)))
      #expect(["a", "b"].contains(generator.pick(["a", "b"])))
    }
  }

  @Test func magnitudesReachSmallAndLarge() {
    var generator = Seed(1).generator
    let drawn = (0..<2_000).map { _ in generator.magnitude(upTo: 1_000_000_000) }
    #expect(drawn.contains { $0 < 10 })
    #expect(drawn.contains { $0 > 100_000_000 })
  }
}
