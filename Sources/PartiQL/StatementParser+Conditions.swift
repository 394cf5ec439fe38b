// Conditions of WHERE: OR, AND, NOT, comparisons, IN, BETWEEN, IS, functions; in this order they
// bind tighter and tighter.
//
// A parenthesis may hold a condition or an operand, which shows only behind it; so both are read as
// terms and asked for what they are where it matters. IS NULL is true of the type NULL alone, IS
// MISSING of an absent attribute. Wrong types of literals are refused as expressions refuse them.

import DataModel
import Expressions

/// What stands in a condition: something to compare, or something true or false.
private enum Term {
  case operand(Operand)
  case condition(Condition)
}

extension StatementParser {
  private static let types: Set<String> = [
    "S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M",
  ]
  private static let comparators = [
    "=": Comparator.equal, "<>": .notEqual, "!=": .notEqual, "<": .less, "<=": .lessOrEqual,
    ">": .greater, ">=": .greaterOrEqual,
  ]

  mutating func condition() throws(StatementFault) -> Condition { try truth(try disjunction()) }

  private func truth(_ term: Term) throws(StatementFault) -> Condition {
    guard case .condition(let condition) = term else {
      throw .malformed("Expected a condition before \(current.place)")
    }
    return condition
  }

  private func operand(_ term: Term) throws(StatementFault) -> Operand {
    guard case .operand(let operand) = term else {
      throw .malformed("Expected a value before \(current.place)")
    }
    return operand
  }

  // MARK: Logic

  private mutating func disjunction() throws(StatementFault) -> Term {
    let first = try conjunction()
    guard isAt(keyword: "OR") else { return first }
    var parts = [try truth(first)]
    while take(keyword: "OR") {
      try refuseMissingSide()
      parts.append(try truth(try conjunction()))
    }
    return .condition(.or(parts))
  }

  private mutating func conjunction() throws(StatementFault) -> Term {
    let first = try negation()
    guard isAt(keyword: "AND") else { return first }
    var parts = [try truth(first)]
    while take(keyword: "AND") {
      try refuseMissingSide()
      parts.append(try truth(try negation()))
    }
    return .condition(.and(parts))
  }

  private mutating func negation() throws(StatementFault) -> Term {
    guard take(keyword: "NOT") else { return try comparison() }
    let part = try nested { (parser) throws(StatementFault) in
      try parser.truth(try parser.negation())
    }
    return .condition(.not(part))
  }

  private func refuseMissingSide() throws(StatementFault) {
    if current.kind == .end {
      throw .malformed("Missing right-hand side expression of infix operator")
    }
  }

  // MARK: Comparisons

  private mutating func comparison() throws(StatementFault) -> Term {
    let left = try primary()
    if current.kind == .symbol, let comparator = Self.comparators[current.text] {
      advance()
      let first = try operand(left)
      let second = try operand(try primary())
      if comparator != .equal, comparator != .notEqual {
        try checkOrdered([first, second], of: comparator.rawValue)
      }
      return .condition(.compare(comparator, first, second))
    }
    if take(keyword: "IS") { return .condition(try typeTest(try operand(left))) }
    let isNegated =
      isAt(keyword: "NOT") && following.kind == .keyword
      && (following.text == "IN" || following.text == "BETWEEN")
    if isNegated { advance() }
    var condition: Condition?
    if take(keyword: "BETWEEN") { condition = try between(try operand(left)) }
    if condition == nil, take(keyword: "IN") { condition = try membership(try operand(left)) }
    guard let condition else { return left }
    return .condition(isNegated ? .not(condition) : condition)
  }

  private mutating func between(_ value: Operand) throws(StatementFault) -> Condition {
    let low = try operand(try primary())
    try expect(keyword: "AND")
    let high = try operand(try primary())
    try checkOrdered([low, high], of: "BETWEEN")
    return .between(value, low, high)
  }

  private mutating func membership(_ value: Operand) throws(StatementFault) -> Condition {
    var candidates: [Operand] = []
    if take(symbol: "?") {
      guard case .list(let values) = try parameter() else {
        throw StatementFault("Invalid list expression: the parameter of IN must be a list")
      }
      candidates = values.map { .value($0) }
    } else {
      let close = isAt(symbol: "(") ? ")" : (isAt(symbol: "<<") ? ">>" : "]")
      guard take(symbol: "(") || take(symbol: "[") || take(symbol: "<<") else { throw .noTerm }
      repeat { candidates.append(try operand(try primary())) } while take(symbol: ",")
      try expect(symbol: close)
    }
    guard candidates.count <= ExpressionLimits.inOperandsMax else {
      throw StatementFault(
        "The IN operator is provided with too many operands; "
          + "number of operands: \(candidates.count)")
    }
    return .isIn(value, candidates)
  }

  private mutating func typeTest(_ value: Operand) throws(StatementFault) -> Condition {
    let isNegated = take(keyword: "NOT")
    let test: Condition
    if take(keyword: "NULL") {
      test = .hasType(value, "NULL")
    } else if take(keyword: "MISSING") {
      guard case .path(let path) = value else { throw Self.needsPath("IS MISSING") }
      test = .notExists(path)
    } else {
      throw .malformed("Expected type name")
    }
    return isNegated ? .not(test) : test
  }

  // MARK: Terms

  private mutating func primary() throws(StatementFault) -> Term {
    if take(symbol: "(") {
      let term = try nested { (parser) throws(StatementFault) in try parser.disjunction() }
      try expect(symbol: ")")
      return term
    }
    let isCall = following.kind == .symbol && following.text == "("
    if isCall, current.kind == .name || isAt(keyword: "EXISTS") { return try call() }
    if current.kind == .name { return .operand(.path(try path())) }
    return .operand(.value(try value()))
  }

  private mutating func call() throws(StatementFault) -> Term {
    let name = current.text.lowercased()
    let place = current.place
    let counts = [
      "begins_with": 2, "contains": 2, "attribute_type": 2, "attribute_exists": 1,
      "attribute_not_exists": 1, "size": 1,
    ]
    guard let count = counts[name] else {
      throw StatementFault("Unrecognized function: \(name) at \(place)")
    }
    advance()
    advance()
    var operands: [Operand] = []
    if !isAt(symbol: ")") {
      repeat {
        operands.append(
          try nested { (parser) throws(StatementFault) in
            try parser.operand(try parser.primary())
          })
      } while take(symbol: ",")
    }
    try expect(symbol: ")")
    guard operands.count == count else {
      throw StatementFault(
        "Incorrect number of operands for operator or function; operator or function: \(name), "
          + "number of operands: \(operands.count)")
    }
    return try function(name, operands)
  }

  private func function(_ name: String, _ operands: [Operand]) throws(StatementFault) -> Term {
    let first = operands[0]
    let second = operands[operands.count - 1]
    switch name {
    case "size": return .operand(.size(first))
    case "begins_with":
      try check([first, second], of: name) { $0 == "S" || $0 == "B" }
      return .condition(.beginsWith(first, second))
    case "contains": return .condition(.contains(first, second))
    case "attribute_type":
      guard case .value(.string(let type)) = second, Self.types.contains(type) else {
        throw StatementFault(
          "Invalid attribute type name found; the second operand of attribute_type must be one of "
            + "B, NULL, SS, BOOL, L, BS, N, NS, S, M")
      }
      return .condition(.hasType(first, type))
    default:
      guard case .path(let path) = first else { throw Self.needsPath(name) }
      return .condition(name == "attribute_exists" ? .exists(path) : .notExists(path))
    }
  }

  private static func needsPath(_ name: String) -> StatementFault {
    StatementFault(
      "Operator or function requires a document path; operator or function: \(name)")
  }

  // MARK: Types

  private func checkOrdered(_ operands: [Operand], of name: String) throws(StatementFault) {
    try check(operands, of: name) { $0 == "S" || $0 == "N" || $0 == "B" }
  }

  /// Refuses literals of types that an operator does not take.
  private func check(
    _ operands: [Operand], of name: String, _ accepts: (String) -> Bool
  ) throws(StatementFault) {
    for case .value(let value) in operands where !accepts(value.apiName) {
      throw StatementFault(
        "Incorrect operand type for operator or function; operator or function: \(name), "
          + "operand type: \(value.apiName)")
    }
  }
}
