// Columns side by side against a ceiling: how the peak second spreads over partitions.
//
// More columns than fit are joined, each showing the highest of its stretch; a marked one stays
// marked.

import Units

extension SVGCanvas {
  mutating func draw(_ chart: ColumnChart) {
    var entries = [LegendEntry(mark: .block, style: "other", name: "highest second")]
    if let ceiling = chart.panels.first {
      entries.append(LegendEntry(mark: .line, style: "ceiling", name: ceiling.ceilingName))
    }
    let hasMarks = chart.marked.contains(true)
    if hasMarks {
      entries.append(LegendEntry(mark: .triangle, style: "mark", name: chart.markName))
    }
    legend(entries)
    let axes = chart.panels.map { panel in
      Axis.fromZero(
        to: max(panel.ceiling, panel.values.max() ?? 0), count: 4, unit: .number)
    }
    let widest = axes.flatMap(\.ticks).map { SVGCanvas.textWidth($0.label) }.max() ?? 0
    var frame = PlotFrame(left: widest + 8, right: width - 8, top: 0, bottom: 0)
    let total = max(chart.marked.count, chart.panels.map(\.values.count).max() ?? 0)
    let shown = max(1, min(total, Int(frame.width / 3)))
    for (panel, axis) in zip(chart.panels, axes) {
      y += 16
      text(0, y, panel.label)
      frame.top = y + 20
      frame.bottom = frame.top + 110
      valueGrid(axis, frame)
      columns(panel, chart.marked, shown, axis, frame)
      let ceiling = frame.y(axis.fraction(panel.ceiling))
      line(frame.left, ceiling, frame.right, ceiling, "ceiling")
      line(frame.left, frame.bottom, frame.right, frame.bottom, "axis")
      y = frame.bottom + 12
    }
    columnLabels(total, shown, frame)
    y += 16
    text(frame.right, y, chart.axisLabel, "end")
    y += 8
  }

  mutating func valueGrid(_ axis: Axis, _ frame: PlotFrame) {
    var data = ""
    for tick in axis.ticks {
      let position = frame.y(axis.fraction(tick.value))
      if tick.value > 0 { data += "M\(px(frame.left)) \(px(position))H\(px(frame.right))" }
      text(frame.left - 6, position + 4, tick.label, "end")
    }
    path(data, "grid")
  }

  private mutating func columns(
    _ panel: ColumnChart.Panel, _ marked: [Bool], _ shown: Int, _ axis: Axis, _ frame: PlotFrame
  ) {
    let columns = envelopes(panel.values.map { $0 }, columns: shown)
    let step = frame.width / Double(shown)
    let gap = step > 8 ? min(6, step * 0.2) : step > 4 ? 1 : 0
    var plain = ""
    var bad = ""
    var marks = ""
    for (index, column) in columns.enumerated() {
      guard let column else { continue }
      let x = frame.left + Double(index) * step + gap / 2
      let top = column.high > 0 ? min(frame.y(axis.fraction(column.high)), frame.bottom - 1) : 0
      let stretch = index * marked.count / shown..<(index + 1) * marked.count / shown
      let isMarked = marked[stretch].contains(true)
      if column.high > 0 {
        let bar = "M\(px(x)) \(px(frame.bottom))V\(px(top))h\(px(step - gap))V\(px(frame.bottom))Z"
        if isMarked { bad += bar } else { plain += bar }
      }
      if isMarked {
        let centre = x + (step - gap) / 2
        let tip = (column.high > 0 ? top : frame.bottom) - 4
        marks += "M\(px(centre - 4)) \(px(tip - 7))h8l-4 7z"
      }
    }
    path(plain, "other")
    path(bad, "bar")
    path(marks, "mark")
  }

  /// Numbers from 1 under as many columns as there is room for.
  private mutating func columnLabels(_ total: Int, _ shown: Int, _ frame: PlotFrame) {
    y = frame.bottom + 16
    let room = max(1, Int(frame.width / 30))
    let every = total <= room ? 1 : Int(Axis.niceStep(Double(total) / Double(room)))
    for number in 1...max(total, 1) where number == 1 || number % every == 0 {
      if number == 1, every > 2, total > room { continue }
      let x = frame.left + (Double(number) - 0.5) / Double(max(total, 1)) * frame.width
      text(x, y, group(number), "mid")
    }
  }
}
