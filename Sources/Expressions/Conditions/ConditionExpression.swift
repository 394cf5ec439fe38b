// Condition and filter expressions as the engine uses them.

public import DataModel

/// A compiled ConditionExpression or FilterExpression.
public struct ConditionExpression: Hashable, Sendable {
  public let condition: Condition

  /// A condition that has been built by other means than parsing.
  public init(_ condition: Condition) { self.condition = condition }

  /// Parses and checks an expression. O(length).
  /// - Parameters:
  ///   - text: the parameter's value; empty is refused.
  ///   - kind: the parameter's name in messages, `.condition` or `.filter`.
  ///   - placeholders: the request's substitutions; notes which are used.
  public static func parse(
    _ text: String, kind: ExpressionKind, with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) -> ConditionExpression {
    ConditionExpression(
      try ConditionCompiler.compile(text, kind: kind, with: &placeholders))
  }

  /// Whether the condition holds; an absent item is one without attributes. O(size).
  public func evaluate(_ item: Item) -> Bool { condition.holds(on: item) }

  /// The top-level attributes the condition looks at, each once, in reading order.
  public var roots: [String] { condition.paths.map(\.root).uniqued }

  /// Those of them that it looks into by "." or "[]".
  public var nestedRoots: [String] { condition.paths.filter(\.isNested).map(\.root).uniqued }

  /// The refusal of a filter on the queried key: a filter sees only what is no key.
  public func fault(asFilterOn key: [String]) -> ExpressionFault? {
    KeyAccess.filterFault(roots, key: key, parameter: "Filter Expression")
  }
}

/// Refusals of expressions that touch key attributes in a way keys do not allow.
public enum KeyAccess {
  /// A query's filter on its own key attributes.
  /// - Parameter parameter: "Filter Expression" or "QueryFilter".
  public static func filterFault(
    _ roots: [String], key: [String], parameter: String
  ) -> ExpressionFault? {
    guard let name = key.first(where: roots.contains) else { return nil }
    return ExpressionFault(
      "\(parameter) can only contain non-primary key attributes: Primary key attribute: \(name)")
  }

  /// Nested access to attributes that are scalars because they are keys.
  public static func nestedFault(
    _ nestedRoots: [String], key: [String], indexKeys: [String]
  ) -> ExpressionFault? {
    let text =
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
    if let name = key.first(where: nestedRoots.contains) {
      return ExpressionFault(text + "Key: \(name)")
    }
    if let name = indexKeys.first(where: nestedRoots.contains) {
      return ExpressionFault(text + "IndexKey: \(name)")
    }
    return nil
  }

  /// An update of a primary key attribute.
  public static func updateFault(_ roots: [String], key: [String]) -> ExpressionFault? {
    guard let name = key.first(where: roots.contains) else { return nil }
    return ExpressionFault(
      "One or more parameter values were invalid: Cannot update attribute \(name). "
        + "This attribute is part of the key")
  }
}

extension [String] {
  /// The first of each, in order. O(n^2), for short lists.
  var uniqued: [String] {
    var result: [String] = []
    for name in self where !result.contains(name) { result.append(name) }
    return result
  }
}
