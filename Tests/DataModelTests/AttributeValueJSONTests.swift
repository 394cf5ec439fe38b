// Attribute values through the API's JSON: every type both ways, and the service's refusals of what
// is good JSON but no value.

import DataModel
import JSON
import Testing

private struct Pair: CustomTestStringConvertible, Sendable {
  let json: String
  let value: AttributeValue
  var testDescription: String { json }
}

private let pairs = [
  Pair(json: #"{"S":""}"#, value: .string("")),
  Pair(json: #"{"S":"é \"q\" \\ \n \u0001"}"#, value: .string("é \"q\" \\ \n \u{1}")),
  Pair(json: #"{"N":"-12.5"}"#, value: .number(Number("-12.5")!)),
  Pair(json: #"{"N":"0.00000000000000000001"}"#, value: .number(Number("1e-20")!)),
  Pair(json: #"{"B":"AQID"}"#, value: .binary([1, 2, 3])),
  Pair(json: #"{"BOOL":false}"#, value: .boolean(false)),
  Pair(json: #"{"NULL":true}"#, value: .null),
  Pair(json: #"{"SS":["b","a"]}"#, value: .stringSet(["b", "a"])),
  Pair(json: #"{"NS":["1","-2"]}"#, value: .numberSet([1, -2])),
  Pair(json: #"{"BS":["AQ==",""]}"#, value: .binarySet([[1], []])),
  Pair(json: #"{"L":[]}"#, value: .list([])),
  Pair(json: #"{"M":{}}"#, value: .map([:])),
  Pair(
    json: #"{"M":{"a":{"L":[{"N":"1"},{"M":{"b":{"S":"c"}}}]},"z":{"NULL":true}}}"#,
    value: .map(["a": .list([1, .map(["b": .string("c")])]), "z": .null])),
]

private let refusals: [(String, String)] = [
  ("{}", "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
  (
    #"{"X":1}"#,
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
  ),
  (
    #"{"S":null}"#,
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
  ),
  (
    #"{"L":[{}]}"#,
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
  ),
  (
    #"{"M":{"a":{}}}"#,
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
  ),
  (
    #"{"S":"a","N":"1"}"#,
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
      + "supported datatypes"
  ),
  (#"{"S":"a","N":""}"#, "The parameter cannot be converted to a numeric value"),
  (#"{"S":"a","N":"b"}"#, "The parameter cannot be converted to a numeric value: b"),
  (#"{"NS":["1","b"]}"#, "The parameter cannot be converted to a numeric value: b"),
  (
    #"{"N":"123456789012345678901234567890123456789"}"#,
    "Attempting to store more than 38 significant digits in a Number"
  ),
  (
    #"{"N":"1e126"}"#,
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
  ),
  (
    #"{"N":"-1e-131"}"#,
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
  ),
  (
    #"{"NULL":false}"#,
    "One or more parameter values were invalid: Null attribute value types must have the value of "
      + "true"
  ),
  (
    #"{"NULL":"no"}"#,
    "One or more parameter values were invalid: Null attribute value types must have the value of "
      + "true"
  ),
  (#"{"SS":[]}"#, "One or more parameter values were invalid: An string set  may not be empty"),
  (#"{"NS":[]}"#, "One or more parameter values were invalid: An number set  may not be empty"),
  (#"{"BS":[]}"#, "One or more parameter values were invalid: Binary sets should not be empty"),
  (
    #"{"SS":["a","a"]}"#,
    "One or more parameter values were invalid: Input collection [a, a] contains duplicates."
  ),
  (#"{"NS":["1","1.0"]}"#, "Input collection contains duplicates"),
  (
    #"{"BS":["Yg==","Yg=="]}"#,
    "One or more parameter values were invalid: Input collection [Yg==, Yg==]of type BS contains "
      + "duplicates."
  ),
]

/// `depth` maps around a string.
private func nested(_ depth: Int) -> String {
  String(repeating: #"{"M":{"n":"#, count: depth) + #"{"S":"leaf"}"#
    + String(repeating: "}}", count: depth)
}

private func read(_ json: String) throws -> (AttributeValue, String?) {
  try Array(json.utf8).withUnsafeBytes { buffer in
    var reader = JSONReader(buffer)
    var fault: AttributeValueFault?
    let value = try AttributeValue.read(from: &reader, fault: &fault)
    try reader.finish()
    return (value, fault?.message)
  }
}

@Suite struct AttributeValueJSONTests {
  @Test(arguments: pairs)
  fileprivate func reads(_ pair: Pair) throws {
    let (value, fault) = try read(pair.json)
    #expect(value == pair.value)
    #expect(fault == nil)
  }

  @Test(arguments: pairs)
  fileprivate func writes(_ pair: Pair) throws {
    #expect(pair.value.json == pair.json)
  }

  @Test(arguments: refusals)
  func notesAFault(_ json: String, _ message: String) throws {
    #expect(try read(json).1 == message)
  }

  @Test func countsNestingFromTheAttribute() throws {
    #expect(try read(nested(31)).1 == nil)
    #expect(try read(nested(31)).0.containerDepth == 31)
    #expect(
      try read(nested(32)).1
        == "Nesting Levels have exceeded supported limits: Attributes in the item have nested "
        + "levels beyond supported limit")
  }

  @Test(arguments: [
    (#"{"S":1}"#, JSONFault.Reason.mismatch(expected: .string, found: .number)),
    (#"{"N":1}"#, .mismatch(expected: .string, found: .number)),
    (#"{"SS":"a"}"#, .mismatch(expected: .array, found: .string)),
    (#"{"M":[]}"#, .mismatch(expected: .object, found: .array)),
    (#""S""#, .mismatch(expected: .object, found: .string)),
    (#"{"BOOL":"maybe"}"#, .mismatch(expected: .boolean, found: .string)),
    (#"{"B":"abc"}"#, .badBase64(characters: 3)),
    (#"{"S":"#, .endOfText),
  ])
  func throwsOnBadShape(_ json: String, _ reason: JSONFault.Reason) {
    let fault = #expect(throws: JSONFault.self) { try read(json) }
    #expect(fault?.reason == reason)
  }

  @Test func readsItemsWithTheLastOfEachName() throws {
    let json = #"{"b":{"S":"x"},"a":{"N":"1"},"b":{"S":"y"}}"#
    let item = try Array(json.utf8).withUnsafeBytes { buffer in
      var reader = JSONReader(buffer)
      var fault: AttributeValueFault?
      return try Item.read(from: &reader, fault: &fault)
    }
    #expect(item == ["a": 1, "b": .string("y")])
    #expect(item.json == #"{"a":{"N":"1"},"b":{"S":"y"}}"#)
  }
}
