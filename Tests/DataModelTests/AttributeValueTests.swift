// Equality of values, attributes by name, projection: what deciding about index writes needs.

import DataModel
import Testing

struct EqualityCase: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var a: AttributeValue
  var b: AttributeValue
  var equal: Bool

  init(_ name: String, _ a: AttributeValue, _ b: AttributeValue, equal: Bool) {
    self.testDescription = name
    self.a = a
    self.b = b
    self.equal = equal
  }
}

private let composed = "\u{E9}"
private let decomposed = "e\u{301}"

/// capacity.md 1.5: "sets compare unordered, lists ordered, maps by key".
@Suite struct AttributeValueTests {
  @Test(arguments: [
    EqualityCase("same string", .string("a"), .string("a"), equal: true),
    EqualityCase("other string", .string("a"), .string("b"), equal: false),
    EqualityCase(
      "composed and decomposed text", .string(composed), .string(decomposed), equal: false),
    EqualityCase("number texts", .number(Number("1.50")!), .number(Number("15e-1")!), equal: true),
    EqualityCase("number and string", .number(1), .string("1"), equal: false),
    EqualityCase(
      "SS in another order", .stringSet(["a", "b"]), .stringSet(["b", "a"]), equal: true),
    EqualityCase(
      "SS of other members", .stringSet(["a", "b"]), .stringSet(["a", "c"]), equal: false),
    EqualityCase("SS of other size", .stringSet(["a"]), .stringSet(["a", "b"]), equal: false),
    EqualityCase(
      "SS by bytes", .stringSet([composed, "z"]), .stringSet(["z", decomposed]), equal: false),
    EqualityCase(
      "NS in another order", .numberSet([1, 2, 3]), .numberSet([3, 1, 2]), equal: true),
    EqualityCase("NS of other members", .numberSet([1, 2]), .numberSet([1, 3]), equal: false),
    EqualityCase(
      "BS in another order", .binarySet([[1], [2]]), .binarySet([[2], [1]]), equal: true),
    EqualityCase(
      "BS of other members", .binarySet([[1], [2]]), .binarySet([[2], [3]]), equal: false),
    EqualityCase("L in order", .list([1, 2]), .list([1, 2]), equal: true),
    EqualityCase("L in another order", .list([1, 2]), .list([2, 1]), equal: false),
    EqualityCase("M by key", .map(["a": 1, "b": 2]), .map(["b": 2, "a": 1]), equal: true),
    EqualityCase("M of other value", .map(["a": 1]), .map(["a": 2]), equal: false),
    EqualityCase("M of other key", .map(["a": 1]), .map(["b": 1]), equal: false),
    EqualityCase(
      "set inside a list", .list([.stringSet(["a", "b"])]), .list([.stringSet(["b", "a"])]),
      equal: true),
    EqualityCase("NULL and NULL", .null, .null, equal: true),
    EqualityCase("NULL and BOOL", .null, .boolean(false), equal: false),
    EqualityCase("S and B of equal bytes", .string("a"), .binary([97]), equal: false),
    EqualityCase("SS and L", .stringSet(["a"]), .list([.string("a")]), equal: false),
  ])
  func comparesAsTheServiceDoes(_ testCase: EqualityCase) {
    #expect((testCase.a == testCase.b) == testCase.equal)
    #expect((testCase.b == testCase.a) == testCase.equal)
    if testCase.equal { #expect(testCase.a.hashValue == testCase.b.hashValue) }
  }

  @Test func namesItsTypes() {
    let values: [AttributeValue] = [
      .string(""), 1, .binary([]), .boolean(true), .null, .stringSet([]), .numberSet([]),
      .binarySet([]), .list([]), .map([:]),
    ]
    #expect(
      values.map(\.apiName) == ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"])
    #expect(
      values.map(\.scalarType) == [.string, .number, .binary] + Array(repeating: nil, count: 7))
  }

  @Test func keepsOneValuePerName() {
    var item: Item = ["b": 1, "a": 2, "b": 3]
    #expect(item.attributes.map(\.name) == ["a", "b"])
    #expect(item["b"] == 3)
    #expect(item["c"] == nil)
    item["b"] = nil
    item["missing"] = nil
    #expect(item == ["a": 2])
    item[""] = 0
    item["z"] = .null
    #expect(item.attributes.map(\.name) == ["", "a", "z"])
  }

  @Test func tellsNamesApartByBytes() {
    let item: Item = [composed: 1, decomposed: 2]
    #expect(item.count == 2)
    #expect(item[composed] == 1)
    #expect(item[decomposed] == 2)
  }
}

/// Which entry an index holds decides what is sized (capacity.md 1.5).
@Suite struct IndexSchemaTests {
  private let key = KeySchema(
    partition: KeyAttribute(name: "pk", type: .string),
    sort: KeyAttribute(name: "sk", type: .string))
  private let item: Item = ["pk": .string("p"), "sk": .string("s"), "g": 1, "h": 2, "x": 3, "y": 4]

  @Test func projectsKeysAndChosenAttributes() {
    func entry(_ projection: Projection) -> Item? {
      IndexSchema(name: "i", keyAttributes: ["g"], projection: projection)
        .entry(for: item, tableKey: key)
    }
    #expect(entry(.keysOnly) == ["pk": .string("p"), "sk": .string("s"), "g": 1])
    #expect(
      entry(.include(["x", "absent", "g"]))
        == ["pk": .string("p"), "sk": .string("s"), "g": 1, "x": 3])
    #expect(entry(.all) == item)
  }

  @Test func leavesOutItemsWithoutTheWholeKey() {
    let index = IndexSchema(name: "i", keyAttributes: ["g", "h"], projection: .all)
    var other = item
    #expect(index.entry(for: other, tableKey: key) != nil)
    other["h"] = nil
    #expect(index.entry(for: other, tableKey: key) == nil)
  }

  @Test func comparesTheWholeKeyTuple() {
    let index = IndexSchema(name: "i", keyAttributes: ["g", "h"], projection: .keysOnly)
    var other = item
    other["x"] = 9
    #expect(index.hasSameKey(item, other))
    other["h"] = 9
    #expect(!index.hasSameKey(item, other))
  }
}
