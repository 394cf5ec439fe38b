// Cuts a statement into tokens.
//
// Names in double quotes, texts in single quotes, a doubled quote standing for itself. Words that
// the grammar uses are keywords in any case of letters unless they are quoted; the service reserves
// more words than these (all of SQL's), which are plain names here. Comments are "--" to the end of
// the line and "/* */". What fits nothing is refused with nothing behind the envelope's colon.

/// A piece of a statement.
struct StatementToken: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// A name as written, or the content of a quoted one.
    case name
    /// A word of the grammar, in upper case.
    case keyword
    /// The content of a text.
    case string
    case number
    /// An operator or a bracket.
    case symbol
    case end
  }

  let kind: Kind
  let text: String
  /// Where it stands: line and column from 1, length in characters.
  let line: Int
  let column: Int
  let length: Int

  /// As messages of the service have it.
  var place: String { "\(line):\(column):\(length)" }
}

/// Reads tokens off a text.
struct StatementScanner {
  private static let keywords: Set<String> = [
    "ALL", "AND", "AS", "ASC", "BETWEEN", "BY", "DELETE", "DESC", "EXISTS", "FALSE", "FROM", "IN",
    "INSERT", "INTO", "IS", "LIKE", "MISSING", "MODIFIED", "NEW", "NOT", "NULL", "OLD", "OR",
    "ORDER", "REMOVE", "RETURNING", "SELECT", "SET", "TRUE", "UPDATE", "VALUE", "WHERE",
  ]
  /// Longer ones before those they begin with.
  private static let symbols = [
    "<<", ">>", "<=", ">=", "<>", "!=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "*", "=", "<",
    ">", "+", "-", "?", ";",
  ].map(Array.init)

  private let text: [Character]
  private var at = 0
  private var line = 1
  private var lineStart = 0

  private init(_ text: String) { self.text = Array(text) }

  /// All tokens of a text, the end included. O(length).
  static func tokens(of text: String) throws(StatementFault) -> [StatementToken] {
    var scanner = StatementScanner(text)
    var tokens: [StatementToken] = []
    while let token = try scanner.next() { tokens.append(token) }
    tokens.append(scanner.token(.end, "", from: scanner.at))
    return tokens
  }

  private func token(_ kind: StatementToken.Kind, _ text: String, from start: Int) -> StatementToken
  {
    StatementToken(
      kind: kind, text: text, line: line, column: start - lineStart + 1, length: at - start)
  }

  private mutating func next() throws(StatementFault) -> StatementToken? {
    try skipSpace()
    guard at < text.count else { return nil }
    let start = at
    let character = text[at]
    if character == "'" { return token(.string, try quoted("'"), from: start) }
    if character == "\"" { return token(.name, try quoted("\""), from: start) }
    if Self.isDigit(character) { return token(.number, try number(), from: start) }
    if Self.isLetter(character) {
      while at < text.count, Self.isLetter(text[at]) || Self.isDigit(text[at]) { at += 1 }
      let word = String(text[start..<at])
      let upper = word.uppercased()
      return Self.keywords.contains(upper)
        ? token(.keyword, upper, from: start) : token(.name, word, from: start)
    }
    for symbol in Self.symbols where text[at...].starts(with: symbol) {
      at += symbol.count
      return token(.symbol, String(symbol), from: start)
    }
    throw .malformed("")
  }

  private mutating func skipSpace() throws(StatementFault) {
    while at < text.count {
      if text[at].isNewline {
        at += 1
        line += 1
        lineStart = at
      } else if text[at].isWhitespace {
        at += 1
      } else if text[at...].starts(with: "--") {
        while at < text.count, !text[at].isNewline { at += 1 }
      } else if text[at...].starts(with: "/*") {
        try skipComment()
      } else {
        return
      }
    }
  }

  private mutating func skipComment() throws(StatementFault) {
    at += 2
    while !text[at...].starts(with: "*/") {
      guard at < text.count else { throw .malformed("") }
      if text[at].isNewline {
        line += 1
        lineStart = at + 1
      }
      at += 1
    }
    at += 2
  }

  private mutating func quoted(_ quote: Character) throws(StatementFault) -> String {
    var content = ""
    at += 1
    while at < text.count {
      if text[at] != quote {
        content.append(text[at])
        at += 1
      } else if at + 1 < text.count, text[at + 1] == quote {
        content.append(quote)
        at += 2
      } else {
        at += 1
        return content
      }
    }
    throw .malformed("")
  }

  /// digits [. digits] [e [sign] digits]; an exponent beyond 32 bits is no number.
  private mutating func number() throws(StatementFault) -> String {
    let start = at
    skipDigits()
    if at < text.count, text[at] == "." {
      at += 1
      skipDigits()
    }
    if at < text.count, text[at] == "e" || text[at] == "E" {
      at += 1
      if at < text.count, text[at] == "+" || text[at] == "-" { at += 1 }
      let exponent = at
      skipDigits()
      guard Int32(String(text[exponent..<at])) != nil else { throw .malformed("") }
    }
    return String(text[start..<at])
  }

  private mutating func skipDigits() { while at < text.count, Self.isDigit(text[at]) { at += 1 } }

  private static func isDigit(_ character: Character) -> Bool {
    character >= "0" && character <= "9" && character.isASCII
  }

  private static func isLetter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character == "_" || character == "$")
  }
}
