// How many requests: open rates piece by piece, closed loops, traces.
//
// A piece without `for` lasts for the rest of the run, so it can only be the last one and needs
// `run: duration`. The shapes themselves are compiled by Workloads.

import Units
import Workloads
import YAML

extension ScenarioDecoder {
  func demand(_ fields: Fields, _ context: TrafficContext) -> Demand {
    if let users = fields["users"] {
      for name in ["arrivals"] where fields.has(name) {
        faults.report(
          "'\(name)' has no meaning for 'users'", at: fields.keyRange(name),
          expected: "'\(name)' only with 'rate'")
      }
      if context.duration == nil {
        users.report("a closed loop needs the length of the run", expected: "run: {duration: …}")
      }
      return .closed(
        users: users.count(in: 1...1_000_000) ?? 1,
        thinkTime: fields["think-time"]?.duration() ?? .zero,
        duration: context.duration ?? .seconds(1))
    }
    if fields.has("think-time") {
      faults.report(
        "'think-time' has no meaning for 'rate'", at: fields.keyRange("think-time"),
        expected: "'think-time' only with 'users'")
    }
    return .open(
      arrivals: arrivals(fields["arrivals"]), rate: fields["rate"].map { rate($0, context) } ?? [])
  }

  private func arrivals(_ reader: NodeReader?) -> ArrivalProcess {
    guard let reader else { return .poisson }
    guard case .mapping = reader.node.content else {
      return reader.choice([("poisson", .poisson), ("constant", .constant)]) ?? .poisson
    }
    guard let burst = reader.object(ScenarioFormat.object("on-off"))?.object("on-off", "burst")
    else { return .poisson }
    return .onOff(
      on: burst["on"]?.duration(atLeast: .milliseconds(1)) ?? .seconds(1),
      off: burst["off"]?.duration(atLeast: .milliseconds(1)) ?? .seconds(1))
  }

  private func rate(_ reader: NodeReader, _ context: TrafficContext) -> [RateSegment] {
    switch reader.node.content {
    case .scalar:
      guard let rate = reader.rate(), let length = rest(context, after: .zero, reader) else {
        return []
      }
      return RateSegment.hold(rate, for: length)
    case .mapping:
      return piece(reader, context, isLast: true, elapsed: .zero)
    case .sequence:
      let items = reader.list(of: "pieces") ?? []
      if items.isEmpty { reader.report("'rate' is empty", expected: "at least one piece") }
      var segments: [RateSegment] = []
      var elapsed = Nanoseconds.zero
      for (position, item) in items.enumerated() {
        let next = piece(
          item, context, isLast: position == items.count - 1, elapsed: elapsed)
        elapsed = next.reduce(elapsed) { $0 + $1.duration }
        segments += next
      }
      if elapsed.count == 0, !segments.isEmpty {
        reader.report("the rate lasts no time", expected: "pieces longer than 0s")
      }
      return segments
    }
  }

  /// What is left of the run after `elapsed`; reports why it is not known.
  private func rest(
    _ context: TrafficContext, after elapsed: Nanoseconds, _ reader: NodeReader
  ) -> Nanoseconds? {
    guard let duration = context.duration else {
      reader.report(
        "it is not said how long this rate lasts",
        expected: "'for: 10m' here, or run: {duration: …}"
      )
      return nil
    }
    guard duration > elapsed else {
      reader.report(
        "the run of \(duration) is over before this piece starts",
        expected: "'for', or a longer run")
      return nil
    }
    return duration - elapsed
  }

  private func piece(
    _ reader: NodeReader, _ context: TrafficContext, isLast: Bool, elapsed: Nanoseconds
  ) -> [RateSegment] {
    guard let fields = reader.object(ScenarioFormat.object("rate-piece")),
      let (form, value) = fields.chosen
    else { return [] }
    if form == "steps" { return steps(fields, value) }
    if form == "trace" { return trace(fields, value) }
    let length: Nanoseconds
    if let written = fields["for"] {
      guard let duration = written.duration(atLeast: .milliseconds(1)) else { return [] }
      length = duration
    } else if isLast {
      guard let left = rest(context, after: elapsed, reader) else { return [] }
      length = left
    } else {
      reader.report("only the last piece may do without 'for'", expected: "for: 10m")
      return []
    }
    guard length.count <= Nanoseconds.days(3_660).count else {
      reader.report("the piece lasts too long", expected: "at most ten years")
      return []
    }
    switch form {
    case "hold": return value.rate().map { RateSegment.hold($0, for: length) } ?? []
    case "ramp":
      guard let ramp = value.object(ScenarioFormat.object("ramp")),
        let from = ramp["from"]?.rate(), let to = ramp["to"]?.rate()
      else { return [] }
      return RateSegment.ramp(from: from, to: to, for: length)
    case "spike": return spike(value, length)
    case "sine": return sine(value, length)
    default: return diurnal(value, length, context.startOffset + elapsed)
    }
  }

  private func steps(_ fields: Fields, _ value: NodeReader) -> [RateSegment] {
    guard let items = value.list(of: "rates") else { return [] }
    if items.isEmpty { value.report("'steps' is empty", expected: "at least one rate") }
    let rates = items.compactMap { $0.rate() }
    guard let each = fields["each"] else {
      fields.reader.report("'steps' needs 'each'", expected: "each: 5m")
      return []
    }
    return each.duration(atLeast: .milliseconds(1)).map { RateSegment.steps(rates, each: $0) } ?? []
  }

  private func spike(_ reader: NodeReader, _ length: Nanoseconds) -> [RateSegment] {
    guard let fields = reader.object(ScenarioFormat.object("spike")) else { return [] }
    let lead = fields["after"]?.duration() ?? .zero
    guard let base = fields["base"]?.rate(), let peak = fields["peak"]?.rate(),
      let rise = fields["rise"]?.duration(), let hold = fields["hold"]?.duration(),
      let fall = fields["fall"]?.duration()
    else { return [] }
    let shape = SpikeRate(base: base, peak: peak, lead: lead, rise: rise, hold: hold, fall: fall)
    if lead + rise + hold + fall > length {
      reader.report(
        "the spike takes \(lead + rise + hold + fall), its piece lasts \(length)",
        expected: "a longer 'for'")
    }
    return shape.segments(for: length)
  }

  private func sine(_ reader: NodeReader, _ length: Nanoseconds) -> [RateSegment] {
    guard let fields = reader.object(ScenarioFormat.object("sine")),
      let (low, high) = lowHigh(fields),
      let period = fields["period"]?.duration(atLeast: .seconds(1))
    else { return [] }
    guard length.count / period.count < 10_000 else {
      reader.report("more than 10,000 periods", expected: "a longer period or a shorter 'for'")
      return []
    }
    return SineRate(mean: (low + high) / 2, amplitude: (high - low) / 2, period: period)
      .segments(for: length)
  }

  private func diurnal(
    _ reader: NodeReader, _ length: Nanoseconds, _ offset: Nanoseconds
  ) -> [RateSegment] {
    guard let fields = reader.object(ScenarioFormat.object("diurnal")),
      let (low, high) = lowHigh(fields)
    else { return [] }
    return DiurnalRate(
      low: low, high: high,
      peakAt: fields["peak-at"].flatMap { timeOfDay($0) } ?? .hours(20),
      weekendShare: fields["weekend"]?.share(in: 0...10) ?? 1, startOffset: offset
    ).segments(for: length)
  }

  private func lowHigh(_ fields: Fields) -> (Double, Double)? {
    guard let low = fields["low"]?.rate(), let high = fields["high"]?.rate() else { return nil }
    if low > high { fields["low"]?.report("'low' is above 'high'", expected: "low <= high") }
    return (low, high)
  }

  /// "20:00" as time since midnight.
  func timeOfDay(_ reader: NodeReader) -> Nanoseconds? {
    guard let text = reader.scalarText(expected: "a time of day such as 20:00") else { return nil }
    if let time = Self.timeOfDay(text) { return time }
    reader.report("'\(text)' is not a time of day", expected: "00:00 to 23:59")
    return nil
  }

  static func timeOfDay(_ text: String) -> Nanoseconds? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].count == 2, (1...2).contains(parts[0].count),
      parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let hours = Int64(parts[0]), let minutes = Int64(parts[1]), hours < 24, minutes < 60
    else { return nil }
    return .minutes(hours * 60 + minutes)
  }

  /// The segments of a CSV file, cut to `for` when that is shorter.
  private func trace(_ piece: Fields, _ reader: NodeReader) -> [RateSegment] {
    guard let fields = reader.object(ScenarioFormat.object("trace")),
      let file = fields["file"], let name = file.text()
    else { return [] }
    let scale = fields["scale"]?.number(in: 0...1e9) ?? 1
    let meaning =
      fields["value"]?.choice([
        ("requests-per-interval", TraceMeaning.countPerInterval),
        ("requests-per-second", .perSecond),
      ]) ?? .countPerInterval
    let place = resolved(name, beside: path)
    let text: String
    switch readFile(place) {
    case .text(let content): text = content
    case .unreadable(let reason):
      file.report(
        "'\(place)' cannot be read: \(reason)", expected: "a file of timestamp,value rows")
      return []
    }
    let parsed = TraceFile(parsing: text)
    for fault in parsed.faults {
      faults.report("\(place):\(fault.line): \(fault.message)", at: file.range)
    }
    guard parsed.faults.isEmpty else { return [] }
    let segments = parsed.segments(meaning, scale: scale)
    guard let limit = piece["for"]?.duration(atLeast: .milliseconds(1)) else { return segments }
    return Self.cut(segments, to: limit)
  }

  /// The first `limit` of staircase `segments`.
  static func cut(_ segments: [RateSegment], to limit: Nanoseconds) -> [RateSegment] {
    var left = limit
    var out: [RateSegment] = []
    for var segment in segments where left.count > 0 {
      segment.duration = min(segment.duration, left)
      left -= segment.duration
      out.append(segment)
    }
    return out
  }
}
