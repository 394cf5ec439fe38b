// Random values there and back, numbers against a slow second implementation, and random bytes: a
// server that reads from the network must take whatever comes.

import DataModel
import TestSupport
import Testing

@testable import DaxProtocol

/// Numbers, values and items at random.
struct RandomValues {
  var random: TestGenerator

  mutating func number() -> Number {
    let digits = (0..<random.integer(in: 1...38)).map { _ in
      String(random.integer(in: 0...9))
    }.joined()
    let exponent = random.integer(in: -130...125 - digits.count)
    let sign = random.integer(in: 0...1) == 0 ? "-" : ""
    return Number("\(sign)\(digits)e\(exponent)") ?? .zero
  }

  mutating func text() -> String {
    (0..<random.integer(in: 0...40)).map { _ in
      random.pick(["a", "ü", "水", "𐅑", "\"", "\\", "\n", " "])
    }.joined()
  }

  mutating func bytes() -> [UInt8] {
    (0..<random.integer(in: 0...40)).map { _ in UInt8(random.integer(in: 0...255)) }
  }

  mutating func value(depth: Int = 0) -> AttributeValue {
    switch random.integer(in: 0...(depth < 4 ? 9 : 7)) {
    case 0: return .string(text())
    case 1: return .number(number())
    case 2: return .binary(bytes())
    case 3: return .boolean(random.integer(in: 0...1) == 1)
    case 4: return .null
    case 5: return .stringSet((0...random.integer(in: 0...5)).map { _ in text() })
    case 6: return .numberSet((0...random.integer(in: 0...5)).map { _ in number() })
    case 7: return .binarySet((0...random.integer(in: 0...5)).map { _ in bytes() })
    case 8: return .list((0..<random.integer(in: 0...6)).map { _ in value(depth: depth + 1) })
    default: return .map(item(depth: depth + 1).content)
    }
  }

  mutating func item(depth: Int = 0) -> Item {
    var item = Item()
    for _ in 0..<random.integer(in: 0...6) { item[text()] = value(depth: depth + 1) }
    return item
  }
}

@Suite struct CBORPropertyTests {
  @Test(arguments: Seed.some(40))
  func valuesComeBack(seed: Seed) throws {
    var values = RandomValues(random: seed.generator)
    for _ in 0..<50 {
      let value = values.value()
      var writer = CBORWriter()
      writer.attributeValue(value)
      var reader = CBORReader(writer.bytes)
      #expect(try reader.readAttributeValue() == value, "\(seed)")
      #expect(reader.isAtEnd)
    }
  }

  /// The bytes of a big integer, by adding up the value digit by digit in base 256.
  @Test(arguments: Seed.some(20))
  func bigIntegersAgreeWithSchoolArithmetic(seed: Seed) {
    var random = seed.generator
    for _ in 0..<50 {
      let digits = (0..<random.integer(in: 1...120)).map { _ in random.integer(in: 0...9) }
      var little = [0]
      for digit in digits {
        little = little.map { $0 * 10 }
        little[0] += digit
        var place = 0
        while place < little.count {
          if little[place] > 255, place + 1 == little.count { little.append(0) }
          if little[place] > 255 {
            little[place + 1] += little[place] / 256
            little[place] %= 256
          }
          place += 1
        }
      }
      let slow = Array(little.reversed().map { UInt8($0) }.drop { $0 == 0 })
      let text = digits.map(String.init).joined()
      #expect(BigInteger.bytes(of: text) == slow, "\(seed)")
      let plain = String(text.drop { $0 == "0" })
      #expect(BigInteger.text(of: slow) == (plain.isEmpty ? "0" : plain), "\(seed)")
    }
  }

  @Test(arguments: Seed.some(20))
  func itemsComeBackByTheirLists(seed: Seed) throws {
    var values = RandomValues(random: seed.generator)
    var lists = AttributeLists()
    for _ in 0..<30 {
      var item = values.item()
      let wire = lists.wireValue(of: item, without: ["key"])
      #expect(try lists.item(fromWire: wire) == item, "\(seed)")
      item["key"] = .string("k")
      #expect(lists.wireValue(of: item, without: ["key"]) == wire, "\(seed)")
    }
    #expect(lists.names(of: AttributeLists.empty) == [] && lists.names(of: 0) == nil)
  }

  /// Whatever comes is read or refused, with no byte read twice.
  @Test(arguments: Seed.some(60))
  func randomBytesNeverCrash(seed: Seed) {
    var values = RandomValues(random: seed.generator)
    for round in 0..<200 {
      var bytes = values.bytes() + values.bytes()
      if round % 2 == 0 {
        var writer = CBORWriter()
        writer.attributeValue(values.value())
        bytes = writer.bytes
        for _ in 0..<values.random.integer(in: 1...3) where !bytes.isEmpty {
          let place = values.random.integer(in: 0...bytes.count - 1)
          bytes[place] = UInt8(values.random.integer(in: 0...255))
        }
      }
      var reader = CBORReader(bytes)
      while !reader.isAtEnd, (try? reader.readAttributeValue()) != nil {}
      var skipper = CBORReader(bytes)
      while !skipper.isAtEnd, (try? skipper.skip()) != nil {}
      for method in DaxMethod.allCases { _ = try? DaxRequest.read(method, bytes[...]) }
      var text = ExpressionText()
      _ = try? text.condition(bytes)
      _ = try? text.update(bytes)
      _ = try? ExpressionText.paths(of: bytes)
      _ = try? AttributeLists().item(fromWire: bytes)
      _ = LexDecimal.number(from: bytes)
    }
  }
}
