// Decompression of gzip request bodies (RFC 1952), with a limit on what comes out.
//
// A small body can expand a thousandfold, so the limit is checked while it grows. Several members
// in a row are one body, as the format says.

import CZlib

enum Gunzip {
  enum Outcome: Equatable {
    case done
    case malformed
    case tooLarge
  }

  /// Appends the expansion of `source` to `target`, at most `limit` bytes in all.
  static func expand(_ source: [UInt8], into target: inout [UInt8], limit: Int) -> Outcome {
    var stream = z_stream()
    guard zlib_gunzip_start(&stream) == Z_OK else { return .malformed }
    defer { inflateEnd(&stream) }
    return source.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
        return .malformed
      }
      stream.next_in = UnsafeMutablePointer(mutating: start)
      stream.avail_in = UInt32(bytes.count)
      return expand(&stream, &target, limit)
    }
  }

  private static func expand(
    _ stream: inout z_stream, _ target: inout [UInt8], _ limit: Int
  ) -> Outcome {
    let step = 1 << 16
    while true {
      let old = target.count
      target.append(contentsOf: repeatElement(0, count: step))
      let code = target.withUnsafeMutableBytes { bytes -> Int32 in
        stream.next_out = bytes.baseAddress.map {
          ($0 + old).assumingMemoryBound(to: UInt8.self)
        }
        stream.avail_out = UInt32(step)
        return inflate(&stream, Z_NO_FLUSH)
      }
      target.removeLast(Int(stream.avail_out))
      if target.count > limit { return .tooLarge }
      switch code {
      case Z_STREAM_END:
        if stream.avail_in == 0 { return .done }
        guard inflateReset(&stream) == Z_OK else { return .malformed }
      case Z_OK:
        // All input taken and room left: the end of the stream is missing.
        if stream.avail_in == 0, stream.avail_out > 0 { return .malformed }
      default: return .malformed
      }
    }
  }
}
