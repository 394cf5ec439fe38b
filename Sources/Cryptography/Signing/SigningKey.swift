// Keys of Signature Version 4: what they are made for, how they are derived, what they sign.
//
// A key lasts a day for one region and service (IAM User Guide, reference_sigv-create-signed-
// request, "Calculate the signature"). Deriving one costs four codes, so callers keep it for the
// day. Pure values; the time comes in as SigningTime.

/// Who signs.
public struct SigningCredentials: Hashable, Sendable {
  public var accessKey: String
  public var secretKey: String
  /// Of temporary credentials.
  public var sessionToken: String?

  public init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
  }
}

/// What a signing key is good for.
public struct SigningScope: Hashable, Sendable {
  /// `20150830`.
  public var day: String
  public var region: String
  /// `dynamodb`, `dax`, `sts`.
  public var service: String

  public init(day: String, region: String, service: String) {
    self.day = day
    self.region = region
    self.service = service
  }

  /// `20150830/us-east-1/dynamodb/aws4_request`.
  public var text: String { "\(day)/\(region)/\(service)/aws4_request" }
}

/// The key of a secret for one scope.
public struct SigningKey: Sendable {
  public let scope: SigningScope
  let code: HMACSHA256
  let key: Digest

  /// Derives the key: a chain of four codes.
  public init(secretKey: String, scope: SigningScope) {
    var key = HMACSHA256(key: "AWS4" + secretKey).authenticate(scope.day)
    for part in [scope.region, scope.service, "aws4_request"] {
      key = HMACSHA256(key: key).authenticate(part)
    }
    self.scope = scope
    self.key = key
    code = HMACSHA256(key: key)
  }

  /// The key's 64 hexadecimal digits; a secret.
  public var hex: String { key.hex }

  /// `AWS4-HMAC-SHA256`, time, scope and the canonical request's digest, a line each.
  public func stringToSign(_ request: Digest, at time: SigningTime) -> String {
    "AWS4-HMAC-SHA256\n\(time.text)\n\(scope.text)\n\(request.hex)"
  }

  /// The signature of a string to sign.
  public func signature(of stringToSign: String) -> Digest { code.authenticate(stringToSign) }

  /// The signature of a request.
  public func signature(of request: CanonicalRequest, at time: SigningTime) -> Digest {
    signature(of: stringToSign(request.digest, at: time))
  }
}

extension CanonicalRequest {
  /// The value of the Authorization header for this request; a signature has to cover `host` and
  /// the date, which the caller has put among the headers.
  public func authorization(
    _ credentials: SigningCredentials, scope: SigningScope, at time: SigningTime
  ) -> String {
    let key = SigningKey(secretKey: credentials.secretKey, scope: scope)
    return "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope.text), "
      + "SignedHeaders=\(signedHeaders), Signature=\(key.signature(of: self, at: time).hex)"
  }
}
