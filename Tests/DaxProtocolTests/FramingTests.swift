// Where messages end, however they arrive: whole, byte by byte, several at once, or as nonsense.

import TestSupport
import Testing

@testable import DaxProtocol

@Suite struct FramingTests {
  /// As the public client greets.
  static let greeting =
    bytes("67") + "J7yne5G".utf8 + bytes("00") + bytes("50") + Array(repeating: 7, count: 16)
    + bytes("a169") + "UserAgent".utf8 + bytes("6178") + bytes("00")

  static let getItem: [UInt8] = {
    var writer = CBORWriter()
    writer.integer(1)
    writer.integer(DaxMethod.getItem.rawValue)
    writer.byteString(Array("table".utf8))
    writer.byteString(Array("key".utf8))
    writer.openMap()
    writer.integer(2)
    writer.boolean(true)
    writer.integer(3)
    writer.integer(1)
    writer.stop()
    return writer.bytes
  }()

  static let endpoints: [UInt8] = {
    var writer = CBORWriter()
    writer.integer(1)
    writer.integer(DaxMethod.endpoints.rawValue)
    return writer.bytes
  }()

  /// The methods found in `pieces`, with the rest that is not complete.
  private func methods(in pieces: [[UInt8]]) -> ([DaxMethod], rest: Int) {
    var framing = DaxFraming()
    var buffer: [UInt8] = []
    var found: [DaxMethod] = []
    for piece in pieces {
      buffer += piece
      search: while true {
        switch framing.next(in: buffer) {
        case .greeting(let end): buffer.removeFirst(end)
        case .request(let method, let arguments):
          found.append(method)
          buffer.removeFirst(arguments.upperBound)
        case .incomplete, .malformed: break search
        }
      }
    }
    return (found, buffer.count)
  }

  @Test func messagesArriveInAnyPieces() {
    let stream = Self.greeting + Self.getItem + Self.endpoints + Self.getItem
    let expected: [DaxMethod] = [.getItem, .endpoints, .getItem]
    #expect(methods(in: [stream]) == (expected, 0))
    #expect(methods(in: stream.map { [$0] }) == (expected, 0))
    for cut in stride(from: 1, to: stream.count, by: 7) {
      #expect(methods(in: [Array(stream[..<cut]), Array(stream[cut...])]) == (expected, 0))
    }
  }

  @Test func argumentsAreRead() throws {
    var framing = DaxFraming()
    _ = framing.next(in: Self.greeting)
    guard case .request(.getItem, let range) = framing.next(in: Self.getItem),
      case .getItem(let table, let key, let options) = try DaxRequest.read(
        .getItem, Self.getItem[range])
    else {
      Issue.record("no GetItem")
      return
    }
    #expect(table == "table" && key == Array("key".utf8))
    #expect(options.isConsistent && options.returnConsumedCapacity == "TOTAL")
  }

  @Test(arguments: [
    Array("GET / HTTP/1.1\r\n".utf8), FramingTests.greeting + bytes("02") + bytes("00"),
    FramingTests.greeting + bytes("0100"), FramingTests.greeting + bytes("f6"),
    FramingTests.greeting + bytes("ff"), bytes("16030100"),
  ])
  func otherBytesAreRefused(stream: [UInt8]) {
    var framing = DaxFraming()
    var outcome = framing.next(in: stream)
    if case .greeting(let end) = outcome { outcome = framing.next(in: Array(stream[end...])) }
    guard case .malformed = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }

  /// Time per byte must not grow with the message: a long one that comes in small pieces.
  @Test func longMessagesAreScannedOnce() {
    var writer = CBORWriter()
    writer.integer(1)
    writer.integer(DaxMethod.defineAttributeListId.rawValue)
    writer.array(100_000)
    for _ in 0..<100_000 { writer.text("a") }
    var framing = DaxFraming()
    _ = framing.next(in: Self.greeting)
    var buffer: [UInt8] = []
    var outcome = DaxFraming.Outcome.incomplete
    for start in stride(from: 0, to: writer.bytes.count, by: 100) {
      buffer += writer.bytes[start..<min(start + 100, writer.bytes.count)]
      outcome = framing.next(in: buffer)
    }
    guard case .request(.defineAttributeListId, let range) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(range.upperBound == writer.bytes.count)
  }

  @Test(arguments: Seed.some(60))
  func randomStreamsNeverCrash(seed: Seed) {
    var random = seed.generator
    for _ in 0..<100 {
      var stream = Self.greeting + Self.getItem + Self.endpoints
      for _ in 0..<random.integer(in: 1...4) {
        stream[random.integer(in: 0...stream.count - 1)] = UInt8(random.integer(in: 0...255))
      }
      let whole = methods(in: [stream])
      #expect(methods(in: stream.map { [$0] }) == whole, "\(seed)")
    }
  }
}
