// Shares over time as strips of colour: one strip per table or index and axis.
//
// Six steps of one hue from light to dark (dark to light on a dark page); cells with throttles
// carry a bar underneath, so that the worst is visible without telling the hues apart.

import Units

extension SVGCanvas {
  mutating func draw(_ chart: HeatMap) {
    let names = ["< 25 %", "25–50 %", "50–75 %", "75–90 %", "90–100 %", "> 100 %"]
    var entries = names.enumerated().map {
      LegendEntry(mark: .block, style: "h\($0.offset)", name: $0.element)
    }
    if chart.rows.contains(where: { $0.marked.contains(true) }) {
      entries.append(LegendEntry(mark: .block, style: "mark", name: chart.markName))
    }
    legend(entries)
    var frame = PlotFrame(left: 0, right: width, top: 0, bottom: 0)
    for row in chart.rows {
      y += 16
      text(0, y, SVGCanvas.fitted(row.label, width), "name")
      frame.top = y + 6
      frame.bottom = frame.top + 20
      strip(row, frame)
      y = frame.bottom + 8
    }
    let time = Axis.time(duration: chart.duration, count: Int(width / 72))
    frame.bottom = y
    line(frame.left, y, frame.right, y, "axis")
    timeLabels(time, frame)
  }

  private mutating func strip(_ row: HeatMap.Row, _ frame: PlotFrame) {
    let cells = envelopes(row.values.map { $0 }, columns: 120)
    let step = frame.width / Double(max(cells.count, 1))
    var start = 0
    while start < cells.count {
      let level = Self.level(cells[start])
      var end = start + 1
      while end < cells.count, Self.level(cells[end]) == level { end += 1 }
      rect(
        Double(start) * step, frame.top, Double(end - start) * step, frame.bottom - frame.top,
        "h\(level)")
      start = end
    }
    var marks = ""
    for index in cells.indices {
      let stretch =
        index * row.marked.count / cells.count..<(index + 1) * row.marked.count
        / cells.count
      guard row.marked[stretch].contains(true) else { continue }
      marks += "M\(px(Double(index) * step)) \(px(frame.bottom))h\(px(max(step, 1)))v4"
      marks += "h-\(px(max(step, 1)))z"
    }
    path(marks, "mark")
  }

  /// Step 0...5 of a cell's highest share.
  static func level(_ cell: Envelope?) -> Int {
    guard let share = cell?.high else { return 0 }
    if share > 1 { return 5 }
    if share >= 0.9 { return 4 }
    if share >= 0.75 { return 3 }
    if share >= 0.5 { return 2 }
    return share >= 0.25 ? 1 : 0
  }
}
