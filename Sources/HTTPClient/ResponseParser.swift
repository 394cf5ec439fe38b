// Reads one HTTP/1.1 response out of a receive buffer, in place, however the bytes arrive.
//
// A measuring client has no reason to be lenient: whatever two readers could frame differently
// (RFC 9112 sections 6.3 and 11.2: both lengths, differing lengths, folded or nameless lines, bare
// line feeds, bytes behind the end) is a fault, and the connection is given up. Chunks are decoded
// where they lie, so the body of a complete response is one run of bytes. Nothing is allocated.

/// Why bytes are not a response.
public enum ResponseFault: Error, Hashable, Sendable, CaseIterable {
  case statusLine, header, lineEnding, headersTooLong, length, conflictingFraming
  case unsupportedEncoding, chunk, bodyTooLong, excessBytes, closedEarly

  /// Such as `the response's status line is malformed`.
  public var text: String {
    switch self {
    case .statusLine: "the response's status line is malformed"
    case .header: "a response header is malformed"
    case .lineEnding: "a line of the response does not end in CR LF"
    case .headersTooLong: "the response's headers are too long"
    case .length: "the response's length is malformed"
    case .conflictingFraming: "the response gives its length in two ways"
    case .unsupportedEncoding: "the response has a transfer encoding other than chunked"
    case .chunk: "a chunk of the response is malformed"
    case .bodyTooLong: "the response is longer than the client takes"
    case .excessBytes: "bytes follow the end of the response"
    case .closedEarly: "the server closed the connection before the end of its response"
    }
  }
}

/// Where a response is after the bytes so far.
public enum ResponseProgress: Hashable, Sendable {
  case needsMore
  case complete
  case failed(ResponseFault)
}

/// The state of one response; a value without references.
public struct ResponseParser: Sendable {
  enum Phase: UInt8 {
    case status, headers, fixed, chunkLine, chunk, chunkEnd, trailers, toEnd, done
  }

  /// Bytes of status line and headers, interim responses and trailers included.
  public static let headLimit = 65_536

  private(set) var phase = Phase.status
  /// Three digits; 0 before the status line.
  public private(set) var status = 0
  /// The body, once complete.
  public private(set) var body: Range<Int> = 0..<0
  /// The connection ends with this response.
  public private(set) var closes = false
  /// The value of `x-amz-crc32`; nil when absent.
  public private(set) var checksum: UInt32?
  /// Where the value of `x-amzn-RequestId` lies.
  public private(set) var requestIdentifier: Range<Int> = 0..<0
  /// The value of `x-amz-retry-after` in ms; -1 when absent.
  public private(set) var retryAfterMilliseconds = -1

  private let bodyLimit: Int
  /// Where the line or chunk in hand begins.
  private var position = 0
  /// Up to where a line's end was looked for.
  private var scanned = 0
  private var headBytes = 0
  private var length = -1
  private var isChunked = false
  private var isOld = false
  /// Bytes that the body or the chunk still lacks.
  private var missing = 0

  public init(bodyLimit: Int = 1 << 26) { self.bodyLimit = bodyLimit }

  /// Goes on with a buffer whose first `filled` bytes have arrived; earlier ones must lie where
  /// they lay.
  public mutating func advance(
    _ bytes: UnsafeMutableRawPointer, filled: Int
  ) -> ResponseProgress {
    do throws(ResponseFault) {
      while true {
        switch phase {
        case .status, .headers, .chunkLine, .trailers:
          guard let line = try nextLine(bytes, filled) else { return .needsMore }
          try take(line, bytes)
        case .fixed:
          guard filled - position >= missing else { return .needsMore }
          body = position..<position + missing
          position += missing
          phase = .done
        case .chunk:
          try decode(bytes, filled)
          if phase == .chunk { return .needsMore }
        case .chunkEnd:
          guard filled - position >= 2 else { return .needsMore }
          guard bytes.load(fromByteOffset: position, as: UInt8.self) == 13,
            bytes.load(fromByteOffset: position + 1, as: UInt8.self) == 10
          else { throw .chunk }
          position += 2
          scanned = position
          phase = .chunkLine
        case .toEnd:
          guard filled - position <= bodyLimit else { throw .bodyTooLong }
          body = position..<filled
          return .needsMore
        case .done:
          guard filled == position else { throw .excessBytes }
          return .complete
        }
      }
    } catch {
      return .failed(error)
    }
  }

  /// The server has closed: the end of a response that is as long as its connection.
  public mutating func end() -> ResponseProgress {
    guard phase == .toEnd || phase == .done else { return .failed(.closedEarly) }
    phase = .done
    closes = true
    return .complete
  }

  /// Whether a byte of the response has arrived.
  public var hasBegun: Bool { scanned > 0 || phase != .status }

  // MARK: Lines

  /// The next line without its end; nil while it is not complete.
  private mutating func nextLine(
    _ bytes: UnsafeMutableRawPointer, _ filled: Int
  ) throws(ResponseFault) -> Range<Int>? {
    var end = scanned
    while end < filled, bytes.load(fromByteOffset: end, as: UInt8.self) != 10 { end += 1 }
    let seen = headBytes + end - position
    guard seen <= Self.headLimit else { throw .headersTooLong }
    guard end < filled else {
      scanned = end
      return nil
    }
    guard end > position, bytes.load(fromByteOffset: end - 1, as: UInt8.self) == 13 else {
      throw .lineEnding
    }
    let line = position..<end - 1
    headBytes = phase == .chunkLine ? headBytes : seen
    position = end + 1
    scanned = position
    for place in line {
      let byte = bytes.load(fromByteOffset: place, as: UInt8.self)
      if byte == 13 || byte == 0 { throw phase == .chunkLine ? .chunk : .header }
    }
    return line
  }

  private mutating func take(
    _ line: Range<Int>, _ bytes: UnsafeMutableRawPointer
  ) throws(ResponseFault) {
    let text = UnsafeRawBufferPointer(start: bytes + line.lowerBound, count: line.count)
    switch phase {
    case .status: try takeStatus(text)
    case .chunkLine: try takeChunkLine(text)
    case .trailers where text.isEmpty: phase = .done
    case .headers where text.isEmpty: try endHeaders()
    default: try takeHeader(text, at: line.lowerBound)
    }
  }

  private mutating func takeStatus(_ text: UnsafeRawBufferPointer) throws(ResponseFault) {
    guard text.count >= 12, text.starts(with: "HTTP/1.".utf8), text[7] == 48 || text[7] == 49,
      text[8] == 32, text.count == 12 || text[12] == 32
    else { throw .statusLine }
    var code = 0
    for digit in text[9..<12] {
      guard digit >= 48, digit <= 57 else { throw .statusLine }
      code = code * 10 + Int(digit) - 48
    }
    guard code >= 100 else { throw .statusLine }
    isOld = text[7] == 48
    closes = isOld
    status = code
    phase = .headers
  }

  private mutating func endHeaders() throws(ResponseFault) {
    if status < 200 {
      // An interim answer: the real one follows. Switching protocols was not asked for.
      guard status != 101 else { throw .statusLine }
      let (limit, heads) = (bodyLimit, headBytes)
      let place = position
      self = ResponseParser(bodyLimit: limit)
      headBytes = heads
      position = place
      scanned = place
      return
    }
    body = position..<position
    if isChunked {
      guard length < 0, !isOld else { throw .conflictingFraming }
      phase = .chunkLine
    } else if status == 204 || status == 304 {
      phase = .done
    } else if length >= 0 {
      missing = length
      phase = .fixed
    } else {
      closes = true
      phase = .toEnd
    }
  }

  private mutating func takeHeader(
    _ text: UnsafeRawBufferPointer, at start: Int
  ) throws(ResponseFault) {
    guard let colon = text.firstIndex(of: 58), colon > 0 else { throw .header }
    for byte in text[..<colon] where !Self.isToken(byte) { throw .header }
    var first = colon + 1
    var last = text.count
    while first < last, text[first] == 32 || text[first] == 9 { first += 1 }
    while last > first, text[last - 1] == 32 || text[last - 1] == 9 { last -= 1 }
    guard phase == .headers else { return }
    let value = UnsafeRawBufferPointer(rebasing: text[first..<last])
    switch colon {
    case 10 where Self.equals(text, "connection"):
      if Self.equals(value, "close") { closes = true }
      if isOld, Self.equals(value, "keep-alive") { closes = false }
    case 11 where Self.equals(text, "x-amz-crc32"):
      checksum = Self.digits(value).flatMap { UInt32(exactly: $0) }
    case 14 where Self.equals(text, "content-length"):
      guard let count = Self.digits(value) else { throw .length }
      guard length < 0 || length == count else { throw .conflictingFraming }
      guard count <= bodyLimit else { throw .bodyTooLong }
      length = count
    case 16 where Self.equals(text, "x-amzn-requestid"):
      requestIdentifier = start + first..<start + last
    case 17 where Self.equals(text, "transfer-encoding"):
      guard !isChunked, value.count == 7, Self.equals(value, "chunked") else {
        throw .unsupportedEncoding
      }
      isChunked = true
    case 17 where Self.equals(text, "x-amz-retry-after"):
      retryAfterMilliseconds = Self.digits(value) ?? -1
    default: break
    }
  }

  /// Whether `text` begins with `word`, which is in lower case, whatever its own case.
  private static func equals(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    guard text.count >= word.utf8CodeUnitCount else { return false }
    for place in 0..<word.utf8CodeUnitCount {
      let byte = text[place]
      let lower = byte >= 65 && byte <= 90 ? byte | 0x20 : byte
      if lower != word.utf8Start[place] { return false }
    }
    return true
  }

  /// A number of at most 18 decimal digits and nothing else.
  private static func digits(_ text: UnsafeRawBufferPointer) -> Int? {
    guard !text.isEmpty, text.count <= 18 else { return nil }
    var value = 0
    for byte in text {
      guard byte >= 48, byte <= 57 else { return nil }
      value = value * 10 + Int(byte) - 48
    }
    return value
  }

  /// RFC 9110 section 5.6.2: letters, digits and these marks.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 97...122, 65...90, 48...57: true
    case 33, 35, 36, 37, 38, 39, 42, 43, 45, 46, 94, 95, 96, 124, 126: true
    default: false
    }
  }

  // MARK: Chunks

  private mutating func takeChunkLine(_ text: UnsafeRawBufferPointer) throws(ResponseFault) {
    var size = 0
    var count = 0
    for byte in text {
      let digit: Int
      switch byte {
      case 48...57: digit = Int(byte) - 48
      case 97...102: digit = Int(byte) - 87
      case 65...70: digit = Int(byte) - 55
      default: digit = -1
      }
      if digit < 0 { break }
      size = size * 16 + digit
      count += 1
      guard count <= 8 else { throw .chunk }
    }
    guard count > 0 else { throw .chunk }
    // Extensions follow a semicolon and say nothing to us.
    if count < text.count, text[count] != 59 { throw .chunk }
    guard body.count + size <= bodyLimit else { throw .bodyTooLong }
    missing = size
    phase = size == 0 ? .trailers : .chunk
  }

  /// Moves what has arrived of the chunk to the end of the body.
  private mutating func decode(
    _ bytes: UnsafeMutableRawPointer, _ filled: Int
  ) throws(ResponseFault) {
    let count = min(missing, filled - position)
    if count > 0, body.upperBound != position {
      (bytes + body.upperBound).copyMemory(from: bytes + position, byteCount: count)
    }
    body = body.lowerBound..<body.upperBound + count
    position += count
    missing -= count
    if missing == 0 { phase = .chunkEnd }
  }
}
