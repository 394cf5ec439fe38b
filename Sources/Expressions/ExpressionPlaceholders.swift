// The substitutions of one request (#name, :value) and which of them its expressions have used.
//
// One value goes through the parsing of all expressions of a request; then `checkUsed` refuses what
// none has used. Names and values are checked for form before the first expression is read, which
// is the service's order. The keys of a refusal are sorted, for the service gives them no order.

public import DataModel

/// Names and values that a request's expressions may refer to.
public struct ExpressionPlaceholders: Sendable {
  /// A substitution and whether an expression has used it.
  private struct Entry<Value: Sendable>: Sendable {
    let key: String
    let value: Value
    var isUsed = false
  }

  // Sorted by key: a request has a handful, for which a search beats hashing and sets.
  private var names: [Entry<String>] = []
  private var values: [Entry<AttributeValue>] = []

  /// No names and no values.
  public init() {}

  /// - Parameters:
  ///   - names: ExpressionAttributeNames; nil when the request has none.
  ///   - values: ExpressionAttributeValues; nil when the request has none.
  public init(
    names: [String: String]?, values: [String: AttributeValue]?
  ) throws(ExpressionFault) {
    try self.init(
      namePairs: names.map { $0.map { ($0.key, $0.value) } },
      valuePairs: values.map { $0.map { ($0.key, $0.value) } })
  }

  /// As pairs in any order, the way they are read; of a key given twice the last one stays.
  public init(
    namePairs: [(String, String)]?, valuePairs: [(String, AttributeValue)]?
  ) throws(ExpressionFault) {
    names = try Self.entries(namePairs, mark: UInt8(ascii: "#"), of: "ExpressionAttributeNames")
    values = try Self.entries(valuePairs, mark: UInt8(ascii: ":"), of: "ExpressionAttributeValues")
    let bytes = values.reduce(0) { $0 + $1.value.sizeInBytes }
    guard bytes <= ExpressionLimits.valuesBytesMax else {
      throw ExpressionFault("ExpressionAttributeValues exceeds max size")
    }
  }

  /// The refusal of a value that is wrong in itself.
  public static func fault(
    ofValue fault: AttributeValueFault, key: String
  ) -> ExpressionFault {
    ExpressionFault(
      "ExpressionAttributeValues contains invalid value: \(fault.message) for key \(key)")
  }

  /// Refuses names and values that no expression has used.
  public func checkUsed() throws(ExpressionFault) {
    try Self.checkUsed(names, of: "ExpressionAttributeNames")
    try Self.checkUsed(values, of: "ExpressionAttributeValues")
  }

  mutating func name(_ key: String, in kind: ExpressionKind) throws(ExpressionFault) -> String {
    guard let place = Self.place(of: key, in: names) else {
      throw kind.fault(
        "An expression attribute name used in the document path is not defined; "
          + "attribute name: \(key)")
    }
    names[place].isUsed = true
    return names[place].value
  }

  mutating func value(
    _ key: String, in kind: ExpressionKind
  ) throws(ExpressionFault) -> AttributeValue {
    guard let place = Self.place(of: key, in: values) else {
      throw kind.fault(
        "An expression attribute value used in expression is not defined; "
          + "attribute value: \(key)")
    }
    values[place].isUsed = true
    return values[place].value
  }

  /// Binary search; keys are ASCII, which String compares by bytes.
  private static func place<Value>(of key: String, in entries: [Entry<Value>]) -> Int? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].key == key ? low : nil
  }

  private static func entries<Value: Sendable>(
    _ pairs: [(String, Value)]?, mark: UInt8, of parameter: String
  ) throws(ExpressionFault) -> [Entry<Value>] {
    guard let pairs else { return [] }
    guard !pairs.isEmpty else { throw ExpressionFault("\(parameter) must not be empty") }
    var wrong: String?
    for (key, _) in pairs where !isKey(key, mark: mark) { wrong = min(wrong ?? key, key) }
    if let wrong {
      throw ExpressionFault("\(parameter) contains invalid key: Syntax error; key: \"\(wrong)\"")
    }
    var entries: [Entry<Value>] = []
    entries.reserveCapacity(pairs.count)
    let places = pairs.indices.sorted {
      pairs[$0].0 == pairs[$1].0 ? $0 < $1 : pairs[$0].0 < pairs[$1].0
    }
    for place in places {
      let entry = Entry(key: pairs[place].0, value: pairs[place].1)
      if entries.last?.key == entry.key {
        entries[entries.count - 1] = entry
      } else {
        entries.append(entry)
      }
    }
    return entries
  }

  /// The mark and at least one letter, digit or underscore.
  private static func isKey(_ key: String, mark: UInt8) -> Bool {
    let bytes = key.utf8
    guard bytes.first == mark, bytes.count > 1 else { return false }
    return bytes.dropFirst().allSatisfy(ExpressionTokens.isNameByte)
  }

  private static func checkUsed<Value>(
    _ entries: [Entry<Value>], of parameter: String
  ) throws(ExpressionFault) {
    guard !entries.allSatisfy(\.isUsed) else { return }
    let keys = entries.filter { !$0.isUsed }.map(\.key)
    throw ExpressionFault(
      "Value provided in \(parameter) unused in expressions: keys: "
        + "{\(keys.joined(separator: ", "))}")
  }
}
