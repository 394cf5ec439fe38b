// Bodies of the requests to the endpoint, in the API's JSON.
//
// Members come in a fixed order, so that the body of a Query or Scan is the same for the same
// parameters and can stand for them in the query cache.

import DataModel
import DaxProtocol
import JSON

/// A JSON object under construction.
struct EndpointRequest {
  private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]
  private var isEmpty = true

  init() {}

  init(table: String) { text("TableName", table) }

  /// The whole body.
  var body: [UInt8] { bytes + [UInt8(ascii: "}")] }

  private mutating func key(_ name: StaticString) {
    if !isEmpty { bytes.append(UInt8(ascii: ",")) }
    isEmpty = false
    bytes.append(UInt8(ascii: "\""))
    JSONBytes.append(raw: name, to: &bytes)
    JSONBytes.append(raw: "\":", to: &bytes)
  }

  mutating func text(_ name: StaticString, _ value: String?) {
    guard let value else { return }
    key(name)
    JSONBytes.append(quoted: value, to: &bytes)
  }

  mutating func integer(_ name: StaticString, _ value: Int?) {
    guard let value else { return }
    key(name)
    bytes += String(value).utf8
  }

  mutating func flag(_ name: StaticString, _ value: Bool?) {
    guard let value else { return }
    key(name)
    JSONBytes.append(raw: value ? "true" : "false", to: &bytes)
  }

  mutating func item(_ name: StaticString, _ value: Item?) {
    guard let value else { return }
    key(name)
    value.appendJSON(to: &bytes)
  }

  /// A member whose value `body` appends.
  mutating func member(_ name: StaticString, _ body: (inout [UInt8]) -> Void) {
    key(name)
    body(&bytes)
  }

  /// The placeholders that expressions have left.
  mutating func placeholders(of text: ExpressionText) {
    if !text.names.isEmpty {
      member("ExpressionAttributeNames") { bytes in
        Self.append(text.names, prefix: "#n", to: &bytes) {
          JSONBytes.append(quoted: $0, to: &$1)
        }
      }
    }
    guard !text.values.isEmpty else { return }
    member("ExpressionAttributeValues") { bytes in
      Self.append(text.values, prefix: ":v", to: &bytes) { $0.appendJSON(to: &$1) }
    }
  }

  private static func append<Element>(
    _ elements: [Element], prefix: String, to bytes: inout [UInt8],
    _ body: (Element, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: "{"))
    for (number, element) in elements.enumerated() {
      if number > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONBytes.append(quoted: "\(prefix)\(number)", to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      body(element, &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// A JSON array whose elements `body` appends.
  static func array<Element>(
    _ elements: [Element], to bytes: inout [UInt8], _ body: (Element, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: "["))
    for (number, element) in elements.enumerated() {
      if number > 0 { bytes.append(UInt8(ascii: ",")) }
      body(element, &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }
}
