// The PartiQL operations as statements and answers.
//
// Why: each row is a promise of the developer guide, or a text that a public suite records of the
// service (nubo-db/dynamodb-conformance, 2026-10). Costs must be those of the operations that the
// statements stand for.

import Capacity
import ServiceAPI
import Testing

@testable import Engine

@Suite struct StatementTests {
  private static func run(
    _ statement: String, _ parameters: String = "", _ more: String = ""
  ) -> (String, String) {
    let text = statement.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: #"\""#)
    let list = parameters.isEmpty ? "" : #","Parameters":[\#(parameters)]"#
    return ("ExecuteStatement", #"{"Statement":"\#(text)"\#(list)\#(more)}"#)
  }

  private static let total = #","ReturnConsumedCapacity":"TOTAL""#
  private static let item = run(
    "INSERT INTO Wide VALUE {'pk': 'a', 'sk': 1, 'g': 'x', 'n': 5, 'l': [1, 2], 's': <<'u'>>}")
  private static let second = run("INSERT INTO Wide VALUE {'pk': 'a', 'sk': 2, 'g': 'x'}")
  private static let other = run("INSERT INTO Wide VALUE {'pk': 'b', 'sk': 1}")

  /// What is done before, the statement, its answer.
  struct Row: CustomTestStringConvertible, Sendable {
    var before: [(String, String)] = []
    var request: (String, String)
    var answer: String

    var testDescription: String { request.1 }
  }

  private static let invalid = "ValidationException: "

  static let rows: [Row] = [
    Row(request: item, answer: #"{"Items":[]}"#),
    Row(
      before: [item], request: item,
      answer: "DuplicateItemException: Duplicate primary key exists in table"),
    Row(
      request: run("SELECT * FROM Wide WHERE pk = 'a' AND sk = 1", "", total),
      answer: #"{"Items":[],"ConsumedCapacity":{"TableName":"Wide","CapacityUnits":0.5}}"#),
    Row(
      before: [item], request: run(#"SELECT n, l[1] FROM "Wide" WHERE pk = ?"#, #"{"S":"a"}"#),
      answer: #"{"Items":[{"l[1]":{"N":"2"},"n":{"N":"5"}}]}"#),
    Row(
      before: [item, second, other],
      request: run(
        "SELECT pk, sk FROM Wide WHERE pk IN ['b', 'a'] ORDER BY pk, sk DESC", "",
        total + #","ConsistentRead":true"#),
      answer: #"{"Items":[{"pk":{"S":"a"},"sk":{"N":"2"}},{"pk":{"S":"a"},"sk":{"N":"1"}},"#
        + #"{"pk":{"S":"b"},"sk":{"N":"1"}}],"#
        + #""ConsumedCapacity":{"TableName":"Wide","CapacityUnits":2.0}}"#),
    Row(
      before: [item, other], request: run("SELECT sk FROM Wide WHERE n > 4", "", total),
      answer: #"{"Items":[{"sk":{"N":"1"}}],"#
        + #""ConsumedCapacity":{"TableName":"Wide","CapacityUnits":0.5}}"#),
    Row(
      before: [item, second],
      request: run(#"SELECT sk FROM "Wide"."byG" WHERE g = 'x' AND sk > 1"#, "", total),
      answer: #"{"Items":[{"sk":{"N":"2"}}],"#
        + #""ConsumedCapacity":{"TableName":"Wide","CapacityUnits":0.5}}"#),
    Row(
      request: run(#"SELECT pk FROM "Wide"."byG" WHERE g = 'x' AND n = 1"#),
      answer: invalid + "One or more parameter values were invalid: Secondary index byG does not "
        + "project one or more filter attributes: [n]"),
    Row(
      request: run(#"SELECT n FROM "Wide"."byG" WHERE g = 'x'"#),
      answer: invalid + "One or more parameter values were invalid: Global secondary index byG "
        + "does not project [n]"),
    Row(
      request: run(#"SELECT * FROM "Wide"."none" WHERE g = 'x'"#),
      answer: invalid + "The table does not have the specified index"),
    Row(
      request: run(#"SELECT * FROM "Wide"."byG" WHERE g = 'x'"#, "", #","ConsistentRead":true"#),
      answer: invalid
        + "Strongly consistent read is not supported on Global Secondary Indexes"),
    Row(
      request: run("SELECT * FROM Wide ORDER BY pk"),
      answer: invalid + "Must have WHERE clause in the statement when using ORDER BY clause."),
    Row(
      request: run("SELECT * FROM Wide WHERE pk = 'a' ORDER BY n"),
      answer: invalid + "Attribute n in ORDER BY clause must be part of the primary key"),
    Row(
      request: run("SELECT * FROM Nowhere WHERE pk = 'a'"),
      answer: "ResourceNotFoundException: Requested resource not found"),
    Row(
      before: [item],
      request: run(
        "UPDATE Wide SET n = n - 7, l[5] = 'end', s = set_add(s, <<'v'>>) REMOVE g WHERE pk = 'a' "
          + "AND sk = 1 AND n = 5 RETURNING ALL NEW *"),
      answer: #"{"Items":[{"l":{"L":[{"N":"1"},{"N":"2"},{"S":"end"}]},"n":{"N":"-2"},"#
        + #""pk":{"S":"a"},"s":{"SS":["u","v"]},"sk":{"N":"1"}}]}"#),
    Row(
      before: [item],
      request: run(
        "UPDATE Wide REMOVE n WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED NEW *"),
      answer: #"{"Items":[]}"#),
    Row(
      request: run("UPDATE Wide SET n = 1 WHERE pk = 'a' AND sk = 1"),
      answer: "ConditionalCheckFailedException: The conditional request failed"),
    Row(
      before: [item], request: run("UPDATE Wide SET n = 1 WHERE pk = 'a'"),
      answer: invalid + "Where clause does not contain a mandatory equality on all key attributes"),
    Row(
      before: [item], request: run("UPDATE Wide SET sk = 2 WHERE pk = 'a' AND sk = 1"),
      answer: invalid + "One or more parameter values were invalid: Cannot update attribute sk. "
        + "This attribute is part of the key"),
    Row(
      before: [item],
      request: run("UPDATE Wide SET absent[0] = 'x' WHERE pk = 'a' AND sk = 1"),
      answer: invalid
        + "The document path provided in the update expression is invalid for update"),
    Row(
      before: [item], request: run("DELETE FROM Wide WHERE pk = 'a' AND sk = 1 AND n = 6"),
      answer: "ConditionalCheckFailedException: The conditional request failed"),
    Row(
      request: run(
        "DELETE FROM Wide WHERE pk = 'a' AND sk = 1 AND n = 6 RETURNING ALL OLD *", "", total),
      answer: #"{"Items":[],"ConsumedCapacity":{"TableName":"Wide","CapacityUnits":1.0}}"#),
    Row(
      before: [other], request: run("DELETE FROM Wide WHERE pk='b' AND sk=1 RETURNING ALL OLD *"),
      answer: #"{"Items":[{"pk":{"S":"b"},"sk":{"N":"1"}}]}"#),
    Row(
      request: run("INSERT INTO Wide VALUE {'pk': 'a'}"),
      answer: invalid
        + "One or more parameter values were invalid: Missing the key sk in the item"),
    Row(
      request: run("EXISTS(SELECT * FROM Wide WHERE pk = 'a' AND sk = 1 AND n = 1)"),
      answer: invalid + "EXISTS can only be used in ExecuteTransaction write requests."),
    Row(
      request: run("SELECT * FROM Wide WHERE pk = 1"),
      answer: invalid + "One or more parameter values were invalid: Condition parameter type does "
        + "not match schema type"),
  ]

  private static func database() throws -> TestDatabase {
    let database = try TestDatabase()
    database.createTable(
      "Wide", sort: "N",
      more: #","GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":["#
        + #"{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"#
        + #""Projection":{"ProjectionType":"KEYS_ONLY"}}]"#,
      attributes: #",{"AttributeName":"g","AttributeType":"S"}"#)
    return database
  }

  @Test(arguments: rows) func answers(_ row: Row) throws {
    let database = try Self.database()
    for (operation, body) in row.before { _ = database.call(operation, body) }
    #expect(database.call(row.request.0, row.request.1) == row.answer)
  }

  /// Requests of several statements: what is done before, operation, statements, more, answer.
  static let groups: [(operation: String, statements: [String], more: String, answer: String)] = [
    (
      "BatchExecuteStatement",
      [
        "SELECT n FROM Wide WHERE pk = 'a' AND sk = 1", "SELECT * FROM Wide WHERE n = 1",
        "SLECT", "SELECT * FROM Nowhere WHERE pk = 'a'",
        "SELECT n FROM Wide WHERE pk = 'c' AND sk = 1",
      ], total,
      #"{"Responses":[{"TableName":"Wide","Item":{"n":{"N":"5"}}},"#
        + #"{"Error":{"Code":"ValidationError","Message":"Select statements within "#
        + #"BatchExecuteStatement must specify the primary key in the where clause."}},"#
        + #"{"Error":{"Code":"ValidationError","Message":"Statement wasn't well formed, can't be "#
        + #"processed: Expected data manipulation"}},"#
        + #"{"Error":{"Code":"ResourceNotFound","Message":"Requested resource not found"}},"#
        + #"{"TableName":"Wide"}],"ConsumedCapacity":["#
        + #"{"TableName":"Wide","CapacityUnits":0.5},{"TableName":"Wide","CapacityUnits":0.5}]}"#
    ),
    (
      "BatchExecuteStatement",
      [
        "INSERT INTO Wide VALUE {'pk': 'a', 'sk': 1}",
        "UPDATE Wide SET n = 1 WHERE pk = 'a' AND sk = 1 AND n = 6",
        "DELETE FROM Wide WHERE pk = 'a' AND sk = 1 RETURNING ALL OLD *",
      ], "",
      #"{"Responses":[{"Error":{"Code":"DuplicateItem","Message":"Duplicate primary key exists in "#
        + #"table"},"TableName":"Wide"},{"Error":{"Code":"ConditionalCheckFailed","Message":"The "#
        + #"conditional request failed"},"TableName":"Wide"},{"TableName":"Wide","Item":"#
        + #"{"g":{"S":"x"},"l":{"L":[{"N":"1"},{"N":"2"}]},"n":{"N":"5"},"pk":{"S":"a"},"#
        + #""s":{"SS":["u"]},"sk":{"N":"1"}}}]}"#
    ),
    (
      "BatchExecuteStatement",
      ["SELECT * FROM Wide WHERE pk = 'a' AND sk = 1", "DELETE FROM Wide WHERE pk='a' AND sk=1"],
      "",
      invalid + "BatchExecuteStatement API does not support both read and write operations in the "
        + "same request."
    ),
    (
      "ExecuteTransaction",
      [
        "SELECT n FROM Wide WHERE pk = 'a' AND sk = 1", "SELECT * FROM Wide WHERE pk='c' AND sk=1",
      ], total,
      #"{"Responses":[{"Item":{"n":{"N":"5"}}},{}],"ConsumedCapacity":[{"TableName":"Wide","#
        + #""CapacityUnits":4.0,"ReadCapacityUnits":4.0}]}"#
    ),
    (
      "ExecuteTransaction",
      [
        "EXISTS(SELECT * FROM Wide WHERE pk = 'a' AND sk = 1 AND n = 5)",
        "INSERT INTO Wide VALUE {'pk': 'c', 'sk': 1}",
      ], total,
      #"{"Responses":[{},{}],"ConsumedCapacity":[{"TableName":"Wide","CapacityUnits":4.0,"#
        + #""WriteCapacityUnits":4.0}]}"#
    ),
    (
      "ExecuteTransaction",
      [
        "INSERT INTO Wide VALUE {'pk': 'c', 'sk': 1}",
        "INSERT INTO Wide VALUE {'pk': 'a', 'sk': 1}",
        "UPDATE Wide SET n = 1 WHERE pk = 'd' AND sk = 1",
      ], "",
      "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for "
        + "specific reasons [None, DuplicateItem, ConditionalCheckFailed]"
    ),
    (
      "ExecuteTransaction", ["SELECT * FROM Wide WHERE pk = 'a'"], "",
      invalid + "Validation failed in TransactStatements[0]: Select statements within "
        + "ExecuteTransaction must specify the primary key in the where clause."
    ),
    (
      "ExecuteTransaction",
      [
        "UPDATE Wide SET n = 1 WHERE pk = 'a' AND sk = 1",
        "EXISTS(SELECT * FROM Wide WHERE pk = 'a' AND sk = 2)",
      ], "",
      invalid + "Validation failed in TransactStatements[1]: EXISTS() must contain a single item "
        + "read with additional condition"
    ),
    (
      "ExecuteTransaction", ["UPDATE Wide SET n = 1 WHERE pk = 'a' AND sk = 1 RETURNING ALL NEW *"],
      "",
      invalid + "Validation failed in TransactStatements[0]: RETURNING clause is not supported in "
        + "ExecuteTransaction."
    ),
    (
      "ExecuteTransaction",
      ["SELECT * FROM Wide WHERE pk = 'a' AND sk = 1", "DELETE FROM Wide WHERE pk='a' AND sk=1"],
      "",
      invalid + "ExecuteTransaction API does not support both read and write operations in the "
        + "same request."
    ),
  ]

  private static func body(_ operation: String, _ statements: [String], _ more: String) -> String {
    let name = operation == "ExecuteTransaction" ? "TransactStatements" : "Statements"
    let list = statements.map { #"{"Statement":"\#($0)"}"# }.joined(separator: ",")
    return #"{"\#(name)":[\#(list)]\#(more)}"#
  }

  @Test(arguments: groups.indices) func answersGroups(_ number: Int) throws {
    let group = Self.groups[number]
    let database = try Self.database()
    _ = database.call(Self.item.0, Self.item.1)
    let body = Self.body(group.operation, group.statements, group.more)
    #expect(database.call(group.operation, body) == group.answer)
  }

  @Test func aTokenRepeatedWritesOnce() throws {
    let database = try Self.database()
    _ = database.call(Self.item.0, Self.item.1)
    let body = Self.body(
      "ExecuteTransaction", ["UPDATE Wide SET n = n + 1 WHERE pk = 'a' AND sk = 1"],
      #","ClientRequestToken":"t""#)
    #expect(database.call("ExecuteTransaction", body) == #"{"Responses":[{}]}"#)
    #expect(database.call("ExecuteTransaction", body) == #"{"Responses":[{}]}"#)
    let (operation, read) = Self.run("SELECT n FROM Wide WHERE pk = 'a'")
    #expect(database.call(operation, read) == #"{"Items":[{"n":{"N":"6"}}]}"#)
  }

  @Test func indexesOfSeveralAttributesAreRefused() throws {
    let database = try TestDatabase()
    database.createTable(
      "Many",
      more: #","GlobalSecondaryIndexes":[{"IndexName":"byGH","KeySchema":["#
        + #"{"AttributeName":"g","KeyType":"HASH"},{"AttributeName":"h","KeyType":"HASH"}],"#
        + #""Projection":{"ProjectionType":"ALL"}}]"#,
      attributes: #",{"AttributeName":"g","AttributeType":"S"},"#
        + #"{"AttributeName":"h","AttributeType":"S"}"#)
    let (operation, body) = Self.run(#"SELECT * FROM "Many"."byGH" WHERE g = 'a' AND h = 'b'"#)
    #expect(database.call(operation, body).hasPrefix("ValidationException: Statements cannot"))
    let (_, table) = Self.run("SELECT * FROM Many WHERE pk = 'a'")
    #expect(database.call(operation, table) == #"{"Items":[]}"#)
  }

  @Test func capacityIsEnforced() throws {
    let database = try TestDatabase { $0.capacity.partitionBurstSeconds = 0 }
    database.createTable("Small", units: 1)
    var codes: Set<String> = []
    for number in 0..<700 {
      let (operation, body) = Self.run("INSERT INTO Small VALUE {'pk': 'k\(number)'}")
      if let error = database.reply(operation, body).error { codes.insert(error.code) }
    }
    #expect(codes == ["ProvisionedThroughputExceededException"])
    let answer = database.call(
      "BatchExecuteStatement",
      Self.body("BatchExecuteStatement", ["INSERT INTO Small VALUE {'pk': 'new'}"], ""))
    #expect(answer.contains(#""Code":"ProvisionedThroughputExceeded""#))
  }
}
