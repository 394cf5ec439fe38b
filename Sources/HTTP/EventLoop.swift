// One thread's share of a server: accepts, reads, answers, writes, and ends what takes too long.
//
// Level-triggered epoll over sockets that do not block; a connection stays with the loop that
// accepted it. Bytes are read into one buffer of the loop and requests are answered out of it, so
// that a request which comes in one piece, as nearly all do, is copied nowhere and costs two system
// calls. A response that is held back leaves the loop free for others; what follows it on its
// connection waits in the kernel, so that clients that ask without listening block themselves.

import Platform
import Synchronization
import TransportSecurity
import Units

struct EventLoop: ~Copyable {
  static let listenerToken = UInt64.max
  static let wakeToken = UInt64.max - 1
  private static let readSize = 65_536
  private static let watchInterval: Int64 = 250_000_000
  /// How long a connection that is over may go on sending, in ns.
  private static let lingerLimit: Int64 = 2_000_000_000

  let core: ServerCore
  let mailbox: Mailbox
  private let listener: Int32
  private let poller: Poller
  private let clock = MonotonicClock()
  private let scratch: UnsafeMutableRawBufferPointer

  /// Addresses of connections by slot; they never move.
  private var slots: [UnsafeMutablePointer<ServerConnection>] = []
  private var free: [Int] = []
  /// Held-back responses, the one due last first.
  private var delays: [(due: Int64, token: UInt64)] = []
  private var finished: [UInt64] = []
  private(set) var stopping = Stopping.no
  private var isListening = false
  /// As of the last wait, ns.
  private(set) var now: Int64 = 0
  private var nextLook: Int64 = 0

  // For the request in hand.
  var head = RequestHead()
  var body: [UInt8] = []
  var response = HTTPResponse()
  var writer = ResponseWriter()

  init(_ core: ServerCore, _ mailbox: Mailbox, listener: Int32) throws(SystemError) {
    self.core = core
    self.mailbox = mailbox
    self.listener = listener
    poller = try Poller()
    scratch = .allocate(byteCount: Self.readSize, alignment: 16)
    _ = poller.add(mailbox.wakeUp.number, .reading, token: Self.wakeToken)
  }

  deinit {
    for slot in slots {
      slot.deinitialize(count: 1)
      slot.deallocate()
    }
    scratch.deallocate()
  }

  /// Serves until told to stop now.
  mutating func run() {
    listen()
    while stopping < .now {
      let count = poller.wait(Nanoseconds(max(0, nextWake() - now)))
      now = clock.now().nanoseconds
      for index in 0..<count { happened(poller.ready(index)) }
      while let last = delays.last, last.due <= now || stopping > .no {
        delays.removeLast()
        if let slot = slot(of: last.token) { send(held: slot) }
      }
      if now >= nextLook { look() }
    }
    for slot in slots.indices where slots[slot].pointee.isOpen { close(slot) }
  }

  /// Direct access to a connection; the pointer stays valid as long as the loop.
  func connection(_ slot: Int) -> UnsafeMutablePointer<ServerConnection> { slots[slot] }

  func token(_ slot: Int) -> UInt64 {
    UInt64(slots[slot].pointee.generation) << 32 | UInt64(slot)
  }

  /// nil when the connection is gone.
  private func slot(of token: UInt64) -> Int? {
    let slot = Int(token & 0xFFFF_FFFF)
    let generation = slots[slot].pointee.generation
    return generation == UInt32(truncatingIfNeeded: token >> 32) ? slot : nil
  }

  private func nextWake() -> Int64 {
    if let due = delays.last?.due { return min(due, nextLook) }
    return free.count == slots.count && isListening ? now + 3_600_000_000_000 : nextLook
  }

  private mutating func happened(_ ready: Poller.Ready) {
    if ready.token == Self.listenerToken { return accept() }
    if ready.token == Self.wakeToken { return openMail() }
    guard let slot = slot(of: ready.token) else { return }
    switch slots[slot].pointee.phase {
    case .handshaking: handshake(slot)
    case .sending:
      if ready.isWritable || ready.isClosed { flush(slot) }
    case .holding: watch(slot, nil)
    case .head, .body, .lingering: receive(slot)
    }
  }

  private mutating func openMail() {
    mailbox.wakeUp.clear()
    let before = stopping
    stopping = mailbox.open(&finished)
    if stopping > before, isListening {
      poller.remove(listener)
      isListening = false
    }
    for token in finished {
      guard let slot = slot(of: token) else { continue }
      if var held = slots[slot].pointee.held, let pending = held.pending {
        slots[slot].pointee.held = nil
        held.pending = nil
        pending.complete(&held)
        slots[slot].pointee.held = held
      }
      delayOrSend(slot)
    }
    finished.removeAll(keepingCapacity: true)
  }

  // MARK: Connections

  private mutating func listen() {
    guard stopping == .no else { return }
    isListening = poller.add(listener, [.reading, .alone], token: Self.listenerToken)
  }

  /// Takes one connection; others wake the loops again, so that all get some.
  private mutating func accept() {
    guard stopping == .no else { return }
    guard let socket = StreamSocket.accept(listener) else {
      // Out of descriptors: what waits stays in the kernel's queue for a while.
      if StreamSocket.isExhausted(StreamSocket.error) {
        poller.remove(listener)
        isListening = false
        nextLook = min(nextLook, now + Self.watchInterval)
      }
      return
    }
    guard core.connections.add(1, ordering: .relaxed).newValue <= core.settings.connectionLimit
    else {
      core.connections.subtract(1, ordering: .relaxed)
      return StreamSocket.close(socket)
    }
    let slot = free.popLast() ?? makeSlot()
    let connection = slots[slot]
    connection.pointee.socket = socket
    connection.pointee.lastMoved = now
    nextLook = min(nextLook, now + Self.watchInterval)
    if core.tls != nil {
      connection.pointee.tls = core.tls?.accept(socket)
      guard connection.pointee.tls != nil else { return close(slot) }
      connection.pointee.phase = .handshaking
      connection.pointee.since = now
    }
    watch(slot, .reading)
  }

  private mutating func makeSlot() -> Int {
    let made = UnsafeMutablePointer<ServerConnection>.allocate(capacity: 1)
    made.initialize(to: ServerConnection())
    slots.append(made)
    return slots.count - 1
  }

  mutating func close(_ slot: Int) {
    let connection = slots[slot]
    if connection.pointee.isInFlight { core.running.subtract(1, ordering: .releasing) }
    connection.pointee.close()
    free.append(slot)
    core.connections.subtract(1, ordering: .releasing)
  }

  /// Has the poller watch the connection for `interest`; a call of the kernel only if that is new.
  func watch(_ slot: Int, _ interest: Poller.Interest?) {
    let connection = slots[slot]
    let before = connection.pointee.watched
    guard before != interest else { return }
    connection.pointee.watched = interest
    let socket = connection.pointee.socket
    if let interest, before != nil {
      poller.change(socket, interest, token: token(slot))
    } else if let interest {
      _ = poller.add(socket, interest, token: token(slot))
    } else {
      poller.remove(socket)
    }
  }

  private mutating func handshake(_ slot: Int) {
    switch slots[slot].pointee.tls?.handshake() {
    case .wantsRead: watch(slot, .reading)
    case .wantsWrite: watch(slot, .writing)
    case .failed, nil: close(slot)
    case .done:
      slots[slot].pointee.phase = .head
      slots[slot].pointee.since = -1
      watch(slot, .reading)
      receive(slot)
    }
  }

  // MARK: Bytes

  /// Reads what is there and answers the requests in it.
  mutating func receive(_ slot: Int) {
    let connection = slots[slot]
    guard let place = scratch.baseAddress else { return }
    let generation = connection.pointee.generation
    while true {
      let got = connection.pointee.read(place, scratch.count)
      if got == StreamSocket.wouldBlock { return }
      guard got > 0 else { return close(slot) }
      connection.pointee.lastMoved = now
      if connection.pointee.phase != .lingering {
        use(slot, UnsafeRawBufferPointer(start: place, count: got))
      }
      guard connection.pointee.generation == generation, connection.pointee.isOpen else { return }
      switch connection.pointee.phase {
      case .head, .body, .lingering:
        if got < scratch.count, connection.pointee.tls == nil { return }
      case .handshaking, .holding, .sending: return
      }
    }
  }

  /// Uses bytes behind those that were left over, and keeps what is left now.
  private mutating func use(_ slot: Int, _ bytes: UnsafeRawBufferPointer) {
    let connection = slots[slot]
    let generation = connection.pointee.generation
    if connection.pointee.stash.isEmpty {
      let used = answerRequests(slot, bytes)
      guard connection.pointee.generation == generation, used < bytes.count else { return }
      connection.pointee.stash.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[used...]))
      return
    }
    var joined: [UInt8] = []
    swap(&joined, &connection.pointee.stash)
    joined.append(contentsOf: bytes)
    let used = joined.withUnsafeBytes { answerRequests(slot, $0) }
    guard connection.pointee.generation == generation, used < joined.count else { return }
    joined.removeFirst(used)
    connection.pointee.stash = joined
  }

  /// The connection is ready for its next request, of which bytes may have arrived.
  mutating func goOn(_ slot: Int) {
    let connection = slots[slot]
    let generation = connection.pointee.generation
    if !connection.pointee.stash.isEmpty {
      use(slot, UnsafeRawBufferPointer(start: nil, count: 0))
    }
    guard connection.pointee.generation == generation else { return }
    switch connection.pointee.phase {
    case .head, .body:
      watch(slot, .reading)
      receive(slot)
    case .handshaking, .holding, .sending, .lingering: return
    }
  }

  /// The connection takes nothing more, and ends when the client does or soon. Closed at once, the
  /// response could be lost with what the client is still sending.
  mutating func linger(_ slot: Int) {
    let connection = slots[slot]
    connection.pointee.phase = .lingering
    connection.pointee.since = now
    connection.pointee.stash = []
    connection.pointee.tls?.endWriting()
    StreamSocket.endWriting(connection.pointee.socket)
    watch(slot, .reading)
  }

  // MARK: Time

  /// Holds the response of the connection back for `delay`, not at all when stopping.
  mutating func hold(_ slot: Int, for delay: Nanoseconds) {
    let due = clock.now().nanoseconds + delay.count
    var low = 0
    var high = delays.count
    while low < high {
      let middle = (low + high) / 2
      if delays[middle].due > due { low = middle + 1 } else { high = middle }
    }
    delays.insert((due, token(slot)), at: low)
  }

  /// Ends what takes too long, and listens again after a lack of descriptors.
  private mutating func look() {
    nextLook = now + Self.watchInterval
    if !isListening { listen() }
    for slot in slots.indices where slots[slot].pointee.isOpen && isOverdue(slot) { close(slot) }
  }

  private func isOverdue(_ slot: Int) -> Bool {
    let connection = slots[slot]
    let idle = now - connection.pointee.lastMoved > core.settings.idleTimeout.count
    let age = connection.pointee.since < 0 ? 0 : now - connection.pointee.since
    switch connection.pointee.phase {
    case .holding: return false
    case .sending: return idle
    case .lingering: return age > Self.lingerLimit
    case .handshaking, .head, .body:
      // While bytes wait to be read, it is the server that is slow.
      return (idle || age > core.settings.requestTimeout.count)
        && Connections.bytesUnread(connection.pointee.socket) == 0
    }
  }
}
