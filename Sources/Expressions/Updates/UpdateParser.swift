// Parses update expressions.
//
//   update ::= section section ...
//   section ::= SET path = value , ... | REMOVE path , ... | ADD path :value , ...
//             | DELETE path :value , ...
//   value ::= operand | operand + operand | operand - operand
//   operand ::= path | :value | function ( operand , ... )
//
// Parentheses may stand around a value and around an operand, but not around part of a path. One
// sum only: a + b + c is a syntax error. A section's word may be in any case of letters.

/// The sections of an update.
enum UpdateSection: String, Hashable, Sendable, CaseIterable {
  case set = "SET"
  case remove = "REMOVE"
  case add = "ADD"
  case delete = "DELETE"
}

/// A value to be set, as written.
enum UpdateValueSyntax: Sendable {
  case operand(OperandSyntax)
  case sum(OperandSyntax, OperandSyntax)
  case difference(OperandSyntax, OperandSyntax)

  var operands: [OperandSyntax] {
    switch self {
    case .operand(let operand): [operand]
    case .sum(let left, let right), .difference(let left, let right): [left, right]
    }
  }
}

/// One action as written. REMOVE has no value; ADD and DELETE have a placeholder.
struct UpdateActionSyntax: Sendable {
  let section: UpdateSection
  let path: [PathElementSyntax]
  let value: UpdateValueSyntax?
}

/// Parses one update.
struct UpdateParser {
  private var tokens: ExpressionTokens
  private var depth = 0
  /// The sections in the order they stand in.
  private(set) var sections: [UpdateSection] = []
  private(set) var hasRedundantParentheses = false

  init(_ tokens: ExpressionTokens) { self.tokens = tokens }

  mutating func parse() throws(ExpressionFault) -> [UpdateActionSyntax] {
    var actions: [UpdateActionSyntax] = []
    repeat {
      let section = try parseSection()
      sections.append(section)
      repeat {
        actions.append(try parseAction(in: section))
      } while tokens.take(.comma)
    } while tokens.current != .end
    return actions
  }

  private mutating func parseSection() throws(ExpressionFault) -> UpdateSection {
    if tokens.take("SET") { return .set }
    if tokens.take("REMOVE") { return .remove }
    if tokens.take("ADD") { return .add }
    if tokens.take("DELETE") { return .delete }
    throw tokens.syntaxFault
  }

  private mutating func parseAction(
    in section: UpdateSection
  ) throws(ExpressionFault) -> UpdateActionSyntax {
    let path = try tokens.parsePath()
    switch section {
    case .set:
      try tokens.expect(.equal)
      return UpdateActionSyntax(section: section, path: path, value: try parseValue())
    case .remove:
      return UpdateActionSyntax(section: section, path: path, value: nil)
    case .add, .delete:
      guard tokens.current == .valuePlaceholder else { throw tokens.syntaxFault }
      return UpdateActionSyntax(
        section: section, path: path, value: .operand(try parseOperand()))
    }
  }

  /// A value, perhaps in parentheses as a whole.
  private mutating func parseValue() throws(ExpressionFault) -> UpdateValueSyntax {
    guard tokens.take(.openParenthesis) else {
      return try parseSum(from: try parseOperand())
    }
    let inner = try parseWrappedOperand()
    let value = try parseSum(from: inner.operand)
    try tokens.expect(.closeParenthesis)
    guard case .operand(let operand) = value else { return value }
    if inner.isParenthesised { hasRedundantParentheses = true }
    return try parseSum(from: operand)
  }

  private mutating func parseSum(
    from left: OperandSyntax
  ) throws(ExpressionFault) -> UpdateValueSyntax {
    if tokens.take(.plus) { return .sum(left, try parseWrappedOperand().operand) }
    if tokens.take(.minus) { return .difference(left, try parseWrappedOperand().operand) }
    return .operand(left)
  }

  private mutating func parseWrappedOperand() throws(ExpressionFault)
    -> (operand: OperandSyntax, isParenthesised: Bool)
  {
    guard tokens.take(.openParenthesis) else { return (try parseOperand(), false) }
    try enter()
    defer { depth -= 1 }
    let inner = try parseWrappedOperand()
    try tokens.expect(.closeParenthesis)
    if inner.isParenthesised { hasRedundantParentheses = true }
    return (inner.operand, true)
  }

  private mutating func parseOperand() throws(ExpressionFault) -> OperandSyntax {
    if tokens.current == .valuePlaceholder {
      let key = tokens.currentText
      tokens.advance()
      return .value(key)
    }
    guard tokens.isAtName, tokens.next == .openParenthesis else {
      return .path(try tokens.parsePath())
    }
    let name = tokens.currentText
    tokens.advance()
    tokens.advance()
    try enter()
    defer { depth -= 1 }
    var arguments = [try parseWrappedOperand().operand]
    while tokens.take(.comma) { arguments.append(try parseWrappedOperand().operand) }
    try tokens.expect(.closeParenthesis)
    return .call(name, arguments)
  }

  private mutating func enter() throws(ExpressionFault) {
    depth += 1
    guard depth <= ExpressionLimits.nestingMax else {
      throw OperandChecks.tooManyOperators(in: tokens.kind)
    }
  }
}
