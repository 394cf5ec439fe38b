// The head of a request, request line and headers, read in place out of the bytes that arrived.
//
// A server that others can stand behind a proxy with has no reason to be lenient: whatever two
// readers could frame differently (RFC 9112 sections 2.2, 3, 5, 6.3 and 11.2: bare line feeds,
// folded or nameless lines, blanks before a colon, two lengths, a length beside chunks) is refused.
// Positions are offsets into the bytes that were read; nothing is copied.

import Platform

/// Why a request is refused before any handler sees it; the connection ends with it.
struct RequestFault: Error, Hashable {
  let status: Int
  let reason: String

  static let lineEnding = RequestFault(400, "a line does not end in CR LF")
  static let requestLine = RequestFault(400, "the request line is malformed")
  static let version = RequestFault(505, "the version is not HTTP/1.0 or HTTP/1.1")
  static let header = RequestFault(400, "a header is malformed")
  static let host = RequestFault(400, "there must be exactly one Host header")
  static let framing = RequestFault(
    400, "the headers do not say unambiguously where the body ends")
  static let expectation = RequestFault(417, "only 100-continue can be expected")
  static let chunk = RequestFault(400, "a chunk is malformed")
  static let targetTooLong = RequestFault(414, "the request line is too long")
  static let headersTooLong = RequestFault(431, "the headers are too long")

  init(_ status: Int, _ reason: String) {
    self.status = status
    self.reason = reason
  }
}

/// A request's head. Made once per event loop and filled anew for every request.
struct RequestHead {
  struct Header {
    let name: Range<Int>
    let value: Range<Int>
  }
  enum Coding { case identity, gzip, unknown }

  /// nil: a method that no server here answers.
  private(set) var method: HTTPMethod?
  private(set) var isHead = false
  private(set) var target: Range<Int> = 0..<0
  private(set) var headers: [Header] = []
  /// HTTP/1.0.
  private(set) var isOld = false
  /// The client ends the connection after this request.
  private(set) var closes = false
  /// -1: no such header.
  private(set) var contentLength: Int64 = -1
  private(set) var isChunked = false
  private(set) var expectsContinue = false
  private(set) var coding = Coding.identity
  private var hosts = 0

  // MARK: Finding its end

  /// The number of bytes up to and with the empty line that ends a head; nil when it has not
  /// arrived. Empty lines before the request line must have been skipped.
  /// - Parameter limit: bytes that a head may have.
  static func end(
    of bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(RequestFault) -> Int? {
    let start = UnsafeRawBufferPointer(rebasing: bytes.prefix(limit))
    var line = 0
    while let feed = place(of: 10, in: start, from: line) {
      guard feed > line, bytes[feed - 1] == 13 else { throw .lineEnding }
      if feed - line == 1 { return feed + 1 }
      line = feed + 1
    }
    if bytes.count >= limit { throw line == 0 ? .targetTooLong : .headersTooLong }
    return nil
  }

  // MARK: Reading it

  /// Reads a complete head, its empty line included.
  mutating func read(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
    headers.removeAll(keepingCapacity: true)
    (isOld, closes, contentLength, isChunked) = (false, false, -1, false)
    (expectsContinue, coding, hosts) = (false, .identity, 0)
    var line = 0
    var isFirst = true
    while let end = Self.lineEnd(bytes, from: line), end > line {
      if isFirst {
        try readRequestLine(bytes, line..<end)
      } else {
        try readHeader(bytes, line..<end)
      }
      isFirst = false
      line = end + 2
    }
    guard isOld ? hosts <= 1 : hosts == 1 else { throw .host }
    guard !isChunked || (contentLength < 0 && !isOld) else { throw .framing }
  }

  /// Where the line's CR is.
  private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    place(of: 10, in: bytes, from: start).map { $0 - 1 }
  }

  private mutating func readRequestLine(
    _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
  ) throws(RequestFault) {
    var at = line.lowerBound
    while at < line.upperBound, Self.isToken(bytes[at]) { at += 1 }
    let name = line.lowerBound..<at
    guard !name.isEmpty, at < line.upperBound, bytes[at] == 32 else { throw .requestLine }
    let start = at + 1
    at = start
    while at < line.upperBound, bytes[at] > 32, bytes[at] != 127 { at += 1 }
    guard at > start, line.upperBound - at == 9, bytes[at] == 32 else { throw .requestLine }
    let version = Self.slice(bytes, at + 1..<line.upperBound)
    guard version.starts(with: "HTTP/".utf8), version[6] == 46, Self.isDigit(version[5]),
      Self.isDigit(version[7])
    else { throw .requestLine }
    guard version[5] == 49 else { throw .version }
    isOld = version[7] == 48
    closes = isOld
    target = start..<at
    let word = Self.slice(bytes, name)
    method = HTTPMethod.allCases.first { word.elementsEqual($0.rawValue.utf8) }
    isHead = word.elementsEqual("HEAD".utf8)
  }

  private mutating func readHeader(
    _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
  ) throws(RequestFault) {
    var at = line.lowerBound
    while at < line.upperBound, Self.isToken(bytes[at]) { at += 1 }
    let name = line.lowerBound..<at
    guard !name.isEmpty, at < line.upperBound, bytes[at] == 58 else { throw .header }
    var first = at + 1
    var last = line.upperBound
    while first < last, Self.isBlank(bytes[first]) { first += 1 }
    while last > first, Self.isBlank(bytes[last - 1]) { last -= 1 }
    for place in first..<last where Self.isControl(bytes[place]) { throw .header }
    headers.append(Header(name: name, value: first..<last))
    let value = Self.slice(bytes, first..<last)
    switch name.count {
    case 4 where Self.equals(bytes, name, "host"): hosts += 1
    case 6 where Self.equals(bytes, name, "expect"): try readExpectation(value)
    case 10 where Self.equals(bytes, name, "connection"): readConnection(value)
    case 14 where Self.equals(bytes, name, "content-length"):
      guard contentLength < 0, let length = Self.length(value) else { throw .framing }
      contentLength = length
    case 16 where Self.equals(bytes, name, "content-encoding"): readCoding(value)
    case 17 where Self.equals(bytes, name, "transfer-encoding"):
      guard !isChunked, Self.equals(value, "chunked") else { throw .framing }
      isChunked = true
    default: break
    }
  }

  private mutating func readExpectation(_ value: UnsafeRawBufferPointer) throws(RequestFault) {
    guard Self.equals(value, "100-continue") else { throw .expectation }
    expectsContinue = !isOld
  }

  private mutating func readConnection(_ value: UnsafeRawBufferPointer) {
    for part in value.split(separator: 44) {
      var word = part
      while let byte = word.first, Self.isBlank(byte) { word = word.dropFirst() }
      while let byte = word.last, Self.isBlank(byte) { word = word.dropLast() }
      let text = UnsafeRawBufferPointer(rebasing: word)
      if Self.equals(text, "close") { closes = true }
      if isOld, Self.equals(text, "keep-alive") { closes = false }
    }
  }

  private mutating func readCoding(_ value: UnsafeRawBufferPointer) {
    if value.isEmpty || Self.equals(value, "identity") { return }
    let isGzip = Self.equals(value, "gzip") || Self.equals(value, "x-gzip")
    coding = isGzip && coding == .identity ? .gzip : .unknown
  }

  // MARK: Bytes

  private static func slice(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
  ) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

  /// Digits only, at most 18; nil for anything else.
  private static func length(_ text: UnsafeRawBufferPointer) -> Int64? {
    guard !text.isEmpty, text.count <= 18 else { return nil }
    var value: Int64 = 0
    for byte in text {
      guard isDigit(byte) else { return nil }
      value = value * 10 + Int64(byte) - 48
    }
    return value
  }

  /// Whether the bytes in `range` are `word`, which is in lower case, whatever their own case.
  private static func equals(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ word: StaticString
  ) -> Bool { equals(slice(bytes, range), word) }

  static func equals(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    guard text.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { word in equals(text, word) }
  }

  static func equals(
    _ text: UnsafeRawBufferPointer, _ word: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    for place in 0..<text.count where lowered(text[place]) != lowered(word[place]) { return false }
    return true
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    byte >= 65 && byte <= 90 ? byte | 32 : byte
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
  private static func isControl(_ byte: UInt8) -> Bool {
    byte < 32 && byte != 9 || byte == 127
  }

  /// A character of a token, RFC 9110 section 5.6.2.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 94...122: true  // digits, letters, ^ _ `
    case 33, 35, 36, 37, 38, 39, 42, 43, 45, 46, 124, 126: true  // ! # $ % & ' * + - . | ~
    default: false
    }
  }
}
