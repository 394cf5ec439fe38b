// Charts as values: what is drawn and how it is named, without pixels, colours or fonts.
//
// Four shapes cover the report: panels over time on one time axis, columns per partition, bars, and
// a heat map over time. A series carries a role; the role decides colour and dash pattern in the
// style sheet, so demand, consumption, limit and throttles look the same on every page.

/// One figure of a report.
public struct Chart: Sendable {
  public enum Content: Sendable {
    case timeSeries(TimeSeriesChart)
    case columns(ColumnChart)
    case bars(BarChart)
    case heat(HeatMap)
  }

  /// File-name safe and unique in its document.
  public var id: String
  public var title: String
  /// One or two sentences: how to read it, for the caption and for screen readers.
  public var description: String
  public var content: Content

  public init(id: String, title: String, description: String, content: Content) {
    self.id = id
    self.title = title
    self.description = description
    self.content = content
  }
}

/// How the numbers of an axis are written.
public enum AxisUnit: Hashable, Sendable {
  case number, seconds, share, dollars
}

public enum AxisScale: Hashable, Sendable {
  case linear, logarithmic
}

/// What a series means; decides how it looks.
public enum SeriesRole: String, Hashable, Sendable {
  case consumed, demand, limit, throttled, p50, p90, p99, p999, hits
}

/// The shape of a series.
public enum SeriesStyle: Hashable, Sendable {
  case line, area, step, bars
}

/// Values at a fixed step; nil where nothing was measured.
public struct ChartSeries: Sendable {
  public var name: String
  public var role: SeriesRole
  public var style: SeriesStyle
  public var values: [Double?]

  public init(name: String, role: SeriesRole, style: SeriesStyle, values: [Double?]) {
    self.name = name
    self.role = role
    self.style = style
    self.values = values
  }
}

/// One plot with its own value axis.
public struct ChartPanel: Sendable {
  /// What the axis shows, with its unit: "write units/s".
  public var label: String
  public var unit: AxisUnit
  public var scale: AxisScale
  /// Height of the plot in user units.
  public var height: Double
  public var series: [ChartSeries]
  /// Fixed upper end of the axis; nil fits the values.
  public var top: Double?
  /// Names stand at the right end of each line instead of in the legend.
  public var labelsDirectly: Bool

  public init(
    label: String, unit: AxisUnit, scale: AxisScale = .linear, height: Double,
    series: [ChartSeries], top: Double? = nil, labelsDirectly: Bool = false
  ) {
    self.label = label
    self.unit = unit
    self.scale = scale
    self.height = height
    self.series = series
    self.top = top
    self.labelsDirectly = labelsDirectly
  }
}

/// Panels one above the other on one time axis.
public struct TimeSeriesChart: Sendable {
  public var secondsPerSample: Double
  /// Length of the time axis in seconds.
  public var duration: Double
  public var panels: [ChartPanel]

  public init(secondsPerSample: Double, duration: Double, panels: [ChartPanel]) {
    self.secondsPerSample = secondsPerSample
    self.duration = duration
    self.panels = panels
  }
}

/// Columns side by side in one or more panels, with a ceiling to compare against.
public struct ColumnChart: Sendable {
  public struct Panel: Sendable {
    public var label: String
    public var values: [Double]
    public var ceiling: Double
    public var ceilingName: String

    public init(label: String, values: [Double], ceiling: Double, ceilingName: String) {
      self.label = label
      self.values = values
      self.ceiling = ceiling
      self.ceilingName = ceilingName
    }
  }

  public var axisLabel: String
  public var panels: [Panel]
  /// Columns to be marked, with what the mark means.
  public var marked: [Bool]
  public var markName: String

  public init(axisLabel: String, panels: [Panel], marked: [Bool], markName: String) {
    self.axisLabel = axisLabel
    self.panels = panels
    self.marked = marked
    self.markName = markName
  }
}

/// Horizontal bars, one per row.
public struct BarChart: Sendable {
  public struct Row: Sendable {
    public var label: String
    public var value: Double
    /// The value as written at the bar's end.
    public var text: String
    /// The reader's own choice, drawn strongest.
    public var isOwn: Bool
    /// The value is only a lower bound; drawn hatched.
    public var isPartial: Bool

    public init(label: String, value: Double, text: String, isOwn: Bool, isPartial: Bool) {
      self.label = label
      self.value = value
      self.text = text
      self.isOwn = isOwn
      self.isPartial = isPartial
    }
  }

  public var axisLabel: String
  public var rows: [Row]

  public init(axisLabel: String, rows: [Row]) {
    self.axisLabel = axisLabel
    self.rows = rows
  }
}

/// Shares over time, one row per thing.
public struct HeatMap: Sendable {
  public struct Row: Sendable {
    public var label: String
    /// One share (1 = full) per cell.
    public var values: [Double]
    /// Cells with an event, drawn as a bar under the cell.
    public var marked: [Bool]

    public init(label: String, values: [Double], marked: [Bool]) {
      self.label = label
      self.values = values
      self.marked = marked
    }
  }

  /// Length of the time axis in seconds.
  public var duration: Double
  public var rows: [Row]
  public var markName: String

  public init(duration: Double, rows: [Row], markName: String) {
    self.duration = duration
    self.rows = rows
    self.markName = markName
  }
}
