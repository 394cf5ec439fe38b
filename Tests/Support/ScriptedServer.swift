// A server that does what a test says, byte for byte: it shows clients what no well-behaved server
// would send, stops answering, or counts what arrives.

import Glibc
import Synchronization

/// An HTTP server on a free loopback port; a thread for each connection. Stops with `stop`.
public final class ScriptedServer: Sendable {
  /// What to do with one request.
  public struct Answer: Sendable {
    public var bytes: [UInt8]
    /// The connection ends after the bytes.
    public var closes: Bool
    /// Bytes per send; nil: all at once.
    public var pieces: Int?

    public init(_ bytes: [UInt8], closes: Bool = false, pieces: Int? = nil) {
      self.bytes = bytes
      self.closes = closes
      self.pieces = pieces
    }

    /// A response with status, JSON body and length.
    public static func json(_ status: Int, _ body: String) -> Answer {
      let head =
        "HTTP/1.1 \(status) X\r\nContent-Type: application/x-amz-json-1.0\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n"
      return Answer(Array((head + body).utf8))
    }
  }

  /// A request: the whole head as text, and the body.
  public struct Request: Sendable {
    public let head: String
    public let body: [UInt8]
    /// 0 for the first connection.
    public let connection: Int

    /// The value of a header, its name in lower case.
    public func header(_ name: String) -> String? {
      for line in head.split(separator: "\r\n").dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2, parts[0].lowercased() == name {
          return String(parts[1].drop { $0 == " " })
        }
      }
      return nil
    }
  }

  public let port: UInt16
  private let listener: Int32
  private let isStopped = Atomic<Bool>(false)
  private let accepted = Atomic<Int>(0)

  public init(_ answer: @escaping @Sendable (Request) -> Answer) {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    var port: UInt16 = 0
    let listener = listener
    withUnsafeMutablePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        bind(listener, name, size)
        listen(listener, 512)
        getsockname(listener, name, &size)
      }
    }
    port = UInt16(bigEndian: name.sin_port)
    self.port = port
    start { [self] in
      // Closed here and nowhere else: the number of a socket that another thread closes may be
      // that of another server's by the next call.
      defer { close(listener) }
      while !isStopped.load(ordering: .acquiring) {
        let connection = accept(listener, nil, nil)
        if connection < 0 { return }
        let number = accepted.wrappingAdd(1, ordering: .relaxed).oldValue
        start { Self.serve(connection, number, answer) }
      }
    }
  }

  /// Connections that came so far.
  public var connections: Int { accepted.load(ordering: .relaxed) }

  public func stop() {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private static func serve(
    _ connection: Int32, _ number: Int, _ answer: @Sendable (Request) -> Answer
  ) {
    defer { close(connection) }
    var bytes: [UInt8] = []
    while let request = next(connection, number, &bytes) {
      let answer = answer(request)
      var rest = answer.bytes[...]
      while !rest.isEmpty {
        let piece = Array(rest.prefix(answer.pieces ?? rest.count))
        guard send(connection, piece, piece.count, Int32(MSG_NOSIGNAL)) == piece.count else {
          return
        }
        rest = rest.dropFirst(piece.count)
        if answer.pieces != nil { usleep(50) }
      }
      if answer.closes { return }
    }
  }

  private static func next(
    _ connection: Int32, _ number: Int, _ bytes: inout [UInt8]
  ) -> Request? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      if let end = headEnd(bytes) {
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        let request = Request(head: head, body: [], connection: number)
        let length = request.header("content-length").flatMap { Int($0) } ?? 0
        if bytes.count >= end + 4 + length {
          let body = Array(bytes[(end + 4)..<(end + 4 + length)])
          bytes.removeFirst(end + 4 + length)
          return Request(head: head, body: body, connection: number)
        }
      }
      let got = recv(connection, &buffer, buffer.count, 0)
      guard got > 0 else { return nil }
      bytes += buffer[..<got]
    }
  }

  private static func headEnd(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    return (0...(bytes.count - 4)).first {
      bytes[$0] == 13 && bytes[$0 + 1] == 10 && bytes[$0 + 2] == 13 && bytes[$0 + 3] == 10
    }
  }
}

/// Runs `body` on a thread of its own.
private func start(_ body: @escaping @Sendable () -> Void) {
  final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let box = Unmanaged.passRetained(Box(body))
  pthread_create(
    &thread, nil,
    { context in
      if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
      return nil
    }, box.toOpaque())
  pthread_detach(thread)
}
