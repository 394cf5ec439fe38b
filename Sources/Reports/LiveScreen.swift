// A load run while it goes, as lines of text: what is asked, how fast it is answered, what is
// refused and why, and how much of each table's capacity and burst is used.
//
// Values in, lines out: it knows no terminal. Every line fits the width, and there are no more of
// them than the height allows: a screen that redraws itself cannot be taller than its terminal.
// Tables and indexes that refuse requests are the last to be left out.

public import Capacity
public import Units

/// What one second of a run looked like.
public struct LiveScreen: Sendable {
  /// One axis of a table or index.
  public struct Axis: Sendable {
    /// Units consumed in the second.
    public var used = 0.0
    /// Provisioned units/s; nil: on demand.
    public var limit: Int?
    /// Tokens of burst left, of those that the bucket holds; nil: there is no bucket to tell of.
    public var burst: (left: Double, most: Double)?
    /// Refusals in the second.
    public var throttles: [(reason: ThrottlingReason, count: Int64)] = []
    /// It was used or refused something at some time.
    public var isActive = false

    public init() {}
  }

  public struct Resource: Sendable {
    public var name: String
    public var read = Axis()
    public var write = Axis()

    public init(_ name: String) { self.name = name }
  }

  /// A line, and whether it tells of refusals or failures.
  public struct Line: Hashable, Sendable {
    public var text: String
    public var isAlarm = false
  }

  public var title = ""
  public var at = Instant.start
  public var duration = Nanoseconds.zero
  public var isClosed = false
  /// Requests and refused requests of the last seconds, the newest last.
  public var requests: [Double] = []
  public var throttled: [Double] = []
  public var failed: Int64 = 0
  public var inFlight = 0
  /// Responses of the second at the 50th, 90th and 99th percentile; nil: nothing was answered.
  public var response: (p50: Nanoseconds, p90: Nanoseconds, p99: Nanoseconds)?
  public var lag = Nanoseconds.zero
  public var resources: [Resource] = []

  public init() {}

  /// Lines of at most `width` characters, at most `height` of them.
  public func lines(width: Int, height: Int) -> [Line] {
    var lines = head(width)
    let blocks = resources.map { block($0, width) }.filter { !$0.isEmpty }
    var shown = blocks.indices.map { $0 }
    func rows() -> Int { shown.reduce(0) { $0 + blocks[$1].count } }
    // One row is kept for the number of those left out.
    while !shown.isEmpty, lines.count + rows() + (shown.count < blocks.count ? 1 : 0) > height {
      let calm = shown.lastIndex { !blocks[$0].contains(where: \.isAlarm) }
      shown.remove(at: calm ?? shown.count - 1)
    }
    lines += shown.flatMap { blocks[$0] }
    if shown.count < blocks.count {
      lines.append(Line(text: "and \(blocks.count - shown.count) more tables and indexes"))
    }
    return lines.prefix(max(1, height)).map {
      Line(text: Self.cut($0.text, width), isAlarm: $0.isAlarm)
    }
  }

  // MARK: Requests

  private func head(_ width: Int) -> [Line] {
    let share = duration > .zero ? Double(at.nanoseconds) / Double(duration.count) : 0
    let time = "\(at) of \(Instant.start + duration)"
    let room = width - title.count - time.count - 4
    let bar = room >= 8 ? "  " + Self.bar(share, min(30, room)) : ""
    var lines = [
      Line(text: "\(title)  \(time)\(bar)"),
      trend("requests", requests, isClosed ? " CLOSED LOOP" : "", width),
    ]
    if throttled.contains(where: { $0 > 0 }) {
      var line = trend("throttled", throttled, "", width)
      line.isAlarm = (throttled.last ?? 0) > 0
      lines.append(line)
    }
    let spans = response.map { "p50 \($0.p50) · p90 \($0.p90) · p99 \($0.p99)" }
    lines.append(Line(text: Self.label("response") + (spans ?? "none")))
    lines.append(
      Line(
        text: Self.label("client") + "\(group(inFlight)) in flight · \(group(failed)) failed"
          + " · lag p99 \(lag)", isAlarm: failed > 0))
    return lines
  }

  private static func label(_ text: String) -> String { padded(text, 11) }

  /// A rate and how it came about.
  private func trend(_ name: String, _ values: [Double], _ more: String, _ width: Int) -> Line {
    let now = Self.label(name) + Self.padded("\(group(Int64(values.last ?? 0)))/s\(more)", 10)
    let peak = " peak \(group(Int64(values.max() ?? 0)))/s"
    let recent = values.suffix(max(0, min(60, width - now.count - peak.count)))
    let line = TextChart.sparkline(recent.map { $0 }, width: recent.count)
    return Line(text: recent.isEmpty ? now : now + line + peak)
  }

  // MARK: Capacity

  private func block(_ resource: Resource, _ width: Int) -> [Line] {
    let longest = resources.map(\.name.count).max() ?? 0
    let names = max(10, min(longest, width - 7 - Self.usageWidth))
    var lines: [Line] = []
    for (axis, word, unit) in [(resource.read, "read", "RCU"), (resource.write, "write", "WCU")]
    where axis.isActive {
      let name = lines.isEmpty ? Self.cut(resource.name, names) : ""
      let start = Self.padded(name, names) + " " + Self.padded(word, 6)
      lines.append(Line(text: start + Self.usage(axis, unit, width - start.count)))
      for (reason, count) in axis.throttles where count > 0 {
        lines.append(Line(text: "  ✗ \(group(count))/s \(reason.apiName)", isAlarm: true))
      }
    }
    return lines
  }

  /// Of use, bar and burst together.
  private static let usageWidth = 58

  private static func usage(_ axis: Axis, _ unit: String, _ width: Int) -> String {
    let used = leading(significant(axis.used), 6)
    guard let limit = axis.limit else { return "\(used) \(unit)/s on demand" }
    var text = "\(used) of \(padded("\(group(limit)) \(unit)/s", 13))"
    let share = limit > 0 ? axis.used / Double(limit) : 0
    if width >= usageWidth { text += bar(share, 10) + " " }
    guard let (left, most) = axis.burst else { return text }
    let tokens = "  burst \(group(Int64(left)))"
    let whole = tokens + " (\(percentage(most > 0 ? left / most : 0)))"
    // The longest that there is room for.
    return text + ([whole, tokens, ""].first { text.count + $0.count <= width } ?? "")
  }

  // MARK: Text

  private static func bar(_ share: Double, _ width: Int) -> String {
    padded(TextChart.bar(share, width: width), width)
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func leading(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func cut(_ text: String, _ width: Int) -> String {
    var text = text[...]
    while text.last == " " { text.removeLast() }
    return text.count <= width ? String(text) : text.prefix(max(0, width - 1)) + "…"
  }
}
