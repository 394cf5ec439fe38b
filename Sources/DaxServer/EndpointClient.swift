// Calls to the endpoint behind the cache, over connections that are kept.
//
// Blocking, because every connection of a node has a thread of its own: a call takes a connection,
// or opens one, and waits. A kept connection that the endpoint has closed meanwhile is replaced
// once; nothing else is tried again here: throttling and faults are passed on, and retries are the
// client's affair.

import Cryptography
import DaxProtocol
import HTTPClient
import Platform
import Synchronization
import Units

/// The DynamoDB endpoint that the cluster reads and writes.
final class EndpointClient: Sendable {
  private let options: DaxOptions
  private let signer: Mutex<RequestSigner?>
  private let idle = Mutex<[KeptConnection]>([])

  /// Connections kept without work.
  private static let idleMax = 256

  init(_ options: DaxOptions) {
    self.options = options
    signer = Mutex(
      options.credentials.map {
        RequestSigner(
          $0, region: options.region, service: "dynamodb", host: options.endpoint.authority)
      })
  }

  /// Calls an operation and returns the body of its answer.
  func call(_ operation: String, _ body: [UInt8]) throws(DaxError) -> [UInt8] {
    let answer = try exchange(request(operation, body))
    guard answer.status == 200 else { throw EndpointFault.error(answer) }
    return answer.body
  }

  private func request(_ operation: String, _ body: [UInt8]) -> [UInt8] {
    let target = Array("DynamoDB_20120810.\(operation)".utf8)
    var bytes = Array("POST / HTTP/1.1\r\nHost: \(options.endpoint.authority)\r\n".utf8)
    bytes += "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: ".utf8
    bytes += target
    bytes += "\r\n".utf8
    let seconds = WallClock.secondsSinceEpoch()
    signer.withLock { signer in
      target.withUnsafeBytes { target in
        body.withUnsafeBytes {
          signer?.sign(target: target, body: $0, at: seconds, appendingTo: &bytes)
        }
      }
    }
    bytes += "Content-Length: \(body.count)\r\n\r\n".utf8
    return bytes + body
  }

  private func exchange(_ request: [UInt8]) throws(DaxError) -> EndpointAnswer {
    if let kept = idle.withLock({ $0.popLast() }) {
      switch kept.exchange(request, within: options.endpointTimeout) {
      case .answer(let answer):
        keep(kept)
        return answer
      case .broken(let what): throw .unreachable(what)
      case .closedBefore: break
      }
    }
    let fresh = try KeptConnection(options)
    switch fresh.exchange(request, within: options.endpointTimeout) {
    case .answer(let answer):
      keep(fresh)
      return answer
    case .broken(let what): throw .unreachable(what)
    case .closedBefore: throw .unreachable("it closed the connection")
    }
  }

  private func keep(_ connection: KeptConnection) {
    idle.withLock { if $0.count < Self.idleMax { $0.append(connection) } }
  }
}

/// A connection for one call at a time.
///
/// `@unchecked Sendable` holds because whoever has taken it off the list is its only user.
private final class KeptConnection: @unchecked Sendable {
  private let clock = MonotonicClock()
  private var pool: ConnectionPool

  init(_ options: DaxOptions) throws(DaxError) {
    let addresses: [SocketAddress]
    do throws(AddressFault) {
      addresses = try SocketAddress.resolve(options.endpoint.host, port: options.endpoint.port)
    } catch {
      throw .unreachable(error.description)
    }
    guard !addresses.isEmpty else { throw .unreachable("it has no address") }
    do throws(PoolFault) {
      pool = try ConnectionPool(
        options.endpoint, addresses: addresses,
        settings: PoolSettings(connections: 1, tls: options.tls), clock: clock)
    } catch {
      throw .unreachable(error.description)
    }
  }

  enum Outcome {
    case answer(EndpointAnswer)
    /// Nothing came back: a connection that was kept too long.
    case closedBefore
    case broken(String)
  }

  func exchange(_ request: [UInt8], within timeout: Nanoseconds) -> Outcome {
    guard let connection = pool.take() else { return .broken("no connection") }
    defer {
      pool.clearCompletions()
      pool.release(connection)
    }
    let now = clock.now().nanoseconds
    request.withUnsafeBytes {
      pool.send(connection, token: 0, $0, at: now, deadline: now + timeout.count)
    }
    while pool.completions.isEmpty { pool.turn(.milliseconds(100)) }
    let response = pool.response(connection)
    switch pool.completions[0].outcome {
    case .failed(.closed): return .closedBefore
    case .failed(.broken) where !response.hasBegun: return .closedBefore
    case .failed(let failure): return .broken(pool.text(failure, on: connection))
    case .response:
      let identifier = pool.bytes(connection, response.requestIdentifier)
      return .answer(
        EndpointAnswer(
          status: response.status, body: Array(pool.bytes(connection, response.body)),
          requestID: identifier.isEmpty ? nil : String(decoding: identifier, as: UTF8.self)))
    }
  }
}

extension DaxError {
  fileprivate static func unreachable(_ what: String) -> DaxError {
    DaxError("InternalServerError", "The endpoint did not answer: \(what)", status: 500)
  }
}

/// What an endpoint has answered.
struct EndpointAnswer: Hashable, Sendable {
  var status: Int
  var body: [UInt8]
  var requestID: String?
}

/// Errors of the endpoint in the cache's terms.
enum EndpointFault {
  /// The error that an answer carries.
  static func error(_ answer: EndpointAnswer) -> DaxError {
    guard let reply = try? EndpointReply(answer.body), let type = reply.errorType else {
      return DaxError(
        "InternalServerError", "The endpoint answered with status \(answer.status)",
        status: max(500, answer.status), requestID: answer.requestID)
    }
    let name = type.split(separator: "#").last.map(String.init) ?? type
    var error = DaxError(
      name, reply.message ?? "", status: answer.status, requestID: answer.requestID)
    error.reasons = reply.reasons
    return error
  }
}
