// Temporary credentials that carry what they stand for.
//
// A session's token is sealed under a key that the text of the users file determines. Whoever has
// read the same file knows the session without being told: servers of several regions, a cache
// cluster, a server that was started anew. Nothing is stored; a changed file ends all sessions. The
// service's tokens carry their sessions too, in a form that is not published.

internal import Cryptography

/// Whom temporary credentials are for.
public enum SessionHolder: Hashable, Sendable {
  /// A user, by ARN.
  case user(String)
  /// A session of a role, by the role's ARN, with the JSON of a policy that narrows it.
  case role(String, session: String, policy: String?)
}

extension UserDirectory {
  /// New credentials until `end`, in seconds since 1970; nil: nobody of that ARN is in the file.
  public func issue(to holder: SessionHolder, until end: Int64) -> AccessKey? {
    let identifier = "ASIA" + Self.randomText(16)
    guard var key = key(identifier, holder, until: end) else { return nil }
    let message = "\(end)\n" + holder.text
    var sealed: [UInt8] = []
    tokenCipher?.seal(Array(message.utf8), about: Array(identifier.utf8), appendingTo: &sealed)
    key.token = Self.hexadecimal(sealed)
    return key
  }

  /// The credentials of an access key and the token that came along with it, also when they have
  /// ended; nil unless they were given out under this file.
  public func issued(_ identifier: String, token: String) -> AccessKey? {
    guard let sealed = Self.bytes(hexadecimal: token),
      let message = tokenCipher?.open(sealed, about: Array(identifier.utf8))
    else { return nil }
    let parts = String(decoding: message, as: UTF8.self)
      .split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let end = Int64(parts[0]),
      let holder = SessionHolder(parts[1]), var key = key(identifier, holder, until: end)
    else { return nil }
    key.token = token
    return key
  }

  private func key(_ identifier: String, _ holder: SessionHolder, until end: Int64) -> AccessKey? {
    guard var caller = caller(holder) else { return nil }
    caller.isTemporary = true
    let secret = HMACSHA256(key: tokenSecret).authenticate("secret of " + identifier)
    return AccessKey(
      identifier: identifier, secret: String(secret.hex.prefix(40)), expiresAtSeconds: end,
      caller: caller)
  }

  private func caller(_ holder: SessionHolder) -> Caller? {
    switch holder {
    case .user(let arn): return callers[arn]
    case .role(let arn, let session, let text):
      guard let role = roles[arn] else { return nil }
      guard let text else { return role.session(named: session) }
      guard case .success(let policy) = Policy.read(json: text, .session) else { return nil }
      return role.session(named: session, narrowing: [policy])
    }
  }

  private var tokenCipher: AES256GCM? { AES256GCM(key: tokenSecret) }

  /// The key of the tokens that a users file determines.
  static func tokenSecret(of text: String) -> [UInt8] {
    HMACSHA256(key: "plimsoll session tokens").authenticate(text).bytes
  }

  /// A key of no file.
  static func makeTokenSecret() -> [UInt8] { AES256GCM.makeKey() }

  // MARK: Texts

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

  private static func randomText(_ count: Int) -> String {
    String(RandomBytes.make(count).map { alphabet[Int($0) % alphabet.count] })
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = text.utf8.map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
      default: 255
      }
    }
    guard digits.count % 2 == 0, digits.allSatisfy({ $0 < 16 }) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

extension SessionHolder {
  /// The lines that `init` reads.
  fileprivate var text: String {
    switch self {
    case .user(let arn): "user\n\(arn)"
    case .role(let arn, let session, let policy): "role\n\(arn)\n\(session)\n\(policy ?? "")"
    }
  }

  fileprivate init?(_ text: Substring) {
    let lines = text.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false)
      .map(String.init)
    switch (lines.first, lines.count) {
    case ("user", 2): self = .user(lines[1])
    case ("role", 4):
      self = .role(lines[1], session: lines[2], policy: lines[3].isEmpty ? nil : lines[3])
    default: return nil
    }
  }
}
