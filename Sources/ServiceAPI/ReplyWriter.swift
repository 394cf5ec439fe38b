// Writes the service's answers: compact JSON into bytes, attribute values included.
//
// Like JSONWriter but for the request path: it keeps bytes, checks nothing about nesting and needs
// no stack. The one piece of state is whether a comma is due. Attribute values are written in the
// wire format of the API: numbers as text, binary as base64.

public import Capacity
public import DataModel

/// Builds one response body.
public struct ReplyWriter: Sendable {
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false

  /// With room for an answer of `capacity` bytes.
  public init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

  public mutating func beginObject() {
    separate()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
  }

  public mutating func endObject() {
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  public mutating func beginArray() {
    separate()
    bytes.append(UInt8(ascii: "["))
    needsComma = false
  }

  public mutating func endArray() {
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  public mutating func key(_ name: String) {
    separate()
    quote(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  public mutating func value(_ text: String) {
    separate()
    quote(text)
    needsComma = true
  }

  public mutating func value(_ flag: Bool) { raw(flag ? "true" : "false") }

  public mutating func value(_ number: Int) { raw(String(number)) }

  /// Units with one decimal, as the service writes them.
  public mutating func value(_ units: CapacityUnits) {
    raw(String(units.halves / 2) + (units.halves % 2 == 0 ? ".0" : ".5"))
  }

  /// Seconds since 1970 with three decimals.
  public mutating func value(epochMilliseconds: Int64) {
    let fraction = String(epochMilliseconds % 1_000)
    let padding = String(repeating: "0", count: max(0, 3 - fraction.utf8.count))
    raw(String(epochMilliseconds / 1_000) + "." + padding + fraction)
  }

  public mutating func member(_ name: String, _ text: String) {
    key(name)
    value(text)
  }

  public mutating func member(_ name: String, _ flag: Bool) {
    key(name)
    value(flag)
  }

  public mutating func member(_ name: String, _ number: Int) {
    key(name)
    value(number)
  }

  /// A piece of a request, given back as it came.
  public mutating func value(wire: WireValue) {
    switch wire {
    case .null: raw("null")
    case .boolean(let flag): value(flag)
    case .number(let text): raw(text)
    case .string(let text): value(text)
    case .array(let values):
      beginArray()
      for element in values { value(wire: element) }
      endArray()
    case .object(let members):
      beginObject()
      for member in members {
        key(member.name)
        value(wire: member.value)
      }
      endObject()
    }
  }

  /// Attributes by name, as an object.
  public mutating func attributes(_ map: AttributeMap) {
    beginObject()
    for attribute in map.attributes {
      key(attribute.name)
      value(attribute.value)
    }
    endObject()
  }

  /// An attribute value with its type descriptor.
  public mutating func value(_ value: AttributeValue) {
    beginObject()
    key(value.apiName)
    switch value {
    case .string(let text): self.value(text)
    case .number(let number): self.value(number.text)
    case .binary(let content): binary(content)
    case .boolean(let flag): self.value(flag)
    case .null: self.value(true)
    case .stringSet(let texts): list(texts) { $0.value($1) }
    case .numberSet(let numbers): list(numbers) { $0.value($1.text) }
    case .binarySet(let contents): list(contents) { $0.binary($1) }
    case .list(let values): list(values) { $0.value($1) }
    case .map(let map): attributes(map)
    }
    endObject()
  }

  private mutating func list<Element>(
    _ elements: [Element], _ write: (inout ReplyWriter, Element) -> Void
  ) {
    beginArray()
    for element in elements { write(&self, element) }
    endArray()
  }

  private mutating func binary(_ content: [UInt8]) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    Base64.append(content, to: &bytes)
    bytes.append(UInt8(ascii: "\""))
    needsComma = true
  }

  private mutating func raw(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  /// A value that `write` writes into room for `room` bytes and whose length it returns; 0 when it
  /// did not succeed, which leaves this writer as it was.
  public mutating func value(
    room: Int, _ write: (UnsafeMutableBufferPointer<UInt8>) -> Int
  ) {
    let start = bytes.count
    separate()
    let first = bytes.count
    bytes.append(addingCapacity: room) { span in
      span.withUnsafeMutableBufferPointer { memory, count in count = write(memory) }
    }
    if bytes.count == first {
      bytes.removeSubrange(start...)
    } else {
      needsComma = true
    }
  }

  private mutating func quote(_ text: String) {
    var text = text
    text.withUTF8 { quote(UnsafeRawBufferPointer($0)) }
  }

  /// Appends runs of plain bytes at once and escapes the rest.
  private mutating func quote(_ text: UnsafeRawBufferPointer) {
    bytes.append(UInt8(ascii: "\""))
    var start = 0
    var at = 0
    while at < text.count {
      if text.count - at >= 32, !JSONText.mayEnd(text, from: at) {
        at += 32
        continue
      }
      if text.count - at >= 8,
        !JSONText.mayEnd(text.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      {
        at += 8
        continue
      }
      let byte = text[at]
      at += 1
      if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start..<(at - 1)]))
      escape(byte)
      start = at
    }
    bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start...]))
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
    case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
    case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
    case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
    case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
    case 0..<0x20:
      bytes.append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
      bytes.append(contentsOf: String(byte, radix: 16).utf8)
    default: bytes.append(byte)
    }
  }
}
