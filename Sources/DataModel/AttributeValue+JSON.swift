// Attribute values in the API's JSON: {"S": "text"}, {"N": "1"}, {"M": {...}} and so on.
//
// Decoding goes from the reader's bytes to the value in one pass. Bad JSON and members of the wrong
// kind throw (the service's SerializationException); a value that is good JSON but that the service
// refuses is noted in `fault`, the first one only, and decoding goes on, because the service
// reports it later (see AttributeValueFault). A null member counts as absent, unknown members are
// ignored. Numbers in "N" must be JSON strings.

public import JSON

extension AttributeValue {
  /// Most maps and lists inside each other: the attribute itself is level 1 of 32, its deepest
  /// value level 32. Constraints page: nested attribute depth; the counting is recorded by suites.
  public static let containersMax = 31

  /// Reads the value that stands next. O(length).
  public static func read(
    from reader: inout JSONReader, fault: inout AttributeValueFault?
  ) throws(JSONFault) -> AttributeValue {
    try read(from: &reader, containers: 0, fault: &fault)
  }

  fileprivate static func read(
    from reader: inout JSONReader, containers: Int, fault: inout AttributeValueFault?
  ) throws(JSONFault) -> AttributeValue {
    var value = AttributeValue.null
    var first: ValueType?
    var hasSeveral = false
    try reader.beginObject()
    while let key = try reader.nextKey() {
      guard let type = ValueType(key) else {
        try reader.skipValue()
        continue
      }
      if try reader.readNullIfNext() { continue }
      hasSeveral = hasSeveral || (first ?? type) != type
      first = type
      value = try read(type, from: &reader, containers: containers, fault: &fault)
    }
    if first == nil { fault = fault ?? .empty }
    if hasSeveral { fault = fault ?? .severalTypes }
    return value
  }

  private static func read(
    _ type: ValueType, from reader: inout JSONReader, containers: Int,
    fault: inout AttributeValueFault?
  ) throws(JSONFault) -> AttributeValue {
    switch type {
    case .string: return .string(try reader.readString())
    case .number: return .number(try readNumber(from: &reader, fault: &fault))
    case .binary: return .binary(try reader.readBytes())
    case .boolean: return .boolean(try readBoolean(from: &reader))
    case .null:
      if try !readBoolean(from: &reader) { fault = fault ?? .falseNull }
      return .null
    case .stringSet: return try readStringSet(from: &reader, fault: &fault)
    case .numberSet: return try readNumberSet(from: &reader, fault: &fault)
    case .binarySet: return try readBinarySet(from: &reader, fault: &fault)
    case .list:
      if containers >= containersMax { fault = fault ?? .nesting }
      var values: [AttributeValue] = []
      try reader.beginArray()
      while try reader.nextElement() {
        values.append(try read(from: &reader, containers: containers + 1, fault: &fault))
      }
      return .list(values)
    case .map:
      if containers >= containersMax { fault = fault ?? .nesting }
      return .map(try AttributeMap.read(from: &reader, containers: containers + 1, fault: &fault))
    }
  }

  private static func readNumber(
    from reader: inout JSONReader, fault: inout AttributeValueFault?
  ) throws(JSONFault) -> Number {
    let text = try reader.readText()
    let outcome = text.hasEscapes ? Number.parse(text.string) : Number.parse(utf8: text.bytes)
    switch outcome {
    case .success(let number): return number
    case .failure(let refusal):
      fault = fault ?? .number(refusal)
      return .zero
    }
  }

  /// The service takes true and false also as texts.
  private static func readBoolean(from reader: inout JSONReader) throws(JSONFault) -> Bool {
    guard try reader.peek() == .string else { return try reader.readBool() }
    let offset = reader.offset
    switch try reader.readString().lowercased() {
    case "true", "1", "yes": return true
    case "false", "0", "no": return false
    default: throw JSONFault(.mismatch(expected: .boolean, found: .string), at: offset)
    }
  }

  private static func readStringSet(
    from reader: inout JSONReader, fault: inout AttributeValueFault?
  ) throws(JSONFault) -> AttributeValue {
    var values: [String] = []
    try reader.beginArray()
    while try reader.nextElement() { values.append(try reader.readString()) }
    if values.isEmpty { fault = fault ?? .emptyStringSet }
    if fault == nil, hasDuplicates(values, by: UTF8Order.precedes) {
      fault = .duplicateStrings(values)
    }
    return .stringSet(values)
  }

  private static func readNumberSet(
    from reader: inout JSONReader, fault: inout AttributeValueFault?
  ) throws(JSONFault) -> AttributeValue {
    var values: [Number] = []
    try reader.beginArray()
    while try reader.nextElement() {
      values.append(try readNumber(from: &reader, fault: &fault))
    }
    if values.isEmpty { fault = fault ?? .emptyNumberSet }
    if fault == nil, hasDuplicates(values, by: <) { fault = .duplicateNumbers }
    return .numberSet(values)
  }

  private static func readBinarySet(
    from reader: inout JSONReader, fault: inout AttributeValueFault?
  ) throws(JSONFault) -> AttributeValue {
    var values: [[UInt8]] = []
    try reader.beginArray()
    while try reader.nextElement() { values.append(try reader.readBytes()) }
    if values.isEmpty { fault = fault ?? .emptyBinarySet }
    if fault == nil, hasDuplicates(values, by: { $0.lexicographicallyPrecedes($1) }) {
      fault = .duplicateBinaries(values.map(Base64.text(of:)))
    }
    return .binarySet(values)
  }

  /// Sorted, equal values are neighbours.
  private static func hasDuplicates<Element>(
    _ values: [Element], by precedes: (Element, Element) -> Bool
  ) -> Bool {
    guard values.count > 1 else { return false }
    let sorted = values.sorted(by: precedes)
    return zip(sorted, sorted.dropFirst()).contains { !precedes($0, $1) }
  }
}

/// The API's type letters.
private enum ValueType {
  case string, number, binary, boolean, null, stringSet, numberSet, binarySet, list, map

  init?(_ key: JSONText) {
    guard !key.hasEscapes else {
      self.init(first: key.content.first, second: key.content.dropFirst().first, key)
      return
    }
    let bytes = key.bytes
    self.init(
      first: bytes.first, second: bytes.count > 1 ? bytes[1] : nil, key)
  }

  /// The first two letters leave one type each, or a longer word to be compared.
  private init?(first: UInt8?, second: UInt8?, _ key: JSONText) {
    switch (first, second) {
    case (UInt8(ascii: "S"), nil): self = .string
    case (UInt8(ascii: "N"), nil): self = .number
    case (UInt8(ascii: "M"), nil): self = .map
    case (UInt8(ascii: "L"), nil): self = .list
    case (UInt8(ascii: "B"), nil): self = .binary
    case (_, UInt8(ascii: "O")?) where key.equals("BOOL"): self = .boolean
    case (_, UInt8(ascii: "U")?) where key.equals("NULL"): self = .null
    case (_, UInt8(ascii: "S")?) where key.equals("SS"): self = .stringSet
    case (_, UInt8(ascii: "S")?) where key.equals("NS"): self = .numberSet
    case (_, UInt8(ascii: "S")?) where key.equals("BS"): self = .binarySet
    default: return nil
    }
  }
}

extension AttributeMap {
  /// Reads an object of attribute values; a name given twice keeps its last value.
  public static func read(
    from reader: inout JSONReader, fault: inout AttributeValueFault?
  ) throws(JSONFault) -> AttributeMap {
    try read(from: &reader, containers: 0, fault: &fault)
  }

  fileprivate static func read(
    from reader: inout JSONReader, containers: Int, fault: inout AttributeValueFault?
  ) throws(JSONFault) -> AttributeMap {
    var attributes: [Attribute] = []
    try reader.beginObject()
    while let key = try reader.nextKey() {
      let name = key.string
      let value = try AttributeValue.read(from: &reader, containers: containers, fault: &fault)
      attributes.append(Attribute(name: name, value: value))
    }
    return AttributeMap(unsorted: attributes)
  }
}

extension Item {
  /// Reads an item or key. O(length + n log n).
  public static func read(
    from reader: inout JSONReader, fault: inout AttributeValueFault?
  ) throws(JSONFault) -> Item {
    Item(try AttributeMap.read(from: &reader, fault: &fault))
  }
}
