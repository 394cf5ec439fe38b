// The generator against published outputs, and its promises at the edges.

import Randomness
import Testing

/// A wrong rotation would still look random; only the authors' own outputs tell.
@Suite struct GeneratorTests {
  /// State (1, 2): the outputs of the reference xoroshiro128plusplus.c.
  @Test func matchesTheReferenceImplementation() {
    var generator = Generator(first: 1, second: 2)
    let expected: [UInt64] = [
      393_217, 669_327_710_093_319, 1_732_421_326_133_921_491, 11_394_790_081_659_126_983,
      9_555_452_776_773_192_676, 3_586_421_180_005_889_563, 1_691_397_964_866_707_553,
      10_735_626_796_753_111_697, 15_216_282_715_349_408_991, 14_247_243_556_711_267_923,
    ]
    let drawn = expected.map { _ in generator.next() }
    #expect(drawn == expected)
  }

  /// SplitMix64 seeded with 1,234,567: its published first outputs.
  @Test func mixIsTheFinaliserOfSplitMix() {
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    var state: UInt64 = 1_234_567
    for value in expected {
      state &+= 0x9E37_79B9_7F4A_7C15
      #expect(mix(state) == value)
    }
  }

  /// Streams are compared between processes and machines, so their first bits are pinned.
  @Test func isAFunctionOfSeedStreamAndIndex() {
    // From a second implementation of the derivation, in another language.
    let expected: [UInt64] = [
      2_515_387_413_144_144_595, 11_044_043_614_227_873_844,
      2_116_113_356_242_367_557,
    ]
    var one = Generator(seed: 42, stream: 3, index: 1_000_000)
    var two = StreamKey(seed: 42).child(3).generator(at: 1_000_000)
    #expect(one == two)
    let drawn = expected.map { _ in one.next() }
    #expect(drawn == expected)
    let first = two.next()
    #expect(first == expected[0])
    let others = [
      Generator(seed: 43, stream: 3, index: 1_000_000),
      Generator(seed: 42, stream: 4, index: 1_000_000),
      Generator(seed: 42, stream: 3, index: 1_000_001),
    ]
    for other in others {
      var other = other
      let value = other.next()
      #expect(value != first)
    }
  }

  @Test func pathsOfLabelsDoNotCommute() {
    let root = StreamKey(seed: 7)
    #expect(root.child(1).child(2) != root.child(2).child(1))
    #expect(root.child("keys").child("sizes") != root.child("sizes").child("keys"))
    #expect(root.child("keys") == root.child("ke" + "ys"))
    #expect(root.child(0) != root)
  }

  @Test func boundsAreKept() {
    var generator = Generator(seed: 1, stream: 1, index: 1)
    for _ in 0..<1_000 {
      let bounded = [generator.below(1), generator.below(3), generator.below(.max)]
      #expect(bounded[0] == 0 && bounded[1] < 3 && bounded[2] < .max)
      let unit = generator.nextUnit()
      #expect(unit >= 0 && unit < 1)
      let open = generator.nextOpenUnit()
      #expect(open > 0 && open <= 1)
      let never = generator.chance(0)
      let always = generator.chance(1)
      #expect(!never && always)
    }
  }
}
