// The sketch against exact counts.

import Statistics
import Testing

/// The report names hot keys from this sketch; a key above the guaranteed share must be in it.
@Suite struct TopKPropertyTests {
  static let seeds = (0..<6).map(UInt64.init)

  @Test(arguments: seeds) func boundsHold(seed: UInt64) {
    var numbers = SeededNumbers(state: seed)
    let capacity = [6, 48, 192][Int(seed % 3)]
    var sketch = TopK(capacity: capacity)
    var exact: [UInt64: Int64] = [:]
    var total: Int64 = 0
    for _ in 0..<20_000 {
      // Skewed: the k-th power of two of keys gets as much as the rest.
      let bits = UInt64.random(in: 0...14, using: &numbers)
      let key = UInt64.random(in: 0...((1 << bits) - 1), using: &numbers) &* 1_000_003
      let weight = Int64.random(in: 1...20, using: &numbers)
      sketch.add(key, weight: weight)
      exact[key, default: 0] += weight
      total += weight
    }
    #expect(sketch.total == total)
    let found = sketch.heaviest(capacity)
    #expect(!found.isEmpty)
    for entry in found {
      let truth = exact[entry.key] ?? 0
      #expect(entry.weight >= truth && entry.weight - entry.error <= truth, "seed \(seed)")
      #expect(entry.error * Int64(capacity / 2) <= total, "seed \(seed)")
    }
    let names = Set(found.map(\.key))
    for (key, weight) in exact where weight * Int64(capacity / 2) > total {
      #expect(names.contains(key), "seed \(seed), key \(key)")
    }
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.weight >= $1.weight })
  }

  @Test(arguments: seeds) func manyAtOnceAreOneByOne(seed: UInt64) {
    var numbers = SeededNumbers(state: seed)
    let capacity = [6, 48, 768][Int(seed % 3)]
    let heaviest: Int64 = seed < 3 ? 4 : 4_000
    var (one, many) = (TopK(capacity: capacity), TopK(capacity: capacity))
    for _ in 0..<200 {
      let count = Int.random(in: 0...150, using: &numbers)
      let keys = (0..<count).map { _ in
        UInt64.random(in: 0...1_000, using: &numbers)
          * UInt64.random(in: 0...1_000, using: &numbers)
      }
      let weights = keys.map { _ in Int64.random(in: 1...heaviest, using: &numbers) }
      for (key, weight) in zip(keys, weights) { one.add(key, weight: weight) }
      many.add(keys, weights, count: count)
    }
    #expect(one.total == many.total)
    #expect(one.heaviest(capacity) == many.heaviest(capacity), "seed \(seed)")
  }

  @Test func isExactWhileItHasRoom() {
    var sketch = TopK(capacity: 48)
    for key in 0..<48 as Range<UInt64> { sketch.add(key, weight: Int64(100 - key)) }
    sketch.add(7, weight: 500)
    sketch.add(3, weight: 0)
    sketch.add(3, weight: -4)
    let three = sketch.heaviest(3)
    #expect(three.map(\.key) == [7, 0, 1])
    #expect(three.map(\.weight) == [593, 100, 99] && three.allSatisfy { $0.error == 0 })
    #expect(sketch.entry(for: 3).weight == 97)
    #expect(sketch.entry(for: 99).weight == 0)
    #expect(sketch.heaviest(0).isEmpty && TopK().heaviest(5).isEmpty)
  }

  @Test func mergingKeepsTheBounds() {
    var numbers = SeededNumbers(state: 77)
    var parts = [TopK(capacity: 48), TopK(capacity: 48)]
    var exact: [UInt64: Int64] = [:]
    for step in 0..<8_000 {
      let key =
        UInt64.random(in: 0...9, using: &numbers) * UInt64.random(in: 0...99, using: &numbers)
      parts[step % 2].add(key, weight: 3)
      exact[key, default: 0] += 3
    }
    parts[0].merge(parts[1])
    #expect(parts[0].total == 24_000)
    for entry in parts[0].heaviest(48) {
      let truth = exact[entry.key] ?? 0
      #expect(entry.weight >= truth && entry.weight - entry.error <= truth)
    }
    #expect(parts[0].heaviest(1)[0].key == 0)
  }
}
