// What statements mean, and how the wrong ones are refused.
//
// Why: the statement is what a user writes; each row is a form of the developer guide or a text of
// the service that a public suite records (nubo-db/dynamodb-conformance, 2026-10).

import DataModel
import Expressions
import Testing

@testable import PartiQL

@Suite struct StatementParsingTests {
  @Test func selectWithEverything() throws {
    let statement = try Statement.parse(
      #"select a, "b-c".d[2] from "T"."i" where pk = 'it''s' and "#
        + #"(n >= -1.5e1 or not "x" in [?, 2])"#
        + " ORDER BY pk, sk DESC;", parameters: [.string("p")])
    var expected = SelectStatement(
      projection: [DocumentPath("a"), DocumentPath("b-c", [.name("d"), .index(2)])], table: "T",
      index: "i",
      condition: .and([
        .compare(.equal, .path(DocumentPath("pk")), .value(.string("it's"))),
        .or([
          .compare(.greaterOrEqual, .path(DocumentPath("n")), .value(-15)),
          .not(.isIn(.path(DocumentPath("x")), [.value(.string("p")), .value(2)])),
        ]),
      ]))
    expected.order = [
      SelectStatement.Order(attribute: "pk", isDescending: false),
      SelectStatement.Order(attribute: "sk", isDescending: true),
    ]
    #expect(statement == .select(expected))
  }

  @Test func literalsOfEveryType() throws {
    let statement = try Statement.parse(
      "INSERT INTO T VALUE {'s': '', 'n': +1, 'y': TRUE, 'f': false, 'z': null, 'l': [1, ['a']],"
        + " 'm': {'k': {}}, 'ss': <<'a', 'b'>>, 'ns': <<1, 2.50>>, 'b': ?}",
      parameters: [.binary([1])])
    let ns = AttributeValue.numberSet([Number(1), try Number.parse("2.5").get()])
    let item: Item = [
      "s": .string(""), "n": 1, "y": .boolean(true), "f": .boolean(false), "z": .null,
      "l": .list([1, .list([.string("a")])]), "m": .map(["k": .map([:])]),
      "ss": .stringSet(["a", "b"]), "ns": ns, "b": .binary([1]),
    ]
    #expect(statement == .insert(InsertStatement(table: "T", item: item)))
  }

  @Test(arguments: [
    "UPDATE T SET a = a + 1, l = list_append(l, [2]) SET s = SET_ADD(s, <<'x'>>) REMOVE r, m.k"
      + " WHERE pk = 'a' RETURNING MODIFIED OLD *",
    "UPDATE T SET a=a+1 SET l=LIST_APPEND(l,[2]),s=set_add(s,<<'x'>>)REMOVE r REMOVE m.k WHERE"
      + " 'a'=pk RETURNING MODIFIED OLD *",
  ]) func updates(_ text: String) throws {
    guard case .update(let update) = try Statement.parse(text) else {
      Issue.record("not an update")
      return
    }
    let a = UpdateValue.path(DocumentPath("a"))
    #expect(
      update.actions == [
        UpdateAction(path: DocumentPath("a"), change: .set(.sum(a, .literal(1)))),
        UpdateAction(
          path: DocumentPath("l"),
          change: .set(.listAppend(.path(DocumentPath("l")), .literal(.list([2]))))),
        UpdateAction(path: DocumentPath("s"), change: .add(.stringSet(["x"]))),
        UpdateAction(path: DocumentPath("r"), change: .remove),
        UpdateAction(path: DocumentPath("m", [.name("k")]), change: .remove),
      ])
    #expect(update.returning == .modifiedOld)
  }

  @Test func theOtherFormOfUpdate() throws {
    #expect(
      try Statement.parse("FROM T WHERE pk = 1 SET a = 2")
        == Statement.parse("UPDATE T SET a = 2 WHERE pk = 1"))
  }

  static let malformed = "Statement wasn't well formed, can't be processed: "

  static let refusals: [(String, String)] = [
    ("SELECTT * FROMM T", malformed + "Expected data manipulation"),
    ("SELECT * FROM T WHERE pk = 1 foo", malformed + "Unexpected token after expression"),
    ("SELECT * FROM T WHERE pk = 1)", malformed + "Unexpected token after expression"),
    ("INSERT INTO T VALUE {'pk': 1} foo", malformed + "Unexpected token after expression"),
    ("INSERT INTO T t VALUE {'pk': 1}", malformed + "Unexpected token after expression"),
    ("SELECT * FROM T ORDER BY pk WHERE pk = 1", malformed + "Unexpected token after expression"),
    ("SELECT * FROM T WHERE pk = 1e2147483648", malformed),
    ("SELECT * FROM T WHERE pk = 1 # note", malformed),
    ("SELECT * FROM T WHERE pk = 1 /* note", malformed),
    ("SELECT * FROM \"T", malformed),
    ("SELECT * FROM T t WHERE pk = 1", "Aliasing is not supported"),
    ("SELECT * FROM T AS t", "Aliasing is not supported"),
    ("DELETE FROM T t WHERE pk = 'x'", "Aliasing is not supported"),
    ("SELECT * FROM T WHERE", malformed + "Unexpected term"),
    ("SELECT * FROM T WHERE;", malformed + "Unexpected term"),
    ("SELECT * FROM T WHERE NOT", malformed + "Unexpected term"),
    ("SELECT * FROM T WHERE (", malformed + "Unexpected term"),
    ("SELECT * FROM", malformed + "Unexpected term"),
    (
      "SELECT * FROM T WHERE pk = 'p1' AND",
      malformed + "Missing right-hand side expression of infix operator"
    ),
    ("SELECT * FROM T WHERE ORDER BY pk", malformed + "Unexpected keyword"),
    ("SELECT * FROM T WHERE IS NULL", malformed + "Unexpected operator"),
    ("SELECT * FROM T WHERE pk = LIKE", malformed + "Unexpected operator"),
    ("SELECT * FROM T WHERE x IS FOO", malformed + "Expected type name"),
    ("DELETE FROM WHERE pk = 'a'", malformed + "Expected identifier for simple path"),
    ("SELECT * FROM \"\" WHERE pk = 'p'", "Path component cannot be an empty string"),
    (
      "SELECT * FROM \"a\".\"b\".\"c\"",
      "A path may contain at most 2 components in the FROM clause"
    ),
    (
      "SELECT * FROM T WHERE pk = 1e126",
      "Number overflow. Attempting to store a number with magnitude larger than supported range"
        + " under root"
    ),
    (
      "INSERT INTO T VALUE {'pk': 1, 'm': {'x': 1e126}}",
      "Number overflow. Attempting to store a number with magnitude larger than supported range"
        + " under root.x"
    ),
    (
      "INSERT INTO T VALUE {'pk': 1, 'l': [1, 1e126]}",
      "Number overflow. Attempting to store a number with magnitude larger than supported range"
        + " under root[1]"
    ),
    (
      "DELETE FROM T WHERE pk = 'x' RETURNING MODIFIED OLD *",
      "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in"
        + " DELETE statements."
    ),
    (
      "SELECT * FROM T WHERE attribute_exists('ss')",
      "Operator or function requires a document path; operator or function: attribute_exists"
    ),
    (
      "SELECT * FROM T WHERE attribute_exists(a, b)",
      "Incorrect number of operands for operator or function; operator or function: "
        + "attribute_exists, number of operands: 2"
    ),
    ("SELECT size(a) FROM T", "Unexpected path component at 1:8:4"),
    ("SELECT * FROM T WHERE EXISTS(ss)", "Unrecognized function: exists at 1:23:6"),
    (
      "SELECT * FROM T WHERE v < ?",
      "Incorrect operand type for operator or function; operator or "
        + "function: <, operand type: BOOL"
    ),
    (
      "UPDATE T SET t = set_add(ss, <<'x'>>) WHERE pk = 1",
      "The first argument to SET_ADD must equal the assignment value at 1:18:7"
    ),
    (
      "UPDATE T SET ss = set_add(ss, 'x') WHERE pk = 1",
      "The second argument to SET_ADD must be a value with type SET at 1:27:2"
    ),
    (
      "UPDATE T SET ss = set_add(ss) WHERE pk = 1",
      "SET_ADD must have exactly two arguments at 1:19:7"
    ),
    ("UPDATE T SET ss = set_add(ss, <<>>) WHERE pk = 1", "Empty bags are not supported"),
    (
      "UPDATE T SET ss = set_add(ss, <<'x', 'x'>>) WHERE pk = 1",
      "One or more parameter values were invalid: Input collection [x, x] contains duplicates."
    ),
    (
      "INSERT INTO T VALUE {'pk': 'i', 'ss': set_add(<<'a'>>, <<'b'>>)}",
      "Unsupported data type: set_add under key root at 1:39:7"
    ),
    ("SELECT * FROM T", "Number of parameters in request and statement don't match."),
    (
      "SELECT * FROM T WHERE a = ? AND b = ?",
      "Number of parameters in request and statement don't"
        + " match."
    ),
  ]

  @Test(arguments: refusals) func refuses(_ text: String, _ message: String) {
    let takesParameter = text.contains("?") || message.hasPrefix("Number of parameters")
    #expect(throws: StatementFault(message)) {
      try Statement.parse(text, parameters: takesParameter ? [.boolean(true)] : [])
    }
  }

  @Test func placesCountLinesAndCharacters() {
    #expect(throws: StatementFault("Unrecognized function: upper at 3:11:5")) {
      try Statement.parse("SELECT * -- all\nFROM T /* é\n */ WHERE UPPER(a) = 'X'")
    }
  }

  @Test func projectsByTheLastName() {
    let select = SelectStatement(
      projection: [
        DocumentPath("m", [.name("k")]), DocumentPath("l", [.index(1)]), DocumentPath("gone"),
      ], table: "T")
    let item: Item = ["m": .map(["k": 1]), "l": .list([2, 3]), "o": 4]
    #expect(select.project(item) == ["k": 1, "l[1]": 3])
  }
}
