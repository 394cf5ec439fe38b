// A keyed shuffle of the key space: rank to key and back, without a table.
//
// Popular ranks must not be neighbours in the key space, and a report must be able to name the
// rank of a hot key. A bijection does both; a hash (YCSB's scramble) folds several ranks onto one
// key and changes the distribution (load-generators.md section 4.1).
//
// A four-round Feistel network on ceil(log2 n) bits; results outside the key space are sent through
// again (cycle walking), fewer than two passes on average. It scatters; it is no cipher.

public import Randomness

/// A pseudo-random bijection of 0 ..< count, determined by a stream key.
public struct KeyPermutation: Hashable, Sendable {
  public let count: UInt64
  private let lowBits: UInt64
  private let lowMask: UInt64
  private let highMask: UInt64
  private let keys: (UInt64, UInt64, UInt64, UInt64)

  /// - Precondition: `count` in 1 ... 2^62.
  public init(count: UInt64, key: StreamKey) {
    precondition(count > 0 && count <= 1 << 62, "a permutation needs 1 to 2^62 elements")
    self.count = count
    let bits = UInt64(max(2, 64 - (count - 1).leadingZeroBitCount))
    lowBits = bits / 2
    lowMask = (1 << lowBits) - 1
    highMask = (1 << (bits - lowBits)) - 1
    keys = (key.child(0).word, key.child(1).word, key.child(2).word, key.child(3).word)
  }

  /// Where `element` goes.
  /// - Precondition: `element < count`.
  @inline(__always)
  public func forward(_ element: UInt64) -> UInt64 {
    precondition(element < count, "only elements of the permutation have a place in it")
    var value = element
    repeat {
      var low = value & lowMask
      var high = value &>> lowBits
      high ^= scatter(low, keys.0) & highMask
      low ^= scatter(high, keys.1) & lowMask
      high ^= scatter(low, keys.2) & highMask
      low ^= scatter(high, keys.3) & lowMask
      value = high &<< lowBits | low
    } while value >= count
    return value
  }

  /// Which element came to `place`: the inverse of `forward`.
  /// - Precondition: `place < count`.
  public func backward(_ place: UInt64) -> UInt64 {
    precondition(place < count, "only elements of the permutation have a place in it")
    var value = place
    repeat {
      var low = value & lowMask
      var high = value >> lowBits
      low ^= scatter(high, keys.3) & lowMask
      high ^= scatter(low, keys.2) & highMask
      low ^= scatter(high, keys.1) & lowMask
      high ^= scatter(low, keys.0) & highMask
      value = high << lowBits | low
    } while value >= count
    return value
  }

  private func scatter(_ half: UInt64, _ key: UInt64) -> UInt64 {
    var z = (half ^ key) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 29)) &* 0xBF58_476D_1CE4_E5B9
    return z >> 32
  }

  public static func == (a: Self, b: Self) -> Bool { a.count == b.count && a.keys == b.keys }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    hasher.combine(keys.0)
  }
}
