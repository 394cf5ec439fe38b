// Seeds for property tests.
//
// A property test takes its seeds as test arguments: `@Test(arguments: Seed.some(50))`. The runner
// then names the seed of every failing case, and PLIMSOLL_SEED=17 replays that case alone. The
// generator is SplitMix64, which shares nothing with the generators of the product, so that a
// fault there cannot hide itself.
import Foundation
public import Testing

/// The seed of one random case.
public struct Seed: Hashable, Sendable, CustomTestStringConvertible {
  public var value: UInt64

  public init(_ value: UInt64) { self.value = value }

  /// Seeds 1 to `count`, or only the one that the environment's PLIMSOLL_SEED asks for.
  public static func some(_ count: Int) -> [Seed] {
    chosen(count, asked: ProcessInfo.processInfo.environment["PLIMSOLL_SEED"])
  }

  static func chosen(_ count: Int, asked: String?) -> [Seed] {
    if let asked, let value = UInt64(asked) { return [Seed(value)] }
    return (1...UInt64(count)).map(Seed.init)
  }

  /// A generator that depends on nothing but this seed.
  public var generator: TestGenerator { TestGenerator(state: value) }

  public var testDescription: String { "seed \(value)" }
}

/// SplitMix64 (Steele, Lea, Flood 2014), for tests only.
public struct TestGenerator: RandomNumberGenerator, Sendable {
  var state: UInt64

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// An integer of `range`, uniformly.
  public mutating func integer(in range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &self)
  }

  /// An integer of `range` whose number of digits is uniform: small and huge values both occur.
  public mutating func magnitude(upTo limit: Int64) -> Int64 {
    precondition(limit > 0, "a magnitude needs a positive limit")
    let bits = Int.random(in: 0...(63 - limit.leadingZeroBitCount), using: &self)
    return min(limit, Int64.random(in: 0...(1 << Int64(bits)), using: &self))
  }

  /// A number of `range`, uniformly.
  public mutating func number(in range: ClosedRange<Double>) -> Double {
    Double.random(in: range, using: &self)
  }

  /// One of `values`, which must not be empty.
  public mutating func pick<T>(_ values: [T]) -> T {
    values[Int.random(in: 0..<values.count, using: &self)]
  }
}
