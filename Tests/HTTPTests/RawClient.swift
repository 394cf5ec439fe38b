// A client that sends exactly the bytes it is given, so that tests can be rude.

import Glibc
import HTTP

/// A response as it came over the wire.
struct RawResponse: Equatable {
  var status = 0
  /// Header lines in order, names in lower case.
  var headers: [String] = []
  var body: [UInt8] = []

  var text: String { String(decoding: body, as: UTF8.self) }

  func header(_ name: String) -> String? {
    headers.first { $0.hasPrefix(name + ":") }.map {
      String($0.dropFirst(name.count + 1).drop { $0 == " " })
    }
  }
}

/// A blocking connection to 127.0.0.1 that gives up after ten seconds without a byte.
///
/// `@unchecked Sendable`: a test may hand it to another thread, but not use it from two at once.
final class RawClient: @unchecked Sendable {
  private let socket: Int32
  private var pending: [UInt8] = []

  /// nil when the connection is refused.
  init?(_ port: UInt16) {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
    let connected = withUnsafePointer(to: &name) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if connected != 0 { return nil }
  }

  deinit { close(socket) }

  /// Sends nothing more.
  func endWriting() { shutdown(socket, Int32(SHUT_WR)) }

  /// False when the server has hung up.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// A POST with `body`, `more` being further header lines, each with its line end.
  func post(_ body: [UInt8], _ more: String = "") {
    send(
      Array("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\(more)\r\n".utf8)
        + body)
  }

  private func fill() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &buffer, buffer.count, 0)
    if count > 0 { pending += buffer[..<count] }
    return count > 0
  }

  /// The next line without its end, nil when the connection has ended.
  private func line() -> String? {
    while true {
      if let end = pending.firstIndex(of: 10) {
        let line = pending[..<end]
        pending.removeFirst(line.count + 1)
        return String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
      }
      if !fill() { return nil }
    }
  }

  /// The next response, nil when the connection ended (or stayed silent) before it was whole.
  func response(hasBody: Bool = true) -> RawResponse? {
    guard let first = line() else { return nil }
    var response = RawResponse()
    response.status = Int(first.split(separator: " ").dropFirst().first ?? "") ?? 0
    while let header = line(), !header.isEmpty {
      let name = header.prefix { $0 != ":" }
      response.headers.append(name.lowercased() + header.dropFirst(name.count))
    }
    guard hasBody, let length = response.header("content-length").flatMap(Int.init) else {
      return response
    }
    while pending.count < length { if !fill() { return nil } }
    response.body = Array(pending[..<length])
    pending.removeFirst(length)
    return response
  }

  /// Whether the server has closed the connection; waits for it, reading what still comes.
  func isEnded() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(socket, &buffer, buffer.count, 0)
      if count == 0 { return true }
      if count < 0 { return errno == ECONNRESET }
    }
  }
}

/// A server that says what it was asked: method, path, number of body bytes and their sum.
func echo(_ settings: HTTPServerSettings = fewThreads()) throws(HTTPServerError) -> HTTPServer {
  try HTTPServer(settings) { request, response in
    let sum = request.body.reduce(0) { $0 &+ Int($1) }
    let text = "\(request.method.rawValue) \(request.path) \(request.body.count) \(sum)"
    response.addHeader("Content-Type", "text/plain")
    response.body.append(contentsOf: text.utf8)
  }
}

/// Settings for tests: two threads, small limits where they do not matter.
func fewThreads(_ change: (inout HTTPServerSettings) -> Void = { _ in }) -> HTTPServerSettings {
  var settings = HTTPServerSettings()
  settings.threads = 2
  change(&settings)
  return settings
}
