// Bodies up to their constraints: what is JSON, what has the wrong type, what breaks constraints.
//
// Why: SDK users meet these texts, and tools match on them. Expected texts are the service's, as
// public suites that ran against it record them.

import ServiceAPI
import Testing

/// A body and the refusal it must meet.
struct Refusal: CustomTestStringConvertible, Sendable {
  var name: String
  var operation: String
  var body: String
  var code: String
  var message: String?

  var testDescription: String { name }
}

@Suite struct RequestReadingTests {
  static func refusal(_ operation: String, _ body: String) -> ServiceError? {
    let bytes = Array(body.utf8)
    return bytes.withUnsafeBytes { buffer in
      do throws(ServiceError) {
        _ = try ServiceCatalog.read(operation, body: buffer)
        return nil
      } catch {
        return error
      }
    }
  }

  static let notJSON = [
    "", "{", "[]", "1", "\"a\"", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{} {}", "{\"a\":01}",
    "{\"a\":1.}", "{\"a\":\"\\x\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\u{1}\"}", "{\"a\":tru}",
    String(repeating: "[", count: 100_000),
  ]

  @Test(arguments: notJSON) func refusesWhatIsNoObject(_ body: String) {
    let error = Self.refusal("GetItem", body)
    #expect(error?.code == "SerializationException")
    #expect(error?.layer == .framework)
    #expect(error?.message == nil)
  }

  static let key = #""Key":{"pk":{"S":"a"}}"#

  static let serialization: [Refusal] = [
    Refusal(
      name: "number for a text", operation: "GetItem", body: #"{"TableName":23}"#,
      code: "SerializationException", message: "NUMBER_VALUE cannot be converted to String"),
    Refusal(
      name: "decimal for a text", operation: "GetItem", body: #"{"TableName":2.5}"#,
      code: "SerializationException", message: "DECIMAL_VALUE cannot be converted to String"),
    Refusal(
      name: "boolean for a text", operation: "GetItem", body: #"{"TableName":true}"#,
      code: "SerializationException", message: "TRUE_VALUE cannot be converted to String"),
    Refusal(
      name: "list for a text", operation: "GetItem", body: #"{"TableName":[]}"#,
      code: "SerializationException",
      message: "Unrecognized collection type class java.lang.String"),
    Refusal(
      name: "object for a text", operation: "GetItem", body: #"{"TableName":{}}"#,
      code: "SerializationException",
      message: "Start of structure or map found where not expected"),
    Refusal(
      name: "text for an integer", operation: "Scan", body: #"{"TableName":"abc","Limit":"1"}"#,
      code: "SerializationException", message: "STRING_VALUE cannot be converted to Integer"),
    Refusal(
      name: "text for a boolean", operation: "GetItem",
      body: #"{"TableName":"abc","ConsistentRead":"maybe"}"#,
      code: "SerializationException", message: "Unexpected token received from parser"),
    Refusal(
      name: "text for a map", operation: "GetItem", body: #"{"TableName":"abc","Key":"a"}"#,
      code: "SerializationException", message: "Unexpected field type"),
    Refusal(
      name: "text for an attribute value", operation: "GetItem",
      body: #"{"TableName":"abc","Key":{"pk":"a"}}"#,
      code: "SerializationException", message: "Unexpected value type in payload"),
    Refusal(
      name: "length of base64", operation: "GetItem",
      body: #"{"TableName":"abc","Key":{"pk":{"B":"AAA"}}}"#,
      code: "SerializationException",
      message: "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
  ]

  static let validation: [Refusal] = [
    Refusal(
      name: "no table", operation: "GetItem", body: "{\(key)}", code: "ValidationException",
      message: "1 validation error detected: Value null at 'tableName' failed to satisfy "
        + "constraint: Member must not be null"),
    Refusal(
      name: "no table to create", operation: "CreateTable", body: "{}",
      code: "ValidationException",
      message: "The parameter 'TableName' is required but was not present in the request"),
    Refusal(
      name: "short name", operation: "DescribeTable", body: #"{"TableName":"ab"}"#,
      code: "ValidationException",
      message: "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy "
        + "constraint: Member must have length greater than or equal to 3"),
    Refusal(
      name: "characters of a name", operation: "GetItem", body: "{\"TableName\":\"a b\",\(key)}",
      code: "ValidationException",
      message: "1 validation error detected: Value 'a b' at 'tableName' failed to satisfy "
        + "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
    Refusal(
      name: "two at once", operation: "GetItem",
      body: "{\"TableName\":\"abc\",\(key),\"ReturnConsumedCapacity\":\"x\","
        + "\"AttributesToGet\":[]}",
      code: "ValidationException",
      message: "2 validation errors detected: Value '[]' at 'attributesToGet' failed to satisfy "
        + "constraint: Member must have length greater than or equal to 1; Value 'x' at "
        + "'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value "
        + "set: [INDEXES, TOTAL, NONE]"),
    Refusal(
      name: "elements count from one", operation: "CreateTable",
      body: #"{"TableName":"abc","AttributeDefinitions":[],"KeySchema":["#
        + #"{"AttributeName":"a","KeyType":"X"}]}"#,
      code: "ValidationException",
      message: "1 validation error detected: Value 'X' at 'keySchema.1.member.keyType' failed to "
        + "satisfy constraint: Member must satisfy enum value set: [HASH, RANGE]"),
    Refusal(
      name: "structures are dumped", operation: "CreateTable",
      body: #"{"TableName":"abc","AttributeDefinitions":[],"KeySchema":["#
        + [1, 2, 3].map { #"{"AttributeName":"a\#($0)","KeyType":"HASH"}"# }.joined(separator: ",")
        + "]}",
      code: "ValidationException",
      message: "1 validation error detected: Value '[KeySchemaElement(attributeName=a1, "
        + "keyType=HASH), KeySchemaElement(attributeName=a2, keyType=HASH), "
        + "KeySchemaElement(attributeName=a3, keyType=HASH)]' at 'keySchema' failed to satisfy "
        + "constraint: Member must have length less than or equal to 2"),
  ]

  @Test(arguments: serialization + validation) func refuses(_ refusal: Refusal) {
    let error = Self.refusal(refusal.operation, refusal.body)
    #expect(error?.code == refusal.code)
    #expect(error?.message == refusal.message)
    #expect(error?.status == 400)
  }

  @Test func acceptsNullsUnknownMembersAndArns() {
    let bodies = [
      "{\"TableName\":\"abc\",\(Self.key),\"ConsistentRead\":null,\"Unknown\":[1]}",
      "{\"TableName\":\"arn:aws:dynamodb:us-east-1:123456789012:table/abc\",\(Self.key)}",
    ]
    for body in bodies { #expect(Self.refusal("GetItem", body) == nil) }
  }
}
