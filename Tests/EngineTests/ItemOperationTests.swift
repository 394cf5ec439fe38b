// The operations on items as tables of requests and answers.
//
// Why: each row is a promise of the API reference or a text of the service that users see. Answers
// are compared whole, so that no member comes or goes unnoticed.

import Testing

/// Requests in order; the last one's answer is what counts.
struct Exchange: CustomTestStringConvertible, Sendable {
  var name: String
  var before: [(String, String)]
  var operation: String
  var body: String
  var answer: String

  init(
    _ name: String, before: [(String, String)] = [], _ operation: String, _ body: String,
    answer: String
  ) {
    self.name = name
    self.before = before
    self.operation = operation
    self.body = body
    self.answer = answer
  }

  var testDescription: String { name }
}

@Suite struct ItemOperationTests {
  private static func put(_ item: String) -> (String, String) {
    ("PutItem", #"{"TableName":"Plain","Item":{\#(item)}}"#)
  }

  private static let a = put(
    #""pk":{"S":"a"},"n":{"N":"1"},"m":{"M":{"x":{"N":"1"},"#
      + #""y":{"N":"2"}}}"#)
  private static let failed = "ConditionalCheckFailedException: The conditional request failed"
  private static let prefix = "ValidationException: One or more parameter values were invalid: "

  static let single: [Exchange] = [
    Exchange(
      "get of nothing", "GetItem", #"{"TableName":"Plain","Key":{"pk":{"S":"a"}}}"#, answer: "{}"),
    Exchange(
      "get with projection", before: [a], "GetItem",
      #"{"TableName":"Plain","Key":{"pk":{"S":"a"}},"ProjectionExpression":"m.x","#
        + #""ReturnConsumedCapacity":"INDEXES"}"#,
      answer: #"{"Item":{"m":{"M":{"x":{"N":"1"}}}},"ConsumedCapacity":{"TableName":"Plain","#
        + #""CapacityUnits":0.5,"Table":{"CapacityUnits":0.5}}}"#),
    Exchange(
      "strong reads cost double", "GetItem",
      #"{"TableName":"Plain","Key":{"pk":{"S":"a"}},"ConsistentRead":true,"#
        + #""ReturnConsumedCapacity":"TOTAL"}"#,
      answer: #"{"ConsumedCapacity":{"TableName":"Plain","CapacityUnits":1.0}}"#),
    Exchange(
      "key of another type", "GetItem", #"{"TableName":"Plain","Key":{"pk":{"N":"1"}}}"#,
      answer: "ValidationException: The provided key element does not match the schema"),
    Exchange(
      "no table", "GetItem", #"{"TableName":"Nowhere","Key":{"pk":{"S":"a"}}}"#,
      answer: "ResourceNotFoundException: Requested resource not found"),
    Exchange(
      "put returns the old image", before: [a], "PutItem",
      #"{"TableName":"Plain","Item":{"pk":{"S":"a"}},"ReturnValues":"ALL_OLD"}"#,
      answer: #"{"Attributes":{"m":{"M":{"x":{"N":"1"},"y":{"N":"2"}}},"n":{"N":"1"},"#
        + #""pk":{"S":"a"}}}"#),
    Exchange(
      "put returns no new image", "PutItem",
      #"{"TableName":"Plain","Item":{"pk":{"S":"a"}},"ReturnValues":"ALL_NEW"}"#,
      answer: "ValidationException: ReturnValues can only be ALL_OLD or NONE"),
    Exchange(
      "put without the key", "PutItem", #"{"TableName":"Plain","Item":{"x":{"S":"a"}}}"#,
      answer: prefix + "Missing the key pk in the item"),
    Exchange(
      "put onto something", before: [a], "PutItem",
      #"{"TableName":"Plain","Item":{"pk":{"S":"a"}},"#
        + #""ConditionExpression":"attribute_not_exists(pk)"}"#,
      answer: failed),
    Exchange(
      "expected", before: [a], "PutItem",
      #"{"TableName":"Plain","Item":{"pk":{"S":"a"}},"Expected":{"n":{"Value":{"N":"2"}}}}"#,
      answer: failed),
    Exchange(
      "update makes an item", "UpdateItem",
      #"{"TableName":"Plain","Key":{"pk":{"S":"a"}},"UpdateExpression":"ADD n :d","#
        + #""ExpressionAttributeValues":{":d":{"N":"5"}},"ReturnValues":"ALL_NEW"}"#,
      answer: #"{"Attributes":{"n":{"N":"5"},"pk":{"S":"a"}}}"#),
    Exchange(
      "update returns what it touched", before: [a], "UpdateItem",
      #"{"TableName":"Plain","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET m.x = m.x + n","#
        + #""ReturnValues":"UPDATED_NEW"}"#,
      answer: #"{"Attributes":{"m":{"M":{"x":{"N":"2"}}}}}"#),
    Exchange(
      "update of the key", before: [a], "UpdateItem",
      #"{"TableName":"Plain","Key":{"pk":{"S":"a"}},"UpdateExpression":"SET pk = :d","#
        + #""ExpressionAttributeValues":{":d":{"S":"5"}}}"#,
      answer: prefix + "Cannot update attribute pk. This attribute is part of the key"),
    Exchange(
      "delete returns the old image", before: [put(#""pk":{"S":"a"}"#)], "DeleteItem",
      #"{"TableName":"Plain","Key":{"pk":{"S":"a"}},"ReturnValues":"ALL_OLD","#
        + #""ReturnConsumedCapacity":"TOTAL"}"#,
      answer: #"{"Attributes":{"pk":{"S":"a"}},"ConsumedCapacity":{"TableName":"Plain","#
        + #""CapacityUnits":1.0}}"#),
    Exchange(
      "delete leaves nothing",
      before: [a, ("DeleteItem", #"{"TableName":"Plain","Key":{"pk":{"S":"a"}}}"#)], "GetItem",
      #"{"TableName":"Plain","Key":{"pk":{"S":"a"}}}"#, answer: "{}"),
    Exchange(
      "what is not built", "SearchVectors", #"{"TableName":"Plain"}"#,
      answer: "UnknownOperationException"),
  ]

  static let groups: [Exchange] = [
    Exchange(
      "batch get", before: [put(#""pk":{"S":"a"}"#)], "BatchGetItem",
      #"{"RequestItems":{"Plain":{"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"b"}}]}},"#
        + #""ReturnConsumedCapacity":"TOTAL"}"#,
      answer: #"{"Responses":{"Plain":[{"pk":{"S":"a"}}]},"UnprocessedKeys":{},"#
        + #""ConsumedCapacity":[{"TableName":"Plain","CapacityUnits":1.0}]}"#),
    Exchange(
      "batch get of one key twice", "BatchGetItem",
      #"{"RequestItems":{"Plain":{"Keys":[{"pk":{"S":"a"}},{"pk":{"S":"a"}}]}}}"#,
      answer: "ValidationException: Provided list of item keys contains duplicates"),
    Exchange(
      "batch write",
      before: [
        a,
        (
          "BatchWriteItem",
          #"{"RequestItems":{"Plain":[{"PutRequest":{"Item":{"pk":{"S":"b"}}}},"#
            + #"{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}}]}}"#
        ),
      ], "Scan", #"{"TableName":"Plain"}"#,
      answer: #"{"Items":[{"pk":{"S":"b"}}],"Count":1,"ScannedCount":1}"#),
    Exchange(
      "transaction cancelled by one of two", before: [a], "TransactWriteItems",
      #"{"TransactItems":[{"Put":{"TableName":"Plain","Item":{"pk":{"S":"b"}}}},"#
        + #"{"ConditionCheck":{"TableName":"Plain","Key":{"pk":{"S":"a"}},"#
        + #""ConditionExpression":"n = :two","ExpressionAttributeValues":{":two":{"N":"2"}}}"#
        + #"}]}"#,
      answer: "TransactionCanceledException: Transaction cancelled, please refer "
        + "cancellation reasons for specific reasons [None, ConditionalCheckFailed]"),
    Exchange(
      "cancelled transactions write nothing",
      before: [
        (
          "TransactWriteItems",
          #"{"TransactItems":[{"Put":{"TableName":"Plain","Item":{"pk":{"S":"b"}}}},"#
            + #"{"ConditionCheck":{"TableName":"Plain","Key":{"pk":{"S":"a"}},"#
            + #""ConditionExpression":"attribute_exists(pk)"}}]}"#
        )
      ], "GetItem", #"{"TableName":"Plain","Key":{"pk":{"S":"b"}}}"#, answer: "{}"),
    Exchange(
      "one item twice in a transaction", "TransactWriteItems",
      #"{"TransactItems":[{"Put":{"TableName":"Plain","Item":{"pk":{"S":"b"}}}},"#
        + #"{"Delete":{"TableName":"Plain","Key":{"pk":{"S":"b"}}}}]}"#,
      answer: "ValidationException: Transaction request cannot include multiple operations "
        + "on one item"),
    Exchange(
      "a token repeated writes once",
      before: [
        token("1"), ("DeleteItem", #"{"TableName":"Plain","Key":{"pk":{"S":"b"}}}"#), token("1"),
      ],
      "GetItem", #"{"TableName":"Plain","Key":{"pk":{"S":"b"}}}"#, answer: "{}"),
    Exchange(
      "a token with another request", before: [token("1")], "TransactWriteItems", token("2").1,
      answer: "IdempotentParameterMismatchException: DynamoDB rejected the request because "
        + "you retried a request with a different payload but with an idempotent token "
        + "that was already used."),
    Exchange(
      "transactional get", before: [put(#""pk":{"S":"a"}"#)], "TransactGetItems",
      #"{"TransactItems":[{"Get":{"TableName":"Plain","Key":{"pk":{"S":"a"}}}},"#
        + #"{"Get":{"TableName":"Plain","Key":{"pk":{"S":"b"}}}}],"#
        + #""ReturnConsumedCapacity":"TOTAL"}"#,
      answer: #"{"Responses":[{"Item":{"pk":{"S":"a"}}},{}],"#
        + #""ConsumedCapacity":[{"TableName":"Plain","CapacityUnits":4.0,"#
        + #""ReadCapacityUnits":4.0}]}"#),
  ]

  private static func token(_ n: String) -> (String, String) {
    (
      "TransactWriteItems",
      #"{"ClientRequestToken":"t","TransactItems":[{"Put":{"TableName":"Plain","#
        + #""Item":{"pk":{"S":"b"},"n":{"N":"\#(n)"}}}}]}"#
    )
  }

  @Test(arguments: single + groups) func answers(_ exchange: Exchange) throws {
    let database = try TestDatabase()
    database.createTable("Plain")
    for (operation, body) in exchange.before { _ = database.call(operation, body) }
    #expect(database.call(exchange.operation, exchange.body) == exchange.answer)
  }
}
