// One connection of an event loop: a value in a slot.
//
// It owns memory only for what is under way: bytes that are not a whole request yet, a response
// that is held back or that the socket does not take. An idle connection keeps nothing.

import Platform
import TransportSecurity

struct ServerConnection {
  enum Phase {
    /// TLS is being agreed on.
    case handshaking
    /// Between requests, or a head is arriving.
    case head
    /// The body of the request whose head is in `head` is arriving.
    case body
    /// The response waits: for what it says it waits for, or for its delay to pass.
    case holding
    /// The socket does not take the rest of the response yet.
    case sending
    /// The response is out and the connection over; what still arrives is dropped.
    case lingering
  }

  /// -1: the slot is free.
  var socket: Int32 = -1
  /// Tells a socket's events from those of its predecessor in the slot.
  var generation: UInt32 = 0
  var tls: TLSConnection?
  var phase = Phase.head
  /// What the poller watches the socket for; nil: it does not.
  var watched: Poller.Interest?

  /// Bytes that arrived and were not used yet.
  var stash: [UInt8] = []
  /// The head of a request whose body did not come with it.
  var head: [UInt8] = []
  var body: [UInt8] = []
  var decoder = BodyDecoder()
  /// The head of a request was complete and its response is not out.
  var isInFlight = false

  /// Of the request that is being answered.
  var manner = ResponseWriter.Manner(closes: false, isOld: false, isHead: false)
  /// The response that is held back.
  var held: HTTPResponse?
  var output: [UInt8] = []
  var outputStart = 0

  /// When bytes last moved, ns of the loop's clock.
  var lastMoved: Int64 = 0
  /// Since when a request has been arriving, a handshake is made or the connection is over; ns of
  /// the loop's clock, -1: none of that.
  var since: Int64 = -1

  var isOpen: Bool { socket >= 0 }

  // These two change nothing; a method that may is called in place, others on a copy of the value.

  mutating func read(_ place: UnsafeMutableRawPointer, _ count: Int) -> Int {
    if let tls { return tls.read(place, count) }
    return StreamSocket.read(socket, place, count)
  }

  mutating func write(_ place: UnsafeRawPointer, _ count: Int) -> Int {
    if let tls { return tls.write(place, count) }
    return StreamSocket.write(socket, place, count)
  }

  /// Ends it; the slot can be used again.
  mutating func close() {
    if let tls { tls.close() }
    StreamSocket.close(socket)
    self = ServerConnection(nextOf: generation)
  }

  init() {}

  private init(nextOf generation: UInt32) { self.generation = generation &+ 1 }
}
