// A histogram as the percentile table that HdrHistogram's plotter reads (`.hgrm`).
//
// The same lines as Java's outputPercentileDistribution: five steps per halving of the distance to
// 100 %, so that each further nine takes about the same number of lines, then three comment lines.

public import Statistics
import Units

public enum PercentileText {
  /// The table.
  ///
  /// - Parameters:
  ///   - unit: nanoseconds per unit of the value column, for example 1e6 for milliseconds.
  ///   - ticks: lines for each halving of the distance to 100 %.
  public static func text(_ histogram: Histogram, unit: Double, ticks: Int = 5) -> String {
    var out =
      padded("Value", 12) + " " + padded("Percentile", 14) + " " + padded("TotalCount", 10) + " "
      + padded("1/(1-Percentile)", 14) + "\n\n"
    for line in lines(histogram, ticks: ticks) {
      let share = line.percentile / 100
      out += number(Double(line.value) / unit, 3, 12)
      out += " " + fixed(share, 12, grouped: false) + " " + padded(String(line.count), 10)
      out += line.percentile == 100 ? "\n" : " " + number(1 / (1 - share), 2, 14) + "\n"
    }
    let mean = number(histogram.mean / unit, 3, 12)
    let deviation = number(histogram.standardDeviation / unit, 3, 12)
    let highest = number(Double(histogram.max) / unit, 3, 12)
    out += "#[Mean    = \(mean), StdDeviation   = \(deviation)]\n"
    out += "#[Max     = \(highest), Total count    = \(padded(String(histogram.count), 12))]\n"
    out += "#[Buckets = \(padded("32", 12)), SubBuckets     = \(padded("2048", 12))]\n"
    return out
  }

  private struct Line {
    var value: Int64
    /// 0...100, the level that the value reaches.
    var percentile: Double
    /// Values of at most `value`.
    var count: Int64
  }

  private static func lines(_ histogram: Histogram, ticks: Int) -> [Line] {
    var lines: [Line] = []
    var seen: Int64 = 0
    var level = 0.0
    for bucket in histogram.buckets {
      seen += bucket.count
      let reached = 100 * Double(seen) / Double(histogram.count)
      while reached >= level, lines.last?.count != histogram.count {
        lines.append(Line(value: bucket.high, percentile: level, count: seen))
        // Steps shrink by half whenever the distance to 100 has halved.
        var halvings = 0
        var distance = 100 - level
        while distance <= 50, halvings < 60 {
          halvings += 1
          distance *= 2
        }
        level += 100 / Double(ticks * (1 << (halvings + 1)))
      }
    }
    if let last = lines.last {
      lines.append(Line(value: last.value, percentile: 100, count: histogram.count))
    }
    return lines
  }

  private static func number(_ value: Double, _ digits: Int, _ width: Int) -> String {
    padded(fixed(value, digits, grouped: false), width)
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }
}
