// CRC-32 as in gzip and in the service's x-amz-crc32 header (ISO 3309, reflected 0x04C11DB7).
//
// Computed by libdeflate, which uses what the processor has for it. Detects accidents, not
// attackers.

import CDeflate

/// The CRC-32 of bytes.
public enum CRC32 {
  /// The checksum of `bytes`, or of what `previous` covers followed by `bytes`.
  ///
  /// Of the ASCII digits `123456789` it is 0xCBF43926.
  public static func checksum(_ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32
  {
    // A null pointer means "start again", and an empty buffer may carry one.
    guard let start = bytes.baseAddress else { return previous }
    return libdeflate_crc32(previous, start, bytes.count)
  }

  /// The checksum of `bytes`, or of what `previous` covers followed by `bytes`.
  public static func checksum(_ bytes: [UInt8], after previous: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { checksum($0, after: previous) }
  }
}
