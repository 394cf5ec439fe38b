// Marks on an SVG page: lines, rectangles, paths and texts with classes and short coordinates.
//
// Classes carry all looks (ChartStyle), coordinates have one decimal, and nothing is positioned by
// measuring text: widths are estimated from the number of characters at 12 px.

import Units

/// Text of an SVG under construction, filled from top to bottom.
struct SVGCanvas {
  let width: Double
  /// Where the next part begins.
  var y = 0.0
  var body = ""

  init(width: Double) { self.width = width }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
    body += "<path class=\"\(style)\" d=\"M\(px(x1)) \(px(y1))L\(px(x2)) \(px(y2))\"/>\n"
  }

  mutating func rect(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String
  ) {
    body += "<rect class=\"\(style)\" x=\"\(px(x))\" y=\"\(px(y))\""
    body += " width=\"\(px(max(width, 0)))\" height=\"\(px(max(height, 0)))\"/>\n"
  }

  mutating func path(_ data: String, _ style: String) {
    if !data.isEmpty { body += "<path class=\"\(style)\" d=\"\(data)\"/>\n" }
  }

  mutating func text(_ x: Double, _ y: Double, _ string: String, _ style: String = "") {
    let attribute = style.isEmpty ? "" : " class=\"\(style)\""
    body += "<text\(attribute) x=\"\(px(x))\" y=\"\(px(y))\">\(escaped(string))</text>\n"
  }

  /// Width of `string` at 12 px, on the safe side.
  static func textWidth(_ string: String) -> Double { Double(string.count) * 7.1 }

  /// `string` cut to `width` with an ellipsis.
  static func fitted(_ string: String, _ width: Double) -> String {
    let room = max(1, Int(width / 7.1))
    return string.count <= room ? string : string.prefix(room - 1) + "…"
  }
}

/// A coordinate with at most one decimal.
func px(_ value: Double) -> String {
  let text = fixed(value, 1, grouped: false)
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// An entry of a legend: the mark's classes and its name.
struct LegendEntry {
  enum Mark { case line, block, triangle }

  var mark: Mark
  var style: String
  var name: String
}

extension SVGCanvas {
  /// Rows of marks with names, wrapped to the width; moves `y` below them.
  mutating func legend(_ entries: [LegendEntry]) {
    guard !entries.isEmpty else { return }
    var x = 0.0
    y += 14
    for entry in entries {
      let needed = 24 + Self.textWidth(entry.name) + 16
      if x > 0, x + needed > width {
        x = 0
        y += 18
      }
      switch entry.mark {
      case .line: line(x, y - 4, x + 18, y - 4, entry.style)
      case .block: rect(x, y - 9, 18, 10, entry.style)
      case .triangle: path("M\(px(x + 4)) \(px(y - 9))h10l-5 8z", entry.style)
      }
      text(x + 24, y, entry.name, "name")
      x += needed
    }
    y += 12
  }
}
