// One fault of a file, said so that a person can mend it without opening the manual.
//
// A diagnostic is a value: what is wrong, where, what was expected and the nearest known name. It
// is collected with all the others and rendered once, in the form compilers use, which editors
// understand:
//
//     scenarios/x.yaml:12:5: error: unknown key 'read-capcity' in a table
//        12 |     read-capcity: 400
//           |     ^~~~~~~~~~~~
//       expected: one of name, partition-key, ...
//       did you mean 'read-capacity'?

/// A fault or an oddity of a text file.
public struct Diagnostic: Hashable, Sendable {
  public enum Severity: String, Hashable, Sendable {
    case error, warning
  }

  public var severity: Severity
  /// The file as its reader named it.
  public var file: String
  public var range: SourceRange
  /// One line, no full stop.
  public var message: String
  /// What would have been right, for example `a duration such as 500ms or 2h`.
  public var expected: String?
  /// The nearest known name.
  public var suggestion: String?

  public init(
    severity: Severity = .error, file: String, range: SourceRange, message: String,
    expected: String? = nil, suggestion: String? = nil
  ) {
    self.severity = severity
    self.file = file
    self.range = range
    self.message = message
    self.expected = expected
    self.suggestion = suggestion
  }

  public var line: Int { range.start.line }
  public var column: Int { range.start.column }

  /// The first line of the rendered form: `file:line:column: error: message`.
  public var headline: String {
    "\(file):\(line):\(column): \(severity.rawValue): \(message)"
  }

  /// The full form, with the line of `source` it is about, a caret, and the hints; ends in a
  /// newline.
  public func rendered(in source: SourceLines) -> String {
    var out = headline + "\n"
    if let text = source[line] {
      let number = String(line)
      let margin = String(repeating: " ", count: max(0, 5 - number.utf8.count))
      out += margin + number + " | " + text.shown + "\n"
      out += "      | " + source.caret(under: range) + "\n"
    }
    if let expected { out += "  expected: \(expected)\n" }
    if let suggestion { out += "  did you mean '\(suggestion)'?\n" }
    return out
  }
}

extension Diagnostic {
  /// All of `diagnostics` in the order of the file, one after the other.
  public static func rendered(_ diagnostics: [Diagnostic], source: String) -> String {
    let lines = SourceLines(source)
    return diagnostics.inFileOrder.map { $0.rendered(in: lines) }.joined()
  }
}

extension [Diagnostic] {
  /// Sorted by position; those of one position keep their order. No diagnostic appears twice.
  public var inFileOrder: [Diagnostic] {
    var seen: Set<Diagnostic> = []
    return enumerated()
      .sorted { ($0.element.range.start, $0.offset) < ($1.element.range.start, $1.offset) }
      .map(\.element)
      .filter { seen.insert($0).inserted }
  }
}
