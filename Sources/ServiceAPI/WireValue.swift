// A request body as it stands on the wire, before anything about it is checked.
//
// The service answers with one kind of error when a member has the wrong JSON type, with another
// when a value breaks a constraint, and looks at attribute values only after both. A small tree is
// therefore read once and walked in that order. It keeps numbers as text, because the service's
// numbers are exact and members come as the client wrote them.
//
// It is not a general JSON library: there is no writing and no change. Format: RFC 8259.

/// One member of an object.
public struct WireMember: Hashable, Sendable {
  public var name: String
  public var value: WireValue

  public init(name: String, value: WireValue) {
    self.name = name
    self.value = value
  }
}

/// A JSON value of a request.
public enum WireValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// The digits as written.
  case number(String)
  case string(String)
  case array([WireValue])
  /// In the order written.
  case object([WireMember])

  /// The member of an object; of a name given twice the last. nil when absent or null. O(members).
  public subscript(name: String) -> WireValue? {
    guard case .object(let members) = self else { return nil }
    for member in members.reversed() where member.name == name {
      if case .null = member.value { return nil }
      return member.value
    }
    return nil
  }

  public var text: String? {
    if case .string(let value) = self { return value }
    return nil
  }

  /// Booleans, and the texts the service takes for them.
  public var flag: Bool? {
    switch self {
    case .boolean(let value): return value
    case .string(let text):
      switch text.lowercased() {
      case "true", "1", "yes": return true
      case "false", "0", "no": return false
      default: return nil
      }
    case .null, .number, .array, .object: return nil
    }
  }

  /// A number without its fraction, clamped to the range of 64 bits.
  public var integer: Int? {
    guard case .number(let text) = self else { return nil }
    if let exact = Int(text) { return exact }
    guard let value = Double(text) else { return nil }
    if value >= 9.2e18 { return .max }
    if value <= -9.2e18 { return .min }
    return Int(value.rounded(.down))
  }

  public var elements: [WireValue]? {
    if case .array(let values) = self { return values }
    return nil
  }

  public var members: [WireMember]? {
    if case .object(let members) = self { return members }
    return nil
  }

  /// The value as the service prints it inside a validation message.
  public var dump: String {
    switch self {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): text
    case .string(let text): text
    case .array(let values): "[" + values.map(\.dump).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { $0.name + "=" + $0.value.dump }.joined(separator: ", ") + "}"
    }
  }
}
