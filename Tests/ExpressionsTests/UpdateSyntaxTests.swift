// What the service answers to updates it refuses, word for word, and in which order it looks for
// faults. The cases are those that public suites hold against the real service, restated.

import DataModel
import Expressions
import Testing

private struct Refusal: CustomTestStringConvertible, Sendable {
  let text: String
  let message: String
  var names: [String: String]? = ["#c": "c", "#d": "[3]"]
  var values: [String: AttributeValue]?
  var testDescription: String { text }
}

private let syntaxErrors = [
  ("INVALID SYNTAX HERE", "token: \"INVALID\", near: \"INVALID SYNTAX\""),
  ("whatever", "token: \"whatever\", near: \"whatever\""),
  ("hits : incr", "token: \"hits\", near: \"hits :\""),
  ("set hits : incr", "token: \":\", near: \"hits : incr\""),
  ("set _something = :a", "token: \"_\", near: \"set _something\""),
  ("SET a = b,", "token: \"<EOF>\", near: \",\""),
  ("set a", "token: \"<EOF>\", near: \"a\""),
  ("add a", "token: \"<EOF>\", near: \"a\""),
  ("set a=set", "token: \"set\", near: \"=set\""),
  ("remove a = b", "token: \"=\", near: \"a = b\""),
  ("delete a b", "token: \"b\", near: \"a b\""),
  ("add abort b", "token: \"b\", near: \"abort b\""),
  ("add a if_not_exist(b)", "token: \"if_not_exist\", near: \"a if_not_exist(\""),
  ("remove a b", "token: \"b\", near: \"a b\""),
  ("set :a = b", "token: \":a\", near: \"set :a =\""),
  ("remove :a", "token: \":a\", near: \"remove :a\""),
  ("set a = b / c", "token: \"/\", near: \"b / c\""),
  ("set a[1] = \"eight\"", "token: \"\"\", near: \"= \"eight\""),
  ("set a[1] = 1", "token: \"1\", near: \"= 1\""),
  ("SET a = if_not_exist(a, 100)", "token: \"100\", near: \", 100)\""),
  ("SET if_not_exist(a, b) = a", "token: \"(\", near: \"if_not_exist(a\""),
  ("set (a = (b + c))", "token: \"(\", near: \"set (a\""),
  ("set a = (b.c).d + e", "token: \".\", near: \").d\""),
  ("set a = (b.c)[0] + e", "token: \"[\", near: \")[0\""),
  ("set a = b + c + d", "token: \"+\", near: \"c + d\""),
  ("set a = (b + c) + d", "token: \"+\", near: \") + d\""),
  ("SET c = if_not_exists(c, :a+:b)", "token: \"+\", near: \":a+:b\""),
  ("set a[:x] = b", "token: \":x\", near: \"[:x]\""),
]

private func overlap(_ one: String, _ two: String, _ verb: String = "overlap") -> String {
  "Two document paths \(verb) with each other; must remove or rewrite one of these paths; "
    + "path one: \(one), path two: \(two)"
}

private func wrongOperand(_ section: String, _ type: String) -> String {
  "Incorrect operand type for operator or function; operator: \(section), operand type: \(type), "
    + "typeSet: ALLOWED_FOR_\(section)_OPERAND"
}

private func wrongType(_ name: String, _ type: String) -> String {
  "Incorrect operand type for operator or function; operator or function: \(name), "
    + "operand type: \(type)"
}

private func misuse(_ name: String) -> String {
  "The function is not allowed to be used this way in an expression; function: \(name)"
}

private let types: [String: AttributeValue] = [
  ":s": .string("a"), ":n": 1, ":b": .binary([1]), ":t": .boolean(false), ":0": .null,
  ":ss": .stringSet(["a"]), ":ns": .numberSet([1]), ":bs": .binarySet([[1]]), ":m": .map([:]),
  ":l": .list([]),
]

private let refusals = [
  Refusal(
    text: " set #c = :c set abOrt = true ",
    message: "Attribute name is a reserved keyword; reserved keyword: abOrt"),
  Refusal(
    text: " remove Absolute ",
    message: "Attribute name is a reserved keyword; reserved keyword: Absolute"),
  Refusal(
    text: "set #c = if_not_exist(:c) set c = d",
    message: "Invalid function name; function: if_not_exist"),
  Refusal(text: "set a = attribute_exists(b)", message: misuse("attribute_exists")),
  Refusal(text: "set a = list_append(list_append(:l, :l), :l)", message: misuse("list_append")),
  Refusal(text: "set a = b + list_append(:l, :l)", message: misuse("list_append")),
  Refusal(text: "set a = #x set c = :d", message: once("SET")),
  Refusal(text: "remove #x set a = b remove e", message: once("REMOVE")),
  Refusal(text: "add #x :e set a = b add e :f", message: once("ADD")),
  Refusal(text: "delete #x :e set a = b delete #e :f", message: once("DELETE")),
  Refusal(
    text: "SET #x = if_not_exists(:c)",
    message: "An expression attribute name used in the document path is not defined; "
      + "attribute name: #x"),
  Refusal(
    text: "SET a = :x, #x = b",
    message: "An expression attribute name used in the document path is not defined; "
      + "attribute name: #x"),
  Refusal(
    text: "SET #c = if_not_exists(:x)",
    message: "An expression attribute value used in expression is not defined; "
      + "attribute value: :x"),
  Refusal(
    text: "set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)",
    message: overlap("[c, [1], a]", "[c]")),
  Refusal(text: "set #c[3].#d = a, #c[3] = a", message: overlap("[c, [3], [3]]", "[c, [3]]")),
  Refusal(text: "set a = b remove a", message: overlap("[a]", "[a]")),
  Refusal(text: "remove c, #c.a", message: overlap("[c]", "[c, a]")),
  Refusal(text: "set a.b.c = b add a.b :n", message: overlap("[a, b, c]", "[a, b]"), values: types),
  Refusal(
    text: "set #c[3].#d = a, #c.#d[3] = if_not_exists(a)",
    message: overlap("[c, [3], [3]]", "[c, [3], [3]]", "conflict")),
  Refusal(
    text: "remove a.#c set a[1] = #d", message: overlap("[a, c]", "[a, [1]]", "conflict")),
  Refusal(
    text: "set b = list_append(:s, a), c = if_not_exists(a) add a.b :s",
    message: wrongOperand("ADD", "STRING"), values: types),
  Refusal(text: "delete a.b :s", message: wrongOperand("DELETE", "STRING"), values: types),
  Refusal(text: "add a :0", message: wrongOperand("ADD", "NULL"), values: types),
  Refusal(text: "add a :t", message: wrongOperand("ADD", "BOOLEAN"), values: types),
  Refusal(text: "delete a :b", message: wrongOperand("DELETE", "BINARY"), values: types),
  Refusal(text: "add a :m", message: wrongOperand("ADD", "MAP"), values: types),
  Refusal(text: "add a :l", message: wrongOperand("ADD", "LIST"), values: types),
  Refusal(text: "delete a :n", message: wrongOperand("DELETE", "NUMBER"), values: types),
  Refusal(text: "set a = if_not_exists(c)", message: operands("if_not_exists", 1)),
  Refusal(text: "set a = list_append(c, d, e)", message: operands("list_append", 3)),
  Refusal(
    text: "set a = if_not_exists(:s, c)",
    message: "Operator or function requires a document path; operator or function: if_not_exists",
    values: types),
  Refusal(
    text: "set a = if_not_exists(if_not_exists(a, b), c)",
    message: "Operator or function requires a document path; operator or function: if_not_exists"),
  Refusal(
    text: "set a = list_append(:s, a)", message: wrongType("list_append", "S"), values: types),
  Refusal(
    text: "set a = list_append(a, :ns)", message: wrongType("list_append", "NS"), values: types),
  Refusal(
    text: "set a = list_append(a, :m)", message: wrongType("list_append", "M"), values: types),
  Refusal(text: "set a = a + :s", message: wrongType("+", "S"), values: types),
  Refusal(text: "set a = :b + a", message: wrongType("+", "B"), values: types),
  Refusal(text: "set a = a - :l", message: wrongType("-", "L"), values: types),
  Refusal(text: "set a = a - :t", message: wrongType("-", "BOOL"), values: types),
  Refusal(text: "set a = ((b))", message: "The expression has redundant parentheses;"),
  Refusal(text: "", message: "The expression can not be empty;"),
]

private func once(_ section: String) -> String {
  "The \"\(section)\" section can only be used once in an update expression;"
}

private func operands(_ name: String, _ count: Int) -> String {
  "Incorrect number of operands for operator or function; operator or function: \(name), "
    + "number of operands: \(count)"
}

private func message(
  _ text: String, names: [String: String]? = nil, values: [String: AttributeValue]? = nil
) -> String? {
  do {
    var placeholders = try ExpressionPlaceholders(names: names, values: values)
    _ = try UpdateExpression.parse(text, with: &placeholders)
    return nil
  } catch {
    return error.message
  }
}

@Suite struct UpdateSyntaxTests {
  @Test(arguments: syntaxErrors)
  func wordsSyntaxErrors(_ text: String, _ expected: String) {
    #expect(message(text) == "Invalid UpdateExpression: Syntax error; " + expected)
  }

  @Test(arguments: refusals)
  fileprivate func words(_ refusal: Refusal) {
    #expect(
      message(refusal.text, names: refusal.names, values: refusal.values)
        == "Invalid UpdateExpression: " + refusal.message)
  }

  @Test(arguments: [
    "set a = b", "  sEt   a=:n  ", "set a[1] = b", "set a.b = b", "SET a = if_not_exists(a, b) + b",
    "SET a = if_not_exists(a, if_not_exists(a, b))", "set a = (b + c)", "set a = ((b.c.d)+(e))",
    "set a = (b) + (c)", "set a = list_append(if_not_exists(a, :l), :l)", "remove a, b.c, d[0][1]",
    "add a :n, b :ns delete c :ss remove d set e = :m",
    "set a.b = :n, a.c = :n, a.d[0] = :n, a.d[1] = :n",
    "set a = :n - b", "REMOVE #c.x, #d", "set a = (:n)", "add #c.#d :n",
  ])
  func accepts(_ text: String) {
    #expect(message(text, names: ["#c": "c", "#d": "[3]"], values: types) == nil)
  }

  @Test func namesWhatItChanges() throws {
    var placeholders = try ExpressionPlaceholders(names: nil, values: types)
    let update = try UpdateExpression.parse(
      "set a = :s, b.c = :n, d = e remove f add g :ns delete h :ss", with: &placeholders)
    #expect(update.roots == ["a", "b", "d", "f", "g", "h"])
    #expect(update.nestedRoots == ["b"])
    #expect(update.literal(for: "a") == .string("a"))
    #expect(update.literal(for: "g") == .numberSet([1]))
    #expect(update.literal(for: "b") == nil)
    #expect(update.literal(for: "d") == nil)
    #expect(
      KeyAccess.updateFault(update.roots, key: ["pk", "d"])?.message
        == "One or more parameter values were invalid: Cannot update attribute d. "
        + "This attribute is part of the key")
  }

  @Test func survivesDeepNesting() {
    for piece in ["(", "if_not_exists(a, ", "list_append(("] {
      let text = "set a = " + String(repeating: piece, count: 3_900 / piece.utf8.count)
      #expect(message(text) != nil)
    }
  }
}
