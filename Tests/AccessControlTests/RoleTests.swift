// Who may assume a role, and what a session of it may do.
//
// Why: a trust policy read too widely hands the role to everybody. Rules: IAM User Guide,
// reference_policies_evaluation-logic and id_roles_terms-and-concepts; cross-account the caller's
// own policies have to allow as well.

import Testing

@testable import AccessControl

@Suite struct RoleTests {
  private static let account = "123456789012"

  private static func user(
    _ name: String, _ policy: String? = nil, account: String = account
  ) throws -> Caller {
    Caller(
      principal: Principal(arn: "arn:aws:iam::\(account):user/\(name)", account: account),
      policies: try policy.map { [try Policy.read(json: $0, .identity).get()] } ?? [])
  }

  private static func trusting(_ principal: String, _ condition: String = "{}") throws -> Role {
    let trust = try Policy.read(
      json: #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","#
        + #""Action":"sts:AssumeRole","Principal":\#(principal),"Condition":\#(condition)}}"#,
      .trust
    ).get()
    return Role(
      name: "reader", account: account, policies: [], trust: trust, context: AccessContext())
  }

  private static let allowsAll =
    #"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}"#
  private static let deniesAll =
    #"{"Statement":{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}}"#
  private static let ann = #"{"AWS":"arn:aws:iam::123456789012:user/ann"}"#
  private static let whole = #"{"AWS":"123456789012"}"#
  private static let foreign = #"{"AWS":"arn:aws:iam::999999999999:user/eve"}"#

  /// Principal of the trust policy, caller, the caller's account and policy, whether it is allowed.
  static let rows: [(String, String, String, String?, Bool)] = [
    (ann, "ann", account, nil, true), (ann, "bob", account, nil, false),
    (ann, "bob", account, allowsAll, false), (ann, "ann", account, deniesAll, false),
    (whole, "bob", account, nil, false), (whole, "bob", account, allowsAll, true),
    (#""*""#, "bob", account, nil, true), (foreign, "eve", "999999999999", nil, false),
    (foreign, "eve", "999999999999", allowsAll, true),
    (foreign, "eve", account, allowsAll, false),
  ]

  @Test(arguments: rows)
  func whoMayAssume(_ row: (String, String, String, String?, Bool)) throws {
    let role = try Self.trusting(row.0)
    let caller = try Self.user(row.1, row.3, account: row.2)
    #expect((role.refusal(of: caller, AccessContext()) == nil) == row.4)
  }

  @Test func conditionsOfTheTrustPolicy() throws {
    let role = try Self.trusting(
      Self.ann, #"{"StringEquals":{"sts:ExternalId":"17","aws:username":"ann"}}"#)
    var caller = try Self.user("ann")
    caller.context["aws:username"] = ["ann"]
    #expect(role.refusal(of: caller, AccessContext(["sts:ExternalId": ["17"]])) == nil)
    #expect(role.refusal(of: caller, AccessContext(["sts:ExternalId": ["18"]])) != nil)
    #expect(role.refusal(of: caller, AccessContext()) != nil)
  }

  @Test func withoutATrustPolicyNobodyMay() throws {
    var role = try Self.trusting(#""*""#)
    role.trust = nil
    #expect(role.refusal(of: try Self.user("ann", Self.allowsAll), AccessContext()) != nil)
  }

  @Test func theSessionPolicyNarrowsTheRole() throws {
    var role = try Self.trusting(Self.ann)
    role.policies = [
      try Policy.read(
        json: #"{"Statement":{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:Scan"],"#
          + #""Resource":"*"}}"#, .identity
      ).get()
    ]
    let narrow = try Policy.read(
      json: #"{"Statement":{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem"],"#
        + #""Resource":"*"}}"#, .session
    ).get()
    func isAllowed(_ action: String, _ caller: Caller) -> Bool {
      let table = "arn:aws:dynamodb:us-east-1:\(Self.account):table/t"
      return AccessDecision.decide(
        AccessRequest(action: "dynamodb:" + action, resource: table), by: caller) == .allowed
    }
    let session = role.session(named: "nightly", narrowing: [narrow])
    #expect(session.principal.arn == "arn:aws:sts::123456789012:assumed-role/reader/nightly")
    #expect(session.context["aws:userid"] == ["reader:nightly"])
    #expect(session.context["aws:PrincipalArn"] == ["arn:aws:iam::123456789012:role/reader"])
    #expect(
      ["GetItem", "Scan", "PutItem"].map { isAllowed($0, session) } == [true, false, false])
    let wide = role.session(named: "nightly")
    #expect(["GetItem", "Scan", "PutItem"].map { isAllowed($0, wide) } == [true, true, false])
  }

  /// Policy, kind, words of the fault.
  static let broken: [(String, Policy.Kind, String)] = [
    (
      #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:dynamodb"}}"#, .session,
      "expected an ARN"
    ),
    (
      #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}"#, .trust,
      "about the role alone"
    ),
    (#"{"Statement":{"Effect":"Allow","Action":"*"}}"#, .trust, "expected Principal"),
  ]

  @Test(arguments: broken)
  func kindsOfPoliciesDiffer(_ row: (String, Policy.Kind, String)) {
    guard case .failure(let faults) = Policy.read(json: row.0, row.1) else {
      Issue.record("\(row.0) was read")
      return
    }
    #expect(faults.faults.contains { $0.description.contains(row.2) }, "\(faults)")
  }
}
