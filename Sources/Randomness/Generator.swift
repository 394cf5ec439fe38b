// The random number generator of every simulated or generated request.
//
// xoroshiro128++ (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS
// 47(4), 2021): 128 bits of state, about a nanosecond per draw, passes the usual batteries. Its
// state is computed from (seed, stream, index) by two independent 64-bit finalisers, so that making
// a generator costs a few nanoseconds and request k of a stream has the same draws whoever makes
// it and in whatever order: simulator, load generator and any number of workers agree.
//
// The draws and the making of a generator are `@inlinable`: left to itself the compiler calls them
// across modules, which costs more than the draw.
//
// Everything here uses integers and the IEEE basic operations only: same bits on every machine.
// Not for cryptography.

/// A small, fast, reproducible random number generator that is cheap to create.
public struct Generator: Hashable, Sendable {
  @usableFromInline var first: UInt64
  @usableFromInline var second: UInt64

  /// A generator with exactly this state, for published test vectors.
  /// - Precondition: not both words are zero.
  public init(first: UInt64, second: UInt64) {
    precondition(first | second != 0, "xoroshiro needs a state that is not all zero")
    self.first = first
    self.second = second
  }

  /// The generator of element `index` of a stream: a pure function of the three numbers.
  ///
  /// Where many elements of one stream are needed, keep a `StreamKey` and ask it instead.
  public init(seed: UInt64, stream: UInt64, index: UInt64) {
    self = StreamKey(seed: seed).child(stream).generator(at: index)
  }

  @inlinable init(_ first: UInt64, _ second: UInt64) {
    self.first = first
    // All zero is the one state that never leaves itself; it is as unlikely as 2^-128.
    self.second = first | second == 0 ? 1 : second
  }

  /// The next 64 uniformly distributed bits.
  @inlinable public mutating func next() -> UInt64 {
    let sum = first &+ second
    let value = (sum << 17 | sum >> 47) &+ first
    let mixed = second ^ first
    first = (first << 49 | first >> 15) ^ mixed ^ (mixed << 21)
    second = mixed << 28 | mixed >> 36
    return value
  }

  /// A uniform number in 0 ..< 1: a multiple of 2^-53.
  @inlinable public mutating func nextUnit() -> Double {
    unsignedToDouble(next() >> 11) * 0x1p-53
  }

  /// A uniform number above 0 and up to 1: a multiple of 2^-53, safe under a logarithm.
  @inlinable public mutating func nextOpenUnit() -> Double {
    unsignedToDouble((next() >> 11) &+ 1) * 0x1p-53
  }

  /// A uniform whole number in 0 ..< `bound`, without bias.
  ///
  /// Multiplication with rejection (Lemire, "Fast Random Integer Generation in an Interval", ACM
  /// TOMACS 29(1), 2019): a division only when the low half falls under `bound`.
  /// - Precondition: `bound > 0`.
  @inlinable public mutating func below(_ bound: UInt64) -> UInt64 {
    precondition(bound > 0, "no whole number is below zero")
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let refused = (0 &- bound) % bound
      while product.low < refused { product = next().multipliedFullWidth(by: bound) }
    }
    return product.high
  }

  /// Whether an event of this probability happens; never at 0 or less, always at 1 or more.
  @inlinable public mutating func chance(_ probability: Double) -> Bool {
    nextUnit() < probability
  }
}

/// The nearest Double of a number below 2^63: one instruction, where an unsigned conversion takes
/// several on x86-64.
@inlinable func unsignedToDouble(_ value: UInt64) -> Double {
  Double(Int64(bitPattern: value))
}
