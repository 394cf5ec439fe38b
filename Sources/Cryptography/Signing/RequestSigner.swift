// Signs a client's requests as fast as they can be sent: POST / with a target and a JSON body.
//
// All that stays the same is hashed once: the signing key's two states for the day, and the
// canonical request up to the target for the second. A request then costs the hash of its body and
// four or five more blocks. A value of its own for each thread. For other requests:
// CanonicalRequest. Form and figures: engine-spikes.md section 2.
//
//     var signer = RequestSigner(credentials, region: region, service: "dynamodb", host: host)
//     signer.sign(target: target, body: body, at: seconds, appendingTo: &head)
//
// appends these lines, each ended by CR LF, to which the caller adds Host, Content-Type,
// X-Amz-Target and Content-Length:
//
//     X-Amz-Date, Authorization and, for temporary credentials, X-Amz-Security-Token

/// A signer of one client's requests to one endpoint.
public struct RequestSigner: Sendable {
  private let credentials: SigningCredentials
  private let region: String
  private let service: String
  /// The canonical request up to the date.
  private let beforeDate: [UInt8]
  /// From behind the date to the target.
  private let afterDate: [UInt8]
  private let signedHeaders: String

  /// Of the second that was signed last.
  private var second: Int64
  private var key: SigningKey
  /// Hash of the canonical request up to the target.
  private var beforeTarget = SHA256()
  /// From behind the target: a blank line, the names, the body's digest.
  private var afterTarget: [UInt8]
  private var stringToSign: [UInt8] = []
  private var lines: [UInt8] = []
  /// Where the signature goes in `lines`.
  private var signaturePlace = 0

  /// `host` and `contentType` as the requests will say them.
  public init(
    _ credentials: SigningCredentials, region: String, service: String, host: String,
    contentType: String = "application/x-amz-json-1.0", at seconds: Int64 = 0
  ) {
    self.credentials = credentials
    self.region = region
    self.service = service
    let token = credentials.sessionToken.map { CanonicalRequest.folded($0) }
    signedHeaders =
      "content-type;host;x-amz-date"
      + (token == nil ? "" : ";x-amz-security-token") + ";x-amz-target"
    let type = CanonicalRequest.folded(contentType)
    let place = CanonicalRequest.folded(host)
    beforeDate = Array("POST\n/\n\ncontent-type:\(type)\nhost:\(place)\nx-amz-date:".utf8)
    afterDate = Array(
      "\n\(token.map { "x-amz-security-token:\($0)\n" } ?? "")x-amz-target:".utf8)
    afterTarget = Array("\n\n\(signedHeaders)\n".utf8) + [UInt8](repeating: 0, count: 64)
    second = seconds
    let day = SigningTime(seconds: seconds).day
    key = SigningKey(
      secretKey: credentials.secretKey,
      scope: SigningScope(day: day, region: region, service: service))
    move(to: seconds)
  }

  /// The most bytes that a request's lines have; the same for every second of four-digit years.
  public var byteCount: Int { lines.count }

  /// Appends the header lines for a request with the X-Amz-Target `target` and the body `body`,
  /// signed at `seconds` since 1970. Allocates nothing within a second while `head` has room for
  /// `byteCount` more; O(length of target and body).
  public mutating func sign(
    target: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, at seconds: Int64,
    appendingTo head: inout [UInt8]
  ) {
    prepare(target: target, body: body, at: seconds)
    head.append(contentsOf: lines)
  }

  /// Writes the same lines to the beginning of `output`, which has room for `byteCount` bytes, and
  /// returns how many there are.
  public mutating func sign(
    target: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, at seconds: Int64,
    into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    prepare(target: target, body: body, at: seconds)
    precondition(output.count >= lines.count, "a signature's lines need \(lines.count) bytes")
    lines.withUnsafeBytes { output.copyMemory(from: $0) }
    return lines.count
  }

  private mutating func prepare(
    target: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer, at seconds: Int64
  ) {
    if seconds != second { move(to: seconds) }
    var hash = SHA256()
    hash.update(body)
    let digest = hash.digest()
    var canonical = beforeTarget
    canonical.update(target)
    afterTarget.withUnsafeMutableBytes { text in
      digest.writeHex(to: UnsafeMutableRawBufferPointer(rebasing: text.suffix(64)))
      canonical.update(UnsafeRawBufferPointer(text))
    }
    let request = canonical.digest()
    let signature = stringToSign.withUnsafeMutableBytes { text in
      request.writeHex(to: UnsafeMutableRawBufferPointer(rebasing: text.suffix(64)))
      return key.code.authenticate(UnsafeRawBufferPointer(text))
    }
    let place = signaturePlace
    lines.withUnsafeMutableBytes { text in
      signature.writeHex(
        to: UnsafeMutableRawBufferPointer(rebasing: text[place..<place + 64]))
    }
  }

  /// Makes ready for another second, and for another day's key if it is one.
  private mutating func move(to seconds: Int64) {
    let time = SigningTime(seconds: seconds)
    second = seconds
    if time.day != key.scope.day {
      key = SigningKey(
        secretKey: credentials.secretKey,
        scope: SigningScope(day: time.day, region: region, service: service))
    }
    var hash = SHA256()
    hash.update(beforeDate)
    hash.update(time.bytes)
    hash.update(afterDate)
    beforeTarget = hash
    let room = String(repeating: "0", count: 64)
    stringToSign = Array("AWS4-HMAC-SHA256\n\(time.text)\n\(key.scope.text)\n\(room)".utf8)
    lines = Array(
      ("X-Amz-Date: \(time.text)\r\nAuthorization: AWS4-HMAC-SHA256 "
        + "Credential=\(credentials.accessKey)/\(key.scope.text), "
        + "SignedHeaders=\(signedHeaders), Signature=").utf8)
    signaturePlace = lines.count
    lines += Array((room + "\r\n").utf8)
    if let token = credentials.sessionToken {
      lines += Array("X-Amz-Security-Token: \(token)\r\n".utf8)
    }
  }
}
