// One connection of a pool: socket, buffers and the response in hand. A value in a slot, without
// references, so that the loop touches no reference counts.

import Platform
import TransportSecurity

/// How a request ended.
public enum RequestOutcome: Hashable, Sendable {
  /// A complete response lies in the connection's buffer.
  case response
  case failed(RequestFailure)
}

/// Why a request has no response.
public enum RequestFailure: Hashable, Sendable {
  /// The error number of connect.
  case cannotConnect(Int32)
  case handshakeFailed
  /// The server closed the connection, or it broke, before the first byte of a response.
  case closed
  /// The error number of a read or write.
  case broken(Int32)
  case malformed(ResponseFault)
  case timedOut
}

struct Connection {
  enum State: UInt8 { case closed, connecting, handshaking, open }

  var socket: Int32 = -1
  var tls: TLSConnection?
  var state = State.closed
  /// Tells a socket's events from those of its predecessor in the slot.
  var generation: UInt32 = 0
  /// Position in the pool's list of addresses.
  var address: Int
  /// The address did not answer; the next one is tried next time.
  var isUnreachable = false
  /// A request waits for its response.
  var isBusy = false
  /// The slot is with the pool's user.
  var isTaken = false
  var watchesWriting = false
  /// The user's number for the request.
  var token: UInt64 = 0
  /// When its first bytes went out, in ns; 0: not yet.
  var sent: Int64 = 0
  var parser = ResponseParser()

  var input: UnsafeMutableRawPointer
  var inputCapacity: Int
  var filled = 0
  var output: UnsafeMutableRawPointer?
  var outputCapacity = 0
  var outputStart = 0
  var outputEnd = 0

  static let inputSize = 16_384

  init(address: Int) {
    self.address = address
    input = .allocate(byteCount: Self.inputSize, alignment: 16)
    inputCapacity = Self.inputSize
  }

  mutating func free() {
    if let tls { tls.close() }
    if socket >= 0 { StreamSocket.close(socket) }
    input.deallocate()
    output?.deallocate()
  }

  func read(_ place: UnsafeMutableRawPointer, _ count: Int) -> Int {
    if let tls { return tls.read(place, count) }
    return StreamSocket.read(socket, place, count)
  }

  func write(_ place: UnsafeRawPointer, _ count: Int) -> Int {
    if let tls { return tls.write(place, count) }
    return StreamSocket.write(socket, place, count)
  }

  /// Doubles the receive buffer.
  mutating func growInput() {
    let larger = UnsafeMutableRawPointer.allocate(byteCount: inputCapacity * 2, alignment: 16)
    larger.copyMemory(from: input, byteCount: filled)
    input.deallocate()
    input = larger
    inputCapacity *= 2
  }

  /// Keeps bytes that the socket does not take yet.
  mutating func keep(_ bytes: UnsafeRawBufferPointer) {
    if outputCapacity < bytes.count {
      output?.deallocate()
      outputCapacity = max(4_096, bytes.count * 2)
      output = .allocate(byteCount: outputCapacity, alignment: 16)
    }
    if let output, let base = bytes.baseAddress {
      output.copyMemory(from: base, byteCount: bytes.count)
    }
    outputStart = 0
    outputEnd = bytes.count
  }
}
