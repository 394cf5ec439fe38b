// A histogram as one word of text: HdrHistogram's V2 payload in a zlib stream, in base64.
//
// Eight big-endian bytes stand before the stream: the cookie 0x1C849304 | 0x10 and the stream's
// length (load-generators.md section 4.2). The text starts with HISTFAAAA and is what `.hlog` files
// and other tools' reports carry. The payload itself is written and read by Statistics.

import CZlib
import JSON
public import Statistics

extension Histogram {
  /// The cookie of a compressed V2 histogram.
  private static let compressedCookie: [UInt8] = [0x1C, 0x84, 0x93, 0x14]
  /// No payload of a histogram with 33,792 counts is longer; a stream that claims more is refused.
  private static let payloadMax = 16 << 20

  /// The compressed V2 form in base64, for logs and reports.
  public var compressedText: String {
    let stream = Self.deflated(encodedPayload)
    var bytes = Self.compressedCookie
    for shift in stride(from: 24, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: stream.count >> shift))
    }
    return Base64.text(of: bytes + stream)
  }

  /// The histogram of a compressed V2 text; nil when it is malformed or cannot be represented (see
  /// `init(encodedPayload:)`).
  public init?(compressedText text: String) {
    guard let bytes = Base64.bytes(of: text), bytes.count > 8,
      Array(bytes[..<4]) == Self.compressedCookie
    else { return nil }
    let length = bytes[4..<8].reduce(0) { $0 << 8 | Int($1) }
    guard length == bytes.count - 8, let payload = Self.inflated(Array(bytes[8...])) else {
      return nil
    }
    self.init(encodedPayload: payload)
  }

  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var length = compressBound(uLong(bytes.count))
    var out = [UInt8](repeating: 0, count: Int(length))
    let status = compress2(&out, &length, bytes, uLong(bytes.count), Z_DEFAULT_COMPRESSION)
    precondition(status == Z_OK, "zlib refused a buffer of the size it asked for")
    return Array(out.prefix(Int(length)))
  }

  private static func inflated(_ bytes: [UInt8]) -> [UInt8]? {
    var room = Swift.max(4_096, bytes.count * 4)
    while room <= payloadMax {
      var out = [UInt8](repeating: 0, count: room)
      var length = uLong(room)
      switch uncompress(&out, &length, bytes, uLong(bytes.count)) {
      case Z_OK: return Array(out.prefix(Int(length)))
      case Z_BUF_ERROR: room *= 4
      default: return nil
      }
    }
    return nil
  }
}
