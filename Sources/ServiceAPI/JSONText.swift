// Many bytes of JSON text at a time: whether any of them needs a look.
//
// Sixteen bytes are compared as a vector. Eight are tested by the usual arithmetic on bytes inside
// a word: one that passes holds no quote, no backslash and no control character; one that does not
// pass may still hold none and is then looked at bytewise.

/// Tests on words of text.
public enum JSONText {
  /// The highest bit of every byte: set in all but ASCII.
  public static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Whether a quote, a backslash or a control character may be among eight bytes.
  @inlinable @inline(__always)
  public static func mayEnd(_ word: UInt64) -> Bool {
    marks(word) & highBits != 0
  }

  /// How many of eight bytes, the first one lowest, come before a quote, a backslash or a control
  /// character; 8 when there is none. In `marks` only what lies above such a byte may be wrong.
  @inlinable @inline(__always)
  public static func bytesBeforeEnd(_ word: UInt64) -> Int {
    (marks(word) & highBits).trailingZeroBitCount / 8
  }

  /// Whether a quote, a backslash or a control character is among the 32 bytes from `start` on.
  /// - Precondition: there are as many.
  @inlinable @inline(__always)
  public static func mayEnd(_ text: UnsafeRawBufferPointer, from start: Int) -> Bool {
    let first = text.loadUnaligned(fromByteOffset: start, as: SIMD16<UInt8>.self)
    let second = text.loadUnaligned(fromByteOffset: start + 16, as: SIMD16<UInt8>.self)
    let words = ends(first) | ends(second)
    return words[0] | words[1] != 0
  }

  /// Whether a quote, a backslash or a control character is among sixteen bytes.
  @inlinable @inline(__always)
  public static func mayEnd(_ block: SIMD16<UInt8>) -> Bool {
    let words = ends(block)
    return words[0] | words[1] != 0
  }

  /// Whether one of sixteen bytes is not ASCII.
  @inlinable @inline(__always)
  public static func hasHighBits(_ block: SIMD16<UInt8>) -> Bool {
    let words = unsafeBitCast(block, to: SIMD2<UInt64>.self)
    return (words[0] | words[1]) & highBits != 0
  }

  /// All bits of the bytes looked for. Operators between two vectors are single instructions; those
  /// between a vector and a number, and those of masks, are loops.
  @inlinable @inline(__always)
  static func ends(_ block: SIMD16<UInt8>) -> SIMD2<UInt64> {
    let quotes = block .== SIMD16<UInt8>(repeating: 0x22)
    let backslashes = block .== SIMD16<UInt8>(repeating: 0x5C)
    let controls = block .< SIMD16<UInt8>(repeating: 0x20)
    return unsafeBitCast(quotes, to: SIMD2<UInt64>.self)
      | unsafeBitCast(backslashes, to: SIMD2<UInt64>.self)
      | unsafeBitCast(controls, to: SIMD2<UInt64>.self)
  }

  /// The high bit of a byte is set if that byte may be one of those looked for.
  @inlinable @inline(__always)
  static func marks(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    return ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
      | ((word &- ones &* 0x20) & ~word)
  }
}
