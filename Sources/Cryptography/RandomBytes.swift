// Unpredictable bytes from the kernel, for request ids, tokens and keys.
//
// Nothing that a run must reproduce may come from here: that is what Randomness is for.

import CCrypto

/// Unpredictable bytes.
public enum RandomBytes {
  /// Replaces every byte of `bytes`.
  public static func fill(_ bytes: inout [UInt8]) {
    let filled = bytes.withUnsafeMutableBytes { crypto_random_fill($0.baseAddress, $0.count) }
    precondition(filled == 1, "the kernel gave no random bytes")
  }

  /// `count` bytes.
  public static func make(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    fill(&bytes)
    return bytes
  }
}
