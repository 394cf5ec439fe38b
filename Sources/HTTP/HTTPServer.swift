// An HTTP/1.1 server: libmicrohttpd's epoll threads in front of a handler.
//
// Chosen over an epoll loop of our own, which is faster (engine-spikes.md section 1), because
// parsing, chunks, timeouts and TLS are kept by others. The handler runs to completion on the
// thread that serves the connection: no task and no queue per request.

import CMicroHTTPD
import Platform
import Synchronization
public import Units

/// A running server; stops when told, at the latest when its last reference goes.
public final class HTTPServer: Sendable {
  /// Answers a request by filling the response. Called from several threads at once.
  public typealias Handler = @Sendable (borrowing HTTPRequest, inout HTTPResponse) -> Void

  /// The port it listens on.
  public let port: UInt16
  /// `http://127.0.0.1:8000`, or `https://…` with TLS.
  public let url: String
  private let core: ServerCore
  private let parts: Mutex<Parts?>

  /// What stopping takes apart.
  fileprivate struct Parts: ~Copyable, @unchecked Sendable {
    /// Safe from any thread, as the library says; used only by the one who takes the parts.
    let daemon: OpaquePointer
    let socket: ListeningSocket
    let watcher: Worker
  }

  /// Listens and serves until stopped. Writing to closed connections becomes an error instead of a
  /// signal for the whole process.
  public init(
    _ settings: HTTPServerSettings = HTTPServerSettings(), _ handler: @escaping Handler
  ) throws(HTTPServerError) {
    Signals.ignoreBrokenPipes()
    let core = ServerCore(settings, handler)
    self.core = core
    let socket = try Self.listen(settings)
    port = socket.port
    let host = settings.address.contains(":") ? "[\(settings.address)]" : settings.address
    url = "\(settings.identity == nil ? "http" : "https")://\(host):\(socket.port)"
    parts = Mutex(try Self.start(core, socket))
  }

  deinit { stop(grace: .zero) }

  /// Requests whose headers have arrived and whose response is not sent yet.
  public var requestsInFlight: Int { core.requestsInFlight }

  /// Connections that are open, idle ones included.
  public var openConnections: Int { core.openConnections }

  /// Refuses new connections at once, lets requests that have begun finish for up to `grace`, then
  /// closes what is left. Returns when all threads have ended; stopping again does nothing. Must
  /// not be called from a handler.
  public func stop(grace: Nanoseconds = .seconds(10)) {
    guard let parts = parts.withLock({ $0.take() }) else { return }
    // The library's own way to stop listening (0.9.75) aborts the process when one of its threads
    // takes notice first. A socket that is shut down refuses connections just as well; the threads
    // find nothing to accept on it until they are stopped.
    Connections.shutDown(parts.socket.descriptor.number)
    core.beginStopping()
    let clock = MonotonicClock()
    while core.requestsInFlight > 0, clock.now() - .start < grace { pause(for: .milliseconds(1)) }
    // The library (0.9.75) crashes on a malformed request that it reads while its threads are being
    // stopped, so no connection may be left by then.
    core.endConnections(within: .seconds(2))
    parts.finish()
  }

  private static func listen(
    _ settings: HTTPServerSettings
  ) throws(HTTPServerError) -> ListeningSocket {
    do throws(SystemError) {
      return try ListeningSocket(address: settings.address, port: settings.port)
    } catch { throw .listening(error) }
  }

  private static func start(
    _ core: ServerCore, _ socket: consuming ListeningSocket
  ) throws(HTTPServerError) -> Parts {
    // Whether the library closes the descriptor when it fails depends on how far it came, so it
    // gets a second one, which is left to it then.
    let lent: Int32
    do throws(SystemError) { lent = try socket.duplicate().release() } catch {
      throw .listening(error)
    }
    guard let daemon = startDaemon(core, lent) else {
      throw .starting(isTLS: core.settings.identity != nil)
    }
    do throws(SystemError) {
      let watcher = try Worker("http-watch") { core.watch() }
      return Parts(daemon: daemon, socket: socket, watcher: watcher)
    } catch {
      mhd_stop(daemon)
      throw .starting(isTLS: false)
    }
  }

  private static func startDaemon(_ core: ServerCore, _ socket: Int32) -> OpaquePointer? {
    let settings = core.settings
    var chosen = mhd_settings()
    chosen.server = Unmanaged.passUnretained(core).toOpaque()
    chosen.step = requestStep
    chosen.end = requestEnd
    chosen.event = connectionEvent
    chosen.listen_socket = socket
    chosen.threads = UInt32(max(1, settings.threads))
    chosen.connections = UInt32(max(settings.connectionLimit, max(1, settings.threads)))
    chosen.idle_seconds = UInt32(max(1, settings.idleTimeout.count / 1_000_000_000))
    // The library clears this memory for every request and writes the response's headers there.
    chosen.connection_memory = Int(settings.headerLimit.count) + 4_096
    guard let identity = settings.identity else { return mhd_start(&chosen) }
    return identity.privateKeyPEM.withCString { key in
      identity.certificatePEM.withCString { certificate in
        chosen.private_key = key
        chosen.certificate = certificate
        return mhd_start(&chosen)
      }
    }
  }
}

extension HTTPServer.Parts {
  /// Ends the threads. The watch thread has let go of everything held back by then: the library
  /// cannot stop before.
  fileprivate consuming func finish() {
    watcher.join()
    mhd_stop(daemon)
  }
}

// MARK: What the library calls

private func core(_ pointer: UnsafeMutableRawPointer) -> ServerCore {
  Unmanaged<ServerCore>.fromOpaque(pointer).takeUnretainedValue()
}

private func state(_ pointer: UnsafeMutableRawPointer) -> ConnectionState {
  Unmanaged<ConnectionState>.fromOpaque(pointer).takeUnretainedValue()
}

private let requestStep: mhd_request_step = {
  server, connection, target, method, _, upload, uploadCount, request in
  guard let server, let connection, let target, let method, let uploadCount, let request,
    let kept = mhd_connection_state(connection)
  else { return 0 }
  if request.pointee == nil {
    request.pointee = kept
    return core(server).begin(state(kept), connection)
  }
  if uploadCount.pointee > 0 {
    let bytes = UnsafeRawBufferPointer(start: upload, count: uploadCount.pointee)
    uploadCount.pointee = 0
    return core(server).receive(state(kept), bytes)
  }
  return core(server).complete(state(kept), connection, RequestLine(method, target))
}

private let requestEnd: mhd_request_end = { server, _, request, _ in
  guard let server, let kept = request?.pointee else { return }
  request?.pointee = nil
  core(server).end(state(kept))
}

private let connectionEvent: mhd_connection_event = { server, connection, kept, closed in
  guard let server, let connection, let kept else { return }
  if closed == 0 {
    kept.pointee = Unmanaged.passRetained(core(server).connectionBegan(connection)).toOpaque()
  } else if let pointer = kept.pointee {
    kept.pointee = nil
    core(server).connectionEnded(state(pointer))
    Unmanaged<ConnectionState>.fromOpaque(pointer).release()
  }
}
