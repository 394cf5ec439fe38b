// Recorded traffic: CSV text of `timestamp,value` lines, and the rate profile it stands for.
//
// The format is that of exported CloudWatch series such as a load balancer's request counts: an
// optional header line, then one line per interval with its start and the requests counted in it.
// Timestamps are `YYYY-MM-DD HH:MM:SS`, ISO 8601 with `T`, fraction and `Z`, or plain seconds; all
// of one clock, so no time zone is needed. All faults are collected, not only the first.
// This parses text; reading the file is left to the caller.

public import Units

/// One line of a trace.
public struct TraceSample: Hashable, Sendable {
  /// Nanoseconds since 1970-01-01 00:00 of the trace's clock, or since its zero for plain seconds.
  public var time: Nanoseconds
  public var value: Double

  public init(time: Nanoseconds, value: Double) {
    self.time = time
    self.value = value
  }
}

/// Something wrong with a line of a trace.
public struct TraceFault: Hashable, Sendable {
  /// From 1.
  public var line: Int
  /// What was found and what was expected, one sentence.
  public var message: String

  public init(line: Int, message: String) {
    self.line = line
    self.message = message
  }
}

/// What the values of a trace mean.
public enum TraceMeaning: Hashable, Sendable {
  /// Requests in the interval that starts at the timestamp.
  case countPerInterval
  /// Requests per second from the timestamp on.
  case perSecond
}

/// A parsed trace: usable when it has no faults.
public struct TraceFile: Hashable, Sendable {
  public private(set) var samples: [TraceSample] = []
  /// At most 20, in line order.
  public private(set) var faults: [TraceFault] = []

  /// Reads CSV text. Empty lines and lines that start with `#` are skipped; a first line without
  /// any number is a header.
  public init(parsing text: String) {
    var seenContent = false
    var number = 0
    let bytes = Array(text.utf8)
    for raw in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let line = trimmedAscii(raw)
      guard let first = line.first, first != UInt8(ascii: "#") else { continue }
      let isFirst = !seenContent
      seenContent = true
      if isFirst, !line.contains(where: isDigit) { continue }
      read(line, number)
      if faults.count >= 20 { return }
    }
    if samples.count < 2, faults.isEmpty {
      faults.append(
        TraceFault(line: max(1, number), message: "a trace needs at least two samples"))
    }
  }

  private mutating func read(_ line: ArraySlice<UInt8>, _ number: Int) {
    func fault(_ message: String) { faults.append(TraceFault(line: number, message: message)) }
    let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard fields.count == 2 else {
      let noun = fields.count == 1 ? "field" : "fields"
      return fault("found \(fields.count) \(noun), expected timestamp,value")
    }
    let stamp = trimmedAscii(fields[0])
    let amount = trimmedAscii(fields[1])
    guard let time = Timestamp.nanoseconds(stamp) else {
      let text = String(decoding: stamp, as: UTF8.self)
      return fault(
        "'\(text)' is no timestamp; expected YYYY-MM-DD HH:MM:SS, YYYY-MM-DDTHH:MM:SSZ or seconds")
    }
    guard let value = Double(String(decoding: amount, as: UTF8.self)), value.isFinite, value >= 0
    else {
      let text = String(decoding: amount, as: UTF8.self)
      return fault("'\(text)' is no value; expected a number of at least 0")
    }
    if let last = samples.last, time <= last.time {
      return fault("the timestamp is not after the one before; expected rising timestamps")
    }
    samples.append(TraceSample(time: time, value: value))
  }

  /// The usual time between two samples: their median.
  public var interval: Nanoseconds {
    guard samples.count > 1 else { return .zero }
    let gaps = zip(samples.dropFirst(), samples).map { $0.time - $1.time }.sorted()
    return gaps[gaps.count / 2]
  }

  /// The rate as a staircase, `scale` times the recorded one.
  ///
  /// Each sample holds until the next, the last for one usual interval; counts are per usual
  /// interval, so a gap in the recording continues at the rate before it.
  public func segments(_ meaning: TraceMeaning, scale: Double = 1) -> [RateSegment] {
    let usual = interval
    guard usual.count > 0 else { return [] }
    let divisor = meaning == .countPerInterval ? usual.inSeconds : 1
    return samples.indices.map { index in
      let isLast = index + 1 == samples.count
      let length = isLast ? usual : samples[index + 1].time - samples[index].time
      let rate = samples[index].value * scale / divisor
      return RateSegment(duration: length, from: rate, to: rate)
    }
  }
}

private func isDigit(_ byte: UInt8) -> Bool {
  byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
}

private func trimmedAscii(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
  var rest = bytes
  while let byte = rest.first, isSpace(byte) { rest.removeFirst() }
  while let byte = rest.last, isSpace(byte) { rest.removeLast() }
  return rest
}

/// Reads the timestamps of a trace.
enum Timestamp {
  /// Nanoseconds since 1970 (or of plain seconds); nil when malformed or impossible (month 13).
  static func nanoseconds(_ text: ArraySlice<UInt8>) -> Nanoseconds? {
    let bytes = Array(text)
    guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-") else {
      guard let seconds = Double(String(decoding: bytes, as: UTF8.self)), seconds >= 0,
        seconds < 9e9
      else { return nil }
      return Nanoseconds(seconds: seconds)
    }
    guard bytes[7] == UInt8(ascii: "-"), let year = digits(bytes[0..<4]),
      let month = digits(bytes[5..<7]), let day = digits(bytes[8..<10]), year >= 1_970,
      month >= 1, month <= 12, day >= 1, day <= length(ofMonth: month, year: year),
      let clock = clock(bytes[10...])
    else { return nil }
    return Nanoseconds.days(daysSince1970(year, month, day)) + clock
  }

  private static func clock(_ text: ArraySlice<UInt8>) -> Nanoseconds? {
    if text.isEmpty { return .zero }
    var bytes = Array(text)
    guard bytes[0] == UInt8(ascii: " ") || bytes[0] == UInt8(ascii: "T") else { return nil }
    if bytes.last == UInt8(ascii: "Z") { bytes.removeLast() }
    guard bytes.count >= 6, bytes[3] == UInt8(ascii: ":"), let hour = digits(bytes[1..<3]),
      let minute = digits(bytes[4..<6]), hour < 24, minute < 60
    else { return nil }
    var time = Nanoseconds.hours(hour) + .minutes(minute)
    if bytes.count == 6 { return time }
    guard bytes.count >= 9, bytes[6] == UInt8(ascii: ":"), let second = digits(bytes[7..<9]),
      second < 60
    else { return nil }
    time += .seconds(second)
    if bytes.count == 9 { return time }
    guard bytes[9] == UInt8(ascii: "."), bytes.count > 10, bytes.count <= 19,
      let fraction = digits(bytes[10...])
    else { return nil }
    var unit: Int64 = 1
    for _ in bytes.count..<19 { unit *= 10 }
    return time + Nanoseconds(fraction * unit)
  }

  private static func digits(_ bytes: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for byte in bytes {
      guard isDigit(byte) else { return nil }
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    return value
  }

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func length(ofMonth month: Int64, year: Int64) -> Int64 {
    if month == 2 { return isLeap(year) ? 29 : 28 }
    return [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Days since 1970-01-01 in the Gregorian calendar. Worked value: 2014-04-10 is day 16,170.
  static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    var days = day - 1
    for earlier in 1..<month { days += length(ofMonth: earlier, year: year) }
    let past = year - 1
    // Day 0 of year 1 to 1970-01-01 is 719,162 days.
    return days + past * 365 + past / 4 - past / 100 + past / 400 - 719_162
  }
}
