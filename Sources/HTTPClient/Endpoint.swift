// Where requests go: the address that a person writes, taken apart.

/// An HTTP or HTTPS endpoint such as `http://127.0.0.1:8000`.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  public let isSecure: Bool
  /// A name or an address, without brackets.
  public let host: String
  public let port: UInt16
  /// Begins with a slash.
  public let path: String

  /// Why a text is no endpoint.
  public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
    public let text: String
    public let reason: String
    public var description: String {
      "'\(text)' is no endpoint: \(reason); expected such as http://127.0.0.1:8000"
    }
  }

  public init(_ text: String) throws(Fault) {
    var rest = Substring(text)
    if rest.hasPrefix("http://") {
      isSecure = false
      rest = rest.dropFirst(7)
    } else if rest.hasPrefix("https://") {
      isSecure = true
      rest = rest.dropFirst(8)
    } else {
      throw Fault(text: text, reason: "it does not begin with http:// or https://")
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    path = slash == rest.endIndex ? "/" : String(rest[slash...])
    let authority = rest[..<slash]
    guard !authority.contains("@") else {
      throw Fault(text: text, reason: "it names a user")
    }
    let end = authority.firstIndex(of: "]").map(authority.index(after:)) ?? authority.startIndex
    let colon = authority[end...].lastIndex(of: ":")
    var name = authority[..<(colon ?? authority.endIndex)]
    if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
    guard !name.isEmpty else { throw Fault(text: text, reason: "the host is missing") }
    host = String(name)
    guard let colon else {
      port = isSecure ? 443 : 80
      return
    }
    let digits = authority[authority.index(after: colon)...]
    guard let number = UInt16(digits), number > 0 else {
      throw Fault(text: text, reason: "'\(digits)' is no port")
    }
    port = number
  }

  /// The value of the Host header: the port only where it is not the scheme's own.
  public var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  public var description: String {
    "\(isSecure ? "https" : "http")://\(authority)\(path == "/" ? "" : path)"
  }
}
