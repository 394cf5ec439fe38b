// The service's ten attribute types.
//
// Equality is the service's: strings by their UTF-8 bytes (Swift's own == also joins canonically
// equivalent texts, which the service tells apart), numbers by value, sets without order, lists in
// order, maps by key. Index cost depends on it: an index entry that is equal before and after a
// write is not written (capacity.md 1.5).
//
// Nothing is validated here: that sets are not empty and hold no duplicate is checked where
// requests are.

/// The value of an attribute.
public enum AttributeValue: Sendable {
  case string(String)
  case number(Number)
  case binary([UInt8])
  case boolean(Bool)
  case null
  case stringSet([String])
  case numberSet([Number])
  case binarySet([[UInt8]])
  case list([AttributeValue])
  case map(AttributeMap)

  /// The API's type descriptor: S, N, B, BOOL, NULL, SS, NS, BS, L or M.
  public var apiName: String {
    switch self {
    case .string: "S"
    case .number: "N"
    case .binary: "B"
    case .boolean: "BOOL"
    case .null: "NULL"
    case .stringSet: "SS"
    case .numberSet: "NS"
    case .binarySet: "BS"
    case .list: "L"
    case .map: "M"
    }
  }

  /// The key type of the value; nil when it cannot stand in a key.
  public var scalarType: ScalarType? {
    switch self {
    case .string: .string
    case .number: .number
    case .binary: .binary
    case .boolean, .null, .stringSet, .numberSet, .binarySet, .list, .map: nil
    }
  }
}

extension AttributeValue: Hashable {
  /// Equality as the service sees it. Sets: O(n) in equal order, else O(n log n).
  public static func == (a: AttributeValue, b: AttributeValue) -> Bool {
    switch (a, b) {
    case (.string(let x), .string(let y)): UTF8Order.areEqual(x, y)
    case (.number(let x), .number(let y)): x == y
    case (.binary(let x), .binary(let y)): x == y
    case (.boolean(let x), .boolean(let y)): x == y
    case (.null, .null): true
    case (.stringSet(let x), .stringSet(let y)): equalSets(x, y)
    case (.numberSet(let x), .numberSet(let y)): x == y || x.sorted() == y.sorted()
    case (.binarySet(let x), .binarySet(let y)):
      x == y || x.sorted(by: bytesPrecede) == y.sorted(by: bytesPrecede)
    case (.list(let x), .list(let y)): x == y
    case (.map(let x), .map(let y)): x == y
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .string(let value): UTF8Order.hash(value, into: &hasher)
    case .number(let value): hasher.combine(value)
    case .binary(let value): hasher.combine(value)
    case .boolean(let value): hasher.combine(value)
    case .null: hasher.combine(0)
    case .stringSet(let values):
      for value in values.sorted(by: UTF8Order.precedes) { UTF8Order.hash(value, into: &hasher) }
    case .numberSet(let values): hasher.combine(values.sorted())
    case .binarySet(let values): hasher.combine(values.sorted(by: bytesPrecede))
    case .list(let values): hasher.combine(values)
    case .map(let values): hasher.combine(values)
    }
  }
}

private func equalSets(_ a: [String], _ b: [String]) -> Bool {
  guard a.count == b.count else { return false }
  if a.elementsEqual(b, by: UTF8Order.areEqual) { return true }
  return a.sorted(by: UTF8Order.precedes).elementsEqual(
    b.sorted(by: UTF8Order.precedes), by: UTF8Order.areEqual)
}

private func bytesPrecede(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }

/// Strings compared as the service does, by their UTF-8 bytes.
enum UTF8Order {
  static func areEqual(_ a: String, _ b: String) -> Bool {
    a.utf8.count == b.utf8.count && order(a, b) == 0
  }

  static func precedes(_ a: String, _ b: String) -> Bool { order(a, b) < 0 }

  /// Below 0, 0 or above 0. Native strings are compared in place.
  static func order(_ a: String, _ b: String) -> Int {
    let inPlace = a.utf8.withContiguousStorageIfAvailable { x in
      b.utf8.withContiguousStorageIfAvailable { y in order(x, y) }
    }
    if let inPlace, let inPlace { return inPlace }
    if a.utf8.elementsEqual(b.utf8) { return 0 }
    return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
  }

  private static func order(
    _ x: UnsafeBufferPointer<UInt8>, _ y: UnsafeBufferPointer<UInt8>
  ) -> Int {
    for index in 0..<min(x.count, y.count) where x[index] != y[index] {
      return x[index] < y[index] ? -1 : 1
    }
    return x.count - y.count
  }

  /// Feeds the bytes and a terminator that no UTF-8 text contains.
  static func hash(_ text: String, into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
    hasher.combine(UInt8(0xFF))
  }
}

extension AttributeValue: ExpressibleByIntegerLiteral {
  /// A number.
  public init(integerLiteral value: Int64) { self = .number(Number(value)) }
}
