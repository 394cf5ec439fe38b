// The client's side: whom connections trust.

import CTLS

/// What all TLS connections of one client share.
public struct TLSClientContext: ~Copyable {
  private let context: OpaquePointer

  /// Trusts the authorities whose certificates, PEM, the file `authorities` holds (nil: the
  /// system's); when not `verifies`, any certificate will do. nil when they cannot be read.
  public init?(authorities: String?, verifies: Bool) {
    let flag: Int32 = verifies ? 1 : 0
    let made =
      if let authorities {
        authorities.withCString { tls_context($0, flag) }
      } else {
        tls_context(nil, flag)
      }
    guard let made else { return nil }
    context = made
  }

  deinit { SSL_CTX_free(context) }

  /// A connection on `socket` to `host`, before its handshake.
  public func open(_ socket: Int32, host: String) -> TLSConnection? {
    host.withCString { tls_open(context, socket, $0) }.map { TLSConnection(pointer: $0) }
  }
}
