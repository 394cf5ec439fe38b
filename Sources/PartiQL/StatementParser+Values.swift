// Paths, literals and what SET assigns.
//
// A number's fault names its place inside the literal, from "root" on, as the service does. A set
// holds texts or numbers, or binary values given as parameters, all of one type.

import DataModel
import Expressions

extension StatementParser {
  // MARK: Paths

  /// name { .name | [number] | ['name'] }
  mutating func path() throws(StatementFault) -> DocumentPath {
    guard current.kind == .name else { throw unexpected }
    var path = DocumentPath(current.text)
    advance()
    while true {
      if take(symbol: ".") {
        guard current.kind == .name else { throw .malformed("Invalid path dot component") }
        path.steps.append(.name(current.text))
        advance()
      } else if take(symbol: "[") {
        path.steps.append(try element())
        try expect(symbol: "]")
      } else {
        break
      }
    }
    guard path.steps.count < ExpressionLimits.pathElementsMax else {
      throw StatementFault(
        "The document path has too many nesting levels; nesting levels: \(path.steps.count + 1)")
    }
    return path
  }

  private mutating func element() throws(StatementFault) -> PathStep {
    defer { advance() }
    if current.kind == .string { return .name(current.text) }
    guard current.kind == .number, let index = Int(current.text),
      index <= ExpressionLimits.listIndexMax
    else { throw .malformed("Invalid path component index") }
    return .index(index)
  }

  /// The refusal of a token where a term should begin.
  private var unexpected: StatementFault {
    switch (current.kind, current.text) {
    case (.keyword, "IS"), (.keyword, "IN"), (.keyword, "LIKE"), (.keyword, "BETWEEN"),
      (.keyword, "AND"), (.keyword, "OR"), (.symbol, "="), (.symbol, "<>"), (.symbol, "!="),
      (.symbol, "<"), (.symbol, "<="), (.symbol, ">"), (.symbol, ">="):
      .malformed("Unexpected operator")
    case (.keyword, _): .malformed("Unexpected keyword")
    default: .noTerm
    }
  }

  // MARK: Literals

  /// A literal or a parameter.
  mutating func value() throws(StatementFault) -> AttributeValue {
    let value = try value(at: "root")
    guard value.containerDepth <= AttributeValue.containersMax else {
      throw StatementFault(AttributeValueFault.nesting.message)
    }
    return value
  }

  private mutating func value(at place: String) throws(StatementFault) -> AttributeValue {
    let token = current
    switch (token.kind, token.text) {
    case (.string, let text):
      advance()
      return .string(text)
    case (.number, _): return .number(try number("", at: place))
    case (.symbol, "-"), (.symbol, "+"):
      advance()
      guard current.kind == .number else { throw unexpected }
      return .number(try number(token.text == "-" ? "-" : "", at: place))
    case (.keyword, "TRUE"), (.keyword, "FALSE"):
      advance()
      return .boolean(token.text == "TRUE")
    case (.keyword, "NULL"):
      advance()
      return .null
    case (.symbol, "?"):
      advance()
      return try parameter()
    case (.symbol, "["):
      return try nested { (parser) throws(StatementFault) in try parser.list(at: place) }
    case (.symbol, "{"):
      return try nested { (parser) throws(StatementFault) in try parser.map(at: place) }
    case (.symbol, "<<"):
      return try nested { (parser) throws(StatementFault) in try parser.set(at: place) }
    case (.name, let name) where following.kind == .symbol && following.text == "(":
      throw StatementFault(
        "Unsupported data type: \(name) under key \(place) at \(token.place)")
    default: throw unexpected
    }
  }

  private mutating func number(_ sign: String, at place: String) throws(StatementFault) -> Number {
    let text = sign + current.text
    advance()
    switch Number.parse(text) {
    case .success(let number): return number
    case .failure(let fault): throw StatementFault("\(fault.message) under \(place)")
    }
  }

  private mutating func list(at place: String) throws(StatementFault) -> AttributeValue {
    advance()
    var values: [AttributeValue] = []
    if take(symbol: "]") { return .list(values) }
    repeat { values.append(try value(at: "\(place)[\(values.count)]")) } while take(symbol: ",")
    try expect(symbol: "]")
    return .list(values)
  }

  private mutating func map(at place: String) throws(StatementFault) -> AttributeValue {
    advance()
    var attributes: [Attribute] = []
    if take(symbol: "}") { return .map(AttributeMap()) }
    repeat {
      guard current.kind == .string else {
        throw .malformed("Expected a name in single quotes at \(current.place)")
      }
      let name = current.text
      advance()
      try expect(symbol: ":")
      // A top-level attribute is a root of its own.
      let inner = place == "item" ? "root" : "\(place).\(name)"
      attributes.append(Attribute(name: name, value: try value(at: inner)))
    } while take(symbol: ",")
    try expect(symbol: "}")
    return .map(AttributeMap(unsorted: attributes))
  }

  /// The value of INSERT: an item, or a parameter that is a map.
  mutating func item() throws(StatementFault) -> AttributeValue {
    guard isAt(symbol: "{") else { return try value() }
    let value = try map(at: "item")
    guard value.containerDepth <= AttributeValue.containersMax + 1 else {
      throw StatementFault(AttributeValueFault.nesting.message)
    }
    return value
  }

  private mutating func set(at place: String) throws(StatementFault) -> AttributeValue {
    advance()
    if take(symbol: ">>") { throw StatementFault("Empty bags are not supported") }
    var values: [AttributeValue] = []
    repeat { values.append(try value(at: "\(place)[\(values.count)]")) } while take(symbol: ",")
    try expect(symbol: ">>")
    var strings: [String] = []
    var numbers: [Number] = []
    var binaries: [[UInt8]] = []
    for value in values {
      switch value {
      case .string(let text): strings.append(text)
      case .number(let number): numbers.append(number)
      case .binary(let bytes): binaries.append(bytes)
      default:
        throw StatementFault("Unsupported data type in a set: \(value.apiName) under \(place)")
      }
    }
    guard [strings.count, numbers.count, binaries.count].contains(values.count) else {
      throw StatementFault("All elements of a set must have the same type under \(place)")
    }
    try checkDistinct(strings, numbers, binaries)
    if !strings.isEmpty { return .stringSet(strings) }
    return numbers.isEmpty ? .binarySet(binaries) : .numberSet(numbers)
  }

  private func checkDistinct(
    _ strings: [String], _ numbers: [Number], _ binaries: [[UInt8]]
  ) throws(StatementFault) {
    let prefix = "One or more parameter values were invalid: Input collection "
    if Set(strings.map { Array($0.utf8) }).count < strings.count {
      throw StatementFault(prefix + "[\(strings.joined(separator: ", "))] contains duplicates.")
    }
    if Set(numbers).count < numbers.count {
      throw StatementFault(AttributeValueFault.duplicateNumbers.message)
    }
    if Set(binaries).count < binaries.count {
      throw StatementFault(prefix + "of type BS contains duplicates.")
    }
  }

  // MARK: Assignments

  /// path = value, value + value, value - value or a function of SET.
  mutating func assignment() throws(StatementFault) -> UpdateAction {
    let target = try path()
    try expect(symbol: "=")
    if current.kind == .name, following.kind == .symbol, following.text == "(" {
      return UpdateAction(path: target, change: try function(for: target))
    }
    let first = try updateValue()
    if take(symbol: "+") {
      return UpdateAction(path: target, change: .set(.sum(first, try updateValue())))
    }
    if take(symbol: "-") {
      return UpdateAction(path: target, change: .set(.difference(first, try updateValue())))
    }
    return UpdateAction(path: target, change: .set(first))
  }

  private mutating func updateValue() throws(StatementFault) -> UpdateValue {
    if current.kind == .name { return .path(try path()) }
    return .literal(try value())
  }

  private mutating func function(
    for target: DocumentPath
  ) throws(StatementFault) -> UpdateAction.Change {
    let name = current.text
    let place = current.place
    let upper = name.uppercased()
    guard ["LIST_APPEND", "SET_ADD", "SET_DELETE"].contains(upper) else {
      throw StatementFault("Unrecognized function: \(name.lowercased()) at \(place)")
    }
    advance()
    advance()
    let firstPlace = current.place
    var arguments: [UpdateValue] = []
    if !isAt(symbol: ")") {
      repeat { arguments.append(try updateValue()) } while take(symbol: ",")
    }
    try expect(symbol: ")")
    guard arguments.count == 2 else {
      throw StatementFault("\(upper) must have exactly two arguments at \(place)")
    }
    if upper == "LIST_APPEND" { return .set(.listAppend(arguments[0], arguments[1])) }
    guard arguments[0] == .path(target) else {
      throw StatementFault(
        "The first argument to \(upper) must equal the assignment value at \(place)")
    }
    switch arguments[1] {
    case .literal(let value) where ["SS", "NS", "BS"].contains(value.apiName):
      return upper == "SET_ADD" ? .add(value) : .delete(value)
    default:
      throw StatementFault(
        "The second argument to \(upper) must be a value with type SET at \(firstPlace)")
    }
  }
}
