// Why: items are answered by a writer that works on words of memory; what it must get right lies at
// the edges of words, in escapes, and where an answer outgrows the room that was guessed.
//
// Items are sent compact, in the order of their names and escaped as the service escapes, so that
// the answer must be what was sent, byte by byte.

import Testing

@Suite struct ItemAnswerTests {
  private static let escapes: [String] =
    (0..<0x20).map { byte in
      switch byte {
      case 10: #"\n"#
      case 13: #"\r"#
      case 9: #"\t"#
      default: (byte < 16 ? #"\u000"# : #"\u00"#) + String(byte, radix: 16)
      }
    } + [#"\""#, #"\\"#, "é", "🌍", "\u{7F}"]

  private func check(_ attributes: String, _ place: SourceLocation = #_sourceLocation) throws {
    let database = try TestDatabase()
    database.createTable("Items")
    let item = #"{\#(attributes),"pk":{"S":"k"}}"#
    let put = database.call("PutItem", #"{"TableName":"Items","Item":\#(item)}"#)
    try #require(put == "{}", sourceLocation: place)
    let got = database.call("GetItem", #"{"TableName":"Items","Key":{"pk":{"S":"k"}}}"#)
    #expect(got == #"{"Item":\#(item)}"#, sourceLocation: place)
  }

  @Test("a character that needs care at any place of a word", arguments: 0..<18)
  func escapesAtEveryPlace(before: Int) throws {
    let texts = Self.escapes.enumerated().map { index, escape in
      let name = (index < 10 ? "a0" : "a") + String(index)
      let text = String(repeating: "x", count: before) + escape
      return #""\#(name)":{"L":[{"S":"\#(text)"},{"S":"\#(text)yz"},{"S":"\#(text)01234567"}]}"#
    }
    try check(texts.joined(separator: ","))
  }

  @Test("texts of every length, last in what is stored too", arguments: 0..<40)
  func lengths(count: Int) throws {
    let text = String(repeating: "z", count: count)
    try check(#""a":{"S":"\#(text)"},"b":{"SS":["\#(text)1"]}"#)
    let database = try TestDatabase()
    database.createTable("Items")
    let item = #"{"pk":{"S":"k"},"z":{"S":"\#(text)"}}"#
    _ = database.call("PutItem", #"{"TableName":"Items","Item":\#(item)}"#)
    let got = database.call("GetItem", #"{"TableName":"Items","Key":{"pk":{"S":"k"}}}"#)
    #expect(got == #"{"Item":\#(item)}"#)
  }

  @Test("what grows most from its stored form")
  func growth() throws {
    let nulls = Array(repeating: #"{"NULL":true}"#, count: 100_000).joined(separator: ",")
    try check(#""a":{"L":[\#(nulls)]}"#)
    let bell = String(repeating: #"\u0007"#, count: 100_000)
    try check(#""a":{"S":"\#(bell)"}"#)
  }

  @Test("empty lists and maps, nested ones, every kind of set")
  func structure() throws {
    try check(#""a":{"L":[]},"b":{"M":{}},"c":{"L":[{"L":[]},{"M":{"x":{"L":[{"N":"1"}]}}}]}"#)
    try check(#""a":{"BS":["AA==","AAE=","AAEC"]},"b":{"NS":["1","2"]},"c":{"BOOL":false}"#)
  }

  @Test("binary of every length modulo three")
  func binary() throws {
    try check(
      #""a":{"B":""},"b":{"B":"/w=="},"c":{"B":"+/8="},"d":{"B":"AQID"},"e":{"B":"AQIDBA=="}"#)
  }

  @Test("names alike in their first eight bytes, sent in no order")
  func names() throws {
    let database = try TestDatabase()
    database.createTable("Items")
    let names = ["attribute-b", "attribut", "attribute", "attribute-a", "attri", "pk"]
    let members = names.map { #""\#($0)":{"S":"k"}"# }
    _ = database.call(
      "PutItem", #"{"TableName":"Items","Item":{\#(members.joined(separator: ","))}}"#)
    let got = database.call("GetItem", #"{"TableName":"Items","Key":{"pk":{"S":"k"}}}"#)
    let sorted = names.sorted().map { #""\#($0)":{"S":"k"}"# }
    #expect(got == #"{"Item":{\#(sorted.joined(separator: ","))}}"#)
    // Of a name that is sent twice the last value counts, as JSON parsers have it.
    let twice = #"{"TableName":"Items","Item":{"pk":{"S":"k"},"attribute":{"S":"a"},"#
    _ = database.call("PutItem", twice + #""attribute":{"S":"b"}}}"#)
    let last = database.call("GetItem", #"{"TableName":"Items","Key":{"pk":{"S":"k"}}}"#)
    #expect(last == #"{"Item":{"attribute":{"S":"b"},"pk":{"S":"k"}}}"#)
  }
}
