// What a server listens on and what it puts up with.
//
// Defaults are for a local endpoint: loopback, any free port, the service's own sizes with room
// for encoding.

public import Platform
public import Units

/// Settings of an `HTTPServer`.
public struct HTTPServerSettings: Sendable {
  /// A numeric address, or `localhost`.
  public var address = "127.0.0.1"
  /// 0 takes any free port; `HTTPServer.port` tells which.
  public var port: UInt16 = 0
  /// Threads that serve connections; each connection stays with one.
  public var threads = availableCores()
  /// What is not listed is answered with 405.
  public var methods: [HTTPMethod] = [.get, .post]
  /// Room for the request line and the headers; more is answered with 431 (or 414).
  public var headerLimit = ByteCount.kilobytes(16)
  /// The largest body, before and after decompression; more is answered with 413.
  public var bodyLimit = ByteCount.megabytes(32)
  /// Connections beyond this number are closed on arrival.
  public var connectionLimit = 10_000
  /// A connection on which nothing moves for this long is closed; whole seconds.
  public var idleTimeout = Nanoseconds.seconds(60)
  /// A request that takes longer than this to arrive is cut off, however it trickles.
  public var requestTimeout = Nanoseconds.seconds(30)
  /// Serves HTTPS with this identity; nil serves plain HTTP.
  public var identity: TLSIdentity?

  public init() {}
}

/// A certificate chain and its private key, both in PEM.
public struct TLSIdentity: Sendable {
  public var certificatePEM: String
  public var privateKeyPEM: String

  public init(certificatePEM: String, privateKeyPEM: String) {
    self.certificatePEM = certificatePEM
    self.privateKeyPEM = privateKeyPEM
  }
}

/// Why a server did not start.
public enum HTTPServerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The address cannot be listened on.
  case listening(SystemError)
  /// The server cannot be set up; with TLS because of certificate or key.
  case starting(isTLS: Bool)

  public var description: String {
    switch self {
    case .listening(let error): error.description
    case .starting(isTLS: true):
      "the server did not start: certificate or private key is not valid PEM, or they do not match"
    case .starting(isTLS: false): "the server did not start: no memory, threads or descriptors left"
    }
  }
}
