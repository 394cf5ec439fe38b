// The optional arguments of a request: one map from parameter number to value, or null.
//
// Clients may send a parameter twice (the Python client sends conditions as text and again parsed);
// the last one counts, as it does with any map. What ConsumedCapacity and the like ask for keeps
// the API's words. Numbers: features.md 2.4.

/// Optional arguments as they came.
public struct RequestOptions: Hashable, Sendable {
  public var projection: [UInt8]?
  public var isConsistent = false
  /// NONE, TOTAL or INDEXES; nil when the client did not say.
  public var returnConsumedCapacity: String?
  public var condition: [UInt8]?
  /// NONE or SIZE.
  public var returnItemCollectionMetrics: String?
  public var returnValues: String?
  public var update: [UInt8]?
  public var exclusiveStartKey: [UInt8]?
  public var filter: [UInt8]?
  public var indexName: String?
  public var limit: Int?
  public var scansForward: Bool?
  public var select: String?
  public var segment: Int?
  public var totalSegments: Int?
  public var clientRequestToken: String?

  public init() {}

  /// Reads the map, or null.
  init(from reader: inout CBORReader) throws(CBORFault) {
    if try reader.readNullIfNext() { return }
    var count = try reader.beginMap()
    while try reader.next(&count) {
      let number = try reader.readInteger()
      guard let parameter = Parameter(rawValue: number) else {
        throw reader.fault(.malformed("parameter \(number) is not known"))
      }
      try read(parameter, from: &reader)
    }
  }

  private enum Parameter: Int {
    case projection = 0
    case attributeNames, consistentRead, returnConsumedCapacity, condition, attributeValues
    case returnItemCollectionMetrics, returnValues, update, exclusiveStartKey, filter, indexName
    case keyCondition, limit, scanIndexForward, select, segment, totalSegments, requestItems
    case clientRequestToken
  }

  private mutating func read(
    _ parameter: Parameter, from reader: inout CBORReader
  ) throws(CBORFault) {
    switch parameter {
    case .projection: projection = try reader.readBytes()
    case .consistentRead: isConsistent = try reader.readFlag()
    case .returnConsumedCapacity:
      returnConsumedCapacity = try reader.readWord(["NONE", "TOTAL", "INDEXES"])
    case .condition: condition = try reader.readBytes()
    case .returnItemCollectionMetrics:
      returnItemCollectionMetrics = try reader.readWord(["NONE", "SIZE"])
    case .returnValues:
      returnValues = try reader.readWord(
        ["", "NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"])
    case .update: update = try reader.readBytes()
    case .exclusiveStartKey: exclusiveStartKey = try reader.readBytes()
    case .filter: filter = try reader.readBytes()
    case .indexName: indexName = try reader.readName()
    case .limit: limit = try reader.readInteger()
    case .scanIndexForward: scansForward = try reader.readFlag()
    case .select:
      select = try reader.readWord(
        ["", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES"])
    case .segment: segment = try reader.readInteger()
    case .totalSegments: totalSegments = try reader.readInteger()
    case .clientRequestToken: clientRequestToken = try reader.readName()
    // Expressions come with their names and values filled in.
    case .attributeNames, .attributeValues, .keyCondition, .requestItems: try reader.skip()
    }
  }
}

extension CBORReader {
  /// A name, which clients send as bytes or as text.
  mutating func readName() throws(CBORFault) -> String {
    if try peek() == .text { return try readText() }
    let start = offset
    guard let name = String(validating: try readBytes(), as: UTF8.self) else {
      throw CBORFault(.malformed("a name that is no UTF-8"), at: start)
    }
    return name
  }

  /// A flag, which clients send as boolean or as 0 and 1.
  mutating func readFlag() throws(CBORFault) -> Bool {
    try peek() == .boolean ? try readBoolean() : try readInteger() != 0
  }

  /// The word that an integer stands for; an empty word is no value.
  mutating func readWord(_ words: [String]) throws(CBORFault) -> String {
    let start = offset
    let number = try readInteger()
    guard words.indices.contains(number), !words[number].isEmpty else {
      throw CBORFault(.malformed("\(number) is none of \(words)"), at: start)
    }
    return words[number]
  }

  /// Bytes, or nil for null.
  mutating func readBytesOrNull() throws(CBORFault) -> [UInt8]? {
    try readNullIfNext() ? nil : try readBytes()
  }

  /// Text, or nil for null.
  mutating func readTextOrNull() throws(CBORFault) -> String? {
    try readNullIfNext() ? nil : try readText()
  }

  /// An array of values that `element` reads; null is an empty one.
  mutating func readArray<Element>(
    _ element: (inout CBORReader) throws(CBORFault) -> Element
  ) throws(CBORFault) -> [Element] {
    if try readNullIfNext() { return [] }
    var elements: [Element] = []
    var count = try beginArray()
    while try next(&count) { elements.append(try element(&self)) }
    return elements
  }
}
