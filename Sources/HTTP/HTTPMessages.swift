// A request as a handler sees it and the response that it fills.
//
// The request cannot be copied out of the handler, because it reads headers from the connection's
// own memory. The response is reused from request to request of a connection, so that a handler
// that appends to its body allocates only until the body has had its usual size once.

import CMicroHTTPD
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
  private let connection: OpaquePointer
  private let target: UnsafePointer<CChar>

  init(
    method: HTTPMethod, body: [UInt8], connection: OpaquePointer, target: UnsafePointer<CChar>
  ) {
    self.method = method
    self.body = body
    self.connection = connection
    self.target = target
  }

  /// The path, percent-decoded, without the query.
  public var path: String { String(cString: target) }

  /// The numeric address of the client; nil when it is not known.
  public var peerAddress: String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
      guard let start = text.baseAddress, mhd_peer(connection, start, text.count) == 1 else {
        return nil
      }
      return String(cString: start)
    }
  }

  /// The value of the header `name`, whose case does not matter; the first one if repeated.
  public func header(_ name: String) -> String? {
    withHeader(name) { value in value.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// Calls `body` with the bytes of the header's value (nil when absent), valid during the call;
  /// allocates nothing.
  public func withHeader<R>(_ name: String, _ body: (UnsafeRawBufferPointer?) -> R) -> R {
    var name = name
    var count = 0
    let value = name.withUTF8 { name in
      name.withMemoryRebound(to: CChar.self) {
        mhd_header(connection, $0.baseAddress, $0.count, &count)
      }
    }
    return body(value.map { UnsafeRawBufferPointer(start: $0, count: count) })
  }

  /// The value of the query argument `name`, percent-decoded; empty when it has none.
  public func query(_ name: String) -> String? {
    var name = name
    var count = 0
    let value = name.withUTF8 { name in
      name.withMemoryRebound(to: CChar.self) {
        mhd_query(connection, $0.baseAddress, $0.count, &count)
      }
    }
    return value.map { start in
      String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
  }

  /// All headers in order of arrival, names as they came.
  public func headers() -> [(name: String, value: String)] {
    var found: [(name: String, value: String)] = []
    withUnsafeMutablePointer(to: &found) { found in
      mhd_each_header(
        connection,
        { context, name, value in
          guard let context, let name, let value else { return 0 }
          context.assumingMemoryBound(to: [(name: String, value: String)].self).pointee
            .append((String(cString: name), trimmed(value)))
          return 1
        }, found)
    }
    return found
  }
}

/// `value` without the blanks behind it.
private func trimmed(_ value: UnsafePointer<CChar>) -> String {
  var text = String(cString: value)
  while let last = text.utf8.last, last == 32 || last == 9 { text.unicodeScalars.removeLast() }
  return text
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
  private(set) var headers: [(name: String, value: String)] = []

  public init() {}

  /// Adds a header. Name and value must be free of control characters.
  public mutating func addHeader(_ name: String, _ value: String) { headers.append((name, value)) }

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
    headers.removeAll(keepingCapacity: true)
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
