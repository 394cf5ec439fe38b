// A role of the users file: who may assume it, and what its sessions may do.
//
// IAM User Guide, id_roles_terms-and-concepts and reference_policies_evaluation-logic: a role is
// assumed when its trust policy and the caller's own policies allow it; a trust policy that names
// the caller suffices within one account, one that names the account leaves it to the caller's
// policies. The policy of a session narrows the role's.

/// A role that callers may assume.
public struct Role: Sendable {
  public var name: String
  /// Twelve digits.
  public var account: String
  public var policies: [Policy]
  /// Who may assume it; nil: nobody, its sessions are those of the file.
  public var trust: Policy?
  /// Facts that hold for all of its sessions.
  public var context: AccessContext

  /// `arn:aws:iam::123456789012:role/reader`.
  public var arn: String { "arn:aws:iam::\(account):role/\(name)" }

  /// Whether `caller` may assume the role; nil: yes. The facts are those of the request.
  public func refusal(of caller: Caller, _ context: AccessContext) -> AccessDenial? {
    let request = AccessRequest(action: "sts:AssumeRole", resource: arn, context: context)
    guard let trust, trust.concerns(request, caller) else { return .noResourcePolicy }
    guard
      case .denied(let denial) = AccessDecision.decide(
        request, by: caller, resourcePolicy: trust)
    else { return nil }
    return denial
  }

  /// Somebody who has assumed the role.
  /// - Parameter narrowing: the policies of the session; nil: none.
  public func session(
    named label: String, narrowing: [Policy]? = nil, context more: AccessContext = AccessContext()
  ) -> Caller {
    var caller = Caller(
      principal: Principal(
        arn: "arn:aws:sts::\(account):assumed-role/\(name)/\(label)", account: account, role: arn),
      policies: policies, sessionPolicies: narrowing, context: context.merging(more))
    caller.describe(type: "AssumedRole", identifier: "\(name):\(label)")
    return caller
  }
}

extension Caller {
  /// Adds what policies may ask about the principal.
  mutating func describe(type: String, identifier: String) {
    context["aws:userid"] = [identifier]
    context["aws:PrincipalArn"] = [principal.role ?? principal.arn]
    context["aws:PrincipalAccount"] = [principal.account]
    context["aws:PrincipalType"] = [type]
  }
}
