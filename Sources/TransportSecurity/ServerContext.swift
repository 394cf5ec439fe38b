// The server's side: a certificate and its key for all connections of one server.

import CTLS

/// A server's identity, ready for use by several threads.
///
/// `@unchecked Sendable`: the context is not changed once made, and OpenSSL counts its references
/// atomically.
public struct TLSServerContext: ~Copyable, @unchecked Sendable {
  private let context: OpaquePointer

  /// nil when certificate or key is not valid PEM or they do not match.
  public init?(certificatePEM: String, privateKeyPEM: String) {
    let made = certificatePEM.withCString { certificate in
      privateKeyPEM.withCString { tls_server_context(certificate, $0) }
    }
    guard let made else { return nil }
    context = made
  }

  deinit { SSL_CTX_free(context) }

  /// A connection on the accepted `socket`, before its handshake.
  public func accept(_ socket: Int32) -> TLSConnection? {
    tls_accept(context, socket).map { TLSConnection(pointer: $0) }
  }
}
