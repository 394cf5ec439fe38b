// Colours and strokes of every chart, once for the page and once for files of their own.
//
// Rules name custom properties; the HTML page defines these for its light and dark theme, and a
// standalone file gets the concrete colours put in, because viewers outside browsers know no custom
// properties. The hues are apart for the common colour-vision deficiencies and each role also has
// its own shape or dash pattern, so nothing depends on colour.

/// A named colour in both themes.
struct ThemeColour {
  var name: String
  var light: String
  var dark: String
}

enum ChartStyle {
  static let colours: [ThemeColour] = [
    .init(name: "ink", light: "#1b2128", dark: "#e8ecf0"),
    .init(name: "muted", light: "#59636e", dark: "#a3adb8"),
    .init(name: "hairline", light: "#e2e6ea", dark: "#2c343d"),
    .init(name: "axis", light: "#a8b1ba", dark: "#56616c"),
    .init(name: "surface", light: "#ffffff", dark: "#171c22"),
    .init(name: "consumed", light: "#2a6fbb", dark: "#62aaf0"),
    .init(name: "demand", light: "#2d333b", dark: "#dfe4ea"),
    .init(name: "limit", light: "#b25e00", dark: "#f0a245"),
    .init(name: "throttled", light: "#c21d3a", dark: "#ff6f7f"),
    .init(name: "p50", light: "#4b9cd3", dark: "#8fcbff"),
    .init(name: "p90", light: "#2a6fbb", dark: "#5a9ff0"),
    .init(name: "p99", light: "#7240a8", dark: "#c39af5"),
    .init(name: "p999", light: "#b3175f", dark: "#ff82b8"),
    .init(name: "hits", light: "#157a55", dark: "#4fd0a0"),
    .init(name: "h0", light: "#edf2f7", dark: "#212932"),
    .init(name: "h1", light: "#cbdff2", dark: "#213c58"),
    .init(name: "h2", light: "#9cc3e8", dark: "#285a85"),
    .init(name: "h3", light: "#5c9bd4", dark: "#377db4"),
    .init(name: "h4", light: "#2a6fbb", dark: "#63a9e4"),
    .init(name: "h5", light: "#123f73", dark: "#cbe5ff"),
  ]

  /// Rules on custom properties, for the page.
  static let rules: String = {
    var out = """
      svg.plot{display:block;width:100%;height:auto}
      svg.plot text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;\
      fill:var(--muted);font-variant-numeric:tabular-nums}
      svg.plot .name{fill:var(--ink)}
      svg.plot .title{fill:var(--ink);font-size:15px;font-weight:600}
      svg.plot .strong{fill:var(--ink);font-weight:600}
      svg.plot .end{text-anchor:end}
      svg.plot .mid{text-anchor:middle}
      svg.plot .back{fill:var(--surface)}
      svg.plot .grid{stroke:var(--hairline);stroke-width:1;fill:none}
      svg.plot .axis{stroke:var(--axis);stroke-width:1;fill:none}
      svg.plot .line{fill:none;stroke-width:1.6;stroke-linejoin:round}
      svg.plot .band,svg.plot .area{stroke:none;fill-opacity:.2}
      svg.plot .bars{stroke:none}
      svg.plot .line.demand{stroke-dasharray:5 3;stroke-width:1.3}
      svg.plot .line.limit{stroke-width:2.4}
      svg.plot .line.p90{stroke-dasharray:7 3}
      svg.plot .line.p99{stroke-width:2.4}
      svg.plot .line.p999{stroke-dasharray:2 2.5;stroke-width:2}
      svg.plot .ceiling{stroke:var(--limit);stroke-width:2;stroke-dasharray:8 3 2 3;fill:none}
      svg.plot .bar{fill:var(--consumed)}
      svg.plot .other{fill:var(--consumed);fill-opacity:.45}
      svg.plot .partial{fill:var(--consumed);fill-opacity:.14;stroke:var(--consumed);\
      stroke-dasharray:4 3}
      svg.plot .mark{fill:var(--throttled)}

      """
    for role in ["consumed", "demand", "limit", "throttled", "p50", "p90", "p99", "p999", "hits"] {
      out += "svg.plot .line.\(role){stroke:var(--\(role))}"
      out += "svg.plot .band.\(role),svg.plot .area.\(role),svg.plot .bars.\(role)"
      out += "{fill:var(--\(role))}\n"
    }
    for step in 0...5 { out += "svg.plot .h\(step){fill:var(--h\(step))}\n" }
    return out
  }()

  /// Definitions of the custom properties in one theme.
  static func properties(dark: Bool) -> String {
    colours.map { "--\($0.name):\(dark ? $0.dark : $0.light);" }.joined()
  }

  /// Rules with concrete colours, light by default and dark where the reader prefers it.
  static let standaloneRules: String =
    concrete(dark: false) + "@media (prefers-color-scheme:dark){\n"
    + colourRules(concrete(dark: true)) + "}\n"

  private static func concrete(dark: Bool) -> String {
    var out = ""
    var rest = rules[...]
    while let start = rest.firstRange(of: "var(--") {
      out += rest[..<start.lowerBound]
      rest = rest[start.upperBound...]
      guard let end = rest.firstIndex(of: ")") else { break }
      let colour = colours.first { $0.name == rest[..<end] }
      out += colour.map { dark ? $0.dark : $0.light } ?? "currentColor"
      rest = rest[rest.index(after: end)...]
    }
    return out + rest
  }

  /// Only the lines of `rules` that name a colour.
  private static func colourRules(_ rules: String) -> String {
    rules.split(separator: "\n").filter { $0.contains("#") }.joined(separator: "\n") + "\n"
  }
}
