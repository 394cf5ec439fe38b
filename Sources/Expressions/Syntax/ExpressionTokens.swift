// Cuts an expression into tokens and words its syntax errors.
//
// A name is a letter followed by letters, digits and underscores (a leading underscore is no name
// to the service); placeholders are # or : followed by at least one of those; a number is digits.
// What fits nothing becomes a token of its own, so that the parser refuses it where it stands, as
// the service does. "near" in the message is the source from the token before to the token after.

/// A piece of an expression.
struct ExpressionToken: Sendable {
  enum Kind: Sendable {
    case name, namePlaceholder, valuePlaceholder, number
    case openParenthesis, closeParenthesis, openBracket, closeBracket, dot, comma
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, plus, minus
    case unknown, end
  }

  let kind: Kind
  /// Bytes of the text.
  let range: Range<Int>
}

/// An expression's tokens and the place of the parser among them.
struct ExpressionTokens: Sendable {
  let kind: ExpressionKind
  private let text: [UInt8]
  private var tokens: [ExpressionToken] = []
  private var index = 0

  /// Checks the length and cuts the text. O(length).
  init(_ expression: String, kind: ExpressionKind) throws(ExpressionFault) {
    self.kind = kind
    text = Array(expression.utf8)
    tokens.reserveCapacity(text.count / 3 + 1)
    guard text.count <= ExpressionLimits.textBytesMax else {
      throw kind.fault(
        "Expression size has exceeded the maximum allowed size; expression size: \(text.count)")
    }
    var place = 0
    while place < text.count {
      if Self.isSpace(text[place]) {
        place += 1
        continue
      }
      let token = scanToken(at: place)
      tokens.append(token)
      place = token.range.upperBound
    }
    guard !tokens.isEmpty else { throw kind.fault("The expression can not be empty;") }
    tokens.append(ExpressionToken(kind: .end, range: text.count..<text.count))
  }

  // MARK: Reading

  var current: ExpressionToken.Kind { tokens[index].kind }

  /// The token after the current one.
  var next: ExpressionToken.Kind { tokens[min(index + 1, tokens.count - 1)].kind }

  mutating func advance() {
    if index < tokens.count - 1 { index += 1 }
  }

  /// Steps over a token of a kind; refuses another.
  mutating func expect(_ kind: ExpressionToken.Kind) throws(ExpressionFault) {
    guard current == kind else { throw syntaxFault }
    advance()
  }

  /// Steps over the current token when it is of a kind.
  mutating func take(_ kind: ExpressionToken.Kind) -> Bool {
    guard current == kind else { return false }
    advance()
    return true
  }

  /// The current token's text.
  var currentText: String { string(tokens[index].range) }

  /// Whether the current token is a word, in any case of letters. `word` is in upper case.
  func isAt(_ word: StaticString) -> Bool {
    guard current == .name else { return false }
    let range = tokens[index].range
    guard range.count == word.utf8CodeUnitCount else { return false }
    for (offset, place) in range.enumerated()
    where text[place] & 0xDF != word.utf8Start[offset] {
      return false
    }
    return true
  }

  /// Steps over a word.
  mutating func take(_ word: StaticString) -> Bool {
    guard isAt(word) else { return false }
    advance()
    return true
  }

  /// Whether the current token is a name that is not one of the expression's operators.
  var isAtName: Bool {
    guard current == .name else { return false }
    switch kind {
    case .update: return !(isAt("SET") || isAt("REMOVE") || isAt("ADD") || isAt("DELETE"))
    case .condition, .filter, .keyCondition:
      return !(isAt("AND") || isAt("OR") || isAt("NOT") || isAt("BETWEEN") || isAt("IN"))
    case .projection: return true
    }
  }

  /// The refusal of the current token.
  var syntaxFault: ExpressionFault {
    let token = tokens[index]
    let start = index > 0 ? tokens[index - 1].range.lowerBound : token.range.lowerBound
    var end = token.range.upperBound
    if token.kind == .end {
      end = index > 0 ? tokens[index - 1].range.upperBound : end
    } else if next != .end {
      end = tokens[index + 1].range.upperBound
    }
    let shown = token.kind == .end ? "<EOF>" : string(token.range)
    return kind.fault("Syntax error; token: \"\(shown)\", near: \"\(string(start..<end))\"")
  }

  private func string(_ range: Range<Int>) -> String {
    String(decoding: text[range], as: UTF8.self)
  }

  // MARK: Cutting

  static func isNameByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private func scanToken(at start: Int) -> ExpressionToken {
    let byte = text[start]
    if Self.isLetter(byte) {
      return ExpressionToken(kind: .name, range: start..<end(from: start, Self.isNameByte))
    }
    if Self.isDigit(byte) {
      return ExpressionToken(kind: .number, range: start..<end(from: start, Self.isDigit))
    }
    if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ":") {
      let end = end(from: start + 1, Self.isNameByte)
      let kind: ExpressionToken.Kind =
        byte == UInt8(ascii: "#") ? .namePlaceholder : .valuePlaceholder
      return ExpressionToken(kind: end > start + 1 ? kind : .unknown, range: start..<end)
    }
    let (kind, length) = symbol(at: start)
    return ExpressionToken(kind: kind, range: start..<start + length)
  }

  private func end(from start: Int, _ belongs: (UInt8) -> Bool) -> Int {
    var end = start
    while end < text.count, belongs(text[end]) { end += 1 }
    return end
  }

  private func symbol(at place: Int) -> (ExpressionToken.Kind, length: Int) {
    let following = place + 1 < text.count ? text[place + 1] : 0
    switch text[place] {
    case UInt8(ascii: "("): return (.openParenthesis, 1)
    case UInt8(ascii: ")"): return (.closeParenthesis, 1)
    case UInt8(ascii: "["): return (.openBracket, 1)
    case UInt8(ascii: "]"): return (.closeBracket, 1)
    case UInt8(ascii: "."): return (.dot, 1)
    case UInt8(ascii: ","): return (.comma, 1)
    case UInt8(ascii: "="): return (.equal, 1)
    case UInt8(ascii: "+"): return (.plus, 1)
    case UInt8(ascii: "-"): return (.minus, 1)
    case UInt8(ascii: "<"):
      if following == UInt8(ascii: "=") { return (.lessOrEqual, 2) }
      return following == UInt8(ascii: ">") ? (.notEqual, 2) : (.less, 1)
    case UInt8(ascii: ">"):
      return following == UInt8(ascii: "=") ? (.greaterOrEqual, 2) : (.greater, 1)
    default:
      // A whole character, so that the message stays text.
      var length = 1
      while place + length < text.count, text[place + length] & 0xC0 == 0x80 { length += 1 }
      return (.unknown, length)
    }
  }
}
