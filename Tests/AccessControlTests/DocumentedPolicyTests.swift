// The decisions that the developer guide and the IAM guide promise for their own example policies.
// Policies after "Using IAM policy conditions for fine-grained access control" (specifying-
// conditions), "IAM policies with PartiQL" (ql-iam) and "Cross-account access with resource-based
// policies" (rbac-cross-account-access).

import AccessControl
import Testing

/// A policy that has to be right.
func policy(_ json: String, _ kind: Policy.Kind = .identity) throws -> Policy {
  try Policy.read(json: json, kind).get()
}

/// One statement that allows `actions` on the example's table under `condition`.
func allowing(
  _ actions: [String], on resource: String = DocumentedPolicyTests.table,
  when condition: String = "{}"
) throws -> Policy {
  let list = actions.map { "\"dynamodb:\($0)\"" }.joined(separator: ",")
  return try policy(
    """
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [\(list)],
      "Resource": "\(resource)", "Condition": \(condition)}]}
    """)
}

@Suite struct DocumentedPolicyTests {
  static let table = "arn:aws:dynamodb:us-west-2:123456789012:table/GameScores"
  static let index = table + "/index/TopScoreDateTimeIndex"
  static let readsAndWrites = [
    "GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem",
  ]

  static func caller(_ policies: Policy..., context: [String: [String]] = [:]) -> Caller {
    Caller(
      principal: Principal(
        arn: "arn:aws:iam::123456789012:user/x", account: "123456789012"),
      policies: policies, context: AccessContext(context))
  }

  static func isAllowed(
    _ action: String, _ context: [String: [String]] = [:], on resource: String = table,
    by caller: Caller, resourcePolicy: Policy? = nil
  ) -> Bool {
    AccessDecision.decide(
      AccessRequest(
        action: "dynamodb:" + action, resource: resource, context: AccessContext(context)),
      by: caller, resourcePolicy: resourcePolicy) == .allowed
  }

  @Test func `example 1: only items of the user's own partition`() throws {
    let condition = """
      {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${www.amazon.com:user_id}"]}}
      """
    let own = Self.caller(
      try allowing(Self.readsAndWrites, when: condition),
      context: ["www.amazon.com:user_id": ["me"]])
    for action in Self.readsAndWrites {
      #expect(Self.isAllowed(action, ["dynamodb:LeadingKeys": ["me"]], by: own))
      #expect(!Self.isAllowed(action, ["dynamodb:LeadingKeys": ["you"]], by: own))
      #expect(!Self.isAllowed(action, ["dynamodb:LeadingKeys": ["me", "you"]], by: own))
    }
    // "The list of actions does not include permissions for Scan".
    #expect(!Self.isAllowed("Scan", by: own))
    // A wildcard in the user's id is no wildcard.
    let star = Self.caller(
      try allowing(["GetItem"], when: condition.replacing("StringEquals", with: "StringLike")),
      context: ["www.amazon.com:user_id": ["*"]])
    #expect(!Self.isAllowed("GetItem", ["dynamodb:LeadingKeys": ["you"]], by: star))
    #expect(Self.isAllowed("GetItem", ["dynamodb:LeadingKeys": ["*"]], by: star))
    // Somebody without such an id matches nothing.
    let nobody = Self.caller(try allowing(["GetItem"], when: condition))
    #expect(!Self.isAllowed("GetItem", ["dynamodb:LeadingKeys": [""]], by: nobody))
  }

  @Test func `variables need version 2012-10-17`() throws {
    let text = """
      {"Statement": {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*",
        "Condition": {"ForAllValues:StringEquals":
          {"dynamodb:LeadingKeys": "${www.amazon.com:user_id}"}}}}
      """
    let old = Self.caller(try policy(text), context: ["www.amazon.com:user_id": ["me"]])
    #expect(!Self.isAllowed("GetItem", ["dynamodb:LeadingKeys": ["me"]], by: old))
    #expect(
      Self.isAllowed("GetItem", ["dynamodb:LeadingKeys": ["${www.amazon.com:user_id}"]], by: old))
  }

  @Test func `example 2: two attributes, by name only`() throws {
    let some = Self.caller(
      try allowing(
        ["UpdateItem", "GetItem", "Query", "BatchGetItem", "Scan"],
        when: """
          {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["UserId", "TopScore"]},
           "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES",
             "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]}}
          """))
    let both = ["dynamodb:Attributes": ["UserId", "TopScore"]]
    let specific = both.merging(["dynamodb:Select": ["SPECIFIC_ATTRIBUTES"]]) { $1 }
    #expect(Self.isAllowed("GetItem", specific, by: some))
    #expect(
      !Self.isAllowed("Query", both.merging(["dynamodb:Select": ["COUNT"]]) { $1 }, by: some))
    #expect(
      !Self.isAllowed(
        "Scan",
        ["dynamodb:Attributes": ["UserId", "Wins"], "dynamodb:Select": ["SPECIFIC_ATTRIBUTES"]],
        by: some))
    for (returned, expected) in [("UPDATED_NEW", true), ("NONE", true), ("ALL_OLD", false)] {
      #expect(
        Self.isAllowed(
          "UpdateItem", both.merging(["dynamodb:ReturnValues": [returned]]) { $1 }, by: some)
          == expected, "\(returned)")
    }
    #expect(!Self.isAllowed("PutItem", both, by: some))
  }

  @Test func `example 3: updates of all but some attributes`() throws {
    let most = Self.caller(
      try allowing(
        ["UpdateItem"],
        when: """
          {"ForAllValues:StringNotLike":
             {"dynamodb:Attributes": ["FreeGamesAvailable", "BossLevelUnlocked"]},
           "StringEquals": {"dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"]}}
          """))
    func update(_ names: [String], _ returned: String? = "NONE") -> Bool {
      var context = ["dynamodb:Attributes": names]
      if let returned { context["dynamodb:ReturnValues"] = [returned] }
      return Self.isAllowed("UpdateItem", context, by: most)
    }
    #expect(update(["UserId", "Wins"]))
    #expect(!update(["UserId", "BossLevelUnlocked"]))
    #expect(!update(["UserId", "Wins"], "ALL_NEW"))
    #expect(!update(["UserId", "Wins"], nil))
  }

  @Test func `example 4: projected attributes of an index`() throws {
    let named = Self.caller(
      try allowing(
        ["Query"], on: Self.index,
        when: """
          {"ForAllValues:StringEquals": {"dynamodb:Attributes":
             ["TopScoreDateTime", "GameTitle", "Wins", "Losses", "Attempts"]},
           "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}}
          """))
    let wins = [
      "dynamodb:Attributes": ["TopScoreDateTime", "Wins"],
      "dynamodb:Select": ["SPECIFIC_ATTRIBUTES"],
    ]
    #expect(Self.isAllowed("Query", wins, on: Self.index, by: named))
    #expect(!Self.isAllowed("Query", wins, on: Self.table, by: named))
    let all = Self.caller(
      try allowing(
        ["Query"], on: Self.index,
        when: #"{"StringEquals": {"dynamodb:Select": "ALL_PROJECTED_ATTRIBUTES"}}"#))
    #expect(
      Self.isAllowed(
        "Query", ["dynamodb:Select": ["ALL_PROJECTED_ATTRIBUTES"]], on: Self.index, by: all))
    #expect(!Self.isAllowed("Query", wins, on: Self.index, by: all))
  }

  @Test func `PartiQL: full table scans denied, the rest allowed`() throws {
    let reads = try policy(
      """
      {"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": ["dynamodb:PartiQLSelect"], "Resource": ["\(Self.table)"],
         "Condition": {"Bool": {"dynamodb:FullTableScan": ["true"]}}},
        {"Effect": "Allow", "Action": ["dynamodb:PartiQLSelect"], "Resource": ["\(Self.table)"]}]}
      """)
    let caller = Self.caller(reads)
    #expect(Self.isAllowed("PartiQLSelect", ["dynamodb:FullTableScan": ["false"]], by: caller))
    #expect(!Self.isAllowed("PartiQLSelect", ["dynamodb:FullTableScan": ["true"]], by: caller))
    #expect(!Self.isAllowed("PartiQLDelete", by: caller))
  }

  @Test func `own items, some attributes, never all of them`() throws {
    let own = Self.caller(
      try allowing(
        Self.readsAndWrites,
        when: """
          {"ForAllValues:StringEquals": {
             "dynamodb:LeadingKeys": ["${www.amazon.com:user_id}"],
             "dynamodb:Attributes": ["UserId", "GameTitle", "Wins", "TopScore"]},
           "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}}
          """), context: ["www.amazon.com:user_id": ["me"]])
    func get(_ key: String, _ attributes: [String], _ select: String) -> Bool {
      Self.isAllowed(
        "GetItem",
        [
          "dynamodb:LeadingKeys": [key], "dynamodb:Attributes": attributes,
          "dynamodb:Select": [select],
        ], by: own)
    }
    #expect(get("me", ["UserId", "GameTitle", "Wins"], "SPECIFIC_ATTRIBUTES"))
    #expect(!get("you", ["UserId", "GameTitle", "Wins"], "SPECIFIC_ATTRIBUTES"))
    #expect(!get("me", ["UserId", "GameTitle", "Losses"], "SPECIFIC_ATTRIBUTES"))
    #expect(!get("me", ["UserId", "GameTitle"], "ALL_ATTRIBUTES"))
  }

  /// IAM User Guide, reference_policies_examples_dynamodb_specific-table: action, resource, whether
  /// it is allowed. The resource has neither region nor account, and no index.
  static let specific: [(String, String, Bool)] = [
    ("ListTables", "*", true), ("DescribeTimeToLive", table, true), ("GetItem", table, true),
    ("BatchWriteItem", table, true), ("UpdateTimeToLive", table, true), ("Scan", table, true),
    ("Query", index, false), ("GetItem", table + "s", false), ("TagResource", table, false),
    ("CreateTable", "arn:aws:dynamodb:eu-west-1:999999999999:table/GameScores", false),
    ("PartiQLSelect", table, false),
  ]

  @Test(arguments: specific) func `one table`(_ row: (String, String, Bool)) throws {
    let one = Self.caller(
      try policy(
        """
        {"Version": "2012-10-17", "Statement": [
          {"Sid": "ListAndDescribe", "Effect": "Allow", "Action": ["dynamodb:List*",
            "dynamodb:DescribeReservedCapacity*", "dynamodb:DescribeLimits",
            "dynamodb:DescribeTimeToLive"], "Resource": "*"},
          {"Sid": "SpecificTable", "Effect": "Allow", "Action": ["dynamodb:BatchGet*",
            "dynamodb:DescribeStream", "dynamodb:DescribeTable", "dynamodb:Get*", "dynamodb:Query",
            "dynamodb:Scan", "dynamodb:BatchWrite*", "dynamodb:CreateTable", "dynamodb:Delete*",
            "dynamodb:Update*", "dynamodb:PutItem"],
           "Resource": "arn:aws:dynamodb:*:*:table/GameScores"}]}
        """))
    #expect(Self.isAllowed(row.0, on: row.1, by: one) == row.2, "\(row)")
  }

  // transaction-apis-iam: operations of a transaction allowed, the same outside of it not.
  @Test func `writes only inside transactions`() throws {
    let only = Self.caller(
      try policy(
        """
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
          "Action": ["dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
            "dynamodb:DeleteItem"], "Resource": ["arn:aws:dynamodb:*:*:table/*"],
          "Condition": {"ForAnyValue:StringEquals":
            {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}}}]}
        """))
    let enclosed = ["dynamodb:EnclosingOperation": ["TransactWriteItems"]]
    #expect(Self.isAllowed("PutItem", enclosed, by: only))
    #expect(!Self.isAllowed("PutItem", by: only))
  }

  @Test func `another account needs both policies`() throws {
    let resource = try policy(
      """
      {"Version": "2012-10-17", "Statement": [{"Sid": "CrossAccountTablePolicy",
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:user/John"},
        "Action": "dynamodb:GetItem", "Resource": "\(Self.table)"}]}
      """, .resource)
    let identity = try allowing(["GetItem"])
    func john(_ policies: [Policy]) -> Caller {
      Caller(
        principal: Principal(
          arn: "arn:aws:iam::111111111111:user/John", account: "111111111111"),
        policies: policies)
    }
    #expect(Self.isAllowed("GetItem", by: john([identity]), resourcePolicy: resource))
    #expect(!Self.isAllowed("GetItem", by: john([]), resourcePolicy: resource))
    #expect(!Self.isAllowed("GetItem", by: john([identity])))
  }

  @Test func `within an account either policy suffices, and the account itself names nobody`()
    throws
  {
    func resource(_ principal: String, _ effect: String = "Allow") throws -> Policy {
      try policy(
        """
        {"Version": "2012-10-17", "Statement": [{"Effect": "\(effect)", "Principal": \(principal),
          "Action": "dynamodb:*", "Resource": "*"}]}
        """, .resource)
    }
    let bare = Self.caller()
    let user = #"{"AWS": ["arn:aws:iam::123456789012:user/x"]}"#
    let account = #"{"AWS": "123456789012"}"#
    #expect(Self.isAllowed("GetItem", by: bare, resourcePolicy: try resource(user)))
    #expect(Self.isAllowed("GetItem", by: bare, resourcePolicy: try resource(#""*""#)))
    #expect(!Self.isAllowed("GetItem", by: bare, resourcePolicy: try resource(account)))
    let full = Self.caller(try allowing(["*"]))
    #expect(!Self.isAllowed("GetItem", by: full, resourcePolicy: try resource(account, "Deny")))
    #expect(Self.isAllowed("GetItem", by: full))
  }

  @Test func `refusals in the service's words`() throws {
    let request = AccessRequest(action: "dynamodb:GetItem", resource: Self.table)
    let caller = Self.caller()
    #expect(
      AccessDenial.noIdentityPolicy.message(request, caller.principal)
        == "User: arn:aws:iam::123456789012:user/x is not authorized to perform: dynamodb:GetItem "
        + "on resource: arn:aws:dynamodb:us-west-2:123456789012:table/GameScores because no "
        + "identity-based policy allows the dynamodb:GetItem action")
    #expect(
      AccessDenial.explicitInResourcePolicy.message(request, caller.principal)
        .hasSuffix("with an explicit deny in a resource-based policy"))
  }
}
