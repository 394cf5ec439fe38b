// Plain text of a given width for a terminal, with ANSI colours where wanted.
//
// Compact on purpose: one empty line between sections, no rules in tables. Where a table is wider
// than the terminal its text wraps, nothing is cut off. Charts are left out (sections put
// sparklines into cells). Colour repeats what signs and words already say, and control characters
// in names are blanked before they reach the terminal.

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
      lines += wrapped(section.title, indent: 0).map { paint($0, "1") }
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

  // MARK: Tables

  /// Widths of a table's columns on this terminal.
  private struct Fit {
    var widths: [Int]
    /// Columns between two cells.
    var gap: Int
    /// Whether the table fits; else its rows take two lines each.
    var isWide: Bool
  }

  /// Nothing is cut off: gaps shrink first, then text wraps in its column, and where the numbers
  /// alone are too wide they go under the text.
  private func fit(_ table: DocumentTable) -> Fit {
    var widths = table.columns.map(\.title.count)
    for row in table.rows {
      for (index, cell) in row.enumerated() {
        widths[index] = max(widths[index], display(cell).count)
      }
    }
    func excess(_ gap: Int) -> Int { widths.reduce(2 + gap * (widths.count - 1), +) - width }
    let gap = excess(2) > 0 && excess(1) <= 0 ? 1 : 2
    var rest = excess(gap)
    while rest > 0 {
      let wide = widths.indices.filter {
        table.columns[$0].alignment == .leading && widths[$0] > Self.leastText
      }
      guard let widest = wide.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
      rest -= 1
    }
    return Fit(widths: widths, gap: gap, isWide: rest <= 0)
  }

  /// Columns in which text can still be read when it wraps.
  private static let leastText = 14

  private func render(_ table: DocumentTable) -> [String] {
    let fit = fit(table)
    guard fit.isWide else { return stacked(table, fit) }
    let all = Array(table.columns.indices)
    return head(table, all, fit).map { [$0] + rows(table, all, fit) } ?? rows(table, all, fit)
  }

  /// Text columns over number columns, which are set in by two.
  private func stacked(_ table: DocumentTable, _ fit: Fit) -> [String] {
    let text = table.columns.indices.filter { table.columns[$0].alignment == .leading }
    let numbers = table.columns.indices.filter { table.columns[$0].alignment == .trailing }
    guard !text.isEmpty, !numbers.isEmpty else {
      let all = Array(table.columns.indices)
      return (head(table, all, fit).map { [$0] } ?? []) + rows(table, all, fit)
    }
    // The text has the line to itself, the numbers as much as they take.
    var wide = fit
    let free = width - 2 - fit.gap * (text.count - 1)
    var lengths = text.map { index in
      table.rows.map { display($0[index]).count }.reduce(table.columns[index].title.count, max)
    }
    while lengths.reduce(0, +) > free, let most = lengths.max(), most > 8,
      let widest = lengths.firstIndex(of: most)
    {
      lengths[widest] -= 1
    }
    for (index, length) in zip(text, lengths) { wide.widths[index] = length }
    let groups = fitting(numbers, fit)
    var narrow = fit
    narrow.gap = 1
    var lines: [String] = []
    if let head = head(table, text, wide) { lines.append(head) }
    lines += groups.compactMap { head(table, $0, narrow, indent: 4) }
    for position in table.rows.indices {
      var one = table
      one.rows = [table.rows[position]]
      lines += rows(one, text, wide)
      for group in groups
      where group.contains(where: { !display(table.rows[position][$0]).isEmpty }) {
        lines += rows(one, group, narrow, indent: 4)
      }
    }
    return lines
  }

  /// Number columns in groups that take a line each.
  private func fitting(_ columns: [Int], _ fit: Fit) -> [[Int]] {
    var groups: [[Int]] = [[]]
    var taken = 3
    for column in columns {
      if taken + 1 + fit.widths[column] > width, groups[groups.count - 1] != [] {
        groups.append([])
        taken = 3
      }
      groups[groups.count - 1].append(column)
      taken += 1 + fit.widths[column]
    }
    return groups
  }

  private func head(
    _ table: DocumentTable, _ columns: [Int], _ fit: Fit, indent: Int = 2
  ) -> String? {
    guard columns.contains(where: { !table.columns[$0].title.isEmpty }) else { return nil }
    let titles = columns.map {
      align(table.columns[$0].title, fit.widths[$0], table.columns[$0].alignment)
    }
    return paint(line(titles, fit, indent), "2")
  }

  private func rows(
    _ table: DocumentTable, _ columns: [Int], _ fit: Fit, indent: Int = 2
  ) -> [String] {
    table.rows.flatMap { row -> [String] in
      let cells = columns.map { folded(display(row[$0]), fit.widths[$0]) }
      let height = cells.map(\.count).max() ?? 0
      return (0..<height).map { level in
        let texts = zip(columns, cells).map { column, lines in
          let text = align(
            level < lines.count ? lines[level] : "", fit.widths[column],
            table.columns[column].alignment)
          let cell = row[column]
          if cell.status != .neutral { return paint(text, code(cell.status)) }
          return cell.isStrong ? paint(text, "1") : text
        }
        return line(texts, fit, indent)
      }
    }
  }

  private func line(_ cells: [String], _ fit: Fit, _ indent: Int) -> String {
    trimmedEnd(
      String(repeating: " ", count: indent)
        + cells.joined(separator: String(repeating: " ", count: fit.gap)))
  }

  /// A cell's text in lines of at most `width`: broken at spaces, in long names before a capital
  /// letter or after a hyphen, a slash or a point, elsewhere only where nothing else is left.
  private func folded(_ text: String, _ width: Int) -> [String] {
    guard text.count > width else { return [text] }
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count <= width {
        line += " " + word
        continue
      }
      if !line.isEmpty { lines.append(line) }
      var rest = word
      while rest.count > width {
        let part = rest.prefix(Self.breakPoint(in: rest, width))
        lines.append(String(part))
        rest = rest.dropFirst(part.count)
      }
      line = String(rest)
    }
    lines.append(line)
    return lines
  }

  /// Where to break a word that is longer than `width`.
  private static func breakPoint(in word: Substring, _ width: Int) -> Int {
    let letters = Array(word.prefix(width + 1))
    let places = max(1, width / 2)...width
    let soft =
      places.last { "-/.:,".contains(letters[$0 - 1]) }
      ?? places.last { letters[$0].isUppercase && letters[$0 - 1].isLowercase }
    return soft ?? width
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
