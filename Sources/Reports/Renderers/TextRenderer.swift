// Plain text of a given width for a terminal, with ANSI colours where wanted.
//
// Compact on purpose: one empty line between sections, no rules in tables, an ellipsis for long
// cells. Charts are left out (sections put sparklines into cells). Colour repeats what signs and
// words already say, and control characters in names are blanked before they reach the terminal.

/// Renders a document for a terminal.
public struct TextRenderer: Sendable {
  /// Columns of the terminal; at least 40 are used.
  public var width: Int
  public var colour: Bool

  public init(width: Int, colour: Bool) {
    self.width = max(40, width)
    self.colour = colour
  }

  public func render(_ document: Document) -> String {
    var lines: [String] = [paint(fitted(document.title, width), "1")]
    if !document.subtitle.isEmpty {
      lines += wrapped(document.subtitle.plain, indent: 0).map { paint($0, "2") }
    }
    if let banner = document.banner {
      lines.append("")
      let head = sign(banner.status) + " " + banner.headline
      lines.append(paint(fitted(head, width), "1;" + code(banner.status)))
      lines += wrapped(banner.text.plain, indent: 2)
    }
    for section in document.sections {
      lines.append("")
      lines.append(paint(section.title, "1"))
      for block in section.blocks { lines += render(block) }
    }
    if !document.footer.isEmpty {
      lines.append("")
      for line in document.footer { lines += wrapped(line.plain, indent: 0) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func render(_ block: Block) -> [String] {
    switch block {
    case .heading(let text): return ["  " + paint(text, "1")]
    case .paragraph(let text): return wrapped(text.plain, indent: 2)
    case .bullets(let items): return items.flatMap { wrapped("- " + $0.plain, indent: 2, hang: 2) }
    case .facts(let facts):
      let label = facts.map(\.label.count).max() ?? 0
      return facts.flatMap { fact in
        wrapped(pad(fact.label, label) + "  " + fact.value.plain, indent: 2, hang: label + 2)
      }
    case .table(let table): return render(table)
    case .chart: return []
    case .note(let note):
      let head = sign(note.status) + " " + note.title
      return wrapped(head, indent: 2, hang: 2).map { paint($0, code(note.status)) }
        + wrapped(note.text.plain, indent: 4)
        + note.items.flatMap { wrapped("→ " + $0.plain, indent: 4, hang: 2) }
    }
  }

  private func render(_ table: DocumentTable) -> [String] {
    var widths = table.columns.map(\.title.count)
    for row in table.rows {
      for (index, cell) in row.enumerated() {
        widths[index] = max(widths[index], display(cell).count)
      }
    }
    let gaps = 2 + 2 * (widths.count - 1)
    var excess = widths.reduce(gaps, +) - width
    while excess > 0 {
      let leading = widths.indices.filter { table.columns[$0].alignment == .leading }
      let candidates = leading.contains { widths[$0] > 8 } ? leading : Array(widths.indices)
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }), widths[widest] > 4
      else { break }
      widths[widest] -= 1
      excess -= 1
    }
    var lines: [String] = []
    if table.columns.contains(where: { !$0.title.isEmpty }) {
      let head = zip(table.columns, widths).map { align($0.title, $1, $0.alignment) }
      lines.append(paint(trimmedEnd("  " + head.joined(separator: "  ")), "2"))
    }
    for row in table.rows {
      let cells = row.enumerated().map { index, cell in
        let text = align(display(cell), widths[index], table.columns[index].alignment)
        if cell.status != .neutral { return paint(text, code(cell.status)) }
        return cell.isStrong ? paint(text, "1") : text
      }
      lines.append(trimmedEnd("  " + cells.joined(separator: "  ")))
    }
    return lines
  }

  private func display(_ cell: DocumentCell) -> String {
    let text = clean(cell.detail.isEmpty ? cell.text : cell.text + " " + cell.detail)
    return cell.status == .neutral ? text : sign(cell.status) + " " + text
  }

  private func align(
    _ text: String, _ width: Int, _ alignment: DocumentTable.Alignment
  ) -> String {
    let text = fitted(text, width)
    let space = String(repeating: " ", count: max(0, width - text.count))
    return alignment == .leading ? text + space : space + text
  }

  private func pad(_ text: String, _ width: Int) -> String { align(text, width, .leading) }

  private func fitted(_ text: String, _ width: Int) -> String {
    let text = clean(text)
    return text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
  }

  private func trimmedEnd(_ text: String) -> String {
    var text = text[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  /// `text` in lines of at most `width`, broken at spaces; `hang` more columns from the second on.
  private func wrapped(_ text: String, indent: Int, hang: Int = 0) -> [String] {
    guard !text.isEmpty else { return [] }
    var lines: [String] = []
    var line = String(repeating: " ", count: indent)
    var isStart = true
    for word in clean(text).split(separator: " ", omittingEmptySubsequences: false) {
      if !isStart, line.count + 1 + word.count > width {
        lines.append(trimmedEnd(line))
        line = String(repeating: " ", count: indent + hang)
        isStart = true
      }
      line += (isStart ? "" : " ") + word
      isStart = false
    }
    lines.append(trimmedEnd(line))
    return lines
  }

  /// `text` without control characters: a name must neither break a line nor speak to the terminal.
  private func clean(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 32 || $0 == 127 }) else { return text }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
  }

  private func paint(_ text: String, _ code: String) -> String {
    colour && !code.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  private func sign(_ status: Status) -> String {
    switch status {
    case .neutral: "·"
    case .good: "✓"
    case .warning: "!"
    case .bad: "✗"
    }
  }

  private func code(_ status: Status) -> String {
    switch status {
    case .neutral: "36"
    case .good: "32"
    case .warning: "33"
    case .bad: "31"
    }
  }
}
