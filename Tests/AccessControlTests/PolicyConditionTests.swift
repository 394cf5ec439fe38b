// Every operator, with values present, absent and several: one that reads a policy otherwise than
// IAM lets the wrong people in. Expected values: IAM User Guide, reference_policies_elements_
// condition_operators and reference_policies_multi-value-conditions.

import AccessControl
import Testing

@Suite struct PolicyConditionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var test: String
    var wanted: String
    var given: [String]?
    var holds: Bool
    var testDescription: String { "\(test) \(wanted) of \(given?.description ?? "nothing")" }

    init(_ test: String, _ wanted: String, _ given: [String]?, _ holds: Bool) {
      (self.test, self.wanted, self.given, self.holds) = (test, wanted, given, holds)
    }
  }

  static let cases: [Case] = [
    Case("StringEquals", #""a""#, ["a"], true), Case("StringEquals", #""a""#, ["A"], false),
    Case("StringEquals", #"["b", "a"]"#, ["a"], true), Case("StringEquals", #""a""#, nil, false),
    Case("StringEquals", #""a*""#, ["ab"], false), Case("StringEquals", #""a*""#, ["a*"], true),
    Case("StringNotEquals", #"["a", "b"]"#, ["b"], false),
    Case("StringNotEquals", #"["a", "b"]"#, ["c"], true),
    Case("StringNotEquals", #""a""#, nil, true),
    Case("StringEqualsIgnoreCase", #""ab""#, ["AB"], true),
    Case("StringNotEqualsIgnoreCase", #""ab""#, ["AB"], false),
    Case("StringLike", #""a*c?""#, ["abbcd"], true), Case("StringLike", #""a*c?""#, ["ac"], false),
    Case("StringLike", #""*a*b""#, ["xaabab"], true), Case("StringLike", #""${*}""#, ["x"], false),
    Case("StringLike", #""${*}""#, ["*"], true), Case("StringNotLike", #""a*""#, ["ab"], false),
    Case("StringLike", #""${none}""#, ["x"], false),
    Case("StringLike", #""${none, 'x'}""#, ["x"], true),
    Case("StringEqualsIfExists", #""a""#, nil, true),
    Case("StringEqualsIfExists", #""a""#, ["b"], false),
    Case("NumericEquals", "10", ["10.0"], true), Case("NumericEquals", #""10""#, ["11"], false),
    Case("NumericNotEquals", "10", ["11"], true), Case("NumericLessThan", "10", ["9.5"], true),
    Case("NumericLessThan", "10", ["10"], false), Case("NumericLessThanEquals", "10", ["10"], true),
    Case("NumericGreaterThan", "10", ["10.5"], true),
    Case("NumericGreaterThanEquals", "10", ["9"], false),
    Case("NumericLessThan", "10", ["x"], false),
    Case("DateGreaterThan", #""2020-04-01T00:00:00Z""#, ["2020-04-01T00:00:01Z"], true),
    Case("DateLessThan", #""2020-06-30T23:59:59Z""#, ["2020-07-01T00:00:00Z"], false),
    Case("DateEquals", #""2020-04-01T02:00:00+02:00""#, ["2020-04-01T00:00:00Z"], true),
    Case("DateEquals", #""1585699200""#, ["2020-04-01"], true),
    Case("DateLessThanEquals", #""2020-04-01T00:00Z""#, ["2020-04-01T00:00:00.000Z"], true),
    Case("Bool", #""true""#, ["true"], true), Case("Bool", "false", ["true"], false),
    Case("Bool", "true", nil, false), Case("BoolIfExists", "true", nil, true),
    Case("BinaryEquals", #""QmluYXJ5""#, ["QmluYXJ5"], true),
    Case("IpAddress", #""203.0.113.0/24""#, ["203.0.113.7"], true),
    Case("IpAddress", #""203.0.113.0/24""#, ["203.0.114.7"], false),
    Case(
      "IpAddress", #"["10.0.0.0/8", "2001:DB8:1234:5678::/64"]"#, ["2001:db8:1234:5678::1"], true),
    Case("IpAddress", #""2001:db8::/32""#, ["203.0.113.7"], false),
    Case("IpAddress", #""::ffff:1.2.3.4""#, ["::ffff:102:304"], true),
    Case("NotIpAddress", #""203.0.113.0/24""#, ["203.0.113.7"], false),
    Case("NotIpAddress", #""203.0.113.9""#, ["203.0.113.7"], true),
    Case("ArnLike", #""arn:aws:iam::*:user/a*""#, ["arn:aws:iam::123456789012:user/al"], true),
    Case("ArnEquals", #""arn:aws:*:user/a""#, ["arn:aws:iam::123456789012:user/a"], false),
    Case("ArnNotLike", #""arn:aws:iam::*:role/*""#, ["arn:aws:iam::1:user/a"], true),
    Case("Null", "true", nil, true), Case("Null", "true", ["a"], false),
    Case("Null", #""false""#, ["a"], true), Case("Null", "false", nil, false),
    Case("ForAllValues:StringEquals", #"["a", "b"]"#, ["a", "b", "a"], true),
    Case("ForAllValues:StringEquals", #"["a", "b"]"#, ["a", "c"], false),
    Case("ForAllValues:StringEquals", #""a""#, nil, true),
    Case("ForAllValues:StringNotLike", #""a*""#, ["b", "ab"], false),
    Case("ForAllValues:StringNotLike", #""a*""#, ["b", "c"], true),
    Case("ForAnyValue:StringEquals", #""a""#, ["c", "a"], true),
    Case("ForAnyValue:StringEquals", #""a""#, ["c"], false),
    Case("ForAnyValue:StringEquals", #""a""#, nil, false),
    Case("ForAnyValue:StringNotEquals", #""a""#, ["a", "c"], true),
    Case("ForAnyValue:StringNotEquals", #""a""#, ["a"], false),
    Case("StringEquals", #"["a", "b"]"#, ["a", "c"], false),
  ]

  @Test(arguments: cases) func `an operator`(one: Case) throws {
    let caller = DocumentedPolicyTests.caller(
      try allowing(["GetItem"], when: "{\"\(one.test)\": {\"aws:Key\": \(one.wanted)}}"))
    let context = one.given.map { ["AWS:kEY": $0] } ?? [:]
    #expect(DocumentedPolicyTests.isAllowed("GetItem", context, by: caller) == one.holds)
  }

  @Test func `operators and keys all have to hold`() throws {
    let caller = DocumentedPolicyTests.caller(
      try allowing(
        ["GetItem"],
        when: #"{"StringEquals": {"a": "1", "b": "2"}, "NumericLessThan": {"c": "3"}}"#))
    let good = ["a": ["1"], "b": ["2"], "c": ["2"]]
    #expect(DocumentedPolicyTests.isAllowed("GetItem", good, by: caller))
    for key in good.keys {
      var bad = good
      bad[key] = ["9"]
      #expect(!DocumentedPolicyTests.isAllowed("GetItem", bad, by: caller), "\(key)")
    }
  }

  static let resources: [(String, String, Bool)] = [
    ("*", "arn:aws:dynamodb:us-east-1:1:table/t", true),
    ("arn:aws:dynamodb:*:*:table/t", "arn:aws:dynamodb:us-east-1:1:table/t", true),
    ("arn:aws:dynamodb:*:*:table/t", "arn:aws:dynamodb:us-east-1:1:table/t/index/i", false),
    ("arn:aws:dynamodb:*:*:table/t/index/*", "arn:aws:dynamodb:us-east-1:1:table/t/index/i", true),
    ("arn:aws:dynamodb:*:*:table/*", "arn:aws:dynamodb:us-east-1:1:table/t/index/i", true),
    (
      "arn:aws:dynamodb:*:*:table/t/stream/*",
      "arn:aws:dynamodb:us-east-1:1:table/t/stream/2015-05-11T21:21:33.291", true
    ),
    // What a short ARN leaves out stands for anything: reference-arns.
    ("arn:aws:dynamodb:us-east-1:*", "arn:aws:dynamodb:us-east-1:1:table/t", true),
    ("arn:aws:dynamodb:us-east-1", "arn:aws:dynamodb:us-east-1:1:table/t", true),
    ("arn:aws:dynamodb", "arn:aws:dynamodb:us-east-1:1:table/t", true),
    ("arn:aws:dynamodb:us-west-2:*", "arn:aws:dynamodb:us-east-1:1:table/t", false),
    ("arn:aws:dynamodb:us-east-1:2", "arn:aws:dynamodb:us-east-1:1:table/t", false),
    ("arn:aws:sqs", "arn:aws:dynamodb:us-east-1:1:table/t", false),
    ("arn:aws:dynamodb:us-east-?:1:table/t?", "arn:aws:dynamodb:us-east-1:1:table/tt", true),
    (
      "arn:aws:dynamodb:us-east-1:1:table/${aws:username}-*",
      "arn:aws:dynamodb:us-east-1:1:table/ann-x", true
    ),
  ]

  @Test func `resources, part by part`() throws {
    for (pattern, resource, expected) in Self.resources {
      let caller = DocumentedPolicyTests.caller(
        try allowing(["GetItem"], on: pattern), context: ["aws:username": ["ann"]])
      let foreign = Caller(
        principal: Principal(arn: "arn:aws:iam::1:user/ann", account: "1"),
        policies: caller.policies, context: caller.context)
      #expect(
        DocumentedPolicyTests.isAllowed("GetItem", on: resource, by: foreign) == expected,
        "\(pattern) \(resource)")
    }
  }

  @Test func `actions by wildcard, in any case, and all but some`() throws {
    let some = DocumentedPolicyTests.caller(try allowing(["get*", "*Item"]))
    for (action, expected) in [("GetItem", true), ("PutItem", true), ("Query", false)] {
      #expect(DocumentedPolicyTests.isAllowed(action, by: some) == expected)
    }
    let but = DocumentedPolicyTests.caller(
      try policy(
        """
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow",
          "NotAction": "dynamodb:Delete*", "NotResource": "arn:aws:dynamodb:*:*:table/secret"}}
        """))
    #expect(DocumentedPolicyTests.isAllowed("GetItem", by: but))
    #expect(!DocumentedPolicyTests.isAllowed("DeleteTable", by: but))
    #expect(
      !DocumentedPolicyTests.isAllowed(
        "GetItem", on: "arn:aws:dynamodb:us-west-2:123456789012:table/secret", by: but))
  }

  static let broken: [(String, String)] = [
    ("[]", "a policy is an object"), ("{", "it is no JSON"),
    (#"{"Version": "2012-10-18", "Statement": []}"#, "Version: expected 2012-10-17"),
    (#"{"Version": "2012-10-17", "Statement": []}"#, "Statement: expected at least one"),
    (#"{"Statment": 1}"#, "Statment: unknown element"),
    (#"{"Statement": {"Effect": "allow"}}"#, "Statement.Effect: expected Allow or Deny"),
    (#"{"Statement": {"Effect": "Allow", "Resource": "*"}}"#, "expected Action or NotAction"),
    (
      #"{"Statement": {"Effect": "Allow", "Action": "GetItem", "Resource": "*"}}"#,
      "'GetItem': expected service:action"
    ),
    (
      #"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "table/x"}}"#,
      "'table/x': expected an ARN"
    ),
    (
      #"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}}"#,
      "only a policy of a resource or role names principals"
    ),
    (
      #"""
      {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEqual": {"a": "b"}}}}
      """#, "StringEqual: unknown operator"
    ),
    (
      #"""
      {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"NumericLessThan": {"a": "ten"}}}}
      """#, "'ten': expected a number"
    ),
    (
      #"""
      {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"IpAddress": {"a": "10.0.0.0/33"}}}}
      """#, "expected an address or range"
    ),
  ]

  @Test func `documents that are wrong, and what is said of them`() {
    for (text, words) in Self.broken {
      guard case .failure(let faults) = Policy.read(json: text, .identity) else {
        Issue.record("\(text) was read")
        continue
      }
      #expect(faults.faults.contains { $0.description.contains(words) }, "\(text): \(faults)")
    }
  }
}
