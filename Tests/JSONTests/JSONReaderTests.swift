// The reader is the first code that untrusted bytes meet: it must take all of RFC 8259 and nothing
// else, and say where a text goes wrong.

import JSON
import Testing

private struct GoodText: CustomTestStringConvertible, Sendable {
  let text: String
  let value: JSONValue
  var testDescription: String { text }
}

private struct BadText: CustomTestStringConvertible, Sendable {
  let text: String
  let reason: JSONFault.Reason
  let offset: Int
  var testDescription: String { text }
}

private let goodTexts = [
  GoodText(text: "null", value: .null),
  GoodText(text: " \t\r\n true ", value: .boolean(true)),
  GoodText(text: "false", value: .boolean(false)),
  GoodText(text: "0", value: .number("0")),
  GoodText(text: "-0.5e+10", value: .number("-0.5e+10")),
  GoodText(
    text: "123456789012345678901234567890", value: .number("123456789012345678901234567890")),
  GoodText(text: "1E5", value: .number("1E5")),
  GoodText(text: "\"\"", value: .string("")),
  GoodText(
    text: "\"a longer text of more than eight bytes\"",
    value: .string("a longer text of more than eight bytes")),
  GoodText(text: #""\"\\\/\b\f\n\r\t""#, value: .string("\"\\/\u{8}\u{c}\n\r\t")),
  GoodText(text: #""\u0041\u00e9\u20AC\uD83D\uDE00""#, value: .string("Aé€😀")),
  GoodText(text: "\"é€😀\"", value: .string("é€😀")),
  GoodText(text: "\"\u{7F}\"", value: .string("\u{7F}")),
  GoodText(text: "[]", value: .array([])),
  GoodText(text: "[ ]", value: .array([])),
  GoodText(
    text: "[1, [2], {}]", value: .array([.number("1"), .array([.number("2")]), .object([])])),
  GoodText(
    text: "{\"a\":1 , \"b\" : {\"c\":null}}",
    value: .object([
      JSONMember(name: "a", value: .number("1")),
      JSONMember(name: "b", value: .object([JSONMember(name: "c", value: .null)])),
    ])),
  GoodText(
    text: "{\"a\":1,\"a\":2}",
    value: .object([
      JSONMember(name: "a", value: .number("1")), JSONMember(name: "a", value: .number("2")),
    ])),
]

private let badTexts = [
  BadText(text: "", reason: .endOfText, offset: 0),
  BadText(text: "  ", reason: .endOfText, offset: 2),
  BadText(text: "nul", reason: .endOfText, offset: 3),
  BadText(text: "nulx", reason: .unexpectedByte(UInt8(ascii: "x")), offset: 3),
  BadText(text: "+1", reason: .unexpectedByte(UInt8(ascii: "+")), offset: 0),
  BadText(text: "01", reason: .badNumber, offset: 0),
  BadText(text: "-", reason: .badNumber, offset: 0),
  BadText(text: "1.", reason: .badNumber, offset: 0),
  BadText(text: "1e", reason: .badNumber, offset: 0),
  BadText(text: ".5", reason: .unexpectedByte(UInt8(ascii: ".")), offset: 0),
  BadText(text: "\"abc", reason: .endOfText, offset: 4),
  BadText(text: "\"a\nb\"", reason: .controlCharacter, offset: 2),
  BadText(text: "\"\\x\"", reason: .badEscape, offset: 1),
  BadText(text: "\"\\u12G4\"", reason: .badEscape, offset: 5),
  BadText(text: "\"\\uD800\"", reason: .endOfText, offset: 8),
  BadText(text: "\"\\uD800abcdef\"", reason: .badEscape, offset: 1),
  BadText(text: "\"\\uDC00\"", reason: .badEscape, offset: 1),
  BadText(text: "[1,]", reason: .unexpectedByte(UInt8(ascii: "]")), offset: 3),
  BadText(text: "[,1]", reason: .unexpectedByte(UInt8(ascii: ",")), offset: 1),
  BadText(text: "[1 2]", reason: .unexpectedByte(UInt8(ascii: "2")), offset: 3),
  BadText(text: "[1", reason: .endOfText, offset: 2),
  BadText(text: "{\"a\":1,}", reason: .unexpectedByte(UInt8(ascii: "}")), offset: 7),
  BadText(text: "{a:1}", reason: .unexpectedByte(UInt8(ascii: "a")), offset: 1),
  BadText(text: "{\"a\" 1}", reason: .unexpectedByte(UInt8(ascii: "1")), offset: 5),
  BadText(text: "{\"a\"}", reason: .unexpectedByte(UInt8(ascii: "}")), offset: 4),
  BadText(text: "1 2", reason: .trailingBytes, offset: 2),
  BadText(text: "// no", reason: .unexpectedByte(UInt8(ascii: "/")), offset: 0),
]

/// Bytes of a string that are not UTF-8: stray and missing continuations, overlong forms,
/// surrogates, beyond U+10FFFF.
private let badSequences: [[UInt8]] = [
  [0x80], [0xC3], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xE2, 0x82],
  [0xF0, 0x80, 0x80, 0xAF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
]

@Suite struct JSONReaderTests {
  @Test(arguments: goodTexts)
  fileprivate func reads(_ good: GoodText) throws {
    #expect(try JSONValue.parse(good.text) == good.value)
  }

  @Test(arguments: badTexts)
  fileprivate func refuses(_ bad: BadText) {
    #expect(throws: JSONFault(bad.reason, at: bad.offset)) { try JSONValue.parse(bad.text) }
  }

  @Test(arguments: badSequences)
  func refusesBadUTF8(_ bytes: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    #expect(throws: JSONFault.self) { try JSONValue.parse([quote] + bytes + [quote]) }
    #expect(throws: JSONFault.self) {
      try JSONValue.parse([quote] + Array("padding of a word or two".utf8) + bytes + [quote])
    }
  }

  @Test func limitsDepth() throws {
    let depth = JSONReader.defaultDepthMax
    let fits = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(throws: Never.self) { try JSONValue.parse(fits) }
    #expect(throws: JSONFault(.tooDeep, at: depth)) { try JSONValue.parse("[" + fits + "]") }
  }

  @Test func walksAnObjectInPlace() throws {
    let bytes = Array(
      #"{"Table\u004eame":"t","Limit":25,"Deep":{"x":[1,{"y":"}"}]},"Last":true}"#.utf8)
    try bytes.withUnsafeBytes { buffer in
      var reader = JSONReader(buffer)
      var seen: [String] = []
      try reader.beginObject()
      while let key = try reader.nextKey() {
        if key.equals("TableName") {
          #expect(try reader.readString() == "t")
        } else if key.equals("Limit") {
          #expect(try reader.readNumberText().integer == 25)
        } else {
          seen.append(key.string)
          try reader.skipValue()
        }
      }
      try reader.finish()
      #expect(seen == ["Deep", "Last"])
    }
  }

  @Test func tellsKindsApart() {
    let bytes = Array("{\"a\": 1}".utf8)
    bytes.withUnsafeBytes { buffer in
      var reader = JSONReader(buffer)
      #expect(throws: JSONFault(.mismatch(expected: .array, found: .object), at: 0)) {
        try reader.beginArray()
      }
      #expect(throws: Never.self) { try reader.beginObject() }
      #expect(throws: Never.self) { _ = try reader.nextKey() }
      #expect(throws: JSONFault(.mismatch(expected: .string, found: .number), at: 6)) {
        try reader.readString()
      }
    }
  }

  /// Every beginning of a document is a fault and never a crash.
  @Test func refusesEveryCutText() throws {
    let text = Array(#"{"a":[1.5e3,"x\u00e9\ud83d\ude00é€😀",{"b":null,"c":[true,false]}]}"#.utf8)
    _ = try JSONValue.parse(text)
    for length in 0..<text.count {
      #expect(throws: JSONFault.self) { try JSONValue.parse(Array(text[..<length])) }
    }
  }
}
