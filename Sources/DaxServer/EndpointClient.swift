// Calls to the endpoint behind the cache: HTTP/1.1 over connections that are kept.
//
// Blocking, because every connection of a node has a thread of its own. A kept connection that the
// endpoint has closed meanwhile is replaced once; nothing else is tried again here: throttling and
// faults are passed on, and retries are the client's affair. Not a general HTTP client: no TLS, no
// redirects, no name service.

import Cryptography
import DaxProtocol
import Platform
import Synchronization
import Units

/// The DynamoDB endpoint that the cluster reads and writes.
final class EndpointClient: Sendable {
  private let address: EndpointAddress
  private let timeout: Nanoseconds
  /// As requests name it.
  private let host: String
  private let signer: Mutex<RequestSigner?>
  private let idle = Mutex<[ClientSocket]>([])

  /// Connections kept without work.
  private static let idleMax = 256

  init(_ options: DaxOptions) {
    address = options.endpoint
    timeout = options.endpointTimeout
    let host = "\(options.endpoint.host):\(options.endpoint.port)"
    self.host = host
    let region = options.region
    signer = Mutex(
      options.credentials.map {
        RequestSigner($0, region: region, service: "dynamodb", host: host)
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
    var bytes = Array("POST / HTTP/1.1\r\nHost: \(host)\r\n".utf8)
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
      switch attempt(request, on: kept) {
      case .answer(let answer): return answer
      case .broken(let what): throw unreachable(what)
      case .closedBefore: break
      }
    }
    let fresh: ClientSocket
    do throws(SystemError) {
      fresh = try ClientSocket(address: address.host, port: address.port)
      try fresh.limitWaiting(to: timeout)
    } catch {
      throw unreachable(error.description)
    }
    switch attempt(request, on: fresh) {
    case .answer(let answer): return answer
    case .broken(let what): throw unreachable(what)
    case .closedBefore: throw unreachable("it closed the connection")
    }
  }

  private func unreachable(_ what: String) -> DaxError {
    DaxError("InternalServerError", "The endpoint did not answer: \(what)", status: 500)
  }

  private enum Attempt {
    case answer(EndpointAnswer)
    /// Nothing came back: a connection that was kept too long.
    case closedBefore
    case broken(String)
  }

  private func attempt(_ request: [UInt8], on socket: ClientSocket) -> Attempt {
    do throws(SystemError) {
      try socket.send(request)
    } catch {
      return .closedBefore
    }
    var parser = AnswerParser()
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let got: Int
      do throws(SystemError) {
        got = try socket.receive(into: &chunk)
      } catch {
        return parser.isEmpty && error.isReset ? .closedBefore : .broken(error.description)
      }
      guard got > 0 else {
        return parser.isEmpty ? .closedBefore : .broken("the answer ends in the middle")
      }
      switch parser.take(chunk[..<got]) {
      case .incomplete: continue
      case .malformed: return .broken("its answer is not HTTP")
      case .complete(let answer):
        if answer.keepsConnection { keep(socket) }
        return .answer(answer)
      }
    }
  }

  private func keep(_ socket: ClientSocket) {
    idle.withLock { if $0.count < Self.idleMax { $0.append(socket) } }
  }
}

/// What an endpoint has answered.
struct EndpointAnswer: Hashable, Sendable {
  var status: Int
  var body: [UInt8]
  var requestID: String?
  var keepsConnection: Bool
}

/// Reads one HTTP answer from pieces; bodies have a length or come in chunks.
struct AnswerParser {
  enum Outcome: Hashable {
    case incomplete
    case complete(EndpointAnswer)
    case malformed
  }

  private var bytes: [UInt8] = []
  private var head: Head?

  private struct Head {
    var status = 0
    var length: Int?
    var isChunked = false
    var keepsConnection = true
    var requestID: String?
    var end = 0
  }

  /// Room for the head of an answer.
  private static let headMax = 1 << 16

  var isEmpty: Bool { bytes.isEmpty }

  mutating func take(_ piece: ArraySlice<UInt8>) -> Outcome {
    bytes += piece
    if head == nil {
      guard let end = headEnd() else {
        return bytes.count > Self.headMax ? .malformed : .incomplete
      }
      guard let parsed = Self.parse(bytes[..<end], end: end + 4) else { return .malformed }
      head = parsed
    }
    guard let head else { return .incomplete }
    if head.isChunked { return chunked(head) }
    let length = head.length ?? 0
    guard bytes.count >= head.end + length else { return .incomplete }
    return .complete(answer(head, Array(bytes[head.end..<head.end + length])))
  }

  private func answer(_ head: Head, _ body: [UInt8]) -> EndpointAnswer {
    EndpointAnswer(
      status: head.status, body: body, requestID: head.requestID,
      keepsConnection: head.keepsConnection)
  }

  private func headEnd() -> Int? {
    guard bytes.count >= 4 else { return nil }
    return (0...bytes.count - 4).first {
      bytes[$0] == 13 && bytes[$0...].starts(with: [13, 10, 13, 10])
    }
  }

  private static func parse(_ bytes: ArraySlice<UInt8>, end: Int) -> Head? {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    guard let first = lines.first?.split(separator: " "), first.count >= 2,
      first[0].hasPrefix("HTTP/1."), let status = Int(first[1])
    else { return nil }
    var head = Head(status: status, end: end)
    head.keepsConnection = first[0] == "HTTP/1.1"
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      switch line[..<colon].lowercased() {
      case "content-length":
        guard let length = Int(value), (0...(1 << 30)).contains(length) else { return nil }
        head.length = length
      case "transfer-encoding": head.isChunked = value.lowercased().contains("chunked")
      case "connection": if value.lowercased() == "close" { head.keepsConnection = false }
      case "x-amzn-requestid": head.requestID = String(value)
      default: break
      }
    }
    return head
  }

  /// From the start each time: endpoints of this service rarely send chunks.
  private func chunked(_ head: Head) -> Outcome {
    var body: [UInt8] = []
    var place = head.end
    while true {
      guard let lineEnd = bytes[place...].firstIndex(of: 13), lineEnd + 1 < bytes.count else {
        return .incomplete
      }
      let size = String(decoding: bytes[place..<lineEnd], as: UTF8.self).split(separator: ";")
      guard let text = size.first, let length = Int(text, radix: 16),
        (0...(1 << 30)).contains(length)
      else { return .malformed }
      let start = lineEnd + 2
      guard bytes.count >= start + length + 2 else { return .incomplete }
      if length == 0 { return .complete(answer(head, body)) }
      body += bytes[start..<start + length]
      place = start + length + 2
    }
  }
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
