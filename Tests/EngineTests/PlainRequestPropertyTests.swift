// Why: plain requests skip the general way; whoever asks must not be able to tell which one ran.

import Engine
import Storage
import Testing

@Suite struct PlainRequestPropertyTests {
  /// A value on the wire from a few bits of a seed; depth bounds the nesting.
  private func value(_ seed: inout UInt64, depth: Int) -> String {
    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    // Texts are read by eight and by sixteen bytes.
    let text = [
      "", "a", "plain text of some length", "grüße 🌍", "0123456", "01234567", "012345678",
      "0123456789abcde", "0123456789abcdef", "0123456789abcdefg", "0123456789abcdefghijklmnopqrstü",
    ]
    let pick = Int(seed >> 33)
    switch pick % (depth > 0 ? 9 : 7) {
    case 0, 1: return #"{"S":"\#(text[pick / 9 % text.count])"}"#
    case 2:
      let numbers = [
        "0", "-0.0", "42", "100", "1e5", "-162.3420", "1E-130", "12345678901234567890",
      ]
      return #"{"N":"\#(numbers[pick / 9 % 8])"}"#
    case 3: return #"{ "B" : "\#(["", "AA==", "AAE=", "AAEC"][pick / 9 % 4])" }"#
    case 4: return #"{"BOOL":\#(pick / 9 % 2 == 0)}"#
    case 5: return #"{"NULL":true}"#
    case 6: return #"{"SS":["b","a","longer than eight"]}"#
    case 7:
      let elements = (0..<(pick / 9 % 4)).map { _ in value(&seed, depth: depth - 1) }
      return #"{"L":[\#(elements.joined(separator: ", "))]}"#
    default: return #"{"M":\#(members(&seed, pick / 9 % 4, depth: depth - 1))}"#
    }
  }

  /// Attributes whose names come in no order.
  private func members(_ seed: inout UInt64, _ count: Int, depth: Int, more: String = "") -> String
  {
    // Some begin with the same eight bytes; of many, not all.
    let few = ["zeta", "alpha", "attribute", "é", "attributes", "m", "mm", "B"]
    let names = count < 8 ? few.prefix(count) : (0..<count).map { "a\($0 * 7 % count)" }[...]
    let all =
      names.map { #""\#($0)":\#(value(&seed, depth: depth))"# } + (more.isEmpty ? [] : [more])
    return "{" + all.joined(separator: ",") + "}"
  }

  /// An unused parameter sends a request the general way.
  private static let general = #","ReturnConsumedCapacity":"NONE"}"#

  @Test func plainAndGeneralRequestsDoTheSame() throws {
    let plain = try TestDatabase()
    let general = try TestDatabase()
    for database in [plain, general] { database.createTable("Items", sort: "N") }
    for number in 0..<500 {
      var seed = UInt64(number)
      let key = #""pk":{"S":"k\#(number % 50)"},"sk":{"N":"\#(number % 7 - 3).50"}"#
      let item = members(&seed, number % 50 == 0 ? 30 : number % 9, depth: 3, more: key)
      let put = #"{"TableName":"Items","Item":\#(item)"#
      let get = #"{"TableName":"Items","Key":{\#(key)}"#
      let written = plain.call("PutItem", put + "}")
      try #require(written == "{}", "\(put)")
      try #require(written == general.call("PutItem", put + Self.general), "\(put)")
      let read = plain.call("GetItem", get + "}")
      try #require(read == general.call("GetItem", get + Self.general), "\(put)")
    }
    #expect(try plain.store.pairs() == general.store.pairs())
  }

  @Test(arguments: [
    #"{"pk":{"S":""}}"#, #"{"pk":{"N":"1"}}"#, #"{"other":{"S":"a"}}"#, #"{"pk":{}}"#,
    #"{"pk":{"S":"a"},"pk":{"S":"b"}}"#, #"{"pk":{"S":"a","N":"1"}}"#,
    #"{"pk":{"S":"a"},"":{"S":"b"}}"#,
    #"{"pk":{"S":"a"},"n":{"N":"x"}}"#, #"{"pk":{"S":"a"},"n":{"NULL":false}}"#,
    #"{"pk":{"S":"a"},"n":{"SS":["x","x"]}}"#, #"{"pk":{"S":"a"},"n":{"SS":[]}}"#,
    #"{"pk":{"S":"a"},"n":{"B":"A"}}"#, #"{"pk":{"S":"a"},"n":{"B":"AB=="}}"#,
    #"{"pk":{"S":"a"},"n":{"B":"===="}}"#, #"{"pk":{"S":"a\u0041"}}"#, #"{"pk":{"S":"a"},}"#,
    #"{"pk":{"S":"a"}"#, #"{"pk":{"S":1}}"#, #"{"pk":{"S":"a"},"n":{"X":"1"}}"#, "{}", "[]",
  ])
  func oddItemsAreAnsweredAlike(_ item: String) throws {
    let plain = try TestDatabase()
    let general = try TestDatabase()
    for database in [plain, general] { database.createTable("Items") }
    for (operation, member) in [("PutItem", "Item"), ("GetItem", "Key")] {
      let request = #"{"TableName":"Items","\#(member)":\#(item)"#
      #expect(
        plain.call(operation, request + "}") == general.call(operation, request + Self.general))
    }
    #expect(try plain.store.pairs() == general.store.pairs())
  }
}
