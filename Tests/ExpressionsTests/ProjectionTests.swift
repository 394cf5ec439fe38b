// Projections: what they keep of an item, and their refusals.

import DataModel
import Expressions
import Testing

private let item: Item = [
  "a": .map(["b": 1, "c": .map(["d": 2, "e": 3])]),
  "l": .list([10, 11, 12, .map(["x": 1, "y": 2])]),
  "s": .string("t"), "status": 5,
]

private func project(_ text: String) throws -> Item {
  var placeholders = try ExpressionPlaceholders(names: ["#s": "status"], values: nil)
  return try ProjectionExpression.parse(text, with: &placeholders).apply(to: item)
}

private let kept: [(String, Item)] = [
  ("s", ["s": .string("t")]),
  ("s, nope, a.nope, l[9], a.b.x", ["s": .string("t")]),
  ("#s", ["status": 5]),
  ("a.b", ["a": .map(["b": 1])]),
  ("a.c.e, a.b", ["a": .map(["b": 1, "c": .map(["e": 3])])]),
  ("l[2], l[0]", ["l": .list([10, 12])]),
  ("l[3].y, l[1]", ["l": .list([11, .map(["y": 2])])]),
  ("l[3].y, l[3].x", ["l": .list([.map(["x": 1, "y": 2])])]),
  ("a", ["a": item["a"]!]),
]

private let prefix = "Invalid ProjectionExpression: "
private let refused: [(String, String)] = [
  ("!!", prefix + "Syntax error; token: \"!\", near: \"!!\""),
  ("a b", prefix + "Syntax error; token: \"b\", near: \"a b\""),
  ("a,", prefix + "Syntax error; token: \"<EOF>\", near: \",\""),
  ("a..b", prefix + "Syntax error; token: \".\", near: \"..b\""),
  ("(a)", prefix + "Syntax error; token: \"(\", near: \"(a\""),
  (":a", prefix + "Syntax error; token: \":a\", near: \":a\""),
  ("", prefix + "The expression can not be empty;"),
  ("pk, status", prefix + "Attribute name is a reserved keyword; reserved keyword: status"),
  (
    "a, #x",
    prefix + "An expression attribute name used in the document path is not defined; "
      + "attribute name: #x"
  ),
  (
    "a, a.b",
    prefix + "Two document paths overlap with each other; must remove or rewrite one of these "
      + "paths; path one: [a], path two: [a, b]"
  ),
  (
    "a[1], a.b",
    prefix + "Two document paths conflict with each other; must remove or rewrite one of these "
      + "paths; path one: [a, [1]], path two: [a, b]"
  ),
  (
    "a" + String(repeating: ".b", count: 32),
    prefix + "The document path has too many nesting levels; nesting levels: 33"
  ),
]

@Suite struct ProjectionTests {
  @Test(arguments: kept)
  func keeps(_ text: String, _ expected: Item) throws {
    #expect(try project(text) == expected)
  }

  @Test(arguments: refused)
  func refuses(_ text: String, _ expected: String) {
    let fault = #expect(throws: ExpressionFault.self) { try project(text) }
    #expect(fault?.message == expected)
  }

  @Test func acceptsThirtyTwoLevels() {
    #expect(throws: Never.self) { try project("a" + String(repeating: ".b", count: 31)) }
  }

  /// Many paths take another way to the same answer.
  @Test func checksManyPathsAsFew() throws {
    let many = (0..<40).map { "l[\($0)]" }.joined(separator: ",")
    #expect(try project(many)["l"] == item["l"])
    for (extra, word) in [
      ("l[3]", "overlap"), ("l[7].x", "overlap"), ("l", "overlap"), ("l.x", "conflict"),
    ] {
      let fault = #expect(throws: ExpressionFault.self) { try project(many + "," + extra) }
      #expect(fault?.message.contains("Two document paths \(word)") == true, "\(extra)")
    }
    #expect(throws: Never.self) { try project(many + ",m.x[0],m.y,s") }
  }

  @Test func takesTheLegacyList() throws {
    let projection = try ProjectionExpression.attributesToGet(["s", "nope", "a.b", "status"])
    #expect(projection.apply(to: item) == ["s": .string("t"), "status": 5])
    let fault = #expect(throws: ExpressionFault.self) {
      try ProjectionExpression.attributesToGet(["x", "y", "x"])
    }
    #expect(
      fault?.message
        == "One or more parameter values were invalid: Duplicate value in attribute name: x")
  }
}
