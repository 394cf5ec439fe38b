// What the HTTP library calls: steps of requests, ends of requests, connections that come and go.
//
// The library parses, keeps alive, frames chunks and writes; here a body is collected, checked
// against limits, decompressed and handed to the handler on the serving thread. A held-back
// response suspends its connection, and the watch thread resumes it. The watch thread also ends
// requests that trickle in too slowly, which the library's own timeout (time without any byte)
// would let live for ever.

import CMicroHTTPD
import Platform
import Synchronization
import Units

final class ServerCore: Sendable {
  typealias Handler = @Sendable (borrowing HTTPRequest, inout HTTPResponse) -> Void

  private struct Timers {
    /// Held-back responses, the one due last first; connections as the numbers of their pointers.
    var waiting: [(due: Instant, connection: UInt)] = []
    var isStopping = false
  }

  let settings: HTTPServerSettings
  private let handler: Handler
  private let clock = MonotonicClock()
  private let connections = Mutex(ConnectionRegistry())
  private let timers = Monitor(Timers())
  private let running = Atomic(0)
  private let isStopping = Atomic(false)
  private static let watchInterval = Nanoseconds.milliseconds(250)

  init(_ settings: HTTPServerSettings, _ handler: @escaping Handler) {
    self.settings = settings
    self.handler = handler
  }

  /// Requests whose headers have arrived and whose response is not sent yet.
  var requestsInFlight: Int { running.load(ordering: .acquiring) }

  var openConnections: Int { connections.withLock { $0.all.count } }

  // MARK: Connections

  func connectionBegan(_ connection: OpaquePointer) -> ConnectionState {
    let state = ConnectionState(socket: mhd_connection_socket(connection))
    connections.withLock { $0.add(state) }
    return state
  }

  func connectionEnded(_ state: ConnectionState) { connections.withLock { $0.remove(state) } }

  // MARK: Requests

  /// The headers of a request are complete. 0 hangs up.
  func begin(_ state: ConnectionState, _ connection: OpaquePointer) -> Int32 {
    running.add(1, ordering: .relaxed)
    let now = clock.now().nanoseconds
    state.receivingSince.store(max(now, 1), ordering: .relaxed)
    let request = Headers(connection)
    guard request.isFramedOnce else {
      state.response.refuse(400, "the headers do not say unambiguously where the body ends")
      state.response.closesConnection = true
      return send(state, connection)
    }
    guard let length = request.contentLength, length > settings.bodyLimit.count else { return 1 }
    state.isOversized = true
    // A client that waits for permission is told now. The others are let finish, as long as that
    // is affordable, because an answer during their sending is often lost with the connection.
    guard request.has("Expect") || length > patienceBytes else { return 1 }
    refuseOversized(state)
    state.response.closesConnection = true
    return send(state, connection)
  }

  /// More of the body has arrived.
  func receive(_ state: ConnectionState, _ bytes: UnsafeRawBufferPointer) -> Int32 {
    state.received += Int64(bytes.count)
    if !state.isOversized, state.received <= settings.bodyLimit.count {
      state.body.append(contentsOf: bytes)
      return 1
    }
    state.isOversized = true
    state.body.removeAll()
    return state.received <= patienceBytes ? 1 : 0
  }

  /// How much of an oversized body is read, and dropped, so that the client hears why.
  private var patienceBytes: Int64 { 4 * settings.bodyLimit.count }

  /// The request is complete, or its response has been held back long enough.
  func complete(
    _ state: ConnectionState, _ connection: OpaquePointer, _ line: RequestLine
  ) -> Int32 {
    if !state.isAnswered {
      state.receivingSince.store(0, ordering: .relaxed)
      state.isAnswered = true
      answer(state, connection, line)
      if let pending = state.response.pending {
        mhd_suspend(connection)
        let number = UInt(bitPattern: connection)
        pending.wait { mhd_resume(OpaquePointer(bitPattern: number)) }
        return 1
      }
    }
    if let pending = state.response.pending {
      state.response.pending = nil
      pending.complete(&state.response)
    }
    if !state.isHeld {
      state.isHeld = true
      if state.response.delay > .zero {
        mhd_suspend(connection)
        hold(connection, until: clock.now() + state.response.delay)
        return 1
      }
    }
    return send(state, connection)
  }

  /// The request is over, answered or not.
  func end(_ state: ConnectionState) {
    state.receivingSince.store(0, ordering: .relaxed)
    state.reset()
    state.finished.add(1, ordering: .relaxed)
    running.subtract(1, ordering: .releasing)
  }

  private func answer(_ state: ConnectionState, _ connection: OpaquePointer, _ line: RequestLine) {
    guard let method = line.method, settings.methods.contains(method) else {
      state.response.refuse(405, "method not allowed")
      let allowed = settings.methods.map(\.rawValue).joined(separator: ", ")
      return state.response.addHeader("Allow", allowed)
    }
    if state.isOversized { return refuseOversized(state) }
    guard decompress(state, Headers(connection)) else { return }
    let request = HTTPRequest(
      method: method, body: state.body, connection: connection, target: line.target)
    handler(request, &state.response)
  }

  private func refuseOversized(_ state: ConnectionState) {
    state.response.refuse(413, "the body exceeds \(settings.bodyLimit.count) bytes")
  }

  /// False when the body cannot be read; the response says why.
  private func decompress(_ state: ConnectionState, _ headers: Headers) -> Bool {
    switch headers.coding {
    case .identity: return true
    case .unknown:
      state.response.refuse(415, "the content encoding is not supported; gzip is")
      return false
    case .gzip: break
    }
    var expanded: [UInt8] = []
    switch Gunzip.expand(state.body, into: &expanded, limit: Int(settings.bodyLimit.count)) {
    case .done:
      state.body = expanded
      return true
    case .malformed: state.response.refuse(400, "the body is not valid gzip")
    case .tooLarge: refuseOversized(state)
    }
    return false
  }

  private func send(_ state: ConnectionState, _ connection: OpaquePointer) -> Int32 {
    let made = state.response.body.withUnsafeBytes { mhd_response_make($0.baseAddress, $0.count) }
    guard let made else { return 0 }
    for header in state.response.headers { mhd_response_header(made, header.name, header.value) }
    if state.response.closesConnection || isStopping.load(ordering: .relaxed) {
      mhd_response_header(made, "Connection", "close")
    }
    return mhd_respond(connection, UInt32(state.response.status), made)
  }

  // MARK: Time

  /// Resumes the suspended `connection` when it is `due`, at once when the server is stopping.
  private func hold(_ connection: OpaquePointer, until due: Instant) {
    let number = UInt(bitPattern: connection)
    let isHeld = timers.change { timers in
      if timers.isStopping { return false }
      var low = 0
      var high = timers.waiting.count
      while low < high {
        let middle = (low + high) / 2
        if timers.waiting[middle].due > due { low = middle + 1 } else { high = middle }
      }
      timers.waiting.insert((due, number), at: low)
      return true
    }
    if !isHeld { mhd_resume(connection) }
  }

  /// The loop of the watch thread: resumes what is due, ends what is too slow.
  func watch() {
    var nextLook = clock.now() + Self.watchInterval
    while true {
      let now = clock.now()
      let (due, next, isStopping) = timers.withLock { timers in
        var due: [UInt] = []
        while let last = timers.waiting.last, timers.isStopping || last.due <= now {
          due.append(last.connection)
          timers.waiting.removeLast()
        }
        return (due, timers.waiting.last?.due, timers.isStopping)
      }
      for connection in due { mhd_resume(OpaquePointer(bitPattern: connection)) }
      if isStopping { return }
      if now >= nextLook {
        endSlowRequests(now)
        nextLook = now + Self.watchInterval
      }
      let wake = min(next ?? nextLook, nextLook)
      _ = timers.wait(within: wake - clock.now()) { timers -> Bool? in
        if timers.isStopping { return true }
        guard let due = timers.waiting.last?.due else { return nil }
        return due < wake ? true : nil
      }
    }
  }

  private func endSlowRequests(_ now: Instant) {
    let limit = settings.requestTimeout.count
    connections.withLock { connections in
      for connection in connections.all
      where connection.isTooSlow(at: now.nanoseconds, limit: limit) {
        Connections.shutDown(connection.socket)
      }
    }
  }

  // MARK: Stopping

  /// Responses from now on end their connection; what is held back is let go, and the watch thread
  /// ends.
  func beginStopping() {
    isStopping.store(true, ordering: .relaxed)
    timers.change { $0.isStopping = true }
  }

  /// Ends all connections and waits up to `limit` until the library has noticed. What was written
  /// still reaches the clients.
  func endConnections(within limit: Nanoseconds) {
    connections.withLock { connections in
      for connection in connections.all { Connections.shutDown(connection.socket) }
    }
    let begin = clock.now()
    while openConnections > 0, clock.now() - begin < limit { pause(for: .milliseconds(1)) }
  }
}

/// The first line of a request, as the library lends it.
struct RequestLine {
  let method: HTTPMethod?
  let target: UnsafePointer<CChar>

  init(_ name: UnsafePointer<CChar>, _ target: UnsafePointer<CChar>) {
    method = HTTPMethod(rawValue: String(cString: name))
    self.target = target
  }
}

/// The headers that the server itself understands.
private struct Headers {
  enum Coding { case identity, gzip, unknown }

  private let connection: OpaquePointer

  init(_ connection: OpaquePointer) { self.connection = connection }

  private func value(_ name: StaticString) -> UnsafeRawBufferPointer? {
    var count = 0
    let value = name.withUTF8Buffer { name in
      name.withMemoryRebound(to: CChar.self) {
        mhd_header(connection, $0.baseAddress, $0.count, &count)
      }
    }
    return value.map { UnsafeRawBufferPointer(start: $0, count: count) }
  }

  /// Whether every recipient must agree on where the body ends (RFC 9112 section 6.3); a request
  /// that proxies may read differently can carry another one inside.
  var isFramedOnce: Bool {
    let framing = mhd_framing_of(connection)
    return framing.content_lengths + framing.transfer_encodings <= 1
      && framing.unknown_encodings == 0 && framing.bad_names == 0
  }

  func has(_ name: StaticString) -> Bool { value(name) != nil }

  var contentLength: Int64? {
    value("Content-Length").flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
  }

  var coding: Coding {
    guard let value = value("Content-Encoding"), !value.isEmpty else { return .identity }
    switch String(decoding: value, as: UTF8.self).lowercased() {
    case "identity": return .identity
    case "gzip", "x-gzip": return .gzip
    default: return .unknown
    }
  }
}
