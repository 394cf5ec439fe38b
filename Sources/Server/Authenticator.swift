// Who sent a request: the signature checked against the keys of the users file.
//
// What is signed, and the words of refusals, are Cryptography's; here are the codes that go with
// them and the facts of the connection that policies may ask for. Keys derived for the day and
// temporary credentials, once opened, are kept. Codes and texts: common errors of the API
// reference; public suites of compatible servers.

import AccessControl
import Cryptography
import HTTP
import ServiceAPI
import Synchronization

/// Whose requests a server serves.
public enum AuthenticationMode: String, Sendable, CaseIterable {
  /// Everybody's; signatures are not looked at.
  case off
  /// Everybody's, but those signed with a key of the users file are that user's.
  case optional
  /// Only those signed with a key of the users file.
  case required
}

/// Checks signatures.
final class Authenticator: Sendable {
  private let mode: AuthenticationMode
  private let users: UserDirectory
  private let region: String
  private let derived = Mutex<[String: SigningKey]>([:])
  /// Temporary credentials that were used, by token.
  private let opened = Mutex<[String: AccessKey]>([:])
  /// So many are kept; beyond that they are opened again.
  private static let openedMax = 1_000

  /// nil when there is nothing to check.
  init?(_ mode: AuthenticationMode, _ users: UserDirectory, region: String) {
    if mode == .off { return nil }
    self.mode = mode
    self.users = users
    self.region = region
  }

  /// What signatures are made for.
  enum Audience: String {
    case database = "dynamodb"
    case tokens = "sts"
  }

  /// The caller of a request that arrived at `seconds` since 1970; nil: somebody unknown who may do
  /// everything.
  func caller(
    _ request: borrowing HTTPRequest, at seconds: Int64, for audience: Audience = .database
  ) throws(ServiceError) -> Caller? {
    guard let authorization = request.header("Authorization") else {
      if mode == .optional { return nil }
      throw Self.refusal(
        "MissingAuthenticationTokenException", "Request is missing Authentication Token")
    }
    let claim: SignatureClaim
    do throws(SignatureFault) {
      claim = try SignatureClaim(
        authorization: authorization, date: request.header("X-Amz-Date"))
    } catch {
      if mode == .optional { return nil }
      throw Self.refusal(error)
    }
    guard let key = key(claim.accessKey, token: request.header("X-Amz-Security-Token")) else {
      if mode == .optional { return nil }
      throw Self.unknownToken
    }
    do throws(SignatureFault) {
      try verify(claim, key, request, at: SigningTime(seconds: seconds), for: audience)
    } catch {
      throw Self.refusal(error)
    }
    try check(key, request, at: seconds)
    var caller = key.caller
    caller.context = caller.context.merging(facts(request, at: seconds))
    return caller
  }

  private func key(_ identifier: String, token: String?) -> AccessKey? {
    if let known = users.keys[identifier] { return known }
    guard let token else { return nil }
    if let known = opened.withLock({ $0[token] }), known.identifier == identifier { return known }
    guard let key = users.issued(identifier, token: token) else { return nil }
    opened.withLock { opened in
      if opened.count >= Self.openedMax { opened = [:] }
      opened[token] = key
    }
    return key
  }

  private func verify(
    _ claim: SignatureClaim, _ key: AccessKey, _ request: borrowing HTTPRequest,
    at now: SigningTime, for audience: Audience
  ) throws(SignatureFault) {
    let headers = request.headers()
    // The token service is one for all regions.
    try claim.check(
      region: audience == .database ? region : nil, service: audience.rawValue, at: now,
      headers: headers.map { $0.name.lowercased() })
    let signed = headers.filter { claim.signedHeaders.contains($0.name.lowercased()) }
    let canonical = CanonicalRequest(
      method: request.method.rawValue, path: request.path, headers: signed,
      payloadHash: SHA256.digest(of: request.body).hex)
    try claim.verify(canonical, key: signingKey(key, claim.scope))
  }

  private func signingKey(_ key: AccessKey, _ scope: SigningScope) -> SigningKey {
    derived.withLock { derived in
      if let found = derived[key.identifier], found.scope == scope { return found }
      let made = SigningKey(secretKey: key.secret, scope: scope)
      derived[key.identifier] = made
      return made
    }
  }

  /// Checks what temporary credentials add.
  private func check(
    _ key: AccessKey, _ request: borrowing HTTPRequest, at seconds: Int64
  ) throws(ServiceError) {
    guard request.header("X-Amz-Security-Token") == key.token else { throw Self.unknownToken }
    if hasEnded(key, at: seconds) {
      throw Self.refusal(
        "ExpiredTokenException", "The security token included in the request is expired")
    }
  }

  // MARK: Temporary credentials

  /// Whether temporary credentials are of no use any more.
  func hasEnded(_ key: AccessKey, at seconds: Int64) -> Bool {
    key.expiresAtSeconds.map { seconds >= $0 } ?? false
  }

  func role(_ arn: String) -> Role? { users.roles[arn] }

  /// New credentials until `end`, in seconds since 1970.
  func issue(to holder: SessionHolder, until end: Int64) -> AccessKey? {
    users.issue(to: holder, until: end)
  }

  private func facts(_ request: borrowing HTTPRequest, at seconds: Int64) -> AccessContext {
    var facts = AccessContext()
    if let address = request.peerAddress { facts["aws:SourceIp"] = [address] }
    facts["aws:CurrentTime"] = [SigningTime(seconds: seconds).extended]
    facts["aws:EpochTime"] = [String(seconds)]
    facts["aws:RequestedRegion"] = [region]
    if let agent = request.header("User-Agent") { facts["aws:UserAgent"] = [agent] }
    return facts
  }

  // MARK: Refusals

  private static let unknownToken = refusal(
    "UnrecognizedClientException", "The security token included in the request is invalid.")

  private static func refusal(_ fault: SignatureFault) -> ServiceError {
    switch fault {
    case .incomplete(let message): refusal("IncompleteSignatureException", message)
    case .invalid(let message): refusal("InvalidSignatureException", message)
    }
  }

  private static func refusal(_ code: String, _ message: String) -> ServiceError {
    ServiceError(code, layer: .framework, message: message)
  }
}
