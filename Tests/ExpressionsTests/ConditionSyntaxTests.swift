// What the service answers to conditions it refuses, word for word, and in which order it looks for
// faults. The cases are those that public suites hold against the real service, restated.

import DataModel
import Expressions
import Testing

private struct Refusal: CustomTestStringConvertible, Sendable {
  let text: String
  let message: String
  var values: [String: AttributeValue] = [:]
  var testDescription: String { text }
}

private let syntaxErrors = [
  Refusal(text: "things are not gonna be ok", message: "token: \"are\", near: \"things are not\""),
  Refusal(text: "a-b", message: "token: \"-\", near: \"a-b\""),
  Refusal(text: "a > 4", message: "token: \"4\", near: \"> 4\""),
  Refusal(text: "!!", message: "token: \"!\", near: \"!!\""),
  Refusal(text: "a = ", message: "token: \"<EOF>\", near: \"=\""),
  Refusal(text: "pk = :pk AND _sortKey = :a", message: "token: \"_\", near: \"AND _sortKey\""),
  Refusal(text: "_version = :a", message: "token: \"_\", near: \"_version\""),
  Refusal(text: "__typename <> :a", message: "token: \"_\", near: \"__\""),
  Refusal(
    text: "#a attribute_not_exists :b",
    message: "token: \"attribute_not_exists\", near: \"#a attribute_not_exists :b\""),
  Refusal(text: "tenant:abc-1 = :x", message: "token: \":abc\", near: \"tenant:abc-\""),
  Refusal(text: "begins_with()", message: "token: \")\", near: \"()\""),
  Refusal(text: "attribute_exists(\"P.R\")", message: "token: \"\"\", near: \"(\"P\""),
  Refusal(text: "attribute_exists(P..R)", message: "token: \".\", near: \"..R\""),
  Refusal(
    text: "attribute_exists(Pi#ctures.R)", message: "token: \"#ctures\", near: \"Pi#ctures.\""),
  Refusal(text: "attribute_exists(asdf[a])", message: "token: \"a\", near: \"[a]\""),
  Refusal(text: "a in b, c", message: "token: \"b\", near: \"in b,\""),
  Refusal(text: "a in (b,c,)", message: "token: \")\", near: \",)\""),
  Refusal(text: "a > between", message: "token: \"between\", near: \"> between\""),
  Refusal(text: "(a)between(b.(c.d))and(c)", message: "token: \"(\", near: \".(c\""),
  Refusal(text: "(a)between(b.c.d)and((c)", message: "token: \"<EOF>\", near: \")\""),
  Refusal(text: "#$.b > a", message: "token: \"#\", near: \"#$\""),
  Refusal(text: "a > :things.stuff", message: "token: \".\", near: \":things.stuff\""),
  Refusal(text: "b[:a] > a", message: "token: \":a\", near: \"[:a]\""),
  Refusal(text: "ü > a", message: "token: \"ü\", near: \"ü >\""),
  Refusal(text: "(a)between(b.c[4.5].#d)and(:a)", message: "token: \".\", near: \"4.5\""),
  Refusal(text: "size(a).b > a", message: "token: \".\", near: \").b\""),
  Refusal(text: "(size(a)).b > a", message: "token: \".\", near: \").b\""),
  Refusal(text: "size(a)[0] > a", message: "token: \"[\", near: \")[0\""),
  Refusal(text: "a", message: "token: \"<EOF>\", near: \"a\""),
  Refusal(text: "(a)", message: "token: \"<EOF>\", near: \")\""),
  Refusal(text: ":a AND b = :c", message: "token: \"AND\", near: \":a AND b\""),
  Refusal(text: "a = b = c", message: "token: \"=\", near: \"b = c\""),
  Refusal(text: "a IN ()", message: "token: \")\", near: \"()\""),
  Refusal(text: "NOT", message: "token: \"<EOF>\", near: \"NOT\""),
]

private let redundantParentheses = [
  "a=a and a > ((views))", "(a)between(((b.c)).d)and(c)", "a > whatever((:things), ((a)))",
  "a=a AND ((a=a AND a=a)) AND a=a", "a=a OR ((a=a OR a=a)) OR a=a",
  "a=a AND ((a=a AND (a=a AND a=a)))", "((a = b))", "((size(a))) > b", "((attribute_exists(a)))",
]

private let wholeExpression = [
  Refusal(
    text: "a=a and whatever((:things)) > a", message: "Invalid function name; function: whatever"),
  Refusal(
    text: "attRIbute_exIsts((views), #a)",
    message: "Invalid function name; function: attRIbute_exIsts"),
  Refusal(text: "attribute_exists((views), (#a)) > b and a=a", message: misuse("attribute_exists")),
  Refusal(text: "attribute_not_exists(things) > b", message: misuse("attribute_not_exists")),
  Refusal(text: "attribute_type(things, :a) > b", message: misuse("attribute_type")),
  Refusal(text: "contains(:things, c) > b", message: misuse("contains")),
  Refusal(text: "size(contains(a, b)) > a", message: misuse("contains")),
  Refusal(text: "size(things)", message: misuse("size")),
  Refusal(text: "NOT size(things)", message: misuse("size")),
  Refusal(text: "if_not_exists(a, b) = :c", message: misuse("if_not_exists")),
  Refusal(text: "list_append(a, b)", message: misuse("list_append")),
  Refusal(text: "a between b and attribute_exists(things)", message: misuse("attribute_exists")),
  Refusal(text: "a in (b, attribute_exists(things))", message: misuse("attribute_exists")),
  Refusal(text: "attribute_exists(views, #a)", message: reserved("views")),
  Refusal(text: ":a < abOrT", message: reserved("abOrT")),
  Refusal(text: "a.b.status = :a", message: reserved("status")),
]

private func misuse(_ name: String) -> String {
  "The function is not allowed to be used this way in an expression; function: \(name)"
}

private func reserved(_ name: String) -> String {
  "Attribute name is a reserved keyword; reserved keyword: \(name)"
}

private func undefinedName(_ name: String) -> String {
  "An expression attribute name used in the document path is not defined; attribute name: \(name)"
}

private func undefinedValue(_ name: String) -> String {
  "An expression attribute value used in expression is not defined; attribute value: \(name)"
}

private func count(_ name: String, _ count: Int) -> String {
  "Incorrect number of operands for operator or function; operator or function: \(name), "
    + "number of operands: \(count)"
}

private func type(_ name: String, _ type: String) -> String {
  "Incorrect operand type for operator or function; operator or function: \(name), "
    + "operand type: \(type)"
}

private func distinct(_ name: String, _ path: String) -> String {
  "The first operand must be distinct from the remaining operands for this operator or function; "
    + "operator: \(name), first operand: \(path)"
}

private let oneCondition = [
  Refusal(
    text: "attribute_exists(#Pictures.RearView, :a) and a=a", message: undefinedName("#Pictures")),
  Refusal(text: "begins_with(Pictures.#RearView)", message: undefinedName("#RearView")),
  Refusal(
    text: "(#P between :lo and :hi) and (#PC in (:cat1, :cat2))", message: undefinedName("#P")),
  Refusal(text: "#_ > a", message: undefinedName("#_")),
  Refusal(text: "begins_with(:hello, #b, #c)", message: undefinedValue(":hello")),
  Refusal(text: ":x < :y", message: undefinedValue(":x")),
  Refusal(text: "attribute_exists(things, a) and a=a", message: count("attribute_exists", 2)),
  Refusal(text: "attribute_type(things)", message: count("attribute_type", 1)),
  Refusal(text: "begins_with(things, size(a), b)", message: count("begins_with", 3)),
  Refusal(text: "contains(things)", message: count("contains", 1)),
  Refusal(text: "size(things, a) > b", message: count("size", 2)),
  Refusal(text: "a = a AND #a = b AND :views > a", message: distinct("=", "[a]")),
  Refusal(text: "#a <> a", message: distinct("<>", "[a]")),
  Refusal(text: "((a=a) OR (a=a))", message: distinct("=", "[a]")),
  Refusal(
    text: "contains(ab.bc[1].a, ab.bc[1].#a)", message: distinct("contains", "[ab, bc, [1], a]")),
  Refusal(text: "begins_with(ab[1].#a, ab[1].a)", message: distinct("begins_with", "[ab, [1], a]")),
  Refusal(text: "attribute_type(a, size(a)) and a=a", message: type("attribute_type", "N")),
  Refusal(
    text: "attribute_type(a, b)",
    message: type("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")),
  Refusal(text: "begins_with(a, size(a)) and a=a", message: type("begins_with", "N")),
  Refusal(
    text: "begins_with(:a, a)", message: type("begins_with", "BOOL"), values: [":a": .boolean(true)]
  ),
  Refusal(
    text: "begins_with(a, :a)", message: type("begins_with", "SS"),
    values: [":a": .stringSet(["1"])]),
  Refusal(text: "size(size(a)) > b", message: type("size", "N")),
  Refusal(text: "attribute_not_exists(size(:a))", message: type("size", "N"), values: [":a": 1]),
  Refusal(text: "size(:a) > a", message: type("size", "NULL"), values: [":a": .null]),
  Refusal(text: "a <= :a", message: type("<=", "BOOL"), values: [":a": .boolean(true)]),
  Refusal(text: ":a > b", message: type(">", "L"), values: [":a": .list([])]),
  Refusal(text: "a BETWEEN :a AND b", message: type("BETWEEN", "NULL"), values: [":a": .null]),
  Refusal(
    text: "attribute_type(a, :a)",
    message: "Invalid attribute type name found; type: DOG, "
      + "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", values: [":a": .string("DOG")]),
  Refusal(
    text: "attribute_exists(:a)",
    message:
      "Operator or function requires a document path; operator or function: attribute_exists",
    values: [":a": .string("1")]),
  Refusal(
    text: "attribute_not_exists(size(:a))",
    message:
      "Operator or function requires a document path; operator or function: attribute_not_exists",
    values: [":a": .string("1")]),
  Refusal(
    text: "a between :b and :a",
    message: "The BETWEEN operator requires same data type for lower and upper bounds; lower bound "
      + "operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}",
    values: [":a": .string("a"), ":b": 1]),
  Refusal(
    text: "a between :b and :a",
    message:
      "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
      + "lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}",
    values: [":a": .string("a"), ":b": .string("b")]),
  Refusal(
    text: "a[2147483648] = b",
    message: "List index is not within the allowable range; index: [2147483648]"),
  Refusal(
    text: "attribute_exists(a" + String(repeating: ".b", count: 32) + ")",
    message: "The document path has too many nesting levels; nesting levels: 33"),
]

private func message(
  _ text: String, kind: ExpressionKind = .filter, values: [String: AttributeValue] = [:]
) -> String? {
  do {
    var placeholders = try ExpressionPlaceholders(
      names: ["#a": "a"], values: values.isEmpty ? nil : values)
    _ = try ConditionExpression.parse(text, kind: kind, with: &placeholders)
    return nil
  } catch {
    return error.message
  }
}

@Suite struct ConditionSyntaxTests {
  @Test(arguments: syntaxErrors)
  fileprivate func wordsSyntaxErrors(_ refusal: Refusal) {
    #expect(
      message(refusal.text) == "Invalid FilterExpression: Syntax error; " + refusal.message)
  }

  @Test(arguments: redundantParentheses)
  func refusesRedundantParentheses(_ text: String) {
    #expect(
      message(text, kind: .condition)
        == "Invalid ConditionExpression: The expression has redundant parentheses;")
  }

  @Test(arguments: wholeExpression + oneCondition)
  fileprivate func words(_ refusal: Refusal) {
    #expect(
      message(refusal.text, values: refusal.values)
        == "Invalid FilterExpression: " + refusal.message)
  }

  @Test(arguments: [
    "a=b", "(a=b)", "(a = b OR (c = d))", "(a) = (b)", "(size(a)) > b", "NOT NOT NOT a < b",
    "attribute_exists (a)", "(attribute_exists(a))", "a.b[3].c = d", "a [ 1 ] . b = c",
    "(b.c).d = e", "(a = b) and (c = d)", "a BETWEEN b AND c aNd d = e", "a iN (b, (c))",
    "attribute_exists(#a.#a)", "begins_with(a, b)", "a1_ = Alpha_9", "  a\t=\nb ",
    "NOT (a = b)", "(NOT a = b)", "contains(a, b) OR contains(c, d)",
  ])
  func accepts(_ text: String) {
    #expect(message(text) == nil)
  }

  @Test func looksForFaultsInTheServicesOrder() {
    // Each text has the fault of its line and all faults of the lines below it.
    let texts = [
      ("((a=b)) and foo(size(status)) = #x and", "Syntax error"),
      ("((a=b)) and foo(size(status)) = #x", "The expression has redundant parentheses;"),
      ("(a=b) and foo(contains(status, :b)) = #x", "Invalid function name; function: foo"),
      ("a=b and size(contains(status, :b)) = #x", misuse("contains")),
      ("a=b and size(status) = #x and size(:n) > b", reserved("status")),
      ("a=b and size(stat) = #x and size(a, b) > b", undefinedName("#x")),
      ("a=b and size(a, :y) = b", undefinedValue(":y")),
      ("a=b and size(a, a) = b and a = a", count("size", 2)),
      ("a=b and a = a and size(size(a)) = b", distinct("=", "[a]")),
      ("a=b and size(size(a)) = b", type("size", "N")),
    ]
    for (text, expected) in texts {
      #expect(message(text)?.hasPrefix("Invalid FilterExpression: " + expected) == true, "\(text)")
    }
  }

  @Test func refusesEmptyAndLongTexts() {
    #expect(
      message("", kind: .condition)
        == "Invalid ConditionExpression: The expression can not be empty;")
    #expect(message("  \n") == "Invalid FilterExpression: The expression can not be empty;")
    let name = String(repeating: "a", count: 4_092)
    #expect(message(name + " = b") == nil)
    #expect(
      message(name + "x = b")
        == "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; "
        + "expression size: 4097")
  }

  @Test func countsOperators() {
    let conditions = Array(repeating: "a<b", count: 150)
    #expect(message(conditions.joined(separator: " AND ")) == nil)
    #expect(message("NOT " + conditions.joined(separator: " AND ")) == nil)
    #expect(
      message("NOT NOT " + conditions.joined(separator: " AND "))
        == "Invalid FilterExpression: The expression contains too many operators; "
        + "operator count: 301")
  }

  @Test func countsOperandsOfIn() {
    func text(_ count: Int) -> String {
      "x IN (\((0..<count).map { "a\($0)" }.joined(separator: ",")))"
    }
    #expect(message(text(100)) == nil)
    #expect(
      message(text(101))
        == "Invalid FilterExpression: The IN operator is provided with too many operands; "
        + "number of operands: 101")
  }

  /// Deep texts are refused, not run into the ground.
  @Test(arguments: ["(", "NOT ", "size(", "NOT(", "a in ("])
  func survivesDeepNesting(_ piece: String) {
    let text = String(repeating: piece, count: 4_000 / piece.utf8.count)
    #expect(message(text) != nil)
  }
}
