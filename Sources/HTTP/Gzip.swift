// Compression into the gzip format (RFC 1952), whole contents at once.

import CZlib

/// The gzip format.
public enum Gzip {
  /// `source` compressed; O(length). Zlib's usual level of 6.
  public static func compressed(_ source: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    guard zlib_gzip_start(&stream) == Z_OK else { preconditionFailure("zlib has no memory") }
    defer { deflateEnd(&stream) }
    var target = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(source.count))))
    let count = source.withUnsafeBytes { source in
      target.withUnsafeMutableBytes { target in
        stream.next_in = UnsafeMutablePointer(
          mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(target.count)
        let code = deflate(&stream, Z_FINISH)
        precondition(code == Z_STREAM_END, "deflateBound leaves room for everything")
        return Int(stream.total_out)
      }
    }
    target.removeLast(target.count - count)
    return target
  }

  /// What `source` expands to; nil when it is not gzip or expands to more than `limit` bytes.
  public static func expanded(_ source: [UInt8], limit: Int) -> [UInt8]? {
    var target: [UInt8] = []
    return Gunzip.expand(source, into: &target, limit: limit) == .done ? target : nil
  }
}
