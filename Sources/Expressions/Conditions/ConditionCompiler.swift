// From a condition as written to one that can be evaluated, through the service's checks.
//
// Over the whole expression, each check before the next: redundant parentheses, function names, use
// of functions, reserved words, number of operators. Then condition by condition in reading order:
// placeholders, number of operands, distinct operands, types of operands. So the first fault of a
// later kind hides behind any fault of an earlier kind, as suites against the service show.

import DataModel

/// Checks and compiles one condition.
struct ConditionCompiler {
  let kind: ExpressionKind
  private var operators = OperandChecks.OperatorCount()

  static func compile(
    _ text: String, kind: ExpressionKind, with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) -> Condition {
    var parser = ConditionParser(try ExpressionTokens(text, kind: kind))
    let syntax = try parser.parse()
    if parser.hasRedundantParentheses {
      throw kind.fault("The expression has redundant parentheses;")
    }
    var compiler = ConditionCompiler(kind: kind)
    try compiler.checkFunctionNames(syntax)
    try compiler.checkFunctionUse(syntax)
    try compiler.checkReserved(syntax)
    try compiler.countOperators(syntax)
    return try compiler.compile(syntax, with: &placeholders)
  }

  private init(kind: ExpressionKind) { self.kind = kind }

  // MARK: Passes

  private func checkFunctionNames(_ syntax: ConditionSyntax) throws(ExpressionFault) {
    for operand in syntax.operands {
      try OperandChecks.checkFunctionNames(operand, kind: kind)
    }
    for part in syntax.parts { try checkFunctionNames(part) }
  }

  private func checkReserved(_ syntax: ConditionSyntax) throws(ExpressionFault) {
    for operand in syntax.operands { try OperandChecks.checkReserved(operand, kind: kind) }
    for part in syntax.parts { try checkReserved(part) }
  }

  /// Inside operands only size may stand; as a condition every function of conditions but size.
  private func checkFunctionUse(_ syntax: ConditionSyntax) throws(ExpressionFault) {
    if case .single(.call, let operands) = syntax, case .call(let name, let arguments) = operands[0]
    {
      for argument in arguments { try checkIsSize(argument) }
      guard name != "size", OperandChecks.isConditionFunction(name) else {
        throw OperandChecks.misuse(of: name, in: kind)
      }
      return
    }
    for operand in syntax.operands { try checkIsSize(operand) }
    for part in syntax.parts { try checkFunctionUse(part) }
  }

  private func checkIsSize(_ operand: OperandSyntax) throws(ExpressionFault) {
    guard case .call(let name, let arguments) = operand else { return }
    for argument in arguments { try checkIsSize(argument) }
    guard name == "size" else { throw OperandChecks.misuse(of: name, in: kind) }
  }

  private mutating func countOperators(_ syntax: ConditionSyntax) throws(ExpressionFault) {
    switch syntax {
    case .single(.call, _): break
    case .single, .not: try operators.add(1, kind: kind)
    case .and(let parts), .or(let parts): try operators.add(parts.count - 1, kind: kind)
    }
    for operand in syntax.operands { try operators.add(operand, kind: kind) }
    for part in syntax.parts { try countOperators(part) }
  }

  // MARK: Conditions

  private func compile(
    _ syntax: ConditionSyntax, with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) -> Condition {
    switch syntax {
    case .and(let parts): return .and(try compile(parts, with: &placeholders))
    case .or(let parts): return .or(try compile(parts, with: &placeholders))
    case .not(let part): return .not(try compile(part, with: &placeholders))
    case .single(let shape, let written):
      var operands: [ResolvedOperand] = []
      operands.reserveCapacity(written.count)
      for operand in written {
        operands.append(try OperandChecks.resolve(operand, kind: kind, with: &placeholders))
      }
      for operand in operands { try checkCounts(operand) }
      try checkDistinct(shape, operands)
      for operand in operands { try checkTypes(operand) }
      return try compile(shape, operands)
    }
  }

  private func compile(
    _ parts: [ConditionSyntax], with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) -> [Condition] {
    var conditions: [Condition] = []
    for part in parts { conditions.append(try compile(part, with: &placeholders)) }
    return conditions
  }

  private func compile(
    _ shape: ConditionShape, _ operands: [ResolvedOperand]
  ) throws(ExpressionFault) -> Condition {
    switch shape {
    case .compare(let comparator):
      if comparator != .equal, comparator != .notEqual {
        try checkOrdered(operands, of: comparator.rawValue)
      }
      return .compare(comparator, operands[0].lowered, operands[1].lowered)
    case .between:
      try checkOrdered(operands, of: "BETWEEN")
      try checkBounds(operands[1], operands[2])
      return .between(operands[0].lowered, operands[1].lowered, operands[2].lowered)
    case .isIn:
      let count = operands.count - 1
      guard count <= ExpressionLimits.inOperandsMax else {
        throw kind.fault(
          "The IN operator is provided with too many operands; number of operands: \(count)")
      }
      return .isIn(operands[0].lowered, operands.dropFirst().map(\.lowered))
    case .call:
      guard case .call(let name, let arguments) = operands[0] else {
        preconditionFailure("a single condition is a comparison or a call")
      }
      return function(name, arguments)
    }
  }

  /// A function that the passes have found right.
  private func function(_ name: String, _ arguments: [ResolvedOperand]) -> Condition {
    if case .path(let path) = arguments[0] {
      if name == "attribute_exists" { return .exists(path) }
      if name == "attribute_not_exists" { return .notExists(path) }
    }
    let first = arguments[0].lowered
    let second = arguments[arguments.count - 1].lowered
    switch name {
    case "begins_with": return .beginsWith(first, second)
    case "contains": return .contains(first, second)
    default:
      guard case .value(.string(let type)) = second else {
        preconditionFailure("attribute_type names its type by a string value")
      }
      return .hasType(first, type)
    }
  }

  // MARK: Checks of one condition

  private func checkCounts(_ operand: ResolvedOperand) throws(ExpressionFault) {
    guard case .call(let name, let arguments) = operand else { return }
    for argument in arguments { try checkCounts(argument) }
    let isOfTwo = name == "attribute_type" || name == "begins_with" || name == "contains"
    guard arguments.count == (isOfTwo ? 2 : 1) else {
      throw OperandChecks.incorrectCount(arguments.count, of: name, in: kind)
    }
  }

  private func checkDistinct(
    _ shape: ConditionShape, _ operands: [ResolvedOperand]
  ) throws(ExpressionFault) {
    switch shape {
    case .compare(let comparator): try checkDistinct(operands, of: comparator.rawValue)
    case .between: try checkDistinct(operands, of: "BETWEEN")
    case .isIn: try checkDistinct(operands, of: "IN")
    case .call:
      guard case .call(let name, let arguments) = operands[0] else { return }
      try checkDistinct(arguments, of: name)
    }
  }

  private func checkDistinct(
    _ operands: [ResolvedOperand], of name: String
  ) throws(ExpressionFault) {
    guard case .path(let first) = operands.first else { return }
    for case .path(let other) in operands.dropFirst() where other == first {
      throw kind.fault(
        "The first operand must be distinct from the remaining operands for this operator or "
          + "function; operator: \(name), first operand: \(first)")
    }
  }

  private func checkTypes(_ operand: ResolvedOperand) throws(ExpressionFault) {
    guard case .call(let name, let arguments) = operand else { return }
    for argument in arguments { try checkTypes(argument) }
    switch name {
    case "attribute_exists", "attribute_not_exists":
      guard case .path = arguments[0] else { throw OperandChecks.needsPath(name, in: kind) }
    case "begins_with":
      for argument in arguments {
        if let type = argument.staticType, type != "S", type != "B" {
          throw OperandChecks.incorrectType(type, of: name, in: kind)
        }
      }
    case "attribute_type": try checkTypeName(arguments[1])
    case "size":
      if let type = arguments[0].staticType, ["N", "BOOL", "NULL"].contains(type) {
        throw OperandChecks.incorrectType(type, of: name, in: kind)
      }
    default: break
    }
  }

  private func checkTypeName(_ operand: ResolvedOperand) throws(ExpressionFault) {
    guard case .value(.string(let type)) = operand else {
      let found = operand.staticType ?? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
      throw OperandChecks.incorrectType(found, of: "attribute_type", in: kind)
    }
    guard ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"].contains(type) else {
      throw kind.fault(
        "Invalid attribute type name found; type: \(type), "
          + "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}")
    }
  }

  private func checkOrdered(
    _ operands: [ResolvedOperand], of name: String
  ) throws(ExpressionFault) {
    for operand in operands {
      if let type = operand.literalType, !["S", "N", "B"].contains(type) {
        throw OperandChecks.incorrectType(type, of: name, in: kind)
      }
    }
  }

  private func checkBounds(
    _ low: ResolvedOperand, _ high: ResolvedOperand
  ) throws(ExpressionFault) {
    guard case .value(let lower) = low, case .value(let upper) = high else { return }
    let bounds =
      "; lower bound operand: AttributeValue: \(lower.bound), "
      + "upper bound operand: AttributeValue: \(upper.bound)"
    guard let order = ValueComparison.order(lower, upper) else {
      throw kind.fault(
        "The BETWEEN operator requires same data type for lower and upper bounds" + bounds)
    }
    guard order <= 0 else {
      throw kind.fault(
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
          + bounds)
    }
  }
}

extension ConditionSyntax {
  /// The operands of a single condition; none of AND, OR and NOT.
  fileprivate var operands: [OperandSyntax] {
    if case .single(_, let operands) = self { return operands }
    return []
  }

  /// What AND, OR and NOT combine.
  fileprivate var parts: [ConditionSyntax] {
    switch self {
    case .and(let parts), .or(let parts): parts
    case .not(let part): [part]
    case .single: []
    }
  }
}

extension ResolvedOperand {
  /// The type the operand has whatever the item is; nil when it depends on the item.
  fileprivate var staticType: String? {
    if case .call = self { return "N" }
    return literalType
  }

  /// The operand for evaluation. Calls inside operands are size and nothing else.
  fileprivate var lowered: Operand {
    switch self {
    case .path(let path): .path(path)
    case .value(let value): .value(value)
    case .call(_, let arguments): .size(arguments[0].lowered)
    }
  }
}

extension AttributeValue {
  /// As messages show a bound: {N:1}.
  fileprivate var bound: String {
    switch self {
    case .string(let text): return "{S:\(text)}"
    case .number(let number): return "{N:\(number)}"
    default:
      // {"B":"YQ=="} without its quotes.
      return String(json.filter { $0 != "\"" })
    }
  }
}
