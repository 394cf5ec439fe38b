// The parameters of before expressions: their checks in the service's words and what they do.

import DataModel
import Expressions
import Testing

private let prefix = "One or more parameter values were invalid: "
private let item: Item = [
  "n": 5, "s": .string("hello"), "ss": .stringSet(["a"]), "l": .list([1]), "nul": .null,
]

private func filter(
  _ conditions: [LegacyCondition], _ joint: ConditionalOperator = .and
) throws -> Bool {
  try ConditionExpression.legacyFilter(conditions, joinedBy: joint).evaluate(item)
}

private func condition(
  _ name: String, _ comparison: LegacyOperator, _ values: AttributeValue...
) -> LegacyCondition {
  LegacyCondition(attribute: name, comparison: comparison, values: values)
}

private let refusedConditions: [(LegacyCondition, String)] = [
  (condition("a", .equal), "Invalid number of argument(s) for the EQ ComparisonOperator"),
  (condition("a", .null, 1), "Invalid number of argument(s) for the NULL ComparisonOperator"),
  (condition("a", .less, 1, 2), "Invalid number of argument(s) for the LT ComparisonOperator"),
  (condition("a", .between, 1), "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
  (condition("a", .isIn), "Invalid number of argument(s) for the IN ComparisonOperator"),
  (
    condition("a", .isIn, 1, .string("x")),
    "AttributeValues inside AttributeValueList must be of same type"
  ),
  (
    condition("a", .less, .boolean(true)),
    "ComparisonOperator LT is not valid for BOOL AttributeValue type"
  ),
  (
    condition("a", .contains, .stringSet(["a"])),
    "ComparisonOperator CONTAINS is not valid for SS AttributeValue type"
  ),
  (
    condition("a", .beginsWith, 1),
    "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type"
  ),
]

private let holding = [
  condition("n", .equal, 5), condition("n", .notEqual, 6), condition("x", .notEqual, 6),
  condition("n", .less, 6), condition("n", .lessOrEqual, 5), condition("n", .greater, 4),
  condition("n", .greaterOrEqual, 5), condition("n", .between, 1, 5), condition("n", .isIn, 4, 5),
  condition("n", .notNull), condition("nul", .notNull), condition("x", .null),
  condition("s", .contains, .string("ell")), condition("ss", .contains, .string("a")),
  condition("l", .contains, 1), condition("s", .notContains, .string("z")),
  condition("s", .beginsWith, .string("he")), condition("ss", .equal, .stringSet(["a"])),
]

private let failing = [
  condition("n", .equal, .string("5")), condition("x", .equal, 5),
  condition("n", .less, .string("6")),
  condition("x", .notNull), condition("n", .null), condition("x", .notContains, .string("z")),
  condition("s", .notContains, .string("ell")), condition("n", .between, 6, 7),
  condition("n", .isIn, 1),
]

private let refusedExpectations: [(ExpectedAttribute, String)] = [
  (
    ExpectedAttribute(attribute: "a"), "Value must be provided when Exists is null for Attribute: a"
  ),
  (
    ExpectedAttribute(attribute: "a", exists: true),
    "Value must be provided when Exists is true for Attribute: a"
  ),
  (
    ExpectedAttribute(attribute: "a", value: 1, exists: false),
    "Value cannot be used when Exists is false for Attribute: a"
  ),
  (
    ExpectedAttribute(attribute: "a", value: 1, values: [1]),
    "Value and AttributeValueList cannot be used together for Attribute: a"
  ),
  (
    ExpectedAttribute(attribute: "a", exists: true, comparison: .null),
    "Exists and ComparisonOperator cannot be used together for Attribute: a"
  ),
  (
    ExpectedAttribute(attribute: "a", comparison: .less),
    "Value or AttributeValueList must be used with ComparisonOperator: LT for Attribute: a"
  ),
  (
    ExpectedAttribute(attribute: "a", values: [1]),
    "AttributeValueList can only be used with a ComparisonOperator for Attribute: a"
  ),
  (
    ExpectedAttribute(attribute: "a", comparison: .between, values: [1]),
    "Invalid number of argument(s) for the BETWEEN ComparisonOperator"
  ),
]

@Suite struct LegacyConditionTests {
  @Test(arguments: refusedConditions)
  func refuses(_ condition: LegacyCondition, _ message: String) {
    #expect(condition.fault?.message == prefix + message)
    #expect(throws: ExpressionFault.self) { try filter([condition]) }
  }

  @Test func refusesBoundsInTheWrongOrder() {
    #expect(
      condition("a", .between, 2, 1).fault?.message
        == "The BETWEEN condition was provided a range where the lower bound is greater than the "
        + "upper bound")
  }

  @Test(arguments: holding)
  func holds(_ condition: LegacyCondition) throws {
    #expect(try filter([condition]))
  }

  @Test(arguments: failing)
  func fails(_ condition: LegacyCondition) throws {
    #expect(try !filter([condition]))
  }

  @Test func joinsConditions() throws {
    #expect(try filter([holding[0], holding[1]]))
    #expect(try !filter([holding[0], failing[0]]))
    #expect(try filter([failing[0], holding[0]], .or))
    #expect(try !filter([failing[0], failing[1]], .or))
    #expect(try filter([]))
    #expect(try filter([], .or))
  }

  @Test(arguments: refusedExpectations)
  func refusesExpectations(_ expected: ExpectedAttribute, _ message: String) {
    let fault = #expect(throws: ExpressionFault.self) {
      try ConditionExpression.expected([expected])
    }
    #expect(fault?.message == prefix + message)
  }

  @Test func expects() throws {
    func holds(_ expected: ExpectedAttribute...) throws -> Bool {
      try ConditionExpression.expected(expected).evaluate(item)
    }
    #expect(try holds(ExpectedAttribute(attribute: "n", value: 5)))
    #expect(try holds(ExpectedAttribute(attribute: "n", value: 5, exists: true)))
    #expect(try !holds(ExpectedAttribute(attribute: "n", value: 6)))
    #expect(try holds(ExpectedAttribute(attribute: "x", exists: false)))
    #expect(try !holds(ExpectedAttribute(attribute: "n", exists: false)))
    #expect(try holds(ExpectedAttribute(attribute: "n", value: 4, comparison: .greater)))
    #expect(try holds(ExpectedAttribute(attribute: "n", comparison: .isIn, values: [1, 5])))
    #expect(try holds(ExpectedAttribute(attribute: "x", comparison: .null)))
    #expect(
      try !holds(
        ExpectedAttribute(attribute: "n", value: 5),
        ExpectedAttribute(attribute: "s", exists: false)))
  }

  @Test func becomesAKeyCondition() throws {
    let layout = KeyLayout(
      KeySchema(
        partition: KeyAttribute(name: "pk", type: .number),
        sort: KeyAttribute(name: "sk", type: .string)))
    let bound = try KeyCondition.bind(
      [condition("sk", .beginsWith, .string("a")), condition("pk", .equal, 1)].map(\.keyCondition),
      to: layout)
    #expect(bound.partition == [1])
    #expect(bound.sort == [.beginsWith(.string("a"))])
    let fault = #expect(throws: ExpressionFault.self) {
      try KeyCondition.bind(
        [condition("pk", .equal, 1), condition("sk", .notEqual, .string("a"))].map(\.keyCondition),
        to: layout)
    }
    #expect(fault?.message == "Attempted conditional constraint is not an indexable operation")
  }
}

@Suite struct AttributeUpdateTests {
  private let key: Item = ["pk": 1]

  private func apply(_ updates: AttributeUpdate..., to item: Item?) throws -> Item {
    try UpdateExpression.attributeUpdates(updates).apply(to: item, key: key)
  }

  @Test func changesItems() throws {
    #expect(try apply(AttributeUpdate(attribute: "a", value: 1), to: nil) == ["pk": 1, "a": 1])
    #expect(try apply(AttributeUpdate(attribute: "n", action: .delete), to: item)["n"] == nil)
    #expect(try apply(AttributeUpdate(attribute: "n", action: .add, value: 2), to: item)["n"] == 7)
    #expect(try apply(AttributeUpdate(attribute: "x", action: .add, value: 2), to: item)["x"] == 2)
    #expect(
      try apply(AttributeUpdate(attribute: "ss", action: .add, value: .stringSet(["b"])), to: item)[
        "ss"]
        == .stringSet(["a", "b"]))
    // Unlike in expressions, lists may be added to.
    #expect(
      try apply(AttributeUpdate(attribute: "l", action: .add, value: .list([2])), to: item)["l"]
        == .list([1, 2]))
    #expect(
      try apply(
        AttributeUpdate(attribute: "ss", action: .delete, value: .stringSet(["a"])), to: item)["ss"]
        == nil)
  }

  @Test func refuses() {
    func message(_ update: AttributeUpdate) -> String? { update.fault?.message }
    #expect(
      message(AttributeUpdate(attribute: "a"))
        == prefix + "Only DELETE action is allowed when no attribute value is specified")
    #expect(
      message(AttributeUpdate(attribute: "a", action: .delete, value: 1))
        == prefix + "DELETE action with value is not supported for the type N")
    #expect(
      message(AttributeUpdate(attribute: "a", action: .add, value: .binary([1])))
        == prefix + "ADD action is not supported for the type B")
    let fault = #expect(throws: ExpressionFault.self) {
      try apply(AttributeUpdate(attribute: "s", action: .add, value: 1), to: item)
    }
    #expect(fault?.message == "Type mismatch for attribute to update")
  }
}

@Suite struct ParameterMixTests {
  @Test func refusesMixtures() {
    let fault = ParameterMix.fault(
      expressions: [("UpdateExpression", true), ("ConditionExpression", false)],
      legacy: [("AttributeUpdates", true), ("Expected", false)], hasNames: false, hasValues: false)
    #expect(
      fault?.message
        == "Can not use both expression and non-expression parameters in the same request: "
        + "Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}")
  }

  @Test func refusesSubstitutionsWithoutExpressions() {
    let none = [("FilterExpression", false), ("KeyConditionExpression", false)]
    #expect(
      ParameterMix.fault(expressions: none, legacy: [], hasNames: true, hasValues: true)?.message
        == "ExpressionAttributeNames can only be specified when using expressions")
    #expect(
      ParameterMix.fault(expressions: none, legacy: [], hasNames: false, hasValues: true)?.message
        == "ExpressionAttributeValues can only be specified when using expressions: "
        + "FilterExpression and KeyConditionExpression are null")
    #expect(
      ParameterMix.fault(
        expressions: [("ConditionExpression", false)], legacy: [], hasNames: false,
        hasValues: true)?
        .message
        == "ExpressionAttributeValues can only be specified when using expressions: "
        + "ConditionExpression is null")
    #expect(
      ParameterMix.fault(
        expressions: [("ProjectionExpression", true)], legacy: [], hasNames: true, hasValues: false)
        == nil)
  }
}
