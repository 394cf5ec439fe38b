// Laws of the decision over random policies and requests: a deny wins, more allows never take
// anything away, more denies never give anything, order is of no matter.

import AccessControl
import TestSupport
import Testing

@Suite struct AccessPropertyTests {
  /// A statement in few words, so that random ones often meet random requests.
  struct Draft {
    var effect: String
    var action: String
    var resource: String
    var condition: String

    var json: String {
      """
      {"Effect": "\(effect)", "Action": "\(action)", "Resource": "\(resource)",
        "Condition": \(condition)}
      """
    }
  }

  static func draft(_ numbers: inout TestGenerator, effect: String? = nil) -> Draft {
    Draft(
      effect: effect ?? numbers.pick(["Allow", "Allow", "Deny"]),
      action: "dynamodb:" + numbers.pick(["*", "Get*", "GetItem", "PutItem", "*Item"]),
      resource: numbers.pick([
        "*", "arn:aws:dynamodb:*:*:table/a", "arn:aws:dynamodb:*:*:table/*",
        "arn:aws:dynamodb:us-east-1:1:table/b",
      ]),
      condition: numbers.pick([
        "{}", #"{"StringEquals": {"k": ["x", "y"]}}"#, #"{"StringNotEquals": {"k": "x"}}"#,
        #"{"ForAllValues:StringEquals": {"k": ["x"]}}"#, #"{"Null": {"k": "true"}}"#,
      ]))
  }

  static func request(_ numbers: inout TestGenerator) -> AccessRequest {
    let context: [[String: [String]]] = [[:], ["k": ["x"]], ["k": ["z"]], ["k": ["x", "y"]]]
    return AccessRequest(
      action: "dynamodb:" + numbers.pick(["GetItem", "PutItem", "Query"]),
      resource: "arn:aws:dynamodb:us-east-1:1:table/" + numbers.pick(["a", "b", "c"]),
      context: AccessContext(numbers.pick(context)))
  }

  static func decide(_ drafts: [Draft], _ request: AccessRequest) throws -> Bool {
    guard !drafts.isEmpty else { return false }
    let text = drafts.map(\.json).joined(separator: ",")
    let caller = Caller(
      principal: Principal(arn: "arn:aws:iam::1:user/u", account: "1"),
      policies: [try policy("{\"Version\": \"2012-10-17\", \"Statement\": [\(text)]}")])
    return AccessDecision.decide(request, by: caller) == .allowed
  }

  @Test(arguments: Seed.some(300)) func `laws of the decision`(seed: Seed) throws {
    var numbers = seed.generator
    let drafts = (0..<numbers.integer(in: 0...4)).map { _ in Self.draft(&numbers) }
    let request = Self.request(&numbers)
    let before = try Self.decide(drafts, request)
    let allow = Self.draft(&numbers, effect: "Allow")
    let deny = Self.draft(&numbers, effect: "Deny")
    let withAllow = try Self.decide(drafts + [allow], request)
    let withDeny = try Self.decide(drafts + [deny], request)
    #expect(!before || withAllow, "an allow took something away")
    #expect(!withDeny || before, "a deny gave something")
    #expect(try Self.decide(drafts.reversed(), request) == before, "the order mattered")
    // A statement decides alone as the whole does, by the rule said in other words.
    let matching = try drafts.filter { draft in
      var alone = draft
      alone.effect = "Allow"
      return try Self.decide([alone], request)
    }
    let expected = !matching.isEmpty && matching.allSatisfy { $0.effect == "Allow" }
    #expect(before == expected)
  }
}
