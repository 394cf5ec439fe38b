// A thread of our own: started with a closure, joined exactly once.
//
// For loops that live as long as their owner (the group commit of a store, the timer of a server).
// Not for per-request work, and not a task: it may block. The closure is `@Sendable`, so whatever
// it shares is checked by the compiler.

import CPlatform
import Glibc

/// Sole owner of a running thread; must be joined before it goes out of scope.
public struct Worker: ~Copyable, Sendable {
  private let thread: pthread_t

  /// Starts a thread that runs `body`; `name` (at most 15 bytes are kept) shows in process tools.
  public init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    let box = Unmanaged.passRetained(Body(name: name, run: body))
    var started = pthread_t()
    let code = pthread_create(
      &started, nil,
      { context in
        guard let context else { return nil }
        let body = Unmanaged<Body>.fromOpaque(context).takeRetainedValue()
        platform_name_thread(body.name)
        body.run()
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      throw SystemError(call: "pthread_create", subject: name, code: code)
    }
    thread = started
  }

  /// Waits until the thread has ended.
  public consuming func join() {
    pthread_join(thread, nil)
    discard self
  }

  deinit { pthread_detach(thread) }

  private final class Body: Sendable {
    let name: String
    let run: @Sendable () -> Void
    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }
}

/// The processor cores that this process may use, at least 1.
public func availableCores() -> Int {
  max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}

/// Keeps the calling thread, and threads it starts from now on, on one core; false when the system
/// refuses, as where the core is not this process's.
public func pinThread(toCore core: Int) -> Bool {
  core >= 0 && core < 64 && pinThread(toCores: 1 << UInt64(core))
}

/// Keeps the calling thread, and what it starts from now on, on some cores: bit k is core k.
public func pinThread(toCores mask: UInt64) -> Bool { platform_pin_thread(mask) == 0 }

/// The cores that the calling thread may run on, of the first 64; 0 when the system does not say.
public func threadCores() -> UInt64 { platform_thread_cores() }
