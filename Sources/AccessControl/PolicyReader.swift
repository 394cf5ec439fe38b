// Reads policy documents strictly: what is unknown or misspelt is a fault, not a rule that is lost.
//
// All faults are collected, each with its place (`Statement[0].Action`). Form: IAM User Guide,
// reference_policies_grammar.

public import JSON

/// What is wrong with a policy document, and where.
public struct PolicyFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// `Statement[0].Condition.StringEquals`; empty for the whole document.
  public var place: String
  public var message: String

  public init(place: String, message: String) {
    self.place = place
    self.message = message
  }

  public var description: String { place.isEmpty ? message : "\(place): \(message)" }
}

extension Policy {
  /// What a policy is attached to.
  public enum Kind: Hashable, Sendable {
    /// A user or role; statements name no principal.
    case identity
    /// A table or stream; statements name principals.
    case resource
    /// A session of temporary credentials; as for a user, but ARNs are whole.
    case session
    /// A role: who may assume it. Statements name principals; the role is the resource.
    case trust

    var namesPrincipals: Bool { self == .resource || self == .trust }
  }

  /// Reads a JSON text, or says everything that is wrong with it.
  public static func read(json text: String, _ kind: Kind) -> Result<Policy, PolicyFaults> {
    do throws(JSONFault) {
      return read(try JSONValue.parse(text), kind)
    } catch {
      return .failure(
        PolicyFaults(faults: [PolicyFault(place: "", message: "it is no JSON: \(error)")]))
    }
  }

  /// Reads a document's tree.
  public static func read(_ value: JSONValue, _ kind: Kind) -> Result<Policy, PolicyFaults> {
    var reader = PolicyReader(kind: kind)
    let policy = reader.policy(value)
    return reader.faults.isEmpty ? .success(policy) : .failure(PolicyFaults(faults: reader.faults))
  }
}

/// Everything that is wrong with a policy document; never empty.
public struct PolicyFaults: Error, Hashable, Sendable {
  public var faults: [PolicyFault]
}

private struct PolicyReader {
  let kind: Policy.Kind
  var faults: [PolicyFault] = []

  init(kind: Policy.Kind) { self.kind = kind }

  private mutating func complain(_ place: String, _ message: String) {
    faults.append(PolicyFault(place: place, message: message))
  }

  /// Refuses members that are not among `names` and members given twice.
  private mutating func check(_ value: JSONValue, _ names: [String], _ place: String) {
    var seen: Set<String> = []
    for member in value.members ?? [] {
      let path = place.isEmpty ? member.name : "\(place).\(member.name)"
      if !names.contains(member.name) {
        complain(path, "unknown element; known are \(names.joined(separator: ", "))")
      }
      if !seen.insert(member.name).inserted { complain(path, "given twice") }
    }
  }

  mutating func policy(_ value: JSONValue) -> Policy {
    var policy = Policy(hasVariables: false, statements: [])
    guard value.members != nil else {
      complain("", "a policy is an object with Version and Statement")
      return policy
    }
    check(value, ["Version", "Id", "Statement"], "")
    switch value["Version"]?.string {
    case "2012-10-17": policy.hasVariables = true
    case "2008-10-17": break
    default: if value["Version"] != nil { complain("Version", "expected 2012-10-17 or 2008-10-17") }
    }
    switch value["Statement"] {
    case .array(let list):
      if list.isEmpty { complain("Statement", "expected at least one statement") }
      for (number, element) in list.enumerated() {
        policy.statements.append(statement(element, "Statement[\(number)]"))
      }
    case .object?: policy.statements = [statement(value["Statement"] ?? .null, "Statement")]
    default: complain("Statement", "expected a statement or a list of them")
    }
    let identifiers = policy.statements.compactMap(\.identifier)
    if Set(identifiers).count < identifiers.count { complain("Statement", "a Sid is given twice") }
    return policy
  }

  private mutating func statement(_ value: JSONValue, _ place: String) -> Policy.Statement {
    check(
      value,
      [
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
        "NotResource", "Condition",
      ], place)
    let effect = value["Effect"]?.string
    if effect != "Allow", effect != "Deny" { complain("\(place).Effect", "expected Allow or Deny") }
    return Policy.Statement(
      identifier: value["Sid"]?.string, isAllow: effect == "Allow",
      principals: principals(value, place),
      actions: selection(value, "Action", place) { text in
        text == "*" || text.split(separator: ":", omittingEmptySubsequences: false).count == 2
          ? nil : "expected service:action such as dynamodb:GetItem, or *"
      },
      resources: resources(value, place),
      conditions: conditions(value["Condition"], "\(place).Condition"))
  }

  /// Policies of users and roles may leave out the last fields of an ARN, which stand for anything
  /// then: `arn:aws:sqs` is `arn:aws:sqs:*:*:*` (IAM User Guide, reference-arns).
  private mutating func resources(_ value: JSONValue, _ place: String) -> Policy.Selection {
    if kind == .trust {
      for name in ["Resource", "NotResource"] where value[name] != nil {
        complain("\(place).\(name)", "a role's trust policy is about the role alone")
      }
      return Policy.Selection(names: ["*"])
    }
    let fieldsLeast = kind == .identity ? 3 : 6
    func fields(_ text: String) -> [Substring] {
      text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    }
    var selection = selection(value, "Resource", place) { text in
      let fields = fields(text)
      return text == "*" || (fields.count >= fieldsLeast && fields[0] == "arn")
        ? nil : "expected an ARN such as arn:aws:dynamodb:*:*:table/name, or *"
    }
    selection.names = selection.names.map { text in
      text == "*" ? text : text + String(repeating: ":*", count: max(0, 6 - fields(text).count))
    }
    return selection
  }

  private mutating func selection(
    _ value: JSONValue, _ name: String, _ place: String, _ fault: (String) -> String?
  ) -> Policy.Selection {
    let given = [name, "Not" + name].filter { value[$0] != nil }
    guard given.count == 1, let used = given.first, let content = value[used] else {
      complain(place, "expected \(name) or Not\(name)")
      return Policy.Selection(names: [])
    }
    let names = texts(content, "\(place).\(used)")
    for text in names {
      if let message = fault(text) { complain("\(place).\(used)", "'\(text)': \(message)") }
    }
    return Policy.Selection(names: names, isInverted: used != name)
  }

  private mutating func principals(_ value: JSONValue, _ place: String) -> Policy.Principals? {
    let given = ["Principal", "NotPrincipal"].filter { value[$0] != nil }
    guard kind.namesPrincipals else {
      if let name = given.first {
        complain("\(place).\(name)", "only a policy of a resource or role names principals")
      }
      return nil
    }
    guard given.count == 1, let used = given.first, let content = value[used] else {
      complain(place, "expected Principal or NotPrincipal")
      return nil
    }
    var names: [String] = []
    if content.string == "*" {
      names = ["*"]
    } else if content.members != nil {
      let kinds = ["AWS", "Service", "Federated", "CanonicalUser"]
      check(content, kinds, "\(place).\(used)")
      for kind in kinds {
        guard let list = content[kind] else { continue }
        // Only AWS principals send requests here.
        let found = texts(list, "\(place).\(used).\(kind)")
        if kind == "AWS" { names += found }
      }
    } else {
      complain("\(place).\(used)", "expected \"*\" or an object such as {\"AWS\": ARN}")
    }
    return Policy.Principals(names: names, isInverted: used == "NotPrincipal")
  }

  private mutating func conditions(_ value: JSONValue?, _ place: String) -> [Policy.Condition] {
    guard let value else { return [] }
    guard let operators = value.members else {
      complain(place, "expected an object of operators")
      return []
    }
    var conditions: [Policy.Condition] = []
    for entry in operators {
      let path = "\(place).\(entry.name)"
      guard let form = Self.form(entry.name), let keys = entry.value.members else {
        complain(
          path, Self.form(entry.name) == nil ? "unknown operator" : "expected an object of keys")
        continue
      }
      for key in keys {
        let values = texts(key.value, "\(path).\(key.name)")
        for text in values where !text.contains("${") {
          guard let wanted = form.test.expectation(of: text) else { continue }
          complain("\(path).\(key.name)", "'\(text)': expected \(wanted)")
        }
        var condition = form
        condition.key = key.name
        condition.values = values
        conditions.append(condition)
      }
    }
    return conditions
  }

  /// `ForAllValues:StringEqualsIfExists` taken apart; nil for an unknown operator.
  private static func form(_ name: String) -> Policy.Condition? {
    var rest = Substring(name)
    var quantifier = Policy.Condition.Quantifier.none
    if rest.hasPrefix("ForAllValues:") { quantifier = .forAllValues }
    if rest.hasPrefix("ForAnyValue:") { quantifier = .forAnyValue }
    if let colon = rest.firstIndex(of: ":") {
      if quantifier == .none { return nil }
      rest = rest[rest.index(after: colon)...]
    }
    let allowsAbsence = rest.hasSuffix("IfExists")
    if allowsAbsence { rest = rest.dropLast("IfExists".count) }
    guard let test = ConditionTest.named[String(rest)] else { return nil }
    if test == .isNull, allowsAbsence || quantifier != .none { return nil }
    return Policy.Condition(
      quantifier: quantifier, test: test, allowsAbsence: allowsAbsence, key: "", values: [])
  }

  /// A text or a list of texts; numbers and booleans count as their text.
  private mutating func texts(_ value: JSONValue, _ place: String) -> [String] {
    switch value {
    case .string(let text): return [text]
    case .number(let text): return [text]
    case .boolean(let flag): return [flag ? "true" : "false"]
    case .array(let list) where list.allSatisfy({ $0.elements == nil && $0.members == nil }):
      return list.flatMap { texts($0, place) }
    case .null, .object, .array:
      complain(place, "expected a text or a list of texts")
      return []
    }
  }
}
