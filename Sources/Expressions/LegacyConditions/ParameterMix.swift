// Refusals of requests that mix expressions with the parameters of before them, or give
// substitutions without an expression. The order in which parameters are named is the caller's: it
// is the order the operation lists them in.

/// A request's parameters by whether they are given.
public enum ParameterMix {
  /// A parameter and whether the request has it.
  public typealias Parameter = (name: String, isGiven: Bool)

  /// What is wrong with the combination.
  /// - Parameters:
  ///   - expressions: the expression parameters of the operation.
  ///   - legacy: its legacy parameters.
  ///   - hasNames: whether ExpressionAttributeNames is given.
  ///   - hasValues: whether ExpressionAttributeValues is given.
  public static func fault(
    expressions: [Parameter], legacy: [Parameter], hasNames: Bool, hasValues: Bool
  ) -> ExpressionFault? {
    let given = expressions.filter(\.isGiven).map(\.name)
    let old = legacy.filter(\.isGiven).map(\.name)
    if !given.isEmpty, !old.isEmpty {
      return ExpressionFault(
        "Can not use both expression and non-expression parameters in the same request: "
          + "Non-expression parameters: {\(old.joined(separator: ", "))} "
          + "Expression parameters: {\(given.joined(separator: ", "))}")
    }
    if hasNames, given.isEmpty {
      return ExpressionFault(
        "ExpressionAttributeNames can only be specified when using expressions")
    }
    let withValues = expressions.filter { $0.name != ExpressionKind.projection.rawValue }
    if hasValues, !withValues.isEmpty, !withValues.contains(where: \.isGiven) {
      return ExpressionFault(
        "ExpressionAttributeValues can only be specified when using expressions: "
          + withValues.map(\.name).joined(separator: " and ")
          + (withValues.count > 1 ? " are null" : " is null"))
    }
    return nil
  }

  /// ConditionalOperator beside nothing it could join.
  public static let loneConditionalOperator = ExpressionFault(
    "ConditionalOperator cannot be used without Filter or Expected")
}
