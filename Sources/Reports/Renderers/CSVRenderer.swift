// Comma-separated values as RFC 4180 has them.
//
// A field is quoted when it holds a comma, a quote or a line break, and quotes are doubled. Lines
// end in LF instead of the standard's CRLF, so that committed files diff well; every reader takes
// both.

/// A table for machines: exact values under stable names.
public struct CSVTable: Sendable {
  public var header: [String]
  public var rows: [[String]]

  public init(header: [String], rows: [[String]] = []) {
    self.header = header
    self.rows = rows
  }
}

/// Writes tables as CSV text.
public struct CSVRenderer: Sendable {
  public init() {}

  /// Header and rows, one line each, every line ended by a line feed.
  public func render(_ table: CSVTable) -> String {
    var out = ""
    for row in [table.header] + table.rows {
      out += row.map(field).joined(separator: ",")
      out += "\n"
    }
    return out
  }

  private func field(_ text: String) -> String {
    let special: (UInt8) -> Bool = { byte in
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n")
        || byte == UInt8(ascii: "\r")
    }
    guard text.utf8.contains(where: special) else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }
}
