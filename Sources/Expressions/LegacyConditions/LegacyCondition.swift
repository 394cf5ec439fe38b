// The conditions of before expressions: KeyConditions, QueryFilter and ScanFilter.
//
// Each attribute has a comparison operator and a list of values; they are turned into the
// conditions that expressions use. Differences that remain: values are checked by their number and
// types first, NOT_CONTAINS is false on an absent attribute, and IN needs values of one type. API
// reference, Condition and legacy conditional parameters; wording: suites against the service.

public import DataModel

/// The legacy comparison operators; the raw value is the API's name.
public enum LegacyOperator: String, Hashable, Sendable, CaseIterable {
  case equal = "EQ"
  case notEqual = "NE"
  case lessOrEqual = "LE"
  case less = "LT"
  case greaterOrEqual = "GE"
  case greater = "GT"
  case notNull = "NOT_NULL"
  case null = "NULL"
  case contains = "CONTAINS"
  case notContains = "NOT_CONTAINS"
  case beginsWith = "BEGINS_WITH"
  case isIn = "IN"
  case between = "BETWEEN"

  /// How many values the operator takes.
  var valueCounts: ClosedRange<Int> {
    switch self {
    case .notNull, .null: 0...0
    case .between: 2...2
    case .isIn: 1...Int.max
    default: 1...1
    }
  }

  /// Whether the operator compares with a value of a type.
  func allows(_ type: String) -> Bool {
    switch self {
    case .lessOrEqual, .less, .greaterOrEqual, .greater, .between, .isIn:
      ["S", "N", "B"].contains(type)
    case .contains, .notContains: ["S", "N", "B", "BOOL", "NULL"].contains(type)
    case .beginsWith: ["S", "B"].contains(type)
    case .equal, .notEqual, .notNull, .null: true
    }
  }
}

/// How several legacy conditions are joined (ConditionalOperator).
public enum ConditionalOperator: String, Hashable, Sendable, CaseIterable {
  case and = "AND"
  case or = "OR"
}

/// One attribute's legacy condition.
public struct LegacyCondition: Hashable, Sendable {
  public var attribute: String
  public var comparison: LegacyOperator
  public var values: [AttributeValue]

  public init(attribute: String, comparison: LegacyOperator, values: [AttributeValue]) {
    self.attribute = attribute
    self.comparison = comparison
    self.values = values
  }

  private static let prefix = "One or more parameter values were invalid: "

  /// What is wrong with the number and types of the values.
  public var fault: ExpressionFault? {
    guard comparison.valueCounts.contains(values.count) else {
      return ExpressionFault(
        Self.prefix + "Invalid number of argument(s) for the \(comparison.rawValue) "
          + "ComparisonOperator")
    }
    guard let first = values.first else { return nil }
    guard values.allSatisfy({ $0.apiName == first.apiName }) else {
      return ExpressionFault(
        Self.prefix + "AttributeValues inside AttributeValueList must be of same type")
    }
    guard comparison.allows(first.apiName) else {
      return ExpressionFault(
        Self.prefix + "ComparisonOperator \(comparison.rawValue) is not valid for "
          + "\(first.apiName) AttributeValue type")
    }
    if comparison == .between, let order = ValueComparison.order(values[0], values[1]), order > 0 {
      return ExpressionFault(
        "The BETWEEN condition was provided a range where the lower bound is greater than the "
          + "upper bound")
    }
    return nil
  }

  /// The condition in the form of expressions.
  /// - Precondition: `fault` is nil.
  var condition: Condition {
    let path = DocumentPath(attribute)
    let operands = values.map { Operand.value($0) }
    switch comparison {
    case .equal: return .compare(.equal, .path(path), operands[0])
    case .notEqual: return .compare(.notEqual, .path(path), operands[0])
    case .less: return .compare(.less, .path(path), operands[0])
    case .lessOrEqual: return .compare(.lessOrEqual, .path(path), operands[0])
    case .greater: return .compare(.greater, .path(path), operands[0])
    case .greaterOrEqual: return .compare(.greaterOrEqual, .path(path), operands[0])
    case .notNull: return .exists(path)
    case .null: return .notExists(path)
    case .contains: return .contains(.path(path), operands[0])
    case .notContains:
      return .and([.exists(path), .not(.contains(.path(path), operands[0]))])
    case .beginsWith: return .beginsWith(.path(path), operands[0])
    case .isIn: return .isIn(.path(path), operands)
    case .between: return .between(.path(path), operands[0], operands[1])
    }
  }

  /// The condition as one on a key attribute.
  /// - Precondition: `fault` is nil.
  public var keyCondition: KeyAttributeCondition {
    let keyComparison: KeyComparison =
      switch comparison {
      case .equal: .equal(values[0])
      case .less: .less(values[0])
      case .lessOrEqual: .lessOrEqual(values[0])
      case .greater: .greater(values[0])
      case .greaterOrEqual: .greaterOrEqual(values[0])
      case .between: .between(values[0], values[1])
      case .beginsWith: .beginsWith(values[0])
      case .notEqual, .notNull, .null, .contains, .notContains, .isIn: .unsupported
      }
    return KeyAttributeCondition(attribute: attribute, comparison: keyComparison)
  }
}

extension ConditionExpression {
  /// QueryFilter or ScanFilter. Checks every condition first.
  public static func legacyFilter(
    _ conditions: [LegacyCondition], joinedBy conditionalOperator: ConditionalOperator = .and
  ) throws(ExpressionFault) -> ConditionExpression {
    for condition in conditions {
      if let fault = condition.fault { throw fault }
    }
    return joined(conditions.map(\.condition), by: conditionalOperator)
  }

  static func joined(
    _ conditions: [Condition], by conditionalOperator: ConditionalOperator
  ) -> ConditionExpression {
    switch conditionalOperator {
    case .and: ConditionExpression(.and(conditions))
    // No condition at all holds, whatever joins it.
    case .or: ConditionExpression(conditions.isEmpty ? .and([]) : .or(conditions))
    }
  }
}
