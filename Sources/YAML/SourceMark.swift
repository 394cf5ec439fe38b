// Where something stands in a file, in the numbers that editors and compilers use.
//
// Lines and columns count from 1; a column is one Unicode scalar, as libyaml counts them, so a
// caret under ASCII text is exact and under wide characters at most misplaced.

/// A position in a text file.
public struct SourceMark: Hashable, Comparable, Sendable {
  /// 1 is the first line.
  public var line: Int
  /// 1 is the first character of the line.
  public var column: Int

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public static func < (a: Self, b: Self) -> Bool {
    (a.line, a.column) < (b.line, b.column)
  }
}

/// A stretch of one line: where it starts and how many characters it covers.
public struct SourceRange: Hashable, Sendable {
  public var start: SourceMark
  /// At least 1; what goes on past the end of the line is not counted.
  public var length: Int

  public init(start: SourceMark, length: Int) {
    self.start = start
    self.length = max(1, length)
  }
}
