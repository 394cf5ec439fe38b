// Random values against a sorted array.

import Testing

@testable import Statistics

/// Numbers for tests that need no stream of their own: the standard library's generator protocol
/// over a fixed seed.
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Growing, merging and walking the counts in any order must give what sorting gives.
@Suite struct HistogramPropertyTests {
  static let seeds = (0..<10).map(UInt64.init)

  private func values(_ numbers: inout SeededNumbers) -> [Int64] {
    let top = Int64(1) << Int64.random(in: 1...41, using: &numbers)
    return (0..<Int.random(in: 1...2_000, using: &numbers)).map { _ in
      Int64.random(in: 0...top, using: &numbers) >> Int64.random(in: 0...20, using: &numbers)
    }
  }

  @Test(arguments: seeds) func manyAtOnceAreOneByOne(seed: UInt64) {
    var numbers = SeededNumbers(state: seed)
    var (one, many) = (Histogram(), Histogram())
    for _ in 0..<4 {
      let values = values(&numbers) + (seed < 5 ? [] : [-3, .max])
      for value in values { one.record(value) }
      values.withUnsafeBufferPointer { many.record($0) }
      many.record(UnsafeBufferPointer(start: nil, count: 0))
    }
    #expect(one == many, "seed \(seed)")
  }

  @Test(arguments: seeds) func whatCameSinceAFormerStateIsAlone(seed: UInt64) {
    var numbers = SeededNumbers(state: seed)
    var (all, former) = (Histogram(), Histogram())
    for round in 0..<4 {
      former.become(all)
      #expect(former == all, "seed \(seed)")
      let values = round == 2 ? [] : values(&numbers)
      var alone = Histogram()
      for value in values {
        all.record(value)
        alone.record(value)
      }
      let recent = all.since(former)
      #expect(recent.count == alone.count && recent.total == alone.total, "seed \(seed)")
      #expect(recent.buckets.map(\.low) == alone.buckets.map(\.low), "seed \(seed)")
      #expect(recent.buckets.map(\.count) == alone.buckets.map(\.count), "seed \(seed)")
      #expect(Histogram.areEquivalent(recent.max, alone.max), "seed \(seed)")
      #expect(Histogram.areEquivalent(recent.min, alone.min), "seed \(seed)")
      #expect(recent.encodedPayload == alone.encodedPayload, "seed \(seed)")
    }
  }

  @Test(arguments: seeds) func percentilesMatchTheSortedValues(seed: UInt64) {
    var numbers = SeededNumbers(state: seed)
    let values = values(&numbers)
    var histogram = Histogram()
    for value in values { histogram.record(value) }
    let sorted = values.sorted()
    for tenth in 1...1_000 {
      // Whole arithmetic: rank = ceil(tenth x count / 1,000).
      let rank = (tenth * sorted.count + 999) / 1_000
      let seen = histogram.value(atPercentile: Double(tenth) / 10)
      let exact = sorted[rank - 1]
      #expect(Histogram.areEquivalent(seen, exact), "seed \(seed) p\(tenth)/10")
      #expect(seen >= exact && seen <= sorted[sorted.count - 1], "seed \(seed)")
    }
    #expect(histogram.min == sorted[0] && histogram.max == sorted[sorted.count - 1])
    #expect(histogram.total == Double(values.reduce(0, +)))
    #expect(histogram.buckets.reduce(0) { $0 + $1.count } == Int64(values.count))
    for bucket in histogram.buckets {
      let inside = values.filter { $0 >= bucket.low && $0 <= bucket.high }
      #expect(Int64(inside.count) == bucket.count, "seed \(seed)")
      #expect(bucket.low < 2_048 || Double(bucket.high - bucket.low) < 0.001 * Double(bucket.low))
    }
  }

  @Test(arguments: seeds) func mergingIsRecordingAll(seed: UInt64) {
    var numbers = SeededNumbers(state: seed)
    let first = values(&numbers)
    let second = values(&numbers)
    var all = Histogram()
    for value in second + first { all.record(value) }
    var one = Histogram()
    for value in first { one.record(value) }
    var two = Histogram()
    for value in second { two.record(value) }
    var backwards = two
    one.merge(two)
    #expect(one == all, "seed \(seed)")
    var again = Histogram()
    for value in first { again.record(value) }
    backwards.merge(again)
    #expect(backwards == all, "seed \(seed)")
  }

  /// Parts that grow by themselves, merged again and again: how much room a sum has depends on the
  /// order in which they grew.
  @Test(arguments: seeds) func whatWasRecordedBetweenTwoMergesIsTheirDifference(seed: UInt64) {
    var numbers = SeededNumbers(state: seed)
    var parts = [Histogram(), Histogram(), Histogram()]
    var former = Histogram()
    for _ in 0..<20 {
      var recorded = Histogram()
      for _ in 0..<30 {
        let top = Int64(1) << Int64.random(in: 1...41, using: &numbers)
        let value = Int64.random(in: 0...top, using: &numbers)
        parts[Int.random(in: 0...2, using: &numbers)].record(value)
        recorded.record(value)
      }
      let sum = parts[1...].reduce(into: parts[0]) { $0.merge($1) }
      let recent = sum.since(former)
      #expect(recent.count == recorded.count, "seed \(seed)")
      #expect(recent.encodedPayload == recorded.encodedPayload, "seed \(seed)")
      former = sum
    }
  }
}
