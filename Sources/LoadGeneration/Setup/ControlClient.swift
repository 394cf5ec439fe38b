// Requests one after the other, for tables and checks: the pool of the generator, used by a caller
// who waits.

import Cryptography
import HTTPClient
import JSON
import Platform
import Units

/// An answer of the service.
struct ControlAnswer {
  var status: Int
  var body: [UInt8]

  var tree: JSONValue? { try? JSONValue.parse(body) }

  /// The exception's name; nil for a success.
  var exception: String? {
    guard status != 200 else { return nil }
    let type = tree?["__type"]?.string ?? "HTTP \(status)"
    return String(type.split(separator: "#").last ?? "")
  }

  var message: String {
    let tree = tree
    return tree?["message"]?.string ?? tree?["Message"]?.string
      ?? String(decoding: body.prefix(200), as: UTF8.self)
  }
}

/// A client that sends requests in small numbers and waits for them.
struct ControlClient: ~Copyable {
  let clock = MonotonicClock()
  var pool: ConnectionPool
  private let signing: SigningIdentity?
  private var signer: RequestSigner?
  private let timeout: Nanoseconds

  init(
    _ options: LoadOptions, connections: Int, timeout: Nanoseconds = .seconds(30)
  ) throws(LoadFault) {
    var addresses: [SocketAddress] = []
    for endpoint in options.endpoints {
      do throws(AddressFault) {
        addresses += try SocketAddress.resolve(endpoint.host, port: endpoint.port)
      } catch {
        throw LoadFault(error.description)
      }
    }
    guard !addresses.isEmpty else { throw LoadFault("the endpoint has no address") }
    do throws(PoolFault) {
      pool = try ConnectionPool(
        options.endpoints[0], addresses: addresses,
        settings: PoolSettings(connections: connections, tls: options.tls), clock: clock)
    } catch {
      throw LoadFault(error.description)
    }
    signing = options.signing
    signer = options.signing?.signer(for: options.endpoints[0])
    self.timeout = timeout
  }

  /// Starts a request on a connection of its own.
  /// - Precondition: `pool.hasFree`.
  mutating func start(_ target: String, _ body: [UInt8], token: UInt64) {
    guard let connection = pool.take() else { return }
    var head = RequestHead(pool.endpoint, targets: [target], signer: signer)
    head.write(0, body: body)
    let now = clock.now().nanoseconds
    head.bytes.withUnsafeBytes {
      pool.send(connection, token: token, $0, at: now, deadline: now + timeout.count)
    }
  }

  /// Sends one request and waits for its answer.
  mutating func call(_ target: String, _ body: [UInt8]) throws(LoadFault) -> ControlAnswer {
    start(target, body, token: 0)
    while pool.completions.isEmpty { pool.turn(.milliseconds(100)) }
    let completion = pool.completions[0]
    defer {
      pool.release(completion.connection)
      pool.clearCompletions()
    }
    switch completion.outcome {
    case .failed(let failure):
      throw LoadFault(pool.text(failure, on: completion.connection))
    case .response:
      let response = pool.response(completion.connection)
      return ControlAnswer(
        status: response.status, body: Array(pool.bytes(completion.connection, response.body)))
    }
  }
}

extension SigningIdentity {
  /// A signer of requests to an endpoint.
  func signer(for endpoint: Endpoint) -> RequestSigner {
    RequestSigner(
      SigningCredentials(
        accessKey: accessKey, secretKey: secretKey, sessionToken: sessionToken),
      region: region, service: "dynamodb", host: endpoint.authority,
      at: WallClock.secondsSinceEpoch())
  }
}
