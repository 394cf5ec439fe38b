// What is asked of a policy: may this principal do this to that, given these facts.

/// Facts of a request by condition key; names differ in case only by writing.
public struct AccessContext: Hashable, Sendable {
  private var values: [String: [String]] = [:]

  public init(_ values: [String: [String]] = [:]) {
    for (name, list) in values { self.values[name.lowercased()] = list }
  }

  /// The values of a key; nil when the request has none of that name.
  public subscript(name: String) -> [String]? {
    get { values[name.lowercased()] }
    set { values[name.lowercased()] = newValue }
  }

  /// These facts with those of `other`, which win.
  public func merging(_ other: AccessContext) -> AccessContext {
    var merged = self
    merged.values.merge(other.values) { $1 }
    return merged
  }
}

/// Who asks.
public struct Principal: Hashable, Sendable {
  /// `arn:aws:iam::123456789012:user/alice`, or that of an assumed role's session.
  public var arn: String
  /// Twelve digits.
  public var account: String
  /// The role of a session: `arn:aws:iam::123456789012:role/reader`.
  public var role: String?

  public init(arn: String, account: String, role: String? = nil) {
    self.arn = arn
    self.account = account
    self.role = role
  }
}

/// Somebody with policies who sends requests.
public struct Caller: Sendable {
  public var principal: Principal
  /// Identity-based policies: what is attached to the user or role.
  public var policies: [Policy]
  /// The policy of a session, which can only narrow; nil: none.
  public var sessionPolicies: [Policy]?
  /// Facts that hold for all of the caller's requests, such as `aws:username`.
  public var context: AccessContext
  /// Whether the caller signs with temporary credentials.
  public var isTemporary = false

  public init(
    principal: Principal, policies: [Policy], sessionPolicies: [Policy]? = nil,
    context: AccessContext = AccessContext()
  ) {
    self.principal = principal
    self.policies = policies
    self.sessionPolicies = sessionPolicies
    self.context = context
  }
}

/// One action on one resource.
public struct AccessRequest: Hashable, Sendable {
  /// `dynamodb:GetItem`.
  public var action: String
  /// An ARN, or `*` for actions on none.
  public var resource: String
  public var context: AccessContext

  public init(action: String, resource: String, context: AccessContext = AccessContext()) {
    self.action = action
    self.resource = resource
    self.context = context
  }

  /// The account that the resource belongs to; nil when the ARN names none.
  var account: String? {
    let parts = resource.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6, !parts[4].isEmpty else { return nil }
    return String(parts[4])
  }
}
