// What updates make of items: values from before the update, indexes of the list as it was, and the
// refusals that only the item brings about.

import DataModel
import Expressions
import Testing

private let key: Item = ["pk": .string("k")]
private let values: [String: AttributeValue] = [
  ":1": 1, ":2": 2, ":5": 5, ":s": .string("s"), ":l": .list([8, 9]), ":e": .list([]),
  ":ab": .stringSet(["a", "b"]), ":b": .stringSet(["b"]), ":bc": .stringSet(["b", "c"]),
  ":n12": .numberSet([1, 2]), ":m": .map(["x": 1]), ":x": .binarySet([[1]]),
]

private func update(_ text: String, _ item: Item?) throws -> Item {
  var placeholders = try ExpressionPlaceholders(names: ["#dot": "a.b"], values: values)
  let update = try UpdateExpression.parse(text, with: &placeholders)
  return try update.apply(to: item, key: key)
}

private struct Change: CustomTestStringConvertible, Sendable {
  let text: String
  let before: Item
  let after: Item
  var testDescription: String { text }
}

private let six: Item = ["a": .list([2, 3, 4, 5, 6, 7])]
private let tree: Item = [
  "a": .map(["x": 3, "y": 4, "c": .map(["y": 3])]), "b": .map(["x": 1, "y": 2]),
]
private let deep: Item = [
  "a": .map([
    "b": 3, "c": .list([.string("hi"), .map(["x": .map(["y": .list([3, 5, 7])]), "q": 2])]),
  ])
]

private let changes = [
  Change(text: "SET a = :1", before: [:], after: ["a": 1]),
  Change(text: "SET a = :s, b = a", before: ["a": 1], after: ["a": .string("s"), "b": 1]),
  Change(text: "REMOVE a SET b = a", before: ["a": 1], after: ["b": 1]),
  Change(text: "SET a = b, b = a", before: ["a": 1, "b": 2], after: ["a": 2, "b": 1]),
  Change(text: "SET #dot = :1", before: [:], after: ["a.b": 1]),
  Change(text: "SET a = a + :2", before: ["a": 3], after: ["a": 5]),
  Change(text: "SET a = :2 - a", before: ["a": 3], after: ["a": -1]),
  Change(text: "SET a = a + a", before: ["a": 3], after: ["a": 6]),
  Change(text: "SET a = if_not_exists(a, :5) + :1", before: [:], after: ["a": 6]),
  Change(text: "SET a = if_not_exists(b, :5)", before: ["b": 2], after: ["a": 2, "b": 2]),
  Change(
    text: "SET a = if_not_exists(b, if_not_exists(c, :5))", before: ["c": 3],
    after: ["a": 3, "c": 3]),
  Change(
    text: "SET a = list_append(a, :l)", before: ["a": .list([1])], after: ["a": .list([1, 8, 9])]),
  Change(
    text: "SET a = list_append(:l, a)", before: ["a": .list([1])], after: ["a": .list([8, 9, 1])]),
  Change(
    text: "SET a = list_append(if_not_exists(a, :e), :l)", before: [:],
    after: ["a": .list([8, 9])]),
  Change(
    text: "SET a.b = :5, a.c.d = :s, b.x = :2 REMOVE a.x, b.y", before: tree,
    after: [
      "a": .map(["y": 4, "b": 5, "c": .map(["y": 3, "d": .string("s")])]), "b": .map(["x": 2]),
    ]),
  Change(
    text: "SET a.c = :1", before: tree,
    after: ["a": .map(["x": 3, "y": 4, "c": 1]), "b": tree["b"]!]),
  Change(text: "REMOVE a[1] SET a[3] = :1", before: six, after: ["a": .list([2, 4, 1, 6, 7])]),
  Change(text: "SET a[3] = :1 REMOVE a[1]", before: six, after: ["a": .list([2, 4, 1, 6, 7])]),
  Change(text: "REMOVE a[0], a[1], a[5], a[17]", before: six, after: ["a": .list([4, 5, 6])]),
  Change(
    text: "SET a[84] = :1, a[37] = :2, a[17] = :5", before: six,
    after: ["a": .list([2, 3, 4, 5, 6, 7, 5, 2, 1])]),
  Change(text: "SET a[0] = :1", before: ["a": .list([])], after: ["a": .list([1])]),
  Change(
    text: "REMOVE a[0] SET a[9] = :1", before: ["a": .list([4])], after: ["a": .list([1])]),
  Change(
    text: "REMOVE a.c[1].x.y[1], a.c[1].q", before: deep,
    after: [
      "a": .map(["b": 3, "c": .list([.string("hi"), .map(["x": .map(["y": .list([3, 7])])])])])
    ]),
  Change(
    text: "SET a.z = a.c[1].x.y[1], a.c[1].x.y[0] = :1", before: deep,
    after: [
      "a": .map([
        "b": 3, "z": 5,
        "c": .list([.string("hi"), .map(["x": .map(["y": .list([1, 5, 7])]), "q": 2])]),
      ])
    ]),
  Change(text: "REMOVE a.b", before: ["a": .map(["b": 1])], after: ["a": .map([:])]),
  Change(text: "REMOVE a[0]", before: ["a": .list([1])], after: ["a": .list([])]),
  Change(
    text: "REMOVE a.nope, b, c[7]", before: ["a": .map([:]), "c": .list([])],
    after: ["a": .map([:]), "c": .list([])]),
  Change(text: "ADD a :5", before: ["a": 3], after: ["a": 8]),
  Change(text: "ADD a :5", before: [:], after: ["a": 5]),
  Change(
    text: "ADD a.b :5, a.c :ab", before: ["a": .map(["b": 1])],
    after: ["a": .map(["b": 6, "c": .stringSet(["a", "b"])])]),
  Change(text: "ADD a[0] :5", before: ["a": .list([1])], after: ["a": .list([6])]),
  Change(
    text: "ADD a :bc", before: ["a": .stringSet(["a", "b"])],
    after: ["a": .stringSet(["a", "b", "c"])]),
  Change(
    text: "ADD a :n12", before: ["a": .numberSet([2, 3])], after: ["a": .numberSet([1, 2, 3])]),
  Change(
    text: "ADD a :x", before: ["a": .binarySet([[1], [2]])], after: ["a": .binarySet([[1], [2]])]),
  Change(
    text: "DELETE a :bc", before: ["a": .stringSet(["a", "b"])], after: ["a": .stringSet(["a"])]),
  Change(text: "DELETE a :ab", before: ["a": .stringSet(["a", "b"])], after: [:]),
  Change(text: "DELETE a :ab", before: [:], after: [:]),
  Change(
    text: "DELETE a.b :n12", before: ["a": .map(["b": .numberSet([1])])], after: ["a": .map([:])]),
]

private let invalidPath =
  "The document path provided in the update expression is invalid for update"
private let noAttribute =
  "The provided expression refers to an attribute that does not exist in the item"
private let incorrectType = "An operand in the update expression has an incorrect data type"

private let refusals: [(String, Item?, String)] = [
  ("SET a = z", ["a": 1], noAttribute),
  ("SET a = z", nil, noAttribute),
  ("SET x = :1, y = x", [:], noAttribute),
  ("SET a = list_append(z, :l)", [:], noAttribute),
  ("SET a = z + :1", [:], noAttribute),
  ("SET a = a + :1", ["a": .string("1")], incorrectType),
  ("SET a = list_append(a, :l)", ["a": 1], incorrectType),
  ("SET a = if_not_exists(a, :1) + :1", ["a": .string("x")], incorrectType),
  ("ADD a :5", ["a": .string("x")], incorrectType),
  ("ADD a :ab", ["a": .numberSet([1])], incorrectType),
  ("ADD a :ab", ["a": .list([])], incorrectType),
  ("DELETE a :ab", ["a": .numberSet([1])], incorrectType),
  ("SET a.c = :1", ["a": .string("x")], invalidPath),
  ("SET a.c = :1", ["a": .list([1])], invalidPath),
  ("SET a.c = :1", [:], invalidPath),
  ("SET a.c = :1", nil, invalidPath),
  ("SET a[0] = :1", ["a": .map([:])], invalidPath),
  ("SET a[0] = :1", nil, invalidPath),
  ("SET a[5].b = :1", ["a": .list([])], invalidPath),
  ("REMOVE a.c", ["a": .string("x")], invalidPath),
  ("REMOVE a.c", [:], invalidPath),
  ("REMOVE a[0]", [:], invalidPath),
  ("ADD a.b :5", [:], invalidPath),
  ("DELETE a.b :ab", [:], invalidPath),
  (
    "SET a = a + :1", ["a": .number(Number("1e60")!)],
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
  ),
]

@Suite struct UpdateApplicationTests {
  @Test(arguments: changes)
  fileprivate func applies(_ change: Change) throws {
    #expect(try update(change.text, change.before) == change.after)
  }

  @Test(arguments: refusals)
  func refuses(_ text: String, _ item: Item?, _ expected: String) {
    let fault = #expect(throws: ExpressionFault.self) { try update(text, item) }
    #expect(fault?.message == expected)
  }

  @Test func startsANewItemFromItsKey() throws {
    #expect(try update("SET a = :1", nil) == ["pk": .string("k"), "a": 1])
    #expect(try update("SET a = pk", nil) == ["pk": .string("k"), "a": .string("k")])
    // The path need not exist where nothing is stored: recorded against the service.
    #expect(try update("REMOVE x.y, z[0]", nil) == key)
  }

  @Test(arguments: [
    ("SET a = :1", true), ("ADD a :5", true), ("REMOVE a", false), ("DELETE a :ab", false),
    ("REMOVE a SET b = :1", true),
  ])
  func knowsWhetherItCreates(_ text: String, _ creates: Bool) throws {
    var placeholders = try ExpressionPlaceholders(names: nil, values: values)
    #expect(try UpdateExpression.parse(text, with: &placeholders).createsItem == creates)
  }

  @Test func limitsNestingOfTheResult() throws {
    var value = AttributeValue.string("leaf")
    for _ in 0..<31 { value = .map(["n": value]) }
    var placeholders = try ExpressionPlaceholders(names: nil, values: [":v": value])
    let fits = try UpdateExpression.parse("SET a = :v", with: &placeholders)
    #expect(try fits.apply(to: [:], key: key)["a"]?.containerDepth == 31)
    let deeper = try UpdateExpression.parse("SET a.b = :v", with: &placeholders)
    let fault = #expect(throws: ExpressionFault.self) {
      try deeper.apply(to: ["a": .map([:])], key: key)
    }
    #expect(fault?.message.hasPrefix("Nesting Levels have exceeded supported limits") == true)
  }

  @Test func showsThePartItTouches() throws {
    var placeholders = try ExpressionPlaceholders(names: nil, values: values)
    let update = try UpdateExpression.parse(
      "SET a.x = :1, l[1] = :2 REMOVE gone ADD n :5", with: &placeholders)
    let before: Item = [
      "a": .map(["x": 9, "y": 8]), "l": .list([1, 2, 3]), "gone": 4, "n": 1, "other": 7,
    ]
    let after = try update.apply(to: before, key: key)
    #expect(
      update.touchedPart(of: before)
        == ["a": .map(["x": 9]), "l": .list([2]), "gone": 4, "n": 1])
    #expect(update.touchedPart(of: after) == ["a": .map(["x": 1]), "l": .list([2]), "n": 6])
  }
}
