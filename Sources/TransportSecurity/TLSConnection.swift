// TLS on sockets that do not block, either side: OpenSSL below event loops.
//
// Shared by the HTTP server and the HTTP client, whose loops ask it for the same three steps that
// they ask a plain socket for. It holds no buffers of its own.

import CTLS

/// One TLS connection; closed by whoever opened it.
public struct TLSConnection: @unchecked Sendable {
  public enum Step: Sendable { case done, wantsRead, wantsWrite, failed }

  let pointer: OpaquePointer

  /// Goes on with the handshake.
  public func handshake() -> Step {
    switch tls_handshake(pointer) {
    case TLS_WANTS_READ: .wantsRead
    case TLS_WANTS_WRITE: .wantsWrite
    case 1...: .done
    default: .failed
    }
  }

  /// As `StreamSocket.read`.
  public func read(_ place: UnsafeMutableRawPointer, _ count: Int) -> Int {
    Self.outcome(tls_read(pointer, place, Int32(clamping: count)))
  }

  /// As `StreamSocket.write`.
  public func write(_ place: UnsafeRawPointer, _ count: Int) -> Int {
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

  /// Tells the other side that nothing more comes.
  public func endWriting() { tls_end(pointer) }

  /// Why the last step failed.
  public var reason: String { String(cString: tls_reason(pointer)) }

  public func close() { SSL_free(pointer) }
}
