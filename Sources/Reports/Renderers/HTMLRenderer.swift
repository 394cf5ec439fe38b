// One self-contained HTML file: styles and charts inside, no script, nothing fetched.
//
// Each chart stands twice in the page, drawn for a desk and for a phone; the style sheet shows one.
// Status is told by a sign and a word, with colour on top.

/// Renders a document as a page of its own.
public struct HTMLRenderer: Sendable {
  /// Width of the charts on a desk and on a phone, in CSS pixels.
  public var wideChart = 820.0
  public var slimChart = 340.0

  public init() {}

  public func render(_ document: Document) -> String {
    var out = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <title>\(escaped(document.title))</title>
      <style>
      \(PageStyle.sheet)</style>
      </head>
      <body>
      <div class="frame">
      <header>
      <h1>\(escaped(document.title))</h1>
      <p class="subtitle">\(inline(document.subtitle))</p>

      """
    if let banner = document.banner {
      out += "<div class=\"banner \(banner.status.rawValue)\">\(sign(banner.status))<div>"
      out += "<strong>\(escaped(banner.headline))</strong>"
      out += "<p>\(inline(banner.text))</p></div></div>\n"
    }
    out += "</header>\n<nav aria-label=\"Contents\">\n<h2>Contents</h2>\n<ul>\n"
    for section in document.sections {
      out += "<li><a href=\"#\(section.anchor)\">\(escaped(section.title))</a></li>\n"
    }
    out += "</ul>\n</nav>\n<main>\n"
    for section in document.sections {
      out += "<section id=\"\(section.anchor)\">\n<h2>\(escaped(section.title))</h2>\n"
      for block in section.blocks { out += render(block) }
      out += "</section>\n"
    }
    out += "</main>\n<footer>\n"
    for line in document.footer { out += "<p>\(inline(line))</p>\n" }
    return out + "</footer>\n</div>\n</body>\n</html>\n"
  }

  private func render(_ block: Block) -> String {
    switch block {
    case .heading(let text): "<h3>\(escaped(text))</h3>\n"
    case .paragraph(let text): "<p>\(inline(text))</p>\n"
    case .bullets(let items): list(items)
    case .facts(let facts):
      "<dl>\n"
        + facts.map { "<dt>\(escaped($0.label))</dt><dd>\(inline($0.value))</dd>\n" }.joined()
        + "</dl>\n"
    case .table(let table): render(table)
    case .chart(let chart): render(chart)
    case .note(let note): render(note)
    }
  }

  private func list(_ items: [Prose]) -> String {
    "<ul>\n" + items.map { "<li>\(inline($0))</li>\n" }.joined() + "</ul>\n"
  }

  private func render(_ note: Callout) -> String {
    var out = "<div class=\"note \(note.status.rawValue)\">\n"
    out += "<h4>\(sign(note.status))\(escaped(note.title))</h4>\n"
    if !note.text.isEmpty { out += "<p>\(inline(note.text))</p>\n" }
    if !note.items.isEmpty {
      if !note.listTitle.isEmpty { out += "<p class=\"list\">\(escaped(note.listTitle))</p>\n" }
      out += list(note.items)
    }
    return out + "</div>\n"
  }

  private func render(_ chart: Chart) -> String {
    var out = "<figure id=\"chart-\(escaped(chart.id))\">\n<figcaption>"
    out += "<strong>\(escaped(chart.title))</strong>"
    out += "<span>\(escaped(chart.description))</span></figcaption>\n<div class=\"wide\">"
    out += SVGChart(width: wideChart, isStandalone: false)
      .render(chart, identifier: chart.id + "-wide")
    out += "</div>\n<div class=\"slim\">"
    out += SVGChart(width: slimChart, isStandalone: false)
      .render(chart, identifier: chart.id + "-slim")
    return out + "</div>\n</figure>\n"
  }

  private func render(_ table: DocumentTable) -> String {
    var out = ""
    var name = ""
    if !table.caption.isEmpty {
      out += "<p class=\"caption\">\(escaped(table.caption))</p>\n"
      name = " aria-label=\"\(escaped(table.caption))\""
    }
    out += "<div class=\"scroll\" tabindex=\"0\">\n<table\(name)>\n"
    out += "<thead><tr>"
    for column in table.columns {
      let style = column.alignment == .trailing ? " class=\"num\"" : ""
      out += "<th scope=\"col\"\(style)>\(escaped(column.title))</th>"
    }
    out += "</tr></thead>\n<tbody>\n"
    for (index, row) in table.rows.enumerated() {
      let isTotal = table.hasTotal && index == table.rows.count - 1
      out += isTotal ? "<tr class=\"total\">" : "<tr>"
      for (column, cell) in zip(table.columns, row) { out += render(cell, column) }
      out += "</tr>\n"
    }
    return out + "</tbody>\n</table>\n</div>\n"
  }

  private func render(_ cell: DocumentCell, _ column: DocumentTable.Column) -> String {
    var text = escaped(cell.text)
    if cell.isCode, !text.isEmpty { text = "<code>\(text)</code>" }
    if cell.isStrong, !text.isEmpty { text = "<strong>\(text)</strong>" }
    if cell.status != .neutral {
      text = "<span class=\"\(cell.status.rawValue)\">\(sign(cell.status))\(text)</span>"
    }
    if !cell.detail.isEmpty { text += " <small>\(escaped(cell.detail))</small>" }
    let isOneWord = cell.isCode && !cell.text.contains(" ")
    let style =
      column.alignment == .trailing
      ? "num"
      : cell.text.count > 40 && !isOneWord
        ? "long" : isOneWord || cell.status != .neutral ? "firm" : ""
    return style.isEmpty ? "<td>\(text)</td>" : "<td class=\"\(style)\">\(text)</td>"
  }

  private func inline(_ prose: Prose) -> String {
    prose.runs.map { run in
      switch run {
      case .text(let text): escaped(text)
      case .strong(let text): "<strong>\(escaped(text))</strong>"
      case .emphasis(let text): "<em>\(escaped(text))</em>"
      case .code(let text): "<code>\(escaped(text))</code>"
      }
    }.joined()
  }

  private func sign(_ status: Status) -> String {
    let character =
      switch status {
      case .neutral: "i"
      case .good: "✓"
      case .warning: "!"
      case .bad: "✗"
      }
    return "<span class=\"sign \(status.rawValue)\" aria-hidden=\"true\">\(character)</span>"
  }
}
