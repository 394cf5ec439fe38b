// The service's protocol on HTTP: what a request must look like, what every answer carries.
//
// POST with X-Amz-Target names the operation and JSON 1.0 is the body. Answers carry a request id
// and a checksum that SDKs verify. Signatures are looked at when the server is told to. A form goes
// to the token service. A GET answers as the service's health check does, or with the state of
// capacity and regions under /_plimsoll/, where a POST cuts a region off.

import AccessControl
import Cryptography
import Engine
import HTTP
import Platform
import ServiceAPI
import Synchronization
import Units

/// Turns HTTP requests into operations and answers into HTTP responses.
final class RequestEdge: Sendable {
  private let group: RegionGroup
  private let region: String
  private let database: Database
  private let clock: MonotonicClock
  private let multiplier: Int64
  private let requests = Atomic<UInt64>(0)
  /// Makes the request ids of one process differ from those of the next.
  private let seed: UInt64

  private let latency: LatencyInjector?

  private let authenticator: Authenticator?
  private let tokens: TokenService

  /// Serves one region of a group.
  init(
    _ database: Database, of group: RegionGroup, region: String, clock: MonotonicClock,
    authenticator: Authenticator?, _ options: ServerOptions
  ) {
    self.database = database
    self.group = group
    self.region = region
    self.clock = clock
    self.authenticator = authenticator
    tokens = TokenService(authenticator: authenticator, account: options.account)
    multiplier = Int64(max(1, options.clockMultiplier))
    let seed = RandomBytes.make(8).reduce(0) { $0 << 8 | UInt64($1) }
    self.seed = seed
    latency = options.latency.map { LatencyInjector($0, seed: seed) }
  }

  private static let contentType = "application/x-amz-json-1.0"

  /// Does what is due in the database; returns whether more is due at once.
  func keepHouse() -> Bool {
    database.keepHouse(at: Instant(nanoseconds: clock.now().nanoseconds * multiplier))
  }

  func answer(_ request: borrowing HTTPRequest, _ response: inout HTTPResponse) {
    response.addHeader("x-amzn-RequestId", room: Self.identifierBytes, writeRequestIdentifier)
    switch request.method {
    case .post where !request.isRoot && request.path.hasPrefix(Self.controlPath):
      control(request, &response)
    case .post: post(request, &response)
    case .get: look(request, &response)
    case .options: allow(request, &response)
    case .put, .delete: refuse(&response)
    }
    // A response that is kept back for the device is not final yet.
    if response.pending == nil { Self.addChecksum(&response) }
  }

  private static func addChecksum(_ response: inout HTTPResponse) {
    response.addHeader("x-amz-crc32", CRC32.checksum(response.body))
  }

  private func post(_ request: borrowing HTTPRequest, _ response: inout HTTPResponse) {
    switch request.withHeader("Content-Type", ContentType.init) {
    case .json: break
    case .form: return token(request, &response)
    case .other: if !request.body.isEmpty { return refuse(&response) }
    }
    response.addHeader("Content-Type", Self.contentType)
    let reply: Reply
    do throws(ServiceError) {
      reply = try self.reply(request, &response)
    } catch {
      reply = Reply(status: error.status, body: error.body, error: error)
    }
    response.status = reply.status
    response.body = reply.body
  }

  /// Answers a request of the token service.
  private func token(_ request: borrowing HTTPRequest, _ response: inout HTTPResponse) {
    let now = WallClock.secondsSinceEpoch()
    let caller: Result<Caller?, ServiceError>
    do throws(ServiceError) {
      caller = .success(try authenticator?.caller(request, at: now, for: .tokens) ?? nil)
    } catch {
      caller = .failure(error)
    }
    let answer = tokens.answer(request.body, from: caller, at: now, request: requestIdentifier())
    response.addHeader("Content-Type", "text/xml")
    response.status = answer.status
    response.body = answer.body
  }

  private func reply(
    _ request: borrowing HTTPRequest, _ response: inout HTTPResponse
  ) throws(ServiceError) -> Reply {
    guard let operation = request.withHeader("X-Amz-Target", Self.operation) else {
      throw .unknownOperation
    }
    let caller = try authenticator?.caller(request, at: WallClock.secondsSinceEpoch())
    let now = Instant(nanoseconds: clock.now().nanoseconds * multiplier)
    let reply = request.body.withUnsafeBytes {
      group.begin(operation, in: region, body: $0, at: now, for: caller ?? nil)
    }
    response.delay = latency?.delay(operation, request.body, reply) ?? reply.serviceTime ?? .zero
    if !database.isDurable(reply) { response.pending = pending(reply, of: operation) }
    return reply
  }

  /// Waits for the device without holding the thread, so that many writes share one sync.
  private func pending(_ reply: Reply, of operation: String) -> PendingResponse {
    let settled = SettledReply(reply)
    return PendingResponse { [database] finished in
      database.whenDurable(reply, of: operation) { final in
        settled.reply.withLock { $0 = final }
        finished()
      }
    } complete: { response in
      let final = settled.reply.withLock { $0 }
      response.status = final.status
      response.body = final.body
      Self.addChecksum(&response)
    }
  }

  /// The operation's name behind the prefix of its API; nil for anything else.
  private static func operation(_ target: UnsafeRawBufferPointer?) -> String? {
    guard let target else { return nil }
    for (api, prefix) in ServiceCatalog.targetPrefixes.enumerated() {
      let count = prefix.utf8CodeUnitCount
      guard target.count > count, target[count] == UInt8(ascii: "."), starts(target, prefix)
      else { continue }
      let name = UnsafeRawBufferPointer(rebasing: target.dropFirst(count + 1))
      if api == 0, equals(name, "GetItem") { return "GetItem" }
      if api == 0, equals(name, "PutItem") { return "PutItem" }
      let text = String(decoding: name, as: UTF8.self)
      return ServiceCatalog.streamOperations.contains(text) == (api == 1) ? text : nil
    }
    return nil
  }

  /// What a browser or a scraper may look at; anything else is the health check.
  private func look(_ request: borrowing HTTPRequest, _ response: inout HTTPResponse) {
    let now = Instant(nanoseconds: clock.now().nanoseconds * multiplier)
    switch request.path {
    case "/_plimsoll/capacity":
      response.addHeader("Content-Type", "application/json")
      response.body = database.capacityReport(at: now)
    case "/_plimsoll/insights": insights(request, &response)
    case "/_plimsoll/metrics":
      response.addHeader("Content-Type", "text/plain; version=0.0.4")
      response.body = database.metrics(at: now)
    case "/_plimsoll/regions":
      response.addHeader("Content-Type", "application/json")
      response.body = group.report()
    default: health(&response)
    }
  }

  /// The report of contributor insights names keys of items: where requests must be signed, who
  /// asks needs the permission that CloudWatch wants for it.
  private func insights(_ request: borrowing HTTPRequest, _ response: inout HTTPResponse) {
    let access = AccessRequest(action: "cloudwatch:GetInsightRuleReport", resource: "*")
    do throws(ServiceError) {
      if let caller = try authenticator?.caller(request, at: WallClock.secondsSinceEpoch()) ?? nil,
        case .denied(let denial) = AccessDecision.decide(access, by: caller)
      {
        throw ServiceError(
          "AccessDeniedException", message: denial.message(access, caller.principal))
      }
    } catch {
      response.status = error.status
      response.body = error.body
      return
    }
    response.addHeader("Content-Type", "application/json")
    response.body = database.insightsReport()
  }

  private static let controlPath = "/_plimsoll/"

  /// Cuts a region off, or heals it: POST /_plimsoll/cut/REGION, /_plimsoll/heal/REGION. Where
  /// requests must be signed, this one must be too.
  private func control(_ request: borrowing HTTPRequest, _ response: inout HTTPResponse) {
    do throws(ServiceError) {
      _ = try authenticator?.caller(request, at: WallClock.secondsSinceEpoch())
    } catch {
      response.status = error.status
      response.body = error.body
      return
    }
    let parts = request.path.split(separator: "/").map(String.init)
    guard parts.count == 3, parts[1] == "cut" || parts[1] == "heal",
      group.setCut(parts[2], parts[1] == "cut")
    else { return refuse(&response) }
    response.addHeader("Content-Type", "application/json")
    response.body = group.report()
  }

  private func health(_ response: inout HTTPResponse) {
    response.addHeader("Content-Type", "text/plain")
    response.body = Array("healthy: plimsoll".utf8)
  }

  /// Answers a browser's preflight.
  private func allow(_ request: borrowing HTTPRequest, _ response: inout HTTPResponse) {
    response.addHeader("Access-Control-Allow-Origin", "*")
    if let headers = request.header("Access-Control-Request-Headers") {
      response.addHeader("Access-Control-Allow-Headers", headers)
    }
    if let method = request.header("Access-Control-Request-Method") {
      response.addHeader("Access-Control-Allow-Methods", method)
    }
    response.addHeader("Access-Control-Max-Age", "172800")
  }

  private func refuse(_ response: inout HTTPResponse) {
    response.status = 404
    response.addHeader("Content-Type", "application/xml")
    response.body = Array("<UnknownOperationException/>\n".utf8)
  }

  private static let identifierBytes = 52

  /// 52 capital letters and digits, as the service's ids are.
  private func writeRequestIdentifier(_ text: UnsafeMutableBufferPointer<UInt8>) -> Int {
    let digits: StaticString = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
    var state =
      seed &+ requests.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9E37_79B9_7F4A_7C15
    var at = 0
    while at < Self.identifierBytes {
      state ^= state >> 30
      state = state &* 0xBF58_476D_1CE4_E5B9
      state ^= state >> 27
      state = state &* 0x94D0_49BB_1331_11EB
      var rest = state ^ (state >> 31)
      for _ in 0..<12 where at < Self.identifierBytes {
        text[at] = digits.utf8Start[Int(rest & 31)]
        rest >>= 5
        at += 1
      }
    }
    return at
  }

  private func requestIdentifier() -> String {
    String(
      unsafeUninitializedCapacity: Self.identifierBytes,
      initializingUTF8With: writeRequestIdentifier)
  }
}

/// What a request's body is, by its header; none at all counts as the protocol's own.
private enum ContentType {
  case json, form, other

  init(_ type: UnsafeRawBufferPointer?) {
    guard let type else {
      self = .json
      return
    }
    let isJSON =
      Self.matches(type, "application/x-amz-json-1.0") || Self.matches(type, "application/json")
    self =
      isJSON ? .json : Self.matches(type, "application/x-www-form-urlencoded") ? .form : .other
  }

  /// Whether a content type is this one, parameters aside.
  private static func matches(_ type: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
    let count = name.utf8CodeUnitCount
    guard type.count >= count, starts(type, name) else { return false }
    return type.count == count || type[count] == UInt8(ascii: ";")
      || type[count] == UInt8(ascii: " ")
  }
}

/// An answer that may become another one until it leaves.
private final class SettledReply: Sendable {
  let reply: Mutex<Reply>

  init(_ reply: Reply) { self.reply = Mutex(reply) }
}

/// Whether a text is `word`.
@inline(__always)
private func equals(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
  text.count == word.utf8CodeUnitCount && starts(text, word)
}

/// Whether a text of at least as many bytes begins with `word`.
@inline(__always)
private func starts(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
  for place in 0..<word.utf8CodeUnitCount where text[place] != word.utf8Start[place] {
    return false
  }
  return true
}
