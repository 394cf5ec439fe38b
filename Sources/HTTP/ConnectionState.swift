// What the server keeps for one connection: the request that is arriving and the response.
//
// One thread of the pool serves a connection for its whole life and is the only one to touch the
// plain fields. The watch thread reads the atomic ones and, under the registry's lock, the socket.

import Platform
import Synchronization

/// A connection; buffers are reused from request to request.
///
/// `@unchecked Sendable` holds because the plain fields belong to the thread that serves the
/// connection, and the fields of `Watch` to the watch thread.
final class ConnectionState: @unchecked Sendable {
  let socket: Int32
  /// Where the registry keeps it.
  var slot = 0

  // Of the serving thread.
  var body: [UInt8] = []
  var response = HTTPResponse()
  /// Bytes of the body that have arrived.
  var received: Int64 = 0
  /// The body's bytes were dropped because there are too many.
  var isOversized = false
  /// The handler has filled `response`.
  var isAnswered = false
  /// The response has been held back for its delay, if it has one.
  var isHeld = false

  /// When the headers of the request that is arriving were complete, 0 when none is: nanoseconds of
  /// the server's clock.
  let receivingSince = Atomic<Int64>(0)
  /// Requests that are over.
  let finished = Atomic(0)

  /// Of the watch thread.
  struct Watch {
    var finished = 0
    var bytes: UInt64 = 0
    var suspectSince: Int64 = 0
  }
  var watch = Watch()

  init(socket: Int32) { self.socket = socket }

  /// Ready for the next request.
  func reset() {
    body.removeAll(keepingCapacity: body.capacity <= keptBytes)
    response.reset()
    received = 0
    isOversized = false
    isAnswered = false
    isHeld = false
  }

  /// Whether a request has been arriving for longer than `limit`, as seen at `now` (both in
  /// nanoseconds). Bytes that came since the last request without making up a new one count from
  /// when they were noticed. While bytes wait to be read, it is the server that is slow.
  func isTooSlow(at now: Int64, limit: Int64) -> Bool {
    if Connections.bytesUnread(socket) > 0 { return false }
    let since = receivingSince.load(ordering: .relaxed)
    if since != 0 { return now - since > limit }
    let finished = finished.load(ordering: .relaxed)
    let bytes = Connections.bytesReceived(socket)
    if finished != watch.finished {
      watch = Watch(finished: finished, bytes: bytes)
    } else if bytes == watch.bytes {
      watch.suspectSince = 0
    } else if watch.suspectSince == 0 {
      watch.suspectSince = now
    }
    return watch.suspectSince != 0 && now - watch.suspectSince > limit
  }
}

/// All open connections, for the watch thread.
struct ConnectionRegistry {
  private(set) var all: [ConnectionState] = []

  mutating func add(_ connection: ConnectionState) {
    connection.slot = all.count
    all.append(connection)
  }

  mutating func remove(_ connection: ConnectionState) {
    let last = all.removeLast()
    guard last !== connection else { return }
    last.slot = connection.slot
    all[connection.slot] = last
  }
}
