// The other side: what a request's signature claims, and whether it is right.
//
// A server reads the claim from the Authorization header, finds the secret of its access key, and
// verifies; a DAX server gets the string to sign and the signature instead of a header. Words of
// the faults: as the service answers (texts gathered from clients' public reports; dynalite and
// Alternator test for the same ones). Which HTTP status and code go with them is the server's.

/// Why a signature is not accepted.
public enum SignatureFault: Error, Hashable, Sendable {
  /// The header cannot be read; the service's message.
  case incomplete(String)
  /// The header is readable and wrong; the service's message.
  case invalid(String)

  static let mismatch = SignatureFault.invalid(
    "The request signature we calculated does not match the signature you provided. Check your "
      + "AWS Secret Access Key and signing method. Consult the service documentation for details.")
}

/// What the Authorization header of a request says.
public struct SignatureClaim: Hashable, Sendable {
  public var accessKey: String
  public var scope: SigningScope
  /// Lower-case names in the order given.
  public var signedHeaders: [String]
  public var signature: Digest
  public var time: SigningTime

  /// How far a request's time may be from the server's: "within five minutes of the time stamp in
  /// the request" (IAM User Guide, reference_sigv, "Protection against reuse").
  public static let toleranceSeconds: Int64 = 300

  /// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` with the X-Amz-Date that
  /// came along.
  public init(authorization: String, date: String?) throws(SignatureFault) {
    let words = authorization.split(separator: " ", maxSplits: 1)
    let algorithm = words.first.map(String.init) ?? ""
    guard algorithm == "AWS4-HMAC-SHA256" else {
      throw .incomplete(
        algorithm.hasPrefix("AWS4-")
          ? "Unsupported AWS 'algorithm': '\(algorithm)'."
          : "Authorization header requires 'Credential' parameter. Authorization header requires "
            + "'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
            + "Authorization=\(algorithm)")
    }
    let parts = Self.parts(words.count > 1 ? words[1] : "")
    let missing = ["Credential", "Signature", "SignedHeaders"].filter { parts[$0] == nil }
    var complaints = missing.map { "Authorization header requires '\($0)' parameter." }
    if date == nil {
      complaints.append(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    }
    guard let credential = parts["Credential"], let names = parts["SignedHeaders"],
      let hex = parts["Signature"], let date, complaints.isEmpty
    else { throw .incomplete(complaints.joined(separator: " ") + " Authorization=\(algorithm)") }
    guard let time = SigningTime(date) else {
      throw .incomplete(
        "Date must be in ISO-8601 'basic format'. Got '\(date)'. See "
          + "http://en.wikipedia.org/wiki/ISO_8601")
    }
    let pieces = credential.split(separator: "/", omittingEmptySubsequences: false)
    guard pieces.count >= 5, pieces.last == "aws4_request" else {
      throw .incomplete(
        "Credential must have exactly 5 slash-delimited elements, e.g. "
          + "keyid/date/region/service/term, got '\(credential)'")
    }
    guard let signature = Digest(hex: hex) else { throw .mismatch }
    let end = pieces.count
    // Only the access key may hold slashes.
    accessKey = pieces[..<(end - 4)].joined(separator: "/")
    scope = SigningScope(
      day: String(pieces[end - 4]), region: String(pieces[end - 3]),
      service: String(pieces[end - 2]))
    signedHeaders = names.split(separator: ";").map { $0.lowercased() }
    self.signature = signature
    self.time = time
  }

  private static func parts(_ text: Substring) -> [String: String] {
    var parts: [String: String] = [:]
    for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { parts[String(pair[0])] = String(pair[1]) }
    }
    return parts
  }

  /// Checks everything that needs no secret: the scope against region (nil: any) and service, its
  /// day against the time, the time against the server's clock, and that the host and every
  /// `x-amz-` header that came along (`names`, lower case) is signed.
  public func check(
    region: String?, service: String, at now: SigningTime, headers names: [String]
  ) throws(SignatureFault) {
    if let region, scope.region != region {
      throw .invalid("Credential should be scoped to a valid region, not '\(scope.region)'. ")
    }
    if scope.service != service {
      throw .invalid("Credential should be scoped to correct service: '\(service)'. ")
    }
    if scope.day != time.day {
      throw .invalid(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
          + "'\(scope.day)' != '\(time.day)', from '\(time.text)'.")
    }
    for name in names
    where (name == "host" || name.hasPrefix("x-amz-")) && !signedHeaders.contains(name) {
      throw .incomplete(
        name == "host"
          ? "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
          : "'\(name)' must be a 'SignedHeader' in the AWS Authorization.")
    }
    try time.checkCurrent(at: now)
  }

  /// Verifies the signature over a request with the key of the claim's access key.
  public func verify(_ request: CanonicalRequest, key: SigningKey) throws(SignatureFault) {
    guard key.scope == scope, key.signature(of: request, at: time).matches(signature) else {
      throw .mismatch
    }
  }
}

extension SigningTime {
  /// Refuses a request signed more than five minutes before or after `now`.
  public func checkCurrent(at now: SigningTime) throws(SignatureFault) {
    let tolerance = SignatureClaim.toleranceSeconds
    let earliest = SigningTime(seconds: now.seconds - tolerance)
    let latest = SigningTime(seconds: now.seconds + tolerance)
    if seconds < earliest.seconds {
      throw .invalid(
        "Signature expired: \(text) is now earlier than \(earliest.text) (\(now.text) - 5 min.)")
    }
    if seconds > latest.seconds {
      throw .invalid(
        "Signature not yet current: \(text) is still later than \(latest.text) "
          + "(\(now.text) + 5 min.)")
    }
  }
}

/// A string to sign that came over the wire in place of the request, as clients of a cache cluster
/// authenticate a connection (features.md 2.4). The request is agreed upon, so the string can be
/// checked in full:
///
///     CanonicalRequest(
///       method: "POST", headers: [("host", "dax.amazonaws.com"), ("x-amz-date", time.text)],
///       payloadHash: SHA256.digest(of: "").hex)
public struct SignedString: Hashable, Sendable {
  public let scope: SigningScope
  public let time: SigningTime
  private let request: Substring
  private let text: String

  /// Reads `AWS4-HMAC-SHA256`, time, scope and digest; nil for any other form.
  public init?(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 4, lines[0] == "AWS4-HMAC-SHA256", let time = SigningTime(lines[1]) else {
      return nil
    }
    let parts = lines[2].split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[3] == "aws4_request" else { return nil }
    self.text = text
    self.time = time
    scope = SigningScope(
      day: String(parts[0]), region: String(parts[1]), service: String(parts[2]))
    request = lines[3]
  }

  /// Verifies `signature` (hexadecimal) over this string, that the string is of `request` as of its
  /// own time, and that it is current. The scope's region is the client's choice.
  public func verify(
    _ signature: String, of request: (SigningTime) -> CanonicalRequest, service: String,
    secretKey: String, at now: SigningTime
  ) throws(SignatureFault) {
    guard scope.service == service else {
      throw .invalid("Credential should be scoped to correct service: '\(service)'. ")
    }
    try time.checkCurrent(at: now)
    let key = SigningKey(secretKey: secretKey, scope: scope)
    guard scope.day == time.day, request(time).digest.hex == self.request,
      let claimed = Digest(hex: signature), key.signature(of: text).matches(claimed)
    else { throw .mismatch }
  }
}
