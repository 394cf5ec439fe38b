// A JSON document as a tree, for cold paths: configuration, tests, tags.
//
// Numbers keep their text, so that nothing is rounded before somebody asks. Members keep their
// order; of a name given twice `subscript` finds the last, as most readers do.

/// A JSON value.
public indirect enum JSONValue: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// A number, as written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])

  /// Reads one document and nothing behind it. O(length).
  public static func parse(_ bytes: [UInt8]) throws(JSONFault) -> JSONValue {
    var outcome: Swift.Result<JSONValue, JSONFault> = .success(.null)
    bytes.withUnsafeBytes { buffer in
      var reader = JSONReader(buffer)
      do throws(JSONFault) {
        let value = try reader.readValue()
        try reader.finish()
        outcome = .success(value)
      } catch {
        outcome = .failure(error)
      }
    }
    return try outcome.get()
  }

  /// Reads one document from text.
  public static func parse(_ text: String) throws(JSONFault) -> JSONValue {
    try parse([UInt8](text.utf8))
  }

  /// The value of an object's member; nil when it has none of that name or is no object.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name == name }?.value
  }

  /// The value of an array's element; nil when there is none or it is no array.
  public subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  public var boolean: Bool? {
    guard case .boolean(let flag) = self else { return nil }
    return flag
  }

  public var integer: Int64? {
    guard case .number(let text) = self else { return nil }
    return Int64(text)
  }

  public var double: Double? {
    guard case .number(let text) = self else { return nil }
    return Double(text)
  }

  public var elements: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  public var members: [JSONMember]? {
    guard case .object(let members) = self else { return nil }
    return members
  }
}

/// A name and value of an object.
public struct JSONMember: Hashable, Sendable {
  public let name: String
  public let value: JSONValue

  public init(name: String, value: JSONValue) {
    self.name = name
    self.value = value
  }
}

extension JSONReader {
  /// Reads the next value into a tree.
  public mutating func readValue() throws(JSONFault) -> JSONValue {
    switch try peek() {
    case .null:
      try readNull()
      return .null
    case .boolean: return .boolean(try readBool())
    case .number: return .number(try readNumberText().string)
    case .string: return .string(try readString())
    case .array:
      var elements: [JSONValue] = []
      try beginArray()
      while try nextElement() { elements.append(try readValue()) }
      return .array(elements)
    case .object:
      var members: [JSONMember] = []
      try beginObject()
      while let key = try nextKey() {
        members.append(JSONMember(name: key.string, value: try readValue()))
      }
      return .object(members)
    }
  }
}
