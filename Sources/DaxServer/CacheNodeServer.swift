// One node: its port, its connections, and the loop that answers them.
//
// A connection has a thread and at most one request under way, as the protocol wants it. A node
// that is lost closes its port and all its connections at once, as a crash would.

import DaxProtocol
import Platform
import Synchronization
import Units

/// A node that listens.
final class CacheNodeServer: Sendable {
  let index: Int
  let port: UInt16
  private let cluster: DaxCluster
  private let address: String
  private let limit: Int
  private let certificate: NodeCertificate?
  private let life = Monitor(Life())

  private struct Life: Sendable {
    var isUp = false
    var acceptsAlive = 0
    var connections: [ObjectIdentifier: ClientSocket] = [:]
  }

  /// Listens; `serve` begins to accept.
  init(
    _ index: Int, of cluster: DaxCluster, port: UInt16, _ certificate: NodeCertificate?
  ) throws(SystemError) {
    self.index = index
    self.cluster = cluster
    self.certificate = certificate
    address = cluster.options.address
    limit = cluster.options.connectionLimit
    let socket = try ListeningSocket(address: address, port: port)
    self.port = socket.port
    try serve(socket)
  }

  var connections: Int { life.withLock { $0.connections.count } }

  /// Listens again after `close`.
  ///
  /// The thread that accepted may still hold the port for a moment.
  func reopen() throws(SystemError) {
    for _ in 0..<100 {
      do throws(SystemError) {
        return try serve(try ListeningSocket(address: address, port: port))
      } catch {
        guard error.isAddressInUse else { throw error }
        pause(for: .milliseconds(10))
      }
    }
    try serve(try ListeningSocket(address: address, port: port))
  }

  private func serve(_ socket: consuming ListeningSocket) throws(SystemError) {
    life.change {
      $0.isUp = true
      $0.acceptsAlive += 1
    }
    let box = SocketBox(socket)
    do throws(SystemError) {
      _ = try Worker("dax-accept") { [self] in acceptLoop(box.socket) }
    } catch {
      life.change { $0.acceptsAlive -= 1 }
      throw error
    }
  }

  /// Ends the port and all connections, and waits for `grace` until their threads have ended.
  func close(grace: Nanoseconds = .seconds(5)) {
    life.change { life in
      life.isUp = false
      for socket in life.connections.values { socket.shutDown() }
    }
    _ = life.wait(within: grace) { life in
      life.acceptsAlive == 0 && life.connections.isEmpty ? true : nil
    }
  }

  private func acceptLoop(_ socket: borrowing ListeningSocket) {
    while life.withLock({ $0.isUp }) {
      do throws(SystemError) {
        if let accepted = try socket.accept(within: .milliseconds(20)) { begin(accepted) }
      } catch {
        // Out of descriptors or memory: what is open goes on, new ones wait.
        pause(for: .milliseconds(50))
      }
    }
    life.change { $0.acceptsAlive -= 1 }
  }

  private func begin(_ socket: ClientSocket) {
    let isTaken = life.change { life in
      guard life.isUp, life.connections.count < limit else { return false }
      life.connections[ObjectIdentifier(socket)] = socket
      return true
    }
    guard isTaken else { return }
    do throws(SystemError) {
      _ = try Worker("dax-client") { [self] in
        answer(socket)
        end(socket)
      }
    } catch {
      end(socket)
    }
  }

  private func end(_ socket: ClientSocket) {
    life.change { $0.connections[ObjectIdentifier(socket)] = nil }
  }

  /// Answers requests until the client goes, sends nonsense, or the node ends.
  private func answer(_ socket: ClientSocket) {
    guard let connection = NodeConnection(socket, certificate) else {
      return cluster.complain(node: index, "no agreement on TLS")
    }
    var session = NodeSession(cluster, node: index)
    var framing = DaxFraming()
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let reply: [UInt8]
      switch framing.next(in: bytes) {
      case .malformed(let what):
        cluster.complain(node: index, what)
        return
      case .incomplete:
        guard bytes.count <= Self.messageMax else { return }
        let got = connection.receive(into: &chunk)
        guard got > 0 else { return }
        cluster.countBytes(node: index, received: got)
        bytes += chunk[..<got]
        continue
      case .greeting(let end):
        bytes.removeFirst(end)
        continue
      case .request(let method, let arguments):
        reply = session.reply(to: method, bytes[arguments])
        bytes.removeFirst(arguments.upperBound)
      }
      cluster.countBytes(node: index, sent: reply.count)
      guard reply.isEmpty || connection.send(reply) else { return }
    }
  }

  /// The largest message: a batch of 25 items of 400 KB, with room for the encoding.
  private static let messageMax = 32 << 20
}

/// Carries a socket into the thread that owns it.
private final class SocketBox: Sendable {
  let socket: ListeningSocket
  init(_ socket: consuming ListeningSocket) { self.socket = socket }
}
