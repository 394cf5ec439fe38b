// Operands as they are written: paths, values and function calls, with placeholders not yet
// resolved.
//
// The service checks an expression in passes (function names, their use, reserved words,
// placeholders, types), so the parser keeps what is written and the passes walk over it.

import DataModel

/// One element of a path as written.
enum PathElementSyntax: Hashable, Sendable {
  case name(String)
  case placeholder(String)
  case index(Int)
}

/// An operand as written.
indirect enum OperandSyntax: Sendable {
  case path([PathElementSyntax])
  case value(String)
  case call(String, [OperandSyntax])
}

/// An operand with its placeholders replaced.
indirect enum ResolvedOperand: Sendable {
  case path(DocumentPath)
  case value(AttributeValue)
  case call(String, [ResolvedOperand])

  /// The type of a value; nil for all else.
  var literalType: String? {
    if case .value(let value) = self { return value.apiName }
    return nil
  }
}

extension ExpressionTokens {
  /// Reads a path that starts with a name or a name placeholder.
  mutating func parsePath() throws(ExpressionFault) -> [PathElementSyntax] {
    var path = [try parsePathName()]
    try parsePathTail(into: &path)
    return path
  }

  /// Reads what may follow a path's first element: [index] and .name, any number of them.
  mutating func parsePathTail(
    into path: inout [PathElementSyntax]
  ) throws(ExpressionFault) {
    while true {
      if take(.dot) {
        path.append(try parsePathName())
      } else if take(.openBracket) {
        guard current == .number else { throw syntaxFault }
        guard let index = Int(currentText), index <= ExpressionLimits.listIndexMax else {
          throw kind.fault(
            "List index is not within the allowable range; index: [\(currentText)]")
        }
        advance()
        try expect(.closeBracket)
        path.append(.index(index))
      } else {
        return
      }
    }
  }

  private mutating func parsePathName() throws(ExpressionFault) -> PathElementSyntax {
    let text = currentText
    if isAtName {
      advance()
      return .name(text)
    }
    guard current == .namePlaceholder else { throw syntaxFault }
    advance()
    return .placeholder(text)
  }
}

/// The passes over operands that conditions and updates share.
enum OperandChecks {
  static func isConditionFunction(_ name: String) -> Bool {
    switch name {
    case "attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains",
      "size":
      true
    default: false
    }
  }

  static func isUpdateFunction(_ name: String) -> Bool {
    name == "if_not_exists" || name == "list_append"
  }

  /// Refuses names that are no function of any expression.
  static func checkFunctionNames(
    _ operand: OperandSyntax, kind: ExpressionKind
  ) throws(ExpressionFault) {
    guard case .call(let name, let arguments) = operand else { return }
    for argument in arguments { try checkFunctionNames(argument, kind: kind) }
    guard isConditionFunction(name) || isUpdateFunction(name) else {
      throw kind.fault("Invalid function name; function: \(name)")
    }
  }

  static func misuse(of function: String, in kind: ExpressionKind) -> ExpressionFault {
    kind.fault(
      "The function is not allowed to be used this way in an expression; function: \(function)")
  }

  /// Refuses reserved words as plain names.
  static func checkReserved(
    _ operand: OperandSyntax, kind: ExpressionKind
  ) throws(ExpressionFault) {
    switch operand {
    case .path(let path): try checkReserved(path, kind: kind)
    case .value: break
    case .call(_, let arguments):
      for argument in arguments { try checkReserved(argument, kind: kind) }
    }
  }

  static func checkReserved(
    _ path: [PathElementSyntax], kind: ExpressionKind
  ) throws(ExpressionFault) {
    for case .name(let name) in path where ReservedWords.contains(name) {
      throw kind.fault("Attribute name is a reserved keyword; reserved keyword: \(name)")
    }
  }

  /// Replaces the placeholders, in reading order.
  static func resolve(
    _ operand: OperandSyntax, kind: ExpressionKind, with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) -> ResolvedOperand {
    switch operand {
    case .path(let path): return .path(try resolve(path, kind: kind, with: &placeholders))
    case .value(let key): return .value(try placeholders.value(key, in: kind))
    case .call(let name, let arguments):
      var resolved: [ResolvedOperand] = []
      for argument in arguments {
        resolved.append(try resolve(argument, kind: kind, with: &placeholders))
      }
      return .call(name, resolved)
    }
  }

  static func resolve(
    _ path: [PathElementSyntax], kind: ExpressionKind,
    with placeholders: inout ExpressionPlaceholders
  ) throws(ExpressionFault) -> DocumentPath {
    guard path.count <= ExpressionLimits.pathElementsMax else {
      throw kind.fault(
        "The document path has too many nesting levels; nesting levels: \(path.count)")
    }
    var root = ""
    var steps: [PathStep] = []
    for (place, element) in path.enumerated() {
      let name: String
      switch element {
      case .name(let text): name = text
      case .placeholder(let key): name = try placeholders.name(key, in: kind)
      case .index(let index):
        steps.append(.index(index))
        continue
      }
      if place == 0 {
        root = name
      } else {
        steps.append(.name(name))
      }
    }
    return DocumentPath(root, steps)
  }

  static func incorrectType(
    _ type: String, of function: String, in kind: ExpressionKind
  ) -> ExpressionFault {
    kind.fault(
      "Incorrect operand type for operator or function; operator or function: \(function), "
        + "operand type: \(type)")
  }

  static func incorrectCount(
    _ count: Int, of function: String, in kind: ExpressionKind
  ) -> ExpressionFault {
    kind.fault(
      "Incorrect number of operands for operator or function; operator or function: \(function), "
        + "number of operands: \(count)")
  }

  static func needsPath(_ function: String, in kind: ExpressionKind) -> ExpressionFault {
    kind.fault("Operator or function requires a document path; operator or function: \(function)")
  }

  /// Counts the operators of one expression; the 301st is refused, whatever follows.
  struct OperatorCount {
    private var count = 0

    mutating func add(_ operators: Int, kind: ExpressionKind) throws(ExpressionFault) {
      count += operators
      guard count <= ExpressionLimits.operatorsMax else {
        throw OperandChecks.tooManyOperators(in: kind)
      }
    }

    mutating func add(_ operand: OperandSyntax, kind: ExpressionKind) throws(ExpressionFault) {
      guard case .call(_, let arguments) = operand else { return }
      try add(1, kind: kind)
      for argument in arguments { try add(argument, kind: kind) }
    }
  }

  static func tooManyOperators(in kind: ExpressionKind) -> ExpressionFault {
    kind.fault(
      "The expression contains too many operators; operator count: "
        + "\(ExpressionLimits.operatorsMax + 1)")
  }
}
