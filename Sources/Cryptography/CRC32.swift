// CRC-32 as in gzip and in the service's x-amz-crc32 header (ISO 3309, reflected 0x04C11DB7).
//
// Computed by zlib. Detects accidents, not attackers.

import CZlib

/// The CRC-32 of bytes.
public enum CRC32 {
  /// The checksum of `bytes`, or of what `previous` covers followed by `bytes`.
  ///
  /// Of the ASCII digits `123456789` it is 0xCBF43926.
  public static func checksum(_ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32
  {
    // zlib takes a null pointer for "start again", which an empty buffer may carry.
    guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
      return previous
    }
    return UInt32(truncatingIfNeeded: crc32_z(UInt(previous), start, bytes.count))
  }

  /// The checksum of `bytes`, or of what `previous` covers followed by `bytes`.
  public static func checksum(_ bytes: [UInt8], after previous: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { checksum($0, after: previous) }
  }
}
