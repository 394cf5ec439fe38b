// Substitutions: their form, their use across the expressions of one request, and reserved words.

import DataModel
import Expressions
import Testing

private func message(
  _ names: [String: String]?, _ values: [String: AttributeValue]?
) -> String? {
  do {
    _ = try ExpressionPlaceholders(names: names, values: values)
    return nil
  } catch {
    return error.message
  }
}

@Suite struct PlaceholderTests {
  @Test func checksTheirForm() {
    #expect(message([:], [:]) == "ExpressionAttributeNames must not be empty")
    #expect(message(nil, [:]) == "ExpressionAttributeValues must not be empty")
    #expect(
      message(["a": "a"], [:])
        == "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"")
    #expect(
      message(["#a": "a"], ["b": 1, ":c": 1])
        == "ExpressionAttributeValues contains invalid key: Syntax error; key: \"b\"")
    for key in ["#", "#a-b", "#é", ":a", ""] { #expect(message([key: "a"], nil) != nil) }
    #expect(message(["#a": "x", "#_": "y", "#1": "z"], [":a": 1, ":_": 1, ":1": 1]) == nil)
  }

  @Test func limitsTheirSize() {
    let half = AttributeValue.string(String(repeating: "x", count: 1_024 * 1_024))
    #expect(message(nil, [":a": half, ":b": half]) == nil)
    #expect(message(nil, [":a": half, ":b": half, ":c": 1]) != nil)
  }

  @Test func wordsFaultsOfValues() {
    #expect(
      ExpressionPlaceholders.fault(ofValue: .emptyStringSet, key: ":b").message
        == "ExpressionAttributeValues contains invalid value: One or more parameter values were "
        + "invalid: An string set  may not be empty for key :b")
  }

  @Test func knowsWhatARequestHasUsed() throws {
    var placeholders = try ExpressionPlaceholders(
      names: ["#a": "a", "#b": "b", "#c": "c"], values: [":x": 1, ":y": 2, ":z": 3])
    _ = try UpdateExpression.parse("SET #a = :x", with: &placeholders)
    _ = try ConditionExpression.parse(
      "#b = :y OR x = :y", kind: .condition, with: &placeholders)
    let names = #expect(throws: ExpressionFault.self) { try placeholders.checkUsed() }
    #expect(
      names?.message
        == "Value provided in ExpressionAttributeNames unused in expressions: keys: {#c}")
    _ = try ProjectionExpression.parse("#c", with: &placeholders)
    let values = #expect(throws: ExpressionFault.self) { try placeholders.checkUsed() }
    #expect(
      values?.message
        == "Value provided in ExpressionAttributeValues unused in expressions: keys: {:z}")
    _ = try ConditionExpression.parse("x = :z", kind: .filter, with: &placeholders)
    #expect(throws: Never.self) { try placeholders.checkUsed() }
  }

  @Test(arguments: [
    "ABORT", "abort", "Zone", "status", "name", "DATA", "ttl", "year", "count", "Flattern",
  ])
  func reserves(_ word: String) {
    var placeholders = ExpressionPlaceholders()
    let fault = #expect(throws: ExpressionFault.self) {
      try ProjectionExpression.parse(word, with: &placeholders)
    }
    #expect(
      fault?.message
        == "Invalid ProjectionExpression: Attribute name is a reserved keyword; "
        + "reserved keyword: \(word)")
  }

  @Test(arguments: [
    "pk", "sk", "id", "title", "statuses", "nam", "aborts", "zon", "price", "email",
  ])
  func leavesOtherWords(_ word: String) {
    var placeholders = ExpressionPlaceholders()
    #expect(throws: Never.self) { try ProjectionExpression.parse(word, with: &placeholders) }
  }
}
