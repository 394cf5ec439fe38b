// Who may sign requests, with which keys, and under which policies: the users file.
//
// YAML (or JSON, which is YAML): users and roles with access keys and policies; a key with a token
// is a temporary credential. A policy is a file of IAM's JSON, that JSON as text, or the same
// written as YAML. Read strictly, all faults at once with their places. Times come in from outside.
//
//     users:
//       - name: alice
//         keys: [{id: AKIAALICE, secret: wonderland}]
//         policies: [own-items.json]

import JSON
public import YAML

/// An access key and whose it is.
public struct AccessKey: Sendable {
  public var identifier: String
  public var secret: String
  /// The session token that has to come along; temporary credentials have one.
  public var token: String?
  /// Seconds since 1970 after which the key is refused; nil: never.
  public var expiresAtSeconds: Int64?
  public var caller: Caller

  public init(
    identifier: String, secret: String, token: String? = nil, expiresAtSeconds: Int64? = nil,
    caller: Caller
  ) {
    self.identifier = identifier
    self.secret = secret
    self.token = token
    self.expiresAtSeconds = expiresAtSeconds
    self.caller = caller
  }
}

/// The keys and roles of a users file.
public struct UserDirectory: Sendable {
  public private(set) var keys: [String: AccessKey] = [:]
  /// By ARN.
  public private(set) var roles: [String: Role] = [:]
  /// Users by ARN.
  private(set) var callers: [String: Caller] = [:]
  /// What tokens of sessions are sealed with.
  private(set) var tokenSecret: [UInt8]

  public init(_ keys: [AccessKey] = [], roles: [Role] = []) {
    self.init(keys, roles: roles, tokenSecret: Self.makeTokenSecret())
  }

  fileprivate init(_ keys: [AccessKey], roles: [Role], tokenSecret: [UInt8]) {
    self.tokenSecret = tokenSecret
    for key in keys {
      self.keys[key.identifier] = key
      if key.caller.principal.role == nil { callers[key.caller.principal.arn] = key.caller }
    }
    for role in roles { self.roles[role.arn] = role }
  }

  /// Everything that is wrong with a users file; never empty.
  public struct Faults: Error, Sendable {
    public var diagnostics: [Diagnostic]
  }

  /// Reads a users file.
  /// - Parameters:
  ///   - account: the account of the users, twelve digits.
  ///   - readFile: the text of a policy file named in it, or why it cannot be read.
  public static func read(
    _ text: String, file: String, account: String,
    readFile: (String) -> Result<String, PolicyFault>
  ) -> Result<UserDirectory, Faults> {
    let document = parseYAML(text, file: file)
    var reader = DirectoryReader(file: file, account: account, diagnostics: document.diagnostics)
    if let root = document.root, document.diagnostics.isEmpty { reader.directory(root, readFile) }
    return reader.diagnostics.isEmpty
      ? .success(
        UserDirectory(
          reader.keys, roles: reader.roles, tokenSecret: Self.tokenSecret(of: text)))
      : .failure(Faults(diagnostics: reader.diagnostics))
  }
}

private struct DirectoryReader {
  typealias ReadFile = (String) -> Result<String, PolicyFault>

  let file: String
  let account: String
  var diagnostics: [Diagnostic]
  var keys: [AccessKey] = []
  var roles: [Role] = []

  private mutating func complain(
    _ range: SourceRange, _ message: String, expected: String? = nil, suggestion: String? = nil
  ) {
    diagnostics.append(
      Diagnostic(
        file: file, range: range, message: message, expected: expected, suggestion: suggestion))
  }

  // MARK: Nodes

  /// The entries of a map by name; complains of others.
  private mutating func fields(
    _ node: YAMLNode, _ noun: String, _ names: [String]
  ) -> [String: YAMLNode] {
    guard case .mapping(let entries) = node.content else {
      complain(node.range, "\(noun) is a map, not \(node.kindDescription)")
      return [:]
    }
    var found: [String: YAMLNode] = [:]
    for entry in entries {
      if names.contains(entry.key) {
        found[entry.key] = entry.value
      } else {
        complain(
          entry.keyRange, "unknown key '\(entry.key)' in \(noun)",
          expected: "one of \(names.joined(separator: ", "))",
          suggestion: nearestName(to: entry.key, among: names))
      }
    }
    return found
  }

  private mutating func list(_ node: YAMLNode?, _ noun: String) -> [YAMLNode] {
    guard let node, !node.isNull else { return [] }
    guard case .sequence(let elements) = node.content else {
      complain(node.range, "\(noun) is a list, not \(node.kindDescription)")
      return []
    }
    return elements
  }

  private mutating func text(_ node: YAMLNode?, _ name: String, in owner: YAMLNode) -> String {
    guard let node else {
      complain(owner.range, "'\(name)' is missing", expected: "\(name): a text")
      return ""
    }
    guard let scalar = node.scalar, !scalar.text.isEmpty else {
      complain(node.range, "'\(name)' is a text, not \(node.kindDescription)")
      return ""
    }
    return scalar.text
  }

  // MARK: Users and roles

  mutating func directory(_ root: YAMLNode, _ readFile: ReadFile) {
    let top = fields(root, "a users file", ["users", "roles"])
    for node in list(top["users"], "users") { user(node, readFile) }
    for node in list(top["roles"], "roles") { role(node, readFile) }
    if keys.isEmpty, diagnostics.isEmpty {
      complain(root.range, "nobody has an access key", expected: "users with keys")
    }
  }

  private mutating func user(_ node: YAMLNode, _ readFile: ReadFile) {
    let fields = fields(node, "a user", ["name", "keys", "policies", "context"])
    let name = text(fields["name"], "name", in: node)
    let arn = "arn:aws:iam::\(account):user/\(name)"
    var caller = Caller(
      principal: Principal(arn: arn, account: account),
      policies: policies(fields["policies"], .identity, readFile),
      context: context(fields["context"]))
    caller.describe(type: "User", identifier: name)
    caller.context["aws:username"] = [name]
    for key in list(fields["keys"], "keys") { self.key(key, caller) }
  }

  private mutating func role(_ node: YAMLNode, _ readFile: ReadFile) {
    let fields = fields(node, "a role", ["name", "trust", "sessions", "policies", "context"])
    var role = Role(
      name: text(fields["name"], "name", in: node), account: account,
      policies: policies(fields["policies"], .identity, readFile), trust: nil,
      context: context(fields["context"]))
    if let trust = fields["trust"] { role.trust = policy(trust, .trust, readFile) }
    if roles.contains(where: { $0.name == role.name }) {
      complain(node.range, "role '\(role.name)' is given twice")
    }
    roles.append(role)
    for session in list(fields["sessions"], "sessions") {
      let parts = self.fields(
        session, "a session", ["name", "id", "secret", "token", "expires", "policies", "context"])
      let caller = role.session(
        named: text(parts["name"], "name", in: session),
        narrowing: parts["policies"].map { self.policies($0, .session, readFile) },
        context: context(parts["context"]))
      key(session, parts, caller)
    }
  }

  private mutating func context(_ node: YAMLNode?) -> AccessContext {
    var context = AccessContext()
    guard let node else { return context }
    guard case .mapping(let entries) = node.content else {
      complain(node.range, "context is a map of condition keys to values")
      return context
    }
    for entry in entries {
      if let scalar = entry.value.scalar {
        context[entry.key] = [scalar.text]
      } else {
        context[entry.key] = list(entry.value, "a condition key's values").compactMap {
          $0.scalar?.text
        }
      }
    }
    return context
  }

  // MARK: Keys

  private mutating func key(_ node: YAMLNode, _ caller: Caller) {
    key(node, fields(node, "an access key", ["id", "secret", "token", "expires"]), caller)
  }

  private mutating func key(
    _ node: YAMLNode, _ fields: [String: YAMLNode], _ caller: Caller
  ) {
    let identifier = text(fields["id"], "id", in: node)
    var key = AccessKey(
      identifier: identifier, secret: text(fields["secret"], "secret", in: node), caller: caller)
    if let token = fields["token"] {
      key.token = text(token, "token", in: node)
      key.caller.isTemporary = true
    }
    if let expires = fields["expires"] {
      if let date = PolicyDate(text(expires, "expires", in: node)) {
        key.expiresAtSeconds = date.milliseconds / 1_000
      } else {
        complain(
          expires.range, "'expires' is no date", expected: "a date such as 2026-01-31T00:00:00Z")
      }
    }
    if keys.contains(where: { $0.identifier == identifier }) {
      complain(node.range, "access key '\(identifier)' is given twice")
    }
    keys.append(key)
  }

  // MARK: Policies

  private mutating func policies(
    _ node: YAMLNode?, _ kind: Policy.Kind, _ readFile: ReadFile
  ) -> [Policy] {
    list(node, "policies").compactMap { policy($0, kind, readFile) }
  }

  private mutating func policy(
    _ element: YAMLNode, _ kind: Policy.Kind, _ readFile: ReadFile
  ) -> Policy? {
    let outcome: Result<Policy, PolicyFaults>
    var name = "the policy"
    if let scalar = element.scalar, !scalar.text.hasPrefix("{") {
      name = scalar.text
      switch readFile(scalar.text) {
      case .success(let text): outcome = Policy.read(json: text, kind)
      case .failure(let fault): outcome = .failure(PolicyFaults(faults: [fault]))
      }
    } else if let scalar = element.scalar {
      outcome = Policy.read(json: scalar.text, kind)
    } else {
      outcome = Policy.read(Self.value(element), kind)
    }
    switch outcome {
    case .success(let policy): return policy
    case .failure(let faults):
      for fault in faults.faults { complain(element.range, "\(name): \(fault)") }
      return nil
    }
  }

  /// A policy written as YAML, as if it had been JSON; all scalars are texts.
  private static func value(_ node: YAMLNode) -> JSONValue {
    switch node.content {
    case .scalar(let scalar): .string(scalar.text)
    case .sequence(let elements): .array(elements.map(value))
    case .mapping(let entries):
      .object(entries.map { JSONMember(name: $0.key, value: value($0.value)) })
    }
  }
}
