// Keys on the wire, bytes as the public client writes them, and that every key comes back.

import DataModel
import TestSupport
import Testing

@testable import DaxProtocol

@Suite struct KeyBytesTests {
  private func schema(_ partition: ScalarType, _ sort: ScalarType? = nil) -> KeySchema {
    KeySchema(
      partition: KeyAttribute(name: "h", type: partition),
      sort: sort.map { KeyAttribute(name: "r", type: $0) })
  }

  @Test func asTheClientWritesThem() throws {
    let numbers = schema(.number, .number)
    let key: Item = ["h": .number(Number("12.5") ?? 0), "r": .number(Number("-1.5") ?? 0)]
    #expect(numbers.wireKey(of: key).map(hex) == "c48220187d3ed77fe0")
    #expect(try numbers.key(fromWire: bytes("c48220187d3ed77fe0")) == key)
    let texts = schema(.string, .string)
    #expect(texts.wireKey(of: ["h": .string("ä"), "r": .string("b")]).map(hex) == "62c3a462")
    #expect(schema(.string).wireKey(of: ["h": .string("ä")]).map(hex) == "c3a4")
  }

  @Test func itemsWithoutTheKeyHaveNone() {
    #expect(schema(.string).wireKey(of: ["h": 5]) == nil)
    #expect(schema(.string, .number).wireKey(of: ["h": .string("x")]) == nil)
  }

  @Test(arguments: Seed.some(20))
  func keysComeBack(seed: Seed) throws {
    var values = RandomValues(random: seed.generator)
    func value(_ type: ScalarType) -> AttributeValue {
      switch type {
      case .string: .string(values.text())
      case .number: .number(values.number())
      case .binary: .binary(values.bytes())
      }
    }
    for partition in ScalarType.allCases {
      for sort in [nil, .string, .number, .binary] as [ScalarType?] {
        let schema = schema(partition, sort)
        var key: Item = ["h": value(partition)]
        if let sort { key["r"] = value(sort) }
        let wire = try #require(schema.wireKey(of: key))
        #expect(try schema.key(fromWire: wire) == key, "\(seed)")
      }
    }
  }
}
