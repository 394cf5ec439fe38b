// What the threads of a server share: settings, the handler, counts; and, per event loop, what
// others tell it.

import Platform
import Synchronization
import TransportSecurity
import Units

/// Shared by all loops of a server.
final class ServerCore: Sendable {
  typealias Handler = @Sendable (borrowing HTTPRequest, inout HTTPResponse) -> Void

  let settings: HTTPServerSettings
  let handler: Handler
  let tls: TLSServerContext?
  /// Requests whose heads have arrived and whose response is not out.
  let running = Atomic(0)
  let connections = Atomic(0)
  /// Seen by a loop that is busy, where its mailbox is not.
  let isStopping = Atomic(false)

  init(_ settings: HTTPServerSettings, _ handler: @escaping Handler) throws(HTTPServerError) {
    self.settings = settings
    self.handler = handler
    tls = try Self.context(settings.identity)
  }

  private static func context(
    _ identity: TLSIdentity?
  ) throws(HTTPServerError) -> TLSServerContext? {
    guard let identity else { return nil }
    let made = TLSServerContext(
      certificatePEM: identity.certificatePEM, privateKeyPEM: identity.privateKeyPEM)
    if let context = made { return context }
    throw .starting(isTLS: true)
  }
}

/// How far a server has come in stopping.
enum Stopping: Comparable, Sendable {
  case no
  /// No new connections; responses end theirs; nothing is held back any longer.
  case begun
  /// Connections end, whatever they are doing, and the loop with them.
  case now
}

/// What other threads tell an event loop.
final class Mailbox: Sendable {
  private struct Content {
    var finished: [UInt64] = []
    var stopping = Stopping.no
  }

  let wakeUp: WakeUp
  private let content = Mutex(Content())

  init() throws(SystemError) { wakeUp = try WakeUp() }

  /// The response of the connection with this token waits no longer.
  func post(finished token: UInt64) {
    let isFirst = content.withLock { content in
      content.finished.append(token)
      return content.finished.count == 1
    }
    if isFirst { wakeUp.signal() }
  }

  func post(_ stopping: Stopping) {
    content.withLock { $0.stopping = max($0.stopping, stopping) }
    wakeUp.signal()
  }

  /// Everything since the last time, exchanged for the empty `finished`.
  func open(_ finished: inout [UInt64]) -> Stopping {
    content.withLock { content in
      swap(&content.finished, &finished)
      return content.stopping
    }
  }
}
