// Conditions ready to be evaluated, and their evaluation on an item.
//
// Rules, from the developer guide (comparison operator and function reference) and suites against
// the service: values are compared only with their own type; an ordering between other types, or
// with an absent value, is false, but <> is true whenever = is not, so also when both sides are
// absent. Strings and bytes are ordered by unsigned bytes. contains looks for a part of a string or
// of bytes, for an element of a set, or for an equal element of any type in a list. size of a
// number, boolean, null or absent value is no value.
//
// size of a string counts UTF-16 units: the guide says "length" where it says "bytes" for binary,
// and the service is written in Java. Confidence low for characters beyond U+FFFF.

public import DataModel

/// An operand of a compiled condition.
public indirect enum Operand: Hashable, Sendable {
  case path(DocumentPath)
  case value(AttributeValue)
  case size(Operand)

  /// The value on an item; nil when there is none.
  func value(on item: Item) -> AttributeValue? {
    switch self {
    case .path(let path): path.value(in: item)
    case .value(let value): value
    case .size(let operand): operand.value(on: item).flatMap(Self.size)
    }
  }

  private static func size(of value: AttributeValue) -> AttributeValue? {
    let count: Int
    switch value {
    case .string(let text): count = text.utf16.count
    case .binary(let bytes): count = bytes.count
    case .stringSet(let values): count = values.count
    case .numberSet(let values): count = values.count
    case .binarySet(let values): count = values.count
    case .list(let values): count = values.count
    case .map(let map): count = map.count
    case .number, .boolean, .null: return nil
    }
    return .number(Number(Int64(count)))
  }
}

/// A compiled condition.
public indirect enum Condition: Hashable, Sendable {
  case compare(Comparator, Operand, Operand)
  case between(Operand, Operand, Operand)
  case isIn(Operand, [Operand])
  case exists(DocumentPath)
  case notExists(DocumentPath)
  case hasType(Operand, String)
  case beginsWith(Operand, Operand)
  case contains(Operand, Operand)
  case and([Condition])
  case or([Condition])
  case not(Condition)

  /// Whether the condition holds on an item. O(size of the condition and of what it compares).
  func holds(on item: Item) -> Bool {
    switch self {
    case .compare(let comparator, let left, let right):
      return Self.compare(comparator, left.value(on: item), right.value(on: item))
    case .between(let operand, let low, let high):
      guard let value = operand.value(on: item) else { return false }
      return Self.compare(.lessOrEqual, low.value(on: item), value)
        && Self.compare(.lessOrEqual, value, high.value(on: item))
    case .isIn(let operand, let candidates):
      guard let value = operand.value(on: item) else { return false }
      return candidates.contains { $0.value(on: item) == value }
    case .exists(let path): return path.value(in: item) != nil
    case .notExists(let path): return path.value(in: item) == nil
    case .hasType(let operand, let type): return operand.value(on: item)?.apiName == type
    case .beginsWith(let operand, let prefix):
      return ValueComparison.begins(operand.value(on: item), with: prefix.value(on: item))
    case .contains(let operand, let part):
      return ValueComparison.contains(operand.value(on: item), part.value(on: item))
    case .and(let conditions): return conditions.allSatisfy { $0.holds(on: item) }
    case .or(let conditions): return conditions.contains { $0.holds(on: item) }
    case .not(let condition): return !condition.holds(on: item)
    }
  }

  private static func compare(
    _ comparator: Comparator, _ left: AttributeValue?, _ right: AttributeValue?
  ) -> Bool {
    switch comparator {
    case .equal: return left != nil && left == right
    case .notEqual: return left == nil || left != right
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard let left, let right, let order = ValueComparison.order(left, right) else {
        return false
      }
      switch comparator {
      case .less: return order < 0
      case .lessOrEqual: return order <= 0
      case .greater: return order > 0
      default: return order >= 0
      }
    }
  }

  /// Every path of the condition, in reading order.
  public var paths: [DocumentPath] {
    switch self {
    case .compare(_, let a, let b), .beginsWith(let a, let b), .contains(let a, let b):
      a.paths + b.paths
    case .between(let a, let b, let c): a.paths + b.paths + c.paths
    case .isIn(let a, let list): a.paths + list.flatMap(\.paths)
    case .exists(let path), .notExists(let path): [path]
    case .hasType(let operand, _): operand.paths
    case .and(let conditions), .or(let conditions): conditions.flatMap(\.paths)
    case .not(let condition): condition.paths
    }
  }
}

extension Operand {
  var paths: [DocumentPath] {
    switch self {
    case .path(let path): [path]
    case .value: []
    case .size(let operand): operand.paths
    }
  }
}

/// How two values stand to each other.
enum ValueComparison {
  /// Below 0, 0 or above 0; nil when the values have no order: other types, or types without one.
  static func order(_ a: AttributeValue, _ b: AttributeValue) -> Int? {
    switch (a, b) {
    case (.string(let x), .string(let y)): order(x.utf8, y.utf8)
    case (.number(let x), .number(let y)): x == y ? 0 : (x < y ? -1 : 1)
    case (.binary(let x), .binary(let y)): order(x, y)
    default: nil
    }
  }

  private static func order(
    _ a: some Sequence<UInt8>, _ b: some Sequence<UInt8>
  ) -> Int {
    var left = a.makeIterator()
    var right = b.makeIterator()
    while true {
      switch (left.next(), right.next()) {
      case (nil, nil): return 0
      case (nil, _): return -1
      case (_, nil): return 1
      case (let x?, let y?): if x != y { return x < y ? -1 : 1 }
      }
    }
  }

  static func begins(_ value: AttributeValue?, with prefix: AttributeValue?) -> Bool {
    switch (value, prefix) {
    case (.string(let text), .string(let start)): text.utf8.starts(with: start.utf8)
    case (.binary(let bytes), .binary(let start)): bytes.starts(with: start)
    default: false
    }
  }

  static func contains(_ value: AttributeValue?, _ part: AttributeValue?) -> Bool {
    guard let value, let part else { return false }
    switch (value, part) {
    case (.string(let text), .string(let piece)):
      return contains(Array(text.utf8), Array(piece.utf8))
    case (.binary(let bytes), .binary(let piece)): return contains(bytes, piece)
    case (.stringSet(let values), .string):
      return values.contains { .string($0) == part }
    case (.numberSet(let values), .number(let number)): return values.contains(number)
    case (.binarySet(let values), .binary(let bytes)): return values.contains(bytes)
    case (.list(let values), _): return values.contains(part)
    default: return false
    }
  }

  private static func contains(_ bytes: [UInt8], _ piece: [UInt8]) -> Bool {
    guard let first = piece.first else { return true }
    guard bytes.count >= piece.count else { return false }
    for start in 0...bytes.count - piece.count where bytes[start] == first {
      if bytes[start..<start + piece.count].elementsEqual(piece) { return true }
    }
    return false
  }
}
