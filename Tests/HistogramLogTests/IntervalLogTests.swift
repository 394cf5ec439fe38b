// Logs and percentile tables: what other tools wrote is read, what we write has their form.

import Statistics
import TestSupport
import Testing
import Units

@testable import HistogramLog

/// A log that only we can read is worth nothing; the Python tests close the circle.
@Suite struct IntervalLogTests {
  /// Written by HdrHistogram's Python port: 997, 1,994 ... 1,994,000, one of each.
  static let foreign =
    "HISTFAAAAKN4nJNpmSzMwMB9ggECmKE0I5DpZrBjAYP9B4jASX6m4/xM0zmYHrMzLWVhes8MQh+ZmVYzMX1nZPrK"
    + "CCKRGesZmSqBsBonWchkDYe2ONi4ZUBsYyZpJlkwloWz8PFooUqUiZuJFwoxWfjkhpcqViBkBpPIEFNkVNVIUMUI"
    + "hXAGPjiqaFTRqKKhqwibEBSwMBEBRhUNWUWD0EmjivArAgDtVkdM"

  private func thousands() -> Histogram {
    var histogram = Histogram()
    for value in 1...2_000 as ClosedRange<Int64> { histogram.record(value * 997) }
    return histogram
  }

  @Test func readsTheTextOfAnotherTool() throws {
    let histogram = try #require(Histogram(compressedText: Self.foreign))
    #expect(histogram.buckets == thousands().buckets)
  }

  @Test func textSurvivesTheRoundTrip() throws {
    let text = thousands().compressedText
    #expect(text.hasPrefix("HISTFAAAA"))
    let back = try #require(Histogram(compressedText: text))
    #expect(back.buckets == thousands().buckets)
  }

  @Test func refusesDamagedText() {
    for length in 0..<Self.foreign.utf8.count {
      #expect(Histogram(compressedText: String(Self.foreign.prefix(length))) == nil)
    }
    #expect(Histogram(compressedText: "HISTFAAAA" + Self.foreign.dropFirst(9).reversed()) == nil)
  }

  @Test func readsCommentsTagsAndRows() throws {
    let log = try IntervalLog.read(
      """
      #[Logged with jHiccup version 2.0.7]
      #[Histogram log format version 1.2]
      #[StartTime: 1441812279.474 (seconds since epoch), Wed Sep 09 08:24:39 PDT 2015]
      "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
      0.127,1.007,1.995,\(Self.foreign)
      Tag=read,1.134,0.999,1.995,\(Self.foreign)
      """)
    #expect(log.startTime == 1_441_812_279.474)
    #expect(log.intervals.map(\.tag) == [nil, "read"] && log.tags == ["read"])
    #expect(log.intervals[1].start == .milliseconds(1_134))
    #expect(log.intervals[1].length == .milliseconds(999))
    #expect(log.total().count == 4_000 && log.total(tag: "read").count == 2_000)
  }

  @Test func writesTheJavaOrder() {
    var histogram = Histogram()
    histogram.record(1_500_000)
    let log = IntervalLog(
      startTime: 12.5,
      intervals: [
        LoggedInterval(
          tag: "a b,c", start: .milliseconds(250), length: .seconds(1), histogram: histogram)
      ])
    #expect(
      log.text == """
        #[Histogram log format version 1.3]
        #[StartTime: 12.500 (seconds since epoch)]
        #[BaseTime: 12.500 (seconds since epoch)]
        "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
        Tag=a_b_c,0.250,1.000,1.500,\(histogram.compressedText)

        """)
  }

  @Test(arguments: [
    ("no row", 1), ("#[x]\n1,2,3", 2), ("0,1,2,HISTFAAAA", 1), ("x,1,2,\(foreign)", 1),
    ("-1,1,2,\(foreign)", 1),
  ]) func namesTheLineAtFault(text: String, line: Int) {
    let fault = #expect(throws: IntervalLogFault.self) { try IntervalLog.read(text) }
    #expect(fault?.line == line)
  }

  /// The steps of Java's percentile iterator: five per halving of the distance to 100 %.
  @Test func tabulatesPercentiles() {
    var histogram = Histogram()
    for value in 1...100 as ClosedRange<Int64> { histogram.record(value) }
    let lines = PercentileText.text(histogram, unit: 1).split(separator: "\n")
    #expect(lines[0] == "       Value     Percentile TotalCount 1/(1-Percentile)")
    #expect(
      lines[1...7].map { $0 } == [
        "       1.000 0.000000000000          1           1.00",
        "      10.000 0.100000000000         10           1.11",
        "      20.000 0.200000000000         20           1.25",
        "      30.000 0.300000000000         30           1.43",
        "      40.000 0.400000000000         40           1.67",
        "      50.000 0.500000000000         50           2.00",
        "      55.000 0.550000000000         55           2.22",
      ])
    #expect(
      lines.suffix(4) == [
        "     100.000 1.000000000000        100",
        "#[Mean    =       50.500, StdDeviation   =       28.866]",
        "#[Max     =      100.000, Total count    =          100]",
        "#[Buckets =           32, SubBuckets     =         2048]",
      ])
  }
}
