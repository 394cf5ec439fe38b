// CBOR against the examples of RFC 7049, appendix A: the one list that every implementation shares.

import DataModel
import Testing

@testable import DaxProtocol

/// Bytes from hexadecimal text, and back.
func bytes(_ hex: String) -> [UInt8] {
  var bytes: [UInt8] = []
  var rest = Substring(hex)
  while let byte = UInt8(rest.prefix(2), radix: 16), rest.count >= 2 {
    bytes.append(byte)
    rest = rest.dropFirst(2)
  }
  return bytes
}

func hex(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@Suite struct CBORTests {
  static let integerCases: [(String, Int)] = [
    ("00", 0), ("01", 1), ("0a", 10), ("17", 23), ("1818", 24), ("1819", 25), ("1864", 100),
    ("1903e8", 1_000), ("1a000f4240", 1_000_000), ("1b000000e8d4a51000", 1_000_000_000_000),
    ("20", -1), ("29", -10), ("3863", -100), ("3903e7", -1_000),
  ]

  @Test(arguments: CBORTests.integerCases)
  func integers(encoded: String, value: Int) throws {
    var reader = CBORReader(bytes(encoded))
    #expect(try reader.readInteger() == value && reader.isAtEnd)
    var writer = CBORWriter()
    writer.integer(value)
    #expect(hex(writer.bytes) == encoded)
  }

  /// Whole numbers beyond 64 bits are tags 2 and 3 around their bytes.
  @Test(arguments: [
    ("1bffffffffffffffff", "18446744073709551615"),
    ("c249010000000000000000", "18446744073709551616"),
    ("3bffffffffffffffff", "-18446744073709551616"),
    ("c349010000000000000000", "-18446744073709551617"),
    ("c48221196ab3", "273.15"), ("c482213904fa", "-12.75"),
    ("c24d0c9f2c9cd04674edea40000000", "1000000000000000000000000000000"),
  ])
  func numbers(encoded: String, text: String) throws {
    var reader = CBORReader(bytes(encoded))
    #expect(try reader.readNumber().text == text && reader.isAtEnd)
    var writer = CBORWriter()
    writer.number(try #require(Number(text)))
    #expect(hex(writer.bytes) == encoded)
  }

  @Test(arguments: [
    ("f90000", 0.0), ("f93c00", 1), ("f93e00", 1.5), ("f97bff", 65_504),
    ("f90001", 5.960464477539063e-8), ("f90400", 0.00006103515625), ("f9c400", -4),
    ("fa47c35000", 100_000), ("fa7f7fffff", 3.4028234663852886e+38),
    ("fb3ff199999999999a", 1.1), ("fb7e37e43c8800759c", 1.0e+300), ("fbc010666666666666", -4.1),
    ("f97c00", .infinity), ("f9fc00", -.infinity),
  ])
  func floats(encoded: String, value: Double) throws {
    var reader = CBORReader(bytes(encoded))
    #expect(try reader.readFloat() == value && reader.isAtEnd)
  }

  @Test func notANumber() throws {
    var reader = CBORReader(bytes("f97e00"))
    #expect(try reader.readFloat().isNaN)
    var asNumber = CBORReader(bytes("f97e00"))
    #expect(throws: CBORFault.self) { try asNumber.readNumber() }
  }

  @Test(arguments: [
    ("60", ""), ("6161", "a"), ("6449455446", "IETF"), ("62225c", "\"\\"), ("62c3bc", "ü"),
    ("63e6b0b4", "水"), ("64f0908591", "𐅑"), ("7f657374726561646d696e67ff", "streaming"),
  ])
  func texts(encoded: String, text: String) throws {
    var reader = CBORReader(bytes(encoded))
    #expect(try reader.readText() == text && reader.isAtEnd)
  }

  @Test(arguments: [("40", ""), ("4401020304", "01020304"), ("5f42010243030405ff", "0102030405")])
  func byteStrings(encoded: String, content: String) throws {
    var reader = CBORReader(bytes(encoded))
    #expect(try hex(reader.readBytes()) == content && reader.isAtEnd)
  }

  /// Arrays and maps of the appendix, as the attribute values they stand for.
  @Test(arguments: [
    ("80", #"{"L":[]}"#), ("83010203", #"{"L":[{"N":"1"},{"N":"2"},{"N":"3"}]}"#),
    (
      "8301820203820405",
      #"{"L":[{"N":"1"},{"L":[{"N":"2"},{"N":"3"}]},{"L":[{"N":"4"},{"N":"5"}]}]}"#
    ),
    ("9fff", #"{"L":[]}"#),
    (
      "9f018202039f0405ffff",
      #"{"L":[{"N":"1"},{"L":[{"N":"2"},{"N":"3"}]},{"L":[{"N":"4"},{"N":"5"}]}]}"#
    ),
    ("a0", #"{"M":{}}"#),
    ("a26161016162820203", #"{"M":{"a":{"N":"1"},"b":{"L":[{"N":"2"},{"N":"3"}]}}}"#),
    ("826161a161626163", #"{"L":[{"S":"a"},{"M":{"b":{"S":"c"}}}]}"#),
    ("bf61610161629f0203ffff", #"{"M":{"a":{"N":"1"},"b":{"L":[{"N":"2"},{"N":"3"}]}}}"#),
    ("bf6346756ef563416d7421ff", #"{"M":{"Amt":{"N":"-2"},"Fun":{"BOOL":true}}}"#),
    ("f4", #"{"BOOL":false}"#), ("f5", #"{"BOOL":true}"#), ("f6", #"{"NULL":true}"#),
    ("d90cfa8201c482201819", #"{"NS":["1","2.5"]}"#), ("d90cf9816171", #"{"SS":["q"]}"#),
    ("d90cfb814101", #"{"BS":["AQ=="]}"#),
  ])
  func attributeValues(encoded: String, json: String) throws {
    var reader = CBORReader(bytes(encoded))
    #expect(try reader.readAttributeValue().json == json && reader.isAtEnd)
    var whole = CBORReader(bytes(encoded))
    try whole.skip()
    #expect(whole.isAtEnd)
  }

  /// Each is one step away from something well formed.
  @Test(arguments: [
    "", "18", "1900", "1b000000", "41", "61", "5f41", "5f6161ff", "7f7f6161ffff", "81", "9f01",
    "a1", "a101", "bf01", "c2", "c4", "c48101", "c48201f5", "1c", "3d", "5c", "fc", "ff", "df",
    "61ff", "9b7fffffffffffffff", "5b7fffffffffffffff", "d90cf9f5", "bf6161ff", "a1ff",
  ])
  func malformedBytesAreFaults(encoded: String) {
    #expect(throws: CBORFault.self) {
      var reader = CBORReader(bytes(encoded))
      _ = try reader.readAttributeValue()
      if !reader.isAtEnd { _ = try reader.readAttributeValue() }
    }
  }

  @Test func nestingIsLimited() throws {
    let allowed = [UInt8](repeating: 0x81, count: 31) + [0]
    let refused = [UInt8](repeating: 0x81, count: 32) + [0]
    var reader = CBORReader(allowed)
    #expect(try reader.readAttributeValue().containerDepth == 31)
    var deeper = CBORReader(refused)
    #expect(throws: CBORFault.self) { try deeper.readAttributeValue() }
    var bottomless = CBORReader([UInt8](repeating: 0x81, count: 1_000_000))
    #expect(throws: CBORFault.self) { try bottomless.skip() }
  }

  /// A number the service refuses says so in the service's words.
  @Test func numbersOutOfRangeAreRefused() {
    let tooLong = "c25820" + String(repeating: "ff", count: 32)
    var reader = CBORReader(bytes(tooLong))
    #expect {
      try reader.readNumber()
    } throws: { fault in
      (fault as? CBORFault)?.kind == .refused(NumberFault.tooManyDigits.message)
    }
  }
}
