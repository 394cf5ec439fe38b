// Which items a Query reads: equality on the partition key, perhaps a condition on the sort key.
//
// Three steps, because the service checks other things between them. `KeyConditionExpression.parse`
// reads the expression as any condition; `conditions()` refuses what no key condition may have;
// `KeyCondition.bind` holds it against the keys of the table or index. The legacy KeyConditions
// parameter enters at the last step.
//
// A global index may have several partition and sort attributes (developer guide, multi-attribute
// keys): all partition attributes by equality; sort attributes from the first on, equalities up to
// the last one used. For plain keys that is the classical rule.

public import DataModel

/// What a key attribute is compared with.
public enum KeyComparison: Hashable, Sendable {
  case equal(AttributeValue)
  case less(AttributeValue)
  case lessOrEqual(AttributeValue)
  case greater(AttributeValue)
  case greaterOrEqual(AttributeValue)
  case between(AttributeValue, AttributeValue)
  case beginsWith(AttributeValue)
  /// A legacy operator that is no key comparison.
  case unsupported

  /// The values compared with.
  public var values: [AttributeValue] {
    switch self {
    case .equal(let value), .less(let value), .lessOrEqual(let value), .greater(let value),
      .greaterOrEqual(let value), .beginsWith(let value):
      [value]
    case .between(let low, let high): [low, high]
    case .unsupported: []
    }
  }

  /// Whether a value of the attribute meets the comparison.
  public func accepts(_ value: AttributeValue) -> Bool {
    switch self {
    case .equal(let other): return value == other
    case .beginsWith(let prefix): return ValueComparison.begins(value, with: prefix)
    case .between(let low, let high):
      guard let below = ValueComparison.order(low, value),
        let above = ValueComparison.order(value, high)
      else { return false }
      return below <= 0 && above <= 0
    case .less(let other): return ValueComparison.order(value, other).map { $0 < 0 } ?? false
    case .lessOrEqual(let other):
      return ValueComparison.order(value, other).map { $0 <= 0 } ?? false
    case .greater(let other): return ValueComparison.order(value, other).map { $0 > 0 } ?? false
    case .greaterOrEqual(let other):
      return ValueComparison.order(value, other).map { $0 >= 0 } ?? false
    case .unsupported: return false
    }
  }
}

/// A comparison of one key attribute, before the keys are known.
public struct KeyAttributeCondition: Hashable, Sendable {
  public let attribute: String
  public let comparison: KeyComparison

  public init(attribute: String, comparison: KeyComparison) {
    self.attribute = attribute
    self.comparison = comparison
  }
}

/// The key attributes of a table or index, in order.
public struct KeyLayout: Hashable, Sendable {
  public var partition: [KeyAttribute]
  public var sort: [KeyAttribute]

  public init(partition: [KeyAttribute], sort: [KeyAttribute]) {
    self.partition = partition
    self.sort = sort
  }

  public init(_ schema: KeySchema) {
    partition = [schema.partition]
    sort = schema.sort.map { [$0] } ?? []
  }

  public var attributeNames: [String] { (partition + sort).map(\.name) }
}

/// A Query's key condition held against the keys of what it reads.
public struct KeyCondition: Hashable, Sendable {
  /// The values of the partition attributes, in order.
  public let partition: [AttributeValue]
  /// Comparisons of the first sort attributes, in order; all but the last are equalities. Empty
  /// when the whole partition is read.
  public let sort: [KeyComparison]

  /// Whether an item with these values of the sort attributes is read.
  public func accepts(sort values: [AttributeValue]) -> Bool {
    zip(sort, values).allSatisfy { $0.accepts($1) } && values.count >= sort.count
  }

  /// Holds conditions against keys, with the service's refusals.
  public static func bind(
    _ conditions: [KeyAttributeCondition], to layout: KeyLayout
  ) throws(ExpressionFault) -> KeyCondition {
    let names = layout.attributeNames
    guard !conditions.isEmpty, conditions.count <= max(2, names.count) else {
      throw ExpressionFault("Conditions can be of length 1 or 2 only")
    }
    if names.count == 1, conditions.count > 1 { throw unsupported }
    var partition: [AttributeValue] = []
    for attribute in layout.partition {
      guard let condition = conditions.first(where: { $0.attribute == attribute.name }) else {
        throw missing(attribute)
      }
      try check(condition.comparison, attribute)
      guard case .equal(let value) = condition.comparison else { throw unsupported }
      partition.append(value)
    }
    var sort: [KeyComparison] = []
    for (place, attribute) in layout.sort.enumerated() {
      guard conditions.count > partition.count + sort.count else { break }
      guard let condition = conditions.first(where: { $0.attribute == attribute.name }) else {
        throw missing(attribute)
      }
      try check(condition.comparison, attribute)
      if place > 0, case .equal = sort[place - 1] {
      } else if place > 0 {
        throw unsupported
      }
      sort.append(condition.comparison)
    }
    guard conditions.count == partition.count + sort.count else { throw unsupported }
    return KeyCondition(partition: partition, sort: sort)
  }

  private static let unsupported = ExpressionFault("Query key condition not supported")

  private static func missing(_ attribute: KeyAttribute) -> ExpressionFault {
    ExpressionFault("Query condition missed key schema element: \(attribute.name)")
  }

  private static func check(
    _ comparison: KeyComparison, _ attribute: KeyAttribute
  ) throws(ExpressionFault) {
    if comparison == .unsupported {
      throw ExpressionFault("Attempted conditional constraint is not an indexable operation")
    }
    for value in comparison.values where value.scalarType != attribute.type {
      throw ExpressionFault(
        "One or more parameter values were invalid: "
          + "Condition parameter type does not match schema type")
    }
    if case .equal(let value) = comparison, value.isEmptyKey {
      throw ExpressionFault(
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
          + "cannot contain an empty \(attribute.type == .binary ? "binary" : "string") value. "
          + "Key: \(attribute.name)")
    }
  }
}

/// A KeyConditionExpression that has been read.
public struct KeyConditionExpression: Hashable, Sendable {
  let condition: Condition

  /// Parses and checks an expression as any condition. O(length).
  public static func parse(
    _ text: String, with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) -> KeyConditionExpression {
    KeyConditionExpression(
      condition: try ConditionCompiler.compile(
        text, kind: .keyCondition, with: &placeholders))
  }

  /// The comparisons by attribute; refuses what no key condition may have.
  public func conditions() throws(ExpressionFault) -> [KeyAttributeCondition] {
    var result: [KeyAttributeCondition] = []
    try Self.collect(condition, into: &result)
    return result
  }

  private static func collect(
    _ condition: Condition, into result: inout [KeyAttributeCondition]
  ) throws(ExpressionFault) {
    switch condition {
    case .and(let parts):
      for part in parts { try collect(part, into: &result) }
    case .or: throw invalidOperator("OR")
    case .not: throw invalidOperator("NOT")
    case .isIn: throw invalidOperator("IN")
    case .exists: throw invalidOperator("attribute_exists")
    case .notExists: throw invalidOperator("attribute_not_exists")
    case .hasType: throw invalidOperator("attribute_type")
    case .contains: throw invalidOperator("contains")
    case .compare(.notEqual, _, _): throw invalidOperator("<>")
    case .compare(let comparator, let left, let right):
      let (name, place) = try keyAttribute(of: [left, right])
      guard case .value(let value) = place == 0 ? right : left else { throw noKey }
      let comparison = comparison(place == 0 ? comparator : comparator.mirrored, value)
      try append(name, comparison, to: &result)
    case .between(let operand, let low, let high):
      guard case .path = operand else { throw notFirst("BETWEEN") }
      let (name, _) = try keyAttribute(of: [operand, low, high])
      guard case .value(let lower) = low, case .value(let upper) = high else { throw noKey }
      try append(name, .between(lower, upper), to: &result)
    case .beginsWith(let operand, let prefix):
      guard case .path = operand else { throw notFirst("begins_with") }
      let (name, _) = try keyAttribute(of: [operand, prefix])
      guard case .value(let value) = prefix else { throw noKey }
      try append(name, .beginsWith(value), to: &result)
    }
  }

  /// The one attribute among the operands and where it stands.
  private static func keyAttribute(
    of operands: [Operand]
  ) throws(ExpressionFault) -> (String, place: Int) {
    var found: (String, place: Int)?
    for (place, operand) in operands.enumerated() {
      switch operand {
      case .value: continue
      case .size: throw ExpressionFault("KeyConditionExpressions cannot contain nested operations")
      case .path(let path):
        guard found == nil else {
          throw ExpressionFault(
            "Invalid condition in KeyConditionExpression: "
              + "Multiple attribute names used in one condition")
        }
        guard !path.isNested else {
          throw ExpressionFault(
            "KeyConditionExpressions cannot have conditions on nested attributes")
        }
        found = (path.root, place)
      }
    }
    guard let found else { throw noKey }
    return found
  }

  private static func append(
    _ name: String, _ comparison: KeyComparison, to result: inout [KeyAttributeCondition]
  ) throws(ExpressionFault) {
    guard !result.contains(where: { $0.attribute == name }) else {
      throw ExpressionFault("KeyConditionExpressions must only contain one condition per key")
    }
    result.append(KeyAttributeCondition(attribute: name, comparison: comparison))
  }

  private static func comparison(
    _ comparator: Comparator, _ value: AttributeValue
  ) -> KeyComparison {
    switch comparator {
    case .equal: .equal(value)
    case .less: .less(value)
    case .lessOrEqual: .lessOrEqual(value)
    case .greater: .greater(value)
    case .greaterOrEqual: .greaterOrEqual(value)
    case .notEqual: .unsupported
    }
  }

  private static let noKey = ExpressionFault(
    "Invalid condition in KeyConditionExpression: No key attribute specified")

  private static func invalidOperator(_ name: String) -> ExpressionFault {
    ExpressionFault("Invalid operator used in KeyConditionExpression: \(name)")
  }

  private static func notFirst(_ name: String) -> ExpressionFault {
    ExpressionFault(
      "Invalid condition in KeyConditionExpression: \(name) operator must have the key attribute "
        + "as its first operand")
  }
}
