// Policies as values: statements of effect, principal, action, resource and conditions.
//
// The language is IAM's JSON (IAM User Guide, reference_policies_elements); PolicyReader makes
// these values of it and AccessDecision weighs them.

/// A policy document.
public struct Policy: Hashable, Sendable {
  /// Whether `${...}` are variables: from version 2012-10-17 on.
  var hasVariables: Bool
  var statements: [Statement]

  struct Statement: Hashable, Sendable {
    var identifier: String?
    var isAllow: Bool
    /// nil in identity-based policies: whoever the policy is attached to.
    var principals: Principals?
    var actions: Selection
    var resources: Selection
    var conditions: [Condition]
  }

  /// Names that are meant, or all but them.
  struct Selection: Hashable, Sendable {
    var names: [String]
    var isInverted = false
  }

  /// Who a statement of a resource-based policy is about.
  struct Principals: Hashable, Sendable {
    /// ARNs, accounts, or `*`.
    var names: [String]
    var isInverted = false
  }

  /// One key of a condition block under its operator.
  struct Condition: Hashable, Sendable {
    enum Quantifier: Hashable, Sendable {
      case none
      case forAllValues
      case forAnyValue
    }

    var quantifier: Quantifier
    var test: ConditionTest
    /// The suffix IfExists.
    var allowsAbsence: Bool
    var key: String
    var values: [String]
  }
}

extension Policy.Statement {
  /// Whether the statement is about the request, its principal aside.
  func applies(to request: AccessRequest, hasVariables: Bool) -> Bool {
    actions.covers { name in
      PolicyPattern(name, request.context, wildcards: true, variables: false)?
        .matches(request.action, ignoringCase: true) ?? false
    }
      && resources.covers { name in
        PolicyPattern(name, request.context, wildcards: true, variables: hasVariables)?
          .matches(arn: request.resource) ?? false
      } && conditions.allSatisfy { $0.holds(request.context, hasVariables: hasVariables) }
  }
}

extension Policy.Selection {
  fileprivate func covers(_ matches: (String) -> Bool) -> Bool {
    names.contains(where: matches) != isInverted
  }
}

extension Policy.Principals {
  enum Match: Hashable, Sendable {
    case none
    /// Through the account: lets its identity-based policies decide, but allows nothing by itself.
    case account
    case itself
  }

  /// How a principal is meant. IAM User Guide, reference_policies_elements_principal.
  func match(_ principal: Principal) -> Match {
    let root = "arn:aws:iam::\(principal.account):root"
    var match = Match.none
    for name in names {
      switch name {
      case "*", principal.arn, principal.role ?? principal.arn: match = .itself
      case principal.account, root: if match == .none { match = .account }
      default: break
      }
    }
    guard isInverted else { return match }
    return match == .none ? .itself : .none
  }
}

extension Policy.Condition {
  /// Whether the condition holds. IAM User Guide, reference_policies_multi-value-conditions: values
  /// of a policy are alternatives, with a negated operator none of them may match.
  func holds(_ context: AccessContext, hasVariables: Bool) -> Bool {
    let given = context[key]
    if case .isNull = test {
      let isAbsent = given?.isEmpty ?? true
      return values.contains { ($0.lowercased() == "true") == isAbsent }
    }
    guard let given, !given.isEmpty else {
      // ForAllValues holds for no values; a negated operator for an absent one.
      switch quantifier {
      case .forAllValues: return true
      case .forAnyValue: return allowsAbsence
      case .none: return allowsAbsence || test.isNegated
      }
    }
    let matches: (String) -> Bool = { value in
      let isAny = values.contains {
        test.compares(value, with: $0, context, hasVariables: hasVariables)
      }
      return isAny != test.isNegated
    }
    return quantifier == .forAnyValue ? given.contains(where: matches) : given.allSatisfy(matches)
  }
}
