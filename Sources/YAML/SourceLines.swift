// A text cut into lines, for quoting the one a diagnostic is about.
//
// Lines end where libyaml ends them for every file a person writes (LF, CR LF, CR). A quoted line
// is made fit for a terminal: tabs become one space, control characters a replacement mark, and a
// very long line is cut.

/// The lines of a text, counted from 1.
public struct SourceLines: Sendable {
  /// One line as it may be printed.
  public struct Line: Hashable, Sendable {
    public var shown: String
  }

  private let lines: [String]
  private static let widest = 200

  public init(_ text: String) {
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var afterReturn = false
    for scalar in text.unicodeScalars {
      if scalar == "\n", afterReturn {
        afterReturn = false
        continue
      }
      afterReturn = scalar == "\r"
      if scalar == "\n" || scalar == "\r" {
        lines.append(String(line))
        line = String.UnicodeScalarView()
      } else {
        line.append(scalar)
      }
    }
    if !line.isEmpty { lines.append(String(line)) }
    self.lines = lines
  }

  /// Line `number`, or nil past the end of the text.
  public subscript(number: Int) -> Line? {
    guard number >= 1, number <= lines.count else { return nil }
    var shown = String.UnicodeScalarView()
    for scalar in lines[number - 1].unicodeScalars.prefix(Self.widest) {
      let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      shown.append(scalar == "\t" ? " " : isControl ? "\u{FFFD}" : scalar)
    }
    var text = String(shown)
    while text.hasSuffix(" ") { text.removeLast() }
    return Line(shown: text)
  }

  /// `^~~~` under `range`, cut at the end of its line.
  func caret(under range: SourceRange) -> String {
    let width = min(self[range.start.line]?.shown.unicodeScalars.count ?? 0, Self.widest)
    let before = min(range.start.column - 1, Self.widest)
    let tail = max(0, min(range.length - 1, width - before - 1))
    return String(repeating: " ", count: before) + "^" + String(repeating: "~", count: tail)
  }
}
