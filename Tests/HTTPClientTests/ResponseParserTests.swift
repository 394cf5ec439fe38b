// Why: the client measures, so a response must mean one thing only. What two readers could frame
// differently is refused, and how the bytes are cut into reads must not matter.

import TestSupport
import Testing

@testable import HTTPClient

/// Bytes, and what they are: a body, or a fault.
struct ParserCase: CustomTestStringConvertible {
  var testDescription: String
  var text: String
  var status = 200
  var body: String?
  var fault: ResponseFault?
  var closes = false

  static let all: [ParserCase] = good + framing + lines

  static let good: [ParserCase] = [
    .init(
      testDescription: "length", text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      body: "hello"),
    .init(
      testDescription: "empty", text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", body: ""),
    .init(
      testDescription: "no reason", text: "HTTP/1.1 400\r\ncontent-length:2\r\n\r\nno",
      status: 400, body: "no"),
    .init(
      testDescription: "chunks",
      text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "3\r\nabc\r\n0A;x=1\r\n0123456789\r\n0\r\n\r\n", body: "abc0123456789"),
    .init(
      testDescription: "trailers",
      text: "HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n",
      body: "x"),
    .init(
      testDescription: "continue first",
      text: "HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 201 X\r\nContent-Length: 1\r\n\r\n!",
      status: 201, body: "!"),
    .init(testDescription: "no content", text: "HTTP/1.1 204 X\r\n\r\n", status: 204, body: ""),
    .init(
      testDescription: "close",
      text: "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 1\r\n\r\nx", body: "x",
      closes: true),
    .init(
      testDescription: "1.0 ends its connection",
      text: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", body: "x", closes: true),
    .init(
      testDescription: "1.0 may stay",
      text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", body: "x"),
    .init(
      testDescription: "equal lengths",
      text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", body: "x"),
  ]

  static let framing: [ParserCase] =
    [
      .init(
        testDescription: "two lengths",
        text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        fault: .conflictingFraming),
      .init(
        testDescription: "length and chunks",
        text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        fault: .conflictingFraming),
      .init(
        testDescription: "chunks and length",
        text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        fault: .conflictingFraming),
      .init(
        testDescription: "chunks of 1.0",
        text: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        fault: .conflictingFraming),
      .init(
        testDescription: "gzip, chunked",
        text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        fault: .unsupportedEncoding),
      .init(
        testDescription: "chunked twice",
        text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        fault: .unsupportedEncoding),
      .init(
        testDescription: "xchunked",
        text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n",
        fault: .unsupportedEncoding),
    ]
    + ["+5", "-5", "0x5", "5 5", "5,5", "", " ", "5a", "9999999999999999999"].map {
      ParserCase(
        testDescription: "length '\($0)'",
        text: "HTTP/1.1 200 OK\r\nContent-Length: \($0)\r\n\r\nhello", fault: .length)
    }
    + ["", "g", "-1", "0x1", " 1", "1 ", "123456789", "\r"].map {
      ParserCase(
        testDescription: "chunk size '\($0)'",
        text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\($0)\r\nx\r\n0\r\n\r\n",
        fault: .chunk)
    }

  static let lines: [ParserCase] = [
    .init(testDescription: "not HTTP", text: "HTP/1.1 200 OK\r\n\r\n", fault: .statusLine),
    .init(testDescription: "HTTP 2", text: "HTTP/2.0 200 OK\r\n\r\n", fault: .statusLine),
    .init(testDescription: "no code", text: "HTTP/1.1 2x0 OK\r\n\r\n", fault: .statusLine),
    .init(testDescription: "small code", text: "HTTP/1.1 099 OK\r\n\r\n", fault: .statusLine),
    .init(testDescription: "upgrade", text: "HTTP/1.1 101 X\r\n\r\n", fault: .statusLine),
    .init(testDescription: "bare LF", text: "HTTP/1.1 200 OK\nA: b\n\n", fault: .lineEnding),
    .init(
      testDescription: "LF in headers", text: "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n",
      fault: .lineEnding),
    .init(
      testDescription: "folded",
      text: "HTTP/1.1 200 OK\r\nA: b\r\n Content-Length: 1\r\n\r\n", fault: .header),
    .init(
      testDescription: "space before colon",
      text: "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n", fault: .header),
    .init(
      testDescription: "no colon", text: "HTTP/1.1 200 OK\r\nContent-Length 1\r\n\r\n",
      fault: .header),
    .init(
      testDescription: "no name", text: "HTTP/1.1 200 OK\r\n: 1\r\n\r\n", fault: .header),
    .init(
      testDescription: "NUL", text: "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", fault: .header),
    .init(
      testDescription: "CR inside", text: "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", fault: .header),
    .init(
      testDescription: "chunk without end",
      text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
      fault: .chunk),
    .init(
      testDescription: "bytes behind",
      text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy", fault: .excessBytes),
    .init(
      testDescription: "a second response",
      text: "HTTP/1.1 204 X\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", fault: .excessBytes),
    .init(
      testDescription: "long head",
      text: "HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 70_000),
      fault: .headersTooLong),
    .init(
      testDescription: "long body", text: "HTTP/1.1 200 OK\r\nContent-Length: 70000000\r\n\r\n",
      fault: .bodyTooLong),
    .init(
      testDescription: "long chunk",
      text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
      fault: .bodyTooLong),
  ]
}

/// The outcome of a text that arrives in pieces.
func parse(_ text: [UInt8], pieces: [Int]) -> (ResponseProgress, ResponseParser, [UInt8]) {
  let buffer = UnsafeMutableRawPointer.allocate(byteCount: max(1, text.count), alignment: 1)
  defer { buffer.deallocate() }
  var parser = ResponseParser()
  var progress = ResponseProgress.needsMore
  var filled = 0
  for piece in pieces {
    for byte in text[filled..<filled + piece] {
      buffer.storeBytes(of: byte, toByteOffset: filled, as: UInt8.self)
      filled += 1
    }
    progress = parser.advance(buffer, filled: filled)
    if case .failed = progress { break }
  }
  let body = parser.body.map { buffer.load(fromByteOffset: $0, as: UInt8.self) }
  return (progress, parser, body)
}

@Suite struct ResponseParserTests {
  @Test(arguments: ParserCase.all)
  func `a response means one thing`(_ test: ParserCase) {
    let text = Array(test.text.utf8)
    let (progress, parser, body) = parse(text, pieces: [text.count])
    if let fault = test.fault {
      #expect(progress == .failed(fault))
    } else {
      #expect(progress == .complete)
      #expect(parser.status == test.status)
      #expect(String(decoding: body, as: UTF8.self) == test.body)
      #expect(parser.closes == test.closes)
    }
  }

  @Test(arguments: ParserCase.all)
  func `byte by byte it means the same`(_ test: ParserCase) {
    let text = Array(test.text.utf8)
    let (progress, parser, body) = parse(text, pieces: text.map { _ in 1 })
    if let fault = test.fault {
      #expect(progress == .failed(fault))
    } else {
      #expect(progress == .complete)
      #expect(parser.status == test.status)
      #expect(String(decoding: body, as: UTF8.self) == test.body)
    }
  }

  @Test func `a response may be as long as its connection`() {
    let text = Array("HTTP/1.1 200 OK\r\n\r\nall of it".utf8)
    var (progress, parser, _) = parse(text, pieces: [text.count])
    #expect(progress == .needsMore)
    #expect(parser.end() == .complete)
    #expect(parser.body.count == 9)
    let cut = Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".utf8)
    (progress, parser, _) = parse(cut, pieces: [cut.count])
    #expect(parser.end() == .failed(.closedEarly))
  }

  @Test func `headers of the service are read`() {
    let text = Array(
      ("HTTP/1.1 200 OK\r\nx-amzn-RequestId: ABC\r\nx-amz-crc32: 2745614147\r\n"
        + "X-Amz-Retry-After: 250\r\nContent-Length: 2\r\n\r\n{}").utf8)
    let (progress, parser, _) = parse(text, pieces: [text.count])
    #expect(progress == .complete)
    #expect(parser.checksum == 2_745_614_147)
    #expect(parser.retryAfterMilliseconds == 250)
    #expect(text[parser.requestIdentifier].elementsEqual("ABC".utf8))
  }
}

@Suite struct ResponseParserPropertyTests {
  /// Random texts near the grammar: whole, in random pieces and byte by byte they end alike.
  @Test(arguments: Seed.some(20))
  func `pieces do not matter`(_ seed: Seed) {
    var generator = seed.generator
    let scraps = [
      "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 X\r\n\r\n", "Content-Length: 3\r\n", "\r\n", "abc", "\r",
      "\n", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n", "0\r\n\r\n", "A: b\r\n", "\0", ":",
      "Connection: close\r\n", "HTTP/1.0 500 X\r\n",
    ]
    for _ in 0..<400 {
      var text = Array("HTTP/1.1 200 OK\r\n".utf8)
      for _ in 0..<generator.integer(in: 1...7) {
        text += Array(scraps[generator.integer(in: 0...scraps.count - 1)].utf8)
      }
      var pieces: [Int] = []
      var left = text.count
      while left > 0 {
        pieces.append(generator.integer(in: 1...min(left, 9)))
        left -= pieces[pieces.count - 1]
      }
      let whole = parse(text, pieces: [text.count])
      let cut = parse(text, pieces: pieces)
      // Bytes behind the end are found only if they come along; that end was right before them.
      if whole.0 == .failed(.excessBytes) { continue }
      #expect(whole.0 == cut.0, "\(text) in \(pieces)")
      if whole.0 == .complete { #expect(whole.2 == cut.2) }
    }
  }
}
