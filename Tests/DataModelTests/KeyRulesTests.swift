// Key attributes: every refusal with its words, and the limits to the byte.

import DataModel
import Testing

private let schema = KeySchema(
  partition: KeyAttribute(name: "pk", type: .string), sort: KeyAttribute(name: "sk", type: .number))
private let simple = KeySchema(partition: KeyAttribute(name: "pk", type: .binary))
private let mismatch = "The provided key element does not match the schema"

private func text(_ count: Int) -> AttributeValue { .string(String(repeating: "x", count: count)) }

@Suite struct KeyRulesTests {
  @Test(
    arguments: [
      [:], ["pk": .string("a")], ["pk": .string("a"), "x": 1], ["pk": 1, "sk": 1],
      ["pk": .string("a"), "sk": .string("b")], ["pk": .string("a"), "sk": 1, "x": 1],
    ] as [Item])
  func refusesKeysThatDoNotMatch(_ key: Item) {
    #expect(schema.fault(ofKey: key)?.message == mismatch)
  }

  @Test func acceptsAMatchingKey() {
    #expect(schema.fault(ofKey: ["pk": .string("a"), "sk": 1]) == nil)
    #expect(simple.fault(ofKey: ["pk": .binary([0])]) == nil)
  }

  @Test func namesWhatAnItemLacks() {
    #expect(
      schema.fault(ofItem: ["sk": 1])?.message
        == "One or more parameter values were invalid: Missing the key pk in the item")
    #expect(
      schema.fault(ofItem: ["pk": .string("a"), "sk": .string("b")])?.message
        == "One or more parameter values were invalid: Type mismatch for key sk expected: N "
        + "actual: S"
    )
    #expect(schema.fault(ofItem: ["pk": .string("a"), "sk": 1, "x": .null]) == nil)
  }

  @Test func refusesEmptyKeys() {
    let message =
      "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
      + "contain an empty "
    #expect(
      schema.fault(ofItem: ["pk": .string(""), "sk": 1])?.message
        == message + "string value. Key: pk")
    #expect(
      simple.fault(ofKey: ["pk": .binary([])])?.message == message + "binary value. Key: pk")
  }

  @Test func limitsLengths() {
    let both = KeySchema(
      partition: KeyAttribute(name: "pk", type: .string),
      sort: KeyAttribute(name: "sk", type: .string))
    #expect(both.fault(ofKey: ["pk": text(2_048), "sk": text(1_024)]) == nil)
    #expect(
      both.fault(ofKey: ["pk": text(2_049), "sk": text(1)])?.message
        == "One or more parameter values were invalid: Size of hashkey has exceeded the maximum "
        + "size limit of2048 bytes")
    #expect(
      both.fault(ofItem: ["pk": text(1), "sk": text(1_025)])?.message
        == "One or more parameter values were invalid: Aggregated size of all range keys has "
        + "exceeded the size limit of 1024 bytes")
  }
}

@Suite struct DocumentPathTests {
  private let item: Item = [
    "a": .map(["b": .list([1, .map(["c": .string("deep")])]), "": .null]), "x": 5,
  ]

  @Test func findsValues() {
    #expect(DocumentPath("x").value(in: item) == 5)
    #expect(
      DocumentPath("a", [.name("b"), .index(1), .name("c")]).value(in: item) == .string("deep"))
    #expect(DocumentPath("a", [.name("b"), .index(2)]).value(in: item) == nil)
    #expect(DocumentPath("a", [.index(0)]).value(in: item) == nil)
    #expect(DocumentPath("x", [.name("b")]).value(in: item) == nil)
    #expect(DocumentPath("y").value(in: item) == nil)
  }

  @Test func showsAsInMessages() {
    #expect(DocumentPath("a", [.name("b"), .index(1)]).description == "[a, b, [1]]")
  }

  @Test func relatesPaths() {
    let base = DocumentPath("a", [.name("b")])
    #expect(base.relation(to: base) == .overlapping)
    #expect(base.relation(to: DocumentPath("a")) == .overlapping)
    #expect(base.relation(to: DocumentPath("a", [.name("b"), .index(0)])) == .overlapping)
    #expect(base.relation(to: DocumentPath("a", [.name("c")])) == .apart)
    #expect(base.relation(to: DocumentPath("b", [.name("b")])) == .apart)
    #expect(base.relation(to: DocumentPath("a", [.index(0)])) == .conflicting)
  }
}
