// Keep-alive connections to one or more addresses of an endpoint, driven by one thread.
//
// The user takes a connection, sends one request on it, finds its outcome among the completions of
// a later turn and releases it: no callback, no queue, no lock, and no allocation once warm.
// Addresses take turns, and each uses again the connection that it used last, as the SDKs' pools
// do: its memory is warm. One that cannot connect tries the next address. Requests are never sent
// twice: what a lost connection means is the user's retry policy to say.

public import Platform
import TransportSecurity
public import Units

/// Whom HTTPS connections trust.
public struct TLSSettings: Hashable, Sendable {
  /// A file with the certificates of authorities, PEM; nil: the system's.
  public var authorities: String?
  /// false: any certificate will do. Only for tests.
  public var verifies: Bool

  public init(authorities: String? = nil, verifies: Bool = true) {
    self.authorities = authorities
    self.verifies = verifies
  }
}

/// Settings of a pool.
public struct PoolSettings: Sendable {
  /// Connections at most, over all addresses.
  public var connections: Int
  /// Bytes of a response body at most.
  public var bodyLimit: Int
  public var tls: TLSSettings

  public init(connections: Int = 64, bodyLimit: Int = 1 << 26, tls: TLSSettings = TLSSettings()) {
    self.connections = connections
    self.bodyLimit = bodyLimit
    self.tls = tls
  }
}

/// Why a pool cannot be made.
public struct PoolFault: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

/// A request that has ended.
public struct Completion: Sendable {
  /// To be released after use.
  public let connection: Int
  /// The number given to `send`.
  public let token: UInt64
  public let outcome: RequestOutcome
  /// When its first bytes went out, in ns; 0: they never did.
  public let sent: Int64
  /// When it ended, in ns.
  public let received: Int64
}

/// Sole owner of the connections of one thread.
public struct ConnectionPool: ~Copyable {
  public let endpoint: Endpoint
  public let addresses: [SocketAddress]
  /// What ended in the last turn.
  public private(set) var completions: [Completion] = []
  /// Connections opened so far, and requests on them.
  public private(set) var opened: Int64 = 0
  /// Requests without an outcome.
  public private(set) var busy = 0

  let settings: PoolSettings
  private let clock: MonotonicClock
  private let poller: Poller
  private let context: TLSClientContext?
  private let slots: UnsafeMutablePointer<Connection>
  private var timers: TimerWheel
  /// Free slots of each address, the one used last on top; below each the next one; -1: none.
  private let tops: UnsafeMutablePointer<Int32>
  private let below: UnsafeMutablePointer<Int32>
  /// The address whose turn it is.
  private var nextAddress = 0
  private var free = 0

  /// - Parameters:
  ///   - clock: The clock of all times given and returned.
  ///   - addresses: Where the endpoint is; at least one.
  public init(
    _ endpoint: Endpoint, addresses: [SocketAddress], settings: PoolSettings, clock: MonotonicClock
  ) throws(PoolFault) {
    precondition(!addresses.isEmpty && settings.connections > 0, "a pool needs somewhere to go")
    let poller = try Self.poller()
    let context = try Self.context(endpoint, settings.tls)
    self.poller = poller
    self.context = context
    self.endpoint = endpoint
    self.addresses = addresses
    self.settings = settings
    self.clock = clock
    let count = settings.connections
    timers = TimerWheel(slots: count)
    slots = .allocate(capacity: count)
    below = .allocate(capacity: count)
    tops = .allocate(capacity: addresses.count)
    tops.initialize(repeating: -1, count: addresses.count)
    for slot in 0..<count {
      (slots + slot).initialize(to: Connection(address: slot % addresses.count))
    }
    for slot in (0..<count).reversed() { push(slot) }
    completions.reserveCapacity(count)
  }

  private static func poller() throws(PoolFault) -> Poller {
    do throws(SystemError) { return try Poller() } catch {
      throw PoolFault(description: error.description)
    }
  }

  private static func context(
    _ endpoint: Endpoint, _ settings: TLSSettings
  ) throws(PoolFault) -> TLSClientContext? {
    guard endpoint.isSecure else { return nil }
    let made = TLSClientContext(authorities: settings.authorities, verifies: settings.verifies)
    if let context = made { return context }
    let file = settings.authorities ?? "of the system"
    throw PoolFault(description: "cannot read the certificates of authorities (\(file))")
  }

  deinit {
    for slot in 0..<settings.connections { slots[slot].free() }
    slots.deallocate()
    tops.deallocate()
    below.deallocate()
  }

  // MARK: The user's side

  /// Opens all connections before there is anything to send, some at a time: opening costs several
  /// times what sending does, and a thousand that open when their first requests fall due keep
  /// those waiting. Returns at `limit` at the latest. What could not be opened is tried again by
  /// the first request that goes there.
  public mutating func openAll(until limit: Int64) {
    var first = 0
    while first < settings.connections, clock.now().nanoseconds < limit {
      let some = first..<min(first + 64, settings.connections)
      for slot in some where slots[slot].state == .closed { connect(slot) }
      while some.contains(where: { isOpening($0) }), clock.now().nanoseconds < limit {
        turn(.milliseconds(10))
      }
      first = some.upperBound
    }
  }

  private func isOpening(_ slot: Int) -> Bool {
    slots[slot].state == .connecting || slots[slot].state == .handshaking
  }

  /// Whether `take` would give a connection.
  public var hasFree: Bool { free > 0 }

  /// A connection for one request, or nil when all are taken.
  public mutating func take() -> Int? {
    guard free > 0 else { return nil }
    while tops[nextAddress] < 0 { passTurn() }
    let slot = Int(tops[nextAddress])
    tops[nextAddress] = below[slot]
    passTurn()
    free -= 1
    slots[slot].isTaken = true
    return slot
  }

  /// Gives a taken connection back; its response is gone with that.
  /// - Precondition: its request, if any, has ended.
  public mutating func release(_ connection: Int) {
    precondition(slots[connection].isTaken && !slots[connection].isBusy)
    slots[connection].isTaken = false
    push(connection)
  }

  private mutating func push(_ slot: Int) {
    let address = slots[slot].address
    below[slot] = tops[address]
    tops[address] = Int32(slot)
    free += 1
  }

  private mutating func passTurn() {
    nextAddress = nextAddress + 1 == addresses.count ? 0 : nextAddress + 1
  }

  /// Sends a whole request, head and body. Its outcome is among the completions of a later turn.
  /// - Parameters:
  ///   - now: the present, in ns.
  ///   - deadline: when the request is given up, in ns.
  public mutating func send(
    _ connection: Int, token: UInt64, _ bytes: UnsafeRawBufferPointer, at now: Int64,
    deadline: Int64
  ) {
    precondition(slots[connection].isTaken && !slots[connection].isBusy)
    busy += 1
    slots[connection].isBusy = true
    slots[connection].token = token
    slots[connection].sent = 0
    slots[connection].filled = 0
    slots[connection].parser = ResponseParser(bodyLimit: settings.bodyLimit)
    timers.set(connection, deadline)
    if slots[connection].state == .closed { connect(connection) }
    guard slots[connection].isBusy else { return }
    guard slots[connection].state == .open else {
      slots[connection].keep(bytes)
      return
    }
    slots[connection].sent = now
    guard let base = bytes.baseAddress else { return }
    let written = slots[connection].write(base, bytes.count)
    if written == bytes.count { return }
    if written == StreamSocket.failed || written == 0 {
      return fail(connection, .broken(StreamSocket.error))
    }
    slots[connection].keep(UnsafeRawBufferPointer(rebasing: bytes[max(0, written)...]))
    watch(connection, writing: true)
  }

  /// Connections that one turn serves at most, so that it takes well below a tenth of a
  /// millisecond: after a stall hundreds are ready, and the user has something to send.
  private static let perTurn = 16

  /// Waits up to `limit` for something to happen and lets it; then `completions` holds what ended.
  public mutating func turn(_ limit: Nanoseconds) {
    // What failed while it was sent is reported first.
    let count = poller.wait(
      completions.isEmpty ? Nanoseconds(limit.count / clock.speed) : .zero, most: Self.perTurn)
    for index in 0..<count {
      let ready = poller.ready(index)
      let slot = Int(ready.token & 0xFFFF_FFFF)
      guard slots[slot].generation == UInt32(truncatingIfNeeded: ready.token >> 32) else {
        continue
      }
      happened(slot, ready)
    }
    guard timers.count > 0 else { return }
    let now = clock.now().nanoseconds
    while let slot = timers.popExpired(at: now) { fail(slot, .timedOut) }
  }

  /// Forgets the first `count` completions (nil: all), which have been dealt with.
  public mutating func clearCompletions(first count: Int? = nil) {
    completions.removeFirst(count ?? completions.count)
  }

  /// The complete response on a connection; valid until the connection is released.
  public func response(_ connection: Int) -> ResponseParser { slots[connection].parser }

  /// Bytes of the response on a connection, by the ranges of its parser; valid until release.
  public func bytes(_ connection: Int, _ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: slots[connection].input + range.lowerBound, count: range.count)
  }

  /// Where a connection goes.
  public func address(_ connection: Int) -> SocketAddress { addresses[slots[connection].address] }

  /// A failure in words, such as `cannot connect to 127.0.0.1:8000: Connection refused`.
  public func text(_ failure: RequestFailure, on connection: Int) -> String {
    let place = address(connection).description
    switch failure {
    case .cannotConnect(let code):
      return "cannot connect to \(place): \(StreamSocket.reason(code))"
    case .handshakeFailed:
      return "cannot agree on TLS with \(place): \(handshakeReason)"
    case .closed: return "\(place) closed the connection without an answer"
    case .broken(let code):
      return "the connection to \(place) broke: \(StreamSocket.reason(code))"
    case .malformed(let fault): return "\(place): \(fault.text)"
    case .timedOut: return "\(place) did not answer in time"
    }
  }

  /// Why the last TLS handshake failed.
  private var handshakeReason = ""

  // MARK: The loop's side

  private func event(_ slot: Int) -> UInt64 { UInt64(slots[slot].generation) << 32 | UInt64(slot) }

  private func watch(_ slot: Int, writing: Bool) {
    slots[slot].watchesWriting = writing
    poller.change(
      slots[slot].socket, writing ? [.reading, .writing] : .reading, token: event(slot))
  }

  private mutating func connect(_ slot: Int) {
    if slots[slot].isUnreachable {
      slots[slot].isUnreachable = false
      slots[slot].address = (slots[slot].address + 1) % addresses.count
    }
    let socket = addresses[slots[slot].address].connect()
    let code = StreamSocket.error
    slots[slot].generation &+= 1
    guard socket >= 0 else { return fail(slot, .cannotConnect(code)) }
    opened += 1
    slots[slot].socket = socket
    slots[slot].state = .connecting
    slots[slot].watchesWriting = true
    if !poller.add(socket, [.reading, .writing], token: event(slot)) {
      fail(slot, .broken(StreamSocket.error))
    }
  }

  private mutating func happened(_ slot: Int, _ ready: Poller.Ready) {
    switch slots[slot].state {
    case .closed: break
    case .connecting:
      let code = StreamSocket.connectError(slots[slot].socket)
      guard code == 0 else { return fail(slot, .cannotConnect(code)) }
      guard ready.isWritable else { return }
      guard endpoint.isSecure else { return opened(slot) }
      slots[slot].tls = context?.open(slots[slot].socket, host: endpoint.host)
      slots[slot].state = .handshaking
      handshake(slot)
    case .handshaking: handshake(slot)
    case .open:
      if slots[slot].watchesWriting, ready.isWritable { flush(slot) }
      if slots[slot].state == .open, ready.isReadable || ready.isClosed { receive(slot) }
    }
  }

  private mutating func handshake(_ slot: Int) {
    switch slots[slot].tls?.handshake() {
    case .done: opened(slot)
    case .wantsRead: watch(slot, writing: false)
    case .wantsWrite: watch(slot, writing: true)
    case .failed, nil:
      handshakeReason = slots[slot].tls?.reason ?? "no memory"
      fail(slot, .handshakeFailed)
    }
  }

  private mutating func opened(_ slot: Int) {
    slots[slot].state = .open
    slots[slot].sent = clock.now().nanoseconds
    flush(slot)
  }

  /// Writes what was kept.
  private mutating func flush(_ slot: Int) {
    while slots[slot].outputStart < slots[slot].outputEnd, let output = slots[slot].output {
      let rest = slots[slot].outputEnd - slots[slot].outputStart
      let written = slots[slot].write(output + slots[slot].outputStart, rest)
      if written == StreamSocket.wouldBlock {
        if !slots[slot].watchesWriting { watch(slot, writing: true) }
        return
      }
      guard written > 0 else { return fail(slot, .broken(StreamSocket.error)) }
      slots[slot].outputStart += written
    }
    if slots[slot].watchesWriting { watch(slot, writing: false) }
  }

  private mutating func receive(_ slot: Int) {
    while true {
      if slots[slot].filled == slots[slot].inputCapacity {
        // One byte more than the largest body: the parser refuses it.
        slots[slot].growInput()
      }
      let room = slots[slot].inputCapacity - slots[slot].filled
      let got = slots[slot].read(slots[slot].input + slots[slot].filled, room)
      if got == StreamSocket.wouldBlock { return }
      // Nothing was asked, so whatever an idle connection says ends it.
      guard slots[slot].isBusy else { return close(slot) }
      guard got > 0 else { return ended(slot, got) }
      slots[slot].filled += got
      switch slots[slot].parser.advance(slots[slot].input, filled: slots[slot].filled) {
      case .needsMore: if got < room, slots[slot].tls == nil { return }
      case .complete: return complete(slot)
      case .failed(let fault): return fail(slot, .malformed(fault))
      }
    }
  }

  /// The server has closed, or the connection broke.
  private mutating func ended(_ slot: Int, _ got: Int) {
    let code = StreamSocket.error
    guard slots[slot].parser.hasBegun else {
      return fail(slot, got == 0 ? .closed : .broken(code))
    }
    switch slots[slot].parser.end() {
    case .complete where got == 0: complete(slot)
    case .failed(let fault) where got == 0: fail(slot, .malformed(fault))
    default: fail(slot, .broken(code))
    }
  }

  private mutating func complete(_ slot: Int) {
    timers.clear(slot)
    let sent = slots[slot].sent
    finish(slot, .response, sent)
    if slots[slot].parser.closes { close(slot) }
  }

  private mutating func fail(_ slot: Int, _ failure: RequestFailure) {
    timers.clear(slot)
    let sent = slots[slot].sent
    close(slot)
    if case .cannotConnect = failure { slots[slot].isUnreachable = true }
    guard slots[slot].isBusy else { return }
    finish(slot, .failed(failure), sent)
  }

  private mutating func finish(_ slot: Int, _ outcome: RequestOutcome, _ sent: Int64) {
    slots[slot].isBusy = false
    busy -= 1
    completions.append(
      Completion(
        connection: slot, token: slots[slot].token, outcome: outcome, sent: sent,
        received: clock.now().nanoseconds))
  }

  private mutating func close(_ slot: Int) {
    if let tls = slots[slot].tls { tls.close() }
    slots[slot].tls = nil
    if slots[slot].socket >= 0 { StreamSocket.close(slots[slot].socket) }
    slots[slot].socket = -1
    slots[slot].state = .closed
    slots[slot].generation &+= 1
    slots[slot].outputStart = 0
    slots[slot].outputEnd = 0
  }
}
