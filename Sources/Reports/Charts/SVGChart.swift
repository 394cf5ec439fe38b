// Charts as SVG: one drawing for two uses.
//
// Inline in the page the classes are coloured by the page's custom properties; a file of its own
// carries its style sheet with concrete colours and its title. The width is a parameter because a
// phone needs a chart drawn for it: scaling a wide one down would make the text unreadable.

import Units

/// Draws charts of one width.
public struct SVGChart: Sendable {
  /// Width in user units, one per CSS pixel at natural size.
  public var width: Double
  /// Carries its own style sheet, background and title.
  public var isStandalone: Bool

  public init(width: Double, isStandalone: Bool) {
    self.width = width
    self.isStandalone = isStandalone
  }

  /// The chart as SVG text, ended by a line feed. `identifier` must be unique on its page.
  public func render(_ chart: Chart, identifier: String? = nil) -> String {
    let inset = isStandalone ? 16.0 : 0
    var canvas = SVGCanvas(width: width - 2 * inset)
    if isStandalone {
      canvas.y = 18
      canvas.text(0, canvas.y, chart.title, "title")
      canvas.y += 8
    }
    switch chart.content {
    case .timeSeries(let series): canvas.draw(series)
    case .columns(let columns): canvas.draw(columns)
    case .bars(let bars): canvas.draw(bars)
    case .heat(let heat): canvas.draw(heat)
    }
    let height = canvas.y + 2 * inset + 2
    let name = identifier ?? chart.id
    var out = "<svg class=\"plot\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\""
    out += " viewBox=\"0 0 \(px(width)) \(px(height))\""
    if isStandalone { out += " width=\"\(px(width))\" height=\"\(px(height))\"" }
    out += " aria-labelledby=\"\(escaped(name))-t \(escaped(name))-d\">\n"
    out += "<title id=\"\(escaped(name))-t\">\(escaped(chart.title))</title>\n"
    out += "<desc id=\"\(escaped(name))-d\">\(escaped(chart.description))</desc>\n"
    if isStandalone {
      out += "<style>\n\(ChartStyle.standaloneRules)</style>\n"
      out += "<rect class=\"back\" width=\"\(px(width))\" height=\"\(px(height))\"/>\n"
      out += "<g transform=\"translate(\(px(inset)) \(px(inset)))\">\n\(canvas.body)</g>\n"
    } else {
      out += canvas.body
    }
    return out + "</svg>\n"
  }
}
