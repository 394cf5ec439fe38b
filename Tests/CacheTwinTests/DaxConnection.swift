// A small client of the cache protocol, for tests: one connection, GetItem and PutItem on a table
// whose key is one string.

import DaxProtocol
import Glibc
import Platform

/// An open connection to a node.
struct DaxConnection {
  private let socket: ClientSocket

  init(port: UInt16) throws {
    socket = try ClientSocket(address: "127.0.0.1", port: port)
    // A node that does not answer fails the test instead of holding it up.
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    socket.withDescriptor { _ = setsockopt($0, SOL_SOCKET, SO_RCVTIMEO, &patience, size) }
    var greeting = CBORWriter()
    greeting.raw(DaxFraming.magic)
    greeting.integer(0)
    greeting.null()
    greeting.map(0)
    greeting.integer(0)
    try socket.send(greeting.bytes)
  }

  enum Failure: Error {
    case closed
    case refused([Int], String)
  }

  /// Whether there is an item.
  func getItem(_ table: String, _ key: String) throws -> Bool {
    let bytes = try call(.getItem) { request in
      request.byteString(Array(table.utf8))
      request.byteString(Array(key.utf8))
      request.null()
    }
    // An empty map: neither item nor capacity.
    return bytes != [0xbf, 0xff]
  }

  /// Puts an item without further attributes.
  func putItem(_ table: String, _ key: String) throws {
    _ = try call(.putItem) { request in
      request.byteString(Array(table.utf8))
      request.byteString(Array(key.utf8))
      request.byteString([UInt8(AttributeLists.empty)])
      request.null()
    }
  }

  /// Sends a request and returns the payload of its answer.
  private func call(_ method: DaxMethod, _ body: (inout CBORWriter) -> Void) throws -> [UInt8] {
    var request = CBORWriter()
    request.integer(1)
    request.integer(method.rawValue)
    body(&request)
    try socket.send(request.bytes)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got = try socket.receive(into: &chunk)
      guard got > 0 else { throw Failure.closed }
      bytes += chunk[..<got]
      var reader = CBORReader(bytes)
      do throws(CBORFault) {
        var count = try reader.beginArray()
        var codes: [Int] = []
        while try reader.next(&count) { codes.append(try reader.readInteger()) }
        if codes.isEmpty {
          let start = reader.offset
          try reader.skip()
          return Array(bytes[start...])
        }
        let message = try reader.readText()
        try reader.skip()
        throw CBORFault(.refused("\(codes) \(message)"), at: 0)
      } catch {
        guard error.kind == .endOfBytes else { throw error }
      }
    }
  }
}
