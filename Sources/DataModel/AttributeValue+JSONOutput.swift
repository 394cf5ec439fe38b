// Writes attribute values and items as the API's JSON, straight into a byte buffer.
//
// No white space, members in the order they are stored (sorted by name), numbers as strings in
// plain decimals, bytes as base64.

import JSON

extension AttributeValue {
  /// Appends {"S":"text"} and the like. O(content).
  public func appendJSON(to bytes: inout [UInt8]) {
    switch self {
    case .string(let value):
      JSONBytes.append(raw: "{\"S\":", to: &bytes)
      JSONBytes.append(quoted: value, to: &bytes)
    case .number(let value):
      JSONBytes.append(raw: "{\"N\":\"", to: &bytes)
      value.appendText(to: &bytes)
      bytes.append(UInt8(ascii: "\""))
    case .binary(let value):
      JSONBytes.append(raw: "{\"B\":\"", to: &bytes)
      Base64.append(value, to: &bytes)
      bytes.append(UInt8(ascii: "\""))
    case .boolean(let value):
      JSONBytes.append(raw: value ? "{\"BOOL\":true" : "{\"BOOL\":false", to: &bytes)
    case .null:
      JSONBytes.append(raw: "{\"NULL\":true", to: &bytes)
    case .stringSet(let values):
      Self.append("{\"SS\":[", values, to: &bytes) { JSONBytes.append(quoted: $0, to: &$1) }
    case .numberSet(let values):
      Self.append("{\"NS\":[", values, to: &bytes) { value, bytes in
        bytes.append(UInt8(ascii: "\""))
        value.appendText(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
      }
    case .binarySet(let values):
      Self.append("{\"BS\":[", values, to: &bytes) { value, bytes in
        bytes.append(UInt8(ascii: "\""))
        Base64.append(value, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
      }
    case .list(let values):
      Self.append("{\"L\":[", values, to: &bytes) { $0.appendJSON(to: &$1) }
    case .map(let map):
      JSONBytes.append(raw: "{\"M\":", to: &bytes)
      map.appendJSON(to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private static func append<Element>(
    _ opening: StaticString, _ elements: [Element], to bytes: inout [UInt8],
    _ body: (Element, inout [UInt8]) -> Void
  ) {
    JSONBytes.append(raw: opening, to: &bytes)
    var isFirst = true
    for element in elements {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      body(element, &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  /// The value's JSON as text, for messages and tests.
  public var json: String {
    var bytes: [UInt8] = []
    appendJSON(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension AttributeMap {
  /// Appends {"name":{"S":"text"},...}. O(content).
  public func appendJSON(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    for attribute in attributes {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      JSONBytes.append(quoted: attribute.name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      attribute.value.appendJSON(to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }
}

extension Item {
  /// Appends {"name":{"S":"text"},...}. O(content).
  public func appendJSON(to bytes: inout [UInt8]) { content.appendJSON(to: &bytes) }

  /// The item's JSON as text, for messages and tests.
  public var json: String { AttributeValue.map(content).json.droppingMapFrame }
}

extension String {
  /// {"M":{...}} without its frame.
  fileprivate var droppingMapFrame: String { String(dropFirst(5).dropLast()) }
}
