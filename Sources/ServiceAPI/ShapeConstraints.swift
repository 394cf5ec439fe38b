// Constraints of a shape, reported together as the service's validator does.
//
// "2 validation errors detected: Value 'x' at 'returnValues' failed to satisfy constraint: Member
// must satisfy enum value set: [...]; Value ...". At most ten are listed. Paths begin their members
// in lower case; list elements count from 1 and are called `member`. (Observed on the service; the
// public conformance suites record the same texts.)

/// Collects broken constraints.
struct ConstraintCheck {
  static let faultsMax = 10
  private(set) var faults: [String] = []

  mutating func check(_ value: WireValue?, _ shape: Shape, path: String) {
    guard faults.count < Self.faultsMax, let value else { return }
    switch shape {
    case .text(let rule):
      if let text = value.text { check(text, rule, path) }
    case .integer(_, let bounds):
      if let number = value.integer { check(number, bounds, path) }
    case .boolean, .attributeValue: break
    case .list(let element, let bounds):
      guard let values = value.elements else { return }
      checkLength(values.count, bounds, path) { shape.dump(value) }
      for (index, value) in values.enumerated() {
        check(value, element, path: "\(path).\(index + 1).member")
      }
    case .map(let element, _, let bounds):
      guard let members = value.members else { return }
      checkLength(members.count, bounds, path) { shape.dump(value) }
      for member in members {
        check(member.value, element, path: "\(path).\(member.name).member")
      }
    case .structure(_, let members):
      check(members, of: value, path: path + ".")
    }
  }

  mutating func check(_ members: [ShapeMember], of value: WireValue, path: String) {
    for member in members {
      if let content = value[member.name] {
        if member.shape.plainlyAccepts(content) { continue }
        check(content, member.shape, path: path + Self.lowerFirst(member.name))
      } else if member.isRequired {
        add("null", path + Self.lowerFirst(member.name), "Member must not be null")
      }
    }
  }

  static func lowerFirst(_ name: String) -> String {
    name.prefix(1).lowercased() + name.dropFirst()
  }

  private mutating func add(_ value: String, _ path: String, _ constraint: String) {
    guard faults.count < Self.faultsMax else { return }
    faults.append("Value \(value) at '\(path)' failed to satisfy constraint: \(constraint)")
  }

  private mutating func check(_ text: String, _ rule: TextRule, _ path: String) {
    let count = text.unicodeScalars.count
    if let allowed = rule.allowed.isEmpty ? nil : rule.allowed, !allowed.contains(text) {
      add(
        "'\(text)'", path,
        "Member must satisfy enum value set: [\(allowed.joined(separator: ", "))]")
    }
    if let pattern = rule.pattern, !TableName.hasValidCharacters(text), !text.isEmpty {
      add("'\(text)'", path, "Member must satisfy regular expression pattern: \(pattern)")
    }
    if let least = rule.lengthMin, count < least {
      add("'\(text)'", path, "Member must have length greater than or equal to \(least)")
    }
    if let most = rule.lengthMax, count > most {
      add("'\(text)'", path, "Member must have length less than or equal to \(most)")
    }
  }

  private mutating func check(_ number: Int, _ bounds: BoundRule, _ path: String) {
    if let least = bounds.min, number < least {
      add("'\(number)'", path, "Member must have value greater than or equal to \(least)")
    }
    if let most = bounds.max, number > most {
      add("'\(number)'", path, "Member must have value less than or equal to \(most)")
    }
  }

  private mutating func checkLength(
    _ count: Int, _ bounds: BoundRule, _ path: String, _ dump: () -> String
  ) {
    if let least = bounds.min, count < least {
      add("'\(dump())'", path, "Member must have length greater than or equal to \(least)")
    }
    if let most = bounds.max, count > most {
      add("'\(dump())'", path, "Member must have length less than or equal to \(most)")
    }
  }

  /// The faults in one message; nil when there is none.
  var error: ServiceError? {
    if faults.isEmpty { return nil }
    let noun = faults.count == 1 ? "error" : "errors"
    return .validation(
      "\(faults.count) validation \(noun) detected: " + faults.joined(separator: "; "))
  }
}

extension TextRule {
  /// Whether a text meets the rule.
  func accepts(_ text: String) -> Bool {
    if !allowed.isEmpty, !allowed.contains(text) { return false }
    if pattern != nil, !TableName.hasValidCharacters(text) { return false }
    if lengthMin == nil, lengthMax == nil { return true }
    let count = text.unicodeScalars.count
    return count >= lengthMin ?? 0 && count <= lengthMax ?? .max
  }
}

extension Shape {
  /// Whether it is certain, without building any path, that a value breaks no constraint.
  func plainlyAccepts(_ value: WireValue) -> Bool {
    switch self {
    case .boolean, .attributeValue: true
    case .text(let rule): value.text.map(rule.accepts) ?? true
    case .map(.attributeValue, _, let bounds), .map(.text, _, let bounds):
      bounds.min == nil && bounds.max == nil
    case .integer, .list, .map, .structure: false
    }
  }
}

/// The rules on names of tables and indexes.
public enum TableName {
  /// As messages show it.
  public static let pattern = "[a-zA-Z0-9_.-]+"

  /// Whether a name has no character outside the pattern. ARNs pass: they stand for a name.
  static func hasValidCharacters(_ text: String) -> Bool {
    text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
      default: false
      }
    } || text.hasPrefix("arn:aws:dynamodb:")
  }

  /// The name itself, taken out of an ARN if one was given.
  public static func name(of text: String) -> String {
    guard text.hasPrefix("arn:"), let slash = text.firstIndex(of: "/") else { return text }
    return String(text[text.index(after: slash)...].prefix { $0 != "/" })
  }
}

extension Shape {
  /// The broken constraints of a request body in one error; nil when all hold.
  public func constraintFault(_ body: WireValue) -> ServiceError? {
    guard case .structure(_, let members) = self else { return nil }
    var check = ConstraintCheck()
    check.check(members, of: body, path: "")
    return check.error
  }
}
