// Panels over time: areas, lines, steps and bars on one time axis.
//
// Long series are drawn as envelopes, one per two pixels: a faint band from the smallest to the
// largest sample and a line through the means; bars show the largest.

import Units

extension SVGCanvas {
  /// Draws all panels with a common left margin, then the time axis.
  mutating func draw(_ chart: TimeSeriesChart) {
    var entries: [LegendEntry] = []
    for panel in chart.panels where !panel.labelsDirectly && panel.series.count > 1 {
      entries += panel.series.map(legendEntry)
    }
    legend(entries)
    let axes = chart.panels.map(valueAxis)
    let widest = axes.flatMap(\.ticks).map { SVGCanvas.textWidth($0.label) }.max() ?? 0
    let direct = chart.panels.contains(where: \.labelsDirectly)
    var frame = PlotFrame(
      left: min(widest, 70) + 8, right: width - (direct ? 44 : 8), top: 0, bottom: 0)
    let time = Axis.time(duration: chart.duration, count: Int(frame.width / 72))
    for (panel, axis) in zip(chart.panels, axes) {
      y += 16
      text(0, y, SVGCanvas.fitted(panel.label, width * 1.08))
      frame.top = y + 14
      frame.bottom = frame.top + panel.height
      grid(axis, time, frame)
      for series in panel.series { draw(series, axis, frame, chart) }
      line(frame.left, frame.bottom, frame.right, frame.bottom, "axis")
      if panel.labelsDirectly { endLabels(panel, axis, frame) }
      y = frame.bottom + 8
    }
    timeLabels(time, frame)
  }

  private func legendEntry(_ series: ChartSeries) -> LegendEntry {
    switch series.style {
    case .line, .step:
      LegendEntry(mark: .line, style: "line \(series.role.rawValue)", name: series.name)
    case .area, .bars:
      LegendEntry(
        mark: .block, style: "\(series.style == .bars ? "bars" : "area") \(series.role.rawValue)",
        name: series.name)
    }
  }

  private func valueAxis(_ panel: ChartPanel) -> Axis {
    let values = panel.series.flatMap { $0.values.compactMap { $0 } }
    let high = panel.top ?? values.max() ?? 1
    switch panel.scale {
    case .linear:
      return .fromZero(to: high, count: max(2, Int(panel.height / 36)), unit: panel.unit)
    case .logarithmic:
      return .logarithmic(
        from: values.min() ?? high, to: high, count: max(2, Int(panel.height / 18)),
        unit: panel.unit)
    }
  }

  private mutating func grid(_ axis: Axis, _ time: Axis, _ frame: PlotFrame) {
    var data = ""
    for tick in axis.ticks where axis.fraction(tick.value) > 0 || axis.scale == .logarithmic {
      let position = frame.y(axis.fraction(tick.value))
      data += "M\(px(frame.left)) \(px(position))H\(px(frame.right))"
    }
    path(data, "grid")
    for tick in axis.ticks {
      text(frame.left - 6, frame.y(axis.fraction(tick.value)) + 4, tick.label, "end")
    }
    data = ""
    for tick in time.ticks {
      data += "M\(px(frame.x(time.fraction(tick.value)))) \(px(frame.bottom))v4"
    }
    path(data, "axis")
  }

  /// Labels of the time axis below the last panel; the outermost stay inside the picture.
  mutating func timeLabels(_ time: Axis, _ frame: PlotFrame) {
    y = frame.bottom + 18
    var end = -100.0
    for tick in time.ticks {
      let half = SVGCanvas.textWidth(tick.label) / 2
      let x = max(half, min(frame.x(time.fraction(tick.value)), width - half))
      if x - half < end { continue }
      text(x, y, tick.label, "mid")
      end = x + half + 8
    }
    y += 16
    text(frame.right, y, "time since the start of the run", "end")
    y += 8
  }

  private mutating func draw(
    _ series: ChartSeries, _ axis: Axis, _ frame: PlotFrame, _ chart: TimeSeriesChart
  ) {
    let covered = Double(series.values.count) * chart.secondsPerSample
    let share = chart.duration > 0 ? covered / chart.duration : 1
    let columns = envelopes(series.values, columns: max(1, Int(frame.width / 2)))
    let trace = EnvelopeTrace(columns: columns, axis: axis, frame: frame, share: share)
    let role = series.role.rawValue
    switch series.style {
    case .bars: path(trace.bars(), "bars \(role)")
    case .area:
      path(trace.band(), "band \(role)")
      path(trace.area(), "area \(role)")
      path(trace.line(stepped: trace.isCoarse), "line \(role)")
    case .step:
      path(trace.band(), "band \(role)")
      path(trace.line(stepped: true), "line \(role)")
    case .line:
      let isStepped = trace.isCoarse && axis.scale == .linear
      path(trace.band(), "band \(role)")
      path(trace.line(stepped: isStepped), "line \(role)")
    }
  }

  /// Names at the right end of the lines, pushed apart where they would overlap.
  private mutating func endLabels(_ panel: ChartPanel, _ axis: Axis, _ frame: PlotFrame) {
    var labels = panel.series.compactMap { series -> (name: String, y: Double)? in
      guard let last = series.values.last(where: { $0 != nil }), let last else { return nil }
      return (series.name, frame.y(axis.fraction(last)) + 4)
    }
    labels.sort { $0.y < $1.y }
    for index in labels.indices.dropFirst() {
      labels[index].y = max(labels[index].y, labels[index - 1].y + 14)
    }
    if let last = labels.last, last.y > frame.bottom + 4 {
      labels[labels.count - 1].y = frame.bottom + 4
      for index in labels.indices.dropLast().reversed() {
        labels[index].y = min(labels[index].y, labels[index + 1].y - 14)
      }
    }
    for label in labels { text(frame.right + 5, label.y, label.name, "name") }
  }
}

/// The rectangle a plot fills.
struct PlotFrame {
  var left: Double
  var right: Double
  var top: Double
  var bottom: Double

  var width: Double { right - left }
  func x(_ fraction: Double) -> Double { left + fraction * width }
  func y(_ fraction: Double) -> Double { bottom - fraction * (bottom - top) }
}

/// Path data of one downsampled series.
struct EnvelopeTrace {
  var columns: [Envelope?]
  var axis: Axis
  var frame: PlotFrame
  /// Part of the time axis that the columns cover; above 1 when the last sample is partial.
  var share: Double

  /// Few enough columns that each shows as a step.
  var isCoarse: Bool { columns.count <= 150 }

  private func edge(_ index: Int) -> Double {
    frame.x(min(1, Double(index) / Double(columns.count) * share))
  }
  private func centre(_ index: Int) -> Double { (edge(index) + edge(index + 1)) / 2 }
  private func y(_ value: Double) -> Double { frame.y(axis.fraction(value)) }

  /// Runs of columns without a gap.
  private var runs: [Range<Int>] {
    var out: [Range<Int>] = []
    var start: Int?
    for index in 0...columns.count {
      if index < columns.count, columns[index] != nil {
        if start == nil { start = index }
      } else if let first = start {
        out.append(first..<index)
        start = nil
      }
    }
    return out
  }

  /// Points of a run through the means, from edge to edge.
  private func points(_ run: Range<Int>, stepped: Bool) -> String {
    var out = ""
    var command = ""
    for index in run {
      guard let column = columns[index] else { continue }
      let level = px(y(column.mean))
      if stepped {
        if index == run.lowerBound {
          out += "\(px(edge(index))) \(level)"
        } else if level != command {
          out += "H\(px(edge(index)))V\(level)"
        }
        command = level
      } else {
        let x = index == run.lowerBound ? edge(index) : centre(index)
        out += (index == run.lowerBound ? "" : "L") + "\(px(x)) \(level)"
      }
      if index == run.upperBound - 1 { out += "H\(px(edge(index + 1)))" }
    }
    return out
  }

  func line(stepped: Bool) -> String {
    runs.map { "M" + points($0, stepped: stepped) }.joined()
  }

  func area() -> String {
    let base = px(frame.bottom)
    return runs.map { run in
      "M\(px(edge(run.lowerBound))) \(base)L" + points(run, stepped: isCoarse) + "V\(base)Z"
    }.joined()
  }

  /// From the smallest to the largest sample, only where they differ by half a pixel.
  func band() -> String {
    var out = ""
    for (index, column) in columns.enumerated() {
      guard let column else { continue }
      let top = y(column.high)
      let bottom = y(column.low)
      guard bottom - top >= 0.5 else { continue }
      let width = edge(index + 1) - edge(index)
      out += "M\(px(edge(index))) \(px(top))h\(px(width))V\(px(bottom))h-\(px(width))Z"
    }
    return out
  }

  /// The largest sample of each column; at least 1.5 units high when above zero.
  func bars() -> String {
    var out = ""
    for (index, column) in columns.enumerated() {
      guard let column, column.high > 0 else { continue }
      let top = min(y(column.high), frame.bottom - 1.5)
      let gap = edge(index + 1) - edge(index) > 4 ? 1.0 : 0
      let width = max(0.6, edge(index + 1) - edge(index) - gap)
      out += "M\(px(edge(index))) \(px(frame.bottom))V\(px(top))h\(px(width))"
      out += "V\(px(frame.bottom))Z"
    }
    return out
  }
}
