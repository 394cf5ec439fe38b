// What conditions answer on items: types, absent values, sets, lists, sizes.

import DataModel
import Expressions
import Testing

private let item: Item = [
  "n": 5, "neg": -3, "s": .string("hello"), "e": .string(""), "u": .string("é€😀"),
  "bin": .binary([1, 2, 200]), "yes": .boolean(true), "nul": .null,
  "ss": .stringSet(["a", "b"]), "ns": .numberSet([1, 2, 3]), "bs": .binarySet([[1], [2, 3]]),
  "l": .list([1, .string("x"), .list([2]), .map(["k": .string("v")]), .stringSet(["p"])]),
  "m": .map(["k": .string("v"), "deep": .map(["n": 7])]), "zero": 0, "and": 9,
]

private let values: [String: AttributeValue] = [
  ":5": 5, ":6": 6, ":0": 0, ":3": 3, ":hell": .string("hell"), ":hello": .string("hello"),
  ":ell": .string("ell"), ":a": .string("a"), ":1": 1, ":2": 2, ":bin": .binary([1, 2]),
  ":mid": .binary([2, 200]), ":127": .binary([127]), ":l2": .list([2]),
  ":set": .stringSet(["b", "a"]),
  ":p": .stringSet(["p"]), ":five": .string("5"), ":7": 7, ":empty": .string(""),
  ":true": .boolean(true),
  ":N": .string("N"), ":SS": .string("SS"), ":M": .string("M"), ":NULL": .string("NULL"),
  ":4": 4, ":null": .null, ":b2": .binary([2, 3]), ":x": .string("x"),
  ":kv": .map(["k": .string("v")]),
]

private let holding = [
  "n = :5", "n <> :6", "n < :6", "n <= :5", "n > :0", "n >= :5", "neg < zero", ":5 = n",
  "s = :hello", "s > :hell", "e = :empty", "e < s", "bin > :bin", "bin < :127", "yes = :true",
  "nul = :null", "ss = :set", "m.k <> n", "l[0] = :1", "l[2][0] = :2", "l[3].k = m.k",
  "m.deep.n = :7", "n BETWEEN :0 AND :5", "n BETWEEN neg AND :6", "s BETWEEN :hell AND :hello",
  "n IN (:6, :5)", "n IN (:five, n2, :5)", "attribute_exists(m.deep)", "attribute_exists(nul)",
  "attribute_not_exists(nope)", "attribute_not_exists(m.nope)", "attribute_not_exists(l[9])",
  "attribute_not_exists(s.k)", "attribute_type(n, :N)", "attribute_type(ss, :SS)",
  "attribute_type(nul, :NULL)", "attribute_type(m, :M)", "attribute_type(:5, :N)",
  "begins_with(s, :hell)", "begins_with(s, :empty)", "begins_with(bin, :bin)",
  "begins_with(s, s2) OR n = :5",
  "contains(s, :ell)", "contains(s, :empty)", "contains(bin, :mid)", "contains(ss, :a)",
  "contains(ns, :2)", "contains(bs, :b2)", "contains(l, :1)", "contains(l, :x)", "contains(l, :l2)",
  "contains(l, :p)", "contains(l, :kv)", "size(s) = :5", "size(e) = :0", "size(bin) = :3",
  "size(ss) = :2",
  "size(ns) = :3", "size(bs) = :2", "size(l) = :5", "size(m) = :2", "size(s) > size(bin)",
  "size(:hello) = n", "size(u) = :4", "NOT n = :6", "n = :6 OR s = :hello", "n = :5 AND s = :hello",
  "n = :5 OR n = :6 AND n = :0", "NOT n = :6 AND n = :5", "NOT (n = :5 AND n = :6)",
  // An absent value: <> holds, all else does not.
  "nope <> :5", "nope <> nada", "NOT nope = :5", "NOT nope = nada", "NOT nope < :5",
  "NOT nope < nada",
  "NOT nope BETWEEN :0 AND :5", "NOT nope IN (:5)", "NOT begins_with(nope, :a)",
  "NOT contains(nope, :a)",
  "NOT size(nope) = :0", "NOT attribute_type(nope, :N)", "size(nope) <> :0",
  // Another type: = does not hold, nor any order.
  "NOT n = :five", "n <> :five", "NOT n < :hello", "NOT n > :hello", "NOT s BETWEEN :0 AND :5",
  "NOT yes < nul", "NOT begins_with(n, :a)", "NOT begins_with(s, :bin)", "NOT contains(n, :5)",
  "NOT contains(ns, :a)", "NOT contains(s, :5)", "NOT size(n) = :1", "NOT size(yes) = :1",
  "NOT size(nul) = :0", "NOT size(s) = :hello", "NOT attribute_exists(l.k)",
  "NOT attribute_exists(m[0])",
]

@Suite struct ConditionEvaluationTests {
  @Test(arguments: holding)
  func holds(_ text: String) throws {
    var placeholders = try ExpressionPlaceholders(names: nil, values: values)
    let condition = try ConditionExpression.parse(text, kind: .condition, with: &placeholders)
    #expect(condition.evaluate(item))
    // The opposite must not hold: the evaluation looks at what it is given.
    var again = try ExpressionPlaceholders(names: nil, values: values)
    let opposite = try ConditionExpression.parse("NOT (\(text))", kind: .condition, with: &again)
    #expect(!opposite.evaluate(item))
  }

  @Test func readsNamesThroughPlaceholders() throws {
    var placeholders = try ExpressionPlaceholders(
      names: ["#n": "and", "#dot": "a.b"], values: [":v": 9])
    let condition = try ConditionExpression.parse(
      "#n = :v AND attribute_not_exists(#dot)", kind: .condition, with: &placeholders)
    #expect(condition.evaluate(item))
    #expect(condition.roots == ["and", "a.b"])
    #expect(!condition.evaluate(["and": 9, "a.b": 1]))
  }

  @Test func treatsAnAbsentItemAsEmpty() throws {
    var placeholders = ExpressionPlaceholders()
    let condition = try ConditionExpression.parse(
      "attribute_not_exists(pk)", kind: .condition, with: &placeholders)
    #expect(condition.evaluate(Item()))
  }

  @Test func namesWhatItLooksAt() throws {
    var placeholders = try ExpressionPlaceholders(names: nil, values: [":v": 1])
    let condition = try ConditionExpression.parse(
      "a.b = :v AND (size(c[1]) > d OR NOT a IN (e, :v))", kind: .filter, with: &placeholders)
    #expect(condition.roots == ["a", "c", "d", "e"])
    #expect(condition.nestedRoots == ["a", "c"])
    #expect(
      condition.fault(asFilterOn: ["pk", "d"])?.message
        == "Filter Expression can only contain non-primary key attributes: Primary key attribute: d"
    )
    #expect(condition.fault(asFilterOn: ["pk"]) == nil)
    #expect(
      KeyAccess.nestedFault(condition.nestedRoots, key: ["pk"], indexKeys: ["c"])?.message
        == "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
        + "allowed: IndexKey: c")
  }
}
