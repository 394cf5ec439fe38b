// The calls of the token service that local work needs: AssumeRole, GetSessionToken and
// GetCallerIdentity, on the same port.
//
// Requests are forms and answers XML (the query protocol, version 2011-06-15), signed for the
// service `sts`. Credentials carry their session, sealed (AccessControl/SessionTokens). What is not
// understood is refused, not ignored: a session that was meant to be narrower must not be wider.
// Bounds, words and codes: API reference of the three calls, common errors.

import AccessControl
import Cryptography
import ServiceAPI

/// Answers requests of the token service.
struct TokenService {
  let authenticator: Authenticator?
  let account: String

  /// Status and body of an answer.
  struct Answer {
    var status: Int
    var body: [UInt8]
  }

  /// What is wrong with a request.
  struct Fault: Error {
    var code: String
    var message: String
    var status = 400

    static func invalid(_ message: String) -> Fault {
      Fault(code: "ValidationError", message: message)
    }

    static func denied(_ message: String) -> Fault {
      Fault(code: "AccessDenied", message: message, status: 403)
    }

    /// A refusal of the signature in this service's codes.
    init(_ error: ServiceError) {
      let codes = [
        "UnrecognizedClientException": "InvalidClientTokenId",
        "InvalidSignatureException": "SignatureDoesNotMatch",
        "MissingAuthenticationTokenException": "MissingAuthenticationToken",
        "IncompleteSignatureException": "IncompleteSignature",
        "ExpiredTokenException": "ExpiredToken",
      ]
      code = codes[error.code] ?? error.code
      message = error.message ?? ""
      status = 403
    }

    init(code: String, message: String, status: Int = 400) {
      self.code = code
      self.message = message
      self.status = status
    }
  }

  /// Answers the form in `body` from `caller` (nil: somebody unknown, who is the account itself) at
  /// `seconds` since 1970.
  func answer(
    _ body: [UInt8], from caller: Result<Caller?, ServiceError>, at seconds: Int64,
    request identifier: String
  ) -> Answer {
    do throws(Fault) {
      let form = try Form(body)
      let caller = try Self.checked(caller)
      let result =
        switch form["Action"] {
        case "GetCallerIdentity": try callerIdentity(form, caller)
        case "AssumeRole": try assumeRole(form, caller, at: seconds)
        case "GetSessionToken": try sessionToken(form, caller, at: seconds)
        default:
          throw Fault(
            code: "InvalidAction",
            message: "Could not find operation \(form["Action"] ?? "") for version 2011-06-15")
        }
      let action = form["Action"] ?? ""
      let text =
        "<\(action)Response xmlns=\"\(Self.namespace)\"><\(action)Result>\(result)"
        + "</\(action)Result><ResponseMetadata><RequestId>\(identifier)</RequestId>"
        + "</ResponseMetadata></\(action)Response>\n"
      return Answer(status: 200, body: Array(text.utf8))
    } catch {
      let text =
        "<ErrorResponse xmlns=\"\(Self.namespace)\"><Error><Type>Sender</Type>"
        + Self.element("Code", error.code) + Self.element("Message", error.message)
        + "</Error><RequestId>\(identifier)</RequestId></ErrorResponse>\n"
      return Answer(status: error.status, body: Array(text.utf8))
    }
  }

  private static let namespace = "https://sts.amazonaws.com/doc/2011-06-15/"

  private static func checked(
    _ caller: Result<Caller?, ServiceError>
  ) throws(Fault) -> Caller? {
    switch caller {
    case .success(let caller): return caller
    case .failure(let error): throw Fault(error)
    }
  }

  // MARK: Calls

  private func callerIdentity(_ form: Form, _ caller: Caller?) throws(Fault) -> String {
    try form.checkKnown([])
    let arn = caller?.principal.arn ?? "arn:aws:iam::\(account):root"
    return Self.element("Arn", arn)
      + Self.element("UserId", caller?.context["aws:userid"]?.first ?? account)
      + Self.element("Account", caller?.principal.account ?? account)
  }

  /// At most an hour for a role's own session that assumes another role ("role chaining").
  private static let chainedSecondsMax = 3_600

  private func assumeRole(
    _ form: Form, _ caller: Caller?, at seconds: Int64
  ) throws(Fault) -> String {
    try form.checkKnown(["RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "ExternalId"])
    let arn = try form.required("RoleArn")
    let name = try form.required("RoleSessionName")
    guard (2...64).contains(name.utf8.count), name.utf8.allSatisfy(Self.isNameByte) else {
      throw .invalid(
        "1 validation error detected: Value '\(name)' at 'roleSessionName' failed to satisfy "
          + "constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*")
    }
    let span = try form.seconds(900...43_200, otherwise: 3_600)
    try checkPolicy(form["Policy"])
    var facts = AccessContext()
    facts["sts:RoleSessionName"] = [name]
    if let external = form["ExternalId"] { facts["sts:ExternalId"] = [external] }
    guard let authenticator, let caller else {
      throw .denied("Only callers of the users file (serve --auth) can assume a role")
    }
    // A role that does not exist is refused in the same words as one that may not be assumed.
    guard let role = authenticator.role(arn), role.refusal(of: caller, facts) == nil else {
      throw .denied(
        "User: \(caller.principal.arn) is not authorized to perform: sts:AssumeRole on resource: "
          + arn)
    }
    guard caller.principal.role == nil || span <= Self.chainedSecondsMax else {
      throw .invalid(
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
          + "chaining")
    }
    let holder = SessionHolder.role(role.arn, session: name, policy: form["Policy"])
    let key = try Self.present(authenticator.issue(to: holder, until: seconds + Int64(span)), arn)
    return Self.element(
      "AssumedRoleUser",
      Self.element("AssumedRoleId", key.caller.context["aws:userid"]?.first ?? "")
        + Self.element("Arn", key.caller.principal.arn), isText: false) + credentials(key)
  }

  private func sessionToken(
    _ form: Form, _ caller: Caller?, at seconds: Int64
  ) throws(Fault) -> String {
    try form.checkKnown(["DurationSeconds"])
    let span = try form.seconds(900...129_600, otherwise: 43_200)
    guard let authenticator, let caller else {
      throw .denied("Only users of the users file (serve --auth) get session tokens")
    }
    guard !caller.isTemporary else {
      throw .denied("Cannot call GetSessionToken with session credentials")
    }
    let arn = caller.principal.arn
    return credentials(
      try Self.present(authenticator.issue(to: .user(arn), until: seconds + Int64(span)), arn))
  }

  /// Whoever was found in the users file is there still.
  private static func present(_ key: AccessKey?, _ arn: String) throws(Fault) -> AccessKey {
    guard let key else { throw .denied("\(arn) is not in the users file") }
    return key
  }

  private func checkPolicy(_ text: String?) throws(Fault) {
    guard let text else { return }
    guard text.utf8.count <= 2_048 else {
      throw .invalid("The session policy is longer than 2048 characters")
    }
    if case .failure(let faults) = Policy.read(json: text, .session) {
      throw Fault(
        code: "MalformedPolicyDocument",
        message: faults.faults.map(\.description).joined(separator: "; "))
    }
  }

  // MARK: Texts

  private func credentials(_ key: AccessKey) -> String {
    let time = SigningTime(seconds: key.expiresAtSeconds ?? 0)
    return Self.element(
      "Credentials",
      Self.element("AccessKeyId", key.identifier) + Self.element("SecretAccessKey", key.secret)
        + Self.element("SessionToken", key.token ?? "")
        + Self.element("Expiration", time.extended), isText: false)
  }

  /// An element of a text or, already written, of others.
  private static func element(_ name: String, _ content: String, isText: Bool = true) -> String {
    let written = isText ? content.map { escapes[$0] ?? String($0) }.joined() : content
    return "<\(name)>\(written)</\(name)>"
  }

  private static let escapes: [Character: String] = [
    "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;",
  ]

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_+=,.@-".utf8.contains(byte)
    }
  }
}

/// A body of `application/x-www-form-urlencoded`.
struct Form {
  private var values: [String: String] = [:]

  init(_ body: [UInt8]) throws(TokenService.Fault) {
    for part in body.split(separator: UInt8(ascii: "&")) {
      let pair = part.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = PercentEncoding.formText(pair[0])
      let value = pair.count > 1 ? PercentEncoding.formText(pair[1]) : ""
      guard values.updateValue(value, forKey: name) == nil else {
        throw .invalid("The parameter \(name) is given twice")
      }
    }
    let version = values["Version"]
    guard version == nil || version == "2011-06-15" else {
      throw TokenService.Fault(
        code: "InvalidAction",
        message: "Could not find operation \(values["Action"] ?? "") for version \(version ?? "")")
    }
  }

  subscript(name: String) -> String? { values[name] }

  func required(_ name: String) throws(TokenService.Fault) -> String {
    if let value = values[name], !value.isEmpty { return value }
    throw .invalid("The parameter \(name) is required")
  }

  /// Refuses parameters that would be ignored.
  func checkKnown(_ names: [String]) throws(TokenService.Fault) {
    let known = names + ["Action", "Version"]
    guard let other = values.keys.filter({ !known.contains($0) }).min() else { return }
    throw .invalid("The parameter \(other) is not supported here")
  }

  func seconds(
    _ range: ClosedRange<Int>, otherwise: Int
  ) throws(TokenService.Fault) -> Int {
    guard let text = values["DurationSeconds"] else { return otherwise }
    guard let number = Int(text), range.contains(number) else {
      throw .invalid(
        "1 validation error detected: Value '\(text)' at 'durationSeconds' failed to satisfy "
          + "constraint: Member must have value between \(range.lowerBound) and "
          + "\(range.upperBound)")
    }
    return number
  }
}
