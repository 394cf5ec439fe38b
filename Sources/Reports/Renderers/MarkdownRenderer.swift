// GitHub-flavoured Markdown: report.md is what people read in the repository.
//
// Charts are images beside it, notes are quotations with a sign, and all text is escaped, so a name
// from a scenario file can turn neither into markup nor into a new table cell.

/// Renders a document as Markdown with charts linked under `chartFolder`.
public struct MarkdownRenderer: Sendable {
  public var chartFolder = "charts"

  public init() {}

  public func render(_ document: Document) -> String {
    var out = "# \(escape(document.title))\n\n"
    if !document.subtitle.isEmpty { out += inline(document.subtitle) + "\n\n" }
    if let banner = document.banner {
      out += "> \(sign(banner.status)) **\(escape(banner.headline))**"
      out += banner.text.isEmpty ? "\n\n" : "  \n> \(inline(banner.text))\n\n"
    }
    if document.sections.count > 2 {
      for section in document.sections {
        out += "- [\(escape(section.title))](#\(section.anchor))\n"
      }
      out += "\n"
    }
    for section in document.sections {
      out += "## \(escape(section.title))\n\n"
      for block in section.blocks { out += render(block) + "\n" }
    }
    if !document.footer.isEmpty {
      out += "---\n\n"
      out += document.footer.map(inline).joined(separator: "  \n") + "\n"
    }
    return out
  }

  private func render(_ block: Block) -> String {
    switch block {
    case .heading(let text): return "### \(escape(text))\n"
    case .paragraph(let text): return inline(text) + "\n"
    case .bullets(let items): return items.map { "- \(inline($0))\n" }.joined()
    case .facts(let facts):
      return "| | |\n|---|---|\n"
        + facts.map { "| \(cellText(escape($0.label))) | \(cellText(inline($0.value))) |\n" }
        .joined()
    case .table(let table): return render(table)
    case .chart(let chart):
      return "![\(escape(chart.title))](\(chartFolder)/\(chart.id).svg)\n\n"
        + "*\(escape(chart.title)).* \(escape(chart.description))\n"
    case .note(let note): return render(note)
    }
  }

  private func render(_ note: Callout) -> String {
    var out = "> \(sign(note.status)) **\(escape(note.title))**\n"
    if !note.text.isEmpty { out += ">\n> \(inline(note.text))\n" }
    if !note.items.isEmpty {
      out += ">\n"
      if !note.listTitle.isEmpty { out += "> \(escape(note.listTitle)):\n>\n" }
      for item in note.items { out += "> - \(inline(item))\n" }
    }
    return out
  }

  private func render(_ table: DocumentTable) -> String {
    var out = table.caption.isEmpty ? "" : "*\(escape(table.caption))*\n\n"
    out += "|" + table.columns.map { " \(cellText(escape($0.title))) |" }.joined() + "\n|"
    out += table.columns.map { $0.alignment == .trailing ? "---:|" : "---|" }.joined() + "\n"
    for (index, row) in table.rows.enumerated() {
      let isTotal = table.hasTotal && index == table.rows.count - 1
      out += "|"
      for cell in row {
        var text = cell.isCode && !cell.text.isEmpty ? code(cell.text) : escape(cell.text)
        text = cellText(text)
        if !text.isEmpty, cell.isStrong || isTotal { text = "**\(text)**" }
        let mark = cell.status == .neutral ? "" : sign(cell.status) + " "
        let detail = cell.detail.isEmpty ? "" : " " + cellText(escape(cell.detail))
        out += " \(mark)\(text)\(detail) |"
      }
      out += "\n"
    }
    return out
  }

  private func inline(_ prose: Prose) -> String {
    var out = ""
    for run in prose.runs {
      switch run {
      case .text(let text): out += escape(text)
      case .strong(let text): out += "**\(escape(text))**"
      case .emphasis(let text): out += "*\(escape(text))*"
      case .code(let text): out += code(text)
      }
    }
    return out
  }

  /// A code span whose fence is longer than any run of back-ticks inside.
  private func code(_ text: String) -> String {
    let text = oneLine(text)
    var longest = 0
    var run = 0
    for byte in text.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    if longest == 0 { return "`\(text)`" }
    let fence = String(repeating: "`", count: longest + 1)
    return "\(fence) \(text) \(fence)"
  }

  /// Backslashes before everything that Markdown or HTML would act on.
  private func escape(_ text: String) -> String {
    var out = ""
    for character in oneLine(text) {
      switch character {
      case "\\", "*", "_", "`", "[", "]", "<", ">", "|", "#", "~", "$": out += "\\"
      default: break
      }
      out.append(character)
    }
    return out
  }

  /// Pipes inside code spans end a table cell even there.
  private func cellText(_ text: String) -> String {
    var out = ""
    var isEscaped = false
    for character in text {
      if character == "|", !isEscaped { out += "\\" }
      isEscaped = character == "\\" && !isEscaped
      out.append(character)
    }
    return out
  }

  private func oneLine(_ text: String) -> String {
    text.contains(where: \.isNewline)
      ? text.split(whereSeparator: \.isNewline).joined(separator: " ") : text
  }

  private func sign(_ status: Status) -> String {
    switch status {
    case .neutral: "ℹ️"
    case .good: "✅"
    case .warning: "⚠️"
    case .bad: "❌"
    }
  }
}
