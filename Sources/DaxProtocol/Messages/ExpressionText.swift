// Expressions arrive parsed, as s-expressions; an endpoint wants them as text again.
//
// Every name becomes a placeholder #n and every value a placeholder :v, so that no reserved word
// and no odd character can be in the way. Parentheses stand only where precedence needs them,
// because the service refuses redundant ones. One writer serves all expressions of a request, which
// share the placeholders. Operator numbers: features.md 2.4.

public import DataModel

/// Writes the expressions of one request.
public struct ExpressionText: Sendable {
  /// Name `index` is #n`index`.
  public private(set) var names: [String] = []
  /// Value `index` is :v`index`.
  public private(set) var values: [AttributeValue] = []
  private var placeholders: [String: Int] = [:]
  /// Where the values of the expression at hand begin, and how many it has referred to.
  private var firstValue = 0
  private var valuesUsed = 0

  /// Deepest nesting of an expression; the service allows 300 operators.
  private static let depthMax = 300

  public init() {}

  /// A condition, filter or key condition: [1, expression, [values]].
  public mutating func condition(_ bytes: [UInt8]) throws(CBORFault) -> String {
    var reader = try begin(bytes, length: 3)
    let text = try expression(from: &reader, depth: 0).text
    try end(&reader)
    return text
  }

  /// An update: [1, [actions], [values]]; actions of a kind are joined to one clause.
  public mutating func update(_ bytes: [UInt8]) throws(CBORFault) -> String {
    var reader = try begin(bytes, length: 3)
    var clauses: [(word: String, actions: [String])] = []
    var count = try reader.beginArray()
    while try reader.next(&count) {
      let (word, action) = try updateAction(from: &reader)
      if let place = clauses.firstIndex(where: { $0.word == word }) {
        clauses[place].actions.append(action)
      } else {
        clauses.append((word, [action]))
      }
    }
    try end(&reader)
    return clauses.map { "\($0.word) \($0.actions.joined(separator: ", "))" }
      .joined(separator: " ")
  }

  /// The paths of a projection: [1, [paths]].
  public static func paths(of bytes: [UInt8]) throws(CBORFault) -> [DocumentPath] {
    var reader = CBORReader(bytes)
    try reader.beginArray(of: 2)
    try readFormat(from: &reader)
    var paths: [DocumentPath] = []
    var count = try reader.beginArray()
    while try reader.next(&count) {
      var elements = try reader.beginArray()
      guard try reader.next(&elements), try reader.readInteger() == Operator.path.rawValue else {
        throw reader.fault(.mismatch(expected: "a document path"))
      }
      paths.append(try path(from: &reader, &elements))
    }
    return paths
  }

  /// A path with placeholders for its names: #n0[2].#n1.
  public mutating func text(of path: DocumentPath) -> String {
    path.steps.reduce(placeholder(path.root)) { text, step in
      switch step {
      case .name(let name): "\(text).\(placeholder(name))"
      case .index(let index): "\(text)[\(index)]"
      }
    }
  }

  private mutating func placeholder(_ name: String) -> String {
    if let number = placeholders[name] { return "#n\(number)" }
    placeholders[name] = names.count
    names.append(name)
    return "#n\(names.count - 1)"
  }

  // MARK: Frames

  private mutating func begin(_ bytes: [UInt8], length: Int) throws(CBORFault) -> CBORReader {
    var reader = CBORReader(bytes)
    try reader.beginArray(of: length)
    try Self.readFormat(from: &reader)
    firstValue = values.count
    valuesUsed = 0
    return reader
  }

  private static func readFormat(from reader: inout CBORReader) throws(CBORFault) {
    guard try reader.readInteger() == 1 else {
      throw reader.fault(.malformed("an expression of another format than 1"))
    }
  }

  /// Reads the values behind the expression.
  private mutating func end(_ reader: inout CBORReader) throws(CBORFault) {
    values += try reader.readArray { reader throws(CBORFault) in try reader.readAttributeValue() }
    guard values.count - firstValue >= valuesUsed else {
      throw reader.fault(.malformed("an expression with fewer values than it uses"))
    }
  }

  // MARK: Expressions

  private enum Operator: Int {
    case equal = 0
    case notEqual, less, greaterOrEqual, greater, lessOrEqual, and, or, not, between, contained
    case attributeExists, attributeNotExists, attributeType, beginsWith, contains, size
    case variable, path, set, add, delete, remove, ifNotExists, listAppend, plus, minus

    /// Between operands, or the name of a function.
    var word: String {
      switch self {
      case .equal: "="
      case .notEqual: "<>"
      case .less: "<"
      case .greaterOrEqual: ">="
      case .greater: ">"
      case .lessOrEqual: "<="
      case .and: "AND"
      case .or: "OR"
      case .not: "NOT"
      case .between: "BETWEEN"
      case .contained: "IN"
      case .attributeExists: "attribute_exists"
      case .attributeNotExists: "attribute_not_exists"
      case .attributeType: "attribute_type"
      case .beginsWith: "begins_with"
      case .contains: "contains"
      case .size: "size"
      case .variable, .path: ""
      case .set: "SET"
      case .add: "ADD"
      case .delete: "DELETE"
      case .remove: "REMOVE"
      case .ifNotExists: "if_not_exists"
      case .listAppend: "list_append"
      case .plus: "+"
      case .minus: "-"
      }
    }

    /// How tightly it holds its operands.
    var precedence: Int {
      switch self {
      case .or: 0
      case .and: 1
      case .not: 2
      default: 3
      }
    }

    func parenthesised(_ operand: (text: String, precedence: Int)) -> String {
      operand.precedence < precedence ? "(\(operand.text))" : operand.text
    }
  }

  private mutating func expression(
    from reader: inout CBORReader, depth: Int
  ) throws(CBORFault) -> (text: String, precedence: Int) {
    guard depth < Self.depthMax else {
      throw reader.fault(.malformed("an expression nested too deeply"))
    }
    var count = try reader.beginArray()
    let head = try readOperator(from: &reader, &count)
    switch head {
    case .path:
      let path = try Self.path(from: &reader, &count)
      return (text(of: path), 3)
    case .variable: return (try variable(from: &reader, &count), 3)
    case .contained:
      let operand = try self.operand(from: &reader, &count, depth)
      guard try reader.next(&count) else { throw reader.fault(.malformed("IN without a list")) }
      var list: [String] = []
      var elements = try reader.beginArray()
      while try reader.next(&elements) {
        list.append(try expression(from: &reader, depth: depth + 1).text)
      }
      try close(&reader, &count)
      return ("\(operand.text) IN (\(list.joined(separator: ", ")))", 3)
    default:
      var operands: [(text: String, precedence: Int)] = []
      while try reader.next(&count) {
        operands.append(try expression(from: &reader, depth: depth + 1))
      }
      guard let text = Self.text(head, operands) else {
        throw reader.fault(.malformed("\(head.word) with \(operands.count) operands"))
      }
      return (text, head.precedence)
    }
  }

  /// nil when the operator does not stand in an operand, or not with so many operands.
  private static func text(
    _ head: Operator, _ operands: [(text: String, precedence: Int)]
  ) -> String? {
    switch head {
    case .equal, .notEqual, .less, .greaterOrEqual, .greater, .lessOrEqual, .and, .or, .plus,
      .minus:
      guard operands.count == 2 else { return nil }
      return "\(head.parenthesised(operands[0])) \(head.word) \(head.parenthesised(operands[1]))"
    case .not:
      return operands.count == 1 ? "NOT \(head.parenthesised(operands[0]))" : nil
    case .between:
      guard operands.count == 3 else { return nil }
      return "\(operands[0].text) BETWEEN \(operands[1].text) AND \(operands[2].text)"
    case .attributeExists, .attributeNotExists, .attributeType, .beginsWith, .contains, .size,
      .ifNotExists, .listAppend:
      return "\(head.word)(\(operands.map(\.text).joined(separator: ", ")))"
    case .contained, .variable, .path, .set, .add, .delete, .remove: return nil
    }
  }

  /// One action of an update: SET path value, REMOVE path, ADD path value, DELETE path value.
  private mutating func updateAction(
    from reader: inout CBORReader
  ) throws(CBORFault) -> (word: String, action: String) {
    var count = try reader.beginArray()
    let head = try readOperator(from: &reader, &count)
    guard [.set, .add, .delete, .remove].contains(head) else {
      throw reader.fault(.mismatch(expected: "an action of an update"))
    }
    let path = try operand(from: &reader, &count, 0).text
    var action = path
    if head != .remove {
      let value = try operand(from: &reader, &count, 0).text
      action = head == .set ? "\(path) = \(value)" : "\(path) \(value)"
    }
    try close(&reader, &count)
    return (head.word, action)
  }

  private mutating func operand(
    from reader: inout CBORReader, _ count: inout CBORCount, _ depth: Int
  ) throws(CBORFault) -> (text: String, precedence: Int) {
    guard try reader.next(&count) else { throw reader.fault(.malformed("an operand is missing")) }
    return try expression(from: &reader, depth: depth + 1)
  }

  private func readOperator(
    from reader: inout CBORReader, _ count: inout CBORCount
  ) throws(CBORFault) -> Operator {
    guard try reader.next(&count), let head = Operator(rawValue: try reader.readInteger()) else {
      throw reader.fault(.malformed("an expression without a known operator"))
    }
    return head
  }

  private func close(
    _ reader: inout CBORReader, _ count: inout CBORCount
  ) throws(CBORFault) {
    guard try !reader.next(&count) else {
      throw reader.fault(.malformed("an operand too many"))
    }
  }

  private mutating func variable(
    from reader: inout CBORReader, _ count: inout CBORCount
  ) throws(CBORFault) -> String {
    guard try reader.next(&count) else { throw reader.fault(.malformed("a value without number")) }
    let number = try reader.readInteger()
    guard (0..<10_000).contains(number) else {
      throw reader.fault(.malformed("value \(number) is not known"))
    }
    valuesUsed = max(valuesUsed, number + 1)
    try close(&reader, &count)
    return ":v\(firstValue + number)"
  }

  /// The elements of a path behind its operator: names, and list indexes behind a tag.
  private static func path(
    from reader: inout CBORReader, _ count: inout CBORCount
  ) throws(CBORFault) -> DocumentPath {
    guard try reader.next(&count) else { throw reader.fault(.malformed("a path without names")) }
    var path = DocumentPath(try reader.readText())
    while try reader.next(&count) {
      if try reader.peek() == .tag {
        guard try reader.readTag() == CBORTag.listIndex else {
          throw reader.fault(.mismatch(expected: "a list index"))
        }
        path.steps.append(.index(try reader.readInteger()))
      } else {
        path.steps.append(.name(try reader.readText()))
      }
    }
    return path
  }
}
