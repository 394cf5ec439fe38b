// Which attributes a read returns: ProjectionExpression, and the legacy AttributesToGet.
//
//   projection ::= path , path , ...
//
// Checks: reserved words, placeholders, overlapping and conflicting paths, in that order.

public import DataModel

/// A compiled ProjectionExpression.
public struct ProjectionExpression: Hashable, Sendable {
  /// In the order of the expression.
  public let paths: [DocumentPath]
  private let tree: PathTree

  private init(_ paths: [DocumentPath]) {
    self.paths = paths
    tree = PathTree(paths)
  }

  /// Parses and checks an expression. O(length).
  public static func parse(
    _ text: String, with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) -> ProjectionExpression {
    let kind = ExpressionKind.projection
    var tokens = try ExpressionTokens(text, kind: kind)
    var written = [try tokens.parsePath()]
    while tokens.take(.comma) { written.append(try tokens.parsePath()) }
    guard tokens.current == .end else { throw tokens.syntaxFault }
    for path in written { try OperandChecks.checkReserved(path, kind: kind) }
    var paths: [DocumentPath] = []
    for path in written {
      paths.append(try OperandChecks.resolve(path, kind: kind, with: &placeholders))
    }
    try PathChecks.checkApart(paths, kind: kind)
    return ProjectionExpression(paths)
  }

  /// The legacy parameter: top-level attributes by name.
  public static func attributesToGet(
    _ names: [String]
  ) throws(ExpressionFault) -> ProjectionExpression {
    for (place, name) in names.enumerated() where names[..<place].contains(name) {
      throw ExpressionFault(
        "One or more parameter values were invalid: Duplicate value in attribute name: \(name)")
    }
    return ProjectionExpression(names.map { DocumentPath($0) })
  }

  /// The projected part of an item. O(part).
  public func apply(to item: Item) -> Item { tree.project(item) }

  /// The top-level attributes, each once.
  public var roots: [String] { paths.map(\.root).uniqued }

  /// Those of them that are looked into by "." or "[]".
  public var nestedRoots: [String] { paths.filter(\.isNested).map(\.root).uniqued }
}
