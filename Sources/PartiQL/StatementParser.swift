// The grammar of statements, by recursive descent.
//
// Clauses are here; conditions and values in the files beside. SET and REMOVE may come several
// times and in any order; UPDATE may also be written FROM table WHERE ... SET ..., as the service
// takes it. Nesting is bounded, so that no text overflows the stack.

import DataModel
import Expressions

/// Reads one statement.
struct StatementParser {
  /// Brackets, parentheses and NOTs inside each other.
  static let nestingMax = 128

  private let tokens: [StatementToken]
  private let parameters: [AttributeValue]
  private var index = 0
  private var parametersUsed = 0
  private var depth = 0

  init(_ tokens: [StatementToken], _ parameters: [AttributeValue]) {
    self.tokens = tokens
    self.parameters = parameters
  }

  // MARK: Tokens

  var current: StatementToken { tokens[index] }
  var following: StatementToken { tokens[min(index + 1, tokens.count - 1)] }

  mutating func advance() { if index < tokens.count - 1 { index += 1 } }

  func isAt(symbol: String) -> Bool { current.kind == .symbol && current.text == symbol }
  func isAt(keyword: String) -> Bool { current.kind == .keyword && current.text == keyword }

  mutating func take(symbol: String) -> Bool {
    guard isAt(symbol: symbol) else { return false }
    advance()
    return true
  }

  mutating func take(keyword: String) -> Bool {
    guard isAt(keyword: keyword) else { return false }
    advance()
    return true
  }

  mutating func expect(symbol: String) throws(StatementFault) {
    guard take(symbol: symbol) else { throw .malformed("Expected \(symbol)" + found) }
  }

  mutating func expect(keyword: String) throws(StatementFault) {
    guard take(keyword: keyword) else { throw .malformed("Expected \(keyword)" + found) }
  }

  private var found: String {
    current.kind == .end ? ", found the end" : ", found \(current.text) at \(current.place)"
  }

  /// Whether the statement has been read to its end; one semicolon may close it.
  private var isAtEnd: Bool {
    current.kind == .end || (isAt(symbol: ";") && following.kind == .end)
  }

  mutating func parameter() throws(StatementFault) -> AttributeValue {
    guard parametersUsed < parameters.count else { throw .parameterCount }
    parametersUsed += 1
    return parameters[parametersUsed - 1]
  }

  /// Reads something that may contain its like.
  mutating func nested<R>(
    _ read: (inout StatementParser) throws(StatementFault) -> R
  ) throws(StatementFault) -> R {
    depth += 1
    guard depth <= Self.nestingMax else { throw .nesting }
    let result = try read(&self)
    depth -= 1
    return result
  }

  // MARK: Statements

  mutating func parse() throws(StatementFault) -> Statement {
    let statement: Statement
    if take(keyword: "SELECT") {
      statement = .select(try select())
    } else if take(keyword: "INSERT") {
      statement = .insert(try insert())
    } else if take(keyword: "UPDATE") {
      statement = .update(try update())
    } else if take(keyword: "DELETE") {
      statement = .delete(try delete())
    } else if take(keyword: "FROM") {
      statement = .update(try updateFrom())
    } else if take(keyword: "EXISTS") {
      try expect(symbol: "(")
      try expect(keyword: "SELECT")
      statement = .exists(try select())
      try expect(symbol: ")")
    } else {
      throw .noStatement
    }
    guard isAtEnd else { throw .leftover }
    guard parametersUsed == parameters.count else { throw .parameterCount }
    return statement
  }

  private mutating func select() throws(StatementFault) -> SelectStatement {
    let projection = try projection()
    try expect(keyword: "FROM")
    if isAtEnd { throw .noTerm }
    let source = try source()
    try refuseAlias()
    var select = SelectStatement(
      projection: projection, table: source.table, index: source.index, condition: try filter())
    guard take(keyword: "ORDER") else { return select }
    try expect(keyword: "BY")
    repeat {
      let path = try path()
      guard !path.isNested else {
        throw StatementFault("Argument to ORDER BY must be the name of a key attribute")
      }
      let isDescending = take(keyword: "DESC")
      if !isDescending { _ = take(keyword: "ASC") }
      select.order.append(SelectStatement.Order(attribute: path.root, isDescending: isDescending))
    } while take(symbol: ",")
    return select
  }

  private mutating func projection() throws(StatementFault) -> [DocumentPath]? {
    if take(symbol: "*") { return nil }
    var paths: [DocumentPath] = []
    repeat {
      guard current.kind == .name, !(following.kind == .symbol && following.text == "(") else {
        if isAtEnd || isAt(keyword: "FROM") { throw .noTerm }
        throw StatementFault("Unexpected path component at \(current.place)")
      }
      paths.append(try path())
      try refuseAlias()
    } while take(symbol: ",")
    return paths
  }

  private mutating func insert() throws(StatementFault) -> InsertStatement {
    try expect(keyword: "INTO")
    let table = try table()
    guard take(keyword: "VALUE") else { throw .leftover }
    guard case .map(let content) = try item() else {
      throw .malformed("Expected an item: {'name': value, ...}")
    }
    return InsertStatement(table: table, item: Item(content))
  }

  private mutating func update() throws(StatementFault) -> UpdateStatement {
    let table = try table()
    try refuseAlias()
    let actions = try actions()
    return UpdateStatement(
      table: table, actions: actions, condition: try filter(), returning: try returning())
  }

  /// FROM table WHERE ... SET ...
  private mutating func updateFrom() throws(StatementFault) -> UpdateStatement {
    let table = try table()
    try refuseAlias()
    let condition = try filter()
    return UpdateStatement(
      table: table, actions: try actions(), condition: condition, returning: try returning())
  }

  private mutating func actions() throws(StatementFault) -> [UpdateAction] {
    var actions: [UpdateAction] = []
    while true {
      if take(keyword: "SET") {
        repeat { actions.append(try assignment()) } while take(symbol: ",")
      } else if take(keyword: "REMOVE") {
        repeat {
          actions.append(UpdateAction(path: try path(), change: .remove))
        } while take(symbol: ",")
      } else {
        guard !actions.isEmpty else { throw .malformed("Expected SET or REMOVE" + found) }
        return actions
      }
    }
  }

  private mutating func delete() throws(StatementFault) -> DeleteStatement {
    try expect(keyword: "FROM")
    let table = try table()
    try refuseAlias()
    let condition = try filter()
    let returning = try returning()
    if let returning, returning != .allOld {
      throw StatementFault(
        "Invalid returning clause: RETURNING \(returning.rawValue). "
          + "Only RETURNING ALL OLD * is allowed in DELETE statements.")
    }
    return DeleteStatement(table: table, condition: condition, returning: returning)
  }

  // MARK: Clauses

  private mutating func filter() throws(StatementFault) -> Condition? {
    guard take(keyword: "WHERE") else { return nil }
    return try condition()
  }

  private mutating func returning() throws(StatementFault) -> Returning? {
    guard take(keyword: "RETURNING") else { return nil }
    var words: [String] = []
    for choices in [["ALL", "MODIFIED"], ["OLD", "NEW"]] {
      guard current.kind == .keyword, choices.contains(current.text) else {
        throw .malformed("Expected \(choices.joined(separator: " or "))" + found)
      }
      words.append(current.text)
      advance()
    }
    try expect(symbol: "*")
    return Returning(rawValue: (words + ["*"]).joined(separator: " "))
  }

  private mutating func table() throws(StatementFault) -> String {
    let source = try source()
    guard source.index == nil else {
      throw StatementFault("This operation is not supported on an index")
    }
    return source.table
  }

  private mutating func source() throws(StatementFault) -> (table: String, index: String?) {
    var components: [String] = []
    repeat {
      guard current.kind == .name else {
        throw .malformed("Expected identifier for simple path")
      }
      if current.text.isEmpty { throw StatementFault("Path component cannot be an empty string") }
      components.append(current.text)
      advance()
    } while take(symbol: ".")
    if components.count > 2 {
      throw StatementFault("A path may contain at most 2 components in the FROM clause")
    }
    return (components[0], components.count == 2 ? components[1] : nil)
  }

  private func refuseAlias() throws(StatementFault) {
    if current.kind == .name || isAt(keyword: "AS") { throw .alias }
  }
}
