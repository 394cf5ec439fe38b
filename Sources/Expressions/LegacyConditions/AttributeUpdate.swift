// Updates of before expressions: the AttributeUpdates parameter.
//
// PUT sets an attribute, DELETE removes it or takes elements from a set, ADD adds to a number, a
// set or, unlike in expressions, a list. API reference, AttributeValueUpdate; wording: suites
// against the service.

public import DataModel

/// What becomes of one attribute.
public struct AttributeUpdate: Hashable, Sendable {
  /// The API's actions.
  public enum Action: String, Hashable, Sendable, CaseIterable {
    case put = "PUT"
    case delete = "DELETE"
    case add = "ADD"
  }

  public var attribute: String
  public var action: Action
  public var value: AttributeValue?

  public init(attribute: String, action: Action = .put, value: AttributeValue? = nil) {
    self.attribute = attribute
    self.action = action
    self.value = value
  }

  /// What is wrong with the action and its value.
  public var fault: ExpressionFault? {
    let prefix = "One or more parameter values were invalid: "
    guard let value else {
      guard action != .delete else { return nil }
      return ExpressionFault(
        prefix + "Only DELETE action is allowed when no attribute value is specified")
    }
    switch (action, value) {
    case (.put, _), (_, .stringSet), (_, .numberSet), (_, .binarySet), (.add, .number),
      (.add, .list):
      return nil
    case (.delete, _):
      return ExpressionFault(
        prefix + "DELETE action with value is not supported for the type \(value.apiName)")
    case (.add, _):
      return ExpressionFault(
        prefix + "ADD action is not supported for the type \(value.apiName)")
    }
  }

  /// - Precondition: `fault` is nil.
  fileprivate var updateAction: UpdateAction {
    let path = DocumentPath(attribute)
    guard let value else { return UpdateAction(path: path, change: .remove) }
    switch action {
    case .put: return UpdateAction(path: path, change: .set(.literal(value)))
    case .add: return UpdateAction(path: path, change: .add(value))
    case .delete: return UpdateAction(path: path, change: .delete(value))
    }
  }
}

extension UpdateExpression {
  /// The AttributeUpdates parameter; checks every attribute first.
  public static func attributeUpdates(
    _ updates: [AttributeUpdate]
  ) throws(ExpressionFault) -> UpdateExpression {
    for update in updates {
      if let fault = update.fault { throw fault }
    }
    return UpdateExpression(updates.map(\.updateAction), isLegacy: true)
  }
}
