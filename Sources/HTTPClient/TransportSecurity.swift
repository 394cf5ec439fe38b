// TLS for the connections of a pool: OpenSSL on sockets that do not block.

import CTLS

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

/// Settings of all TLS connections of one pool.
struct TLSContext: ~Copyable {
  private let context: OpaquePointer

  /// nil when the authorities cannot be read.
  init?(_ settings: TLSSettings) {
    let made =
      if let file = settings.authorities {
        file.withCString { tls_context($0, settings.verifies ? 1 : 0) }
      } else {
        tls_context(nil, settings.verifies ? 1 : 0)
      }
    guard let made else { return nil }
    context = made
  }

  deinit { SSL_CTX_free(context) }

  /// A connection on `socket` to `host`, before its handshake.
  func open(_ socket: Int32, host: String) -> TLSConnection? {
    host.withCString { tls_open(context, socket, $0) }.map { TLSConnection(pointer: $0) }
  }
}

/// One TLS connection; closed by whoever opened it.
struct TLSConnection {
  enum Step { case done, wantsRead, wantsWrite, failed }

  let pointer: OpaquePointer

  func handshake() -> Step {
    switch tls_handshake(pointer) {
    case TLS_WANTS_READ: .wantsRead
    case TLS_WANTS_WRITE: .wantsWrite
    case 1...: .done
    default: .failed
    }
  }

  /// As `StreamSocket.read`.
  func read(_ place: UnsafeMutableRawPointer, _ count: Int) -> Int {
    Self.outcome(tls_read(pointer, place, Int32(clamping: count)))
  }

  /// As `StreamSocket.write`.
  func write(_ place: UnsafeRawPointer, _ count: Int) -> Int {
    Self.outcome(tls_write(pointer, place, Int32(clamping: count)))
  }

  /// What the answers of a read mean: positive counts; 0 closed; -1 would block; -2 failed.
  private static func outcome(_ answer: Int32) -> Int {
    switch answer {
    case TLS_WANTS_READ, TLS_WANTS_WRITE: -1
    case TLS_CLOSED: 0
    case 1...: Int(answer)
    default: -2
    }
  }

  var reason: String { String(cString: tls_reason(pointer)) }

  func close() { SSL_free(pointer) }
}
