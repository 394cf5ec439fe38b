// Eight bytes of JSON text at a time: whether any of them needs a look.
//
// The usual arithmetic on bytes inside a word. A word that passes holds no quote, no backslash and
// no control character; one that does not pass may still hold none and is then looked at bytewise.

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

  /// As `mayEnd(_:)` among the 32 bytes from `start` on: one test for four words.
  /// - Precondition: there are as many.
  @inlinable @inline(__always)
  public static func mayEnd(_ text: UnsafeRawBufferPointer, from start: Int) -> Bool {
    let first = text.loadUnaligned(fromByteOffset: start, as: UInt64.self)
    let second = text.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
    let third = text.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self)
    let fourth = text.loadUnaligned(fromByteOffset: start + 24, as: UInt64.self)
    return (marks(first) | marks(second) | marks(third) | marks(fourth)) & highBits != 0
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
