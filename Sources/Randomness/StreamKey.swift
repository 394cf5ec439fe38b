// Where the seeds of independent streams come from.
//
// A run has one seed. Streams are named by a path of labels and numbers (traffic, operation,
// purpose, replication), each step mixing into 128 bits, so that two purposes never share draws:
// common random numbers between two variants of a scenario need one stream per purpose.
//
// The finaliser is that of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, as published by Vigna)
// with Stafford's "Mix01" beside it: the two state words are unrelated functions of the index.

/// The key of a stream of generators: 128 bits derived from a seed and a path of labels.
public struct StreamKey: Hashable, Sendable {
  @usableFromInline var high: UInt64
  @usableFromInline var low: UInt64

  private init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The root of all streams of a run.
  public init(seed: UInt64) {
    self.high = mix(seed &+ goldenGamma)
    self.low = mixOther(seed &+ 0xD1B5_4A32_D192_ED03)
  }

  /// The key of the numbered stream below this one.
  public func child(_ index: UInt64) -> StreamKey {
    // The words swap and meet, so that child(a).child(b) and child(b).child(a) differ.
    StreamKey(
      high: mix(low ^ (index &* goldenGamma)),
      low: mixOther(high &+ (index ^ 0xA5A5_5A5A_C3C3_3C3C)))
  }

  /// The key of the named stream below this one; equal text gives the equal stream.
  public func child(_ label: String) -> StreamKey {
    // FNV-1a over the UTF-8 bytes, then mixed: labels are short and few.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in label.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return child(mix(hash))
  }

  /// The generator of element `index` of this stream.
  @inlinable @inline(__always) public func generator(at index: UInt64) -> Generator {
    Generator(
      mix(high &+ index &* goldenGamma), mixOther(low &+ index &* 0xD1B5_4A32_D192_ED03))
  }

  /// 64 bits of the key, for what takes a plain seed.
  public var word: UInt64 { mix(high ^ (low << 32 | low >> 32)) }
}

/// 2^64 divided by the golden ratio, odd: steps through all 64-bit numbers evenly.
@inlinable var goldenGamma: UInt64 { 0x9E37_79B9_7F4A_7C15 }

/// Scatters 64 bits: the bijective finaliser of SplitMix64.
///
/// Worked value: `mix(1_234_567 + 0x9E3779B97F4A7C15)` is 6457827717110365317, the first output of
/// SplitMix64 seeded with 1,234,567.
@inlinable public func mix(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

/// A second bijective finaliser, unrelated to `mix`: Stafford's variant 1.
@inlinable func mixOther(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 31)) &* 0x7FB5_D329_728E_A185
  z = (z ^ (z >> 27)) &* 0x81DA_DEF4_BC2D_D44D
  return z ^ (z >> 33)
}
