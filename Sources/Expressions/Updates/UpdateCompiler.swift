// From an update as written to one that can be applied, through the service's checks.
//
// Each check runs over the whole expression before the next: redundant parentheses, reserved words,
// function names, use of functions, sections given twice, number of operators, names, values,
// overlapping and conflicting paths, types of ADD and DELETE, then operands of functions and sums.
// The order is what suites against the service show.

import DataModel

/// Checks and compiles one update.
struct UpdateCompiler {
  private static let kind = ExpressionKind.update

  /// A value with its placeholders replaced, and by what it is made.
  private struct ResolvedValue {
    /// nil for a plain operand.
    let sign: String?
    let operands: [ResolvedOperand]
  }

  static func compile(
    _ text: String, with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) -> [UpdateAction] {
    var parser = UpdateParser(try ExpressionTokens(text, kind: kind))
    let syntax = try parser.parse()
    if parser.hasRedundantParentheses {
      throw kind.fault("The expression has redundant parentheses;")
    }
    try checkReserved(syntax)
    try checkFunctions(syntax)
    try checkSections(parser.sections)
    try countOperators(syntax)
    try checkNames(syntax, with: &placeholders)
    var paths: [DocumentPath] = []
    var values: [ResolvedValue?] = []
    for action in syntax {
      paths.append(try OperandChecks.resolve(action.path, kind: kind, with: &placeholders))
      values.append(try resolve(action.value, with: &placeholders))
    }
    try PathChecks.checkApart(paths, kind: kind)
    for (action, value) in zip(syntax, values) { try checkSetOperand(action.section, value) }
    for value in values {
      if let value { try check(value) }
    }
    var actions: [UpdateAction] = []
    for (index, action) in syntax.enumerated() {
      actions.append(
        UpdateAction(path: paths[index], change: change(action.section, values[index])))
    }
    return actions
  }

  // MARK: Passes over the text

  private static func checkReserved(
    _ actions: [UpdateActionSyntax]
  ) throws(ExpressionFault) {
    for action in actions {
      try OperandChecks.checkReserved(action.path, kind: kind)
      for operand in action.value?.operands ?? [] {
        try OperandChecks.checkReserved(operand, kind: kind)
      }
    }
  }

  private static func checkFunctions(
    _ actions: [UpdateActionSyntax]
  ) throws(ExpressionFault) {
    let operands = actions.flatMap { $0.value?.operands ?? [] }
    for operand in operands { try OperandChecks.checkFunctionNames(operand, kind: kind) }
    for action in actions {
      guard let value = action.value else { continue }
      var isAlone = false
      if case .operand = value { isAlone = true }
      for operand in value.operands { try checkUse(operand, isAlone: isAlone) }
    }
  }

  /// list_append only as the whole value; if_not_exists anywhere; functions of conditions nowhere.
  private static func checkUse(
    _ operand: OperandSyntax, isAlone: Bool
  ) throws(ExpressionFault) {
    guard case .call(let name, let arguments) = operand else { return }
    for argument in arguments { try checkUse(argument, isAlone: false) }
    guard name == "if_not_exists" || (name == "list_append" && isAlone) else {
      throw OperandChecks.misuse(of: name, in: kind)
    }
  }

  private static func checkSections(_ sections: [UpdateSection]) throws(ExpressionFault) {
    for (place, section) in sections.enumerated() where sections[..<place].contains(section) {
      throw kind.fault(
        "The \"\(section.rawValue)\" section can only be used once in an update expression;")
    }
  }

  private static func countOperators(
    _ actions: [UpdateActionSyntax]
  ) throws(ExpressionFault) {
    var count = OperandChecks.OperatorCount()
    for action in actions {
      guard let value = action.value else { continue }
      if case .operand = value {
      } else {
        try count.add(1, kind: kind)
      }
      for operand in value.operands { try count.add(operand, kind: kind) }
    }
  }

  /// All names before any value.
  private static func checkNames(
    _ actions: [UpdateActionSyntax], with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) {
    for action in actions {
      try checkNames(in: .path(action.path), with: &placeholders)
      for operand in action.value?.operands ?? [] {
        try checkNames(in: operand, with: &placeholders)
      }
    }
  }

  private static func checkNames(
    in operand: OperandSyntax, with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) {
    switch operand {
    case .path(let path):
      for case .placeholder(let key) in path { _ = try placeholders.name(key, in: kind) }
    case .value: break
    case .call(_, let arguments):
      for argument in arguments { try checkNames(in: argument, with: &placeholders) }
    }
  }

  private static func resolve(
    _ value: UpdateValueSyntax?, with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) -> ResolvedValue? {
    guard let value else { return nil }
    var operands: [ResolvedOperand] = []
    for operand in value.operands {
      operands.append(try OperandChecks.resolve(operand, kind: kind, with: &placeholders))
    }
    switch value {
    case .operand: return ResolvedValue(sign: nil, operands: operands)
    case .sum: return ResolvedValue(sign: "+", operands: operands)
    case .difference: return ResolvedValue(sign: "-", operands: operands)
    }
  }

  // MARK: Checks of operands

  /// ADD takes numbers and sets, DELETE sets.
  private static func checkSetOperand(
    _ section: UpdateSection, _ value: ResolvedValue?
  ) throws(ExpressionFault) {
    guard section == .add || section == .delete, case .value(let operand) = value?.operands[0]
    else { return }
    switch operand {
    case .stringSet, .numberSet, .binarySet: return
    case .number: if section == .add { return }
    default: break
    }
    throw kind.fault(
      "Incorrect operand type for operator or function; operator: \(section.rawValue), "
        + "operand type: \(operand.typeWord), "
        + "typeSet: ALLOWED_FOR_\(section.rawValue)_OPERAND")
  }

  private static func check(_ value: ResolvedValue) throws(ExpressionFault) {
    for operand in value.operands { try check(operand) }
    guard let sign = value.sign else { return }
    for operand in value.operands {
      if let type = operand.literalType, type != "N" {
        throw OperandChecks.incorrectType(type, of: sign, in: kind)
      }
    }
  }

  private static func check(_ operand: ResolvedOperand) throws(ExpressionFault) {
    guard case .call(let name, let arguments) = operand else { return }
    for argument in arguments { try check(argument) }
    guard arguments.count == 2 else {
      throw OperandChecks.incorrectCount(arguments.count, of: name, in: kind)
    }
    if name == "if_not_exists" {
      guard case .path = arguments[0] else { throw OperandChecks.needsPath(name, in: kind) }
      return
    }
    for argument in arguments {
      if let type = argument.literalType, type != "L" {
        throw OperandChecks.incorrectType(type, of: name, in: kind)
      }
    }
  }

  // MARK: Building

  private static func change(
    _ section: UpdateSection, _ value: ResolvedValue?
  ) -> UpdateAction.Change {
    guard let value else { return .remove }
    let first = updateValue(value.operands[0])
    switch (section, first) {
    case (.add, .literal(let operand)): return .add(operand)
    case (.delete, .literal(let operand)): return .delete(operand)
    default: break
    }
    switch value.sign {
    case "+": return .set(.sum(first, updateValue(value.operands[1])))
    case "-": return .set(.difference(first, updateValue(value.operands[1])))
    default: return .set(first)
    }
  }

  private static func updateValue(_ operand: ResolvedOperand) -> UpdateValue {
    switch operand {
    case .path(let path): return .path(path)
    case .value(let value): return .literal(value)
    case .call(let name, let arguments):
      let second = updateValue(arguments[1])
      if name == "if_not_exists", case .path(let path) = arguments[0] {
        return .ifNotExists(path, second)
      }
      return .listAppend(updateValue(arguments[0]), second)
    }
  }
}

extension AttributeValue {
  /// The type's name in messages of ADD and DELETE.
  fileprivate var typeWord: String {
    switch self {
    case .string: "STRING"
    case .number: "NUMBER"
    case .binary: "BINARY"
    case .boolean: "BOOLEAN"
    case .null: "NULL"
    case .stringSet: "STRING_SET"
    case .numberSet: "NUMBER_SET"
    case .binarySet: "BINARY_SET"
    case .list: "LIST"
    case .map: "MAP"
    }
  }
}
