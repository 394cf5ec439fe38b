// MD5 (RFC 1321), a thin face of libcrypto: a checksum that files of exports carry, nothing secret.

import CCrypto

/// The MD5 of bytes.
public enum MD5 {
  /// 16 bytes; of no bytes d41d8cd98f00b204e9800998ecf8427e.
  public static func digest(of bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 16)
    let isDone = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_md5(), nil)
    precondition(isDone == 1, "libcrypto has no MD5")
    return digest
  }
}
