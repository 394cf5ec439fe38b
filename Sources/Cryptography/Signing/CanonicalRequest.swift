// A request in the one form that both sides of a Signature Version 4 hash.
//
// Rules: "Create a signed AWS API request", IAM User Guide (reference_sigv-create-signed-request).
// For checking and for the rare request; the load path has RequestSigner. Not an HTTP message:
// which headers a client sends is its own affair, which of them are signed is listed here.

/// What of a request is signed.
public struct CanonicalRequest: Sendable {
  /// How a path enters the hash.
  public enum PathRule: Sendable {
    /// Dot segments removed and every segment encoded once more: all services but S3.
    case normalized
    /// As it is sent: S3.
    case asSent
  }

  public var method: String
  /// The path as the request line has it, percent-encoded.
  public var path: String
  /// What stands behind the path's question mark, as sent; empty without.
  public var query: String
  /// The headers that are signed, in any order and case; of a repeated one, each value.
  public var headers: [(name: String, value: String)]
  /// SHA-256 of the body in hexadecimal, or a word in its place such as `UNSIGNED-PAYLOAD`.
  public var payloadHash: String
  public var pathRule: PathRule

  public init(
    method: String, path: String = "/", query: String = "",
    headers: [(name: String, value: String)], payloadHash: String,
    pathRule: PathRule = .normalized
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.payloadHash = payloadHash
    self.pathRule = pathRule
  }

  /// The names in order, joined by semicolons: `content-type;host;x-amz-date`.
  public var signedHeaders: String {
    canonicalHeaders.map(\.name).joined(separator: ";")
  }

  /// The canonical text. O(n log n) in headers and query arguments.
  public var text: String {
    let headers = canonicalHeaders
    let lines = headers.map { "\($0.name):\($0.value)\n" }.joined()
    let names = headers.map(\.name).joined(separator: ";")
    let path = pathRule == .asSent ? path : Self.normalized(path)
    return "\(method)\n\(path)\n\(Self.canonical(query: query))\n\(lines)\n\(names)\n\(payloadHash)"
  }

  /// SHA-256 of the canonical text.
  public var digest: Digest { SHA256.digest(of: text) }

  private var canonicalHeaders: [(name: String, value: String)] {
    var merged: [(name: String, value: String)] = []
    for header in headers {
      let name = header.name.lowercased()
      let value = Self.folded(header.value)
      if let place = merged.firstIndex(where: { $0.name == name }) {
        merged[place].value += "," + value
      } else {
        merged.append((name, value))
      }
    }
    return merged.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// Without blanks at the ends and with one for each run of them.
  static func folded(_ value: String) -> String {
    value.utf8.split { $0 == 32 || $0 == 9 || $0 == 10 || $0 == 13 }
      .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
  }

  private static func normalized(_ path: String) -> String {
    var kept: [Substring.UTF8View] = []
    for segment in path.utf8.split(separator: UInt8(ascii: "/")) {
      let text = Substring(segment)
      if text == "." { continue }
      if text == ".." { _ = kept.popLast() } else { kept.append(segment) }
    }
    let joined = kept.map { "/" + PercentEncoding.encoded($0) }.joined()
    return joined.isEmpty || path.utf8.last == UInt8(ascii: "/") ? joined + "/" : joined
  }

  /// Arguments encoded strictly and sorted by name, then value, byte by byte.
  private static func canonical(query: String) -> String {
    let arguments = query.utf8.split(separator: UInt8(ascii: "&")).map { argument in
      let parts = argument.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      return (
        name: PercentEncoding.encoded(PercentEncoding.decoded(parts[0])),
        value: parts.count < 2 ? "" : PercentEncoding.encoded(PercentEncoding.decoded(parts[1]))
      )
    }
    let sorted = arguments.sorted { one, other in
      one.name == other.name
        ? one.value.utf8.lexicographicallyPrecedes(other.value.utf8)
        : one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
    }
    return sorted.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }
}

/// RFC 3986's percent-encoding, strictly: all but letters, digits and `-._~` is encoded.
public enum PercentEncoding {
  public static func encoded(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        text.append(byte)
      default:
        text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes that an encoded text stands for; a `%` without two digits stands for itself.
  public static func decoded(_ text: some Sequence<UInt8>) -> [UInt8] {
    let bytes = Array(text)
    var plain: [UInt8] = []
    var place = 0
    while place < bytes.count {
      let digits = bytes[place...].dropFirst().prefix(2)
      if bytes[place] == UInt8(ascii: "%"), digits.count == 2,
        digits.allSatisfy({ $0 != UInt8(ascii: "+") }),
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      {
        plain.append(value)
        place += 3
      } else {
        plain.append(bytes[place])
        place += 1
      }
    }
    return plain
  }

  /// The text that a part of a form stands for: as `decoded`, and a plus sign is a blank.
  public static func formText(_ part: some Sequence<UInt8>) -> String {
    let spaced = part.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
    return String(decoding: decoded(spaced), as: UTF8.self)
  }
}
