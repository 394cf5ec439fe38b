// Conditions on writes of before expressions: the Expected parameter.
//
// An attribute is expected to have a value (Value, perhaps Exists true), not to exist (Exists
// false), or to meet a comparison (ComparisonOperator with AttributeValueList, or with Value as its
// only element). API reference, ExpectedAttributeValue; wording: suites against the service.

public import DataModel

/// What is expected of one attribute.
public struct ExpectedAttribute: Hashable, Sendable {
  public var attribute: String
  public var value: AttributeValue?
  public var exists: Bool?
  public var comparison: LegacyOperator?
  public var values: [AttributeValue]?

  public init(
    attribute: String, value: AttributeValue? = nil, exists: Bool? = nil,
    comparison: LegacyOperator? = nil, values: [AttributeValue]? = nil
  ) {
    self.attribute = attribute
    self.value = value
    self.exists = exists
    self.comparison = comparison
    self.values = values
  }

  private func fault(_ text: String) -> ExpressionFault {
    ExpressionFault(
      "One or more parameter values were invalid: \(text) for Attribute: \(attribute)")
  }

  /// The condition it stands for, checked.
  func condition() throws(ExpressionFault) -> Condition {
    if values != nil, value != nil {
      throw fault("Value and AttributeValueList cannot be used together")
    }
    guard let comparison else {
      guard values == nil else {
        throw fault("AttributeValueList can only be used with a ComparisonOperator")
      }
      return try existence()
    }
    if exists != nil { throw fault("Exists and ComparisonOperator cannot be used together") }
    if values == nil, value == nil, comparison != .null, comparison != .notNull {
      throw fault(
        "Value or AttributeValueList must be used with ComparisonOperator: "
          + comparison.rawValue)
    }
    let condition = LegacyCondition(
      attribute: attribute, comparison: comparison, values: values ?? value.map { [$0] } ?? [])
    if let fault = condition.fault { throw fault }
    return condition.condition
  }

  private func existence() throws(ExpressionFault) -> Condition {
    let path = DocumentPath(attribute)
    if exists ?? true {
      guard let value else {
        throw fault("Value must be provided when Exists is \(exists == nil ? "null" : "true")")
      }
      return .compare(.equal, .path(path), .value(value))
    }
    guard value == nil else { throw fault("Value cannot be used when Exists is false") }
    return .notExists(path)
  }
}

extension ConditionExpression {
  /// The Expected parameter. Every attribute is checked.
  public static func expected(
    _ attributes: [ExpectedAttribute], joinedBy conditionalOperator: ConditionalOperator = .and
  ) throws(ExpressionFault) -> ConditionExpression {
    var conditions: [Condition] = []
    for attribute in attributes { conditions.append(try attribute.condition()) }
    return joined(conditions, by: conditionalOperator)
  }
}
