// A client's connection to a node: plain bytes, or TLS on the same socket.
//
// The socket blocks and one thread has it, so that every step of TLS is done when it returns: what
// event loops are told to wait for does not occur.

import HTTP
import Platform
import TransportSecurity

/// The certificate of a node's connections.
final class NodeCertificate: Sendable {
  private let context: TLSServerContext

  /// nil when certificate and key do not go together.
  init?(_ identity: TLSIdentity) {
    guard
      let context = TLSServerContext(
        certificatePEM: identity.certificatePEM, privateKeyPEM: identity.privateKeyPEM)
    else { return nil }
    self.context = context
  }

  fileprivate func accept(_ socket: ClientSocket) -> TLSConnection? {
    socket.withDescriptor { context.accept($0) }
  }
}

/// A connection with a client.
struct NodeConnection: ~Copyable {
  private let socket: ClientSocket
  private let tls: TLSConnection?

  /// Agrees on TLS if there is a certificate; nil when that fails.
  init?(_ socket: ClientSocket, _ certificate: NodeCertificate?) {
    self.socket = socket
    guard let certificate else {
      tls = nil
      return
    }
    guard let opened = certificate.accept(socket) else { return nil }
    guard opened.handshake() == .done else {
      opened.close()
      return nil
    }
    tls = opened
  }

  deinit { tls?.close() }

  /// Waits for bytes and returns how many of `buffer` they fill; 0 when the client has gone.
  func receive(into buffer: inout [UInt8]) -> Int {
    guard let tls else { return (try? socket.receive(into: &buffer)) ?? 0 }
    return buffer.withUnsafeMutableBytes { buffer in
      buffer.baseAddress.map { max(0, tls.read($0, buffer.count)) } ?? 0
    }
  }

  /// Sends all of `bytes`; false when the client has gone.
  func send(_ bytes: [UInt8]) -> Bool {
    guard let tls else { return (try? socket.send(bytes)) != nil }
    return bytes.withUnsafeBytes { buffer in
      var rest = buffer
      while let start = rest.baseAddress, rest.count > 0 {
        let sent = tls.write(start, rest.count)
        guard sent > 0 else { return false }
        rest = UnsafeRawBufferPointer(rebasing: rest[sent...])
      }
      return true
    }
  }
}
