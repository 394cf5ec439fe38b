// Attribute values in CBOR: text, number, bytes, boolean, null, array and map stand for S, N, B,
// BOOL, NULL, L and M; sets are arrays behind a tag of the protocol's own (features.md 2.4).

public import DataModel

extension CBORReader {
  /// Reads the attribute value that stands next.
  public mutating func readAttributeValue() throws(CBORFault) -> AttributeValue {
    try readAttributeValue(containers: 0)
  }

  private mutating func readAttributeValue(containers: Int) throws(CBORFault) -> AttributeValue {
    switch try peek() {
    case .text: return .string(try readText())
    case .bytes: return .binary(try readBytes())
    case .unsigned, .negative, .float: return .number(try readNumber())
    case .boolean: return .boolean(try readBoolean())
    case .null, .undefined:
      _ = try readNullIfNext()
      return .null
    case .tag: return try readTagged()
    case .array, .map:
      guard containers < AttributeValue.containersMax else {
        throw fault(.refused(Self.nestingMessage))
      }
      return try readContainer(containers: containers + 1)
    case .simple, .stop: throw fault(.mismatch(expected: "an attribute value"))
    }
  }

  private static let nestingMessage =
    "Nesting Levels have exceeded supported limits: "
    + "Attributes of type Map or List have nested levels exceeding supported limits"

  private mutating func readContainer(containers: Int) throws(CBORFault) -> AttributeValue {
    if try peek() == .array {
      var values: [AttributeValue] = []
      var count = try beginArray()
      while try next(&count) { values.append(try readAttributeValue(containers: containers)) }
      return .list(values)
    }
    var attributes: [Attribute] = []
    var count = try beginMap()
    while try next(&count) {
      let name = try readText()
      attributes.append(
        Attribute(name: name, value: try readAttributeValue(containers: containers)))
    }
    return .map(AttributeMap(unsorted: attributes))
  }

  /// A set, or a number that is no plain integer.
  private mutating func readTagged() throws(CBORFault) -> AttributeValue {
    var inner = self
    let tag = try inner.readTag()
    guard tag >= CBORTag.stringSet, tag <= CBORTag.binarySet else {
      return .number(try readNumber())
    }
    self = inner
    var count = try beginArray()
    switch tag {
    case CBORTag.stringSet:
      var values: [String] = []
      while try next(&count) { values.append(try readText()) }
      return .stringSet(values)
    case CBORTag.numberSet:
      var values: [Number] = []
      while try next(&count) { values.append(try readNumber()) }
      return .numberSet(values)
    default:
      var values: [[UInt8]] = []
      while try next(&count) { values.append(try readBytes()) }
      return .binarySet(values)
    }
  }

  /// A map from names to values, as items come where there is no key schema.
  public mutating func readItem() throws(CBORFault) -> Item {
    var attributes: [Attribute] = []
    var count = try beginMap()
    while try next(&count) {
      let name = try readText()
      attributes.append(Attribute(name: name, value: try readAttributeValue()))
    }
    return Item(AttributeMap(unsorted: attributes))
  }
}

extension CBORWriter {
  public mutating func attributeValue(_ value: AttributeValue) {
    switch value {
    case .string(let text): self.text(text)
    case .number(let number): self.number(number)
    case .binary(let bytes): byteString(bytes)
    case .boolean(let flag): boolean(flag)
    case .null: null()
    case .stringSet(let values):
      tag(CBORTag.stringSet)
      array(values.count)
      for value in values { text(value) }
    case .numberSet(let values):
      tag(CBORTag.numberSet)
      array(values.count)
      for value in values { number(value) }
    case .binarySet(let values):
      tag(CBORTag.binarySet)
      array(values.count)
      for value in values { byteString(value) }
    case .list(let values):
      array(values.count)
      for value in values { attributeValue(value) }
    case .map(let content): map(of: content)
    }
  }

  /// Names and values, the length ahead.
  private mutating func map(of content: AttributeMap) {
    map(content.count)
    for attribute in content.attributes {
      text(attribute.name)
      attributeValue(attribute.value)
    }
  }

  /// A map from names to values of indefinite length, as keys of indexes go over the wire.
  public mutating func compoundKey(_ key: Item) {
    openMap()
    for attribute in key.attributes {
      text(attribute.name)
      attributeValue(attribute.value)
    }
    stop()
  }
}
