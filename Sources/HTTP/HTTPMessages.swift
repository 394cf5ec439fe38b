// A request as a handler sees it and the response that it fills.
//
// The request cannot be copied out of the handler, because it reads headers from the connection's
// own memory. The response is reused from request to request of a connection, so that a handler
// that appends to its body allocates only until the body has had its usual size once.

import Platform
public import Units

/// The methods a server may accept; anything else is answered with 405.
public enum HTTPMethod: String, Sendable, CaseIterable {
  case get = "GET"
  case post = "POST"
  case put = "PUT"
  case delete = "DELETE"
  case options = "OPTIONS"
}

/// A request that has arrived completely; valid during the handler's call.
public struct HTTPRequest: ~Copyable {
  public let method: HTTPMethod
  /// The body, decompressed if it was compressed; empty when there was none.
  public let body: [UInt8]
  private let bytes: UnsafeRawBufferPointer
  private let head: RequestHead
  private let socket: Int32

  /// - Parameter bytes: The head, whose parts `head` names.
  init(
    method: HTTPMethod, body: [UInt8], bytes: UnsafeRawBufferPointer, head: RequestHead,
    socket: Int32
  ) {
    self.method = method
    self.body = body
    self.bytes = bytes
    self.head = head
    self.socket = socket
  }

  /// The path, percent-decoded, without the query.
  public var path: String {
    let target = pathAndQuery
    return Self.decoded(target.prefix { $0 != Ascii.question })
  }

  /// Whether the target is the root, as it is of nearly all requests of an API with one address.
  public var isRoot: Bool { head.target.count == 1 && bytes[head.target.lowerBound] == Ascii.slash }

  /// The numeric address of the client; nil when it is not known.
  public var peerAddress: String? { StreamSocket.peerAddress(socket) }

  /// The value of the header `name`, whose case does not matter; the first one if repeated.
  public func header(_ name: String) -> String? {
    withHeader(name) { value in value.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// Calls `body` with the bytes of the header's value (nil when absent), valid during the call;
  /// allocates nothing.
  public func withHeader<R>(_ name: String, _ body: (UnsafeRawBufferPointer?) -> R) -> R {
    var name = name
    let found = name.withUTF8 { name in
      head.headers.first { header in
        header.name.count == name.count && RequestHead.equals(text(header.name), name)
      }
    }
    return body(found.map { text($0.value) })
  }

  /// The value of the query argument `name`, percent-decoded; empty when it has none.
  public func query(_ name: String) -> String? {
    let target = pathAndQuery
    guard let mark = target.firstIndex(of: Ascii.question) else { return nil }
    for argument in target[(mark + 1)...].split(separator: Ascii.ampersand) {
      let key = argument.prefix { $0 != Ascii.equals }
      if Self.decoded(key, plusIsBlank: true) == name {
        return Self.decoded(argument.dropFirst(key.count + 1), plusIsBlank: true)
      }
    }
    return nil
  }

  /// All headers in order of arrival, names as they came.
  public func headers() -> [(name: String, value: String)] {
    head.headers.map {
      (
        String(decoding: text($0.name), as: UTF8.self),
        String(decoding: text($0.value), as: UTF8.self)
      )
    }
  }

  private func text(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[range])
  }

  /// The target in origin form (RFC 9112 section 3.2): of `http://host/path`, `/path`.
  private var pathAndQuery: UnsafeRawBufferPointer {
    let target = text(head.target)
    guard target.first != Ascii.slash, let colon = target.firstIndex(of: Ascii.colon),
      target[(colon + 1)...].starts(with: [Ascii.slash, Ascii.slash])
    else { return target }
    let authority = target[(colon + 3)...]
    guard let end = authority.firstIndex(where: { $0 == Ascii.slash || $0 == Ascii.question })
    else { return UnsafeRawBufferPointer(rebasing: target[target.endIndex...]) }
    return UnsafeRawBufferPointer(rebasing: target[end...])
  }

  /// Without percent signs; those that no two hexadecimal digits follow stay.
  private static func decoded(
    _ text: Slice<UnsafeRawBufferPointer>, plusIsBlank: Bool = false
  ) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var at = text.startIndex
    while at < text.endIndex {
      if text[at] == Ascii.percent, at + 2 < text.endIndex, let high = hexadecimal(text[at + 1]),
        let low = hexadecimal(text[at + 2])
      {
        bytes.append(high << 4 | low)
        at += 3
      } else {
        bytes.append(plusIsBlank && text[at] == Ascii.plus ? Ascii.blank : text[at])
        at += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }
}

private enum Ascii {
  static let blank = UInt8(ascii: " ")
  static let percent = UInt8(ascii: "%")
  static let ampersand = UInt8(ascii: "&")
  static let plus = UInt8(ascii: "+")
  static let slash = UInt8(ascii: "/")
  static let colon = UInt8(ascii: ":")
  static let equals = UInt8(ascii: "=")
  static let question = UInt8(ascii: "?")
}

/// What a handler answers; begins as 200 without headers and body.
public struct HTTPResponse: Sendable {
  public var status = 200
  /// The body; `Content-Length` is added. A handler may append to it directly.
  public var body: [UInt8] = []
  /// Ends the connection after this response.
  public var closesConnection = false
  /// How long to hold the response back; the thread serves others meanwhile.
  public var delay = Nanoseconds.zero
  /// What the response waits for before its delay begins; the thread serves others meanwhile.
  public var pending: PendingResponse?
  /// Line endings, each with the header behind it.
  private(set) var headerLines: [UInt8] = []

  public init() {}

  /// Adds a header. Name and value must be free of control characters.
  public mutating func addHeader(_ name: String, _ value: String) {
    var value = value
    value.withUTF8 { value in
      addHeader(name, room: value.count) { target in
        _ = target.update(fromContentsOf: value)
        return value.count
      }
    }
  }

  /// Adds a header with a number.
  public mutating func addHeader(_ name: String, _ value: UInt32) {
    addHeader(name, room: Decimal.digitsMax) { Decimal.write(UInt64(value), $0) }
  }

  /// Adds a header whose value `write` writes into room for `room` bytes; it returns its length.
  public mutating func addHeader(
    _ name: String, room: Int, _ write: (UnsafeMutableBufferPointer<UInt8>) -> Int
  ) {
    var name = name
    name.withUTF8 { name in
      headerLines.append(addingCapacity: name.count + 4 + room) { span in
        span.withUnsafeMutableBufferPointer { memory, count in
          memory[0] = 13
          memory[1] = 10
          let end =
            UnsafeMutableBufferPointer(rebasing: memory[2...])
            .update(fromContentsOf: name) + 2
          memory[end] = Ascii.colon
          memory[end + 1] = Ascii.blank
          count = end + 2 + write(UnsafeMutableBufferPointer(rebasing: memory[(end + 2)...]))
        }
      }
    }
  }

  /// Replaces everything by a short text, for errors below the service's own.
  public mutating func refuse(_ status: Int, _ text: String) {
    reset()
    self.status = status
    addHeader("Content-Type", "text/plain; charset=utf-8")
    body.append(contentsOf: text.utf8)
    body.append(UInt8(ascii: "\n"))
  }

  /// Ready for the next request; memory is kept up to a size that many connections can afford.
  mutating func reset() {
    status = 200
    closesConnection = false
    delay = .zero
    pending = nil
    headerLines.removeAll(keepingCapacity: true)
    body.removeAll(keepingCapacity: body.capacity <= keptBytes)
  }
}

/// Something that a response waits for.
public struct PendingResponse: Sendable {
  /// Begins to wait; calls its argument exactly once, from any thread, also before it returns.
  var wait: @Sendable (_ finished: @escaping @Sendable () -> Void) -> Void
  /// Makes the response what it is to be, on the serving thread, once that has happened.
  var complete: @Sendable (inout HTTPResponse) -> Void

  public init(
    wait: @escaping @Sendable (_ finished: @escaping @Sendable () -> Void) -> Void,
    complete: @escaping @Sendable (inout HTTPResponse) -> Void
  ) {
    self.wait = wait
    self.complete = complete
  }
}

/// A connection keeps no buffer above this size between requests.
let keptBytes = 1 << 16

/// Numbers as digits.
enum Decimal {
  /// Of 64 bits.
  static let digitsMax = 20

  /// Writes the digits of a number; how many there are.
  static func write(_ number: UInt64, _ target: UnsafeMutableBufferPointer<UInt8>) -> Int {
    var count = 1
    var rest = number / 10
    while rest > 0 {
      count += 1
      rest /= 10
    }
    rest = number
    for place in stride(from: count - 1, through: 0, by: -1) {
      target[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    return count
  }
}

extension [UInt8] {
  /// Appends a number in decimal digits.
  mutating func append(decimal number: UInt64) {
    append(addingCapacity: Decimal.digitsMax) { span in
      span.withUnsafeMutableBufferPointer { memory, count in
        count = Decimal.write(number, memory)
      }
    }
  }
}
