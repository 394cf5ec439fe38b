// The decision: an explicit deny wins, then an allow; without either it is no.
//
// IAM User Guide, reference_policies_evaluation-logic: within one account an allow of either kind
// of policy suffices; between accounts both have to allow; the policy of a session narrows what
// identity-based policies allow, and what a resource allows to the session's role.

/// Whether a request may be carried out.
public enum AccessDecision: Hashable, Sendable {
  case allowed
  case denied(AccessDenial)

  /// Weighs the caller's policies and the one of the resource. O(statements).
  public static func decide(
    _ request: AccessRequest, by caller: Caller, resourcePolicy: Policy? = nil
  ) -> AccessDecision {
    var request = request
    request.context = caller.context.merging(request.context)
    let identity = Weighing(caller.policies, request)
    let session = caller.sessionPolicies.map { Weighing($0, request) }
    if identity.isDenied { return .denied(.explicitInIdentityPolicy) }
    if session?.isDenied == true { return .denied(.explicitInSessionPolicy) }
    let resource = resourcePolicy.map { Weighing([$0], request, caller.principal) }
    if resource?.isDenied == true { return .denied(.explicitInResourcePolicy) }
    let byResource = resource?.isAllowed ?? false
    let isForeign = request.account.map { $0 != caller.principal.account } ?? false
    if isForeign, !byResource { return .denied(.noResourcePolicy) }
    if !isForeign, byResource, session == nil { return .allowed }
    guard identity.isAllowed || (byResource && !isForeign) else {
      return .denied(.noIdentityPolicy)
    }
    if let session, !session.isAllowed { return .denied(.noSessionPolicy) }
    return .allowed
  }

  /// What a set of policies of one kind says.
  fileprivate struct Weighing {
    var isAllowed = false
    var isDenied = false
    /// Whether an allowing statement names the caller's account, which leaves it to the policies of
    /// the caller.
    var isDelegated = false

    init(_ policies: [Policy], _ request: AccessRequest, _ principal: Principal? = nil) {
      for policy in policies {
        for statement in policy.statements {
          guard statement.applies(to: request, hasVariables: policy.hasVariables) else { continue }
          let match = principal.map { statement.principals?.match($0) ?? .none } ?? .itself
          if match == .none { continue }
          if !statement.isAllow {
            isDenied = true
          } else if match == .itself {
            isAllowed = true
          } else {
            isDelegated = true
          }
        }
      }
    }
  }
}

extension Policy {
  /// Whether a policy with principals allows the request to the caller, or to the caller's account.
  func concerns(_ request: AccessRequest, _ caller: Caller) -> Bool {
    var request = request
    request.context = caller.context.merging(request.context)
    let weighing = AccessDecision.Weighing([self], request, caller.principal)
    return weighing.isAllowed || weighing.isDelegated
  }
}

/// Why a request may not be carried out.
public enum AccessDenial: Hashable, Sendable {
  case explicitInIdentityPolicy
  case explicitInResourcePolicy
  case explicitInSessionPolicy
  case noIdentityPolicy
  case noResourcePolicy
  case noSessionPolicy

  /// The end of the service's message: IAM User Guide, troubleshoot_access-denied.
  private func reason(_ action: String) -> String {
    switch self {
    case .explicitInIdentityPolicy: "with an explicit deny in an identity-based policy"
    case .explicitInResourcePolicy: "with an explicit deny in a resource-based policy"
    case .explicitInSessionPolicy: "with an explicit deny in a session policy"
    case .noIdentityPolicy: "because no identity-based policy allows the \(action) action"
    case .noResourcePolicy: "because no resource-based policy allows the \(action) action"
    case .noSessionPolicy: "because no session policy allows the \(action) action"
    }
  }

  /// The service's message.
  public func message(_ request: AccessRequest, _ principal: Principal) -> String {
    "User: \(principal.arn) is not authorized to perform: \(request.action) on resource: "
      + "\(request.resource) \(reason(request.action))"
  }
}
