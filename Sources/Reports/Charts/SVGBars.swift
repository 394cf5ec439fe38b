// Horizontal bars with the name above and the value at the end.
//
// Names above rather than beside leave the whole width to the bars, so the same drawing works on a
// desk and on a phone. A lower bound is drawn as a dashed outline, never as a full bar.

import Units

extension SVGCanvas {
  mutating func draw(_ chart: BarChart) {
    var entries: [LegendEntry] = []
    if chart.rows.contains(where: \.isOwn) {
      entries.append(LegendEntry(mark: .block, style: "bar", name: "this scenario"))
      entries.append(LegendEntry(mark: .block, style: "other", name: "alternative"))
    }
    if chart.rows.contains(where: \.isPartial) {
      entries.append(
        LegendEntry(mark: .block, style: "partial", name: "lower bound, partly unpriced"))
    }
    legend(entries)
    let highest = chart.rows.map(\.value).max() ?? 0
    let margin = (chart.rows.map { SVGCanvas.textWidth($0.text) }.max() ?? 0) + 12
    let room = max(40, width - margin)
    for row in chart.rows {
      y += 16
      text(0, y, SVGCanvas.fitted(row.label, width), row.isOwn ? "strong" : "name")
      let length = highest > 0 ? max(1.5, row.value / highest * room) : 1.5
      rect(0, y + 6, length, 16, row.isPartial ? "partial" : row.isOwn ? "bar" : "other")
      text(length + 8, y + 18, row.text, row.isOwn ? "strong" : "name")
      y += 30
    }
    text(0, y + 8, chart.axisLabel)
    y += 14
  }
}
