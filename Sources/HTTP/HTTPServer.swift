// An HTTP/1.1 server: event loops, one a thread, in front of a handler.
//
// Our own, because Debian's libmicrohttpd 0.9.75 crashed the process in three ways when a server
// stopped under load and took 1.6 times the processor time (engine-spikes.md section 1). The
// handler runs to completion on the thread that serves the connection: no task and no queue per
// request.

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
  private struct Parts: ~Copyable {
    let socket: ListeningSocket
    var loops: [Loop]
  }

  /// An event loop on its thread, which is joined when the server stops.
  private final class Loop: Sendable {
    let mailbox: Mailbox
    private let thread: Mutex<Worker?>

    init(_ mailbox: Mailbox, _ thread: consuming Worker) {
      self.mailbox = mailbox
      self.thread = Mutex(thread)
    }

    func join() { thread.withLock { $0.take() }?.join() }
  }

  /// Listens and serves until stopped. Writing to closed connections becomes an error instead of a
  /// signal for the whole process.
  public init(
    _ settings: HTTPServerSettings = HTTPServerSettings(), _ handler: @escaping Handler
  ) throws(HTTPServerError) {
    Signals.ignoreBrokenPipes()
    let core = try ServerCore(settings, handler)
    self.core = core
    let socket = try Self.listen(settings)
    port = socket.port
    let host = settings.address.contains(":") ? "[\(settings.address)]" : settings.address
    url = "\(settings.identity == nil ? "http" : "https")://\(host):\(socket.port)"
    var loops: [Loop] = []
    for number in 0..<max(1, settings.threads) {
      do throws(SystemError) {
        loops.append(try Self.start(number, core, socket.descriptor.number))
      } catch {
        Self.end(loops)
        throw .starting(isTLS: false)
      }
    }
    parts = Mutex(Parts(socket: socket, loops: loops))
  }

  deinit { stop(grace: .zero) }

  /// Requests whose headers have arrived and whose response is not sent yet.
  public var requestsInFlight: Int { core.running.load(ordering: .acquiring) }

  /// Connections that are open, idle ones included.
  public var openConnections: Int { core.connections.load(ordering: .acquiring) }

  /// Refuses new connections at once, lets requests that have begun finish for up to `grace`, then
  /// closes what is left. Returns when all threads have ended; stopping again does nothing. Must
  /// not be called from a handler.
  public func stop(grace: Nanoseconds = .seconds(10)) {
    guard let parts = parts.withLock({ $0.take() }) else { return }
    // Before the first client is refused: whoever sees that finds every later answer the last one.
    core.isStopping.store(true, ordering: .releasing)
    Connections.shutDown(parts.socket.descriptor.number)
    for loop in parts.loops { loop.mailbox.post(.begun) }
    let clock = MonotonicClock()
    while requestsInFlight > 0, clock.now() - .start < grace { pause(for: .milliseconds(1)) }
    Self.end(parts.loops)
  }

  private static func end(_ loops: [Loop]) {
    for loop in loops { loop.mailbox.post(.now) }
    for loop in loops { loop.join() }
  }

  private static func listen(
    _ settings: HTTPServerSettings
  ) throws(HTTPServerError) -> ListeningSocket {
    do throws(SystemError) {
      return try ListeningSocket(address: settings.address, port: settings.port)
    } catch { throw .listening(error) }
  }

  /// Starts a thread and returns when its loop is ready to serve.
  private static func start(
    _ number: Int, _ core: ServerCore, _ listener: Int32
  ) throws(SystemError) -> Loop {
    let mailbox = try Mailbox()
    let started = Monitor<Result<Void, SystemError>?>(nil)
    let thread = try Worker("http-\(number)") {
      do throws(SystemError) {
        var loop = try EventLoop(core, mailbox, listener: listener)
        started.change { $0 = .success(()) }
        loop.run()
      } catch {
        started.change { $0 = .failure(error) }
      }
    }
    let loop = Loop(mailbox, thread)
    if case .failure(let error) = started.wait(until: { $0 }) {
      loop.join()
      throw error
    }
    return loop
  }
}
