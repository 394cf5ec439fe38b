// What a request asks of the policies, seen from outside: a caller who may touch certain attributes
// only, and what is refused.
//
// Why: a statement that reads a forbidden attribute somewhere that nobody thought of hands it out.
// Condition keys: Service Authorization Reference, Amazon DynamoDB; developer guide, ql-iam.

import AccessControl
import ServiceAPI
import Testing

@testable import Engine

@Suite struct AccessCheckTests {
  private static func caller(_ policy: String) throws -> Caller {
    Caller(
      principal: Principal(arn: "arn:aws:iam::123456789012:user/eve", account: "123456789012"),
      policies: [try Policy.read(json: policy, .identity).get()])
  }

  private static func allowing(_ condition: String) throws -> Caller {
    try caller(
      #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","#
        + #""Resource":"*","Condition":\#(condition)}}"#)
  }

  private static func database() throws -> TestDatabase {
    let database = try TestDatabase()
    database.createTable(
      "Tab",
      more: #","GlobalSecondaryIndexes":[{"IndexName":"byG","#
        + #""Projection":{"ProjectionType":"ALL"},"#
        + #""KeySchema":[{"AttributeName":"g","KeyType":"HASH"}]}]"#,
      attributes: #",{"AttributeName":"g","AttributeType":"S"}"#)
    let item = #"{"pk":{"S":"a"},"g":{"S":"x"},"n":{"N":"1"},"secret":{"N":"7"}}"#
    _ = database.call("PutItem", #"{"TableName":"Tab","Item":\#(item)}"#)
    return database
  }

  private static func error(
    _ database: TestDatabase, _ statement: String, _ caller: Caller,
    in operation: String = "ExecuteStatement"
  ) -> String? {
    let text = statement.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: #"\""#)
    var body = #"{"Statement":"\#(text)"}"#
    if operation == "ExecuteTransaction" { body = #"{"TransactStatements":[\#(body)]}"# }
    return database.database
      .handle(operation, body: Array(body.utf8), at: database.now, for: caller).error?.code
  }

  /// Each names `secret` once, in another place.
  static let reading = [
    "SELECT secret FROM Tab WHERE pk = 'a'",
    "SELECT secret[0].x FROM Tab WHERE pk = 'a'",
    "SELECT n FROM Tab WHERE pk = 'a' AND secret = 7",
    "SELECT n FROM Tab WHERE pk = 'a' AND 7 = secret",
    "SELECT n FROM Tab WHERE pk = 'a' AND NOT (n = 1 OR secret > 6)",
    "SELECT n FROM Tab WHERE pk = 'a' AND n BETWEEN 0 AND secret",
    "SELECT n FROM Tab WHERE pk = 'a' AND n IN [secret, 2]",
    "SELECT n FROM Tab WHERE pk = 'a' AND secret IS NOT MISSING",
    "SELECT n FROM Tab WHERE pk = 'a' AND size(secret) > 1",
    "SELECT n FROM Tab WHERE pk = 'a' AND contains(secret, '7')",
    "SELECT n FROM Tab WHERE pk = 'a' AND attribute_type(secret, 'N')",
    "UPDATE Tab SET n = secret WHERE pk = 'a'",
    "UPDATE Tab SET n = n + secret WHERE pk = 'a'",
    "UPDATE Tab SET n = secret - 1 WHERE pk = 'a'",
    "UPDATE Tab SET n = list_append(n, secret) WHERE pk = 'a'",
    "UPDATE Tab SET secret = 1 WHERE pk = 'a'",
    "UPDATE Tab REMOVE secret WHERE pk = 'a'",
    "UPDATE Tab SET n = 1 WHERE pk = 'a' AND secret = 7",
    "DELETE FROM Tab WHERE pk = 'a' AND secret = 7",
    "INSERT INTO Tab VALUE {'pk': 'b', 'secret': 1}",
  ]

  @Test(arguments: reading)
  func aStatementThatNamesAForbiddenAttributeIsDenied(_ statement: String) throws {
    let database = try Self.database()
    let listed = try Self.allowing(
      #"{"ForAllValues:StringEquals":{"dynamodb:Attributes":["pk","n","g"]}}"#)
    #expect(Self.error(database, statement, listed) == "AccessDeniedException")
    // The same statement about an attribute that is listed is run, or refused for its own sake.
    let harmless = statement.split(separator: "secret").joined(separator: "g")
    #expect(Self.error(database, harmless, listed) != "AccessDeniedException", "\(harmless)")
  }

  /// Each statement of a batch is answered by itself (BatchStatementErrorCodeEnum: AccessDenied).
  @Test func aDeniedStatementOfABatchStopsNoOther() throws {
    let database = try Self.database()
    let listed = try Self.allowing(
      #"{"ForAllValues:StringEquals":{"dynamodb:Attributes":["pk","n"]}}"#)
    let reply = database.database.handle(
      "BatchExecuteStatement",
      body: Array(
        (#"{"Statements":[{"Statement":"SELECT secret FROM Tab WHERE pk = 'a'"},"#
          + #"{"Statement":"SELECT n FROM Tab WHERE pk = 'a'"}]}"#).utf8),
      at: database.now, for: listed)
    let answers = WireValue(body: reply.body)?["Responses"]?.elements
    #expect(answers?.count == 2)
    #expect(answers?.first?["Error"]?["Code"]?.text == "AccessDenied")
    #expect(answers?.first?["Item"] == nil)
    #expect(answers?.last?["Error"] == nil)
    #expect(answers?.last?["Item"]?["n"]?["N"]?.text == "1")
    // Without a caller nothing of it is left.
    #expect(
      !database.call(
        "BatchExecuteStatement",
        #"{"Statements":[{"Statement":"SELECT secret FROM Tab WHERE pk = 'a'"}]}"#
      ).contains("AccessDenied"))
  }

  @Test func existsInATransactionIsCovered() throws {
    let database = try Self.database()
    let listed = try Self.allowing(
      #"{"ForAllValues:StringEquals":{"dynamodb:Attributes":["pk","n"]}}"#)
    func error(_ statement: String) -> String? {
      Self.error(database, statement, listed, in: "ExecuteTransaction")
    }
    #expect(
      error("EXISTS(SELECT secret FROM Tab WHERE pk = 'a' AND n = 1)") == "AccessDeniedException")
    #expect(
      error("EXISTS(SELECT n FROM Tab WHERE pk = 'a' AND secret = 1)") == "AccessDeniedException")
    #expect(error("EXISTS(SELECT n FROM Tab WHERE pk = 'a' AND n = 1)") == nil)
  }

  /// Statement, the key and value that the policy asks for, whether that is what it says.
  static let facts: [(String, String, String, Bool)] = [
    ("SELECT * FROM Tab WHERE pk = 'a'", "Select", "ALL_ATTRIBUTES", true),
    ("SELECT n FROM Tab WHERE pk = 'a'", "Select", "SPECIFIC_ATTRIBUTES", true),
    (#"SELECT * FROM "Tab"."byG" WHERE g = 'x'"#, "Select", "ALL_PROJECTED_ATTRIBUTES", true),
    ("UPDATE Tab SET n = 2 WHERE pk = 'a'", "ReturnValues", "NONE", true),
    ("UPDATE Tab SET n = 2 WHERE pk = 'a' RETURNING ALL OLD *", "ReturnValues", "NONE", false),
    ("UPDATE Tab SET n = 2 WHERE pk = 'a' RETURNING ALL OLD *", "ReturnValues", "ALL_OLD", true),
    (
      "UPDATE Tab SET n = 2 WHERE pk = 'a' RETURNING MODIFIED NEW *", "ReturnValues", "UPDATED_NEW",
      true
    ),
    ("DELETE FROM Tab WHERE pk = 'a' RETURNING ALL OLD *", "ReturnValues", "NONE", false),
  ]

  @Test(arguments: facts)
  func factsOfStatements(_ row: (String, String, String, Bool)) throws {
    let database = try Self.database()
    let caller = try Self.allowing(#"{"StringEquals":{"dynamodb:\#(row.1)":"\#(row.2)"}}"#)
    #expect((Self.error(database, row.0, caller) == nil) == row.3)
  }

  // MARK: Policies of new tables

  private static let policy =
    #"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":"#
    + #"\"dynamodb:GetItem\",\"Principal\":{\"AWS\":\"arn:aws:iam::123456789012:user/eve\"},"#
    + #"\"Resource\":\"arn:aws:dynamodb:us-east-1:123456789012:table/New\"}}"#

  @Test func aTableIsCreatedWithItsPolicy() throws {
    let database = try TestDatabase()
    var nobody = try Self.allowing("{}")
    nobody.policies = []
    func get() -> String? {
      database.database.handle(
        "GetItem", body: Array(#"{"TableName":"New","Key":{"pk":{"S":"a"}}}"#.utf8),
        at: database.now, for: nobody
      ).error?.code
    }
    #expect(
      database.createTable("New", more: #","ResourcePolicy":"{}""#)
        .hasPrefix("ValidationException: Invalid policy document"))
    #expect(get() == "AccessDeniedException")
    database.createTable("New", more: #","ResourcePolicy":"\#(Self.policy)""#)
    #expect(get() == nil)
    let name = #"{"ResourceArn":"arn:aws:dynamodb:us-east-1:123456789012:table/New"}"#
    let stored = database.value("GetResourcePolicy", name, "Policy")?.text
    #expect(stored == Self.policy.replacing(#"\""#, with: "\""))
    #expect(database.value("GetResourcePolicy", name, "RevisionId")?.text == "1700000000000")
  }

  @Test func creatingATableWithAPolicyTakesBothPermissions() throws {
    let database = try TestDatabase()
    let creator = try Self.caller(
      #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","#
        + #""Action":"dynamodb:CreateTable","Resource":"*"}}"#)
    func create(_ more: String) -> String? {
      let body =
        #"{"TableName":"New","BillingMode":"PAY_PER_REQUEST","#
        + #""KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"#
        + #""AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]\#(more)}"#
      return database.database
        .handle("CreateTable", body: Array(body.utf8), at: database.now, for: creator).error?.code
    }
    #expect(create(#","ResourcePolicy":"\#(Self.policy)""#) == "AccessDeniedException")
    #expect(create("") == nil)
  }
}
