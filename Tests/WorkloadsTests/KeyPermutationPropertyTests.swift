// The shuffle of the key space is a bijection and can be undone.

import Randomness
import Testing
import Workloads

/// Two ranks on one key would double its heat; a report that inverts the shuffle would name a
/// wrong rank.
@Suite struct KeyPermutationPropertyTests {
  @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 100, 1_000, 4_096, 4_097])
  func isABijection(count: UInt64) {
    for seed in 0..<3 as Range<UInt64> {
      let permutation = KeyPermutation(count: count, key: StreamKey(seed: seed))
      var hit = [Bool](repeating: false, count: Int(count))
      for element in 0..<count {
        let place = permutation.forward(element)
        #expect(!hit[Int(place)], "seed \(seed)")
        hit[Int(place)] = true
        #expect(permutation.backward(place) == element, "seed \(seed)")
      }
      #expect(hit.allSatisfy { $0 }, "seed \(seed)")
    }
  }

  @Test func undoesItselfInLargeSpaces() {
    var generator = Generator(seed: 99, stream: 0, index: 0)
    for _ in 0..<500 {
      let count = 1 + generator.below(1 << 40)
      let element = generator.below(count)
      let permutation = KeyPermutation(count: count, key: StreamKey(seed: generator.next()))
      let place = permutation.forward(element)
      #expect(place < count && permutation.backward(place) == element, "n = \(count)")
    }
  }

  /// Where rank 0 goes over many keys of the shuffle, and where neighbours go under one.
  @Test func scattersEvenly() {
    let count: UInt64 = 1_000
    var places = [Int](repeating: 0, count: 50)
    for seed in 0..<5_000 as Range<UInt64> {
      let permutation = KeyPermutation(count: count, key: StreamKey(seed: seed))
      places[Int(permutation.forward(0) / 20)] += 1
    }
    let even = [Double](repeating: 1 / 50, count: 50)
    #expect(chiSquareDistance(places, even) < 5)
    let permutation = KeyPermutation(count: 1_000_000, key: StreamKey(seed: 1))
    var regions = [Int](repeating: 0, count: 50)
    for rank in 0..<5_000 as Range<UInt64> {
      regions[Int(permutation.forward(rank) / 20_000)] += 1
    }
    #expect(chiSquareDistance(regions, even) < 5)
  }
}
