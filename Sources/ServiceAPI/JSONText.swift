// Eight bytes of JSON text at a time: whether any of them needs a look.
//
// The usual arithmetic on bytes inside a word. A word that passes holds no quote, no backslash and
// no control character; one that does not pass may still hold none and is then looked at bytewise.

/// Tests on words of text.
public enum JSONText {
  /// The highest bit of every byte: set in all but ASCII.
  public static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Whether a quote, a backslash or a control character may be among eight bytes.
  @inlinable
  public static func mayEnd(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    let found =
      ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
      | ((word &- ones &* 0x20) & ~word)
    return found & 0x8080_8080_8080_8080 != 0
  }
}
