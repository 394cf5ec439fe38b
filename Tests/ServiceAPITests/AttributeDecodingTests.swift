// Attribute values from the wire and back, and the values that are refused.
//
// Why: a value that is stored otherwise than it was sent is the worst error an engine can make.

import DataModel
import ServiceAPI
import Testing

@Suite struct AttributeDecodingTests {
  /// What goes in and what must come out, byte for byte.
  static let roundTrips: [(String, String)] = [
    (#"{"S":"a\"\\\n\u0001é😀"}"#, #"{"S":"a\"\\\n\u0001é😀"}"#),
    (#"{"S":""}"#, #"{"S":""}"#),
    (#"{"N":"0010.50e2"}"#, #"{"N":"1050"}"#),
    (#"{"N":"-0"}"#, #"{"N":"0"}"#),
    (#"{"B":"AAEC"}"#, #"{"B":"AAEC"}"#),
    (#"{"B":"AA=="}"#, #"{"B":"AA=="}"#),
    (#"{"B":""}"#, #"{"B":""}"#),
    (#"{"BOOL":false}"#, #"{"BOOL":false}"#),
    (#"{"NULL":true}"#, #"{"NULL":true}"#),
    (#"{"SS":["b","a"]}"#, #"{"SS":["b","a"]}"#),
    (#"{"NS":["1","2.0"]}"#, #"{"NS":["1","2"]}"#),
    (#"{"BS":["AA==","AQ=="]}"#, #"{"BS":["AA==","AQ=="]}"#),
    (#"{"L":[{"N":"1"},{"L":[]}]}"#, #"{"L":[{"N":"1"},{"L":[]}]}"#),
    (#"{"M":{"b":{"S":"x"},"a":{"M":{}}}}"#, #"{"M":{"a":{"M":{}},"b":{"S":"x"}}}"#),
  ]

  @Test(arguments: roundTrips.indices) func comesBack(_ index: Int) throws {
    let (input, output) = Self.roundTrips[index]
    let wire = try #require(WireValue(body: Array(input.utf8)))
    var writer = ReplyWriter()
    writer.value(try AttributeDecoding.value(wire))
    #expect(String(decoding: writer.bytes, as: UTF8.self) == output)
  }

  static let refused: [(String, String)] = [
    ("{}", "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (
      #"{"S":"a","N":"1"}"#,
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
        + "supported datatypes"
    ),
    (
      #"{"NULL":false}"#,
      "One or more parameter values were invalid: Null attribute value types must have the value "
        + "of true"
    ),
    (#"{"N":"x"}"#, "The parameter cannot be converted to a numeric value: x"),
    (
      #"{"SS":["a","a"]}"#,
      "One or more parameter values were invalid: Input collection [a, a] contains duplicates."
    ),
    (#"{"NS":["1","1.0"]}"#, "Input collection contains duplicates"),
    (#"{"SS":[]}"#, "One or more parameter values were invalid: An string set  may not be empty"),
    (#"{"BS":[]}"#, "One or more parameter values were invalid: Binary sets should not be empty"),
  ]

  @Test(arguments: refused.indices) func isRefused(_ index: Int) throws {
    let (input, message) = Self.refused[index]
    let wire = try #require(WireValue(body: Array(input.utf8)))
    let error = #expect(throws: ServiceError.self) { try AttributeDecoding.value(wire) }
    #expect(error?.message == message)
  }

  @Test func nestingEndsAtTheLimit() throws {
    func nested(_ levels: Int) -> [UInt8] {
      Array(
        (String(repeating: #"{"L":["#, count: levels) + #"{"S":"x"}"#
          + String(repeating: "]}", count: levels)).utf8)
    }
    let allowed = try #require(WireValue(body: nested(32)))
    #expect(throws: Never.self) { try AttributeDecoding.value(allowed) }
    let refused = try #require(WireValue(body: nested(33)))
    #expect(throws: ServiceError.self) { try AttributeDecoding.value(refused) }
  }
}
