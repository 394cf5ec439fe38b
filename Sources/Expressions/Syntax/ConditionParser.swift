// Parses condition, filter and key-condition expressions.
//
//   condition ::= operand comparator operand | operand BETWEEN operand AND operand
//               | operand IN ( operand, ... ) | function | condition AND condition
//               | condition OR condition | NOT condition | ( condition )
//
// Binding, tightest first: comparators, IN, BETWEEN, functions, parentheses, NOT, AND, OR
// (developer guide, condition expressions). Parentheses may stand around operands too, also around
// the start of a path: whether "(" opens an operand or a condition shows only behind it, so both go
// one way and the kind is told apart at the end. Parentheses directly inside parentheses are noted:
// the service refuses them as redundant, but only in an expression that parses.

/// The comparators.
public enum Comparator: String, Hashable, Sendable {
  case equal = "="
  case notEqual = "<>"
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="

  init?(_ token: ExpressionToken.Kind) {
    switch token {
    case .equal: self = .equal
    case .notEqual: self = .notEqual
    case .less: self = .less
    case .lessOrEqual: self = .lessOrEqual
    case .greater: self = .greater
    case .greaterOrEqual: self = .greaterOrEqual
    default: return nil
    }
  }

  /// The comparator with its sides exchanged.
  public var mirrored: Comparator {
    switch self {
    case .equal, .notEqual: self
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }
}

/// What a single condition does with its operands.
enum ConditionShape: Hashable, Sendable {
  case compare(Comparator)
  /// The value, the lower bound, the upper bound.
  case between
  /// The value, then what it may equal.
  case isIn
  /// One call.
  case call
}

/// A condition as written.
indirect enum ConditionSyntax: Sendable {
  /// What a single condition does with its operands, and these.
  case single(ConditionShape, [OperandSyntax])
  case and([ConditionSyntax])
  case or([ConditionSyntax])
  case not(ConditionSyntax)
}

/// Parses one condition.
struct ConditionParser {
  /// What stands between parentheses, before it is known which of both it is.
  private struct Group {
    enum Content {
      case condition(ConditionSyntax)
      case operand(OperandSyntax)
    }

    var content: Content
    var isParenthesised = false
  }

  private var tokens: ExpressionTokens
  private var depth = 0
  private(set) var hasRedundantParentheses = false

  init(_ tokens: ExpressionTokens) { self.tokens = tokens }

  mutating func parse() throws(ExpressionFault) -> ConditionSyntax {
    let condition = try parseCondition(isInside: false)
    guard tokens.current == .end else { throw tokens.syntaxFault }
    return try Self.condition(of: condition, tokens)
  }

  private static func condition(
    of group: Group, _ tokens: ExpressionTokens
  ) throws(ExpressionFault) -> ConditionSyntax {
    guard case .condition(let condition) = group.content else { throw tokens.syntaxFault }
    return condition
  }

  /// OR. `isInside` parentheses a lone operand is allowed, when ")" follows.
  private mutating func parseCondition(isInside: Bool) throws(ExpressionFault) -> Group {
    let first = try parseConjunction(isInside: isInside)
    guard tokens.isAt("OR") else { return first }
    var conditions = [try Self.condition(of: first, tokens)]
    while tokens.take("OR") {
      conditions.append(try Self.condition(of: try parseConjunction(isInside: false), tokens))
    }
    return Group(content: .condition(.or(conditions)))
  }

  private mutating func parseConjunction(isInside: Bool) throws(ExpressionFault) -> Group {
    let first = try parseNegation(isInside: isInside)
    guard tokens.isAt("AND") else { return first }
    var conditions = [try Self.condition(of: first, tokens)]
    while tokens.take("AND") {
      conditions.append(try Self.condition(of: try parseNegation(isInside: false), tokens))
    }
    return Group(content: .condition(.and(conditions)))
  }

  private mutating func parseNegation(isInside: Bool) throws(ExpressionFault) -> Group {
    guard tokens.take("NOT") else { return try parsePrimary(isInside: isInside) }
    depth += 1
    defer { depth -= 1 }
    guard depth <= ExpressionLimits.nestingMax else {
      throw OperandChecks.tooManyOperators(in: tokens.kind)
    }
    let inner = try parseNegation(isInside: false)
    return Group(content: .condition(.not(try Self.condition(of: inner, tokens))))
  }

  private mutating func parsePrimary(isInside: Bool) throws(ExpressionFault) -> Group {
    guard tokens.current == .openParenthesis else {
      return try parseComparison(from: try parseOperand(), false, isInside: isInside)
    }
    let group = try parseGroup()
    switch group.content {
    case .operand(.path(var path)):
      let count = path.count
      try tokens.parsePathTail(into: &path)
      return try parseComparison(
        from: .path(path), path.count == count, isInside: isInside)
    case .operand(let operand):
      return try parseComparison(from: operand, true, isInside: isInside)
    case .condition(.single(.call, let call)) where isAtComparison:
      return try parseComparison(from: call[0], true, isInside: isInside)
    case .condition:
      return group
    }
  }

  private mutating func parseGroup() throws(ExpressionFault) -> Group {
    depth += 1
    defer { depth -= 1 }
    guard depth <= ExpressionLimits.nestingMax else {
      throw tokens.kind.fault("The expression has redundant parentheses;")
    }
    try tokens.expect(.openParenthesis)
    var group = try parseCondition(isInside: true)
    try tokens.expect(.closeParenthesis)
    if group.isParenthesised { hasRedundantParentheses = true }
    group.isParenthesised = true
    return group
  }

  private var isAtComparison: Bool {
    Comparator(tokens.current) != nil || tokens.isAt("BETWEEN") || tokens.isAt("IN")
  }

  /// Reads what follows a left operand. A lone call is a condition; another lone operand is the
  /// content of parentheses or nothing.
  private mutating func parseComparison(
    from left: OperandSyntax, _ isParenthesised: Bool, isInside: Bool
  ) throws(ExpressionFault) -> Group {
    if let comparator = Comparator(tokens.current) {
      tokens.advance()
      return Group(
        content: .condition(.single(.compare(comparator), [left, try parseRightOperand()])))
    }
    if tokens.take("BETWEEN") {
      let low = try parseRightOperand()
      guard tokens.take("AND") else { throw tokens.syntaxFault }
      return Group(content: .condition(.single(.between, [left, low, try parseRightOperand()])))
    }
    if tokens.take("IN") {
      return Group(content: .condition(.single(.isIn, [left] + (try parseOperands()))))
    }
    if case .call = left {
      return Group(content: .condition(.single(.call, [left])), isParenthesised: isParenthesised)
    }
    guard isInside, tokens.current == .closeParenthesis else { throw tokens.syntaxFault }
    return Group(content: .operand(left), isParenthesised: isParenthesised)
  }

  // MARK: Operands

  /// An operand, perhaps in parentheses.
  private mutating func parseRightOperand() throws(ExpressionFault) -> OperandSyntax {
    try parseWrappedOperand().operand
  }

  private mutating func parseWrappedOperand() throws(ExpressionFault)
    -> (operand: OperandSyntax, isParenthesised: Bool)
  {
    guard tokens.current == .openParenthesis else { return (try parseOperand(), false) }
    depth += 1
    defer { depth -= 1 }
    guard depth <= ExpressionLimits.nestingMax else {
      throw tokens.kind.fault("The expression has redundant parentheses;")
    }
    tokens.advance()
    let inner = try parseWrappedOperand()
    try tokens.expect(.closeParenthesis)
    if inner.isParenthesised { hasRedundantParentheses = true }
    guard case .path(var path) = inner.operand else { return (inner.operand, true) }
    let count = path.count
    try tokens.parsePathTail(into: &path)
    return (.path(path), path.count == count)
  }

  private mutating func parseOperand() throws(ExpressionFault) -> OperandSyntax {
    if tokens.current == .valuePlaceholder {
      let key = tokens.currentText
      tokens.advance()
      return .value(key)
    }
    if tokens.isAtName, tokens.next == .openParenthesis {
      let name = tokens.currentText
      tokens.advance()
      return .call(name, try parseOperands())
    }
    return .path(try tokens.parsePath())
  }

  private mutating func parseOperands() throws(ExpressionFault) -> [OperandSyntax] {
    depth += 1
    defer { depth -= 1 }
    guard depth <= ExpressionLimits.nestingMax else {
      throw OperandChecks.tooManyOperators(in: tokens.kind)
    }
    try tokens.expect(.openParenthesis)
    var operands = [try parseRightOperand()]
    while tokens.take(.comma) { operands.append(try parseRightOperand()) }
    try tokens.expect(.closeParenthesis)
    return operands
  }
}
