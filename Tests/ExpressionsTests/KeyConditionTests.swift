// Key conditions: what a Query may ask of its keys, in the service's words.

import DataModel
import Expressions
import Testing

private let composite = KeyLayout(
  KeySchema(
    partition: KeyAttribute(name: "pk", type: .string),
    sort: KeyAttribute(name: "sk", type: .string)))
private let simple = KeyLayout(KeySchema(partition: KeyAttribute(name: "pk", type: .string)))
private let several = KeyLayout(
  partition: [KeyAttribute(name: "p1", type: .string), KeyAttribute(name: "p2", type: .number)],
  sort: [KeyAttribute(name: "s1", type: .string), KeyAttribute(name: "s2", type: .number)])

private let values: [String: AttributeValue] = [
  ":a": .string("a"), ":b": .string("b"), ":1": 1, ":e": .string(""), ":2": 2,
]

private func bind(_ text: String, _ layout: KeyLayout = composite) throws -> KeyCondition {
  var placeholders = try ExpressionPlaceholders(names: ["#sk": "sk"], values: values)
  let expression = try KeyConditionExpression.parse(text, with: &placeholders)
  return try KeyCondition.bind(try expression.conditions(), to: layout)
}

private func message(_ text: String, _ layout: KeyLayout = composite) -> String? {
  do {
    _ = try bind(text, layout)
    return nil
  } catch let fault as ExpressionFault {
    return fault.message
  } catch {
    return "\(error)"
  }
}

private let condition = "Invalid condition in KeyConditionExpression: "
private let refused: [(String, String)] = [
  ("pk > b and size(b) > c or a > c", "Invalid operator used in KeyConditionExpression: OR"),
  ("a in (b, size(c), d)", "Invalid operator used in KeyConditionExpression: IN"),
  ("attribute_exists(a)", "Invalid operator used in KeyConditionExpression: attribute_exists"),
  (
    "attribute_not_exists(a)",
    "Invalid operator used in KeyConditionExpression: attribute_not_exists"
  ),
  ("contains(a.d, b)", "Invalid operator used in KeyConditionExpression: contains"),
  ("not a > b", "Invalid operator used in KeyConditionExpression: NOT"),
  ("a <> b", "Invalid operator used in KeyConditionExpression: <>"),
  (
    ":a between size(b) and size(a) and b > :b",
    condition + "BETWEEN operator must have the key attribute as its first operand"
  ),
  (
    "begins_with(:a, b) and a > :b",
    condition + "begins_with operator must have the key attribute as its first operand"
  ),
  ("size(b) > a AND a.b > b AND b > c", "KeyConditionExpressions cannot contain nested operations"),
  ("a > size(b.d)", "KeyConditionExpressions cannot contain nested operations"),
  ("a between size(b) and size(a)", "KeyConditionExpressions cannot contain nested operations"),
  ("b > a.b", condition + "Multiple attribute names used in one condition"),
  ("b between c[1] and d", condition + "Multiple attribute names used in one condition"),
  ("a between b and size(a)", condition + "Multiple attribute names used in one condition"),
  ("begins_with(a, b)", condition + "Multiple attribute names used in one condition"),
  ("b.d > a AND c.d > e.f", "KeyConditionExpressions cannot have conditions on nested attributes"),
  ("b[0] > a", "KeyConditionExpressions cannot have conditions on nested attributes"),
  (":b > :a AND a < :b", condition + "No key attribute specified"),
  (":a > b AND :a < :b", condition + "No key attribute specified"),
  (
    "b > :1 AND b < :1 and c = :1 and d = :1",
    "KeyConditionExpressions must only contain one condition per key"
  ),
  (":a = a and b = :a and :a = c", "Conditions can be of length 1 or 2 only"),
  ("sk = :a", "Query condition missed key schema element: pk"),
  ("x = :a", "Query condition missed key schema element: pk"),
  ("pk = :a AND x = :a", "Query condition missed key schema element: sk"),
  ("pk > :a", "Query key condition not supported"),
  ("pk > :a AND sk = :a", "Query key condition not supported"),
  (
    "pk = :1",
    "One or more parameter values were invalid: Condition parameter type does not match schema type"
  ),
  (
    "pk = :a AND sk BETWEEN :1 AND :2",
    "One or more parameter values were invalid: Condition parameter type does not match schema type"
  ),
  (
    "pk = :e",
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
      + "contain an empty string value. Key: pk"
  ),
  ("((pk = :a))", "Invalid KeyConditionExpression: The expression has redundant parentheses;"),
  ("", "Invalid KeyConditionExpression: The expression can not be empty;"),
  (
    "begins_with(sk, :1)",
    "Invalid KeyConditionExpression: Incorrect operand type for operator or function; "
      + "operator or function: begins_with, operand type: N"
  ),
]

@Suite struct KeyConditionTests {
  @Test(arguments: refused)
  func refuses(_ text: String, _ expected: String) {
    #expect(message(text) == expected)
  }

  @Test(
    arguments: [
      ("pk = :a", []),
      ("(pk = :a)", []),
      ("(pk = :a) AND (sk = :b)", [.equal(.string("b"))]),
      ("(pk = :a AND (#sk < :b))", [.less(.string("b"))]),
      ("sk <= :b AND pk = :a", [.lessOrEqual(.string("b"))]),
      (":b < sk AND :a = pk", [.greater(.string("b"))]),
      ("pk = :a AND :b <= sk", [.greaterOrEqual(.string("b"))]),
      ("pk = :a AND sk > :b", [.greater(.string("b"))]),
      ("pk = :a AND sk BETWEEN :a AND :b", [.between(.string("a"), .string("b"))]),
      ("pk = :a AND begins_with(sk, :b)", [.beginsWith(.string("b"))]),
    ] as [(String, [KeyComparison])])
  func binds(_ text: String, _ sort: [KeyComparison]) throws {
    let bound = try bind(text)
    #expect(bound.partition == [.string("a")])
    #expect(bound.sort == sort)
  }

  @Test func bindsSimpleKeys() throws {
    #expect(try bind("pk = :a", simple).sort.isEmpty)
    #expect(message("pk = :a AND sk = :b", simple) == "Query key condition not supported")
  }

  @Test func bindsKeysOfSeveralAttributes() throws {
    let whole = try bind("p1 = :a AND p2 = :1", several)
    #expect(whole.partition == [.string("a"), 1])
    #expect(whole.sort.isEmpty)
    let part = try bind("s2 > :1 AND p2 = :1 AND s1 = :b AND p1 = :a", several)
    #expect(part.sort == [.equal(.string("b")), .greater(1)])
    #expect(part.accepts(sort: [.string("b"), 2]))
    #expect(!part.accepts(sort: [.string("b"), 1]))
    #expect(!part.accepts(sort: [.string("a"), 2]))
    #expect(message("p1 = :a", several) == "Query condition missed key schema element: p2")
    #expect(
      message("p1 = :a AND p2 = :1 AND s2 = :1", several)
        == "Query condition missed key schema element: s1")
    #expect(
      message("p1 = :a AND p2 = :1 AND s1 > :a AND s2 = :1", several)
        == "Query key condition not supported")
  }

  @Test func comparesValues() {
    #expect(KeyComparison.between(1, 3).accepts(3))
    #expect(!KeyComparison.between(1, 3).accepts(4))
    #expect(KeyComparison.beginsWith(.string("ab")).accepts(.string("abc")))
    #expect(!KeyComparison.beginsWith(.string("ab")).accepts(.string("a")))
    #expect(KeyComparison.lessOrEqual(2).accepts(2))
    #expect(!KeyComparison.less(2).accepts(2))
    #expect(!KeyComparison.less(2).accepts(.string("1")))
    #expect(KeyComparison.greaterOrEqual(2).accepts(2))
    #expect(!KeyComparison.unsupported.accepts(2))
  }
}
