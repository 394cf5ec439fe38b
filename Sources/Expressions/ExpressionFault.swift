// Refusals of expressions, in the service's words.
//
// Every fault is a ValidationException. Faults of one expression carry its parameter's name as a
// prefix; faults of applying an update to an item do not. Wording and order of checks: as test
// suites that ran against the service record them.

/// Why an expression, or applying it, was refused; carries the service's message.
public struct ExpressionFault: Error, Hashable, Sendable {
  public let message: String

  public init(_ message: String) { self.message = message }
}

/// Which parameter of a request an expression stands in; the raw value is its API name.
public enum ExpressionKind: String, Hashable, Sendable, CaseIterable {
  case update = "UpdateExpression"
  case condition = "ConditionExpression"
  case filter = "FilterExpression"
  case keyCondition = "KeyConditionExpression"
  case projection = "ProjectionExpression"

  func fault(_ text: String) -> ExpressionFault {
    ExpressionFault("Invalid \(rawValue): \(text)")
  }
}

/// Limits of expressions. Constraints page, expression parameters.
public enum ExpressionLimits {
  /// Bytes of one expression's text.
  public static let textBytesMax = 4_096
  /// Operators and functions of one expression.
  public static let operatorsMax = 300
  /// Operands in the list of IN.
  public static let inOperandsMax = 100
  /// Bytes of all values of one request's placeholders.
  public static let valuesBytesMax = 2 * 1_024 * 1_024
  /// Elements of one document path.
  public static let pathElementsMax = 32
  /// Largest index of a list element.
  public static let listIndexMax = 2_147_483_647
  /// Parentheses and NOTs inside each other before the parser gives up; more than 300 operators
  /// could ever need, so that only refused expressions meet it.
  static let nestingMax = 320
}
