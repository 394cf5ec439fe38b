// Histogram logs (`.hlog`, format version 1.3): one histogram per interval and tag.
//
// Rows are `[Tag=name,]start,length,max,histogram`: seconds from the base time, seconds, the
// interval's maximum in milliseconds and the compressed histogram, in the order of the Java
// implementation (load-generators.md section 4.2: the C writer's legend differs). Files of any
// HdrHistogram tool are read, also those of other precisions and of versions 1.0 to 1.2.

public import Statistics
public import Units

/// One interval of one series.
public struct LoggedInterval: Sendable {
  /// Which series: letters, digits and what else holds no comma, space or line end; nil without.
  public var tag: String?
  /// From the log's base time.
  public var start: Nanoseconds
  public var length: Nanoseconds
  public var histogram: Histogram

  public init(tag: String?, start: Nanoseconds, length: Nanoseconds, histogram: Histogram) {
    self.tag = tag
    self.start = start
    self.length = length
    self.histogram = histogram
  }
}

/// What a log holds.
public struct IntervalLog: Sendable {
  /// Seconds since 1970 of the first interval's zero; nil when the log does not say.
  public var startTime: Double?
  public var intervals: [LoggedInterval]

  public init(startTime: Double?, intervals: [LoggedInterval]) {
    self.startTime = startTime
    self.intervals = intervals
  }

  /// All intervals of a tag, or of every tag, as one histogram.
  public func total(tag: String? = nil) -> Histogram {
    var sum = Histogram()
    for row in intervals where tag == nil || row.tag == tag { sum.merge(row.histogram) }
    return sum
  }

  /// The tags in order of appearance.
  public var tags: [String] {
    var seen: [String] = []
    for case let tag? in intervals.map(\.tag) where !seen.contains(tag) { seen.append(tag) }
    return seen
  }
}

/// Why a log cannot be read.
public struct IntervalLogFault: Error, Hashable, Sendable {
  /// Counted from 1.
  public var line: Int
  public var message: String
}

// Writing.
extension IntervalLog {
  /// The lines before the first row.
  public static func head(startTime: Double?) -> String {
    var text = "#[Histogram log format version 1.3]\n"
    if let startTime {
      let seconds = fixed(startTime, 3, grouped: false)
      text += "#[StartTime: \(seconds) (seconds since epoch)]\n"
      text += "#[BaseTime: \(seconds) (seconds since epoch)]\n"
    }
    return text
      + "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
      + "\"Interval_Compressed_Histogram\"\n"
  }

  /// One row with its line feed; the maximum in milliseconds.
  ///
  /// What a tag may not hold becomes an underscore.
  public static func row(_ row: LoggedInterval) -> String {
    let tag = row.tag.map { "Tag=\(safe($0))," } ?? ""
    let numbers = [row.start.inSeconds, row.length.inSeconds, Double(row.histogram.max) / 1e6]
      .map { fixed($0, 3, grouped: false) }.joined(separator: ",")
    return "\(tag)\(numbers),\(row.histogram.compressedText)\n"
  }

  /// The whole file.
  public var text: String {
    intervals.reduce(into: Self.head(startTime: startTime)) { $0 += Self.row($1) }
  }

  private static func safe(_ tag: String) -> String {
    String(tag.map { $0 == "," || $0.isWhitespace ? "_" : $0 })
  }
}

// Reading.
extension IntervalLog {
  /// The log in `text`, or the first line that is neither a comment, a legend nor a row.
  public static func read(_ text: String) throws(IntervalLogFault) -> IntervalLog {
    var log = IntervalLog(startTime: nil, intervals: [])
    for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
      if line.hasPrefix("#[StartTime: ") {
        log.startTime = Double(line.dropFirst(13).prefix { $0 != " " && $0 != "]" })
      }
      if line.hasPrefix("#") || line.hasPrefix("\"") { continue }
      log.intervals.append(try interval(line, line: index + 1))
    }
    guard !log.intervals.isEmpty || text.hasPrefix("#") else {
      throw IntervalLogFault(line: 1, message: "nothing in it; expected a histogram log")
    }
    return log
  }

  private static func interval(
    _ text: Substring, line: Int
  ) throws(IntervalLogFault) -> LoggedInterval {
    var fields = text.split(separator: ",", omittingEmptySubsequences: false)
    var tag: String?
    if let first = fields.first, first.hasPrefix("Tag=") {
      tag = String(first.dropFirst(4))
      fields.removeFirst()
    }
    guard fields.count == 4, let start = seconds(fields[0]), let length = seconds(fields[1]),
      seconds(fields[2]) != nil
    else {
      throw IntervalLogFault(
        line: line, message: "expected [Tag=NAME,]START,LENGTH,MAX,HISTOGRAM of a histogram log")
    }
    guard let histogram = Histogram(compressedText: String(fields[3])) else {
      throw IntervalLogFault(
        line: line,
        message: "the histogram is cut or damaged, is not HdrHistogram's V2 form, or holds values"
          + " above an hour of nanoseconds")
    }
    return LoggedInterval(tag: tag, start: start, length: length, histogram: histogram)
  }

  private static func seconds(_ text: Substring) -> Nanoseconds? {
    guard let value = Double(text), value >= 0, value < 9e9 else { return nil }
    return Nanoseconds(seconds: value)
  }
}
