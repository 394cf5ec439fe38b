// The body of a request as it arrives, of a known length or in chunks (RFC 9112 section 7.1).
//
// A body beyond the limit is read on and dropped, so that the client, which listens only when it
// has sent everything, hears why; but not for ever.

/// Where a body is; begins as one that is complete.
struct BodyDecoder {
  enum Progress: Equatable {
    /// All bytes given so far were used but for the first ones of a line.
    case needsMore(used: Int)
    case done(used: Int)
    case failed(RequestFault)
    /// More than a client may send in vain.
    case hopeless
  }
  private enum Phase { case fixed, line, data, dataEnd, trailers }

  private var phase = Phase.fixed
  /// Bytes that the body or the chunk still lacks.
  private var missing: Int64 = 0
  private var received: Int64 = 0
  private var trailerBytes = 0
  private let limit: Int64
  private static let lineLimit = 4_096
  private static let trailerLimit = 16_384

  /// - Parameters:
  ///   - head: says how the body is framed.
  ///   - limit: bytes at most that are kept.
  init(_ head: RequestHead, limit: Int64) {
    self.limit = limit
    if head.isChunked { phase = .line } else { missing = max(0, head.contentLength) }
  }

  init() { limit = 0 }

  /// The body is longer than the limit, by what has been announced or has arrived.
  var isOversized: Bool {
    received > limit || phase == .fixed && received + missing > limit
  }

  /// Takes what is there and appends it to `body`.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer, into body: inout [UInt8]
  ) -> Progress {
    var at = 0
    while true {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
      switch phase {
      case .fixed:
        at += append(rest, &body)
        return missing == 0
          ? .done(used: at)
          : received > 4 * limit
            ? .hopeless
            : .needsMore(used: at)
      case .data:
        at += append(rest, &body)
        if received > 4 * limit { return .hopeless }
        if missing > 0 { return .needsMore(used: at) }
        phase = .dataEnd
      case .dataEnd:
        guard rest.count >= 2 else { return .needsMore(used: at) }
        guard rest[0] == 13, rest[1] == 10 else { return .failed(.chunk) }
        at += 2
        phase = .line
      case .line, .trailers:
        guard let feed = rest.firstIndex(of: 10) else {
          return rest.count > Self.lineLimit ? .failed(.chunk) : .needsMore(used: at)
        }
        guard feed > 0, rest[feed - 1] == 13 else { return .failed(.chunk) }
        at += feed + 1
        let line = UnsafeRawBufferPointer(rebasing: rest[..<(feed - 1)])
        if phase == .trailers {
          if line.isEmpty { return .done(used: at) }
          trailerBytes += line.count
          guard trailerBytes <= Self.trailerLimit else { return .failed(.headersTooLong) }
        } else {
          guard let size = Self.chunkSize(line) else { return .failed(.chunk) }
          missing = size
          phase = size == 0 ? .trailers : .data
        }
      }
    }
  }

  /// Keeps what belongs to the body or the chunk, unless there is too much of it.
  private mutating func append(_ bytes: UnsafeRawBufferPointer, _ body: inout [UInt8]) -> Int {
    let count = Int(min(missing, Int64(bytes.count)))
    missing -= Int64(count)
    received += Int64(count)
    if isOversized {
      body.removeAll()
    } else {
      body.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }
    return count
  }

  /// Hexadecimal digits, at most 15, then nothing or an extension, which is ignored.
  private static func chunkSize(_ line: UnsafeRawBufferPointer) -> Int64? {
    var size: Int64 = 0
    var digits = 0
    for byte in line {
      let digit: UInt8
      switch byte {
      case 48...57: digit = byte - 48
      case 65...70: digit = byte - 55
      case 97...102: digit = byte - 87
      case 59 where digits > 0: return line.contains(13) ? nil : size
      default: return nil
      }
      digits += 1
      guard digits <= 15 else { return nil }
      size = size << 4 | Int64(digit)
    }
    return digits > 0 ? size : nil
  }
}
